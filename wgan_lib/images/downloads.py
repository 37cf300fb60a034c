"""Files of public data sets: checked, downloaded where they are missing, and never half there."""

import hashlib
import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

_UNREACHABLE = (urllib.error.URLError, ConnectionError, TimeoutError, ssl.SSLError, http.client.HTTPException)


class Source(NamedTuple):
    """Where a data set's files lie under its root (torchvision's layout), their MD5, and addresses that end in "/".

    MD5 is what the authors publish: it finds damage, not malice. Chapter: full-models.
    """

    name: str
    folder: str
    md5: Mapping[str, str]
    mirrors: Sequence[str]


def fetch(source: Source, root: Path, *, download: bool = True, progress: bool = True) -> dict[str, Path]:
    """Return the path of each file of ``source`` under ``root``, downloading what is missing.

    A file that is there is checked, and never overwritten. Where torchvision has unpacked ``x.gz`` and the archive is
    gone, ``x`` is taken; its reader checks it. Raises ValueError that names a file with another checksum,
    FileNotFoundError that says which files to put where. Chapter: full-models.
    """
    folder = (Path(root) / source.folder).absolute()
    found: dict[str, Path] = {}
    for name, md5 in source.md5.items():
        unpacked = folder / name.removesuffix(".gz")
        if (folder / name).exists():
            if (actual := _md5(folder / name)) != md5:
                damaged = f"{folder / name} is damaged, cut short or another file: its MD5 is {actual}, not {md5}"
                raise ValueError(f"{damaged}. Delete it, and it is downloaded again")
            found[name] = folder / name
        elif unpacked.exists():
            found[name] = unpacked
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


def receive(urls: Sequence[str], path: Path, md5: str, progress: bool = True) -> None:
    """Download the file with this MD5 from the first of ``urls`` that gives it, to ``path``, whole or not at all.

    What has arrived waits beside it as ``.part``: a download that was killed goes on from there (HTTP's Range). Each
    address gets two tries, for a broken connection and for a stale part. Raises ConnectionError with each address's
    reason, OSError when the disk is full. Chapter: full-models.
    """
    part = path.with_name(f"{path.name}.part")
    part.parent.mkdir(parents=True, exist_ok=True)
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
        response = urllib.request.urlopen(request, timeout=20)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # nothing lies beyond what we have: the checksum decides
            return
        raise
    with response:
        if have and not (response.headers.get("Content-Range") or "").startswith(f"bytes {have}-"):
            have = 0
        size = have + int(response.headers.get("Content-Length") or 0)
        bar = tqdm(desc=part.stem, total=size or None, initial=have, unit="B", unit_scale=True, disable=not progress)
        with bar, part.open("ab" if have else "wb") as file:
            while block := response.read(1 << 16):
                file.write(block)
                bar.update(len(block))
            if (received := file.tell()) < size:
                raise ConnectionError(f"the connection broke after {received} of {size} bytes; another try goes on")


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
