"""The code written out in chapter samples is the library's computation, and its closed statements hold."""

from collections.abc import Callable
from itertools import pairwise, permutations, product

import numpy as np
import pytest
import torch
from chapter_code import chapter_function, chapter_source
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.special import gamma
from scipy.stats import binom

from wgan_lib import networks, sampling, transport

CHAPTER = "book/samples.md"
sliced_w1 = chapter_function(CHAPTER, "sliced_w1")
lower_bound = chapter_function(CHAPTER, "lower_bound", gamma=gamma)
expected_batch_w1 = chapter_function(CHAPTER, "expected_batch_w1", binom=binom)
expected_batch_energy = chapter_function(CHAPTER, "expected_batch_energy")
three_readings = chapter_function(CHAPTER, "three_readings", cdist=cdist, linear_sum_assignment=linear_sum_assignment)
partners = chapter_function(CHAPTER, "partners", torch=torch, cdist=cdist, linear_sum_assignment=linear_sum_assignment)


@pytest.mark.parametrize("name", ["sliced_w1", "p_values", "train_without_critic", "partners"])
def test_written_out_code_is_short_enough_to_be_read(name: str) -> None:
    assert len(chapter_source(CHAPTER, name).splitlines()) <= 20


@pytest.mark.parametrize("d", [2, 3, 5, 10])
def test_no_points_come_closer_to_the_cube_than_the_lower_bound(d: int) -> None:
    rng = np.random.default_rng(d)
    for n in (1, 16, 128):
        nearest = cdist(rng.random((20_000, d)), rng.random((n, d))).min(1)
        assert lower_bound(n, d) <= nearest.mean() + 4 * nearest.std() / np.sqrt(len(nearest))


def exact_mean_w1(n: int, p: float, q: float) -> float:
    """E W1 of n coins against n coins, by enumeration."""
    heads = np.arange(n + 1)
    return float(binom.pmf(heads, n, p) @ np.abs(heads[:, None] - heads) / n @ binom.pmf(heads, n, q))


@pytest.mark.parametrize(("p", "q"), list(product([0.1, 0.5], [0.1, 0.4, 0.9])))
def test_the_mean_of_estimates_is_never_below_and_never_rises_with_n(p: float, q: float) -> None:
    means = [exact_mean_w1(n, p, q) for n in range(1, 40)]
    assert min(means) >= abs(p - q) - 1e-12
    assert all(later <= earlier + 1e-12 for earlier, later in pairwise(means))
    x, y = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 1])
    assert transport.w1(x, y) == pytest.approx(abs(x.mean() - y.mean()))  # what the enumeration sums


def test_the_sliced_distance_is_the_library_s() -> None:
    x, y = np.random.default_rng(6).normal(size=(2, 40, 5))
    expected = transport.sliced_w1(x, y, np.random.default_rng(7))
    assert sliced_w1(x, y, np.random.default_rng(7)) == pytest.approx(expected, abs=1e-12)


def test_partners_are_the_cheapest_matching_of_squares() -> None:
    rng = torch.Generator().manual_seed(0)
    fake, real = torch.randn(3, 5, 2, generator=rng), torch.randn(3, 5, 2, generator=rng)
    matched = partners(fake, real)
    for y, x, partner in zip(fake, real, matched, strict=True):
        cheapest = min(float((y - x[list(s)]).square().sum()) for s in permutations(range(5)))
        assert float((y - partner).square().sum()) == pytest.approx(cheapest, rel=1e-5)
        assert sorted(map(tuple, partner.tolist())) == sorted(map(tuple, x.tolist()))


def test_batches_shrink_the_ring_as_computed_beforehand() -> None:
    train = chapter_function(CHAPTER, "train_without_critic", torch=torch, networks=networks, partners=partners)
    cloud = train(sampling.ring(8), batch=4, n_steps=250, seeds=4)
    radius = cloud.norm(dim=-1).mean()
    assert float(radius) == pytest.approx(0.47, abs=0.06)


def test_coins_in_batches_of_five_unlearn_the_rare_side() -> None:
    thetas = np.linspace(0, 0.4, 401)

    def best(loss: Callable[..., float], batch: int, **options: bool) -> float:
        return float(thetas[np.argmin([loss(theta, batch, **options) for theta in thetas])])

    assert best(expected_batch_w1, 5) == 0
    assert best(expected_batch_w1, 7) == pytest.approx(1 / 7, abs=1e-3)
    assert best(expected_batch_energy, 5) == 0
    assert best(expected_batch_energy, 7) == pytest.approx((0.1 - 1 / 14) / (1 - 1 / 7), abs=1e-3)
    for batch in (1, 5, 7, 50):
        assert best(expected_batch_energy, batch, unbiased=True) == pytest.approx(0.1)
        draws = np.random.default_rng(batch).binomial(batch, 0.1, 40_000) / batch
        assert expected_batch_w1(0.3, batch) == pytest.approx(np.abs(draws - 0.3).mean(), abs=0.005)


