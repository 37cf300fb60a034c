"""The formats of MNIST and CIFAR-10, read as they are published; nothing is unpickled."""

import gzip
import tarfile
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8


def read_idx(path: Path, ndim: int) -> UInt8[np.ndarray, "n ..."]:
    """Read LeCun's format: 0, 0, 8 (bytes), the number of axes, each axis as four bytes, the data.

    Raises ValueError that names a damaged file. Source: LeCun 1998. Chapter: full-models.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    shape = tuple(np.frombuffer(content[4 : 4 + 4 * ndim], ">u4").tolist())
    if content[:4] != bytes((0, 0, 8, ndim)) or len(content) != 4 + 4 * ndim + np.prod(shape):
        header = f"{len(content)} bytes after the header {content[:4].hex()} for the shape {shape}"
        raise ValueError(f"{path} is damaged, cut short or another file: {header}. Delete it, and take a fresh copy")
    return np.frombuffer(bytearray(content[4 + 4 * ndim :]), np.uint8).reshape(shape)


def read_members(archive: Path, names: list[str]) -> list[tuple[str, bytes]]:
    """Read files out of a tar archive, in the order of ``names``; ValueError that names it. Chapter: full-models."""
    try:
        with tarfile.open(archive) as tar:
            contents = {member.name: tar.extractfile(member).read() for member in tar if member.name in names}  # type: ignore[union-attr]
    except (tarfile.TarError, EOFError, zlib.error, OSError, AttributeError) as error:
        raise ValueError(f"{archive} is damaged: {error}") from error
    if absent := [name for name in names if name not in contents]:
        raise ValueError(f"{archive} is another archive: it lacks {', '.join(absent)}")
    return [(name, contents[name]) for name in names]


def read_records(content: bytes, where: str) -> UInt8[np.ndarray, "n 3073"]:
    """Read CIFAR's binary format: a label below 10, then 1024 bytes each of red, green and blue.

    Raises ValueError that names ``where``. Source: Krizhevsky 2009. Chapter: full-models.
    """
    if not content or len(content) % 3073 or max(content[::3073]) > 9:
        raise ValueError(
            f"{where} is damaged, cut short or another file: {len(content)} bytes, records of 3073 expected"
        )
    return np.frombuffer(bytearray(content), np.uint8).reshape(-1, 3073)
