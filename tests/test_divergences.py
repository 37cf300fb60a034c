"""The divergences against independent integrals, finite differences, each other and the published numbers."""

import itertools

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from scipy.integrate import quad

from wgan_lib import divergences as dv

LN2 = np.log(2)
means = st.floats(-5, 5)
stds = st.floats(0.05, 20)
pairs = st.tuples(means, stds, means, stds)


def js_by_quad(mean_p, std_p, mean_q, std_q):
    """Jensen–Shannon from its definition, by adaptive quadrature between the places where the laws change."""
    p, q = stats.norm(mean_p, std_p), stats.norm(mean_q, std_q)

    def integrand(x):
        log_p, log_q = p.logpdf(x), q.logpdf(x)
        log_m = np.logaddexp(log_p, log_q) - LN2
        return 0.5 * (np.exp(log_p) * (log_p - log_m) + np.exp(log_q) * (log_q - log_m))

    places = sorted({m + s * k for m, s in ((mean_p, std_p), (mean_q, std_q)) for k in np.arange(-9, 9.1, 1.5)})
    return sum(quad(integrand, a, b, epsabs=1e-13, epsrel=1e-12)[0] for a, b in itertools.pairwise(places))


def numerical_gradient(function, parameters):
    gradient = []
    for i, value in enumerate(parameters):
        step = 1e-4 * max(1e-2, min(abs(value), 1.0)) if i % 2 else 1e-4 * min(parameters[1], parameters[3])
        around = [[*parameters[:i], value + k * step, *parameters[i + 1 :]] for k in (-2, -1, 1, 2)]
        f = [function(*a) for a in around]
        gradient.append((f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * step))
    return gradient


# --- Jensen–Shannon of normals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shift", "value"), [(0.5, 0.03031), (1, 0.11142), (2, 0.33683), (4, 0.63272), (8, 0.69305)])
def test_js_of_unit_normals_takes_the_published_values(shift, value):
    assert dv.js_normals(0, 1, shift, 1) == pytest.approx(value, abs=5e-6)
    assert dv.js_normals(0, 1, shift, 1) < LN2


def test_js_of_normals_that_differ_in_variance():
    assert dv.js_normals(0, 1, 0, 2) == pytest.approx(0.09273, abs=5e-6)


@pytest.mark.parametrize(
    "parameters",
    [
        *[(0, 1, 0, 10.0**k) for k in (-3, -2, -1, 1, 2, 3)],
        *[(0, 1, 3, 10.0**k) for k in (-3, -1, 1, 3)],
        *[(0, 1, shift, std) for shift in (-50, 10, 20, 50) for std in (0.1, 1, 1.5, 30, 1000)],
        (0, 1, 1e-3, 1),
    ],
)
def test_js_of_normals_is_exact_at_extreme_widths_and_shifts(parameters):
    assert dv.js_normals(*parameters) == pytest.approx(js_by_quad(*parameters), abs=1e-10)


@settings(max_examples=40, deadline=None)
@given(pairs)
def test_js_of_normals_equals_its_integral(parameters):
    assert dv.js_normals(*parameters) == pytest.approx(js_by_quad(*parameters), abs=1e-10)


def test_js_of_narrow_normals_far_from_zero():
    far = dv.js_normals(2.0**20, 2.0**-10, 2.0**20 + 2.0**-10, 2.0**-9)
    assert far == pytest.approx(dv.js_normals(0, 1, 1, 2), abs=1e-15)


def test_js_of_nearly_equal_normals_keeps_its_relative_precision():
    assert dv.js_normals(0, 1, 1e-5, 1) == pytest.approx(1e-10 / 8, rel=1e-8)  # δ²/8, the Fisher information's eighth


@pytest.mark.parametrize(
    ("parameters", "value"),
    [
        ((0, 1, 1e18, 1), LN2),
        ((0, 1, 1e15, 1), LN2),
        ((0, 1, -1e300, 1), LN2),
        ((1e308, 1, -1e308, 1), LN2),
        ((0, 1, 1, 1e-20), LN2),
        ((0, 1e-20, 1, 1), LN2),
        ((0, 1, 0, 1e-300), LN2),
        ((1e15, 1, 1e15 + 1, 1), 0.11142148218473602),
        ((1e308, 1e308, 0, 1e308), 0.11142148218473602),
        ((0, 1e-300, 1e-300, 1e-300), 0.11142148218473602),
    ],
)
def test_js_of_normals_at_any_scale_shift_and_ratio(parameters, value):
    assert dv.js_normals(*parameters) == pytest.approx(value, abs=1e-15)


