"""Files that are whole or not there: two writers, scraps of killed ones, one owner a folder, where a number is from."""

import importlib.util
import os
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import wgan_lib
from wgan_lib import files

PACKAGE = Path(wgan_lib.__file__).parent
GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def python(code: str, *words: str, **environment: str) -> subprocess.Popen[str]:
    """Another process at work with the library."""
    program = [sys.executable, "-c", textwrap.dedent(code), *words]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(program, env={**os.environ, **environment}, **pipes)  # type: ignore[call-overload]


def git(folder: Path, *words: str) -> str:
    name = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "init.defaultBranch=main")
    environment = {**os.environ, **GIT}
    done = subprocess.run(
        ["git", *name, *words], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


WRITE = """
    import sys
    from wgan_lib import files
    path, letter = sys.argv[1:]
    sys.stdin.readline()
    for _ in range(60):
        files.write_atomically(path, letter.encode() * 100_000)
"""


def test_two_writers_of_one_path_do_not_disturb_each_other(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    files.write_atomically(path, b"a" * 100_000)
    writers = [python(WRITE, str(path), letter) for letter in "ab"]
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("go\n")
        writer.stdin.flush()
    seen = set()
    while any(writer.poll() is None for writer in writers):
        content = path.read_bytes()
        assert len(content) == 100_000
        assert len(set(content)) == 1, "half of one and half of the other"
        seen.add(content[:1])
    assert [writer.wait() for writer in writers] == [0, 0]
    assert seen <= {b"a", b"b"}
    assert os.listdir(tmp_path) == ["a.bin"], "no scraps"


def test_scraps_of_the_dead_are_swept_and_those_of_the_living_stay(tmp_path: Path) -> None:
    path, here = tmp_path / "a.bin", files._HERE
    gone = python("pass")
    assert gone.wait() == 0
    living = python("input()")
    scraps = {
        "dead": f".a.bin.{here}.{gone.pid}.0.part",
        "alive": f".a.bin.{here}.{living.pid}.0.part",
        "elsewhere, new": ".a.bin.other.1.0.part",
        "elsewhere, old": ".a.bin.other.1.1.part",
        "another file's": f".b.bin.{here}.{gone.pid}.0.part",
    }
    for name in scraps.values():
        (tmp_path / name).write_bytes(b"half")
    long_ago = time.time() - 2 * files._OLD
    os.utime(tmp_path / scraps["elsewhere, old"], (long_ago, long_ago))
    try:
        files.write_atomically(path, b"whole")
        left = {kind for kind, name in scraps.items() if (tmp_path / name).exists()}
        assert left == {"alive", "elsewhere, new", "another file's"}
    finally:
        living.communicate("\n")


def test_a_writer_that_fails_leaves_the_old_file_and_no_scrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.bin"
    files.write_atomically(path, b"old")

    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        files.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


OWN = """
    import sys
    from wgan_lib import files
    with files.owned(sys.argv[1]):
        print("mine", flush=True)
        input()
"""


def test_a_folder_has_one_owner_until_it_ends_or_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    for end in ("ends", "is killed"):
        owner = python(OWN, str(folder))
        assert owner.stdout
        assert owner.stdout.readline() == "mine\n"
        with pytest.raises(files.FolderInUseError, match=r"run is in use by another training"), files.owned(folder):
            pass
        owner.communicate("\n") if end == "ends" else owner.kill()
        owner.wait()
        with files.owned(folder) as mine:
            assert mine == folder
            with pytest.raises(files.FolderInUseError), files.owned(folder):  # in this process neither
                pass


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    files.write_sealed("~/a.zip", "thing", b"PK\0\0")
    assert files.read_sealed("~/a.zip", "thing") == b"PK\0\0"
    assert files.read_sealed(Path("~/a.zip"), "thing") == b"PK\0\0"
    assert os.listdir(tmp_path) == ["a.zip"]
    with files.owned("~/run") as folder:
        assert folder == tmp_path / "run"


@pytest.mark.parametrize("path", [3, None, b"x", ["a"], "a\0b", "~nobody-of-that-name/a"], ids=repr)
def test_what_is_no_path_is_told(path: object) -> None:
    with pytest.raises((TypeError, ValueError), match="is no path"):
        files.home(path)  # type: ignore[arg-type]


TELL = "from wgan_lib import files; print(files.provenance()['commit']); print(files.provenance()['wgan-lib'])"


def told(folder: Path, tmp_path: Path) -> list[str]:
    """What the copy of the library in the folder says, by a Python that has nothing installed but a lock."""
    spec = importlib.util.find_spec("filelock")
    assert spec
    assert spec.origin
    shutil.copytree(Path(spec.origin).parent, tmp_path / "lock/filelock", dirs_exist_ok=True)
    path = os.pathsep.join([str(folder), str(tmp_path / "lock")])
    program = [sys.executable, "-S", "-c", TELL]
    environment = {**os.environ, **GIT, "PYTHONPATH": path}
    return subprocess.run(
        program, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout.split()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository that tracks the library."""
    (tmp_path / "clone/wgan_lib").mkdir(parents=True)
    for name in ("__init__.py", "files.py"):
        shutil.copy(PACKAGE / name, tmp_path / "clone/wgan_lib" / name)
    git(tmp_path / "clone", "init", "-q")
    git(tmp_path / "clone", "add", ".")
    git(tmp_path / "clone", "commit", "-qm", "library")
    return tmp_path / "clone"


def test_a_clone_on_the_path_names_its_commit_and_no_version(clone: Path, tmp_path: Path) -> None:
    head = git(clone, "rev-parse", "HEAD")
    assert told(clone, tmp_path) == [head, "unknown"]
    git(clone, "tag", "v1.0")  # a tag does not stand for the commit
    assert told(clone, tmp_path) == [head, "unknown"]
    with (clone / "wgan_lib/files.py").open("a") as file:
        file.write("# changed\n")
    assert told(clone, tmp_path) == [f"{head}-dirty", "unknown"]


def test_a_worktree_names_its_own_commit(clone: Path, tmp_path: Path) -> None:
    git(clone, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    git(tmp_path / "side", "commit", "-q", "--allow-empty", "-m", "more")
    assert told(tmp_path / "side", tmp_path)[0] == git(tmp_path / "side", "rev-parse", "HEAD")
    assert told(clone, tmp_path)[0] == git(clone, "rev-parse", "main") != git(clone, "rev-parse", "side")


def test_a_copy_in_somebody_elses_repository_or_none_names_no_commit(clone: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(clone / "wgan_lib", other / "site-packages/wgan_lib", ignore=shutil.ignore_patterns("__pycache__"))
    assert told(other / "site-packages", tmp_path)[0] == "unknown"  # in no repository
    git(other, "init", "-q")
    (other / "theirs").write_text("x")
    git(other, "add", "theirs")
    git(other, "commit", "-qm", "theirs")
    assert told(other / "site-packages", tmp_path)[0] == "unknown"  # in one that does not track it