@pytest.mark.parametrize("batch", [2, 5, 7])
def test_energy_with_self_pairs_is_the_v_statistic_and_without_them_the_u_statistic(batch: int) -> None:
    rng, theta = np.random.default_rng(batch), 0.3
    x, y = rng.binomial(1, [[[0.1]], [[theta]]], (2, 40_000, batch)).astype(float)
    across = np.abs(x[:, :, None] - y[:, None]).mean((1, 2))
    inside = sum(np.abs(v[:, :, None] - v[:, None]).sum((1, 2)) for v in (x, y))
    v, u = 2 * across - inside / batch**2, 2 * across - inside / (batch * (batch - 1))
    for values, unbiased in ((v, False), (u, True)):
        four_errors = 4 * values.std() / np.sqrt(len(values))
        assert expected_batch_energy(theta, batch, unbiased=unbiased) == pytest.approx(values.mean(), abs=four_errors)


@pytest.mark.parametrize("d", [1, 4])
def test_the_three_readings_are_the_distances_that_they_are_named_after(d: int) -> None:
    rng = np.random.default_rng(d)
    x, y = rng.normal([[[0.0]], [[0.4]]], size=(2, 12, d))
    w1, sliced, energy = three_readings(np.vstack([x, y]), np.random.default_rng(3))
    order = np.arange(24)
    assert w1(order) == pytest.approx(transport.w1(x, y))
    expected = transport.sliced_w1(x, y, np.random.default_rng(3), n_projections=50)
    assert sliced(order) == pytest.approx(expected)
    expected = 2 * cdist(x, y).mean() - cdist(x, x).mean() - cdist(y, y).mean()
    assert energy(order) == pytest.approx(expected)
    swapped = np.r_[order[12:], order[:12]]
    assert [read(swapped) for read in (w1, sliced, energy)] == pytest.approx(
        [read(order) for read in (w1, sliced, energy)]
    )


def test_the_permutation_test_errs_as_often_as_it_says_and_finds_a_large_shift() -> None:
    p_values = chapter_function(CHAPTER, "p_values", three_readings=three_readings)

    def p_of(seed: int, shift: float) -> np.ndarray:
        rng = np.random.default_rng([5, seed])
        x, y = rng.standard_normal((2, 8, 3))
        return p_values(x, y + shift, rng, repaintings=19)

    under_null = np.array([p_of(seed, 0.0) for seed in range(300)])
    for level in (0.05, 0.25):  # 300 trials: the level and four standard errors above it
        share = (under_null <= level + 1e-9).mean(axis=0)
        assert (share <= level + 4 * np.sqrt(level / 300)).all()
    assert under_null.mean(axis=0) == pytest.approx([0.525] * 3, abs=0.07)
    assert p_of(0, 3.0) == pytest.approx([1 / 20] * 3)


@pytest.mark.parametrize("d", [1, 5])
def test_the_noise_is_below_its_bound_and_the_bracket_holds_the_distance(d: int) -> None:
    rng, n, shift = np.random.default_rng(d), 32, 0.5

    def mean_and_sd(offset: float) -> tuple[float, float]:
        pairs = rng.standard_normal((60, 2, n, d))
        values = [transport.w1(x, y + offset * np.eye(d)[0]) for x, y in pairs]
        return float(np.mean(values)), float(np.std(values, ddof=1))

    (null, _), (mean, sd) = mean_and_sd(0.0), mean_and_sd(shift)
    assert sd <= np.sqrt(2 * d / n)
    assert mean - 2 * null <= shift <= mean + 4 * sd / np.sqrt(60)


@pytest.mark.parametrize("batch", [2, 5, 50])
def test_the_v_statistic_of_energy_shrinks_a_normal_as_the_exercise_says(batch: int) -> None:
    s = (1 - 1 / batch) / np.sqrt(2)
    scales = np.linspace(0, 1.5, 3001)
    curve = 2 * np.sqrt(1 + scales**2) - (1 - 1 / batch) * np.sqrt(2) * (1 + scales)
    assert scales[curve.argmin()] == pytest.approx(s / np.sqrt(1 - s**2), abs=1e-3)