def js_and_gradient_by_mpmath(mean_p, std_p, mean_q, std_q):
    """To 25 digits: JS = ln 2 − ½ ∫ p ln(1 + q/p) − ½ ∫ q ln(1 + p/q), and its derivatives in P's mean and std."""
    with mpmath.workdps(30):
        m, s, n, t = map(mpmath.mpf, (mean_p, std_p, mean_q, std_q))
        places = sorted({a + b * k for a, b in ((m, s), (n, t)) for k in range(-14, 15, 2)})

        def normal(x, mean, std):
            return mpmath.exp(-(((x - mean) / std) ** 2) / 2) / std / mpmath.sqrt(2 * mpmath.pi)

        def lost(x, weight):
            p, q = normal(x, m, s), normal(x, n, t)
            return weight((x - m) / s) * p * mpmath.log1p(q / p) / 2 if p else mpmath.mpf(0)

        def other(x):
            p, q = normal(x, m, s), normal(x, n, t)
            return q * mpmath.log1p(p / q) / 2 if q else mpmath.mpf(0)

        value, mean, std = (
            mpmath.quad(lambda x, w=w: lost(x, w), places) for w in (lambda z: 1, lambda z: z, lambda z: z**2 - 1)
        )
        return [float(v) for v in (mpmath.log(2) - value - mpmath.quad(other, places), -mean / s, -std / s)]


@pytest.mark.parametrize(
    "parameters",
    [
        (0, 1, 1, 1),
        (0, 1, 9, 1),
        (0, 1, 3, 1e-3),
        (0, 1, 0.5, 1e-6),
        (0, 0.05, 8, 0.8),
        (0, 1, 1e-4, 1),
        (1, 2, 0, 2.001),
    ],
)
def test_js_and_its_gradient_keep_their_relative_precision(parameters):
    gradient = dv.js_normals_gradient(*parameters)
    ours = [dv.js_normals(*parameters), gradient.mean_p, gradient.std_p]
    np.testing.assert_allclose(ours, js_and_gradient_by_mpmath(*parameters), rtol=1e-11, atol=0)


UNITS = {  # the power of the unit in which each number comes out
    dv.js_normals: 0, dv.kl_normals: 0, dv.w1_normals: 1, dv.w2_normals: 1, dv.w1_normals_gradient: 0,
    dv.js_normals_gradient: -1, dv.kl_normals_gradient: -1,
}  # fmt: skip


@pytest.mark.parametrize("function", UNITS)
@pytest.mark.parametrize("scale", [1e-150, 1e-15, 1e15, 1e150])
@pytest.mark.parametrize("parameters", [(0, 1, 2, 3), (0, 1, 0.1, 1), (1, 0.01, 0, 2), (1, 1, 1, 1)])
def test_units_of_the_data_go_through(function, scale, parameters):
    moved = np.asarray(function(*(scale * value for value in parameters)))
    expected = np.asarray(function(*parameters)) * scale ** UNITS[function]
    np.testing.assert_allclose(moved, expected, rtol=1e-12, atol=1e-15 * scale ** UNITS[function])


@pytest.mark.parametrize("scale", [1e-170, 1e-150, 1e150, 1e170, 1e300])
def test_units_go_through_uniforms_points_and_covariances(scale):
    for ends in ((0, 1, 0.25, 0.75), (0, 1, 2, 3), (0, 0, -1, 3)):
        moved = [scale * end for end in ends]
        assert dv.w1_uniforms(*moved) == pytest.approx(scale * dv.w1_uniforms(*ends), rel=1e-14)
        assert dv.w1_uniforms_gradient(*moved) == pytest.approx(dv.w1_uniforms_gradient(*ends), abs=1e-14)
    if 1e-150 <= scale <= 1e150:
        a, b, means = np.array([[2, 1], [1, 3]]), np.array([[1, 0.2], [0.2, 0.5]]), np.array([[0, 1], [2, 2]])
        assert dv.w2_normals_multivariate(
            scale * means[0], scale**2 * a, scale * means[1], scale**2 * b
        ) == pytest.approx(scale * dv.w2_normals_multivariate(means[0], a, means[1], b), rel=1e-12)


