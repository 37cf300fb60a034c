"""Whatever kind of picture a file holds, it ends as a square of one size, in 8 bits a channel, on one ground."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt8

from wgan_lib import checks

if TYPE_CHECKING:  # PIL takes a tenth of a second, and most trainings read no folder
    from PIL import Image

Ground = tuple[int, int, int]

_TOGETHER = 32  # files that one thread decodes at a time
_AHEAD = 8  # such parts for each thread, done before anybody asks for them


def colour(ground: str | Sequence[int]) -> Ground:
    """Give a ground as red, green and blue; ValueError says what it may be. Chapter: full-models."""
    from PIL import ImageColor

    wanted = "a colour's name, '#rrggbb' or three whole numbers from 0 to 255"
    try:
        found = (
            ImageColor.getrgb(ground)[:3] if isinstance(ground, str) else tuple(checks.whole("", c, 0) for c in ground)
        )
    except (ValueError, TypeError):
        found = ()
    if len(found) != 3 or max(found) > 255:
        raise ValueError(f"ground is {checks.shortly(ground)}: it must be {wanted}")
    return found[0], found[1], found[2]


def decoded(
    files: Sequence[str], size: int, channels: int, ground: Ground
) -> Iterator[UInt8[np.ndarray, "channels size size"]]:
    """Yield the pictures in the order of their files, decoded by as many threads as there are CPUs, a little ahead.

    Threads, because PIL lets go of the interpreter while it decodes, and processes would ask every script for a main
    guard. Raises ValueError that names the first file that is damaged. Chapter: full-models.
    """
    from PIL import Image

    Image.init()  # its readers are imported once, before the threads

    def part(some: Sequence[str]) -> list[UInt8[np.ndarray, "channels size size"]]:
        return [square(file, size, channels, ground) for file in some]

    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    pool, waiting = ThreadPoolExecutor(threads, "decoding"), deque[Future[list[np.ndarray]]]()
    try:
        for start in range(0, len(files), _TOGETHER):
            waiting.append(pool.submit(part, files[start : start + _TOGETHER]))
            if len(waiting) > _AHEAD * threads:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def square(file: str, size: int, channels: int, ground: Ground) -> UInt8[np.ndarray, "channels size size"]:
    """Read one picture; ValueError names a damaged one, or one without a known white. Chapter: full-models."""
    from PIL import Image, ImageOps

    try:
        with Image.open(file) as picture:
            most = Image.MAX_IMAGE_PIXELS
            if most and picture.width * picture.height > most:
                raise ValueError(f"{picture.width} × {picture.height} pixels are more than {most}")
            flat = _flattened(ImageOps.exif_transpose(picture), ground).convert("RGB" if channels == 3 else "L")
        (width, height), side = flat.size, min(flat.size)
        left, top = (width - side) // 2, (height - side) // 2
        pixels = np.asarray(flat.crop((left, top, left + side, top + side)).resize((size, size)))
        return np.ascontiguousarray(pixels.reshape(size, size, channels).transpose(2, 0, 1))
    except Exception as error:  # PIL's readers of damaged files raise whatever they stumble over, SyntaxError among it
        raise ValueError(f"{Path(file)} cannot be read as a picture: {error or type(error).__name__}") from error


def _flattened(picture: "Image.Image", ground: Ground) -> "Image.Image":
    """Give the picture in 8 bits a channel, without transparency; other kinds are as they were."""
    from PIL import Image

    picture.load()
    alpha: Image.Image | None = None
    if picture.mode.startswith("I;16"):  # PIL's own conversion would cut all above 255
        wide = np.asarray(picture).astype(np.int64)
        clear = picture.info.get("transparency")
        if isinstance(clear, int):
            alpha = Image.fromarray(np.where(wide == clear, 0, 255).astype(np.uint8))
        picture = Image.fromarray(((wide * 255 + 32767) // 65535).astype(np.uint8))
    elif picture.mode in ("I", "F"):
        raise ValueError(
            f"mode {picture.mode}, 32 bits a pixel, does not tell which number is white; save it with 16 or 8"
        )
    elif picture.has_transparency_data:
        picture = picture.convert("RGBA")
        alpha = picture.getchannel("A")
    if alpha is None:
        return picture
    return Image.composite(picture.convert("RGB"), Image.new("RGB", picture.size, ground), alpha)
