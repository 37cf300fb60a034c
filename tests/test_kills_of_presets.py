"""Presets killed in one process and in two, while a checkpoint, a download or the picture cache is written.

Whatever was killed goes on by the same command as if nothing had happened; whoever waits for one that was killed ends.
"""

import signal
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from nursery import Nursery, Program
from PIL import Image
from test_command_line_folders import same
from test_images import GZ, Server, md5, server

from wgan_lib.images import stored
from wgan_lib.training import checkpoints

__all__ = ["server"]  # a fixture

PLAIN = ["--batch-size", "16", "--critic-steps", "1", "--device", "cpu", "--quiet"]
TWO = ["--devices", "2", *PLAIN]
SHORT = ["--steps", "4", "--checkpoint-every", "2", "--record-every", "1"]

RUN = """
import sys, wgan_lib.__main__ as c
sys.exit(c.main(sys.argv[1:]))
"""
KILLED_AT_CHECKPOINT = """
import os, signal, sys
import wgan_lib.__main__ as c
from wgan_lib import files
from wgan_lib.training import checkpoints
real = checkpoints.write_sealed
def write(path, kind, content):
    if path.name == "step-00000002.pt":  # half of it, in the place that writing takes before it renames
        path.with_name(f".{path.name}.nowhere.1.0.part").write_bytes(content[: len(content) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    return real(path, kind, content)
checkpoints.write_sealed = write
sys.exit(c.main(sys.argv[1:]))
"""


def two_ranks(nursery: Nursery, folder: Path, *arguments: object, codes: tuple[str, str] = (RUN, RUN)) -> list[Program]:
    """Start the command line in two processes, as torchrun does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2", "NODE_RANK": "0"}
    return [
        nursery.start(code, *arguments, folder=folder, **place, LOCAL_RANK=str(rank)) for rank, code in enumerate(codes)
    ]


def ended(programs: list[Program]) -> list[int]:
    """How both ended; a test that fails after a while, not one that hangs."""
    return [program.ended_within() for program in programs]


@pytest.fixture(scope="module")
def whole(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training by two processes that nobody kills."""
    folder = tmp_path_factory.mktemp("whole")
    programs = two_ranks(nursery, folder, "train", "sn-ring8", "--out", "a", *SHORT, *TWO)
    assert ended(programs) == [0, 0], [program.said() for program in programs]
    return folder / "a"


def test_two_processes_find_a_finished_training_finished(nursery: Nursery, whole: Path) -> None:
    before = {path.name: path.read_bytes() for path in whole.iterdir()}
    programs = two_ranks(nursery, whole.parent, "resume", "a", "--quiet")
    assert ended(programs) == [0, 0], [program.said() for program in programs]
    assert ["is finished" in program.out() for program in programs] == [True, False]
    assert {path.name: path.read_bytes() for path in whole.iterdir()} == before


def test_two_processes_killed_while_a_checkpoint_is_written_go_on(
    nursery: Nursery, whole: Path, tmp_path: Path
) -> None:
    command = ("train", "sn-ring8", "--out", "a", *SHORT, *TWO)
    first, second = two_ranks(nursery, tmp_path, *command, codes=(KILLED_AT_CHECKPOINT, RUN))
    assert first.ended_within() == -signal.SIGKILL
    assert second.ended_within() not in (0, None), second.said()  # it does not wait for one that is gone
    assert [path.name for path in checkpoints.paths(tmp_path / "a")] == ["step-00000000.pt"]
    programs = two_ranks(nursery, tmp_path, "resume", "a", "--quiet")
    assert ended(programs) == [0, 0], [program.said() for program in programs]
    same(whole, tmp_path / "a")


@pytest.mark.parametrize("rank", [0, 1])
def test_one_of_two_that_is_killed_ends_the_other(rank: int, nursery: Nursery, tmp_path: Path) -> None:
    often = ["--steps", "100000", "--checkpoint-every", "1", "--record-every", "1"]
    programs = two_ranks(nursery, tmp_path, "train", "sn-ring8", "--out", "a", *often, *TWO)
    programs[0].until(lambda: list((tmp_path / "a").glob("step-0000000[2-9].pt")))
    programs[rank].send(signal.SIGKILL)
    assert programs[rank].ended_within() == -signal.SIGKILL
    other = programs[1 - rank]
    assert other.ended_within() not in (0, None), other.said()
    assert checkpoints.load(checkpoints.paths(tmp_path / "a")[0])["index"] >= 2