def test_w2_of_equal_covariances_has_no_noise_of_its_own():
    a = np.array([[2.0, 1.0], [1.0, 3.0]])
    assert dv.w2_normals_multivariate([0, 0], a, [0, 0], a) < 1e-14
    assert dv.w2_normals_multivariate([0, 0], a, [0, 0], 1.000001**2 * a) == pytest.approx(1e-6 * 5**0.5, rel=1e-8)


def test_kl_where_the_ratio_of_stds_is_no_float():
    assert dv.kl_normals(0, 1e-200, 0, 1e200) == pytest.approx(400 * np.log(10) - 0.5)
    assert dv.kl_normals(0, 1e200, 0, 1e-200) == np.inf
    assert dv.kl_normals_gradient(0, 1e-100, 0, 1e200).std_p == pytest.approx(-1e100)
    assert dv.kl_normals_gradient(0, 1e155, 0, 1e-155).std_p == np.inf


@pytest.mark.parametrize(
    ("noise", "theta"), [(1e17, 1.0), (1e17, 3e17), (1e150, 1e150), (10_001.0, 3e4), (9_999.0, 3e4)]
)
@pytest.mark.parametrize("tilt", [0.0, 30.0])
def test_segments_under_much_noise_are_points(noise, theta, tilt):
    js, kl, tv = dv.segment_divergences(theta, tilt, noise)
    assert js == pytest.approx(dv.js_normals(0, noise, theta, noise), abs=1e-7)
    assert kl == pytest.approx((theta / noise) ** 2 / 2, abs=1e-7)
    assert tv == pytest.approx(2 * stats.norm.cdf(theta / noise / 2) - 1, abs=1e-3)


def test_segments_far_apart():
    assert dv.segment_divergences(1e200, 90, 0.1) == (LN2, np.inf, 1)
    assert dv.segment_divergences(1e9, 30, 1000).js <= LN2
    assert dv.w1_segments(1e200, 30) == pytest.approx(1e200)
    assert dv.w1_segments(1e-200) == 1e-200


@pytest.mark.parametrize("function", [*UNITS, dv.mean_pulls])
def test_lists_tensors_and_numbers_are_taken_alike(function):
    arrays = function(np.zeros(2), np.array(1), np.array([1, 2]), np.float32(2))
    others = function(torch.zeros(2), 1, [1, 2], torch.tensor(2.0, dtype=torch.bfloat16, requires_grad=True))
    np.testing.assert_array_equal(arrays, others)


@given(st.tuples(*[st.floats(-1e9, 1e9), st.floats(1e-12, 1e12)] * 2))
def test_js_of_normals_never_leaves_its_range(parameters):
    assert 0 <= dv.js_normals(*parameters) <= LN2


@given(pairs, st.floats(0.1, 100), st.floats(-100, 100))
def test_js_of_normals_is_symmetric_and_has_no_units(parameters, scale, shift):
    mean_p, std_p, mean_q, std_q = parameters
    value = dv.js_normals(*parameters)
    assert dv.js_normals(mean_q, std_q, mean_p, std_p) == pytest.approx(value, abs=1e-12)
    moved = dv.js_normals(scale * mean_p + shift, scale * std_p, scale * mean_q + shift, scale * std_q)
    assert moved == pytest.approx(value, abs=1e-11)


@given(*[st.tuples(means, stds)] * 3)
def test_the_root_of_js_is_a_metric(p, q, r):
    root = [np.sqrt(dv.js_normals(*a, *b)) for a, b in ((p, r), (p, q), (q, r))]
    assert root[0] <= root[1] + root[2] + 1e-9
    assert dv.js_normals(*p, *p) <= 1e-30


