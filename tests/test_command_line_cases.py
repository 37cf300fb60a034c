"""The command line in other people's terminals: narrow encodings, closed pipes, kills, folders of which all may go."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from nursery import Nursery

from wgan_lib import __main__ as command_line
from wgan_lib import files, presets
from wgan_lib.files import DamagedFileError

QUICK = ["--batch-size", "16", "--critic-steps", "1", "--device", "cpu", "--quiet"]
SHORT = ["--steps", "8", "--checkpoint-every", "4", "--record-every", "2"]


@pytest.fixture(scope="module")
def trained(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A ring and a set of digits, trained for eight steps."""
    folder = tmp_path_factory.mktemp("trained")
    for preset in ("sn-ring8", "clipping-digits"):
        program = nursery.command("train", preset, "--out", preset, *SHORT, *QUICK, folder=folder)
        assert program.status() == 0, program.said()
    return {preset: folder / preset for preset in ("sn-ring8", "clipping-digits")}


@pytest.fixture
def ring(trained: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained["sn-ring8"], tmp_path / "ring"))


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
@pytest.mark.slow
def test_every_command_says_what_a_narrow_encoding_can(
    encoding: str, nursery: Nursery, trained: dict[str, Path], tmp_path: Path
) -> None:
    ring, digits = (shutil.copytree(trained[name], tmp_path / name) for name in trained)
    for path in Path(ring).glob("step-*.pt"):
        path.unlink()
    commands = {
        ("presets",): "GradientPenalty",
        ("runs",): "frames",
        ("runs", ring / "run.npz"): "sn-ring8",
        ("train", "gan-ring8", "--out", "new", "--steps", "2", *QUICK[:-1]): "gan-ring8: 2 steps",
        ("resume", ring): "sn-ring8: 8 steps",
        ("evaluate", ring, "--samples", "50"): "W1 to held-out",
        ("evaluate", digits, "--samples", "50"): "per cent in each class",
        ("train", "λ"): "",
        ("--help",): "COMMAND",
    }
    for command, expected in commands.items():
        program = nursery.command(*command, folder=tmp_path, encoding=encoding)
        assert program.status() == (2 if command[1:] == ("λ",) else 0), (command, program.said())
        assert expected in program.out()
        assert "Traceback" not in program.said()
        assert "Encode" not in program.said()


def test_the_list_of_presets_under_the_environments_own_encoding() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252", "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "wgan_lib", "presets"], env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert all(name.encode() in done.stdout for name in presets.names())


@pytest.mark.parametrize("command", [["presets"], ["runs"], ["--help"], ["evaluate", "--help"]], ids=" ".join)
def test_a_reader_who_leaves_is_no_error(command: list[str], nursery: Nursery, tmp_path: Path) -> None:
    closed = "import os, sys, wgan_lib.__main__ as c\nr, w = os.pipe()\nos.dup2(w, 1)\nos.close(r)\nos.close(w)\n"
    closed += "kept, sys.stdout = sys.stdout, open(1, 'w', closefd=False)\n"
    program = nursery.start(f"{closed}sys.exit(c.main({command}))", folder=tmp_path)
    assert program.status() == 128 + signal.SIGPIPE, program.said()
    assert program.said() == ""


def test_evaluating_where_nothing_can_be_written_still_prints_the_scores(
    trained: dict[str, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(path: Path, content: bytes) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(files, "write_atomically", refuse)
    for folder, row in ((trained["sn-ring8"], "reverse KL"), (trained["clipping-digits"], "Fréchet")):
        before = sorted(os.listdir(folder))
        assert command_line.main(["evaluate", str(folder), "--samples", "60"]) == 0
        told = capsys.readouterr()
        assert row in told.out
        assert "not stored: [Errno 30] Read-only file system" in told.err
        assert sorted(os.listdir(folder)) == before


@pytest.mark.parametrize(
    "number", ["9", "1", "0", "-5", "1000001", "x", "10.5", "1e3", "", "1_000", "１０", "nan", "9" * 400]
)
def test_the_bounds_of_samples_are_told(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command_line.main(["evaluate", "folder", f"--samples={number}"])
    assert caught.value.code == 2
    assert "is not a whole number, 10 to 1000000" in capsys.readouterr().err


def test_few_samples_stay_below_what_reverse_kl_can_be(trained: dict[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(trained["sn-ring8"], tmp_path / "few")
    assert command_line.main(["evaluate", str(folder), "--samples", "10"]) == 0
    report = json.loads((Path(folder) / "evaluation.json").read_text())
    for name in ("reverse KL, nats", "reverse KL, nats, of the law itself"):
        assert 0 <= report[name] <= np.log(8)


def test_every_flipped_bit_of_the_settings_is_refused(ring: Path) -> None:
    path = ring / "settings.json"
    whole = path.read_bytes()
    read = presets.read_settings(ring)
    for bit in range(8 * len(whole)):
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        with pytest.raises(DamagedFileError, match=r"settings.json is damaged"):
            presets.read_settings(ring)
    path.write_bytes(whole)
    assert presets.read_settings(ring) == read


NAMES = ["preset", "seed", "data", "record_every", "threads", "arguments"]
UNSEALED = {"preset": "sn-ring8", "seed": 0, "data": "data", "record_every": 2, "threads": 1, "arguments": {}}
EDITS: dict[str, Callable[[str], str]] = {
    "another preset": lambda text: text.replace("sn-ring8", "r1-ring8"),
    "another seed": lambda text: text.replace('"seed": 0', '"seed": 1'),
    "cut": lambda text: text[:50],
    "empty": lambda text: "",
    "null": lambda text: "null",
    "a number": lambda text: "3",
    "a list of the names": lambda text: json.dumps(NAMES),
    "a list of mappings": lambda text: "[{}]",
    "no seal": lambda text: json.dumps({k: v for k, v in json.loads(text).items() if k not in ("sha256", "seed")}),
    "deep": lambda text: "[" * 100_000,
    "unsealed, text for a number": lambda text: json.dumps({**UNSEALED, "threads": "1"}),
    "unsealed, no steps": lambda text: json.dumps({**UNSEALED, "record_every": 0}),
    "unsealed, a list of arguments": lambda text: json.dumps({**UNSEALED, "arguments": []}),
    "unsealed, an argument of nobody": lambda text: json.dumps({**UNSEALED, "arguments": {"n_step": 3}}),
    "unsealed, a number for the preset": lambda text: json.dumps({**UNSEALED, "preset": 3}),
}


@pytest.mark.parametrize("edit", EDITS)
def test_edited_settings_are_refused_by_both_commands(
    edit: str, ring: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (ring / "settings.json").write_text(EDITS[edit]((ring / "settings.json").read_text()))
    before = {path: path.read_bytes() for path in ring.iterdir()}
    for command in ("resume", "evaluate"):
        assert command_line.main([command, str(ring)]) == 1
        assert "settings.json is damaged" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in ring.iterdir()} == before
