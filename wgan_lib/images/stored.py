"""Pictures that were decoded once, kept as bytes in a folder and mapped into memory from there.

Two files hold the pictures to train on and those held out, a journal the digest of each in the order of its file: a
copy goes where the first one went. All three only grow, so that a killed writer's work is gone on with. A sealed
``pictures.json`` is written last; without it nothing is believed.
"""

import errno
import hashlib
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from filelock import FileLock, Timeout
from jaxtyping import Int64, UInt8
from tqdm import tqdm

import wgan_lib.images.decoding as decoding
from wgan_lib import files
from wgan_lib.images.memory import Images, MappedImages

SEALED, JOURNAL, PARTS = "pictures.json", "journal.bin", ("train.bin", "held-out.bin")
_DIGEST, _BLOCK, _FLUSH = 16, 1 << 24, 256
_VERSION = 1


@dataclass(frozen=True)
class Kind:
    """What pictures become: squares of ``size`` pixels, 1 or 3 ``channels``, on a ``ground``. Chapter: full-models."""

    size: int
    channels: int
    ground: decoding.Ground

    @property
    def nbytes(self) -> int:
        """The bytes of one picture."""
        return self.channels * self.size**2

    @property
    def folder(self) -> str:
        """The name of the folder that keeps them."""
        return f"{self.size}x{self.channels}-{bytes(self.ground).hex()}"


def digest(pixels: UInt8[np.ndarray, "..."]) -> bytes:
    """Return what tells a picture from every other of its size. Chapter: full-models."""
    return hashlib.blake2b(pixels.tobytes(), digest_size=_DIGEST).digest()


def opened(
    cache: Path,
    paths: list[str],
    state: str,
    labels: Int64[np.ndarray, "n"] | None,
    kind: Kind,
    name: str,
    progress: bool,
) -> Images | None:
    """Return the pictures, decoded first where they are not kept yet; None if all are copies of one.

    Who comes while another process decodes them waits for it. Raises DamagedFileError for changed bytes, OSError from a
    full disk, and what ``decoding.decoded`` raises. Chapter: full-models.
    """
    folder = cache / kind.folder
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        if progress:
            print(f"{folder} is being written by somebody else: waiting", file=sys.stderr)
        lock.acquire(timeout=-1)
    try:
        wanted = {"version": _VERSION, "listing": state, **asdict(kind), "ground": list(kind.ground)}
        told = _told(folder, wanted, progress)
        if told is None:
            told = _Writer(folder, paths, kind, wanted).write(progress)
        return _mapped(folder, told, labels, kind, name)
    finally:
        lock.release()


def _told(folder: Path, wanted: dict[str, Any], progress: bool) -> dict[str, Any] | None:
    """Return what is sealed beside the bytes, once they are checked; None where they are to be made, or are stale."""
    if not (folder / SEALED).exists():
        return None
    told = files.read_sealed_json(folder / SEALED)
    if any(told.get(name) != value for name, value in wanted.items()):
        if progress:
            print(f"pictures were added, changed or taken away since {folder} was written: anew", file=sys.stderr)
        for name in (SEALED, JOURNAL, *PARTS):  # the seal first: half of it must not be believed
            (folder / name).unlink(missing_ok=True)
        return None
    for name in (JOURNAL, *PARTS):
        if _sum(folder / name).hexdigest() != told["sha256 of"][name]:
            raise files.DamagedFileError(f"{folder / name} is damaged: delete {folder}, and it is made again")
    return told


def _sum(path: Path) -> Any:
    found = hashlib.sha256()
    if path.exists():
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                found.update(block)
    return found