# --- derivatives -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "gradient"),
    [
        (dv.js_normals, dv.js_normals_gradient),
        (dv.kl_normals, dv.kl_normals_gradient),
        (dv.w1_normals, dv.w1_normals_gradient),
    ],
)
@settings(max_examples=60, deadline=None)
@given(pairs=st.tuples(means, st.floats(0.2, 5), means, st.floats(0.2, 5)))
def test_derivatives_in_the_parameters_match_finite_differences(function, gradient, pairs):
    if abs(pairs[1] - pairs[3]) < 0.02 and abs(pairs[0] - pairs[2]) < 0.02:
        return  # the corner of W1, where finite differences look to both sides
    exact = gradient(*pairs)
    numerical = numerical_gradient(function, pairs)
    np.testing.assert_allclose(exact, numerical, rtol=2e-6, atol=2e-7 * (1 + np.abs(exact).max()))


@pytest.mark.parametrize("shift", [20, 50])
def test_the_vanishing_gradient_is_exact_even_where_js_is_flat_to_rounding(shift):
    # ½ ∫ pq/(p+q) δ dx about the midpoint is e^(−δ²/8) δ/4 ∫ e^(−t²/2) sech(δt/2) dt / √2π.
    t = np.linspace(-3, 3, 60001)
    integral = (np.exp(-(t**2) / 2) / np.cosh(shift / 2 * t)).sum() * (t[1] - t[0])
    expected = np.exp(-(shift**2) / 8) * shift / 4 * integral / np.sqrt(2 * np.pi)
    assert dv.js_normals_gradient(0, 1, shift, 1).mean_q == pytest.approx(expected, rel=1e-9)


def test_w1_has_subgradient_zero_at_its_corner():
    assert dv.w1_normals_gradient(1, 2, 1, 2) == (0, 0, 0, 0)
    assert dv.w1_normals_gradient(0, 2, 1, 2) == (-1, 0, 1, 0)


@settings(max_examples=100)
@given(st.lists(st.floats(-5, 5), min_size=4, max_size=4))
def test_derivatives_of_w1_between_uniforms_match_finite_differences(ends):
    a, b, c, d = [*sorted(ends[:2]), *sorted(ends[2:])]
    if min(b - a, d - c, abs(a - c), abs(b - d)) < 1e-3:
        return  # finite differences would cross a corner or an empty interval
    exact, step = dv.w1_uniforms_gradient(a, b, c, d), 1e-6
    for i, value in enumerate((a, b, c, d)):
        above, below = ([*(a, b, c, d)[:i], value + s, *(a, b, c, d)[i + 1 :]] for s in (step, -step))
        numerical = (dv.w1_uniforms(*above) - dv.w1_uniforms(*below)) / (2 * step)
        assert exact[i] == pytest.approx(numerical, abs=1e-3)


# --- the other closed forms ------------------------------------------------------------------------------------------


def test_w1_of_normals_takes_the_published_values():
    assert dv.w1_normals(0, 1, 0, 2) == pytest.approx(0.797885, abs=1e-6)
    assert dv.w1_normals(0, 1, 1, 2) == pytest.approx(1.166631, abs=1e-6)
    assert dv.w1_normals(0, 1, -3, 1) == 3
    assert dv.w1_normals(2, 3, 2, 3) == 0


@settings(max_examples=40, deadline=None)
@given(pairs)
def test_w1_of_normals_equals_the_integral_of_quantile_differences(parameters):
    mean_p, std_p, mean_q, std_q = parameters
    turn = (mean_p - mean_q) / (std_q - std_p) if abs(std_q - std_p) > 1e-9 else 0.0
    places = sorted({-12.0, 0.0, 12.0, float(np.clip(turn, -12, 12))})

    def moved(z):
        return abs(mean_q - mean_p + (std_q - std_p) * z) * stats.norm.pdf(z)

    expected = sum(quad(moved, a, b)[0] for a, b in itertools.pairwise(places))
    assert dv.w1_normals(*parameters) == pytest.approx(expected, abs=1e-7)


