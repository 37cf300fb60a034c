"""The code written out in chapter wasserstein-1d is the library's computation, and its closed statements hold."""

import numpy as np
import pytest
from chapter_code import chapter_function, chapter_source
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.spatial.distance import jensenshannon
from scipy.stats import norm

from wgan_lib import divergences, transport

CHAPTER = "book/wasserstein-1d.md"
by_sorting = chapter_function(CHAPTER, "w1_by_sorting")
by_columns = chapter_function(CHAPTER, "w1_by_columns")
places = st.integers(-6, 6).map(lambda k: k / 2)  # few places, so that they repeat
shares = st.integers(0, 5)


@st.composite
def laws(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    n = draw(st.integers(1, 8))
    points = np.array(draw(st.lists(places, min_size=n, max_size=n)))
    weights = np.array(draw(st.lists(shares, min_size=n, max_size=n).filter(any)), dtype=float)
    return points, weights / weights.sum()


@settings(max_examples=200, deadline=None)
@given(p=laws(), q=laws())
def test_rows_and_columns_are_the_library_s_w1(p: tuple, q: tuple) -> None:
    (x, a), (y, b) = p, q
    copies = x.copy(), a.copy(), y.copy(), b.copy()
    expected = transport.w1(x, y, a, b)
    assert by_sorting(x, y, a, b) == pytest.approx(expected, abs=1e-12)
    assert by_columns(x, y, a, b) == pytest.approx(expected, abs=1e-12)
    assert transport.plan(x, y, a, b).cost == pytest.approx(expected, abs=1e-12)
    for before, after in zip(copies, (x, a, y, b), strict=True):
        np.testing.assert_array_equal(before, after)


def test_sorting_is_short_enough_to_be_read() -> None:
    assert len(chapter_source(CHAPTER, "w1_by_sorting").splitlines()) <= 20


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-10, 10), min_size=2, max_size=2), st.lists(st.floats(-10, 10), min_size=2, max_size=2))
def test_uncrossing_never_costs_more_for_a_convex_cost(grains: list[float], holes: list[float]) -> None:
    (y1, y2), (x1, x2) = sorted(grains), sorted(holes)
    for power in (1.0, 1.5, 2.0):
        straight = abs(x1 - y1) ** power + abs(x2 - y2) ** power
        assert straight <= abs(x2 - y1) ** power + abs(x1 - y2) ** power + 1e-9


def test_point_masses_are_a_distance_apart_in_w1_and_ln_2_in_js() -> None:
    for theta in (-7.0, -0.01, 0.01, 7.0):
        assert transport.w1([0.0], [theta]) == pytest.approx(abs(theta))
        slope = (transport.w1([0.0], [theta + 1e-4]) - transport.w1([0.0], [theta - 1e-4])) / 2e-4
        assert slope == pytest.approx(np.sign(theta))
    assert jensenshannon([1, 0], [0, 1]) ** 2 == pytest.approx(np.log(2))


def test_a_single_point_between_two_heaps_feels_no_slope() -> None:
    for t in np.linspace(-5, 5, 41):
        assert transport.w1([-2.0, 2.0], [t]) == pytest.approx(max(2, abs(t)))
        assert transport.w1([-2.0, 2.0], [t - 0.3, t + 0.3]) == pytest.approx(max(1.7, abs(t)))


def test_the_binned_js_of_equal_laws_is_a_number_of_bins_and_samples() -> None:
    rng = np.random.default_rng(5)
    for bins, n in ((20, 1000), (100, 4000)):
        counts = rng.multinomial(n, np.full(bins, 1 / bins), (400, 2)) / n
        js = jensenshannon(counts[:, 0], counts[:, 1], axis=1) ** 2
        assert js.mean() == pytest.approx((bins - 1) / (4 * n), rel=0.06)


def test_the_null_of_samples_has_the_limit_that_the_chapter_derives() -> None:
    rng = np.random.default_rng(6)
    limits = {"uniform": np.sqrt(np.pi) / 4}
    limits["normal"] = 2 / np.sqrt(np.pi) * quad(lambda t: np.sqrt(norm.cdf(t) * norm.sf(t)), -12, 12)[0]
    for name, draw in (("uniform", rng.random), ("normal", rng.standard_normal)):
        x, y = np.sort(draw((2, 2000, 1000)), axis=-1)
        w1 = np.abs(x - y).mean(axis=1)
        assert np.sqrt(1000) * w1.mean() == pytest.approx(limits[name], rel=0.03)
        assert w1[0] == pytest.approx(transport.w1(x[0], y[0]))


@settings(max_examples=100, deadline=None)
@given(p=laws(), q=laws())
def test_means_are_a_lower_bound_reached_when_all_sand_goes_one_way(p: tuple, q: tuple) -> None:
    (x, a), (y, b) = p, q
    apart = abs(a @ x - b @ y)
    assert transport.w1(x, y, a, b) >= apart - 1e-12
    beyond = y - y.min() + x.max()  # no grain left of any hole
    assert transport.w1(x, beyond, a, b) == pytest.approx(b @ beyond - a @ x)


def test_means_are_a_lower_bound_in_the_plane() -> None:
    rng = np.random.default_rng(7)
    for _ in range(20):
        x, y = rng.normal(size=(2, 6, 2))
        assert transport.w1(x, y) >= np.linalg.norm(x.mean(0) - y.mean(0)) - 1e-12
        assert transport.w1(x, x + np.array([3.0, 4.0])) == pytest.approx(5.0)


def test_the_quizzes_on_uniforms_and_on_a_share_that_runs_away() -> None:
    before, after = divergences.w1_uniforms(0, 1, 0, 3), divergences.w1_uniforms(0, 1, 0.1, 3.1)
    assert after - before == pytest.approx(0.1)
    for n in (100, 10_000):
        share = 1 / np.sqrt(n)
        assert transport.w1([0.0, n], [0.0], [1 - share, share]) == pytest.approx(np.sqrt(n))
    assert jensenshannon([1 - share, share], [1, 0]) ** 2 < 0.01


def test_the_reader_s_two_tables_have_the_margins_they_claim() -> None:
    for s in (0.0, 0.12, 0.3):
        plan = np.array([[0.4 - s, s], [0.3 + s, 0.3 - s]])
        np.testing.assert_allclose(plan.sum(1), [0.4, 0.6])  # rows: what is wanted, P
        np.testing.assert_allclose(plan.sum(0), [0.7, 0.3])  # columns: what is there, Q
    best = transport.plan([0.0, 50.0], [0.0, 50.0], [0.4, 0.6], [0.7, 0.3])
    assert best.cost == pytest.approx(15)
    np.testing.assert_allclose(best.coupling, [[0.4, 0.0], [0.3, 0.3]], atol=1e-12)
