"""Scores of pictures: right where the answer is known, ordered on sets damaged on purpose, each beside its floor."""

import hashlib
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from wgan_lib import images
from wgan_lib.files import DamagedFileError
from wgan_lib.metrics import pictures
from wgan_lib.training import checkpoints

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "wgan_lib" / "recorded" / "digits-classifier.pt"


@pytest.fixture(scope="module")
def digits() -> images.Images:
    return images.digits()


@pytest.fixture(scope="module")
def classifier() -> pictures.Classifier:
    return pictures.load_classifier()


def test_frechet_distance_is_the_formula_on_the_moments() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, 5)) @ rng.normal(size=(5, 5)), rng.normal(size=(200, 5)) + 1
    a, b = np.cov(x.T, ddof=0), np.cov(y.T, ddof=0)
    expected = ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(a + b - 2 * np.real(sqrtm(a @ b)))
    assert pictures.frechet_distance(x, y) == pytest.approx(expected, rel=1e-6)
    assert pictures.frechet_distance(y, x) == pytest.approx(expected, rel=1e-6)
    assert pictures.frechet_distance(x, x) == pytest.approx(0, abs=1e-9)
    assert pictures.frechet_distance(x, x + 3) == pytest.approx(45, rel=1e-9)
    assert pictures.frechet_distance(x[:, :1], 2 * x[:, :1]) == pytest.approx((x[:, 0] ** 2).mean(), rel=1e-6)
    with pytest.raises(ValueError, match="x and y hold 300 and 1 samples"):
        pictures.frechet_distance(x, y[:1])


def by_hand(real: np.ndarray, generated: np.ndarray, k: int) -> tuple[float, float, float, float]:
    """The definitions of the two papers, one sample at a time."""

    def radius(points: np.ndarray, i: int) -> float:
        return sorted(math.dist(points[i], points[j]) for j in range(len(points)) if j != i)[k - 1]

    real_radii = [radius(real, i) for i in range(len(real))]
    generated_radii = [radius(generated, j) for j in range(len(generated))]
    around = [[math.dist(x, y) <= r for x, r in zip(real, real_radii, strict=True)] for y in generated]
    recalled = [any(math.dist(x, y) <= r for y, r in zip(generated, generated_radii, strict=True)) for x in real]
    return (
        sum(any(row) for row in around) / len(generated),
        sum(recalled) / len(real),
        sum(sum(row) for row in around) / (k * len(generated)),
        sum(any(row[i] for row in around) for i in range(len(real))) / len(real),
    )


@pytest.mark.parametrize(("k", "shift"), [(1, 0.0), (3, 0.5), (5, 1.0)])
def test_coverage_scores_follow_their_definitions(k: int, shift: float) -> None:
    rng = np.random.default_rng(k)
    real, generated = rng.normal(size=(40, 3)), 0.7 * rng.normal(size=(30, 3)) + shift
    found = pictures.precision_recall(real, generated, k) + pictures.density_coverage(real, generated, k)
    assert found == pytest.approx(by_hand(real, generated, k))
    assert min(found) < 0.9


def test_coverage_of_the_law_itself_is_what_theory_says() -> None:
    n, k, rng = 400, 5, np.random.default_rng(0)
    pairs = [pictures.density_coverage(*rng.normal(size=(2, n, 4)), k) for _ in range(20)]
    theory = 1 - math.prod((n - i) / (2 * n - i) for i in range(1, k + 1))  # Naeem 2020, Lemma 2
    density, coverage = np.mean(pairs, axis=0)
    assert coverage == pytest.approx(theory, abs=0.006)
    assert density == pytest.approx(1, abs=0.02)


def test_sets_apart_far_away_and_collapsed() -> None:
    real = np.random.default_rng(0).normal(size=(50, 3))
    assert pictures.precision_recall(real, real + 100) == (0, 0)
    assert pictures.density_coverage(real, real + 100) == (0, 0)
    assert pictures.precision_recall(real, real) == (1, 1)
    one = np.repeat(real[:1], 50, axis=0)
    precision, recall = pictures.precision_recall(real, one)
    assert (precision, recall) == (1, 0.02)
    outlier = np.concatenate([one, [[100.0, 0, 0]]])  # widens no ball but its own
    assert pictures.density_coverage(real, outlier)[1] == pictures.density_coverage(real, one)[1] < 0.3
    for k, wanted in (
        (0, "a whole number, 1 or more"),
        (2.5, "a whole number"),
        (50, "below 50 real and 50 generated"),
    ):
        with pytest.raises(ValueError, match=f"k is {k}: it must be {wanted}"):
            pictures.precision_recall(real, real, k)