@settings(max_examples=40, deadline=None)
@given(pairs)
def test_kl_of_normals_equals_its_integral_and_bounds_total_variation(parameters):
    mean_p, std_p, mean_q, std_q = parameters
    p, q = stats.norm(mean_p, std_p), stats.norm(mean_q, std_q)
    places = mean_p + std_p * np.linspace(-12, 12, 9)
    expected = sum(
        quad(lambda x: p.pdf(x) * (p.logpdf(x) - q.logpdf(x)), a, b)[0] for a, b in itertools.pairwise(places)
    )
    value = dv.kl_normals(*parameters)
    assert value == pytest.approx(expected, rel=1e-7, abs=1e-9)
    assert dv.w1_normals(*parameters) <= dv.w2_normals(*parameters) + 1e-12
    assert dv.js_normals(*parameters) <= value / 2 + dv.kl_normals(mean_q, std_q, mean_p, std_p) / 2 + 1e-12


@settings(max_examples=60)
@given(st.lists(st.floats(-5, 5), min_size=4, max_size=4))
def test_w1_of_uniforms_equals_the_integral_of_quantile_differences(ends):
    a, b, c, d = [*sorted(ends[:2]), *sorted(ends[2:])]
    t = (np.arange(20000) + 0.5) / 20000
    expected = np.abs((1 - t) * (c - a) + t * (d - b)).mean()
    assert dv.w1_uniforms(a, b, c, d) == pytest.approx(expected, abs=1e-6)


def test_w1_of_uniforms_by_hand():
    assert dv.w1_uniforms(0, 1, 2, 3) == 2
    assert dv.w1_uniforms(0, 1, -1, 2) == 0.5  # both ends move out by 1, the middle stays
    assert dv.w1_uniforms(0, 0, 0, 1) == 0.5  # a point mass spread out
    assert dv.w1_uniforms(0, 1, 0, 1) == 0


def test_bures_distance_agrees_with_pot_and_with_one_dimension():
    import ot

    rng = np.random.default_rng(0)
    for dim in (1, 2, 5):
        roots = rng.normal(size=(2, dim, dim))
        a, b = roots @ roots.transpose(0, 2, 1)
        m, n = rng.normal(size=(2, dim))
        expected = ot.gaussian.bures_wasserstein_distance(m, n, a, b)
        assert dv.w2_normals_multivariate(m, a, n, b) == pytest.approx(expected, abs=1e-8)
    line = dv.w2_normals_multivariate(np.array([1.0]), np.array([[4.0]]), np.array([3.0]), np.array([[9.0]]))
    assert line == pytest.approx(dv.w2_normals(1, 2, 3, 3))
    singular = np.diag([1.0, 0.0])
    assert dv.w2_normals_multivariate(m[:2], singular, m[:2], singular) == pytest.approx(0, abs=1e-7)


# --- pulls on generated samples --------------------------------------------------------------------------------------


def test_only_the_minimax_loss_saturates():
    pulls = dv.mean_pulls(6, 1, 0, 1)  # real at 6, generated at 0
    assert pulls.minimax == pytest.approx(0.0125, abs=5e-5)
    assert pulls.non_saturating == pytest.approx(5.9875, abs=5e-5)
    assert pulls.wasserstein == 1
    assert pulls.minimax == pytest.approx(2 * dv.js_normals_gradient(0, 1, 6, 1).mean_q)


@settings(max_examples=40, deadline=None)
@given(st.tuples(means, st.floats(0.3, 3), means, st.floats(0.3, 3)))
def test_mean_pulls_are_the_averages_of_the_pulls(parameters):
    mean_p, std_p, mean_q, std_q = parameters
    turn = (mean_p - mean_q) / (std_q - std_p) if abs(std_q - std_p) > 1e-9 else 0.0  # T(x) = x: the arrow flips
    places = sorted({*np.linspace(-12, 12, 25), float(np.clip(turn, -12, 12))})
    z, w = np.polynomial.legendre.leggauss(40)
    edges = np.array(places)
    half = np.diff(edges)[:, None] / 2
    z = (edges[:-1, None] + half * (1 + z)).ravel()
    w = (half * w).ravel() * stats.norm.pdf(z)
    for pull, mean in zip(dv.pulls(mean_q + std_q * z, *parameters), dv.mean_pulls(*parameters), strict=True):
        assert (w * pull).sum() == pytest.approx(mean, rel=1e-6, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.tuples(means, st.floats(0.3, 3), means, st.floats(0.3, 3)))
