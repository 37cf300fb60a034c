"""What curves say: synthetic ones with planted faults, recorded runs, and a rule for stopping that promises little."""

import math

import numpy as np
import pytest

from wgan_lib import diagnostics, runs
from wgan_lib.diagnostics import SIGNS, CurveSigns, EarlyStopping, curve_signs

T = np.linspace(0, 1, 400)
GOOD = np.exp(-6 * T) + 0.1
"""A fall that ends level, without noise."""


def noise(seed: int = 0, n: int = 400) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=n)


def there(signs: CurveSigns) -> set[str]:
    return {name for name, value in signs._asdict().items() if value}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        (lambda e: GOOD + 0.003 * e, {"falling", "smooth", "converging"}),
        (lambda e: GOOD + 0.1 * e, {"falling", "converging"}),  # noisy
        (lambda e: np.exp(9 * T) * (1 + 0.01 * e), {"smooth", "rising", "exploding"}),
        (lambda e: np.where(T < 0.98, 0.1, 5.0), {"smooth", "converging", "flat", "exploding"}),  # at the very end
        (lambda e: np.where(T < 0.4, 1e-3, 0.5), {"smooth", "rising", "converging"}),  # a critic that woke up
        (lambda e: 1 + 20 * T + 0.1 * e, {"smooth", "rising"}),  # samples that walk away
        (lambda e: 0.7 + 0.01 * e, {"smooth", "converging", "flat"}),
        (lambda e: 0.1 * e, {"converging", "flat", "negative"}),  # nothing but noise
        (lambda e: 1 + 0.5 * np.sin(2 * np.pi * 12 * T) + 0.02 * e, {"smooth", "converging", "flat", "oscillating"}),
        (lambda e: GOOD + 0.5 + 0.3 * np.sin(2 * np.pi * 40 * T), {"smooth", "falling", "converging", "oscillating"}),
        (lambda e: -0.4 - GOOD[::-1] + 0.01 * e, {"smooth", "falling", "negative"}),  # falls away from 0
    ],
)
def test_planted_signs_are_found_and_no_others(seed, curve, expected):
    assert there(curve_signs(curve(noise(seed)))) == expected


def test_noise_alone_rarely_makes_a_wave_or_a_move():
    found = [curve_signs(1 + 0.3 * noise(seed, 100)) for seed in range(200)]
    assert sum(s.oscillating for s in found) <= 4
    assert sum(s.falling or s.rising for s in found) <= 6
    assert not any(s.exploding for s in found)


def test_signs_do_not_depend_on_the_unit_and_take_plain_lists():
    for curve in (GOOD + 0.1 * noise(), np.exp(9 * T), 0.1 * noise()):
        for unit in (1e-6, 1e6):
            assert curve_signs((unit * curve).tolist()) == curve_signs(curve)
    assert curve_signs(list(range(1, 9))).rising


def test_too_little_is_said_to_be_too_little():
    assert set(curve_signs([1.0] * 7)) == {None}
    assert curve_signs(GOOD[:63]).oscillating is None
    assert curve_signs(GOOD[:64]).oscillating is False
    assert curve_signs([1.0] * 3 + [math.nan]).exploding
    assert not curve_signs([1.0] * 8 + [math.inf]).converging
    for bad in ([], [[1.0] * 9] * 2):
        with pytest.raises(ValueError, match="values has shape"):
            curve_signs(bad)


@pytest.mark.parametrize(("slope", "expected"), [(0.0, True), (2.0, True), (1.0, False), (0.4, False)])
def test_a_penalty_near_its_weight_is_a_slope_of_zero_or_of_two(slope, expected):
    weight = 3.0
    paid = weight * (slope + 0.01 * noise() - 1) ** 2
    assert curve_signs(GOOD, penalties=paid, weight=weight).penalty_at_weight is expected
    assert curve_signs(GOOD).penalty_at_weight is None
    with pytest.raises(ValueError, match="belong together"):
        curve_signs(GOOD, penalties=paid)
    with pytest.raises(ValueError, match="weight is 0"):
        curve_signs(GOOD, penalties=paid, weight=0)


def test_each_sign_says_what_it_cannot_tell():
    assert set(SIGNS) == set(CurveSigns._fields)
    assert all(len(m.tells) > 40 and len(m.cannot_tell) > 40 for m in SIGNS.values())


