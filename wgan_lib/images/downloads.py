"""Files of public data sets: checked, downloaded where they are missing, and never half there."""

import hashlib
import http.client
import os
import queue
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from filelock import FileLock, Timeout
from tqdm import tqdm

from wgan_lib.files import home

PATIENCE, SLOWEST = 20.0, 1000.0
"""Seconds without an answer, and bytes a second after these, at which an address is given up."""

_UNREACHABLE = (urllib.error.URLError, ConnectionError, TimeoutError, ssl.SSLError, http.client.HTTPException)


def place(name: str, path: str | os.PathLike[str]) -> Path:
    """Give the path of a folder, home for ``~``; TypeError for what is no path. Chapter: full-models."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"{name} is {path!r}: it must be the path of a folder")
    return home(path)


class Source(NamedTuple):
    """Where a data set's files lie under its root (torchvision's layout), their MD5, and addresses that end in "/".

    MD5 is what the authors publish: it finds damage, not malice. ``unpacked`` has the MD5 of unpacked files where they
    are known; ``pictures`` are as many in training and held-out part, of each of ten labels alike where ``balanced``.
    Chapter: full-models.
    """

    name: str
    folder: str
    md5: Mapping[str, str]
    mirrors: Sequence[str]
    unpacked: Mapping[str, str] = MappingProxyType({})
    pictures: tuple[int, int] | None = None
    balanced: bool = False


def fetch(source: Source, root: Path, *, download: bool = True, progress: bool = True) -> dict[str, Path]:
    """Return the path of each file of ``source`` under ``root``, downloading what is missing.

    A file that is there is checked, and never overwritten. Where torchvision has unpacked ``x.gz`` and the archive is
    gone, ``x`` is taken. Raises ValueError that names a file with another checksum,
    FileNotFoundError that says which files to put where. Chapter: full-models.
    """
    folder = (Path(root) / source.folder).absolute()
    found: dict[str, Path] = {}
    for name, md5 in source.md5.items():
        unpacked = name.removesuffix(".gz")
        if (folder / name).exists():
            found[name] = _whole(folder / name, md5)
        elif (folder / unpacked).exists():
            found[name] = _whole(folder / unpacked, source.unpacked.get(unpacked))
    missing = [name for name in source.md5 if name not in found]
    try:
        if missing and not download:
            raise ConnectionError("download is False")
        for name in list(missing):
            found[name] = folder / name
            receive([f"{mirror}{name}" for mirror in source.mirrors], found[name], source.md5[name], progress)
            missing.remove(name)
    except ConnectionError as error:
        wanted = ", ".join(f"{name} (MD5 {source.md5[name]})" for name in missing)
        reason = f"{source.name} is not complete, and was not downloaded: {error}"
        raise FileNotFoundError(f"{reason}. Put into {folder}: {wanted}; from {' or '.join(source.mirrors)}") from error
    return {name: found[name] for name in source.md5}


def _whole(path: Path, md5: str | None) -> Path:
    if md5 is not None and (actual := _md5(path)) != md5:
        damaged = f"{path} is damaged, cut short or another file: its MD5 is {actual}, not {md5}"
        raise ValueError(f"{damaged}. Delete it, and it is downloaded again")
    return path


def receive(urls: Sequence[str], path: Path, md5: str, progress: bool = True) -> None:
    """Download the file with this MD5 from the first of ``urls`` that gives it, to ``path``, whole or not at all.

    What has arrived waits beside it as ``.part``: a download that was killed goes on from there (HTTP's Range). Who
    wants the same file at the same time waits until it is there. Each address gets two tries, for a broken connection
    and for a stale part; one that is slower than ``SLOWEST`` counts as broken. Raises ConnectionError with each
    address's reason, OSError when the disk is full. Chapter: full-models.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        if progress:
            tqdm.write(f"{path.name} is being downloaded by somebody else: waiting", file=sys.stderr)
        lock.acquire(timeout=-1)
    try:
        if not (path.exists() and _md5(path) == md5):
            _receive(urls, path, md5, progress)
        # Whoever still waits for this lock finds the file whole; after a failure the lock stays for the next.
        Path(lock.lock_file).unlink(missing_ok=True)
    finally:
        lock.release()


def _receive(urls: Sequence[str], path: Path, md5: str, progress: bool) -> None:
    part = path.with_name(f"{path.name}.part")
    reasons: list[str] = []
    for url in [url for url in urls for _ in range(2)]:
        try:
            _append(url, part, progress)
        except _UNREACHABLE as error:
            reasons.append(f"{url}: {error}")
            continue
        except OSError as error:
            raise OSError(error.errno, f"{error.strerror} while writing {part}: what has arrived is kept") from error
        if (actual := _md5(part)) == md5:
            part.replace(path)
            return
        part.unlink()
        reasons.append(f"{url} gave another file, with MD5 {actual}")
    raise ConnectionError("; ".join(dict.fromkeys(reasons)))


def _append(url: str, part: Path, progress: bool) -> None:
    """Receive what ``part`` still lacks, or all of it from a server that cannot send the rest alone."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = _opened(request)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # nothing lies beyond what we have: the checksum decides
            return
        raise
    with response:
        if have and not (response.headers.get("Content-Range") or "").startswith(f"bytes {have}-"):
            have = 0
        size = have + int(response.headers.get("Content-Length") or 0)
        bar = tqdm(desc=part.stem, total=size or None, initial=have, unit="B", unit_scale=True, disable=not progress)
        begun = time.monotonic()
        with bar, part.open("ab" if have else "wb") as file:
            while block := response.read1(1 << 16):  # what is there, however little: a slow server must not hold us
                file.write(block)
                bar.update(len(block))
                seconds = time.monotonic() - begun
                if seconds > PATIENCE and (file.tell() - have) < SLOWEST * seconds:
                    raise TimeoutError(f"only {file.tell() - have} bytes came in {seconds:.0f} s")
            if (received := file.tell()) < size:
                raise ConnectionError(f"the connection broke after {received} of {size} bytes; another try goes on")


def _opened(request: urllib.request.Request) -> http.client.HTTPResponse:
    """Open an address within ``PATIENCE``: urllib's own time-out begins anew with each byte of the headers."""
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(urllib.request.urlopen(request, timeout=PATIENCE))
        except BaseException as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=PATIENCE)
    except queue.Empty:
        raise TimeoutError(f"no answer within {PATIENCE:g} s") from None
    if isinstance(answer, BaseException):
        raise answer
    return cast(http.client.HTTPResponse, answer)


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
