"""Record a run again, by the command that its file names. `make record RUN=critic-steps` calls this.

Run: python experiments/record.py NAME (as long as the script that it names says).
"""

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

from wgan_lib import runs

ROOT = Path(__file__).parents[1]


def command(name: str) -> list[str]:
    """The words of the command that recorded `name`, with this Python."""
    said = runs.load(name).meta.get("command")
    if not said:
        raise SystemExit(f"{name} does not say by which command it was recorded")
    return [sys.executable, *shlex.split(said)[1:]]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", choices=runs.names(), metavar="NAME", help=", ".join(runs.names()))
    raise SystemExit(subprocess.run(command(parser.parse_args().name), cwd=ROOT, check=False).returncode)
