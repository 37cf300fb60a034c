"""The command line: ``python -m wgan_lib train PRESET``, ``resume``, ``sample``, ``evaluate``, ``report``, ``check``.

Exit status: 0 done; 1 failed, the message says why and what is safe; 2 bad arguments; 128 + n stopped by signal n, as
130 by Ctrl-C; 141 when nobody reads the output any more.
"""

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

from wgan_lib.commands import COMMANDS, parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; messages about failures go to stderr. Chapter: full-models."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a λ must not stop what a narrow encoding can say otherwise
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            options = parser().parse_args(arguments)
            if [] in vars(options).values():  # argparse takes "--" out of --threads=--
                parser().error("an option has '--' for its value")
            return COMMANDS[options.command](options)
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