@pytest.mark.parametrize("score", [pictures.frechet_distance, pictures.precision_recall, pictures.density_coverage])
def test_scores_of_features_name_what_is_wrong_and_take_tensors(score: object) -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 40, 3))
    one, other = ("x", "y") if score is pictures.frechet_distance else ("real", "generated")
    tensors = torch.tensor(x), torch.tensor(y, dtype=torch.float32)
    assert score(*tensors) == pytest.approx(score(x, y), rel=1e-5)
    assert score(x.tolist(), y.tolist()) == score(x, y)
    assert score(x[:, 0], y[:, 0]) == score(x[:, :1], y[:, :1])
    for bad in (math.nan, math.inf):
        wrong = x.copy()
        wrong[3, 1] = bad
        with pytest.raises(ValueError, match=f"^{one} must be finite, got {bad}"):
            score(wrong, y)
        with pytest.raises(ValueError, match=f"^{other} must be finite, got {bad}"):
            score(x, wrong)
    for shape in ((0, 3), (4, 0), (2, 2, 2)):
        with pytest.raises(ValueError, match=rf"^{other} must hold samples of shape"):
            score(x, np.zeros(shape))
    with pytest.raises(TypeError, match=f"^{one} must hold real numbers"):
        score(np.array(["a", "b"]), y)
    with pytest.raises(ValueError, match=f"{one} and {other} have 3 and 2 dimensions: they must agree"):
        score(x, y[:, :2])


def test_moments_that_no_number_can_hold_are_refused() -> None:
    x = np.random.default_rng(0).normal(size=(9, 2))
    with pytest.raises(ValueError, match="y holds numbers whose squares are too large"):
        pictures.frechet_distance(x, 1e200 * x)
    with pytest.raises(ValueError, match="x and y hold 9 and 1 samples: a covariance needs 2"):
        pictures.frechet_distance(x, x[:1])


def test_class_shares_know_their_classes() -> None:
    assert pictures.class_shares([0, 1, 1], 2).tolist() == pytest.approx([1 / 3, 2 / 3])
    for classes, message in (([], "n ≥ 1"), ([0.5], "whole numbers"), ([2], "must be 0 to 1"), ([-1], "from -1")):
        with pytest.raises(ValueError, match=message):
            pictures.class_shares(np.array(classes), 2)


def test_the_shipped_classifier_is_what_it_says(classifier: pictures.Classifier, digits: images.Images) -> None:
    _, classes = classifier.look(digits.held_out.points)
    accuracy = (classes == digits.held_out.labels.numpy()).mean()
    assert accuracy == pytest.approx(classifier.settings["accuracy"], abs=1e-9)
    assert accuracy > 0.975
    assert (classifier.settings["seed"], classifier.settings["data"]) == (0, "digits()")
    assert SHIPPED.stat().st_size < 400_000
    assert sum(p.numel() for p in classifier.parameters()) == 43_050
    features, classes = classifier.look(digits.points[:3])
    assert (features.shape, classes.shape, features.dtype) == ((3, 64), (3,), np.float64)


def test_a_damaged_or_missing_classifier_is_refused(tmp_path: Path) -> None:
    content = bytearray(SHIPPED.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "digits-classifier.pt").write_bytes(content)
    with pytest.raises(DamagedFileError, match="do not fit its checksum"):
        checkpoints.load(tmp_path / "digits-classifier.pt")
    with pytest.raises(FileNotFoundError, match=r"no classifier for 'faces'.*train_classifier\.py faces"):
        pictures.load_classifier("faces")


@pytest.mark.parametrize(
    ("shape", "parameters"), [((1, 28, 28), 61_546), ((3, 32, 32), 62_122), ((1, 8, 8), 43_050), ((1, 4, 4), 33_802)]
)
def test_classifiers_fit_other_pictures(shape: tuple[int, ...], parameters: int) -> None:
    network = pictures.Classifier(shape)
    assert network(torch.zeros(2, *shape)).shape == (2, 10)
    assert sum(p.numel() for p in network.parameters()) == parameters


@pytest.mark.slow
def test_the_script_trains_a_classifier_as_good_as_the_shipped_one(tmp_path: Path) -> None:
    script = [sys.executable, str(ROOT / "experiments" / "train_classifier.py"), "digits", "--out", str(tmp_path)]
    subprocess.run(script, check=True, capture_output=True, timeout=300, cwd=tmp_path)
    found, shipped = checkpoints.load(tmp_path / "digits-classifier.pt"), checkpoints.load(SHIPPED)
    assert found["settings"]["accuracy"] == pytest.approx(shipped["settings"]["accuracy"], abs=0.01)
    assert found["settings"]["epochs"] == shipped["settings"]["epochs"]


def score(shown: torch.Tensor, digits: images.Images, classifier: pictures.Classifier) -> dict:
    rng = torch.Generator().manual_seed(1)
    return pictures.scores(shown, digits.held_out.points, classifier, rng, splits=4)


