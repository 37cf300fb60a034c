"""Laws against their definitions; pairs against exact transport of their samples."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_swiss_roll

from wgan_lib import sampling, transport


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


LAWS = [
    sampling.ring(),
    sampling.grid(),
    sampling.swiss_roll(),
    sampling.normals((1.0, 2.0, 3.0), 0.5),
    sampling.uniforms((0.0, -1.0), (1.0, 1.0)),
    sampling.uniforms(),
    sampling.parallel_lines(0.3),
    sampling.point_masses([[0.0, 0.0], [1.0, 1.0]], [0.25, 0.75]),
]


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_samples_have_one_shape_and_come_from_the_generator_alone(law: sampling.Law) -> None:
    torch.manual_seed(3)
    first = law.sample(50, rng(1))
    torch.manual_seed(4)
    assert torch.equal(first, law.sample(50, rng(1)))
    assert first.shape == (50, law.sample(1, rng()).shape[1])
    assert first.dtype == torch.float32
    assert not torch.equal(first, law.sample(50, rng(2)))
    with pytest.raises(ValueError, match="n is 0"):
        law.sample(0, rng())
    with pytest.raises(TypeError, match="it must be a torch"):
        law.sample(5, 0)
    assert repr(eval(repr(law), vars(sampling))) == repr(law)


@settings(max_examples=40, deadline=None)
@given(law=st.sampled_from(LAWS), n=st.integers(1, 300), seed=st.integers(0, 2**32), other=st.integers(0, 2**32))
def test_a_seed_gives_its_own_finite_samples(law: sampling.Law, n: int, seed: int, other: int) -> None:
    first = law.sample(np.int64(n), rng(seed))
    assert torch.equal(first, law.sample(n, rng(seed)))
    assert first.isfinite().all()
    few_points = law.modes is not None and law.std == 0
    assert seed == other or few_points or not torch.equal(first, law.sample(n, rng(other)))


def test_the_ring_has_k_different_modes_on_its_circle() -> None:
    law = sampling.ring(8)
    assert law.modes.shape == (8, 2)
    assert law.std == 0.01
    assert law.modes.norm(dim=1).tolist() == pytest.approx([1.0] * 8)
    assert torch.cdist(law.modes, law.modes).fill_diagonal_(9).min() > 0.7  # no endpoint counted twice
    wgan_gp = sampling.ring(8, 2.0, 0.02, scale=1 / 1.414)
    assert wgan_gp.modes.norm(dim=1).tolist() == pytest.approx([2 / 1.414] * 8)
    assert wgan_gp.std == pytest.approx(0.02 / 1.414)


def test_the_grid_stands_at_the_published_places() -> None:
    expected = {(float(a), float(b)) for a in (-4, -2, 0, 2, 4) for b in (-4, -2, 0, 2, 4)}
    assert {tuple(m) for m in sampling.grid().modes.tolist()} == expected
    assert sampling.grid().std == 0.05
    assert sampling.grid(scale=1 / 2.828).modes.abs().max().item() == pytest.approx(4 / 2.828)


@pytest.mark.parametrize("law", [sampling.ring(4, std=0.1), sampling.normals((3.0,), 2.0), sampling.grid(9)], ids=repr)
def test_mixtures_have_their_weights_means_and_spread(law: sampling.Law) -> None:
    x = law.sample(40_000, rng(3))
    nearest = torch.cdist(x, law.modes).argmin(1)
    shares = torch.bincount(nearest, minlength=len(law.modes)) / len(x)
    torch.testing.assert_close(shares, law.weights, atol=0.01, rtol=0)
    rest = x - law.modes[nearest]
    assert rest.std().item() == pytest.approx(law.std, rel=0.02)
    assert rest.mean().abs() < 0.02 * law.std + 1e-3


def test_point_masses_have_no_spread_and_the_given_weights() -> None:
    x = sampling.point_masses([[0.0], [10.0]], [0.25, 0.75]).sample(10_000, rng())
    assert set(x.flatten().tolist()) == {0.0, 10.0}
    assert (x == 10).float().mean().item() == pytest.approx(0.75, abs=0.02)


def test_the_swiss_roll_is_that_of_scikit_learn() -> None:
    theirs = make_swiss_roll(1000, noise=0.25, random_state=0)[0][:, [0, 2]] / 7.5
    ours, again = sampling.swiss_roll().sample(2000, rng()).split(1000)
    assert transport.w1(ours, theirs) < 1.5 * transport.w1(ours, again)


def test_uniforms_and_lines_fill_their_boxes() -> None:
    x = sampling.uniforms((0.0, -1.0), (1.0, 3.0)).sample(20_000, rng())
    assert x.amin(0).tolist() == pytest.approx([0, -1], abs=0.01)
    assert x.amax(0).tolist() == pytest.approx([1, 3], abs=0.01)
    assert x.mean(0).tolist() == pytest.approx([0.5, 1], abs=0.03)
    line = sampling.parallel_lines(0.3).sample(1000, rng())
    assert (line[:, 0] == torch.tensor(0.3)).all()
    exact = transport.w1(line[:200], sampling.parallel_lines(0.0).sample(200, rng()))
    assert exact == pytest.approx(0.3, abs=1e-6)  # the same heights on both lines


# --- pairs ---

PAIRS = [
    sampling.radial_pair(1),
    sampling.radial_pair(3, 1.0, 2.5),
    sampling.circles_and_centres(),
    sampling.min_funnels(2, 16, seed=1),
    sampling.min_funnels(16, 64, seed=0),
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{type(pair).__name__}-{pair.centres.shape[1]}")
def test_the_optimal_critic_has_slope_one_and_attains_w1(pair: sampling.MinFunnels | sampling.ShellPair) -> None:
    x, y = pair.sample_pair(20_000, rng(3))
    assert x.shape == y.shape
    assert (pair.critic(x).mean() - pair.critic(y).mean()).item() == pytest.approx(pair.w1, rel=0.02)
    points = x[:200].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(pair.critic(points).sum(), points)
    torch.testing.assert_close(pair.critic_gradient(x[:200]), gradient, atol=1e-4, rtol=0)
    torch.testing.assert_close(gradient.norm(dim=1), torch.ones(200), atol=1e-5, rtol=0)
    rise = (pair.critic(x[:300])[:, None] - pair.critic(y[:300])).abs()
    assert (rise <= torch.cdist(x[:300].double(), y[:300].double()) + 1e-4).all()


@pytest.mark.parametrize(("dim", "published"), [(2, 0.230), (16, 1.554), (128, 1.045)])
def test_funnels_move_mass_along_rays_by_their_w1(dim: int, published: float) -> None:
    pair = sampling.min_funnels(dim, 64, seed=0)
    x = 5 * torch.rand(40_000, dim, generator=rng(8)) - 2.5
    moved = pair.transport(x)
    distance = (x - moved).norm(dim=1)
    # u falls by the distance moved at every point, which makes T and u optimal together.
    torch.testing.assert_close(pair.critic(x) - pair.critic(moved), distance, atol=5e-5, rtol=0)
    assert moved.abs().max() <= 2.5
    assert distance.mean().item() == pytest.approx(pair.w1, rel=0.015)
    assert pair.w1 == pytest.approx(published, rel=0.15)  # the order of magnitude: the funnels are our own


def test_exact_transport_of_funnel_samples_agrees_within_the_sampling_error() -> None:
    pair = sampling.min_funnels(2, 16, seed=1)
    exact = [transport.w1(*pair.sample_pair(1000, rng(seed))) for seed in range(3)]
    null = [
        transport.w1(pair.sample_pair(1000, rng(seed))[0], pair.sample_pair(1000, rng(seed + 9))[0]) for seed in (0, 1)
    ]
    assert pair.w1 < np.mean(exact) < pair.w1 + np.mean(null)


def test_funnel_rays_end_at_the_first_exit_from_cell_or_box() -> None:
    pair = sampling.min_funnels(2, 8, seed=2)
    x = 5 * torch.rand(300, 2, generator=rng(1)) - 2.5
    a, direction, end = pair._rays(x)
    cell = pair._nearest(x)
    for fraction, inside in ((0.999, True), (1.001, False)):
        points = a + (fraction * end)[:, None] * direction
        stays = (pair._nearest(points) == cell) & (points.abs().amax(1) <= 2.5)
        assert stays.all() if inside else not stays.any()


def test_a_point_at_a_centre_stays_there() -> None:
    pair = sampling.min_funnels(3, 4, seed=0)
    inside = pair.centres[pair._nearest(pair.centres) == torch.arange(4)]
    assert len(inside) > 0
    assert torch.equal(pair.transport(inside), inside)


@settings(max_examples=20, deadline=None)
@given(dim=st.integers(1, 6), inner=st.floats(0, 2), thickness=st.floats(0.1, 2))
def test_radial_pairs_lie_on_their_shells(dim: int, inner: float, thickness: float) -> None:
    pair = sampling.radial_pair(dim, inner, inner + thickness)
    outer_points, inner_points = pair.sample_pair(50, rng())
    assert outer_points.norm(dim=1).tolist() == pytest.approx([inner + thickness] * 50, rel=1e-5)
    assert inner_points.norm(dim=1).tolist() == pytest.approx([inner] * 50, rel=1e-5)
    assert pair.w1 == pytest.approx(thickness)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sampling.ring(std=0.0), "std is 0.0"),
        (lambda: sampling.ring(0), "k is 0"),
        (lambda: sampling.ring(2.5), "k is 2.5: it must be a whole number"),
        (lambda: sampling.grid(math.nan), "k is nan"),
        (lambda: sampling.grid(24), "16 or 25"),
        (lambda: sampling.normals(0.0, -1.0), "std is -1.0"),
        (lambda: sampling.normals((math.nan, 0.0)), "mean must be finite, got nan"),
        (lambda: sampling.swiss_roll(scale=0.0), "scale is 0.0"),
        (lambda: sampling.uniforms(1.0, 1.0), "low must be below high"),
        (lambda: sampling.uniforms((0.0, 0.0), (1.0,)), "low must be below high"),
        (lambda: sampling.uniforms(-math.inf, 0.0), "low must be finite"),
        (lambda: sampling.uniforms([], []), "low must be below high"),
        (lambda: sampling.point_masses([[0.0], [1.0]], [0.5, 0.6]), "weights must sum to 1"),
        (lambda: sampling.point_masses([[0.0], [1.0]], [-0.5, 1.5]), "weights must be ≥ 0, got -0.5"),
        (lambda: sampling.point_masses([0.0, 1.0]), r"must be \(k, d\)"),
        (lambda: sampling.parallel_lines(math.inf), "theta is inf"),
        (lambda: sampling.radial_pair(2, 2.0, 1.0), "inner is 2.0"),
        (lambda: sampling.circles_and_centres(spacing=1.0), "spacing is 1.0"),
        (lambda: sampling.circles_and_centres(spacing=math.nan), "spacing is nan"),
        (lambda: sampling.ring().sample(2.5, rng()), "n is 2.5: it must be a whole number"),
        (lambda: sampling.min_funnels(0, 4, seed=0), "dim is 0"),
        (lambda: sampling.min_funnels(2, 4, seed=0.5), "seed is 0.5"),
        (lambda: sampling.normals(()), "mean is empty"),
        (lambda: sampling.normals(1e300), "mean is .* must fit into single precision"),
        (lambda: sampling.ring(radius=1e300), "does not fit into single precision"),
        (lambda: sampling.ring(std=1e-300), "does not fit into single precision"),
        (lambda: sampling.point_masses(np.zeros((0, 2))), r"must be \(k, d\)"),
    ],
)
def test_bad_arguments_are_refused(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("bad", [None, "text", [[True]], 1j])
def test_what_is_no_number_is_named(bad: object) -> None:
    for make, name in [
        (lambda: sampling.normals(bad), "mean"),
        (lambda: sampling.uniforms(bad), "low"),
        (lambda: sampling.point_masses(bad), "points"),
        (lambda: sampling.ring(std=bad), "std"),
        (lambda: sampling.parallel_lines(bad), "theta"),
        (lambda: sampling.radial_pair(2, bad), "inner"),
    ]:
        with pytest.raises(TypeError, match=rf"^{name} "):
            make()


def test_numbers_of_any_make_give_the_same_law() -> None:
    for plain, other in [
        (sampling.ring(8, 2.0, 0.5), sampling.ring(np.int64(8), 2, torch.tensor(0.5))),
        (sampling.normals([1.0, 2.0]), sampling.normals(np.array([1.0, 2.0]))),
        (sampling.normals([1.0, 2.0]), sampling.normals(torch.tensor([1.0, 2.0], requires_grad=True))),
        (sampling.uniforms([0.0, 1.0], [1.0, 2.0]), sampling.uniforms(np.arange(2.0), np.arange(1.0, 3.0))),
        (sampling.point_masses([[1.0]], [1.0]), sampling.point_masses(np.ones((1, 1)), np.ones(1))),
        (sampling.parallel_lines(1.0), sampling.parallel_lines(np.float32(1))),
    ]:
        assert repr(plain) == repr(other)
        assert torch.equal(plain.sample(np.int64(5), rng()), other.sample(5, rng()))
