"""``report``: one HTML file with a training's curves, samples over time, latents, neighbours, scores and settings."""

import argparse
import json
from typing import Any

from wgan_lib import files, runs

FRAMES, COLUMNS, STEPS = 6, 12, 8
SCORES, RUN = "evaluation.json", "run.npz"


def report(options: argparse.Namespace) -> int:
    """Write the report of a training. Chapter: full-models."""
    import wgan_lib.commands.opening as opening
    import wgan_lib.commands.page as page
    from wgan_lib import figures, presets

    figures.setup()
    found = opening.opened(options.dir)
    preset, settings = found.preset, found.settings
    run = runs.load(found.folder / RUN)
    parts = [page.words(f"{found.steps} generator steps; written from {found.checkpoint.name}.")]
    parts += _curves(run)
    if presets.makes_pictures(preset):
        parts += _pictures(preset, run, options.seed)
    elif hasattr(preset.data, "table"):
        parts += _rows(preset, options.seed)
    elif run["samples"].shape[2:] == (2,):
        drawn = figures.samples(run["real"], run["samples"][-1])
        parts += [
            page.heading("Samples"),
            page.figure(drawn, "samples over real points", "real blue, generated orange"),
        ]
    parts += _scores(found.folder)
    parts += [
        page.heading("Settings"),
        page.mapping({"source": preset.source, "published": preset.published, **settings}),
    ]
    known = {name: value for name, value in run.meta.items() if isinstance(value, str | int | float)}
    parts += [page.heading("Provenance of the run"), page.mapping(known)]
    parts += [page.heading("Provenance of this page"), page.mapping(dict(files.provenance()))]
    out = files.home(options.out or found.folder / "report.html")
    content = page.page(f"{preset.name}, seed {settings['seed']}", parts)
    files.write_atomically(out, content)
    print(f"{out}: {len(content) / 1e6:.2g} MB, all in one file")
    return 0


def _curves(run: Any) -> list[str]:
    import wgan_lib.commands.page as page
    from wgan_lib import figures

    names = ["w1_estimate", "penalty", "generator_loss"]
    said = "The estimate is in units of the scores, and says nothing of quality by itself; the penalty is what is paid."
    drawn = figures.curves(run, *names)
    alt = ", ".join(f"{name} ends at {float(run[name][-1]):.3g}" for name in names)
    return [page.heading("Curves"), page.figure(drawn, alt, said)]


def _pictures(preset: Any, run: Any, seed: int) -> list[str]:
    import numpy as np

    import wgan_lib.commands.page as page

    samples = run["samples"]
    scale = max(1, 48 // samples.shape[-1])
    kept = np.unique(np.linspace(0, len(samples) - 1, FRAMES).round().astype(int))
    steps = (run["index"][kept] + 1).tolist()
    over_time = page.sheet(samples[kept][:, :COLUMNS], scale)
    walked, ours, theirs, distances = _looked_into(preset, seed)
    near, null = (float(np.median(some)) for some in distances)
    said = (
        f"Above a generated picture, below the one of the training set that is nearest in pixels: {near:.3g} "
        f"away in the middle; a held-out picture is {null:.3g} from its nearest. Much nearer than that would be copies."
    )
    return [
        page.heading("Samples over time"),
        page.figure(
            over_time, f"samples after {steps} steps", f"One row after each of {steps} steps, the same latents.", True
        ),
        page.heading("Between latents"),
        page.figure(page.sheet(walked, scale), "interpolations", "From one latent to another, along the sphere.", True),
        page.heading("Nearest training pictures"),
        page.figure(
            page.sheet(np.stack([ours, theirs]), scale), "generated pictures above their nearest ones", said, True
        ),
    ]


def _looked_into(preset: Any, seed: int) -> tuple[Any, Any, Any, tuple[Any, Any]]:
    """Return walks between latents, generated pictures, their nearest ones, and distances of these and of held-out."""
    import numpy as np
    import torch

    from wgan_lib import networks, training

    rng = training.stream(seed, "evaluation")
    ends = preset.latent.sample(8, rng)
    with networks.evaluating(preset.generator):
        walks = [
            torch.stack([_between(ends[2 * i], ends[2 * i + 1], t / (STEPS - 1)) for t in range(STEPS)])
            for i in range(4)
        ]
        walked = torch.stack([preset.generator(walk) for walk in walks])
        ours = preset.generator(preset.latent.sample(COLUMNS, rng))
    rows, near = _nearest(ours, preset.data)
    held_out = preset.data.held_out.thinned(200)
    theirs = preset.data.pixels[torch.from_numpy(rows)].float() * (2 / preset.data.white) - 1
    return walked.numpy(), ours.numpy(), theirs.numpy(), (near, np.asarray(_nearest(held_out, preset.data)[1]))


def _between(a: Any, b: Any, t: float) -> Any:
    """Walk from a to b with norms as latents have them: straight lines pass where no training has been."""
    import torch

    angle = torch.acos((a / a.norm() * (b / b.norm())).sum().clamp(-1, 1))
    if float(angle.sin()) < 1e-4:
        return a + t * (b - a)
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


def _nearest(pictures: Any, data: Any) -> tuple[Any, Any]:
    """Return for each picture the row and the distance of the nearest training picture, a block at a time."""
    import torch

    flat = pictures.flatten(1)
    best, rows = torch.full((len(flat),), torch.inf), torch.zeros(len(flat), dtype=torch.long)
    for start in range(0, len(data), 4096):
        block = data.pixels[start : start + 4096].float().flatten(1) * (2 / data.white) - 1
        distance, row = torch.cdist(flat, block).min(1)
        nearer = distance < best
        best, rows = torch.where(nearer, distance, best), torch.where(nearer, row + start, rows)
    return rows.numpy(), best.numpy()


def _rows(preset: Any, seed: int) -> list[str]:
    import wgan_lib.commands.page as page
    from wgan_lib import tables
    from wgan_lib.commands.sampling import drawn

    table = preset.data.table
    made = drawn(preset, max(1000, len(table.held_out)), seed)
    cells, real = table.texts(made), table.texts(table.held_out.points)
    shown = [list(row)[:12] for row in zip(*(column[:8] for column in cells.values()), strict=True)]
    lines = []
    for column in table.columns:
        if isinstance(column, tables.Category):
            for value in column.values[:6]:
                shares = [part[column.name].count(value) / len(part[column.name]) for part in (cells, real)]
                lines.append((f"{column.name}: share of {value or 'missing'!r}", *shares))
    return [
        page.heading("Rows"),
        page.table(shown, list(cells)[:12]),
        page.heading("Shares of categories"),
        page.table(lines, ["", "generated", "held out"]),
    ]


def _scores(folder: Any) -> list[str]:
    import wgan_lib.commands.page as page

    path = folder / SCORES
    if not path.exists():
        return [
            page.heading("Scores"),
            page.words(f"Not judged yet: python -m wgan_lib evaluate {folder.name} does it."),
        ]
    told = json.loads(path.read_text())
    ending = ", of the law itself"
    rows = [
        (name, float(value), float(told.get(name + ending, float("nan"))))
        for name, value in told.items()
        if isinstance(value, int | float) and name not in ("steps", "samples", "seed") and not name.endswith(ending)
    ]
    said = f"{told['samples']} samples after {told['steps']} steps; {told.get('told', '')}"
    return [page.heading("Scores"), page.words(said), page.table(rows, ["", "generator", "the law itself"])]