def test_a_folder_in_use_is_refused_to_two_processes_both(nursery: Nursery, tmp_path: Path) -> None:
    often = ["--steps", "100000", "--checkpoint-every", "1"]
    owner = nursery.command("train", "sn-ring8", "--out", "a", *often, *PLAIN, folder=tmp_path)
    owner.until(lambda: list((tmp_path / "a").glob("step-0000000[1-9].pt")))
    programs = two_ranks(nursery, tmp_path, "resume", "a", "--quiet", codes=(AS_TWO, AS_TWO))
    found = ended(programs)
    assert 0 not in found, [program.said() for program in programs]
    assert "in use" in programs[0].said()
    assert owner.send(signal.SIGTERM).ended_within() == 128 + signal.SIGTERM


AS_TWO = """
import sys, wgan_lib.__main__ as c
from wgan_lib import presets
real = presets.read_settings
presets.read_settings = lambda folder: {**real(folder), "machine": {"devices": 2}}
sys.exit(c.main(sys.argv[1:]))
"""
KILLED_AMID_CACHE = """
import os, signal, sys
import wgan_lib.__main__ as c
from wgan_lib.images import stored
stored._FLUSH, real, count = 5, stored.digest, 0
def digest(row):
    global count
    count += 1
    if count > 17:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(row)
stored.digest = digest
sys.exit(c.main(sys.argv[1:]))
"""


def test_a_training_killed_while_its_pictures_are_decoded_starts_by_the_same_command(
    nursery: Nursery, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    (tmp_path / "own").mkdir()
    for i in range(40):
        Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8)).save(tmp_path / "own" / f"{i:02d}.png")
    command = ("train", "clipping-digits", "--data", "own", *SHORT, *PLAIN)
    program = nursery.start(KILLED_AMID_CACHE, *command, "--out", "a", folder=tmp_path)
    assert program.status() == -signal.SIGKILL, program.said()
    (kept,) = (tmp_path / "own" / ".wgan_lib").glob("8x1-*")
    assert not (kept / stored.SEALED).exists()
    assert not list((tmp_path / "a").glob("*.pt"))
    assert nursery.command(*command, "--out", "a", folder=tmp_path).status() == 0
    assert (kept / stored.SEALED).exists()
    assert nursery.command(*command, "--out", "b", folder=tmp_path).status() == 0  # from the cache that is whole
    same(tmp_path / "b", tmp_path / "a")


DOWNLOADS = """
import os, signal, sys, threading, time
from pathlib import Path
import wgan_lib.__main__ as c
from wgan_lib import images
from wgan_lib.images import downloads
sums, mirror, killed = eval(sys.argv[1]), sys.argv[2], sys.argv[3] == "killed"
images.MNIST = downloads.Source("mnist", "MNIST/raw", sums, (mirror,))
def wait():
    part = Path("data/MNIST/raw/train-images-idx3-ubyte.gz.part")
    while not (part.exists() and part.stat().st_size):
        time.sleep(.005)
    os.kill(os.getpid(), signal.SIGKILL)
if killed:
    threading.Thread(target=wait, daemon=True).start()
sys.exit(c.main(sys.argv[4:]))
"""


def test_a_training_killed_while_its_pictures_are_downloaded_starts_by_the_same_command(
    nursery: Nursery, server: Server, tmp_path: Path
) -> None:
    server.files = dict(GZ)
    sums: dict[str, Any] = {name: md5(content) for name, content in GZ.items()}
    server.pause = 1.0  # between 20,000 bytes of 22,000
    command = ("train", "wgan-mlp28-mnist", "--out", "a", "--steps", "1", *PLAIN)
    program = nursery.start(DOWNLOADS, sums, server.address, "killed", *command, folder=tmp_path)
    assert program.status() == -signal.SIGKILL, program.said()
    part = tmp_path / "data/MNIST/raw/train-images-idx3-ubyte.gz.part"
    arrived, server.pause = part.stat().st_size, 0.0
    assert 0 < arrived < len(GZ["train-images-idx3-ubyte.gz"])
    program = nursery.start(DOWNLOADS, sums, server.address, "whole", *command, folder=tmp_path)
    assert program.status() == 0, program.said()
    assert server.asked[1] == ("train-images-idx3-ubyte.gz", f"bytes={arrived}-")
    state = checkpoints.load(checkpoints.paths(tmp_path / "a")[0])
    assert state["index"] == 1
    assert all(torch.isfinite(tensor).all() for tensor in state["generator"].values())
