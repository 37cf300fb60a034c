"""``check``: what a folder of pictures or a table holds, which penalty its scale suggests, what a training costs."""

import argparse
import math
import os
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from wgan_lib import files

LOOKED_AT, SAMPLES, TIMED = 200, 500, 3
LOGIT = 1 / (1 + math.e) / 2  # of R1 + R2: see _penalties
FEW_PICTURES = 5000


def check(options: argparse.Namespace) -> int:
    """Say what data of one's own hold before anything is trained. Chapter: full-models."""
    from wgan_lib import presets

    path = files.home(options.data)
    if not path.exists():
        raise FileNotFoundError(f"--data {path} is not there")
    is_table = presets.is_table(path)
    if not is_table and not path.is_dir():
        raise ValueError(f"--data {path} is neither a folder of pictures nor a table ({', '.join(presets.ENDINGS)})")
    name = options.preset or ("wgan-gp-table" if is_table else "wgan-gp-resnet32-cifar10")
    if is_table:
        preset = presets.build(name, 0, path)
        _tell_table(preset.data)
    else:
        preset = _tell_pictures(path, options, name)
    _tell_scale(preset)
    if shape_fits(preset):
        _tell_cost(preset, options.device)
    return 0


def shape_fits(preset: Any) -> bool:
    """Say whether the preset's networks take the data as they were looked at. Chapter: full-models."""
    import torch

    from wgan_lib import presets

    sample = preset.data.sample(2, torch.Generator().manual_seed(0))
    return tuple(sample.shape[1:]) == presets.shape_of(preset)


def _tell_pictures(path: Path, options: argparse.Namespace, name: str) -> Any:
    from PIL import Image

    from wgan_lib import images, presets

    found = images.listing(path)
    step = max(1, len(found.names) // LOOKED_AT)
    looked, kinds = found.files[::step], Counter[tuple[str, int, int]]()
    for file in looked:
        try:
            with Image.open(file) as picture:
                kinds[(picture.mode, *picture.size)] += 1
        except Exception as error:  # PIL's readers raise whatever they stumble over
            raise ValueError(f"{file} cannot be read as a picture: {error}") from error
    sides = [min(width, height) for _, width, height in kinds.elements()]
    print(f"{len(found.names)} pictures; of {len(looked)} looked at, the shorter side is {min(sides)} to {max(sides)}")
    print("kinds: " + ", ".join(f"{mode} {n}" for mode, n in Counter(m for m, _, _ in kinds.elements()).most_common()))
    preset = presets.build(name, 0)
    channels, size, _ = presets.shape_of(preset) if presets.makes_pictures(preset) else (3, 32, 32)
    size = options.size or size
    data = images.folder(path, size, channels, cache=presets.cache_of(path), progress=True)
    assert data.held_out is not None
    copies = len(found.names) - len({row.numpy().tobytes() for part in (data, data.held_out) for row in part.pixels})
    print(f"as {channels} × {size} × {size}: {len(data)} to train on, {len(data.held_out)} held out, {copies} copies")
    if min(sides) < size:
        print(f"some are smaller than {size} and are blown up: a smaller --size would invent less")
    if data.classes:
        counts = Counter(name.partition("/")[0] for name in found.names)
        print("classes by subfolder: " + ", ".join(f"{label} {n}" for label, n in counts.most_common(20)))
    if len(data) < FEW_PICTURES:
        print(
            f"fewer than {FEW_PICTURES}: a critic learns them by heart; train with --augment, and --flips if they may"
        )
    return replace(preset, make_data=lambda: data)


def _tell_table(packed: Any) -> None:
    table = packed.table
    print(f"{len(table)} rows to train on, {len(table.held_out)} held out, as {table.width} numbers each")
    for column in table.columns:
        kind = type(column).__name__.lower()
        more = {
            "amount": lambda c: f"{c.form or 'any digits'}{', with gaps' if c.gaps else ''}",
            "category": lambda c: f"{len(c.values)} values",
            "constant": lambda c: repr(c.value),
        }[kind](column)
        print(f"    {column.name}: {kind}, {more}")
    for name, why in table.left_out.items():
        print(f"    {name}: left out: {why}")


def _tell_scale(preset: Any) -> None:
    """Measure how far a sample is from the next, and say what it means for λ and γ."""
    import torch

    from wgan_lib import metrics

    rng = torch.Generator().manual_seed(0)
    data = getattr(preset.data, "table", preset.data)
    draw = data.draw if hasattr(data, "draw") else data.sample
    n = min(SAMPLES, len(data))
    whole = len(data) <= SAMPLES and hasattr(data, "points")  # and shuffled: a file may be sorted
    some = data.points[torch.randperm(len(data), generator=rng)] if whole else draw(n, rng)
    flat = some.flatten(1).double()
    distances = torch.pdist(flat)
    typical = float(distances.median())
    near = float(metrics.closest(flat[: len(flat) // 2].numpy(), flat[len(flat) // 2 :].numpy()).mean())
    print(f"two samples are {typical:.3g} apart (median); the nearest of {len(flat) // 2} others is {near:.3g} away")
    print("\n".join(penalties(typical, flat.shape[1])))


def penalties(distance: float, dimension: int) -> list[str]:
    """Say which λ and γ a distance suggests, with the bias that they bring.

    Two point masses a distance t apart: the penalty λ (‖∇f‖ − 1)² is balanced at the slope 1 + t/(2λ), so λ carries
    units of length and has the bias t/(2λ). For the relativistic loss with R1 + R2, softplus(−s t) + γ s² is least
    where t σ(−s t) = 2 γ s; a difference of scores s t = 1 asks for γ = σ(−1) t²/2. Chapter: gradient-penalty.
    """
    lines = [f"λ = 10 lets the slope between two such samples rise to {1 + distance / 20:.3g} where 1 is asked for"]
    for bias in (0.05, 0.25):
        lines.append(f"    a bias of {bias:.0%} asks for λ = {distance / (2 * bias):.3g}")
    lines.append(f"γ = {LOGIT * distance**2:.3g} (R1 + R2) lets the scores of two such samples differ by 1")
    if dimension == 1:
        lines.append(
            f"in one dimension a two-sided penalty may trap the critic at slope {-1 + distance / 20:.3g}: one_sided"
        )
    return lines


def _tell_cost(preset: Any, device: str) -> None:
    import resource

    import torch

    from wgan_lib import training

    where = training.engine_for(device).device
    if where.type == "cuda":
        torch.cuda.reset_peak_memory_stats(where)
    batch = min(preset.batch_size, len(preset.data))
    steps = preset.train(n_steps=1 + TIMED, batch_size=batch, device=device)
    first = next(steps)  # the first one pays for what is made once
    begun = time.perf_counter()
    for _ in range(TIMED):
        step = next(steps)
    seconds = (time.perf_counter() - begun) / TIMED
    if where.type == "cuda":
        memory, what = torch.cuda.max_memory_allocated(where), "of the device"
    else:
        memory, what = (
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1024 if os.name == "posix" else 1),
            "in all",
        )
    rate = (step.seen - first.seen) / TIMED / seconds
    print(f"{preset.name} on {where}, {torch.get_num_threads()} threads: {seconds:.3g} s a generator step,")
    print(f"    {rate:.4g} samples a second, {memory / 1e9:.2g} GB {what}")
    print(f"    its {preset.n_steps} steps take {_duration(seconds * preset.n_steps)} (from {TIMED} steps)")


def _duration(seconds: float) -> str:
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.2g} {unit}"
    return f"{seconds:.2g} seconds"
