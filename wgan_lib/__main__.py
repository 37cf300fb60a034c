"""The command line: ``python -m wgan_lib train PRESET``, ``resume DIR``, ``evaluate DIR``, ``presets``, ``runs``.

Exit status: 0 done; 1 failed, the message says why and what is safe; 2 bad arguments; 130 stopped by Ctrl-C.
"""

import argparse
import json
import math
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wgan_lib import files, runs
from wgan_lib.files import DamagedFileError
from wgan_lib.runs import Run

SETTINGS, RUN, REPORT, SHEET = "settings.json", "run.npz", "evaluation.json", "samples.png"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wgan_lib",
        description="Train, resume and judge Wasserstein GANs.",
        epilog="Example: python -m wgan_lib train wgan-gp-ring8 --seed 1, then evaluate the folder it names.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    train = commands.add_parser("train", help="train a preset; writes settings, checkpoints and a recorded run")
    train.add_argument("preset", help="a name that the command 'presets' lists, such as wgan-gp-ring8")
    train.add_argument("--out", type=Path, metavar="DIR", help="folder to write to (checkpoints/PRESET-seedSEED)")
    train.add_argument("--seed", type=int, default=0, help="seed of the networks and of every draw (0)")
    train.add_argument("--data", default="data", metavar="DIR", help="where pictures lie, or are downloaded to (data)")
    train.add_argument("--steps", type=_count, metavar="N", help="generator steps (the preset's)")
    train.add_argument("--batch-size", type=_count, metavar="N", help="samples a batch (the preset's)")
    train.add_argument("--critic-steps", type=_count, metavar="N", help="critic steps a generator step (the preset's)")
    train.add_argument("--device", default="auto", help="cpu, cuda, cuda:1, mps, or auto, the first there is (auto)")
    train.add_argument("--threads", type=_count, default=1, help="CPU threads; one is fastest for small networks (1)")
    train.add_argument("--checkpoint-every", type=_count, default=500, metavar="N", help="steps a checkpoint (500)")
    train.add_argument("--record-every", type=_count, default=50, metavar="N", help="steps a recorded frame (50)")
    train.add_argument("--certify-every", type=_count, metavar="N", help="steps a certified lower bound (never)")

    resume = commands.add_parser("resume", help="go on with an interrupted training, from its last checkpoint")
    evaluate = commands.add_parser("evaluate", help="judge a trained generator against its law, with the null beside")
    for command in (resume, evaluate):
        command.add_argument("dir", type=Path, metavar="DIR", help="a folder that 'train' wrote")
    for command in (train, resume):
        command.add_argument("--quiet", action="store_true", help="no progress bar")
    evaluate.add_argument("--samples", type=_count, default=2500, metavar="N", help="samples to judge (default: 2500)")
    evaluate.add_argument("--seed", type=int, default=0, help="seed of the samples (default: 0)")

    commands.add_parser("presets", help="list the presets, with their sources and published scores")
    listed = commands.add_parser("runs", help="list the recorded runs, or tell where one came from")
    listed.add_argument("run", nargs="?", help="the name of a recorded run, or the path of a .npz file")
    return parser


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 1 or more")
    return int(text)


def _train(options: argparse.Namespace) -> int:
    from wgan_lib import presets

    try:
        preset = presets.build(options.preset, options.seed)
    except ValueError as error:
        return _fail(error, 2)
    folder: Path = options.out or Path("checkpoints") / f"{preset.name}-seed{options.seed}"
    if (folder / SETTINGS).exists():
        raise FileExistsError(f"{folder} holds a training: 'resume {folder}' goes on with it, --out names another")
    chosen = ("seed", "device", "batch_size", "critic_steps", "checkpoint_every", "certify_every")
    arguments = {name: getattr(options, name) for name in chosen} | {"n_steps": options.steps}
    settings = {
        "preset": preset.name,
        "seed": options.seed,
        "data": options.data,
        "record_every": options.record_every,
        "threads": options.threads,
        "arguments": {name: value for name, value in arguments.items() if value is not None},
    }
    return _go(folder, settings, resume=False, progress=not options.quiet)


def _resume(options: argparse.Namespace) -> int:
    from wgan_lib.training import checkpoints

    settings = _settings(options.dir)
    return _go(options.dir, settings, resume=bool(checkpoints.paths(options.dir)), progress=not options.quiet)


def _settings(folder: Path) -> dict[str, Any]:
    path = folder / SETTINGS
    if not path.is_file():
        raise FileNotFoundError(f"{folder} holds no {SETTINGS}: it is not a folder that 'train' wrote")
    try:
        settings = json.loads(path.read_bytes())
        return {name: settings[name] for name in ("preset", "seed", "data", "record_every", "threads", "arguments")}
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedFileError(f"{path} is damaged ({error!r}): restore it from a copy, or train anew") from error