def test_the_non_saturating_loss_descends_reverse_kl_minus_twice_js(parameters):
    mean_p, std_p, mean_q, std_q = parameters
    gradient = (
        dv.kl_normals_gradient(mean_q, std_q, mean_p, std_p).mean_p - 2 * dv.js_normals_gradient(*parameters).mean_q
    )
    assert dv.mean_pulls(*parameters).non_saturating == pytest.approx(-gradient, rel=1e-9, abs=1e-9)


@given(st.floats(-30, 30), st.tuples(means, st.floats(0.3, 3), means, st.floats(0.3, 3)))
def test_pulls_are_the_slopes_of_the_losses(x, parameters):
    def discriminator(x):
        p, q = stats.norm.logpdf(x, *parameters[:2]), stats.norm.logpdf(x, *parameters[2:])
        return p - np.logaddexp(p, q), q - np.logaddexp(p, q)  # ln D, ln(1 − D)

    step = 1e-5
    above, below = discriminator(x + step), discriminator(x - step)
    pulls = dv.pulls(x, *parameters)
    scale = 1e-5 * (1 + abs(x) / min(parameters[1], parameters[3]) ** 2)
    assert pulls.non_saturating == pytest.approx((above[0] - below[0]) / (2 * step), abs=scale)
    assert pulls.minimax == pytest.approx((below[1] - above[1]) / (2 * step), abs=scale)


# --- grids -----------------------------------------------------------------------------------------------------------


def irregular_grid(low, high, n, seed):
    steps = np.random.default_rng(seed).uniform(0.2, 1.8, n - 1)
    return low + (high - low) * np.append(0, np.cumsum(steps)) / steps.sum()


@pytest.mark.parametrize("x", [np.linspace(-12, 14, 4001), irregular_grid(-12, 14, 8001, 0)])
def test_grids_of_any_spacing_reproduce_the_closed_forms(x):
    p, q = stats.norm.pdf(x, 0, 1), stats.norm.pdf(x, 1.5, 0.8)
    assert dv.kl(p, q, x) == pytest.approx(dv.kl_normals(0, 1, 1.5, 0.8), rel=1e-5)
    assert dv.js(p, q, x) == pytest.approx(dv.js_normals(0, 1, 1.5, 0.8), rel=1e-5)
    shifted = stats.norm.pdf(x, 2, 1)
    assert dv.total_variation(p, shifted, x) == pytest.approx(2 * stats.norm.cdf(1) - 1, rel=1e-5)


def test_the_cell_width_that_a_common_demo_forgets():
    x = np.linspace(-10, 10, 1000)
    p, q = stats.norm.pdf(x), stats.norm.pdf(x, 5)
    m = (p + q) / 2
    forgotten = (0.5 * p * np.log(p / m) + 0.5 * q * np.log(q / m)).sum()
    assert forgotten == pytest.approx(33.8, abs=0.05)
    assert dv.js(p, q, x) == pytest.approx(0.6759, abs=5e-5)


def test_laws_without_overlap():
    x = np.linspace(0, 3, 301)
    p, q = 1.0 * (x < 1), 1.0 * (x > 2)
    mass_p, mass_q = (dv.total_variation(law, 0 * x, x) * 2 for law in (p, q))
    p, q = p / mass_p, q / mass_q
    assert dv.kl(p, q, x) == np.inf
    assert dv.js(p, q, x) == pytest.approx(LN2, abs=1e-14)
    assert dv.total_variation(p, q, x) == pytest.approx(1, abs=1e-14)


def test_js_breaks_the_triangle_inequality_and_its_root_keeps_it():
    ends = np.array([0.0, 1.0])  # two cells of width ½: density 2 is a point mass
    here, there, both = np.array([2.0, 0.0]), np.array([0.0, 2.0]), np.array([1.0, 1.0])
    direct, by_mixture = dv.js(here, there, ends), dv.js(here, both, ends) + dv.js(both, there, ends)
    assert direct == pytest.approx(0.693, abs=5e-4)
    assert by_mixture == pytest.approx(0.432, abs=1e-3)
    assert np.sqrt(direct) == pytest.approx(0.833, abs=5e-4)
    assert 2 * np.sqrt(dv.js(here, both, ends)) == pytest.approx(0.929, abs=5e-4)


