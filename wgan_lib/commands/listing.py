"""``presets`` and ``runs``: what there is."""

import argparse
import json

from wgan_lib import runs


def list_presets(options: argparse.Namespace) -> int:
    """List the presets. Chapter: full-models."""
    from wgan_lib import presets, training

    for name in presets.names():
        preset = presets.build(name)
        loss = training.describe(preset.loss)
        print(f"{name}\n    {loss}, {preset.constraint}, {preset.optimizer}, {preset.n_steps} steps")
        print(f"    source: {preset.source}\n    published: {preset.published}\n    ours: {preset.ours}")
    return 0


def list_runs(options: argparse.Namespace) -> int:
    """List the recorded runs, or tell where one came from. Chapter: full-models."""
    if options.run is None:
        for name in runs.names():
            print(runs.load(name))
        if not runs.names():
            print("no run is recorded with this copy of the library")
        return 0
    run = runs.load(options.run)
    print(run)
    print(json.dumps(dict(run.meta), indent=2))
    return 0
