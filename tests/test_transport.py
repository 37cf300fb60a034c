"""Transport: sort = linear programme = scipy = POT = closed form, and a critic that proves each value."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from no_double import NoDouble, on_device
from scipy.optimize import linprog
from scipy.spatial.distance import cdist
from scipy.special import gamma
from scipy.stats import energy_distance, norm, wasserstein_distance

from wgan_lib import divergences, transport
from wgan_lib.transport import Cones, OptimalCritic, plans

coordinates = st.floats(-10, 10, allow_subnormal=False).map(lambda v: round(v, 3))


@st.composite
def clouds(draw, max_size=7, dims=(1, 2, 3)):
    """Two weighted clouds of one dimension, with repeated points and zero weights among them."""
    dim = draw(st.sampled_from(dims))
    laws = []
    for _ in range(2):
        n = draw(st.integers(1, max_size))
        points = draw(hnp.arrays(float, (n, dim), elements=coordinates))
        counts = np.array(draw(st.lists(st.integers(0, 5), min_size=n, max_size=n).filter(any)))
        laws.append((points, counts / counts.sum()))
    (x, a), (y, b) = laws
    return x, y, a, b


def linear_programme(x, y, a, b):
    n, m = len(x), len(y)
    rows, columns = np.kron(np.eye(n), np.ones(m)), np.tile(np.eye(m), n)
    solved = linprog(cdist(x, y).ravel(), A_eq=np.vstack([rows, columns]), b_eq=np.concatenate([a, b]))
    assert solved.status == 0
    return solved.fun


# --- the distance ----------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(clouds())
def test_all_solvers_agree(case):
    x, y, a, b = case
    value, best = transport.w1(x, y, a, b), transport.plan(x, y, a, b)
    assert best.cost == pytest.approx(value, abs=1e-9)
    assert linear_programme(x, y, a, b) == pytest.approx(value, abs=1e-7)
    if x.shape[1] == 1:
        assert wasserstein_distance(x[:, 0], y[:, 0], a, b) == pytest.approx(value, abs=1e-9)
        assert transport.w1(x[:, 0], y[:, 0], a, b) == value


@given(hnp.arrays(float, (2, 9), elements=coordinates))
def test_equal_weights_on_the_line_are_matched_by_sorting(samples):
    x, y = samples
    expected = np.abs(np.sort(x) - np.sort(y)).mean()
    assert transport.w1(x, y) == pytest.approx(expected, abs=1e-12)
    assert transport.plan(x, y).cost == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("parameters", [(0, 1, 0, 2), (0, 1, 1, 2), (-1, 0.5, 2, 0.5), (0, 1, 0.3, 1.2)])
def test_quantiles_of_normals_reach_the_closed_form(parameters):
    mean_p, std_p, mean_q, std_q = parameters
    z = norm.ppf((np.arange(4000) + 0.5) / 4000)
    value = transport.w1(mean_p + std_p * z, mean_q + std_q * z)
    assert value == pytest.approx(divergences.w1_normals(*parameters), rel=5e-4)


@pytest.mark.parametrize("ends", [(0, 1, 2, 3), (0, 1, -1, 2), (-1, 1, 0, 3), (0, 4, 1, 2)])
def test_quantiles_of_uniforms_reach_the_closed_form(ends):
    a, b, c, d = ends
    t = (np.arange(500) + 0.5) / 500
    assert transport.w1(a + (b - a) * t, c + (d - c) * t) == pytest.approx(divergences.w1_uniforms(*ends), abs=1e-5)


@pytest.mark.parametrize("dim", [1, 2, 16])
def test_shifts_and_scalings_in_any_dimension(dim):
    x = np.random.default_rng(0).normal(size=(80, dim))
    shift = np.linspace(1, 2, dim)
    assert transport.w1(x, x + shift) == pytest.approx(np.linalg.norm(shift), rel=1e-9)
    assert transport.w1(x, 0.3 * x) == pytest.approx(0.7 * np.linalg.norm(x, axis=1).mean(), rel=1e-9)


@pytest.mark.parametrize(("dim", "value"), [(2, 1.25331), (16, 3.93803), (128, 11.29163)])
def test_the_mean_norm_that_scaling_a_normal_law_costs(dim, value):
    assert np.sqrt(2) * gamma((dim + 1) / 2) / gamma(dim / 2) == pytest.approx(value, abs=5e-6)
    x = np.random.default_rng(0).normal(size=(400, dim))  # to N(0, 4I): every point moves by its own norm
    assert transport.w1(x, 2 * x) == pytest.approx(value, rel=0.05)


@settings(max_examples=30, deadline=None)
@given(clouds(dims=(2,)), st.integers(0, 100))
def test_w1_is_a_metric(case, seed):
    x, y, a, b = case
    z = np.random.default_rng(seed).normal(size=(4, 2))
    value = transport.w1(x, y, a, b)
    assert transport.w1(y, x, b, a) == pytest.approx(value, abs=1e-9)
    assert value <= transport.w1(x, z, a) + transport.w1(z, y, None, b) + 1e-9
    order = np.random.default_rng(seed).permutation(len(x))
    assert transport.w1(x, x[order], a, a[order]) == pytest.approx(0, abs=1e-12)
    assert transport.w1(3 * x + 1, 3 * y + 1, a, b) == pytest.approx(3 * value, abs=1e-9)


def test_w1_sees_what_weak_convergence_does_not():
    for n in (10, 1000):
        escaping = transport.w1([0.0], [0.0, n], None, [1 - 1 / n, 1 / n])
        assert escaping == pytest.approx(1)
    for t in (-2, -0.5, 0, 1.9):
        assert transport.w1([-2.0, 2.0], [t]) == pytest.approx(2)  # flat: no gradient here either


def test_bures_bounds_the_transport_of_samples():
    rng = np.random.default_rng(1)
    root = np.array([[1.0, 0.5], [0.0, 0.3]])
    x = rng.normal(size=(300, 2))
    x -= x.mean(0)
    y = x @ root.T + 1
    moments = [(s.mean(0), np.cov(s.T, bias=True)) for s in (x, y)]
    mean_distance = np.linalg.norm(moments[0][0] - moments[1][0])
    pushed = np.sqrt(((x - y) ** 2).sum(1).mean())
    gelbrich = divergences.w2_normals_multivariate(*moments[0], *moments[1])
    assert mean_distance <= transport.w1(x, y) <= pushed
    assert gelbrich <= pushed + 1e-12  # equality only for symmetric maps


# --- plans and potentials --------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(clouds())
def test_a_plan_proves_its_cost(case):
    x, y, a, b = case
    best = transport.plan(x, y, a, b)
    cost = cdist(x, y)
    assert best.coupling.min() >= 0
    np.testing.assert_allclose(best.coupling.sum(1), a, atol=1e-12)
    np.testing.assert_allclose(best.coupling.sum(0), b, atol=1e-12)
    assert (best.coupling * cost).sum() == pytest.approx(best.cost, abs=1e-12)
    assert (best.potential_x[:, None] + best.potential_y - cost).max() <= 1e-9  # zero weights included
    assert a @ best.potential_x + b @ best.potential_y == pytest.approx(best.cost, abs=1e-9)
    assert abs(best.duality_gap) <= 1e-9
    assert a @ best.potential_x == pytest.approx(best.cost / 2, abs=1e-9)
    carried = best.coupling > 1e-12
    slack = cost - best.potential_x[:, None] - best.potential_y
    assert slack[carried].max() <= 1e-8  # complementary slackness


def test_many_samples_reach_the_optimum():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(1000, 2)), rng.normal(size=(1200, 2)) + 0.3
    best = transport.plan(x, y)
    assert abs(best.duality_gap) < 1e-10


def test_c_transform_by_hand_and_as_a_bound():
    assert transport.c_transform([0.0, 1.0], [[2.0, 2.0], [0.0, 5.0]]).tolist() == [1.0, 0.0]
    rng = np.random.default_rng(0)
    cost = cdist(rng.normal(size=(9, 2)), rng.normal(size=(7, 2)))
    g = rng.normal(size=7)
    f = transport.c_transform(g, cost)
    assert (f[:, None] + g - cost).max() <= 1e-12
    again = transport.c_transform(transport.c_transform(f, cost.T), cost)
    np.testing.assert_allclose(again, f, atol=1e-12)  # three transforms are one


# --- the optimal critic ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tips", ["x", "y", "both"])
@settings(max_examples=40, deadline=None)
@given(case=clouds(), seed=st.integers(0, 100))
def test_the_critic_is_one_lipschitz_and_attains_w1(tips, case, seed):
    x, y, a, b = case
    critic = transport.optimal_critic(x, y, a, b, tips=tips)
    assert a @ critic(x) - b @ critic(y) == pytest.approx(transport.w1(x, y, a, b), abs=1e-6)
    rng = np.random.default_rng(seed)
    z = np.concatenate([rng.uniform(-15, 15, (40, x.shape[1])), x, y])
    rises, distances = np.abs(critic(z)[:, None] - critic(z)), cdist(z, z)
    assert (rises - distances).max() <= 1e-9
    assert np.linalg.norm(critic.gradient(z), axis=1).max() <= 1 + 1e-12


@settings(max_examples=40, deadline=None)
@given(clouds(), st.integers(0, 100))
def test_no_one_lipschitz_function_beats_w1(case, seed):
    x, y, a, b = case
    rng = np.random.default_rng(seed)
    tips = rng.uniform(-10, 10, (5, x.shape[1]))
    critic = OptimalCritic((Cones(tips, rng.normal(size=5), upward=bool(seed % 2)),))
    assert a @ critic(x) - b @ critic(y) <= transport.w1(x, y, a, b) + 1e-9


@pytest.mark.parametrize("tips", ["x", "y", "both"])
def test_the_gradient_on_a_transport_ray_points_from_generated_to_real(tips):
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(60, 3)) + 2, rng.normal(size=(60, 3))
    critic = transport.optimal_critic(real, fake, tips=tips)
    i, j = np.nonzero(transport.plan(real, fake).coupling > 1e-12)
    t = rng.uniform(0.1, 0.9, (len(i), 1))
    along = (real[i] - fake[j]) / np.linalg.norm(real[i] - fake[j], axis=1, keepdims=True)
    np.testing.assert_allclose(critic.gradient(fake[j] + t * (real[i] - fake[j])), along, atol=1e-6)


def test_cone_tips_at_the_real_samples_leave_gradients_at_the_generated_ones():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(20, 2)) + 3, rng.normal(size=(20, 2))
    at_real, at_fake, both = (transport.optimal_critic(real, fake, tips=tips) for tips in ("x", "y", "both"))
    np.testing.assert_allclose(np.linalg.norm(at_real.gradient(fake), axis=1), 1)
    assert np.all(at_fake.gradient(fake) == 0)
    elsewhere = rng.normal(size=(50, 2)) * 10
    assert np.abs(at_real(elsewhere) - at_fake(elsewhere)).max() > 1  # f* is not unique off the rays
    np.testing.assert_allclose(both(elsewhere), (at_real(elsewhere) + at_fake(elsewhere)) / 2)
    assert np.all(at_real(elsewhere) <= at_fake(elsewhere) + 1e-9)  # the lowest and the highest with these prices


def test_optimal_critics_differ_even_on_the_supports():
    # ½δ0 + ½δ10 against ½δ1 + ½δ11: only f(0) − f(1) and f(10) − f(11) are fixed; f(10) − f(1) is free in [−9, 9].
    x, y = np.array([0.0, 10.0]), np.array([1.0, 11.0])
    assert transport.w1(x, y) == 1
    for free in (-9, 0, 9):
        heights = np.array([1.0, free])  # f(0), f(10), with f(1) = 0
        critic = OptimalCritic((Cones(x[:, None], heights, upward=False),))
        assert critic(x).mean() - critic(y).mean() == pytest.approx(1)
        assert critic(np.array([10.0]))[0] - critic(np.array([1.0]))[0] == pytest.approx(free)
        z = np.linspace(-5, 15, 201)
        assert np.abs(np.diff(critic(z))).max() <= 0.1 + 1e-12
    for tips in ("x", "y", "both"):
        critic = transport.optimal_critic(x, y, tips=tips)
        assert critic([0.0])[0] - critic([1.0])[0] == pytest.approx(1)
        assert -9 - 1e-9 <= critic([10.0])[0] - critic([1.0])[0] <= 9 + 1e-9


@pytest.mark.parametrize("tips", ["x", "y", "both"])
@settings(max_examples=40, deadline=None)
@given(case=clouds(), seed=st.integers(0, 100))
def test_middle_prices_are_optimal_too(tips, case, seed):
    x, y, a, b = case
    critic = transport.optimal_critic(x, y, a, b, tips=tips, prices="middle")
    assert a @ critic(x) - b @ critic(y) == pytest.approx(transport.w1(x, y, a, b), abs=1e-6)
    assert a @ critic(x) + b @ critic(y) == pytest.approx(0, abs=1e-6)
    z = np.concatenate([np.random.default_rng(seed).uniform(-15, 15, (40, x.shape[1])), x, y])
    assert (np.abs(critic(z)[:, None] - critic(z)) - cdist(z, z)).max() <= 1e-9


def test_middle_prices_lie_between_the_lowest_and_the_highest_of_all_and_leave_one_arrow():
    x, y = np.array([0.0, 10.0]), np.array([1.0, 11.0])  # f(10) − f(1) is free in [−9, 9]
    critic = transport.optimal_critic(x, y, prices="middle")
    assert critic([10.0])[0] - critic([1.0])[0] == pytest.approx(0, abs=1e-12)
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(30, 2)), rng.normal(size=(30, 2)) + 1
    best = transport.plan(real, fake)
    i, j = np.nonzero(best.coupling > 1e-12)
    along = (real[i] - fake[j]) / np.linalg.norm(real[i] - fake[j], axis=1, keepdims=True)
    shares = [
        np.isclose(transport.optimal_critic(real, fake, prices=prices).gradient(fake[j]), along, atol=1e-6)
        .all(1)
        .mean()
        for prices in ("corner", "middle")
    ]
    assert shares[0] < 0.9
    assert shares[1] == 1
    # A linear programme finds how low and how high each real point's price may be; the middle is inside, not on an end.
    middle = transport.optimal_critic(real, fake, prices="middle").cones[0].heights
    cost, n = cdist(real, fake), 30
    rows = np.hstack([np.repeat(np.eye(n), n, axis=0), -np.tile(np.eye(n), (n, 1))])
    tight = np.zeros((n, 2 * n))
    tight[np.arange(n), i], tight[np.arange(n), n + j] = 1, -1
    fixed = np.vstack([tight, np.eye(2 * n)[:1]])
    values = np.append(cost[i, j], middle[0])
    for k in (1, 7, 20):
        ends = [
            sign * linprog(sign * np.eye(2 * n)[k], rows, cost.ravel(), fixed, values, bounds=(None, None)).fun
            for sign in (1, -1)
        ]
        assert ends[0] + 1e-6 < middle[k] < ends[1] - 1e-6


SCALES = [1e-150, 1e-30, 1e-15, 1e15, 1e150]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("dim", [1, 2, 3, 100])
def test_every_distance_scales_with_its_unit(scale, dim):
    rng = np.random.default_rng(dim)
    x, y, z = rng.normal(size=(40, dim)), rng.normal(size=(30, dim)) + 1, rng.normal(size=(10, dim))
    a = rng.dirichlet(np.ones(40))

    def same(value, moved):
        np.testing.assert_allclose(np.asarray(moved) / scale, value, rtol=1e-9, atol=1e-11)

    same(transport.w1(x, y, a), transport.w1(scale * x, scale * y, a))
    best, moved = transport.plan(x, y, a), transport.plan(scale * x, scale * y, a)
    same(best.cost, moved.cost)
    same(best.cost, (moved.coupling * cdist(x, y)).sum() * scale)
    assert abs(moved.duality_gap) <= 1e-12 * moved.cost
    soft, moved = transport.sinkhorn(x, y, 0.3, a), transport.sinkhorn(scale * x, scale * y, scale * 0.3, a)
    np.testing.assert_allclose(moved.coupling, soft.coupling, atol=1e-9)
    same(soft.cost, moved.cost)
    same(
        transport.sinkhorn_divergence(x, y, 0.5, a),
        transport.sinkhorn_divergence(scale * x, scale * y, scale * 0.5, a),
    )
    slices = [transport.sliced_w1(s * x, s * y, np.random.default_rng(0), a) for s in (1, scale)]
    same(*slices)
    for prices in ("corner", "middle"):
        critic = transport.optimal_critic(scale * x, scale * y, a, prices=prices)
        same(transport.w1(x, y, a), a @ critic(scale * x) - critic(scale * y).mean())
        assert np.linalg.norm(critic.gradient(scale * z), axis=1) == pytest.approx(np.ones(10))
    middle, moved = (transport.optimal_critic(s * x, s * y, a, prices="middle") for s in (1, scale))
    same(middle(z), moved(scale * z))


@pytest.mark.parametrize("scale", [1e-25, 1e25])
def test_a_critic_of_single_precision_tensors_scales_with_its_unit(scale):
    import torch

    generator = torch.Generator().manual_seed(0)
    x, y, z = (torch.randn(20, 3, generator=generator) + shift for shift in (0, 1, 0.5))
    plain, moved = transport.optimal_critic(x, y), transport.optimal_critic(scale * x, scale * y)
    np.testing.assert_allclose(moved(scale * z) / scale, plain(z), rtol=1e-4, atol=1e-5)


def test_devices_without_double_precision_will_do():
    import torch

    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(12, 2, generator=generator), torch.randn(9, 2, generator=generator)
    there = on_device(x), on_device(y)
    assert transport.w1(*there, on_device(torch.full((12,), 1 / 12))) == transport.w1(x, y, torch.full((12,), 1 / 12))
    assert transport.plan(*there).cost == transport.plan(x, y).cost
    assert transport.sinkhorn(*there, 0.5).cost == transport.sinkhorn(x, y, 0.5).cost
    assert transport.sinkhorn_divergence(*there, 0.5) == transport.sinkhorn_divergence(x, y, 0.5)
    slices = [transport.sliced_w1(*clouds, np.random.default_rng(0)) for clouds in ((x, y), there)]
    assert slices[0] == slices[1]
    critic = transport.optimal_critic(*there)
    scores = critic(there[0])
    assert isinstance(scores, NoDouble)
    torch.testing.assert_close(scores.cpu(), transport.optimal_critic(x, y)(x))
    np.testing.assert_array_equal(critic.gradient(there[1]), critic.gradient(y))
    with pytest.raises(TypeError, match="float64"):
        there[0].double()  # the stand-in refuses what the device refuses


def test_integer_tensors_and_lists_are_points_like_others():
    import torch

    critic = transport.optimal_critic([0.25, 3.5], [1.75])
    values = critic(np.array([0.0, 1, 2, 3]))
    np.testing.assert_array_equal(critic([0, 1, 2, 3]), values)
    np.testing.assert_allclose(critic(torch.arange(4)), values)
    np.testing.assert_allclose(critic(2.0), critic([2.0])[0])
    with pytest.raises(TypeError, match="z must hold real numbers"):
        critic(torch.tensor([True]))


def test_a_plan_that_is_not_the_cheapest_is_refused(monkeypatch):
    couple = plans._couple

    def careless(a, b, cost):
        return np.outer(a, b), couple(a, b, cost)[1]

    monkeypatch.setattr(plans, "_couple", careless)
    x = np.random.default_rng(0).normal(size=(20, 2))
    for call in (transport.w1, transport.plan):
        with pytest.raises(RuntimeError, match=r"no optimal plan for 20 and 20 samples: .* above the least cost"):
            call(x, x + 1)


def test_autograd_follows_the_critic():
    import torch

    generator = torch.Generator().manual_seed(0)
    real, fake = torch.randn(30, 4, generator=generator) + 1, torch.randn(30, 4, generator=generator)
    z = torch.randn(50, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    for tips in ("x", "y", "both"):
        critic = transport.optimal_critic(real, fake, tips=tips)
        values = critic(z)
        assert values.shape == (50,)
        assert values.dtype == torch.float64
        np.testing.assert_allclose(values.detach().numpy(), critic(z.detach().numpy()), atol=1e-12)
        (gradient,) = torch.autograd.grad(values.sum(), z)
        np.testing.assert_allclose(gradient.numpy(), critic.gradient(z), atol=1e-12)
    at_tips = critic(real.requires_grad_())
    assert torch.isfinite(torch.autograd.grad(at_tips.sum(), real)[0]).all()


def test_critic_shapes():
    line = transport.optimal_critic(np.array([0.0, 1.0]), np.array([2.0]))
    assert line(np.zeros(5)).shape == line(np.zeros((5, 1))).shape == (5,)
    assert line.gradient(np.zeros(5)).shape == (5,)
    assert line.gradient(np.zeros((5, 1))).shape == (5, 1)
    plane = transport.optimal_critic(np.zeros((1, 2)), np.ones((3, 2)))
    assert plane(np.zeros((4, 6, 2))).shape == (4, 6)
    for bad in (np.zeros((5, 3)), np.zeros(2)):
        with pytest.raises(ValueError, match=r"z must have shape \(k, 2\)"):
            plane(bad)
    with pytest.raises(ValueError, match="z must be finite"):
        plane.gradient(np.full((1, 2), np.nan))


# --- entropy and slices ----------------------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(clouds(dims=(1, 2)), st.sampled_from([0.5, 2.0, 20.0]))
def test_an_entropic_plan_brackets_w1(case, regularisation):
    x, y, a, b = case
    soft, exact = transport.sinkhorn(x, y, regularisation, a, b, tolerance=1e-4), transport.w1(x, y, a, b)
    np.testing.assert_allclose(soft.coupling.sum(1), a, atol=1e-12)
    np.testing.assert_allclose(soft.coupling.sum(0), b, atol=1e-12)
    assert soft.coupling.min() >= 0
    assert soft.cost - soft.duality_gap - 1e-9 <= exact <= soft.cost + 1e-9


def test_less_entropy_brings_the_plan_closer_to_the_optimum():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(25, 2)), rng.normal(size=(20, 2)) + 1
    gaps = [transport.sinkhorn(x, y, e).cost - transport.w1(x, y) for e in (3.0, 0.3, 0.03)]
    assert gaps[0] > gaps[1] > gaps[2] > 0
    assert gaps[2] < 0.03


def test_the_entropic_plan_solves_its_own_problem():
    import ot

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(15, 2)), rng.normal(size=(12, 2)) + 1
    expected = ot.sinkhorn(np.full(15, 1 / 15), np.full(12, 1 / 12), cdist(x, y), 0.5, stopThr=1e-12)
    np.testing.assert_allclose(transport.sinkhorn(x, y, 0.5, tolerance=1e-9).coupling, expected, atol=1e-9)


def test_the_sinkhorn_divergence_runs_from_w1_to_half_the_energy_distance():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=20), rng.normal(size=15) + 1
    assert transport.sinkhorn_divergence(x, y, 1e4) == pytest.approx(energy_distance(x, y) ** 2 / 2, rel=1e-3)
    exact = transport.w1(x, y)
    errors = [abs(transport.sinkhorn_divergence(x, y, e) - exact) / exact for e in (1.0, 0.1, 0.01)]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.03
    assert transport.sinkhorn_divergence(x, x[::-1], 0.3) == pytest.approx(0, abs=1e-6)
    a = np.append(np.full(19, 1 / 19), 0)
    assert transport.sinkhorn_divergence(x, x[:19], 0.3, a) == pytest.approx(0, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(clouds(dims=(1, 2)), st.sampled_from([0.5, 5.0]))
def test_the_sinkhorn_divergence_is_positive_and_symmetric(case, regularisation):
    x, y, a, b = case
    value = transport.sinkhorn_divergence(x, y, regularisation, a, b, tolerance=1e-4)
    assert value >= -1e-4
    swapped = transport.sinkhorn_divergence(y, x, regularisation, b, a, tolerance=1e-4)
    assert value == pytest.approx(swapped, abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(clouds(dims=(1, 2, 3)), st.integers(0, 100))
def test_slices_never_exceed_w1(case, seed):
    x, y, a, b = case
    value = transport.sliced_w1(x, y, np.random.default_rng(seed), a, b, n_projections=20)
    assert value <= transport.w1(x, y, a, b) + 1e-9
    assert value == transport.sliced_w1(x, y, np.random.default_rng(seed), a, b, n_projections=20)
    if x.shape[1] == 1:
        assert value == pytest.approx(transport.w1(x, y, a, b), abs=1e-9)


def test_slices_of_a_shift_in_the_plane():
    x = np.random.default_rng(0).normal(size=(30, 2))
    value = transport.sliced_w1(x, x + np.array([0, 3]), np.random.default_rng(1), n_projections=4000)
    assert value == pytest.approx(3 * 2 / np.pi, rel=0.03)  # E|cos| of a random angle


# --- kinds of input --------------------------------------------------------------------------------------------------


def test_tensors_integers_and_single_precision():
    import torch

    rng = np.random.default_rng(0)
    x, y = rng.integers(-5, 5, (12, 2)), rng.integers(-5, 5, (9, 2))
    expected = transport.w1(x.astype(float), y.astype(float))
    assert transport.w1(x, y) == expected
    weights = torch.softmax(torch.zeros(12), 0)
    tensors = torch.tensor(x, dtype=torch.float32, requires_grad=True), torch.tensor(y, dtype=torch.bfloat16)
    assert transport.w1(*tensors, weights) == pytest.approx(expected, rel=1e-6)
    assert transport.plan(torch.tensor(x), y).cost == pytest.approx(expected)


def test_annotated_shapes_are_the_real_ones():
    from beartype import beartype
    from jaxtyping import jaxtyped

    def checked(function):
        return jaxtyped(typechecker=beartype)(function)

    x, y, a = np.zeros((4, 2)), np.ones((3, 2)), np.full(4, 0.25)
    for function in (transport.w1, transport.plan):
        checked(function)(x, y, a)
        checked(function)(x[:, 0], y[:, 0], a)
    assert checked(transport.optimal_critic)(x, y)(x).shape == (4,)
    assert checked(transport.c_transform)(np.zeros(3), cdist(x, y)).shape == (4,)
    checked(transport.sinkhorn)(x, y, 1.0)
    checked(transport.sliced_w1)(x, y, np.random.default_rng(0))


CALLS = [
    transport.w1,
    transport.plan,
    transport.optimal_critic,
    lambda x, y, *weights: transport.sinkhorn(x, y, 1.0, *weights),
    lambda x, y, *weights: transport.sinkhorn_divergence(x, y, 1.0, *weights),
    lambda x, y, *weights: transport.sliced_w1(x, y, np.random.default_rng(0), *weights),
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([], [1.0]), ValueError, r"x must hold samples .* got shape \(0,\)"),
        (([0.0], np.zeros((0, 1))), ValueError, "y must hold samples"),
        ((np.zeros((2, 2, 2)), np.zeros((2, 2))), ValueError, r"x must hold samples .* got shape \(2, 2, 2\)"),
        ((1.0, [1.0]), ValueError, "x must hold samples"),
        ((np.zeros((2, 2)), np.zeros((2, 3))), ValueError, "x and y must have one dimension d, got 2 and 3"),
        (([0.0, np.nan], [1.0]), ValueError, "x must be finite, got nan"),
        (([0.0], [np.inf]), ValueError, "y must be finite, got inf"),
        ((["a"], [1.0]), TypeError, "x must hold real numbers"),
        (([0.0], [1j]), TypeError, "y must hold real numbers, got dtype complex128"),
        (([True, False], [1.0]), TypeError, "x must hold real numbers, got dtype bool"),
        (([0.0, 1.0], [1.0], [1.0]), ValueError, r"x_weights must have shape \(2,\).* got \(1,\)"),
        (([0.0, 1.0], [1.0], [1.5, -0.5]), ValueError, "x_weights must be ≥ 0, got -0.5"),
        (([0.0, 1.0], [1.0], [0.5, 0.4]), ValueError, "x_weights must sum to 1, got 0.9"),
        (([0.0], [1.0, 2.0], None, [0.5, np.nan]), ValueError, "y_weights must be finite"),
        (([0.0], [1.0, 2.0], None, [0.0, 0.0]), ValueError, "y_weights must sum to 1, got 0"),
    ],
)
def test_bad_samples_and_weights_are_named(call, arguments, error, message):
    with pytest.raises(error, match=message):
        call(*arguments)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: transport.optimal_critic([0.0], [1.0], tips="z"),
            ValueError,
            "tips is 'z': it must be one of 'x', 'y', 'both'",
        ),
        (lambda: transport.optimal_critic([0.0], [1.0], prices=None), ValueError, "prices is None: it must be one of"),
        (lambda: transport.sinkhorn([0.0], [1.0], 0.0), ValueError, "regularisation is 0.0: .* above 0"),
        (lambda: transport.sinkhorn([0.0], [1.0], None), TypeError, "regularisation is None: .* above 0"),
        (
            lambda: transport.sinkhorn([0.0], [1.0], np.nan),
            ValueError,
            "regularisation is nan: it must be a finite number above 0",
        ),
        (lambda: transport.sinkhorn([0.0], [1.0], 1.0, tolerance=0), ValueError, "tolerance is 0: .* above 0"),
        (
            lambda: transport.sinkhorn([0.0], [1.0], 1.0, max_iterations=0),
            ValueError,
            "max_iterations is 0: it must be a whole number, 1 or more",
        ),
        (lambda: transport.sliced_w1([0.0], [1.0], 0), TypeError, "rng must be a numpy.random.Generator, got 0"),
        (
            lambda: transport.sliced_w1([0.0], [1.0], np.random.default_rng(0), n_projections=0),
            ValueError,
            "n_projections is 0: it must be a whole number, 1 or more",
        ),
        (lambda: transport.c_transform([0.0], [[0.0, 1.0]]), ValueError, "cost must be"),
        (lambda: transport.c_transform([np.nan], [[0.0]]), ValueError, "potential must be finite"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_sinkhorn_that_has_not_converged_says_so():
    x, y = np.random.default_rng(0).normal(size=(2, 30))
    with pytest.raises(RuntimeError, match=r"margins are off by .* after 3 iterations at regularisation 0.01"):
        transport.sinkhorn(x, y, 0.01, max_iterations=3)


def test_a_solver_that_stops_early_says_so(monkeypatch):
    monkeypatch.setattr(plans, "_MAX_PIVOTS", 1)
    x = np.random.default_rng(0).normal(size=(50, 2))
    with pytest.raises(RuntimeError, match="POT found no optimal plan for 50 and 50 samples"):
        transport.w1(x, x[::-1] + 1)