def test_js_survives_densities_near_the_smallest_float():
    x = np.linspace(-40, 60, 20001)
    p, q = stats.norm.pdf(x), stats.norm.pdf(x, 20)
    assert p.min() == 0
    assert 0 < q[x < -15].max() < 1e-250
    with np.errstate(all="raise", under="ignore"):
        assert dv.js(p, q, x) == pytest.approx(dv.js_normals(0, 1, 20, 1), abs=1e-12)
        assert dv.kl(p, p, x) == 0


def test_densities_are_not_rescaled():
    x = np.linspace(-8, 10, 2001)
    p, q = stats.norm.pdf(x), stats.norm.pdf(x, 2)
    assert dv.js(0.9 * p, 0.9 * q, x) == pytest.approx(0.9 * dv.js(p, q, x))
    assert dv.kl(3 * p, 3 * q, x) == pytest.approx(3 * dv.kl(p, q, x))


def test_histograms_of_one_law_have_positive_js():
    # (B − 1)/(4n) to first order; the plateau of the estimate that tutorials read as a difference.
    rng, bins, n = np.random.default_rng(0), 100, 1000
    counts = rng.multinomial(n, np.full(bins, 1 / bins), size=(2, 4000))
    densities = np.pad(counts / n, ((0, 0), (0, 0), (1, 1)))  # an empty cell at each end, which is half as wide
    estimates = dv.js(*densities, np.arange(bins + 2))
    assert estimates.shape == (4000,)
    assert estimates.mean() == pytest.approx(0.0255, abs=0.0002)
    assert estimates.mean() == pytest.approx((bins - 1) / (4 * n), rel=0.05)


@settings(max_examples=60)
@given(hnp.arrays(float, (3, 12), elements=st.floats(0, 5)), st.integers(0, 1000))
def test_inequalities_between_divergences_on_grids(laws, seed):
    x = irregular_grid(0, 1, 12, seed)
    masses = dv.total_variation(laws, np.zeros_like(laws), x) * 2
    if masses.min() < 1e-3:
        return  # no law to speak of
    p, q, r = laws / masses[:, None]
    js, tv = dv.js(p, q, x), dv.total_variation(p, q, x)
    assert 0 <= js <= LN2 * tv + 1e-12
    assert tv <= 1 + 1e-12
    assert 2 * tv**2 <= dv.kl(p, q, x) + 1e-12  # Pinsker
    assert js == pytest.approx(dv.js(q, p, x), abs=1e-14)
    assert np.sqrt(dv.js(p, r, x)) <= np.sqrt(js) + np.sqrt(dv.js(q, r, x)) + 1e-7


# --- broadcasting and bad input --------------------------------------------------------------------------------------


SCALARS = [dv.js_normals, dv.kl_normals, dv.w1_normals, dv.w2_normals]
TUPLES = [dv.js_normals_gradient, dv.kl_normals_gradient, dv.w1_normals_gradient, dv.mean_pulls]


@pytest.mark.parametrize("function", SCALARS + TUPLES)
def test_parameters_broadcast(function):
    shifts, widths = np.linspace(-3, 3, 7)[:, None], np.linspace(0.5, 2, 4)
    values = np.asarray(function(0, 1, shifts, widths))
    assert values.shape[-2:] == (7, 4)
    expected = np.array([[function(0, 1, m, s) for s in widths] for m in shifts.ravel()])
    np.testing.assert_allclose(values, np.moveaxis(expected, (0, 1), (-2, -1)), atol=1e-12)
    scalar = function(0, 1, 2, 3)
    assert all(isinstance(v, float) for v in (scalar if isinstance(scalar, tuple) else [scalar]))


def test_many_parameters_at_once_equal_single_ones():
    shifts = np.linspace(0, 9, 700)  # more than one chunk
    values = dv.js_normals(0, 1, shifts, 1)
    assert values[[0, 255, 256, 699]] == pytest.approx([dv.js_normals(0, 1, shifts[i], 1) for i in (0, 255, 256, 699)])
    assert dv.js_normals(0, 1, np.zeros((0, 2)), 1).shape == (0, 2)


