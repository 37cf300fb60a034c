"""Pictures: what is read is what was published, and what is damaged, missing or half downloaded is told."""

import contextlib
import dataclasses
import gzip
import hashlib
import http.server
import io
import os
import pickle
import re
import resource
import socket
import subprocess
import sys
import tarfile
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn

from wgan_lib import images, networks, training
from wgan_lib.constraints import WeightClipping
from wgan_lib.images import downloads
from wgan_lib.losses import WASSERSTEIN

RNG = np.random.default_rng(0)
BYTES = RNG.integers(0, 256, 400_000, dtype=np.uint8).tobytes()
TRAIN, TEST = RNG.integers(0, 256, (30, 28, 28), dtype=np.uint8), RNG.integers(0, 256, (10, 28, 28), dtype=np.uint8)


def idx(array: np.ndarray) -> bytes:
    return bytes((0, 0, 8, array.ndim)) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


IDX = {
    "train-images-idx3-ubyte": idx(TRAIN),
    "train-labels-idx1-ubyte": idx(np.arange(30, dtype=np.uint8) % 10),
    "t10k-images-idx3-ubyte": idx(TEST),
    "t10k-labels-idx1-ubyte": idx(np.arange(10, dtype=np.uint8)),
}
GZ = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in IDX.items()}
CIFAR = RNG.integers(0, 256, (6, 4, 3073), dtype=np.uint8)
CIFAR[:, :, 0] %= 10
CIFAR_FILES = ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"]


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class Server:
    """A web server on this machine that serves ``files``, with Range, and breaks off or dawdles when told to."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.break_after, self.ranges, self.pause = None, True, 0.0
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *arguments: object) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}/"

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        asked = request.headers.get("Range")
        self.asked.append((request.path[1:], asked))
        if (content := self.files.get(request.path[1:])) is None:
            request.send_error(404)
            return
        start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked and self.ranges else 0
        if start and start >= len(content):
            request.send_error(416)
            return
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        request.send_header("Content-Length", str(len(content) - start))
        request.end_headers()
        last = len(content) if self.break_after is None else start + self.break_after
        self.break_after = None
        try:
            for at in range(start, min(last, len(content)), 20_000):
                request.wfile.write(content[at : min(at + 20_000, last)])
                time.sleep(self.pause)
        except ConnectionError:  # the other side was killed
            pass


@pytest.fixture
def server() -> Iterator[Server]:
    served = Server()
    thread = threading.Thread(target=served.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    served.http.shutdown()
    served.http.server_close()
    thread.join()


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, server: Server) -> Server:
    """The sources of ``images`` with few pictures, on ``server``, which begins without any file."""
    sums = {name: md5(content) for name, content in GZ.items()}
    for name in ("MNIST", "FASHION_MNIST"):
        folder = getattr(images, name).folder
        source = downloads.Source(name.lower(), folder, sums, (f"{server.address}gone/", f"{server.address}{folder}/"))
        monkeypatch.setattr(images, name, source)
    cifar = images.CIFAR10._replace(
        md5={"cifar-10-binary.tar.gz": md5(cifar_archive())}, mirrors=(server.address,), pictures=None
    )
    monkeypatch.setattr(images, "CIFAR10", cifar)
    return server


def cifar_archive(names: list[str] = CIFAR_FILES, cut: int = 0) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, records in reversed(list(zip(names, CIFAR, strict=False))):
            content = records.tobytes()[: 4 * 3073 - cut]
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}.bin")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)


def put(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def test_digits_are_scikit_learns_and_nothing_is_in_both_parts() -> None:
    data, published = images.digits(), load_digits()
    assert (len(data), len(data.held_out)) == (1198, 599)
    kept = np.arange(1797) % 3 < 2
    np.testing.assert_allclose(data.points[:, 0], published.images[kept] / 8 - 1, atol=1e-6)
    np.testing.assert_array_equal(data.held_out.labels, published.target[~kept])
    for part in (data, data.held_out):
        assert part.points.dtype == torch.float32
        assert (part.points.min(), part.points.max()) == (-1, 1)
        assert part.labels.bincount().min() > 50


def test_batches_come_from_the_generator_alone() -> None:
    data = images.digits()
    first, again, other = (data.sample(64, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert first.shape == (64, 1, 8, 8)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert (first[:, None] == data.points[None]).flatten(2).all(2).any(1).all()
    for n in (0, 1199):
        with pytest.raises(ValueError, match=rf"n is {n}: a batch of digits\(\) holds 1 to 1198"):
            data.sample(n, torch.Generator())


def test_a_set_trains_and_tells_its_call() -> None:
    generator = nn.Sequential(networks.mlp(4, 16, 64), nn.Unflatten(-1, (1, 8, 8)))
    critic = nn.Sequential(nn.Flatten(), networks.mlp(64, 16, 1))
    steps = training.train(images.digits(), generator, critic, WASSERSTEIN, WeightClipping(0.1), n_steps=2)
    assert [step.settings["data"] for step in steps] == ["digits()", "digits()"]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"pixels": torch.zeros(2, 1, 3, 3)}, TypeError, "pixels has dtype torch.float32"),
        ({"pixels": torch.zeros(2, 2, 3, 3, dtype=torch.uint8)}, ValueError, r"pixels has shape \(2, 2, 3, 3\)"),
        ({"pixels": torch.zeros(0, 1, 3, 3, dtype=torch.uint8)}, ValueError, "at least one picture"),
        ({"white": 7}, ValueError, "pixels holds 16: white is 7"),
        (
            {"labels": torch.zeros(3, dtype=torch.int64)},
            ValueError,
            r"labels has shape \(3,\) for 1198 pictures in pixels",
        ),
    ],
)
def test_pictures_that_cannot_be_are_refused(changes: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        dataclasses.replace(images.digits(), **changes)


@pytest.mark.parametrize("files", [GZ, IDX], ids=["archives", "unpacked"])
@pytest.mark.parametrize(("load", "folder"), [(images.mnist, "MNIST"), (images.fashion_mnist, "FashionMNIST")])
def test_a_torchvision_folder_is_read_as_it_is(load, folder, files, tiny: Server, tmp_path: Path) -> None:
    put(tmp_path / folder / "raw", files)
    data = load(tmp_path, download=False)
    np.testing.assert_allclose(data.points[:, 0], TRAIN / 127.5 - 1, atol=1e-6)
    np.testing.assert_allclose(data.held_out.points[:, 0], TEST / 127.5 - 1, atol=1e-6)
    assert data.labels.tolist() == [i % 10 for i in range(30)]
    assert data.held_out.labels.tolist() == list(range(10))
    assert tiny.asked == []


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("train-images-idx3-ubyte.gz", lambda b: b[:-1], "its MD5 is"),
        ("train-images-idx3-ubyte.gz", lambda b: b[:50] + bytes([b[50] ^ 1]) + b[51:], "its MD5 is"),
        ("t10k-labels-idx1-ubyte.gz", lambda b: GZ["train-labels-idx1-ubyte.gz"], "its MD5 is"),
        ("train-images-idx3-ubyte", lambda b: b[:-1], "is damaged, cut short"),
        ("train-images-idx3-ubyte", lambda b: b + b"x", "is damaged, cut short"),
        ("train-images-idx3-ubyte", lambda b: b[:3], "is damaged, cut short"),
        ("t10k-labels-idx1-ubyte", lambda b: IDX["t10k-images-idx3-ubyte"], "header 00000803"),
        ("t10k-labels-idx1-ubyte", lambda b: b"", "is damaged, cut short"),
        ("t10k-labels-idx1-ubyte", lambda b: IDX["train-labels-idx1-ubyte"], r"labels has shape \(30,\) for 10"),
    ],
)
def test_damaged_archives_are_refused_and_left_alone(name, change, message, tiny: Server, tmp_path: Path) -> None:
    files = GZ if name.endswith(".gz") else IDX
    put(tmp_path / "MNIST/raw", {**files, name: change(files[name])})
    with pytest.raises(ValueError, match=message) as caught:
        images.mnist(tmp_path)
    if "labels has" not in message:
        assert str(tmp_path / "MNIST/raw" / name) in str(caught.value)
    assert (tmp_path / "MNIST/raw" / name).read_bytes() == change(files[name])
    assert tiny.asked == []


def test_offline_each_missing_file_is_named_with_its_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(images, "MNIST", images.MNIST._replace(mirrors=("http://127.0.0.1:1/a/", "http://[::1]:1/b/")))
    for download, reason in ((True, "refused|Cannot assign"), (False, "download is False")):
        with pytest.raises(FileNotFoundError, match=reason) as caught:
            images.mnist(tmp_path, download=download, progress=False)
        for wanted in (*GZ, str(tmp_path / "MNIST/raw"), *images.MNIST.mirrors, *images.MNIST.md5.values()):
            assert wanted in str(caught.value)
    with pytest.raises(FileNotFoundError, match=r"Put into .*: cifar-10-binary\.tar\.gz"):
        images.cifar10(tmp_path, download=False)


def test_what_is_missing_comes_from_the_first_mirror_that_has_it(tiny: Server, tmp_path: Path, capsys) -> None:
    tiny.files = {f"MNIST/raw/{name}": content for name, content in GZ.items()}
    put(tmp_path / "MNIST/raw", {name: GZ[name] for name in list(GZ)[:1]})
    data = images.mnist(tmp_path)
    np.testing.assert_allclose(data.points[:, 0], TRAIN / 127.5 - 1, atol=1e-6)
    assert [path for path, _ in tiny.asked if "gone" not in path] == [f"MNIST/raw/{name}" for name in list(GZ)[1:]]
    assert "t10k-images-idx3-ubyte.gz: 100%" in capsys.readouterr().err
    assert sorted(os.listdir(tmp_path / "MNIST/raw")) == sorted(GZ)
    asked = len(tiny.asked)
    images.mnist(tmp_path)
    assert len(tiny.asked) == asked


def test_a_mirror_that_gives_another_file_is_told_and_leaves_nothing(tiny: Server, tmp_path: Path) -> None:
    tiny.files = {f"gone/{name}": content for name, content in GZ.items()} | {"gone/train-labels-idx1-ubyte.gz": b"404"}
    with pytest.raises(FileNotFoundError, match="gave another file, with MD5") as caught:
        images.mnist(tmp_path, progress=False)
    assert re.findall(r"[\w-]+\.gz \(MD5", str(caught.value)) == [f"{name} (MD5" for name in list(GZ)[1:]]
    left = [name for name in os.listdir(tmp_path / "MNIST/raw") if not name.endswith(".lock")]
    assert left == ["train-images-idx3-ubyte.gz"]


@pytest.mark.parametrize("ranges", [True, False], ids=["with Range", "without Range"])
def test_a_broken_connection_goes_on_where_it_broke(server: Server, tmp_path: Path, ranges: bool) -> None:
    server.files, server.break_after, server.ranges = {"file": BYTES}, 150_000, ranges
    downloads.receive([f"{server.address}file"], tmp_path / "file", md5(BYTES), progress=False)
    assert (tmp_path / "file").read_bytes() == BYTES
    assert server.asked == [("file", None), ("file", "bytes=150000-")]
    assert os.listdir(tmp_path) == ["file"]


def test_a_download_killed_half_way_resumes(server: Server, tmp_path: Path) -> None:
    server.files, server.pause = {"file": BYTES}, 0.05
    part = tmp_path / "data" / "file.part"
    call = (
        f"downloads.receive([{server.address + 'file'!r}], Path({str(tmp_path / 'data' / 'file')!r}), {md5(BYTES)!r})"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", f"from pathlib import Path; from wgan_lib.images import downloads; {call}"]
    )
    deadline = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size > 100_000):
        assert time.monotonic() < deadline
        assert child.poll() is None
        time.sleep(0.01)
    child.kill()
    child.wait(timeout=10)
    arrived = part.stat().st_size
    assert 100_000 < arrived < len(BYTES)
    server.pause = 0.0
    downloads.receive([f"{server.address}file"], tmp_path / "data" / "file", md5(BYTES), progress=False)
    assert server.asked == [("file", None), ("file", f"bytes={arrived}-")]
    assert (tmp_path / "data" / "file").read_bytes() == BYTES


@pytest.mark.parametrize(
    ("waiting", "asked"),
    [(BYTES, ["bytes=400000-"]), (b"stale" * 1000, ["bytes=5000-", None]), (b"\0" * 500_000, ["bytes=500000-", None])],
    ids=["all there", "of another version", "too long"],
)
def test_any_part_ends_in_the_right_file(server: Server, tmp_path: Path, waiting: bytes, asked: list) -> None:
    server.files = {"file": BYTES}
    (tmp_path / "file.part").write_bytes(waiting)
    downloads.receive([f"{server.address}file"], tmp_path / "file", md5(BYTES), progress=False)
    assert (tmp_path / "file").read_bytes() == BYTES
    assert [sent for _, sent in server.asked] == asked


def test_a_full_disk_is_no_fault_of_the_mirror_and_keeps_what_arrived(server: Server, tmp_path: Path) -> None:
    server.files = {"file": BYTES}
    call = [f"{server.address}file"], tmp_path / "file", md5(BYTES), False
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OSError, match=r"File too large while writing .*file\.part: what has arrived is kept"):
            downloads.receive(*call)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    downloads.receive(*call)
    assert server.asked == [("file", None), ("file", "bytes=100000-")]
    assert (tmp_path / "file").read_bytes() == BYTES


@pytest.mark.parametrize("unpacked", [False, True])
def test_cifar_is_read_in_the_order_of_its_batches(unpacked: bool, tiny: Server, tmp_path: Path) -> None:
    if unpacked:
        put(
            tmp_path / "cifar-10-batches-bin",
            {f"{n}.bin": r.tobytes() for n, r in zip(CIFAR_FILES, CIFAR, strict=True)},
        )
    tiny.files = {} if unpacked else {"cifar-10-binary.tar.gz": cifar_archive()}
    data = images.cifar10(tmp_path, progress=False)
    records = CIFAR.reshape(-1, 3073)
    np.testing.assert_array_equal(data.labels, records[:20, 0])
    np.testing.assert_array_equal(data.held_out.labels, records[20:, 0])
    assert data.pixels.shape == (20, 3, 32, 32)
    assert data.pixels[7, 2, 5, 9] == records[7, 1 + 2 * 1024 + 5 * 32 + 9]
    np.testing.assert_allclose(data.held_out.points.flatten(1), records[20:, 1:] / 127.5 - 1, atol=1e-6)
    assert not list(tmp_path.glob("**/*.part"))


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (cifar_archive(CIFAR_FILES[:5]), "it lacks cifar-10-batches-bin/test_batch.bin"),
        (cifar_archive(cut=1), "data_batch_1.bin in .*cifar-10-binary.tar.gz is damaged, cut short"),
        (cifar_archive(cut=4 * 3073), "0 bytes, records of 3073"),
        (gzip.compress(b"no archive"), "cifar-10-binary.tar.gz is damaged"),
        (cifar_archive()[:-900], "cifar-10-binary.tar.gz is damaged"),
    ],
    ids=["a file lacks", "a record is cut", "a file is empty", "no archive", "the archive is cut"],
)
def test_wrong_cifar_archives_are_refused(archive, message, tiny: Server, tmp_path: Path, monkeypatch) -> None:
    put(tmp_path, {"cifar-10-binary.tar.gz": archive})
    with pytest.raises(ValueError, match="its MD5 is"):
        images.cifar10(tmp_path)
    monkeypatch.setattr(images, "CIFAR10", images.CIFAR10._replace(md5={"cifar-10-binary.tar.gz": md5(archive)}))
    with pytest.raises(ValueError, match=message):
        images.cifar10(tmp_path)


class Trap:
    def __reduce__(self) -> tuple:
        return Path.touch, (Path("sprung"),)


def test_torchvisions_pickles_are_never_opened(tiny: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    trap = pickle.dumps(Trap())
    put(tmp_path / "cifar-10-batches-py", dict.fromkeys(CIFAR_FILES, trap))
    with pytest.raises(FileNotFoundError, match=r"Put into .*: cifar-10-binary\.tar\.gz"):
        images.cifar10(tmp_path)
    put(tmp_path / "MNIST/raw", {**GZ, "train-images-idx3-ubyte.gz": trap})
    with pytest.raises(ValueError, match="its MD5 is"):
        images.mnist(tmp_path)
    assert not Path("sprung").exists()
    pickle.loads(trap)
    assert Path("sprung").exists(), "the trap must be able to spring"


def test_a_folder_gives_its_middle_squares(tmp_path: Path) -> None:
    wide = np.zeros((8, 12, 3), np.uint8)
    wide[:, 2:10] = [255, 0, 51]  # the middle square; black on its sides
    for i in range(11):
        wide[:, 2:10, 1] = 20 * i  # no two alike
        (tmp_path / f"sub{i % 2}").mkdir(exist_ok=True)
        Image.fromarray(wide).save(tmp_path / f"sub{i % 2}" / f"{i:02d}.{'PNG' if i % 3 else 'bmp'}")
    (tmp_path / "notes.txt").write_text("no picture")
    data = images.folder(tmp_path, size=4)
    assert (len(data), len(data.held_out), data.classes) == (9, 2, ("sub0", "sub1"))
    assert (data.labels.tolist(), data.held_out.labels.tolist()) == ([0] * 5 + [1] * 4, [0, 1])
    assert repr(data) == f"folder({tmp_path.name}, 4, 3)"
    for part in (data, data.held_out):
        expected = torch.tensor([1.0, -1.0, -0.6]).view(1, 3, 1, 1).expand(len(part), 3, 4, 4)
        torch.testing.assert_close(part.points[:, ::2], expected[:, ::2])
    # sub0 holds 00, 02, … 10, then sub1 01, 03, …: the first and the eleventh are held out
    assert data.held_out.pixels[:, 1].amax((1, 2)).tolist() == [0, 180]
    grey = images.folder(tmp_path, size=4, channels=1)
    assert grey.points.shape == (9, 1, 4, 4)
    assert grey.pixels.amax((1, 2, 3)).tolist() == [
        round(0.299 * 255 + 0.587 * 20 * i + 0.114 * 51) for i in (2, 4, 6, 8, 10, 1, 3, 5, 7)
    ]


def test_a_folder_names_what_it_cannot_use(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=f"{tmp_path} holds 0 pictures"):
        images.folder(tmp_path, size=4)
    picture = Image.fromarray(TRAIN[0])
    picture.save(tmp_path / "a.png")
    picture.save(tmp_path / "b.png")
    for size, channels, message in ((0, 3, "size is 0"), (4, 2, "channels is 2"), (4.5, 3, "size is 4.5")):
        with pytest.raises(ValueError, match=f"{message}: it must be"):
            images.folder(tmp_path, size, channels)
    for ground in ("whitish", (0, 0), (0, 0, 256), (0.5, 0, 0), None):
        with pytest.raises(ValueError, match=f"ground is {re.escape(repr(ground))}: it must be a colour's name"):
            images.folder(tmp_path, 4, ground=ground)
    whole = (tmp_path / "a.png").read_bytes()
    for broken in (whole[: len(whole) // 2], b"no picture", whole[:60] + b"\0" * 30 + whole[90:]):
        (tmp_path / "b.png").write_bytes(broken)
        with pytest.raises(ValueError, match=r"b\.png cannot be read as a picture"):
            images.folder(tmp_path, size=4)


def as_read(folder: Path, picture: Image.Image, ground: str = "white", channels: int = 1) -> torch.Tensor:
    """What ``images.folder`` makes of a picture of 8 × 8."""
    for i in range(2):
        Image.new("L", (8, 8), 100 + i).save(folder / f"z{i}.png")
    picture.save(folder / "a.png")
    return images.folder(folder, 8, channels, ground).held_out.pixels[0]  # the first is held out


def test_16_bits_of_grey_become_8(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 64).reshape(8, 8).astype(np.uint16)
    found = as_read(tmp_path, Image.fromarray(ramp))[0]
    assert found.float().mean().item() == pytest.approx(127.5, abs=0.6)
    assert (found - torch.from_numpy(ramp / 257)).abs().max() <= 0.5
    assert as_read(tmp_path, Image.fromarray(ramp // 64)).max() == 4
    clear = Image.fromarray(ramp)
    clear.info["transparency"] = 65535
    assert as_read(tmp_path, clear, "black")[0, 7].tolist() == [*found[7, :7].tolist(), 0]


def test_32_bits_do_not_tell_what_is_white(tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    for kind in (np.int32, np.float32):
        Image.fromarray(np.ones((8, 8), kind)).save(tmp_path / "b.tiff")
        with pytest.raises(ValueError, match=r"b\.tiff cannot be read as a picture: mode [IF], 32 bits a pixel"):
            images.folder(tmp_path, 8)


def test_a_black_drawing_on_nothing_lies_on_the_ground(tmp_path: Path) -> None:
    alpha = np.zeros((8, 8), np.uint8)
    alpha[2:6, 2:6] = 255
    rgba = Image.fromarray(np.dstack([np.zeros((8, 8, 3), np.uint8), alpha]))
    la = Image.fromarray(np.dstack([np.zeros((8, 8), np.uint8), alpha]))
    palette = Image.fromarray((alpha > 0).astype(np.uint8))
    palette = palette.convert("P")
    palette.putpalette([9, 200, 7, 0, 0, 0])
    palette.info["transparency"] = 0
    grey = Image.fromarray(255 - alpha // 255 * 255 - (alpha == 0) * np.uint8(200))
    grey.info["transparency"] = 55
    for picture in (rgba, la, palette, grey):
        found = as_read(tmp_path, picture)[0].float()
        torch.testing.assert_close(found, 255 - torch.from_numpy(alpha).float(), msg=picture.mode)
        assert as_read(tmp_path, picture, "#ff0064", channels=3)[:, 0, 0].tolist() == [255, 0, 100]
    rgba.putalpha(Image.new("L", (8, 8), 51))
    assert as_read(tmp_path, rgba, "#ff0064", channels=3)[:, 4, 4].tolist() == [204, 0, 80]
    assert repr(images.folder(tmp_path, 8, 3, "red")) == f"folder({tmp_path.name}, 8, 3, ground='red')"
    assert repr(images.folder(tmp_path, 8, 3, (255, 255, 255))) == f"folder({tmp_path.name}, 8, 3)"


def test_hidden_files_of_systems_are_passed_over(tmp_path: Path) -> None:
    for i in range(12):
        Image.new("RGB", (4, 4), (i, 0, 0)).save(tmp_path / f"{i:02d}.png")
    alone = images.folder(tmp_path, 4)
    put(tmp_path, {"._03.png": b"not one", ".DS_Store": b"", "Thumbs.db": b""})
    for hidden in ("__MACOSX", ".ipynb_checkpoints", "sub/.cache"):
        put(tmp_path / hidden, {"x.png": b"not one"})
    (tmp_path / "album.png").mkdir()
    assert torch.equal(images.folder(tmp_path, 4).pixels, alone.pixels)
    hidden = tmp_path / ".hidden"
    hidden.mkdir()
    for i in range(2):
        Image.new("RGB", (4, 4), (i, 0, 0)).save(hidden / f"{i}.png")
    assert len(images.folder(hidden, 4)) == 1  # who names a hidden folder means it


def test_copies_are_never_in_both_parts(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    kinds = [rng.integers(0, 256, (5, 5, 3), dtype=np.uint8) for _ in range(23)]
    for i in range(100):
        Image.fromarray(kinds[rng.integers(23)]).save(tmp_path / f"{i:03d}.{('png', 'bmp')[i % 2]}")
    data = images.folder(tmp_path, 5)
    train, held_out = ({p.numpy().tobytes() for p in part.pixels} for part in (data, data.held_out))
    assert len(data) + len(data.held_out) == 100
    assert (len(train), len(held_out)) == (20, 3)
    assert not train & held_out
    for file in list(tmp_path.iterdir())[2:]:
        file.unlink()
    for file in tmp_path.iterdir():
        Image.fromarray(kinds[0]).save(file)
    with pytest.raises(ValueError, match="holds 2 copies of one picture: none is left to hold out"):
        images.folder(tmp_path, 5)


def test_home_is_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny: Server) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "data/MNIST/raw", GZ)
    assert len(images.mnist("~/data", download=False)) == 30
    for i in range(2):
        Image.new("L", (4, 4), i).save(tmp_path / f"{i}.png")
    assert len(images.folder("~", 4)) == 1
    with pytest.raises(FileNotFoundError, match=re.escape(f"Put into {tmp_path}/x: cifar")):
        images.cifar10("~/x", download=False)
    assert not (tmp_path / "~").exists()


@pytest.mark.parametrize("name", IDX)
def test_one_bit_flipped_in_an_unpacked_file_is_seen(name: str, tiny: Server, tmp_path: Path, monkeypatch) -> None:
    known = images.MNIST._replace(unpacked={name: md5(content) for name, content in IDX.items()})
    monkeypatch.setattr(images, "MNIST", known)
    put(tmp_path / "MNIST/raw", IDX)
    assert len(images.mnist(tmp_path, download=False)) == 30
    rng = np.random.default_rng(0)
    for _ in range(20):
        flipped = bytearray(IDX[name])
        flipped[rng.integers(len(flipped))] ^= 1 << rng.integers(8)
        put(tmp_path / "MNIST/raw", {name: bytes(flipped)})
        with pytest.raises(ValueError, match=f"{name} is damaged, cut short or another file: its MD5 is"):
            images.mnist(tmp_path)


def test_the_real_sets_have_their_numbers_of_each_label(tiny: Server, tmp_path: Path, monkeypatch) -> None:
    assert set(images.MNIST.unpacked.values()).isdisjoint(images.MNIST.md5.values())
    for source in ("FASHION_MNIST", "CIFAR10"):
        assert images.__dict__[source].balanced or source == "FASHION_MNIST"
    monkeypatch.setattr(images, "FASHION_MNIST", images.FASHION_MNIST._replace(pictures=(30, 10), balanced=True))
    put(tmp_path / "FashionMNIST/raw", IDX)
    assert len(images.fashion_mnist(tmp_path, download=False)) == 30
    labels = bytearray(IDX["t10k-labels-idx1-ubyte"])
    labels[-1] ^= 1
    put(tmp_path / "FashionMNIST/raw", {"t10k-labels-idx1-ubyte": bytes(labels)})
    with pytest.raises(ValueError, match=r"10 pictures of fashion_mnist\(\)\.held_out, by label .* damaged"):
        images.fashion_mnist(tmp_path, download=False)


def test_several_downloads_of_one_file_at_once_all_succeed(server: Server, tmp_path: Path) -> None:
    server.files, server.pause = {"file": BYTES}, 0.02
    call = f"downloads.receive([{server.address + 'file'!r}], Path({str(tmp_path / 'file')!r}), {md5(BYTES)!r})"
    code = f"from pathlib import Path; from wgan_lib.images import downloads; {call}"
    children = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    ends: list[object] = []

    def receive() -> None:
        downloads.receive([f"{server.address}file"], tmp_path / "file", md5(BYTES), progress=False)
        ends.append((tmp_path / "file").read_bytes() == BYTES)

    threads = [threading.Thread(target=receive) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [child.wait(60) for child in children] == [0, 0]
    assert ends == [True] * 3
    assert server.asked == [("file", None)]
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("where", ["headers", "body"])
def test_a_dripping_server_is_given_up(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "PATIENCE", 0.5)
    stop = threading.Event()

    def drip() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.sendall(b"HTTP/1.0 200 OK\r\n" + (b"X-A: " if where == "headers" else b"\r\n"))
            threading.Thread(target=drop, args=(connection,), daemon=True).start()

    def drop(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while not stop.wait(0.05):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=drip, daemon=True).start()
        begun = time.monotonic()
        wanted = "no answer within 0.5 s" if where == "headers" else r"only \d+ bytes came in"
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/file"
        with pytest.raises(ConnectionError, match=wanted):
            downloads.receive([url], tmp_path / "file", md5(BYTES), progress=False)
        stop.set()
    assert time.monotonic() - begun < 20


def chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP", b"gAMA", b"pHYs", b"tRNS", b"cHRM", b"sRGB", b"eXIf", b"iTXt"])
def test_odd_chunks_of_a_png_are_used_or_the_file_is_named(kind: bytes, tmp_path: Path) -> None:
    whole = io.BytesIO()
    Image.fromarray(TRAIN[0]).save(whole, "PNG")
    head, rest = whole.getvalue()[:33], whole.getvalue()[33:]
    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    for content in (b"name\0\0" + zlib.compress(b"x" * 2_000_000), b"", b"\0", b"\xff\xff\xff"):
        (tmp_path / "b.png").write_bytes(head + chunk(kind, content) + rest)
        try:
            data = images.folder(tmp_path, 28, 1)
        except ValueError as error:
            assert str(tmp_path / "b.png") in str(error)  # noqa: PT017  (either end is right)
        else:
            assert len(data) == 1


def test_other_kinds_of_pictures_end_upright_in_their_first_frame(tmp_path: Path) -> None:
    half = Image.new("L", (8, 8))
    half.paste(255, (0, 0, 4, 8))  # white on the left
    turned = half.convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise: white is then above
    turned.save(tmp_path / "a.jpg", exif=exif, quality=100)
    half.save(tmp_path / "b.gif", save_all=True, append_images=[Image.new("L", (8, 8), 255)])
    half.save(tmp_path / "c.png", save_all=True, append_images=[Image.new("L", (8, 8), 255)])
    half.convert("CMYK").save(tmp_path / "d.jpg", quality=100)
    half.convert("1").save(tmp_path / "e.png")
    data = images.folder(tmp_path, 8, 1)
    assert (data.held_out.pixels[0, 0].float().mean(1) > 200).tolist() == [True] * 4 + [False] * 4
    for picture in data.pixels[:, 0].float():
        torch.testing.assert_close(picture, torch.tensor(np.asarray(half)).float(), atol=8, rtol=0)


def test_a_picture_too_large_to_open_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "ab":
        Image.new("1", (40, 50)).save(tmp_path / f"{name}.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1500)
    with pytest.warns(Image.DecompressionBombWarning), pytest.raises(ValueError, match=r"a\.png.*40 × 50 pixels"):
        images.folder(tmp_path, 4)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(ValueError, match=r"a\.png cannot be read as a picture"):
        images.folder(tmp_path, 4)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_damaged_pictures_are_used_or_named(kind: str, tmp_path: Path) -> None:
    rng, buffer = np.random.default_rng(0), io.BytesIO()
    picture = Image.fromarray(RNG.integers(0, 256, (9, 9, 3), dtype=np.uint8))
    picture.save(buffer, kind)
    whole, file = buffer.getvalue(), tmp_path / f"b.{kind.lower()}"
    Image.new("L", (4, 4), 7).save(tmp_path / "a.png")
    refused = 0
    for i in range(40):
        content = bytearray(whole)
        if i % 3 == 0:
            content = content[: rng.integers(len(content))]
        for _ in range(rng.integers(1, 6)):
            if content:
                content[rng.integers(len(content))] = rng.integers(256)
        file.write_bytes(bytes(content))
        try:
            images.folder(tmp_path, 4)
        except ValueError as error:
            assert str(file) in str(error)  # noqa: PT017  (either end is right)
            refused += 1
    assert refused > 10


@pytest.mark.parametrize("odd", [None, 3, 1j, ["data"], True])
def test_odd_arguments_are_named(odd: object) -> None:
    for name, call in (
        ("root", lambda: images.mnist(odd, download=False)),
        ("root", lambda: images.cifar10(odd, download=False)),
        ("path", lambda: images.folder(odd, 4)),
        ("pixels", lambda: images.Images("mine", odd)),
        ("generator", lambda: images.digits().sample(2, odd)),
    ):
        with pytest.raises(TypeError, match=f"^{name} is "):
            call()
