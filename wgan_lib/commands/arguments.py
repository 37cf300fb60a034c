"""What a person may type: the commands and their options."""

import argparse
from pathlib import Path

CHANGES = ("colour", "translation", "cutout")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line. Chapter: full-models."""
    parser = argparse.ArgumentParser(
        prog="python -m wgan_lib",
        description="Train, resume and judge Wasserstein GANs.",
        epilog="Example: python -m wgan_lib train wgan-gp-ring8 --seed 1, then evaluate the folder it names.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="look at a folder of pictures or a table before it is trained on")
    check.add_argument("--data", required=True, metavar="DIR|CSV", help="a folder of pictures, or a table")
    check.add_argument("--preset", metavar="PRESET", help="measure time and memory of this one (one that fits)")
    check.add_argument("--size", type=_size, metavar="N", help="the side that pictures are scaled to (the preset's)")
    check.add_argument("--device", default="auto", help="the device to measure on (auto)")

    train = commands.add_parser("train", help="train a preset; writes settings, checkpoints and a recorded run")
    train.add_argument("preset", help="a name that the command 'presets' lists, such as wgan-gp-ring8")
    train.add_argument("--out", type=Path, metavar="DIR", help="folder to write to (checkpoints/PRESET-seedSEED)")
    train.add_argument("--seed", type=int, default=0, help="seed of the networks and of every draw (0)")
    train.add_argument(
        "--data", metavar="DIR|CSV", help="pictures or a table of your own, or where published sets lie (data)"
    )
    train.add_argument("--steps", type=_count, metavar="N", help="generator steps (the preset's)")
    train.add_argument("--batch-size", type=_count, metavar="N", help="samples a batch (the preset's)")
    train.add_argument("--critic-steps", type=_count, metavar="N", help="critic steps a generator step (the preset's)")
    train.add_argument("--checkpoint-every", type=_count, default=500, metavar="N", help="steps a checkpoint (500)")
    train.add_argument("--record-every", type=_count, default=50, metavar="N", help="steps a recorded frame (50)")
    train.add_argument("--certify-every", type=_count, metavar="N", help="steps a certified lower bound (never)")
    _add_machine(train)
    _add_own(train)

    resume = commands.add_parser("resume", help="go on with an interrupted training, from its last checkpoint")
    sample = commands.add_parser("sample", help="make pictures, or a table, with a trained generator")
    evaluate = commands.add_parser("evaluate", help="judge a trained generator against its law, with the null beside")
    report = commands.add_parser("report", help="tell all about a training in one HTML file")
    for command in (resume, sample, evaluate, report):
        command.add_argument("dir", type=Path, metavar="DIR", help="a folder that 'train' wrote")
    for command in (train, resume):
        command.add_argument("--quiet", action="store_true", help="no progress bar")
    sample.add_argument("-n", "--samples", type=_count, default=64, metavar="N", help="how many (64)")
    sample.add_argument("--out", type=Path, metavar="DIR|CSV", help="where to (DIR/samples, or DIR/samples.csv)")
    evaluate.add_argument(
        "--samples", type=_samples, default=2500, metavar="N", help="samples to judge, 10 or more (2500)"
    )
    report.add_argument("--out", type=Path, metavar="FILE", help="the file to write (DIR/report.html)")
    for command in (sample, evaluate, report):
        command.add_argument("--seed", type=int, default=0, help="seed of the samples (0)")

    commands.add_parser("presets", help="list the presets, with their sources, published scores and ours")
    listed = commands.add_parser("runs", help="list the recorded runs, or tell where one came from")
    listed.add_argument("run", nargs="?", help="the name of a recorded run, or the path of a .npz file")
    return parser


def _add_machine(train: argparse.ArgumentParser) -> None:
    train.add_argument("--device", default="auto", help="cpu, cuda, cuda:1, mps, or auto, the first there is (auto)")
    train.add_argument("--devices", type=_threads, default=1, metavar="N", help="devices that share a batch (1)")
    train.add_argument("--precision", default="32-true", choices=("32-true", "bf16-mixed"), help="(32-true)")
    train.add_argument(
        "--compile", nargs="?", const="inductor", metavar="BACKEND", help="compile each step, by inductor if unsaid"
    )
    train.add_argument("--threads", type=_threads, default=1, help="CPU threads; one is fastest for small networks (1)")


def _add_own(train: argparse.ArgumentParser) -> None:
    own = train.add_argument_group("pictures of your own")
    own.add_argument("--size", type=_size, metavar="N", help="their side; DCGAN's networks, if not the preset's")
    own.add_argument("--flips", action="store_true", help="show each picture as it is or mirrored")
    own.add_argument(
        "--augment", nargs="?", const=",".join(CHANGES), type=_changes, metavar="CHANGES",
        help=f"change what the critic sees, for fewer than some 5,000 pictures ({','.join(CHANGES)} if unsaid)",
    )  # fmt: skip
    own.add_argument("--ground", default="white", metavar="COLOUR", help="what lies under transparent ones (white)")


def _changes(text: str) -> str:
    if odd := [change for change in text.split(",") if change not in CHANGES]:
        raise argparse.ArgumentTypeError(f"{odd[0]!r} is none of {', '.join(CHANGES)}")
    return text


def _count(text: str, least: int = 1, most: int = 10**12) -> int:
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        wanted = f"{least} or more" if most == 10**12 else f"{least} to {most}"
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, {wanted}")
    return int(text)


def _threads(text: str) -> int:
    return _count(text, 1, 4096)


def _size(text: str) -> int:
    return _count(text, 4, 1024)


def _samples(text: str) -> int:
    return _count(text, 10, 1_000_000)  # fewer say nothing about a law, and the null's formula holds for many only
