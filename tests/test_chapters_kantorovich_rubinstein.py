"""The code written out in chapter kantorovich-rubinstein is the library's computation, and what it claims holds."""

import numpy as np
import pytest
import torch
from chapter_code import chapter_function, chapter_source
from scipy.optimize import linprog
from scipy.spatial.distance import cdist

from wgan_lib import diagnostics, networks, transport
from wgan_lib.transport import Cones, OptimalCritic

CHAPTER = "book/kantorovich-rubinstein.md"
both_sides = chapter_function(CHAPTER, "both_sides", linprog=linprog)
prices_from_plan = chapter_function(CHAPTER, "prices_from_plan")
critic_on_line = chapter_function(CHAPTER, "critic_on_line")
certified = chapter_function(CHAPTER, "certified", cdist=cdist)


def problem(rng: np.random.Generator, largest: int = 9) -> tuple[np.ndarray, ...]:
    n, m = rng.integers(1, largest, 2)
    return rng.normal(size=(n, 2)), rng.normal(size=(m, 2)), rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(m))


def test_both_sides_meet_at_the_library_s_w1() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        x, y, a, b = problem(rng)
        cost, library = cdist(x, y), transport.plan(x, y, a, b)
        plan, f, g = both_sides(cost, a, b)
        np.testing.assert_allclose(plan.sum(1), a, atol=1e-9)
        np.testing.assert_allclose(plan.sum(0), b, atol=1e-9)
        assert (f[:, None] + g - cost).max() < 1e-9
        assert (plan * cost).sum() == pytest.approx(library.cost, abs=1e-9)
        assert a @ f + b @ g == pytest.approx(library.cost, abs=1e-9)
        assert np.abs(plan * (cost - f[:, None] - g)).max() < 1e-9


def test_shortest_ways_are_fair_prices_that_are_tight_on_any_cheapest_plan() -> None:
    rng = np.random.default_rng(1)
    for k in range(60):
        x, y, a, b = problem(rng)
        cost = cdist(x, y) if k % 2 else rng.uniform(0, 1, (len(x), len(y)))  # any table, not only distances
        plan = both_sides(cost, a, b)[0]
        for start in range(len(x)):
            f_x, f_y = prices_from_plan(cost, plan, start)
            slack = cost - f_x[:, None] + f_y
            assert slack.min() > -1e-9
            assert np.abs(slack[plan > 1e-9]).max() < 1e-9
            assert a @ f_x - b @ f_y == pytest.approx((plan * cost).sum(), abs=1e-9)


def test_a_plan_that_is_not_the_cheapest_has_no_such_prices() -> None:
    x, y = np.array([[0.0], [1.0]]), np.array([[0.0], [1.0]])
    with pytest.raises(ValueError, match="round trip"):
        prices_from_plan(cdist(x, y), np.array([[0.0, 0.5], [0.5, 0.0]]))


def test_the_mean_of_all_starts_is_tight_on_the_plan_alone_and_points_home_at_the_samples() -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=(20, 2)), rng.normal(size=(20, 2)) + np.array([1, 0])
        best = transport.plan(x, y)
        every = [prices_from_plan(cdist(x, y), best.coupling, start) for start in range(20)]
        f_x, f_y = (np.mean(side, axis=0) for side in zip(*every, strict=True))
        loaded = best.coupling > 1e-12
        np.testing.assert_array_equal(cdist(x, y) - f_x[:, None] + f_y < 1e-9, loaded)
        i, j = np.nonzero(loaded)
        home = (x[i] - y[j]) / np.linalg.norm(x[i] - y[j], axis=1, keepdims=True)
        critic = OptimalCritic((Cones(x, f_x, upward=False),))
        np.testing.assert_allclose(critic.gradient(y[j]), home, atol=1e-9)
        corner = cdist(x, y) - every[0][0][:, None] + every[0][1] < 1e-9
        assert corner.sum() >= 39


def test_on_a_ray_every_optimal_critic_has_the_plan_s_direction() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(25, 3)), rng.normal(size=(25, 3)) + 1
    i, j = np.nonzero(transport.plan(x, y).coupling > 1e-12)
    home = (x[i] - y[j]) / np.linalg.norm(x[i] - y[j], axis=1, keepdims=True)
    for tips in ("x", "y", "both"):
        critic = transport.optimal_critic(x, y, tips=tips)
        for t in (0.02, 0.5, 0.98):
            np.testing.assert_allclose(critic.gradient(y[j] + t * (x[i] - y[j])), home, atol=1e-7)


def test_the_curve_on_a_line_is_one_lipschitz_and_earns_the_area() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        x, y = rng.integers(-5, 6, rng.integers(1, 9)) / 2, rng.integers(-5, 6, rng.integers(1, 9)) / 2
        t, f = critic_on_line(x, y)
        assert len(t) == 1 or np.abs(np.diff(f) / np.diff(t)).max() <= 1 + 1e-12
        assert np.interp(x, t, f).mean() - np.interp(y, t, f).mean() == pytest.approx(transport.w1(x, y), abs=1e-12)


def test_any_network_certifies_a_true_lower_bound_the_same_as_the_library_s() -> None:
    for seed in range(20):
        rng, weights = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
        x, y = rng.normal(size=(30, 4)), rng.normal(size=(30, 4)) + 0.5
        network = networks.mlp(4, 32, 32, 1, gain=2**0.5, rng=weights).double()
        ours = certified(lambda z, f=network: f(torch.from_numpy(z)).detach().numpy(), x, y)
        library = diagnostics.certified_lower_bound(network, torch.from_numpy(x), torch.from_numpy(y))
        assert ours == pytest.approx(library, rel=1e-9)
        assert 0 < ours <= transport.w1(x, y)
        assert certified(transport.optimal_critic(x, y), x, y) == pytest.approx(transport.w1(x, y), rel=1e-9)


@pytest.mark.parametrize("name", ["both_sides", "prices_from_plan", "critic_on_line", "certified"])
def test_the_code_is_short_enough_to_be_read(name: str) -> None:
    assert len(chapter_source(CHAPTER, name).splitlines()) <= 20
