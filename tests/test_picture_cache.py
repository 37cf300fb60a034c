"""Pictures that are decoded once: killed while they are written, changed, damaged, shared, and drawn ahead of time."""

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from nursery import Nursery
from PIL import Image

from wgan_lib import images, networks, training
from wgan_lib.constraints import GradientPenalty
from wgan_lib.files import DamagedFileError
from wgan_lib.images import decoding, stored
from wgan_lib.losses import WASSERSTEIN


def put(folder: Path, n: int, seed: int = 0, size: int = 6) -> None:
    rng = np.random.default_rng(seed)
    for i in range(n):
        place = folder / ("cats" if i % 3 else "dogs")
        place.mkdir(parents=True, exist_ok=True)
        copied = rng.integers(0, 256, (size, size, 3), dtype=np.uint8)
        Image.fromarray(copied if i % 7 else np.full_like(copied, 9)).save(place / f"{seed}-{i:04d}.png")


def read(folder: Path, cache: Path | None = None, **more: object) -> images.Images:
    return images.folder(folder, 6, cache=cache, **more)


def same(one: images.Images, other: images.Images) -> bool:
    pairs = ((one, other), (one.held_out, other.held_out))
    return all(torch.equal(a.pixels, b.pixels) and torch.equal(a.labels, b.labels) for a, b in pairs)


def test_what_is_kept_is_what_was_decoded_and_subfolders_are_labels(tmp_path: Path) -> None:
    put(tmp_path / "own", 60)
    plain = read(tmp_path / "own")
    assert plain.classes == ("cats", "dogs")
    assert 0 < int(plain.labels.sum()) < len(plain)
    made = read(tmp_path / "own", tmp_path / "cache")
    assert same(plain, made)
    assert (repr(made), made.classes) == (repr(plain), plain.classes)
    draws = [data.sample(5, torch.Generator().manual_seed(1)) for data in (plain, made)]
    assert torch.equal(*draws)
    (tmp_path / "own" / "loose.png").write_bytes(next((tmp_path / "own").rglob("*.png")).read_bytes())
    assert read(tmp_path / "own").labels is None  # one picture that no subfolder sorts


def test_the_second_time_no_picture_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "own", 20)
    first = read(tmp_path / "own", tmp_path / "cache")
    monkeypatch.setattr(decoding, "square", None)
    assert same(first, read(tmp_path / "own", tmp_path / "cache"))
    with pytest.raises(TypeError):
        read(tmp_path / "own")


KILLED = """
import os, signal, sys
from wgan_lib import images
from wgan_lib.images import decoding, stored
stored._FLUSH, real, count = 5, stored.digest, 0
def digest(row):
    global count
    count += 1
    if count > int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(row)
stored.digest = digest
images.folder("own", 6, cache="cache")
"""


def test_killed_while_it_is_written_it_goes_on(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "own", 60)
    for n in (3, 17, 31):
        assert nursery.start(KILLED, n, folder=tmp_path).status() == -signal.SIGKILL
    kept = tmp_path / "cache" / "6x3-ffffff"
    assert (kept / stored.JOURNAL).stat().st_size > 32 + 16 * 40
    assert not (kept / stored.SEALED).exists()
    for name in (stored.JOURNAL, *stored.PARTS):  # as if half of a picture had come to the disk
        with (kept / name).open("ab") as file:
            file.write(b"half")
    opened = []
    real = decoding.square
    monkeypatch.setattr(decoding, "square", lambda file, *more: opened.append(file) or real(file, *more))
    assert same(read(tmp_path / "own", tmp_path / "cache"), read(tmp_path / "own"))
    assert len(opened) < 60 + 20  # the second, in memory, is all of them


def test_a_stale_cache_is_made_anew_and_a_damaged_one_refused(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    own, cache = tmp_path / "own", tmp_path / "cache"
    put(own, 20)
    read(own, cache)
    put(own, 3, seed=1)
    assert same(read(own, cache, progress=True), read(own))
    assert "were added, changed or taken away" in capsys.readouterr().err
    changed = next(own.rglob("0-*.png"))
    Image.new("RGB", (6, 6), "red").save(changed)
    assert same(read(own, cache), read(own))
    changed.unlink()
    assert same(read(own, cache), read(own))
    for name in (*stored.PARTS, stored.JOURNAL):
        path = cache / "6x3-ffffff" / name
        whole = path.read_bytes()
        for content in (bytes([whole[0] ^ 1]) + whole[1:], whole[:-1], b""):
            path.write_bytes(content)
            with pytest.raises(DamagedFileError, match=f"{name} is damaged: delete .* and it is made again"):
                read(own, cache)
        path.write_bytes(whole)
    path = cache / "6x3-ffffff" / stored.SEALED
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "counts": [1, 1]}))
    with pytest.raises(DamagedFileError, match=r"pictures\.json is damaged"):
        read(own, cache)


