"""Run files: what is saved comes back, what is damaged is refused, what fails leaves the old file."""

import copy
import errno
import io
import os
import pickle
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wgan_lib import files, runs
from wgan_lib.files import DamagedFileError
from wgan_lib.runs import Run


def small_run(n_frames: int = 3) -> Run:
    rng = np.random.default_rng(0)
    return Run(
        {"index": np.arange(n_frames), "samples": rng.normal(size=(n_frames, 5, 2)).astype(np.float32)},
        {"preset": "wgan-gp-ring8", "seed": 0, "seconds": 1.5},
        {"real": rng.normal(size=(7, 2))},
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    array=hnp.arrays(
        st.sampled_from([np.float32, np.float64, np.int64, np.uint8, np.bool_]),
        hnp.array_shapes(min_dims=1, max_dims=4, max_side=4),
    ),
    meta=st.dictionaries(st.text(), st.one_of(st.integers(), st.text(), st.booleans(), st.none(), st.floats(-9, 9))),
)
def test_what_is_saved_comes_back(tmp_path: Path, array: np.ndarray, meta: dict) -> None:
    run = Run({"a": array}, meta, {"b": array.T})
    again = runs.load(run.save(tmp_path / "a.npz"))
    for name in ("a", "b"):
        assert again[name].dtype == run[name].dtype
        np.testing.assert_array_equal(again[name], run[name])
    assert again.meta == run.meta


def test_a_run_is_frozen_and_keeps_its_own_copy() -> None:
    samples = np.zeros((2, 3))
    run = Run({"samples": samples}, {})
    samples[:] = 1
    assert not run["samples"].any()
    with pytest.raises(ValueError, match="read-only"):
        run["samples"][0] = 1
    with pytest.raises(TypeError):
        run.frames["other"] = samples  # type: ignore[index]
    with pytest.raises(TypeError):
        run.meta["seed"] = 1  # type: ignore[index]


