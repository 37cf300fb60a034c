"""Pictures of one's own, from a folder: whatever kind they are, they end as squares of one size on one ground."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import UInt8

from wgan_lib import checks
from wgan_lib.images.downloads import place
from wgan_lib.images.memory import Images

if TYPE_CHECKING:  # PIL takes a tenth of a second, and most trainings read no folder
    from PIL import Image

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"}


def folder(path: str | os.PathLike[str], size: int, channels: int = 3, ground: str | Sequence[int] = "white") -> Images:
    """Give the pictures of a folder and its subfolders, ``(n, channels, size, size)``, a tenth of them held out.

    Each is turned as its camera says, laid on ``ground`` (a colour's name, "#rrggbb" or three numbers to 255) where it
    is transparent, cut to its middle square and scaled; of a moving picture the first frame counts. Files are taken in
    the order of their names: png, jpg, jpeg, bmp, gif, webp, tif, tiff; hidden ones and __MACOSX are passed over. Every
    tenth picture is held out, with its copies: no picture is in both parts. Raises FileNotFoundError for fewer than
    two pictures, ValueError that names a damaged one, one without a known white (32 bits a pixel), or a wrong argument.
    Chapter: full-models.
    """
    top, size, channels = place("path", path), checks.whole("size", size), checks.one_of("channels", channels, (1, 3))
    colour = _colour(ground)
    files = sorted(file for file in top.rglob("*") if _is_picture(file, top))
    if len(files) < 2:
        raise FileNotFoundError(f"path {top.absolute()} holds {len(files)} pictures ({', '.join(sorted(SUFFIXES))})")
    pixels = np.empty((len(files), size, size, channels), np.uint8)
    for row, file in zip(pixels, files, strict=True):
        row[:] = _square(file, size, "RGB" if channels == 3 else "L", colour).reshape(row.shape)
    numbers = _numbers(pixels)
    if not numbers.any():
        raise ValueError(f"path {top.absolute()} holds {len(files)} copies of one picture: none is left to hold out")
    tensor, kept = torch.from_numpy(pixels).permute(0, 3, 1, 2), torch.from_numpy(numbers) % 10 > 0
    name = f"folder({top.name}, {size}, {channels}{'' if colour == (255, 255, 255) else f', ground={ground!r}'})"
    return Images(name, tensor[kept], held_out=Images(f"{name}.held_out", tensor[~kept]))


def _is_picture(file: Path, top: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in file.relative_to(top).parts)
    return not hidden and file.suffix.lower() in SUFFIXES and not file.is_dir()


def _colour(ground: str | Sequence[int]) -> tuple[int, int, int]:
    from PIL import ImageColor

    wanted = "a colour's name, '#rrggbb' or three whole numbers from 0 to 255"
    try:
        found = (
            ImageColor.getrgb(ground)[:3] if isinstance(ground, str) else tuple(checks.whole("", c, 0) for c in ground)
        )
    except (ValueError, TypeError):
        found = ()
    if len(found) != 3 or max(found) > 255:
        raise ValueError(f"ground is {ground!r}: it must be {wanted}")
    return found[0], found[1], found[2]


def _square(file: Path, size: int, mode: str, ground: tuple[int, int, int]) -> UInt8[np.ndarray, "size size ..."]:
    from PIL import Image, ImageOps

    try:
        with Image.open(file) as picture:
            most = Image.MAX_IMAGE_PIXELS
            if most and picture.width * picture.height > most:
                raise ValueError(f"{picture.width} × {picture.height} pixels are more than {most}")
            flat = _flattened(ImageOps.exif_transpose(picture), ground).convert(mode)
        (width, height), side = flat.size, min(flat.size)
        left, top = (width - side) // 2, (height - side) // 2
        return np.asarray(flat.crop((left, top, left + side, top + side)).resize((size, size)))
    except Exception as error:  # PIL's readers of damaged files raise whatever they stumble over, SyntaxError among it
        raise ValueError(f"{file} cannot be read as a picture: {error or type(error).__name__}") from error


def _flattened(picture: "Image.Image", ground: tuple[int, int, int]) -> "Image.Image":
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


def _numbers(pixels: UInt8[np.ndarray, "n height width channels"]) -> np.ndarray:
    """Number the different pictures as they come; a copy gets the number of the first one."""
    seen: dict[bytes, int] = {}
    return np.array([seen.setdefault(row.tobytes(), len(seen)) for row in pixels])
