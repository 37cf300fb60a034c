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
expected_batch_cramer = chapter_function(CHAPTER, "expected_batch_cramer", binom=binom)
partners = chapter_function(CHAPTER, "partners", torch=torch, cdist=cdist, linear_sum_assignment=linear_sum_assignment)


@pytest.mark.parametrize("name", ["sliced_w1", "train_without_critic", "partners"])
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

    def best(loss: Callable[[float, int], float], batch: int) -> float:
        return float(thetas[np.argmin([loss(theta, batch) for theta in thetas])])

    assert best(expected_batch_w1, 5) == 0
    assert best(expected_batch_w1, 7) == pytest.approx(1 / 7, abs=1e-3)
    for batch in (1, 5, 7, 50):
        assert best(expected_batch_cramer, batch) == pytest.approx(0.1)
        draws = np.random.default_rng(batch).binomial(batch, 0.1, 40_000) / batch
        assert expected_batch_w1(0.3, batch) == pytest.approx(np.abs(draws - 0.3).mean(), abs=0.005)