def test_an_unreadable_picture_is_named_and_one_picture_is_too_few(tmp_path: Path) -> None:
    put(tmp_path, 5)
    (tmp_path / "cats" / "bad.png").write_bytes(b"no picture")
    for cache in (None, tmp_path / ".cache"):
        with pytest.raises(ValueError, match=r"cats/bad\.png cannot be read as a picture"):
            read(tmp_path, cache)
    (tmp_path / "cats" / "bad.png").unlink()
    assert len(read(tmp_path, tmp_path / ".cache")) == 4  # its four before the bad one were kept
    (tmp_path / "alone").mkdir()
    Image.new("L", (6, 6)).save(tmp_path / "alone" / "1.png")
    with pytest.raises(FileNotFoundError, match="holds 1 pictures"):
        read(tmp_path / "alone")
    Image.new("L", (6, 6)).save(tmp_path / "alone" / "2.png")
    with pytest.raises(ValueError, match="2 copies of one picture"):
        read(tmp_path / "alone", tmp_path / ".cache2")


def test_a_full_disk_is_told_before_the_first_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, 5)
    monkeypatch.setattr(stored.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 100}))
    with pytest.raises(OSError, match="GB for 5 pictures"):
        read(tmp_path, tmp_path / ".cache")


def test_two_at_once_write_one_cache(nursery: Nursery, tmp_path: Path) -> None:
    put(tmp_path / "own", 40)
    code = """
    import time
    from wgan_lib import images
    from wgan_lib.images import decoding
    real = decoding.square
    decoding.square = lambda *given: (time.sleep(.01), print("one"), real(*given))[-1]
    print(len(images.folder("own", 6, cache="cache", progress=True)), flush=True)
    """
    both = [nursery.start(code, folder=tmp_path) for _ in range(2)]
    assert [program.status() for program in both] == [0, 0], [program.said() for program in both]
    said = [program.out() for program in both]
    assert sorted(text.count("one\n") for text in said) == [0, 40]  # the second waited for the first
    assert len({text.split()[-1] for text in said}) == 1


def test_flips_show_each_picture_both_ways_and_leave_the_held_out_alone(tmp_path: Path) -> None:
    half = np.zeros((6, 6, 3), np.uint8)
    half[:, :3] = 255
    for i in range(12):
        Image.fromarray(np.maximum(half, i)).save(tmp_path / f"{i:02d}.png")
    for cache in (None, tmp_path / ".cache"):
        data = images.folder(tmp_path, 6, flips=True, cache=cache)
        left = data.sample(10, torch.Generator().manual_seed(0))[:, 0, 0, 0] == 1
        assert 0 < int(left.sum()) < 10
        rng = torch.Generator().manual_seed(0)
        assert all(bool((data.held_out.sample(2, rng)[:, 0, 0, 0] == 1).all()) for _ in range(10))
    assert training.describe(data) == training.describe(read(tmp_path))


def test_batches_drawn_ahead_are_those_that_would_have_been(tmp_path: Path) -> None:
    put(tmp_path, 30)
    plain, mapped = read(tmp_path, flips=True), read(tmp_path, tmp_path / ".cache", flips=True)
    rngs = [torch.Generator().manual_seed(5) for _ in range(2)]
    for n in (4, 4, 4, 7, 4, 4):
        if n == 7:  # a resumed training sets its generator back
            for rng in rngs:
                rng.manual_seed(6)
        assert torch.equal(plain.sample(n, rngs[0]), mapped.sample(n, rngs[1]))
        assert torch.equal(rngs[0].get_state(), rngs[1].get_state())
    assert mapped.sample(4, rngs[1]).shape == (4, 3, 6, 6)
    with pytest.raises(ValueError, match="a batch of"):
        mapped.sample(0, rngs[1])


def test_a_process_may_end_while_a_batch_is_gathered(nursery: Nursery, tmp_path: Path) -> None:
    put(tmp_path / "own", 30)
    program = nursery.start(
        """
import sys, time, torch
from pathlib import Path
from wgan_lib import images
data = images.folder(Path(sys.argv[1]) / "own", 6, cache=Path(sys.argv[1]) / "cache")
gather = images.Images._batch
def slowly(self, drawn, device):
    until = time.monotonic() + 0.4
    while time.monotonic() < until:
        torch.empty(9).add_(1)  # a thread that the interpreter left here would abort it
    return gather(self, drawn, device)
images.Images._batch = slowly
data.sample(8, torch.Generator())
""",
        tmp_path,
        folder=tmp_path,
    )
    assert program.status() == 0, program.said()


