"""Digits from the command line to the sheet of samples and their scores, and many seeds at once."""

import dataclasses
import json
import math
import re
from pathlib import Path

import matplotlib.image
import pytest
import torch

from wgan_lib import __main__ as command_line
from wgan_lib import images, presets
from wgan_lib.metrics import pictures
from wgan_lib.presets import judging
from wgan_lib.training import TensorData

NAMES = ["wgan-gp-digits", "clipping-digits", "sn-digits"]


def trained(name: str, folder: Path, steps: int) -> dict:
    options = ["--steps", str(steps), "--device", "cpu", "--quiet", "--record-every", "50"]
    threads = torch.get_num_threads()
    try:
        assert command_line.main(["train", name, "--out", str(folder), *options]) == 0
    finally:
        torch.set_num_threads(threads)
    assert command_line.main(["evaluate", str(folder)]) == 0
    return json.loads((folder / "evaluation.json").read_text())


def test_evaluate_shows_samples_scores_and_floors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = trained("sn-digits", tmp_path, 4)
    said = capsys.readouterr().out
    assert "299 at a time judged by a classifier right on 98.5%" in said
    shares = re.search(r"per cent in each class: ([\d ]+)", said)
    assert shares is not None
    assert sum(map(int, shares[1].split())) == pytest.approx(100, abs=5)
    names = [name for name in report if f"{name}, of the law itself" in report]
    assert len(names) == 9
    assert all(re.search(rf"^{name} +[\d.e+-]+ +[\d.e+-]+$", said, re.MULTILINE) for name in names)
    assert report["classifier Fréchet distance"] > 5 * report["classifier Fréchet distance, of the law itself"]
    sheet = matplotlib.image.imread(tmp_path / "samples.png")
    assert min(sheet.shape[:2]) > 300
    assert sheet[..., :3].std() > 0.1


def test_what_cannot_be_judged_is_told() -> None:
    preset = presets.build("sn-digits")
    unlabelled = dataclasses.replace(preset.data.held_out, name="faces().held_out")  # type: ignore[attr-defined]
    faces = dataclasses.replace(preset.data, held_out=unlabelled)  # type: ignore[type-var]
    rng = torch.Generator().manual_seed(0)
    with pytest.raises(FileNotFoundError, match="no classifier for 'faces'"):
        judging.judge(dataclasses.replace(preset, make_data=lambda: faces), torch.zeros(20, 1, 8, 8), rng)
    numbers = dataclasses.replace(preset, make_data=lambda: TensorData(torch.zeros(3, 2)))
    with pytest.raises(
        ValueError, match=r"sn-digits learns tensor of shape \(3, 2\): only laws of the plane, pictures and tables"
    ):
        judging.judge(numbers, torch.zeros(20, 2), rng)
    assert judging.sheet(torch.zeros(20, 2)) is None


@pytest.mark.parametrize("name", NAMES)
def test_seeds_side_by_side_are_the_seeds_alone(name: str) -> None:
    seeds = [3, 5]
    settings = {"n_steps": 3, "critic_steps": 2, "batch_size": 16, "device": "cpu"}
    alone = [[step.w1_estimate for step in presets.build(name, s).train(seed=s, **settings)] for s in seeds]
    together = [step.w1_estimate for step in presets.build(name, seeds).train(seed=seeds, **settings)]
    torch.testing.assert_close(torch.tensor(together), torch.tensor(alone).T, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "worst", "recall"),
    [("wgan-gp-digits", 5, 0.5), ("clipping-digits", 7, 0.3), ("sn-digits", 5, 0.5)],  # clipping learns most slowly
)
def test_short_trainings_show_all_ten_digits(name: str, worst: float, recall: float) -> None:
    preset, classifier = presets.build(name), pictures.load_classifier()
    *_, step = preset.train(n_steps=300, device="cpu")
    rng = torch.Generator().manual_seed(0)
    with torch.no_grad():
        samples = step.generator(preset.latent.sample(299, rng))
    found = pictures.scores(samples, images.digits().held_out.points, classifier, rng)
    assert found["classes"].value == 10
    assert found["recall"].value > recall
    distance = found["classifier Fréchet distance"]
    assert distance.value < worst * distance.floor
    assert math.isfinite(step.w1_estimate)
