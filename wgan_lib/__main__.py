"""The command line: ``python -m wgan_lib train PRESET``, ``resume DIR``, ``evaluate DIR``, ``presets``, ``runs``.

Exit status: 0 done; 1 failed, the message says why and what is safe; 2 bad arguments; 128 + n stopped by signal n, as
130 by Ctrl-C; 141 when nobody reads the output any more.
"""

import argparse
import json
import math
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from wgan_lib import checks, files, runs

REPORT, SHEET = "evaluation.json", "samples.png"


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
    train.add_argument("--threads", type=_threads, default=1, help="CPU threads; one is fastest for small networks (1)")
    train.add_argument("--checkpoint-every", type=_count, default=500, metavar="N", help="steps a checkpoint (500)")
    train.add_argument("--record-every", type=_count, default=50, metavar="N", help="steps a recorded frame (50)")
    train.add_argument("--certify-every", type=_count, metavar="N", help="steps a certified lower bound (never)")

    resume = commands.add_parser("resume", help="go on with an interrupted training, from its last checkpoint")
    evaluate = commands.add_parser("evaluate", help="judge a trained generator against its law, with the null beside")
    for command in (resume, evaluate):
        command.add_argument("dir", type=Path, metavar="DIR", help="a folder that 'train' wrote")
    for command in (train, resume):
        command.add_argument("--quiet", action="store_true", help="no progress bar")
    evaluate.add_argument(
        "--samples", type=_samples, default=2500, metavar="N", help="samples to judge, 10 or more (2500)"
    )
    evaluate.add_argument("--seed", type=int, default=0, help="seed of the samples (0)")

    commands.add_parser("presets", help="list the presets, with their sources and published scores")
    listed = commands.add_parser("runs", help="list the recorded runs, or tell where one came from")
    listed.add_argument("run", nargs="?", help="the name of a recorded run, or the path of a .npz file")
    return parser


def _count(text: str, least: int = 1, most: int = 10**12) -> int:
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        wanted = f"{least} or more" if most == 10**12 else f"{least} to {most}"
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, {wanted}")
    return int(text)


def _threads(text: str) -> int:
    return _count(text, 1, 4096)


def _samples(text: str) -> int:
    return _count(text, 10, 1_000_000)  # fewer say nothing about a law, and the null's formula holds for many only


def _train(options: argparse.Namespace) -> int:
    from wgan_lib import presets

    if options.preset not in presets.names():
        return _fail(checks.nearest("preset", options.preset, presets.names()), 2)
    folder = files.home(options.out or Path("checkpoints") / f"{options.preset}-seed{options.seed}")
    if presets.holds_settings(folder):
        raise FileExistsError(f"{folder} holds a training: 'resume {folder}' goes on with it, --out names another")
    chosen = ("seed", "device", "batch_size", "critic_steps", "checkpoint_every", "certify_every")
    arguments = {name: getattr(options, name) for name in chosen} | {"n_steps": options.steps}
    settings = {
        "preset": options.preset,
        "seed": options.seed,
        "data": str(files.home(options.data).absolute()),  # the same place, wherever it is resumed from
        "record_every": options.record_every,
        "threads": options.threads,
        "arguments": {name: value for name, value in arguments.items() if value is not None},
    }
    return _go(folder, settings, resume=False, progress=not options.quiet)


def _resume(options: argparse.Namespace) -> int:
    from wgan_lib import presets, training

    folder = files.home(options.dir)
    return _go(folder, presets.read_settings(folder), resume=training.begun(folder), progress=not options.quiet)


def _go(folder: Path, settings: dict[str, Any], *, resume: bool, progress: bool) -> int:
    import torch

    from wgan_lib import presets, training
    from wgan_lib.images import Images

    torch.set_num_threads(settings["threads"])
    preset = presets.build(settings["preset"], settings["seed"], settings["data"])
    n_samples = 64 if isinstance(preset.data, Images) else 512  # a picture is many numbers
    recorder = training.Recorder(settings["record_every"], n_samples=n_samples)
    steps = preset.train(**settings["arguments"], checkpoint_dir=folder, resume=resume, progress=progress)
    if not resume:
        presets.write_settings(folder, settings)
    save = presets.saver(folder, recorder, preset)
    stopped = None
    try:
        with training.raised():
            try:
                for step in steps:
                    with training.held():  # a signal waits until frame and file are whole
                        recorder.add(step)
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
    if stopped is not None:
        print(f"stopped; go on with: python -m wgan_lib resume {folder}")
        return 128 + stopped
    if last is None:
        print(f"{folder} is finished: nothing is left to train")
        return 0
    print(f"{preset.name}: {last.index + 1} steps in {last.seconds:.1f} s, W1 estimate {last.w1_estimate:.4g}")
    print(f"judge it with: python -m wgan_lib evaluate {folder}")
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from wgan_lib import networks, presets, training

    folder = files.home(options.dir)
    settings = presets.read_settings(folder)
    preset = presets.build(settings["preset"], settings["seed"], settings["data"])
    path, done = training.restore(preset, folder)
    rng = training.stream(options.seed, "evaluation")
    with networks.evaluating(preset.generator, preset.critic):
        samples = preset.generator(preset.latent.sample(options.samples, rng))
        told, rows = presets.judge(preset, samples, rng)
        sheet = presets.sheet(samples)
    print(f"{preset.name}, {done} steps ({path.name}), {len(samples)} samples; {told}")
    print(f"{'':38}{'generator':>12}{'the law itself':>16}")
    for name, (value, of_law) in rows.items():
        print(f"{name:38}{value:12.4g}" + ("" if math.isnan(of_law) else f"{of_law:16.4g}"))
    report = {"preset": preset.name, "steps": done, "samples": len(samples), "seed": options.seed}
    report |= {name: value for name, (value, _) in rows.items()}
    report |= {f"{name}, of the law itself": value for name, (_, value) in rows.items() if not math.isnan(value)}
    try:
        if sheet is not None:
            files.write_atomically(folder / SHEET, sheet)
            print(f"64 of them: {folder / SHEET}")
        files.write_atomically(folder / REPORT, json.dumps({**report, **files.provenance()}, indent=2).encode())
    except OSError as error:  # a folder that one may only read
        print(f"not stored: {error}", file=sys.stderr)
    return 0


def _presets(options: argparse.Namespace) -> int:
    from wgan_lib import presets, training

    for name in presets.names():
        preset = presets.build(name)
        loss = training.describe(preset.loss)
        print(f"{name}\n    {loss}, {preset.constraint}, {preset.optimizer}, {preset.n_steps} steps")
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
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a λ must not stop what a narrow encoding can say otherwise
            stream.reconfigure(errors="backslashreplace")
    commands = {"train": _train, "resume": _resume, "evaluate": _evaluate, "presets": _presets, "runs": _runs}
    try:
        try:
            options = _parser().parse_args(arguments)
            if [] in vars(options).values():  # argparse takes "--" out of --threads=--
                _parser().error("an option has '--' for its value")
            return commands[options.command](options)
        finally:
            if sys.stdout is not None:  # here, where a reader who has left can still be told from a mistake
                sys.stdout.flush()
    except BrokenPipeError:  # 'presets | head'
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + getattr(signal, "SIGPIPE", 13)
    except (FileExistsError, FileNotFoundError, NotADirectoryError) as error:
        return _fail(error, 2)
    except (OSError, ValueError, TypeError, ArithmeticError) as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        return _fail("stopped in the middle of a step; the last checkpoint is whole", 130)


def _fail(reason: object, status: int) -> int:
    print(f"wgan_lib: {reason}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