def test_a_batch_that_could_not_be_gathered_ahead_is_gathered_when_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "own", 30)
    data, one, two = read(tmp_path / "own", tmp_path / "cache"), torch.Generator(), torch.Generator()
    plain = images.Images("plain", data.pixels)
    gather, threads = images.Images._batch, []

    def here_only(self: images.Images, *arguments: Any) -> torch.Tensor:
        threads.append(threading.current_thread())
        if threads[-1] is not threading.main_thread():
            raise OSError("no")
        return gather(self, *arguments)

    monkeypatch.setattr(images.Images, "_batch", here_only)
    for _ in range(3):
        assert torch.equal(data.sample(8, one), plain.sample(8, two))
    data.ahead[0].join()
    assert len(set(threads)) == 4


def test_a_mapped_folder_resumes_and_another_is_refused(tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 1)):
        put(tmp_path / name, 20, seed)

    def train(name: str, resume: bool, n_steps: int = 4, **more: object) -> list[training.Step]:
        rng = torch.Generator().manual_seed(0)
        generator = torch.nn.Sequential(networks.mlp(2, 108, rng=rng), torch.nn.Unflatten(-1, (3, 6, 6)))
        critic = torch.nn.Sequential(networks.Augment(), torch.nn.Flatten(), networks.mlp(108, 1, rng=rng))
        data = read(tmp_path / name, tmp_path / "cache" / name, **more)
        often = {"n_steps": n_steps, "batch_size": 4, "critic_steps": 2, "device": "cpu", "resume": resume}
        folder = tmp_path / "run"
        steps = training.train(data, generator, critic, WASSERSTEIN, GradientPenalty(1), checkpoint_dir=folder, **often)
        return list(steps)

    whole = train("a", False)
    for path in (tmp_path / "run").iterdir():
        path.unlink()
    assert train("a", False, 2) == whole[:2]
    for wrong in ({"name": "b"}, {"name": "a", "flips": True}):
        with pytest.raises(ValueError, match="belongs to another run: data was"):
            train(**{"resume": True, **wrong})
    assert train("a", True) == whole[2:], "what augments the pictures is in the checkpoint too"


def test_augmentation_changes_in_training_only_and_lets_gradients_through() -> None:
    x = torch.rand(6, 3, 8, 8) * 2 - 1
    for changes in (*networks.augmentation.CHANGES, networks.augmentation.CHANGES):
        layer = networks.Augment(changes)
        torch.manual_seed(0)
        changed = layer(x)
        torch.manual_seed(0)
        assert torch.equal(layer(x), changed)
        assert changed.shape == x.shape
        assert not torch.equal(changed, x)
        own = x.clone().requires_grad_(True)
        score = layer(own).pow(2).sum((1, 2, 3))
        (slope,) = torch.autograd.grad(score.sum(), own, create_graph=True)
        slope.pow(2).sum().backward()  # the penalty's second derivative
        assert own.grad.isfinite().all()
        assert own.grad.abs().sum() > 0
        assert torch.equal(layer.eval()(x), x)
    with pytest.raises(ValueError, match="each of changes is 'color'"):
        networks.Augment(("color",))


def test_moved_pictures_are_shifted_with_black_behind_and_cut_ones_lose_a_square() -> None:
    x = torch.arange(1.0, 257.0).reshape(1, 1, 16, 16).expand(64, 1, 16, 16).contiguous()
    torch.manual_seed(1)
    seen = set()
    for moved in networks.Augment("translation")(x)[:, 0]:
        found = [
            (i, j)
            for i in range(-2, 3)
            for j in range(-2, 3)
            if torch.equal(
                moved, torch.nn.functional.pad(x[0, 0], (2, 2, 2, 2), value=-1)[2 + i : 18 + i, 2 + j : 18 + j]
            )
        ]
        assert len(found) == 1
        seen.add(found[0])
    assert len(seen) > 15
    for cut in networks.Augment("cutout")(x)[:, 0]:
        gone = (cut == 0).nonzero()
        assert 16 <= len(gone) <= 64
        assert torch.equal(cut[cut != 0], x[0, 0][cut != 0])


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_a_link_to_nothing_is_named(tmp_path: Path) -> None:
    put(tmp_path, 3)
    (tmp_path / "cats" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    with pytest.raises(ValueError, match=r"gone\.png cannot be read"):
        read(tmp_path)