def published_check(values: np.ndarray) -> float:
    """The check of a published page: std of |differences| over their mean, "smooth" below 2."""
    steps = np.abs(np.diff(values))
    return float(steps.std() / steps.mean())


def test_the_published_check_passes_what_it_should_catch():
    t = np.arange(1000)
    assert published_check(noise(1, 100_000)) == pytest.approx(0.75, abs=0.01)
    assert math.sqrt(math.pi / 2 - 1) == pytest.approx(0.7555, abs=1e-4)  # what it is of any white noise, whatever size
    assert published_check(50 * np.sin(0.1 * t)) == pytest.approx(0.48, abs=0.01)
    assert math.sqrt(math.pi**2 / 8 - 1) == pytest.approx(0.4834, abs=1e-4)  # of a finely sampled sine of any size
    for curve in (noise(1), 50 * np.sin(0.1 * t), 1 + 20 * T):
        assert published_check(curve) < 2
    assert curve_signs(50 * np.sin(0.1 * t)).oscillating
    assert not curve_signs(noise(1)).smooth


def test_signs_of_the_recorded_runs():
    troubles = runs.load("gan-troubles")

    def signs(setting: str) -> list[CurveSigns]:
        return [curve_signs(w1) for w1 in troubles[f"{setting}/w1"].T]  # exact W1 of each of eight seeds

    calm = signs("ring minimax 1") + signs("ring non-saturating 1") + signs("grid non-saturating 1")
    assert all(s.smooth for s in calm)
    assert sum(bool(s.converging) for s in calm) >= 20
    overtrained = signs("ring minimax 5")  # five discriminator steps: the generator is thrown about
    assert sum(bool(s.smooth) for s in overtrained) <= 1
    assert sum(bool(s.falling) for s in overtrained) <= 1
    assert not any(s.negative for s in calm + overtrained)
    unleashed, penalised, clipped = (
        curve_signs(runs.load(f"one-pair-{name}")["w1_estimate"]) for name in ("unconstrained", "penalty", "clipping")
    )
    assert there(unleashed) == {"exploding", "rising"}
    assert {"smooth", "converging"} <= there(penalised) & there(clipped)
    assert not {"falling", "exploding", "negative"} & (there(penalised) | there(clipped))


def test_early_stopping_waits_for_its_patience_and_keeps_the_best():
    stopping = EarlyStopping(patience=3)
    answers = [stopping.update(w) for w in (5.0, 4.0, 4.5, 3.0, 3.1, 3.0, 3.2)]
    assert answers == [False] * 6 + [True]
    assert (stopping.best, stopping.best_reading) == (3.0, 3)
    demanding = EarlyStopping(patience=2, min_improvement=0.1)
    assert [demanding.update(np.float32(w)) for w in (1.0, 0.95, 0.91)] == [False, False, True]
    assert demanding.best == 1.0


def test_a_critic_that_has_just_begun_is_not_judged():
    readings = (0.01, 0.02, 0.9, 0.8, 0.7, 0.6, 0.5)  # low for want of an opinion, then the true fall
    hasty, patient = EarlyStopping(patience=3), EarlyStopping(patience=3, warm_up=2)
    assert [hasty.update(w) for w in readings].index(True) == 3
    assert not any(patient.update(w) for w in readings)
    assert (patient.best, patient.best_reading) == (0.5, 6)


def test_arguments_of_early_stopping_are_checked():
    for bad in ({"patience": 0}, {"patience": 1.5}, {"patience": 1, "warm_up": -1}):
        with pytest.raises(ValueError, match="must be a whole number"):
            EarlyStopping(**bad)
    with pytest.raises(ValueError, match="min_improvement is 1"):
        EarlyStopping(1, min_improvement=1.0)
    with pytest.raises(ValueError, match="held_out_w1 is nan"):
        EarlyStopping(1).update(math.nan)
    with pytest.raises(TypeError, match="held_out_w1 is None"):
        EarlyStopping(1).update(None)


def test_the_room_gives_them_away():
    assert {"SIGNS", "CurveSigns", "EarlyStopping", "Meaning", "curve_signs"} <= set(diagnostics.__all__)
