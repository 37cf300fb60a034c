"""``evaluate``: each score of a generator's samples beside the score of the law itself."""

import argparse
import json
import math
import sys

from wgan_lib import files

REPORT, SHEET = "evaluation.json", "samples.png"


def evaluate(options: argparse.Namespace) -> int:
    """Judge a trained generator. Chapter: full-models."""
    import wgan_lib.commands.opening as opening
    from wgan_lib import networks, presets, training

    found = opening.opened(options.dir)
    preset, folder = found.preset, found.folder
    rng = training.stream(options.seed, "evaluation")
    with networks.evaluating(preset.generator, preset.critic):
        samples = preset.generator(preset.latent.sample(options.samples, rng))
        told, rows = presets.judge(preset, samples, rng)
        sheet = presets.sheet(samples)
    print(f"{preset.name}, {found.steps} steps ({found.checkpoint.name}), {len(samples)} samples; {told}")
    print(f"{'':38}{'generator':>12}{'the law itself':>16}")
    for name, (value, of_law) in rows.items():
        print(f"{name:38}{value:12.4g}" + ("" if math.isnan(of_law) else f"{of_law:16.4g}"))
    report = {"preset": preset.name, "steps": found.steps, "samples": len(samples), "seed": options.seed}
    report |= {name: value for name, (value, _) in rows.items()}
    report |= {f"{name}, of the law itself": value for name, (_, value) in rows.items() if not math.isnan(value)}
    report |= {"told": told} if "\n" not in told else {"told": told.partition("\n")[0]}
    try:
        if sheet is not None:
            files.write_atomically(folder / SHEET, sheet)
            print(f"64 of them: {folder / SHEET}")
        files.write_atomically(folder / REPORT, json.dumps({**report, **files.provenance()}, indent=2).encode())
    except OSError as error:  # a folder that one may only read
        print(f"not stored: {error}", file=sys.stderr)
    return 0
