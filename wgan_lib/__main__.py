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
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wgan_lib import checks, files, runs
from wgan_lib.files import DamagedFileError
from wgan_lib.runs import Run

if TYPE_CHECKING:
    from wgan_lib import training

SETTINGS, RUN, REPORT, SHEET = "settings.json", "run.npz", "evaluation.json", "samples.png"
_SETTINGS = ("preset", "seed", "data", "record_every", "threads", "arguments")


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


def _samples(text: str) -> int:
    return _count(text, 10, 1_000_000)  # fewer say nothing about a law, and the null's formula holds for many only


def _train(options: argparse.Namespace) -> int:
    from wgan_lib import presets

    if options.preset not in presets.names():
        return _fail(checks.nearest("preset", options.preset, presets.names()), 2)
    folder = files.home(options.out or Path("checkpoints") / f"{options.preset}-seed{options.seed}")
    if (folder / SETTINGS).exists():
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
    from wgan_lib import training

    folder = files.home(options.dir)
    return _go(folder, _settings(folder), resume=training.begun(folder), progress=not options.quiet)


def _settings(folder: Path) -> dict[str, Any]:
    if not (folder / SETTINGS).is_file():
        raise FileNotFoundError(f"{folder} holds no {SETTINGS}: it is not a folder that 'train' wrote")
    settings = files.read_sealed_json(folder / SETTINGS, unsealed=_SETTINGS)
    if missing := [name for name in _SETTINGS if name not in settings]:
        raise DamagedFileError(f"{folder / SETTINGS} is damaged: it lacks {', '.join(missing)}; train anew")
    return settings


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
        files.write_sealed_json(folder / SETTINGS, settings)
    save = _saver(folder, recorder, preset)
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


def _saver(folder: Path, recorder: "training.Recorder", preset: Any) -> Callable[[], None]:
    """Return what saves the recorded run, behind the frames of the training that is resumed, if anything is new."""
    earlier: list[Run | None] = []
    saved = 0

    def save() -> None:
        nonlocal saved
        if len(recorder) == saved:
            return
        run = recorder.run(preset=preset.name, source=preset.source)
        if not earlier:
            first = int(run["index"][0])
            earlier.append(_frames_before(folder / RUN, first) if first else None)
        if not folder.is_dir():
            raise FileNotFoundError(f"{folder} was deleted while it was trained into")
        (run if earlier[0] is None else earlier[0].then(run)).save(folder / RUN)
        saved = len(recorder)

    return save


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
    from wgan_lib import networks, presets, training

    folder = files.home(options.dir)
    settings = _settings(folder)
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
    options = _parser().parse_args(arguments)
    commands = {"train": _train, "resume": _resume, "evaluate": _evaluate, "presets": _presets, "runs": _runs}
    try:
        status = commands[options.command](options)
        sys.stdout.flush()
        return status
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
