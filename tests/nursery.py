"""Programs of one's own at a tenth of the price: one process imports the library, and each program is a fork of it.

A program ends as any script does: exit handlers run, an exception is a traceback, a signal kills.
"""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SERVER = r"""
import json, os, signal, sys
import torch, wgan_lib.__main__, wgan_lib.figures, wgan_lib.presets
from wgan_lib.files import provenance

provenance()
ready = torch.nn.Linear(1, 1)  # PyTorch imports the most when an optimiser is made; no gradient, which forbids forks
torch.optim.Adam(ready.parameters(), fused=True).step()

def program(order):
    os.chdir(order["folder"])
    os.environ.update(order["environment"])
    for number, name in ((0, os.devnull), (1, order["out"]), (2, order["err"])):
        if name is not None:
            opened = os.open(name, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(opened, number)
    sys.stdin = open(0)
    sys.stdout = open(1, "w", encoding=order["encoding"], closefd=False)
    sys.stderr = open(2, "w", encoding=order["encoding"], errors="backslashreplace", buffering=1)
    sys.argv = ["program", *order["arguments"]]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("SIGHUP", "SIGTERM", "SIGUSR1", "SIGUSR2"):  # as from a terminal, whatever ignored them here
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    return compile(order["code"], "program", "exec")

answers = os.fdopen(os.dup(1), "w")
print("ready", file=answers, flush=True)
for line in sys.stdin:
    order = json.loads(line)
    if "wait" in order:
        pid, status = os.waitpid(order["wait"], order["options"])
        print(os.waitstatus_to_exitcode(status) if pid else "running", file=answers, flush=True)
        continue
    child = os.fork()
    if child == 0:
        code = program(order)
        break
    print(child, file=answers, flush=True)
else:
    sys.exit()
exec(code, {"__name__": "__main__"})
"""


@dataclass
class Program:
    """A running program: what it said so far, and how it ended."""

    pid: int
    texts: dict[str, str]
    nursery: "Nursery"
    ended: int | None = None

    def until(self, state: Callable[[], Any], seconds: float = 60) -> Any:
        """Wait for a state, however slow the machine; fail if the program ends before it."""
        begun = time.monotonic()
        while not (found := state()):
            assert self._status(os.WNOHANG) is None, f"it ended: {self.said()}"
            assert time.monotonic() - begun < seconds, f"still waiting: {self.said()}"
            time.sleep(0.005)
        return found

    def send(self, number: int) -> "Program":
        os.kill(self.pid, number)
        return self

    def status(self) -> int:
        """Wait for its end; −n where signal n killed it."""
        status = self._status(0)
        assert status is not None
        return status

    def ended_within(self, seconds: float = 300) -> int:
        """Wait for its end, but no longer: the status as above. A program that hangs is killed, and fails its test."""
        begun = time.monotonic()
        while (status := self._status(os.WNOHANG)) is None:
            if time.monotonic() - begun > seconds:
                self.send(signal.SIGKILL).status()
                pytest.fail(f"it still ran after {seconds:g} s: {self.said()}")
            time.sleep(0.01)
        return status

    def _status(self, options: int) -> int | None:
        if self.ended is None:
            answer = self.nursery.ask({"wait": self.pid, "options": options})
            self.ended = None if answer == "running" else int(answer)
        return self.ended

    def out(self) -> str:
        return self._text("out")

    def said(self) -> str:
        """What it wrote to stderr."""
        return self._text("err")

    def _text(self, name: str) -> str:
        path = Path(self.texts[name])
        return path.read_bytes().decode("utf-8", "replace") if path.exists() else ""


class Nursery:
    """The process that has everything imported."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self.answer() == "ready"

    def answer(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def ask(self, order: dict[str, Any]) -> str:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def start(self, code: str, *arguments: object, folder: Path, encoding: str = "utf-8", **env: str) -> Program:
        """Start a program in a folder."""
        self.count += 1
        texts = {name: str(self.folder / f"{self.count}.{name}") for name in ("out", "err")}
        order = {
            "code": textwrap.dedent(code), "arguments": [str(a) for a in arguments], "folder": str(folder),
            "encoding": encoding, "environment": env, **texts,
        }  # fmt: skip
        return Program(int(self.ask(order)), texts, self)

    def command(self, *arguments: object, **options: Any) -> Program:
        """Start the command line."""
        return self.start("import sys, wgan_lib.__main__ as c; sys.exit(c.main(sys.argv[1:]))", *arguments, **options)


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    made = Nursery(tmp_path_factory.mktemp("nursery"))
    yield made
    assert made.process.stdin
    made.process.stdin.close()
    made.process.wait()
