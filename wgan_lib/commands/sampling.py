"""``sample``: a generator's pictures as files, or its rows as a table."""

import argparse
from typing import Any

from wgan_lib import files

TOGETHER = 256


def sample(options: argparse.Namespace) -> int:
    """Write samples of a trained generator. Chapter: full-models."""
    import wgan_lib.commands.opening as opening
    from wgan_lib import presets

    found = opening.opened(options.dir)
    pictures = presets.makes_pictures(found.preset)
    out = files.home(options.out or found.folder / ("samples" if pictures else "samples.csv"))
    if out.exists() and (not out.is_dir() or not pictures or any(out.iterdir())):
        raise FileExistsError(f"{out} is there already: --out names another place")
    samples = drawn(found.preset, options.samples, options.seed)
    if pictures:
        out.mkdir(parents=True, exist_ok=True)
        digits = max(5, len(str(len(samples) - 1)))
        for i, picture in enumerate(samples):
            files.write_atomically(out / f"{i:0{digits}d}.png", png(picture))
    else:
        files.write_atomically(out, as_csv(found.preset, samples))
    print(f"{len(samples)} samples of {found.preset.name} after {found.steps} steps: {out}")
    return 0


def drawn(preset: Any, n: int, seed: int) -> Any:
    """Return n samples (n, …) of the generator as it is judged, rows of packs one by one. Chapter: full-models."""
    import torch

    from wgan_lib import networks, training

    rng, parts, have = training.stream(seed, "evaluation"), [], 0
    with networks.evaluating(preset.generator):
        while have < n:
            latent = preset.latent.sample(min(TOGETHER, n - have), rng)
            made = preset.generator(latent)
            parts.append(made.flatten(0, 1) if hasattr(preset.data, "table") else made)
            have += len(parts[-1])
    return torch.cat(parts)[:n]


def png(picture: Any) -> bytes:
    """Return a picture with values in [−1, 1], (1 or 3, height, width), as a PNG. Chapter: full-models."""
    from io import BytesIO

    from PIL import Image

    pixels = ((picture.clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    buffer = BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(buffer, "PNG")
    return buffer.getvalue()


def as_csv(preset: Any, samples: Any) -> bytes:
    """Return rows of a table, or points, as a CSV file. Chapter: tables."""
    if hasattr(preset.data, "table"):
        return preset.data.table.csv(samples)
    flat = samples.flatten(1)
    names = ",".join("xyz"[i] if flat.shape[1] <= 3 else f"x{i}" for i in range(flat.shape[1]))
    rows = "".join(",".join(f"{value:.9g}" for value in row) + "\n" for row in flat.tolist())
    return f"{names}\n{rows}".encode()