@pytest.mark.parametrize("function", SCALARS + TUPLES)
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, 0, 1, 1), ValueError, "std_p must be positive, got 0"),
        ((0, 1, 1, [1, -2]), ValueError, "std_q must be positive, got -2"),
        ((np.nan, 1, 1, 1), ValueError, "mean_p must be finite, got nan"),
        ((0, 1, np.inf, 1), ValueError, "mean_q must be finite, got inf"),
        (("zero", 1, 1, 1), TypeError, "mean_p must hold real numbers"),
        ((0, 1, 1j, 1), TypeError, "mean_q must hold real numbers"),
        (([0, 1], 1, [0, 1, 2], 1), ValueError, r"broadcast, got mean_p \(2,\), .*mean_q \(3,\)"),
    ],
)
def test_bad_parameters_are_named(function, arguments, error, message):
    with pytest.raises(error, match=message):
        function(*arguments)


@pytest.mark.parametrize("function", [dv.kl, dv.js, dv.total_variation])
@pytest.mark.parametrize(
    ("p", "q", "x", "error", "message"),
    [
        ([1, 1], [1, 1], [0, 0], ValueError, "x must increase strictly, got 0.0 before 0.0"),
        ([1, 1, 1], [1, 1, 1], [0, 2, 1], ValueError, "x must increase strictly, got 2.0 before 1.0"),
        ([1], [1], [0], ValueError, "x must have shape"),
        ([1, 1], [1, 1], [[0, 1]], ValueError, "x must have shape"),
        ([1, 1], [1, 1], [0, np.inf], ValueError, "x must be finite"),
        ([1, -1], [1, 1], [0, 1], ValueError, "p must be a density, ≥ 0 everywhere, got -1"),
        ([1, 1], [1, np.nan], [0, 1], ValueError, "q must be finite"),
        ([1, 1, 1], [1, 1], [0, 1], ValueError, "p must have one value per grid point"),
        ([1, 1], 1.0, [0, 1], ValueError, "q must have one value per grid point"),
        ([1, 1], [True, False], [0, 1], TypeError, "q must hold real numbers"),
        (np.ones((2, 2)), np.ones((3, 2)), [0, 1], ValueError, "broadcast"),
    ],
)
def test_bad_grids_are_named(function, p, q, x, error, message):
    with pytest.raises(error, match=message):
        function(p, q, x)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 0, 0, 1), "a ≤ b, got 1.0 > 0.0"),
        ((0, 1, [0, 3], 2), "c ≤ d, got 3.0 > 2.0"),
        ((0, np.nan, 0, 1), "b must be finite"),
    ],
)
def test_bad_ends_are_named(arguments, message):
    for function in (dv.w1_uniforms, dv.w1_uniforms_gradient):
        with pytest.raises(ValueError, match=message):
            function(*arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 0], np.eye(2), [0], np.eye(1)), "mean_p and mean_q must both have shape"),
        (([0, 0], np.eye(3), [0, 0], np.eye(2)), r"covariance_p must have shape \(2, 2\)"),
        (([0, 0], np.eye(2), [0, 0], [[1, 1], [0, 1]]), "covariance_q must be symmetric"),
        (([0, 0], np.diag([1, -1]), [0, 0], np.eye(2)), "covariance_p must be positive semidefinite, got .*-1"),
    ],
)
def test_bad_covariances_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        dv.w2_normals_multivariate(*arguments)


def test_annotated_shapes_are_the_real_ones():
    from beartype import beartype
    from jaxtyping import jaxtyped

    grid = np.linspace(0, 1, 5)
    for function in (dv.kl, dv.js, dv.total_variation):
        checked = jaxtyped(typechecker=beartype)(function)
        assert isinstance(checked(np.ones(5), np.ones(5), grid), float)
        assert checked(np.ones((3, 5)), np.ones((3, 5)), grid).shape == (3,)
    for function in (dv.js_normals, dv.kl_normals, dv.w1_normals, dv.js_normals_gradient, dv.mean_pulls):
        jaxtyped(typechecker=beartype)(function)(0, 1.0, np.arange(3), np.float64(1))