@pytest.fixture(scope="module")
def damaged(digits: images.Images, classifier: pictures.Classifier) -> dict[str, dict]:
    whole, rng = digits.points, torch.Generator().manual_seed(0)
    noise = torch.randn(whole.shape, generator=rng)
    sets = {"whole": whole} | {f"noise {s}": (whole + s * noise).clamp(-1, 1) for s in (0.3, 0.6)}
    sets |= {"only noise": noise.clamp(-1, 1), "nine classes": whole[digits.labels < 9]}
    sets |= {"half the classes": whole[digits.labels < 5], "one image": whole[:1].expand(299, -1, -1, -1)}
    return {name: score(shown, digits, classifier) for name, shown in sets.items()}


@pytest.mark.parametrize(
    "order",
    [
        ("whole", "noise 0.3", "noise 0.6", "only noise"),
        ("whole", "nine classes", "half the classes", "one image"),
    ],
)
@pytest.mark.parametrize("name", ["classifier Fréchet distance", "W1 of features", "sliced W1 of features"])
def test_distances_grow_with_the_damage(damaged: dict[str, dict], order: tuple[str, ...], name: str) -> None:
    values = [damaged[step][name].value for step in order]
    assert values == sorted(values)
    floor = damaged["whole"][name]
    assert abs(floor.value - floor.floor) < 3 * floor.floor_std  # the training part is as good as other held-out digits
    assert values[2] > floor.floor + 2 * floor.floor_std
    assert values[-1] > 1.8 * floor.floor


def test_fidelity_falls_with_noise_and_coverage_with_classes(damaged: dict[str, dict]) -> None:
    for name in ("precision", "density", "coverage"):
        values = [damaged[step][name].value for step in ("whole", "noise 0.3", "noise 0.6", "only noise")]
        assert values == sorted(values, reverse=True)
        assert values[-1] < 0.3
    for name in ("recall", "coverage"):
        values = [damaged[step][name].value for step in ("whole", "nine classes", "half the classes", "one image")]
        assert values == sorted(values, reverse=True)
        assert values[-1] < 0.05
    for step in ("half the classes", "one image"):
        assert damaged[step]["precision"].value > 0.9  # what is left out, precision does not see


def test_classes_are_counted(damaged: dict[str, dict]) -> None:
    counts = {"whole": 10, "nine classes": 9, "half the classes": 5, "one image": 1}
    assert {name: damaged[name]["classes"].value for name in counts} == counts
    assert {scores["classes"].floor for scores in damaged.values()} == {10}
    assert damaged["half the classes"]["class imbalance"].value == pytest.approx(0.5, abs=0.05)
    assert damaged["one image"]["class imbalance"].value == pytest.approx(0.9, abs=0.05)
    assert damaged["whole"]["class imbalance"].value < 0.15
    np.testing.assert_array_equal(pictures.class_shares(np.array([0, 2, 2, 1]), 4), [0.25, 0.25, 0.5, 0])


def test_scores_repeat_and_floors_belong_to_the_number_of_pictures(damaged, digits, classifier) -> None:
    assert score(digits.points, digits, classifier) == damaged["whole"]
    few = pictures.scores(
        digits.points, digits.held_out.points, classifier, torch.Generator().manual_seed(1), n=100, splits=4
    )
    assert few["W1 of features"].floor > 1.1 * damaged["whole"]["W1 of features"].floor
    assert few["classifier Fréchet distance"].floor > 1.5 * damaged["whole"]["classifier Fréchet distance"].floor


@pytest.mark.parametrize(
    ("shown", "n", "message"),
    [
        (torch.zeros(50, 1, 8, 9), None, r"generated has shape \(50, 1, 8, 9\): \(n, 1, 8, 8\) is needed"),
        (torch.full((50, 1, 8, 8), math.nan), None, "generated holds 3200 numbers that are NaN"),
        (torch.zeros(50, 1, 8, 8), 51, "n is 51: it must be 10 to 50, all generated"),
        (torch.zeros(2000, 1, 8, 8), 300, "n is 300: it must be 10 to 299"),
        (torch.zeros(9, 1, 8, 8), None, "9 generated and 599 held_out pictures: 10 and 20 are the least"),
        (torch.zeros(50, 1, 8, 8), 5, "n is 5: it must be a whole number, 10 or more"),
    ],
)
def test_wrong_pictures_are_refused(shown, n, message, digits, classifier) -> None:
    with pytest.raises(ValueError, match=message):
        pictures.scores(shown, digits.held_out.points, classifier, torch.Generator().manual_seed(0), n=n, splits=4)


def test_nothing_here_changes_the_classifier(digits: images.Images) -> None:
    before = hashlib.sha256(SHIPPED.read_bytes()).hexdigest()
    fresh = pictures.load_classifier()
    state = {name: tensor.clone() for name, tensor in fresh.state_dict().items()}
    score(digits.points[:40], digits, fresh)
    assert all(torch.equal(tensor, state[name]) for name, tensor in fresh.state_dict().items())
    assert not fresh.training
    assert hashlib.sha256(SHIPPED.read_bytes()).hexdigest() == before