class _Writer:
    """Decodes what no journal tells yet, and appends it."""

    def __init__(self, folder: Path, paths: list[str], kind: Kind, wanted: dict[str, Any]) -> None:
        self.folder, self.paths, self.kind, self.wanted = folder, paths, kind, wanted
        self.head = hashlib.sha256(repr(sorted(wanted.items())).encode()).digest()
        self.seen: dict[bytes, int] = {}
        self.counts = [0, 0]
        self.done = self._go_on()

    def _place(self, told: bytes) -> int:
        """Return in which part a picture is: every tenth new one is held out, and copies follow the first."""
        part = int(self.seen.setdefault(told, len(self.seen)) % 10 == 0)
        self.counts[part] += 1
        return part

    def _go_on(self) -> int:
        """Return how many pictures a killed writer has left whole; of another folder, or of lost bytes, none."""
        path = self.folder / JOURNAL
        content = path.read_bytes() if path.exists() else b""
        if content[: len(self.head)] == self.head:
            told = content[len(self.head) :]
            whole = [told[i : i + _DIGEST] for i in range(0, len(told) - _DIGEST + 1, _DIGEST)]
            for one in whole:
                self._place(one)
            held = [(self.folder / name).stat().st_size // self.kind.nbytes for name in PARTS]
            if all(there >= needed for there, needed in zip(held, self.counts, strict=True)):
                for name, size in zip(
                    (JOURNAL, *PARTS),
                    (len(self.head) + len(whole) * _DIGEST, *(n * self.kind.nbytes for n in self.counts)),
                    strict=True,
                ):
                    os.truncate(self.folder / name, size)
                return len(whole)
        self.seen, self.counts = {}, [0, 0]
        for name, start in ((JOURNAL, self.head), *((name, b"") for name in PARTS)):
            (self.folder / name).write_bytes(start)
        return 0

    def write(self, progress: bool) -> dict[str, Any]:
        """Decode the rest, seal it, and return what was sealed."""
        kind, rest = self.kind, self.paths[self.done :]
        free, needed = shutil.disk_usage(self.folder).free, len(rest) * (kind.nbytes + _DIGEST)
        if free < needed:
            raise OSError(
                errno.ENOSPC,
                f"{self.folder} needs {needed / 1e9:.1f} GB for {len(rest)} pictures; {free / 1e9:.1f} are free",
            )
        rows = decoding.decoded(rest, kind.size, kind.channels, kind.ground)
        bar = tqdm(rows, "decoding", len(self.paths), initial=self.done, unit="picture", disable=not progress)
        with (
            (self.folder / JOURNAL).open("ab") as journal,
            (self.folder / PARTS[0]).open("ab") as train,
            (self.folder / PARTS[1]).open("ab") as held_out,
        ):
            for i, row in enumerate(bar):
                told = digest(row)
                (train, held_out)[self._place(told)].write(row.tobytes())
                journal.write(told)
                if i % _FLUSH == _FLUSH - 1 or i == len(rest) - 1:
                    _flush(train, held_out, journal)
        sums = {name: _sum(self.folder / name).hexdigest() for name in (JOURNAL, *PARTS)}
        whole = {**self.wanted, "pictures": len(self.paths), "counts": self.counts, "sha256 of": sums}
        files.write_sealed_json(self.folder / SEALED, whole)
        return whole


def _flush(train: IO[bytes], held_out: IO[bytes], journal: IO[bytes]) -> None:
    """Let go of the pictures before the journal tells of them."""
    for file in (train, held_out, journal):
        file.flush()


def _mapped(folder: Path, told: dict[str, Any], labels: np.ndarray | None, kind: Kind, name: str) -> Images | None:
    if not told["counts"][0]:
        return None
    where = _parts(folder)
    made: list[MappedImages] = []
    for part in (1, 0):
        n, path = told["counts"][part], folder / PARTS[part]
        shape = (n, kind.channels, kind.size, kind.size)
        pixels = torch.from_numpy(np.memmap(path, np.uint8, "c", shape=shape))  # never written to
        sums = f"{shape} sha256 {told['sha256 of'][PARTS[part]]}"
        some = None if labels is None else torch.from_numpy(labels[where == part])
        called = f"{name}.held_out" if part else name
        made.append(MappedImages(called, pixels, some, made[0] if made else None, fingerprint=sums))
    return made[1]


def _parts(folder: Path) -> np.ndarray:
    """Return in which part each picture of the journal is."""
    content = (folder / JOURNAL).read_bytes()[32:]
    seen: dict[bytes, int] = {}
    digests = (content[i : i + _DIGEST] for i in range(0, len(content), _DIGEST))
    return np.array([seen.setdefault(told, len(seen)) % 10 == 0 for told in digests]).astype(int)
