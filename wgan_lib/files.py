"""Files that are whole or not there: written beside and renamed, sealed by a checksum, owned by one run.

Neither torch nor POT is imported here.
"""

import errno
import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from filelock import FileLock, Timeout

_HERE = socket.gethostname().partition(".")[0]
_OLD = 24 * 3600.0  # seconds after which another machine's half-written file counts as left behind


class DamagedFileError(ValueError):
    """A file that is truncated, altered or not ours: the message names it and what to do. Chapter: full-models."""


class FolderInUseError(FileExistsError):
    """A folder that another process, or another training of this one, writes to. Chapter: full-models."""


def home(path: str | os.PathLike[str]) -> Path:
    """Return the path with a leading ``~`` put in its place, as a shell would.

    Raises ValueError for a path that can be none, TypeError for what is no path. Chapter: full-models.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"{path!r} is no path: text or a pathlib.Path is needed")
    if "\0" in str(path):
        raise ValueError(f"{path!r} is no path: it holds a null character")
    try:
        return Path(path).expanduser()
    except RuntimeError:  # ~nobody
        raise ValueError(f"{str(path)!r} is no path: this machine has no such home folder") from None


@contextmanager
def owned(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """Make ``folder`` where it is missing and keep it for this run alone, until the context ends or the process dies.

    Raises FolderInUseError at once where somebody else has it, in this process or another. Chapter: full-models.
    """
    folder = home(folder)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, f"{os.strerror(errno.ENOTDIR)}: it is a file", str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".in-use", timeout=0)
    try:
        lock.acquire()
        while not (folder / ".in-use").exists():  # its last owner took it away between our opening and our locking it
            lock.release()
            lock.acquire()
    except Timeout:
        message = f"{folder} is in use by another training: wait until it has ended, or name another folder"
        raise FolderInUseError(message) from None
    try:
        yield folder
    finally:
        with suppress(OSError):  # Windows keeps a file that is open, and a folder may be gone
            (folder / ".in-use").unlink()
        lock.release()


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write ``content`` beside ``path``, force it to the disk and rename it: the old file or the new one, never half.

    Several writers of one path do not disturb each other; the last one to end is kept. Raises OSError that says what
    failed and what is still there, with the errno of the cause. Chapter: clipping-gp-sn.
    """
    path = home(path)
    beside = path.with_name(f".{path.name}.{_HERE}.{os.getpid()}.{uuid.uuid4().hex[:8]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sweep(path)
    except BaseException as error:
        with suppress(OSError):  # a folder that cannot be written holds nothing of ours
            beside.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        kept = "the file of that name is as it was" if os.path.exists(path) else "no file of that name was there before"
        message = f"could not write {len(content)} bytes to {path} ({error.strerror or error}); {kept}"
        raise type(error)(error.errno, message) from error
    with suppress(OSError):  # the rename lives in the folder, and a power cut may undo it; not every system can wait
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def sweep(path: Path) -> None:
    """Remove what killed writers of ``path`` left half-written; a living writer's stays. Chapter: full-models."""
    for scrap in path.parent.glob(f".{path.name}.*.part"):
        host, pid, *_ = [*scrap.name.removeprefix(f".{path.name}.").split("."), "", ""]
        with suppress(OSError):
            here = host == _HERE and pid.isdigit()
            left = not _alive(int(pid)) if here else time.time() - scrap.stat().st_mtime > _OLD
            if left:
                scrap.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def _seal(kind: str, archive: bytes) -> bytes:
    comment = f"wgan_lib {kind} sha256 {hashlib.sha256(archive).hexdigest()}".encode()
    return archive[:-2] + len(comment).to_bytes(2, "little") + comment  # a zip file ends with the length of its comment


def write_sealed(path: str | os.PathLike[str], kind: str, archive: bytes) -> None:
    """Write a zip archive (.npz, torch's .pt) atomically, with the SHA-256 of all its bytes as the zip's comment.

    Other programs still open it. Raises OSError like ``write_atomically``. Chapter: full-models.
    """
    write_atomically(path, _seal(kind, archive))


def read_sealed(path: str | os.PathLike[str] | Traversable, kind: str) -> bytes:
    """Return the archive that ``write_sealed`` was given; a file with one bit changed is refused before it is parsed.

    Raises DamagedFileError that names the file and what to do, FileNotFoundError. Chapter: full-models.
    """
    content = (home(path) if isinstance(path, str | os.PathLike) else path).read_bytes()
    length = len(_seal(kind, b"\0\0")) - 2 + 2
    archive = content[:-length] + b"\0\0"
    if _seal(kind, archive) != content:
        ours = f"wgan_lib {kind} sha256".encode() in content[-length:]
        why = "its bytes do not fit its checksum" if ours else f"it is cut short, or not a {kind} of wgan_lib"
        raise DamagedFileError(f"{path} was refused: {why}; restore it from a copy, or delete it and make it again")
    return archive


_JSON_SEAL = '"sha256": "'


def write_sealed_json(path: str | os.PathLike[str], value: Mapping[str, object]) -> None:
    """Write a mapping as JSON that people can read, with the SHA-256 of all its bytes inside.

    Raises OSError like ``write_atomically``. Chapter: full-models.
    """
    text = json.dumps({**value, "sha256": "0" * 64}, indent=2)
    write_atomically(path, _with_seal(text).encode())


def read_sealed_json(path: str | os.PathLike[str], unsealed: Collection[str] = ()) -> dict[str, Any]:
    """Return what ``write_sealed_json`` was given; a file with one bit changed is refused.

    A file without a seal passes only if its keys are exactly ``unsealed``: an older version wrote it. Raises
    DamagedFileError that names the file and what to do, FileNotFoundError. Chapter: full-models.
    """
    try:
        text = home(path).read_bytes().decode()
        value = json.loads(text)
        if not isinstance(value, dict):
            raise TypeError(f"a {type(value).__name__} in the place of a mapping")
        whole = _with_seal(text) == text if "sha256" in value else set(value) == set(unsealed)
    except (ValueError, TypeError, RecursionError) as error:
        raise DamagedFileError(f"{path} is damaged ({error}): restore it from a copy") from error
    if not whole:
        raise DamagedFileError(f"{path} is damaged: it does not fit its checksum; restore it from a copy")
    return {name: held for name, held in value.items() if name != "sha256"}


def _with_seal(text: str) -> str:
    before, _, rest = text.rpartition(_JSON_SEAL)
    blank = before + _JSON_SEAL + "0" * 64 + rest[64:]
    return blank.replace(_JSON_SEAL + "0" * 64, _JSON_SEAL + hashlib.sha256(blank.encode()).hexdigest())


@cache
def provenance() -> Mapping[str, str]:
    """Return what a recorded number depends on: versions, commit and machine; "unknown" for what cannot be told.

    The commit is that of the repository that tracks this very file, wherever it lies, with "-dirty" behind it where
    tracked files were changed. Chapter: full-models.
    """
    versions = {name: _version(name) for name in ("wgan-lib", "torch", "numpy", "scipy")}
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"
    return MappingProxyType({"python": platform.python_version(), **versions, "commit": _commit(), "machine": machine})


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # a clone on the path, not installed
        return "unknown"


def _commit() -> str:
    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    if not shutil.which("git"):
        return "unknown"
    try:
        git("ls-files", "--error-unmatch", Path(__file__).name)  # installed inside somebody else's repository
        return git("describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
    except (subprocess.CalledProcessError, OSError):
        return "unknown"
