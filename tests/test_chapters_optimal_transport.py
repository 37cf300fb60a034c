"""The code written out in chapter optimal-transport is the library's computation, and its theorems hold."""

from itertools import combinations, pairwise, permutations

import numpy as np
import pytest
from chapter_code import chapter_function, chapter_source
from scipy import sparse
from scipy.optimize import linprog
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

from wgan_lib import divergences, transport

CHAPTER = "book/optimal-transport.md"
SHORT = ["to_matching", "cheapest_plan", "swap_until_stuck", "sinkhorn"]
to_matching = chapter_function(CHAPTER, "to_matching", pairwise=pairwise)
cheapest_plan = chapter_function(CHAPTER, "cheapest_plan", sparse=sparse, linprog=linprog)
swap_until_stuck = chapter_function(CHAPTER, "swap_until_stuck")
greedy = chapter_function(CHAPTER, "greedy")
sinkhorn = chapter_function(CHAPTER, "sinkhorn", logsumexp=logsumexp)


@pytest.mark.parametrize("name", SHORT)
def test_written_out_code_is_short_enough_to_be_read(name: str) -> None:
    assert len(chapter_source(CHAPTER, name).splitlines()) <= 20


def clouds(rng: np.random.Generator, n: int, m: int, d: int = 2) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(size=(n, d)), rng.normal(size=(m, d))


def test_the_linear_programme_is_the_library_s_plan() -> None:
    import ot

    rng = np.random.default_rng(0)
    for _ in range(60):
        n, m = rng.integers(1, 13, 2)
        x, y = clouds(rng, n, m)
        a, b, cost = rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(m)), cdist(x, y)
        plan, library = cheapest_plan(cost, a, b), transport.plan(x, y, a, b)
        np.testing.assert_allclose(plan.sum(1), a, atol=1e-9)
        np.testing.assert_allclose(plan.sum(0), b, atol=1e-9)
        assert (plan * cost).sum() == pytest.approx(library.cost, abs=1e-9)
        assert ot.emd2(a, b, cost) == pytest.approx(library.cost, abs=1e-9)
        assert (plan > 1e-12).sum() <= n + m - 1


def test_cancelling_loops_ends_in_a_matching_that_costs_no_more() -> None:
    rng = np.random.default_rng(1)
    for n in (1, 2, 3, 5, 8):
        for _ in range(8):
            cost = rng.integers(0, 5, (n, n)).astype(float)  # integers, so that costs tie
            mixture = sum(np.eye(n)[rng.permutation(n)] * share for share in rng.dirichlet(np.ones(4))) / n
            matching = to_matching(mixture, cost)
            assert set(np.unique(matching * n)) <= {0.0, 1.0}
            np.testing.assert_allclose([matching.sum(0), matching.sum(1)], 1 / n)
            assert (matching * cost).sum() <= (mixture * cost).sum() + 1e-9


def test_a_cheapest_plan_that_splits_becomes_a_matching_of_the_same_cost() -> None:
    corners = np.array([[0.0, 0], [1, 1]]), np.array([[1.0, 0], [0, 1]])
    cost = cdist(*corners)  # all four sides of a square are equal: every plan is cheapest
    assert (to_matching(np.full((2, 2), 0.25), cost) * cost).sum() == pytest.approx(1)


