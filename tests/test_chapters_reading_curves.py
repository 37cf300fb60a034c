"""The code written out in chapter reading-curves is the library's computation, and what its text says is so."""

import math

import numpy as np
import pytest
from chapter_code import chapter_function

from wgan_lib import runs, widgets
from wgan_lib.diagnostics import EarlyStopping, curve_signs
from wgan_lib.widgets.diagnose import nearest_mean

CHAPTER = "book/reading-curves.md"
RECORD = runs.load("curve-faults")
KINDS, SEEDS = widgets.Diagnose.KINDS, range(10)

moves = chapter_function(CHAPTER, "moves")
rule = chapter_function(CHAPTER, "nearest_mean")
published_check = chapter_function(CHAPTER, "published_check")
wilson = chapter_function(CHAPTER, "wilson")
opening_pair = chapter_function(CHAPTER, "opening_pair", record=RECORD, SEEDS=SEEDS)
stopped = chapter_function(CHAPTER, "stopped", record=RECORD, EarlyStopping=EarlyStopping)


@pytest.mark.parametrize("kind", KINDS)
def test_the_signs_written_out_are_the_librarys(kind):
    for curve in RECORD[f"{kind}/estimate"].T:
        signs = curve_signs(curve)
        assert all(getattr(signs, name) == there for name, there in moves(curve).items())


def test_the_rule_written_out_is_the_librarys():
    for features in widgets.Diagnose.features().values():
        if (np.median(features.std(axis=1), axis=0) > 0).all():
            np.testing.assert_array_equal(rule(features), nearest_mean(features))


def test_wilsons_interval_is_scipys():
    from scipy.stats import binomtest

    for right, of in ((10, 10), (0, 10), (61, 120)):
        low, high = binomtest(right, of).proportion_ci(method="wilson")
        assert wilson(right, of) == pytest.approx((low, high), abs=1e-3)
    assert round(100 * wilson(10, 10)[0]) == 72  # as the text says


def test_the_chapter_opens_with_a_lower_curve_that_is_the_ruined_one():
    (good_row, good), (bad_row, bad) = opening_pair()
    level = lambda row, k: np.median(RECORD[f"{row}/estimate"][-25:, k])  # noqa: E731
    assert level(bad_row, bad) < level(good_row, good)
    assert RECORD[f"{bad_row}/w1"][-1, bad] > 2 * RECORD[f"{good_row}/w1"][-1, good]
    shared = {"critic_steps", "batch_size", "sign", "norm", "constraint", "data", "latent"}
    one, other = (RECORD.meta["rows"][row] for row in (good_row, bad_row))
    assert all(one[name] == other[name] for name in shared)
    assert one["rates"][0] != other["rates"][0]
    assert one["rates"][1] == other["rates"][1]


def test_the_published_check_has_the_constants_of_the_text():
    rng = np.random.default_rng(0)
    assert published_check(rng.normal(size=100_000)) == pytest.approx(math.sqrt(math.pi / 2 - 1), abs=0.01)
    assert published_check(50 * np.sin(np.arange(1000) / 10)) == pytest.approx(math.sqrt(math.pi**2 / 8 - 1), abs=0.01)


def test_stopping_keeps_the_best_reading_after_its_warm_up():
    for k in SEEDS:
        kept, _ = stopped("healthy", k, patience=100, warm_up=4)
        assert kept == 4 + int(np.argmin(RECORD["healthy/held_out"][4:, k]))


def test_of_single_measurements_the_slope_adds_most_and_no_other_can_be_told_from_it():
    from scipy.stats import binomtest

    features, kinds = widgets.Diagnose.features(), np.arange(len(KINDS))[:, None]
    right = {
        name: nearest_mean(np.concatenate([features["curve"], features[name]], -1)) == kinds
        for name in widgets.Diagnose.MEASUREMENTS
    }
    for name, found in right.items():
        assert found.sum() == np.trace(widgets.Diagnose.confusion((name,)))
        if name != "slope":
            better, worse = int((right["slope"] & ~found).sum()), int((~right["slope"] & found).sum())
            assert better > worse
            assert binomtest(better, better + worse).pvalue > 0.05


def test_the_record_is_whole_and_from_a_clean_commit():
    assert not any(commit.endswith("-dirty") for commit in RECORD.meta["commits"].values())
    assert len(KINDS) == 12
    assert RECORD.meta["n_steps"] <= 1500
    for row in RECORD.meta["rows"]:
        assert RECORD[f"{row}/w1"].shape == (len(RECORD["index"]), 10)
        for name in ("estimate", "held_out", "penalty", "slope", "gradient", "w1"):
            values = RECORD[f"{row}/{name}"]
            assert np.isfinite(values).all()
            assert (values >= 0).all() or name in ("estimate", "held_out")
