"""The commands on data of one's own: what is in it, a training, samples, scores and a report, from one folder."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from wgan_lib import __main__ as command_line
from wgan_lib import images, metrics, presets, runs, tables
from wgan_lib.commands import checking, training

QUICK = [
    "--batch-size",
    "8",
    "--critic-steps",
    "1",
    "--device",
    "cpu",
    "--quiet",
    "--steps",
    "4",
    "--record-every",
    "2",
]


@pytest.fixture(autouse=True)
def _same_threads_afterwards() -> None:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def ran(*arguments: object) -> int:
    return command_line.main([str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, rng = tmp_path_factory.mktemp("own"), np.random.default_rng(0)
    for i in range(240):
        place = folder / ("dark" if i % 2 else "light")
        place.mkdir(exist_ok=True)
        pixels = rng.integers(0, 120, (9, 9), dtype=np.uint8) + (0 if i % 2 else 120)
        Image.fromarray(np.dstack([pixels, np.full((9, 9), 255, np.uint8)])).save(place / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("table") / "own.csv"
    made = tables.clinic(200)
    path.write_bytes(made.csv(made.points))
    return path


def test_pictures_of_ones_own_from_check_to_report(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran("check", "--data", pictures, "--preset", "wgan-gp-digits", "--device", "cpu") == 0
    said = capsys.readouterr().out
    for told in (
        "240 pictures; of 240 looked at, the shorter side is 9 to 9", "kinds: LA 240",
        "as 1 × 8 × 8: 216 to train on, 24 held out, 0 copies", "classes by subfolder: dark 120, light 120",
        "fewer than 5000", "λ = 10 lets the slope", "a bias of 5%", "samples a second", "its 3000 steps take",
    ):  # fmt: skip
        assert told in said, told
    out = tmp_path / "run"
    options = ["--flips", "--augment", "translation", "--ground", "black"]
    assert ran("train", "wgan-gp-digits", "--data", pictures, "--out", out, *options, *QUICK) == 0
    settings = presets.read_settings(out)
    assert f"learns the pictures in {pictures}" in capsys.readouterr().out
    assert settings["own"] == {"flips": True, "augment": ["translation"], "ground": "black"}
    assert (pictures / ".wgan_lib" / "8x1-000000" / "pictures.json").exists()
    lines = [json.loads(line) for line in (out / "stats.jsonl").read_text().splitlines()]
    assert [line["index"] for line in lines] == [0, 1, 3]
    assert all(line["samples_per_second"] > 0 for line in lines)
    assert "own0" in runs.load(out / "run.npz").meta["data"]  # pytest's name of the folder
    assert ran("resume", out) == 0
    assert ran("sample", out, "-n", 3, "--seed", 1) == 0
    made = sorted((out / "samples").iterdir())
    assert [path.name for path in made] == ["00000.png", "00001.png", "00002.png"]
    assert Image.open(made[0]).size == (8, 8)
    assert ran("sample", out) == 2
    assert "is there already" in capsys.readouterr().err
    assert ran("evaluate", out, "--samples", 30) == 0
    said = capsys.readouterr().out
    assert "judged by a classifier right on" in said
    assert "(dark, light)" in said
    assert "classifier Fréchet distance" in said
    assert ran("report", out) == 0
    page = (out / "report.html").read_text()
    for heading in (
        "Curves",
        "Samples over time",
        "Between latents",
        "Nearest training pictures",
        "Scores",
        "Settings",
    ):
        assert f"<h2>{heading}</h2>" in page
    assert page.count("data:image/png;base64,") == 4
    assert not re.findall(r'(?:src|href)="(?!data:)', page), "it must need nothing from outside"
    assert "<script" not in page
    assert "classifier Fréchet distance" in page


def test_pictures_of_another_size_take_dcgans_networks(pictures: Path, tmp_path: Path) -> None:
    out, quick = tmp_path / "run", [*QUICK[:-4], "--steps", "1", "--record-every", "2"]
    assert ran("train", "sn-digits", "--data", pictures, "--size", 16, "--out", out, *quick) == 0
    assert ran("sample", out, "-n", 1) == 0
    assert Image.open(out / "samples" / "00000.png").size == (16, 16)


def test_a_table_of_ones_own_from_check_to_report(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran("check", "--data", table, "--device", "cpu") == 0
    said = capsys.readouterr().out
    for told in (
        "128 rows to train on, 32 held out",
        "age: amount, whole",
        "country: constant, 'here'",
        "samples a second",
    ):
        assert told in said, told
    out = tmp_path / "run"
    assert ran("train", "wgan-gp-table", "--data", table, "--out", out, *QUICK) == 0
    assert ran("sample", out, "-n", 25) == 0
    made = tables.read(out / "samples.csv")
    assert len(made) + len(made.held_out) == 25
    again = tmp_path / "more.csv"
    assert ran("sample", out, "-n", 25, "--out", again) == 0
    assert again.read_bytes() == (out / "samples.csv").read_bytes()
    assert ran("evaluate", out, "--samples", 40) == 0
    said = capsys.readouterr().out
    for row in (
        "W1 to held-out",
        "distance to the closest row",
        "membership",
        "right on 'readmitted' when taught by it",
    ):
        assert row in said
    assert "neither distance nor membership test is a guarantee of privacy" in said
    assert ran("report", out) == 0
    assert "<h2>Shares of categories</h2>" in (out / "report.html").read_text()


def test_points_of_the_plane_are_sampled_and_reported(tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert ran("train", "sn-ring8", "--out", out, *QUICK) == 0
    assert ran("sample", out, "-n", 7, "--out", tmp_path / "points.csv") == 0
    lines = (tmp_path / "points.csv").read_text().splitlines()
    assert (lines[0], len(lines)) == ("x,y", 8)
    assert ran("report", out, "--out", tmp_path / "r.html") == 0
    assert "Not judged yet" in (tmp_path / "r.html").read_text()


def test_options_that_name_no_pictures_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("train", "wgan-gp-digits", "--flips", "--data", tmp_path, "--out", tmp_path / "a", *QUICK) == 1
    assert "--flips is for pictures of your own" in capsys.readouterr().err
    assert ran("check", "--data", tmp_path / "none") == 2
    assert ran("check", "--data", tmp_path) == 2
    assert "holds 0 pictures" in capsys.readouterr().err
    (tmp_path / "x.bin").write_bytes(b"")
    assert ran("check", "--data", tmp_path / "x.bin") == 1
    for i in range(3):
        Image.new("L", (4, 4), i).save(tmp_path / f"{i}.png")
    (tmp_path / "MNIST").mkdir()  # a folder of published sets, whatever else lies there
    assert ran("train", "wgan-gp-digits", "--flips", "--data", tmp_path, "--out", tmp_path / "a", *QUICK) == 1
    with pytest.raises(SystemExit):
        ran("train", "wgan-gp-digits", "--augment", "color")
    assert "'color' is none of colour, translation, cutout" in capsys.readouterr().err


def test_statistics_are_told_once_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "stats.jsonl"
    path.write_text('{"index": 0}\n{"index": 49}\n{"index": 99}\n{"ind')
    statistics = training._Statistics(path)
    statistics._cut(50)
    assert path.read_text() == '{"index": 0}\n{"index": 49}\n'


def test_the_suggested_penalties_are_those_of_two_points() -> None:
    """λ by the bias law of fact 17, γ by the least of softplus(−s t) + γ s² on a grid of slopes."""
    distance = 3.7
    lines = checking.penalties(distance, 5)
    weight = float(re.search(r"a bias of 25% asks for λ = (\S+)", lines[2])[1])
    s = np.linspace(0, 3, 300_001)
    gap = s * distance - weight * (s - 1) ** 2
    assert s[gap.argmax()] == pytest.approx(1.25, rel=2e-3)
    gamma = float(re.search(r"γ = (\S+)", lines[3])[1])
    loss = np.logaddexp(0, -s * distance) + gamma * s**2
    assert s[loss.argmin()] * distance == pytest.approx(1, rel=5e-3)
    assert len(checking.penalties(distance, 1)) == len(lines) + 1


def test_a_classifier_of_ones_own_classes_and_coarse_pixels(pictures: Path) -> None:
    data = images.folder(pictures, 8, 1)
    state = torch.get_rng_state()
    classifier = metrics.fit_classifier(data, torch.Generator().manual_seed(0), n_steps=60)
    assert classifier.settings["accuracy"] > 0.95
    assert torch.equal(torch.get_rng_state(), state)
    with pytest.raises(ValueError, match="without labels"):
        metrics.fit_classifier(images.Images("x", data.pixels, None, data.held_out), torch.Generator())
    features, classes = metrics.CoarsePixels((1, 8, 8), 2).look(data.points[:5])
    np.testing.assert_allclose(features[:, 0], data.points[:5, 0, :4, :4].mean((1, 2)), rtol=1e-5)
    assert classes.tolist() == [0] * 5


def test_inceptions_scores_are_asked_of_their_package_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pictures: Path
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "torch_fidelity", None)
    assert "need the package torch-fidelity" in metrics.why_not()
    asked: dict[str, object] = {}

    class Fidelity:
        @staticmethod
        def calculate_metrics(**given: object) -> dict[str, float]:
            asked.update(given)
            return {"frechet_inception_distance": 12.0, "inception_score_mean": 3.0}

    monkeypatch.setitem(__import__("sys").modules, "torch_fidelity", Fidelity)
    assert "need Inception's weights" in metrics.why_not()
    with pytest.raises(RuntimeError, match="need Inception's weights"):
        metrics.inception_scores(torch.zeros(2, 1, 4, 4), torch.zeros(2, 1, 4, 4))
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / metrics.inception.WEIGHTS).write_bytes(b"")
    assert metrics.why_not() is None
    found = metrics.inception_scores(torch.full((2, 1, 4, 4), -1.0), torch.ones(3, 1, 4, 4))
    assert found == {"FID": 12.0, "Inception score": 3.0}
    assert [len(asked[name]) for name in ("input1", "input2")] == [2, 3]
    assert asked["input1"][0].shape == (3, 4, 4)
    assert (asked["input1"][0].max(), asked["input2"][0].min()) == (0, 255)