def _go(folder: Path, settings: dict[str, Any], *, resume: bool, progress: bool) -> int:
    import torch

    from wgan_lib import presets, training

    torch.set_num_threads(settings["threads"])
    preset = presets.build(settings["preset"], settings["seed"], settings["data"])
    images = hasattr(preset.data, "pixels")  # many points to a sample
    recorder = training.Recorder(settings["record_every"], n_samples=64 if images else 512)
    steps = preset.train(**settings["arguments"], checkpoint_dir=folder, resume=resume, progress=progress)
    if not resume:
        files.write_atomically(folder / SETTINGS, json.dumps(settings, indent=2).encode())
    earlier: Run | None = None

    def save() -> None:
        if len(recorder):
            run = recorder.run(preset=preset.name, source=preset.source)
            (run if earlier is None else earlier.then(run)).save(folder / RUN)

    with _stop_requested() as stop:
        try:
            for step in steps:
                if recorder.step is None and step.index:
                    earlier = _frames_before(folder / RUN, step.index)
                recorder.add(step)
                # Before the loop writes its checkpoint: frames of steps that a kill undoes are dropped when resuming.
                if (step.index + 1) % settings["arguments"]["checkpoint_every"] == 0:
                    save()
                if stop:
                    break
        finally:
            save()
            steps.close()  # writes a checkpoint if a step was finished since the last one
    last = recorder.step
    if last is None:
        print(f"{folder} is finished: nothing is left to train")
        return 0
    print(f"{preset.name}: {last.index + 1} steps in {last.seconds:.1f} s, W1 estimate {last.w1_estimate:.4g}")
    if stop:
        print(f"stopped; go on with: python -m wgan_lib resume {folder}")
        return 128 + stop[0]
    print(f"judge it with: python -m wgan_lib evaluate {folder}")
    return 0


@contextmanager
def _stop_requested() -> Iterator[list[int]]:
    """Turn Ctrl-C, and the SIGTERM of a batch system, into a wish to stop after the present step."""
    received: list[int] = []
    signals = (signal.SIGINT, signal.SIGTERM)
    previous = [signal.signal(number, lambda number, frame: received.append(number)) for number in signals]
    try:
        yield received
    finally:
        for number, handler in zip(signals, previous, strict=True):
            signal.signal(number, handler)


def _frames_before(path: Path, index: int) -> Run | None:
    """Return the recorded frames that the resumed training will not make again."""
    try:
        run = runs.load(path)
    except (FileNotFoundError, DamagedFileError) as error:
        print(f"the recorded run starts anew at step {index}: {error}", file=sys.stderr)
        return None
    kept = int((run["index"] < index).sum())
    return run.first(kept) if kept else None


def _evaluate(options: argparse.Namespace) -> int:
    from wgan_lib import presets
    from wgan_lib.presets import judging
    from wgan_lib.training import checkpoints
    from wgan_lib.training.adversaries import evaluating, restore_networks
    from wgan_lib.training.recipe import stream

    settings = _settings(options.dir)
    preset = presets.build(settings["preset"], settings["seed"], settings["data"])
    path, state = checkpoints.load_last(options.dir)
    preset.constraint.attach(preset.critic)
    restore_networks(preset.generator, preset.critic, state)
    rng = stream(options.seed, "evaluation")
    with evaluating(preset.generator, preset.critic):
        samples = preset.generator(preset.latent.sample(options.samples, rng))
        told, rows = judging.judge(preset, samples, rng)
        sheet = judging.sheet(samples)
    print(f"{preset.name}, {state['index']} steps ({path.name}), {len(samples)} samples; {told}")
    if sheet is not None:
        files.write_atomically(options.dir / SHEET, sheet)
        print(f"64 of them: {options.dir / SHEET}")
    print(f"{'':38}{'generator':>12}{'the law itself':>16}")
    for name, (value, of_law) in rows.items():
        print(f"{name:38}{value:12.4g}" + ("" if math.isnan(of_law) else f"{of_law:16.4g}"))
    report = {"preset": preset.name, "steps": state["index"], "samples": len(samples), "seed": options.seed}
    report |= {name: value for name, (value, _) in rows.items()}
    report |= {f"{name}, of the law itself": value for name, (_, value) in rows.items() if not math.isnan(value)}
    files.write_atomically(options.dir / REPORT, json.dumps({**report, **files.provenance()}, indent=2).encode())
    return 0


def _presets(options: argparse.Namespace) -> int:
    from wgan_lib import presets
    from wgan_lib.training.recipe import describe

    for name in presets.names():
        preset = presets.build(name)
        print(f"{name}\n    {describe(preset.loss)}, {preset.constraint}, {preset.optimizer}, {preset.n_steps} steps")
        print(f"    source: {preset.source}\n    published: {preset.published}")
    return 0


def _runs(options: argparse.Namespace) -> int:
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; messages about failures go to stderr. Chapter: full-models."""
    options = _parser().parse_args(arguments)
    commands = {"train": _train, "resume": _resume, "evaluate": _evaluate, "presets": _presets, "runs": _runs}
    try:
        return commands[options.command](options)
    except (FileExistsError, FileNotFoundError, NotADirectoryError) as error:
        return _fail(error, 2)
    except (OSError, ValueError, ArithmeticError) as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        return _fail("stopped in the middle of a step; the last checkpoint is whole", 130)


def _fail(reason: object, status: int) -> int:
    print(f"wgan_lib: {reason}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