def cross(p: np.ndarray, q: np.ndarray, r: np.ndarray, s: np.ndarray) -> bool:
    def side(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> float:
        return float(np.sign(np.linalg.det([b - a, c - a])))

    return bool(side(p, q, r) * side(p, q, s) < 0 and side(r, s, p) * side(r, s, q) < 0)


def test_swapping_removes_every_crossing_but_may_end_above_the_optimum() -> None:
    above = 0
    for seed in range(25):
        rng = np.random.default_rng(seed)
        x, y = rng.random((2, 12, 2))
        cost = cdist(x, y)
        match = swap_until_stuck(cost, rng.permutation(12))
        best = transport.w1(x, y)
        assert sorted(match) == list(range(12))
        pairs = list(zip(x, y[match], strict=True))
        assert not any(cross(*one, *two) for one, two in combinations(pairs, 2))
        mean = cost[range(12), match].mean()
        assert best - 1e-12 <= mean
        assert best - 1e-12 <= greedy(cost)
        above += mean > best + 1e-9
    assert above > 0


def cyclically_monotone(cost: np.ndarray) -> bool:
    """Whether the matching of row i with column i passes every loop of exchanges."""
    n = len(cost)
    loops = (list(c) for k in range(2, n + 1) for c in permutations(range(n), k))
    return all(cost[c, c].sum() <= cost[c, c[1:] + c[:1]].sum() + 1e-12 for c in loops)


def test_a_matching_is_cheapest_exactly_if_it_is_cyclically_monotone() -> None:
    rng = np.random.default_rng(2)
    seen = set()
    for _ in range(25):
        x, y = rng.random((2, 4, 2))
        cost = cdist(x, y)
        best = transport.w1(x, y)
        for match in permutations(range(4)):
            cheapest = cost[range(4), list(match)].mean() <= best + 1e-12
            assert cyclically_monotone(cost[:, list(match)]) == cheapest
            seen.add(cheapest)
    assert seen == {True, False}


def test_sinkhorn_is_the_library_s_and_brackets_hold() -> None:
    import ot

    rng = np.random.default_rng(5)
    for epsilon in (0.3, 1.0):
        x, y = clouds(rng, 9, 7, 3)
        a, b = rng.dirichlet(np.full(9, 3)), rng.dirichlet(np.full(7, 3))

        def value(p: np.ndarray, q: np.ndarray, u: np.ndarray, v: np.ndarray, blur: float = epsilon) -> float:
            return sinkhorn(cdist(p, q), u, v, blur)[0]

        total, plan, _ = sinkhorn(cdist(x, y), a, b, epsilon)
        np.testing.assert_allclose([*plan.sum(1), *plan.sum(0)], [*a, *b], atol=1e-8)
        cost = (plan * cdist(x, y)).sum()
        assert total == pytest.approx(cost + epsilon * (plan * np.log(plan / np.outer(a, b))).sum(), abs=1e-7)
        assert transport.w1(x, y, a, b) <= cost <= total
        assert ot.sinkhorn2(a, b, cdist(x, y), epsilon, stopThr=1e-10) == pytest.approx(cost, abs=1e-6)
        debiased = total - value(x, x, a, a) / 2 - value(y, y, b, b) / 2
        library = transport.sinkhorn_divergence(x, y, epsilon, a, b, tolerance=1e-9)
        assert debiased == pytest.approx(library, abs=1e-7)
        assert value(x, x, a, a) > 0


def test_bures_as_written_is_the_library_s() -> None:
    from scipy.linalg import sqrtm

    bures = chapter_function(CHAPTER, "bures", sqrtm=sqrtm)
    rng = np.random.default_rng(8)
    means, (A, B) = rng.normal(size=(2, 4)), (M @ M.T for M in rng.normal(size=(2, 4, 4)))
    assert bures(means[0], A, means[1], B) == pytest.approx(
        divergences.w2_normals_multivariate(means[0], A, means[1], B), abs=1e-7
    )


def test_half_way_laws_of_w1_are_many() -> None:
    x, y = clouds(np.random.default_rng(9), 12, 12)
    y[:, 0] += 2
    match = transport.plan(x, y).coupling.argmax(axis=1)
    for halfway in ((x + y[match]) / 2, np.vstack([x, y])):
        assert [transport.w1(halfway, end) for end in (x, y)] == pytest.approx([transport.w1(x, y) / 2] * 2)


def test_the_least_traffic_on_a_grid_of_roads_is_the_cheapest_plan() -> None:
    rng = np.random.default_rng(10)
    side = 4
    spots = [(i, j) for i in range(side) for j in range(side)]
    roads = [(s, t) for s in range(16) for t in range(16) if cdist([spots[s]], [spots[t]], "cityblock")[0, 0] == 1]
    out_of = np.zeros((16, len(roads)))
    for k, (s, t) in enumerate(roads):
        out_of[s, k], out_of[t, k] = 1, -1
    p, q = rng.dirichlet(np.ones(16), 2)
    traffic = linprog(np.ones(len(roads)), A_eq=out_of, b_eq=q - p, method="highs").fun
    by_road = cdist(spots, spots, "cityblock")
    assert traffic == pytest.approx((cheapest_plan(by_road, p, q) * by_road).sum())


def test_sixteen_of_the_matchings_of_five_books_are_cheapest() -> None:
    work = np.abs(np.arange(5.0)[:, None] - np.arange(1.0, 6.0))
    costs = np.array([work[range(5), s].mean() for s in permutations(range(5))])
    assert np.isclose(costs, costs.min()).sum() == 16
    mixture = (np.eye(5) + np.roll(np.eye(5), -1, axis=1)) / 10
    assert (mixture * work).sum() == pytest.approx(costs.min())  # cheapest, with ten lines