@pytest.mark.parametrize(
    ("frames", "meta", "fixed", "message"),
    [
        ({}, {}, {}, "1 or longer"),
        ({"a": np.zeros(0)}, {}, {}, "'a': 0"),
        ({"a": np.float64(3)}, {}, {}, "'a': 0"),
        ({"a": np.zeros(2), "b": np.zeros(3)}, {}, {}, "'a': 2, 'b': 3"),
        ({"a": np.zeros(2)}, {}, {"a": np.zeros(2)}, "both"),
        ({"a": np.zeros(2)}, {"x": object()}, {}, "JSON"),
        ({"a": np.zeros(2)}, {"x": float("nan")}, {}, "JSON"),
    ],
)
def test_bad_runs_are_refused(frames: dict, meta: dict, fixed: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Run(frames, meta, fixed)


def test_python_objects_are_refused() -> None:
    with pytest.raises(TypeError, match="samples"):
        Run({"samples": np.array([{}, {}])}, {})


def test_a_run_can_be_pickled_and_copied() -> None:
    run = small_run()
    for again in (pickle.loads(pickle.dumps(run)), copy.deepcopy(run), copy.copy(run)):
        assert dict(again.meta) == dict(run.meta)
        for name in ("index", "samples", "real"):
            np.testing.assert_array_equal(again[name], run[name])
        with pytest.raises(ValueError, match="read-only"):
            again["samples"][0] = 1


def test_a_saved_run_keeps_names_order_types_and_scalars(tmp_path: Path) -> None:
    frames = {"z/x": np.zeros((2, 0)), "a": np.array(["é", "longer"]), "b": np.ones(2, ">f4"), "meta": np.arange(2)}
    run = Run(frames, {"z": 1, "a": {"y": [1, 2.5, None], "b": "ü"}}, {"scalar": np.array(2.5), "index": np.arange(3)})
    again = runs.load(run.save(tmp_path / "a.npz"))
    assert list(again.frames) == list(run.frames)
    assert list(again.fixed) == list(run.fixed)
    assert list(again.meta) == ["z", "a"]
    assert again.meta == run.meta
    for name in [*run.frames, *run.fixed]:
        assert again[name].dtype == run[name].dtype
        np.testing.assert_array_equal(again[name], run[name])


def test_frames_in_few_bits_come_back_within_half_a_step_in_a_smaller_file(tmp_path: Path) -> None:
    rng, axis = np.random.default_rng(6), np.linspace(0, 3, 40)
    frames = {
        "critic": 50
        * np.sin(1.3 * axis[:, None] ** 2 + np.arange(4)[:, None, None])
        * np.cos(0.7 * axis**2),  # smooth: differences are small
        "samples": rng.normal(size=(4, 50, 2)),
        "flat": np.full((4, 3, 3), 7.0),
    }
    run = Run({"index": np.arange(4), **frames}, {"seed": 1})
    whole, small = run.save(tmp_path / "whole.npz"), run.save(tmp_path / "small.npz", dict.fromkeys(frames, 10))
    assert small.stat().st_size < whole.stat().st_size / 1.5
    back = runs.load(small)
    assert set(back.frames) == set(run.frames)
    for name, values in frames.items():
        ends = np.ptp(values.reshape(4, -1), axis=1).reshape(-1, 1, 1)
        assert (np.abs(back[name] - values) <= ends / 1023 / 2 + 1e-5).all()
        again = runs.restored(runs.quantised(back[name], 10))
        np.testing.assert_allclose(again, back[name], rtol=0, atol=1e-5)
    assert runs.quantised(frames["critic"], 10).differenced
    assert not runs.quantised(frames["samples"], 12).differenced
    with pytest.raises(ValueError, match="bits names heights: the frames of this run"):
        run.save(tmp_path / "other.npz", {"heights": 8})
    with pytest.raises(ValueError, match="bits is 17"):
        run.save(tmp_path / "other.npz", {"critic": 17})
    assert not (tmp_path / "other.npz").exists()


def test_numbers_of_any_make_are_taken_into_meta_and_arrays() -> None:
    import torch

    meta = {
        "lr": np.float32(0.5), "steps": np.int64(3), "betas": (0.0, np.float64(0.9)), "out": Path("a/b"),
        "flag": np.bool_(True), "bounds": np.arange(2), "ema": torch.tensor(0.25), "deep": {"n": [np.uint8(1)]},
    }  # fmt: skip
    run = Run({"a": torch.ones(2, 3, requires_grad=True), "b": torch.ones(2, dtype=torch.bfloat16)}, meta)
    assert run.meta == {
        "lr": 0.5, "steps": 3, "betas": [0.0, 0.9], "out": "a/b",
        "flag": True, "bounds": [0, 1], "ema": 0.25, "deep": {"n": [1]},
    }  # fmt: skip
    assert run["a"].shape == (2, 3)
    assert run["b"].tolist() == [1, 1]


@pytest.mark.parametrize("value", [float("nan"), np.float32("inf"), object(), {1, 2}, [np.nan], 1j])
def test_an_entry_of_meta_that_json_cannot_hold_is_named(value: object) -> None:
    with pytest.raises(ValueError, match=r"meta\['rate'\] must be JSON"):
        runs.as_json({"rate": value})


@pytest.mark.parametrize("name", ["", 1, None])
def test_an_array_needs_a_name(name: object) -> None:
    with pytest.raises(ValueError, match="frames has the name"):
        Run({name: np.zeros(2)}, {})  # type: ignore[dict-item]


@pytest.mark.parametrize("name", [None, 3, ["a"], np.zeros(2)])
def test_what_is_no_name_of_a_run_is_told(name: object) -> None:
    with pytest.raises(TypeError, match=r"(?s)^name is .*: it must be the name of a recorded run, or a path"):
        runs.load(name)  # type: ignore[arg-type]


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert small_run().save("~/a.npz") == tmp_path / "a.npz"
    assert len(runs.load("~/a.npz")) == 3


def test_a_run_is_split_and_joined() -> None:
    run = small_run(4)
    joined = run.first(1).then(Run({name: array[1:] for name, array in run.frames.items()}, {"seed": 1}))
    np.testing.assert_array_equal(joined["samples"], run["samples"])
    assert joined.meta == {"seed": 1}
    assert len(joined) == 4
    assert "real" in joined.fixed
    with pytest.raises(ValueError, match="n_frames is 5"):
        run.first(5)
    with pytest.raises(ValueError, match="later has frames"):
        run.then(Run({"index": np.arange(2)}, {}))
    with pytest.raises(KeyError, match="samples"):
        run["sample"]


def test_every_flipped_byte_and_every_truncation_is_refused(tmp_path: Path) -> None:
    good = small_run().save(tmp_path / "good.npz").read_bytes()
    bad = tmp_path / "bad.npz"
    rng = np.random.default_rng(1)
    for position in [*range(40), *rng.integers(0, len(good), 100), *range(len(good) - 120, len(good))]:
        damaged = bytearray(good)
        damaged[position] ^= 1 << int(rng.integers(8))
        bad.write_bytes(damaged)
        with pytest.raises(DamagedFileError, match=r"bad\.npz.*restore it"):
            runs.load(bad)
    for length in [0, 1, 2, 90, len(good) // 2, len(good) - 1]:
        bad.write_bytes(good[:length])
        with pytest.raises(DamagedFileError, match=r"bad\.npz"):
            runs.load(bad)


class Trap:
    """Unpickling this would create a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.path),)


def test_foreign_files_are_refused_and_nothing_is_unpickled(tmp_path: Path) -> None:
    trap = tmp_path / "unpickled"
    plain = io.BytesIO()
    np.savez(plain, a=np.zeros(3))
    pickled = io.BytesIO()
    np.savez(pickled, a=np.array([Trap(trap)], dtype=object))
    for content in (plain.getvalue(), pickled.getvalue(), pickle.dumps(Trap(trap)), b"hello", b""):
        (tmp_path / "foreign.npz").write_bytes(content)
        with pytest.raises(DamagedFileError, match="not a run of wgan_lib"):
            runs.load(tmp_path / "foreign.npz")
    files.write_sealed(tmp_path / "checkpoint.npz", "checkpoint", plain.getvalue())
    with pytest.raises(DamagedFileError, match="not a run of wgan_lib"):
        runs.load(tmp_path / "checkpoint.npz")
    files.write_sealed(tmp_path / "sealed.npz", "run", pickled.getvalue())  # even a file with the right seal
    with pytest.raises((ValueError, KeyError)):
        runs.load(tmp_path / "sealed.npz")
    assert not trap.exists()


def test_other_programs_can_open_a_run_file(tmp_path: Path) -> None:
    with np.load(small_run().save(tmp_path / "a.npz"), allow_pickle=False) as archive:
        assert set(archive.files) == {"meta", "frames/index", "frames/samples", "fixed/real"}


def test_recorded_runs_are_found_by_name_and_the_nearest_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "recorded").mkdir()
    small_run().save(tmp_path / "recorded" / "ring-gradient-penalty.npz")
    monkeypatch.setattr(runs.resources, "files", lambda package: tmp_path)
    assert runs.names() == ["ring-gradient-penalty"]
    assert len(runs.load("ring-gradient-penalty")) == 3
    with pytest.raises(FileNotFoundError, match="the nearest are ring-gradient-penalty"):
        runs.load("ring-gradientpenalty")


def test_every_recorded_run_loads_is_small_and_names_where_it_came_from() -> None:
    folder = Path(runs.__file__).parent / "recorded"
    assert runs.names() == sorted(path.stem for path in folder.glob("*.npz"))
    for name in runs.names():
        run = runs.load(name)
        assert (folder / f"{name}.npz").stat().st_size <= 300_000, name
        assert {"commit", "torch", "machine"} <= set(run.meta), name
        script, *words = shlex.split(run.meta["command"])[1:]  # what `make record` runs
        written = (folder.parents[1] / script).read_text(encoding="utf-8")
        for word in words:  # numbers and the record's own name are what a script puts together
            spelled = {word.strip("-"), word.strip("-").replace("-", "_")}
            assert any(w in written for w in spelled) or word.isdigit() or name.endswith(word), (name, word)
        if name not in ("benchmark-steps", "step-costs"):  # a time of the same work needs no seed
            assert {"seed", "seeds"} & ({*run.meta} | {*run.frames} | {*run.fixed}), name


OF_NO_CLEAN_COMMIT = {  # recorded from a tree with changes that were not committed yet; what it takes to mend
    "benchmark-steps": "times of steps: a machine at rest",
    "critic-steps": "about twelve CPU minutes",
    "grid25-report": "five CPU minutes; its command was written into the file afterwards",
}
OF_A_REBASED_BRANCH = {  # name → the commit of main that holds the same scripts
    "algorithm-1": "411e93e",
    "clipping-shape": "411e93e",
}


def test_recorded_runs_come_from_commits_that_are_there_or_it_is_known_why_not() -> None:
    commits = {
        (name, commit)  # a file that grew row by row has one for each of them
        for name in runs.names()
        for meta in [runs.load(name).meta]
        for row in (meta["commit"], *meta.get("commits", {}).values())
        for commit in ([row] if isinstance(row, str) else row)  # a screened row may have grown twice
    }
    assert {name for name, commit in commits if commit.endswith("-dirty")} == set(OF_NO_CLEAN_COMMIT)
    git = partial(subprocess.run, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    if git(["git", "rev-parse", "--is-shallow-repository"]).stdout.strip() != "false":
        pytest.skip("no repository with its history here")
    missing = {
        name
        for name, commit in commits
        if git(["git", "merge-base", "--is-ancestor", commit.removesuffix("-dirty"), "HEAD"]).returncode
    }
    assert missing == set(OF_A_REBASED_BRANCH)
    for commit in OF_A_REBASED_BRANCH.values():
        assert git(["git", "merge-base", "--is-ancestor", commit, "HEAD"]).returncode == 0


def test_a_run_file_needs_its_ending(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.npz"):
        small_run().save(tmp_path / "run.json")


def test_a_full_disk_is_told_and_the_old_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = small_run().save(tmp_path / "a.npz")
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"a\.npz \(No space left on device\); the file .* is as it was") as caught:
        small_run(9).save(path)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.npz"]
    monkeypatch.undo()
    host = socket.gethostname().partition(".")[0]
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    (tmp_path / f".a.npz.{host}.{dead.stdout.strip()}.0.part").write_bytes(b"half")  # what a killed process leaves
    alive = tmp_path / f".a.npz.{host}.{os.getppid()}.0.part"
    alive.write_bytes(b"half")  # what another process is just writing
    small_run(9).save(path)
    assert sorted(os.listdir(tmp_path)) == [alive.name, "a.npz"]


SAVE = """
import os, sys, resource, numpy
from wgan_lib.runs import Run
if sys.argv[2] == "small disk":
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
elif os.geteuid() == 0:
    os.seteuid(65534)  # root may write anywhere
try:
    Run({"a": numpy.arange(100_000)}, {}).save(sys.argv[1])
except OSError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize("trouble", ["small disk", "read-only folder"])
def test_the_operating_system_says_no(trouble: str) -> None:
    folder = Path(tempfile.mkdtemp())  # not tmp_path, whose parents another user may not enter
    try:
        path = small_run().save(folder / "a.npz")
        before = path.read_bytes()
        folder.chmod(0o555 if trouble == "read-only folder" else 0o755)
        command = [sys.executable, "-c", SAVE, str(path), trouble]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        expected = {"small disk": "File too large", "read-only folder": "Permission denied"}[trouble]
        assert expected in answer.stdout, answer
        assert "as it was" in answer.stdout
        folder.chmod(0o755)
        assert path.read_bytes() == before
        assert os.listdir(folder) == ["a.npz"]
    finally:
        shutil.rmtree(folder)


def test_provenance_names_versions_commit_and_machine() -> None:
    found = files.provenance()
    assert found["numpy"] == np.__version__
    assert {"python", "torch", "wgan-lib", "commit", "machine"} <= set(found)


def test_runs_do_not_pull_torch_in() -> None:
    check = "import sys, wgan_lib.runs; sys.exit('torch' in sys.modules or 'ot' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)
