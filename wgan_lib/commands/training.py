"""``train`` and ``resume``: a preset, its settings, its checkpoints, its recorded run and its statistics."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from wgan_lib import checks, files

STATISTICS = "stats.jsonl"


def train(options: argparse.Namespace) -> int:
    """Begin a training. Chapter: full-models."""
    import wgan_lib.commands.opening as opening
    from wgan_lib import presets

    if options.preset not in presets.names():
        print(f"wgan_lib: {checks.nearest('preset', options.preset, presets.names())}", file=sys.stderr)
        return 2
    folder = files.home(options.out or Path("checkpoints") / f"{options.preset}-seed{options.seed}")
    if presets.holds_settings(folder):
        raise FileExistsError(f"{folder} holds a training: 'resume {folder}' goes on with it, --out names another")
    chosen = ("seed", "device", "batch_size", "critic_steps", "checkpoint_every", "certify_every")
    arguments = {name: getattr(options, name) for name in chosen} | {"n_steps": options.steps}
    machine = {"devices": options.devices, "precision": options.precision, "compile": options.compile}
    settings = {
        "preset": options.preset,
        "seed": options.seed,
        "data": str(files.home(options.data or "data").absolute()),  # the same place, wherever it is resumed from
        "record_every": options.record_every,
        "threads": options.threads,
        "arguments": {name: value for name, value in arguments.items() if value is not None},
    }
    asked = {name: value for name, value in machine.items() if value not in (None, 1, "32-true")}
    settings |= {"machine": asked} if asked else {}
    preset = presets.build(settings["preset"], settings["seed"], settings["data"])
    if (own := opening.own_of(options, preset)) is not None:
        settings["own"] = own
        print(f"learns the pictures in {settings['data']}")
    return _go(folder, settings, resume=False, progress=not options.quiet)


def resume(options: argparse.Namespace) -> int:
    """Go on with a training. Chapter: full-models."""
    from wgan_lib import presets, training

    folder = files.home(options.dir)
    return _go(folder, presets.read_settings(folder), resume=training.begun(folder), progress=not options.quiet)


def _go(folder: Path, settings: dict[str, Any], *, resume: bool, progress: bool) -> int:
    import torch

    import wgan_lib.commands.opening as opening
    from wgan_lib import presets, training

    torch.set_num_threads(settings["threads"])
    preset = opening.preset_of(settings)
    n_samples = {2: 512, 3: 40, 4: 64}.get(1 + len(presets.shape_of(preset)), 64)  # a picture or a pack is many numbers
    held: Any = preset.data
    most = len(held) if hasattr(held, "__len__") else n_samples
    recorder = training.Recorder(settings["record_every"], n_samples=min(n_samples, most))
    arguments = dict(settings["arguments"])
    engine = opening.engine_of(settings.get("machine", {}), arguments.pop("device", "auto"))
    steps = preset.train(**arguments, device=engine, checkpoint_dir=folder, resume=resume, progress=progress)
    first = getattr(engine, "rank", 0) == 0
    if not resume and first:
        presets.write_settings(folder, settings)
    save = presets.saver(folder, recorder, preset) if first else lambda: None
    statistics = _Statistics(folder / STATISTICS if first else None)
    stopped = None
    try:
        with training.raised():
            try:
                for step in steps:
                    with training.held():  # a signal waits until frame and file are whole
                        recorder.add(step)
                        statistics.add(step, len(recorder))
                        # Before the loop's checkpoint: frames of steps that a kill undoes are dropped when resuming.
                        done, whole = step.index + 1, step.settings
                        if done % whole["checkpoint_every"] == 0 or done == whole["n_steps"]:
                            save()
            finally:
                with training.held():
                    try:
                        save()
                    finally:
                        steps.close()  # a checkpoint of the steps since the last one, where the run found no place too
    except training.Stopped as signalled:
        stopped = signalled.number
    last = recorder.step
    if not first:
        return 0 if stopped is None else 128 + stopped
    if stopped is not None:
        print(f"stopped; go on with: python -m wgan_lib resume {folder}")
        return 128 + stopped
    if last is None:
        print(f"{folder} is finished: nothing is left to train")
        return 0
    print(f"{preset.name}: {last.index + 1} steps in {last.seconds:.1f} s, W1 estimate {last.w1_estimate:.4g}")
    print(f"judge it with: python -m wgan_lib evaluate {folder}")
    return 0


class _Statistics:
    """A line of JSON for each recorded frame, for whatever program likes to watch; the run itself is in run.npz."""

    def __init__(self, path: Path | None) -> None:
        self.path, self.frames, self.begun = path, 0, False

    def add(self, step: Any, frames: int) -> None:
        if self.path is None or frames == self.frames or not self.path.parent.is_dir():
            return
        self.frames = frames
        if not self.begun:
            self._cut(step.index)
        numbers = {name: value for name, value in vars(step).items() if isinstance(value, int | float | tuple)}
        rate = step.seen / step.seconds if step.seconds else 0.0
        line = json.dumps({**numbers, "samples_per_second": round(rate, 1)})
        with self.path.open("a") as file:
            file.write(f"{line}\n")

    def _cut(self, index: int) -> None:
        """Take away what a resumed training will tell again, and half a line that a kill has left."""
        self.begun = True
        assert self.path is not None
        if not self.path.exists():
            return
        kept = []
        for line in self.path.read_text(errors="replace").splitlines():
            try:
                if json.loads(line)["index"] < index:
                    kept.append(f"{line}\n")
            except (ValueError, KeyError, TypeError):
                continue
        files.write_atomically(self.path, "".join(kept).encode())
