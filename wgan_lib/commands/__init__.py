"""The commands of the command line, each a function of its options that returns the exit status."""

import argparse
from collections.abc import Callable

from wgan_lib.commands.arguments import parser
from wgan_lib.commands.checking import check
from wgan_lib.commands.evaluating import evaluate
from wgan_lib.commands.listing import list_presets, list_runs
from wgan_lib.commands.reporting import report
from wgan_lib.commands.sampling import sample
from wgan_lib.commands.training import resume, train

__all__ = ["COMMANDS", "parser"]

COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "check": check,
    "evaluate": evaluate,
    "presets": list_presets,
    "report": report,
    "resume": resume,
    "runs": list_runs,
    "sample": sample,
    "train": train,
}
