"""What theory or a paper says a critic must find, found by training one: bias law, trap, cycles, cones, funnels."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor, nn

from wgan_lib import diagnostics, losses, networks, sampling, transport
from wgan_lib.constraints import (
    GradientPenalty,
    LipschitzConstraint,
    Orthonormal,
    SpectralNorm,
    Unconstrained,
    WeightClipping,
)

Pairs = Callable[[torch.Generator], tuple[Tensor, Tensor]]


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def fit(
    critic: nn.Module,
    batch: Pairs,
    constraint: LipschitzConstraint,
    n_steps: int,
    learning_rate: float,
    betas: tuple[float, float] = (0.0, 0.9),
) -> nn.Module:
    """Train a critic alone, both laws fixed, with a learning rate that falls to 0."""
    constraint.attach(critic)
    optimizer, numbers = torch.optim.Adam(critic.parameters(), learning_rate, betas), rng()
    for step in range(n_steps):
        optimizer.param_groups[0]["lr"] = learning_rate * (1 - step / n_steps)
        real, fake = batch(numbers)
        loss = losses.WASSERSTEIN.critic(critic(real), critic(fake)) + constraint.penalty(critic, real, fake, numbers)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        constraint.project(critic)
    return critic.eval()


def estimate(critic: nn.Module, real: Tensor, fake: Tensor) -> float:
    return -losses.WASSERSTEIN.critic(critic(real), critic(fake)).item()


# --- fact 17: what a linear critic and two point masses measure ---

SHIFT = 3.0
LINEAR = [
    (GradientPenalty(10.0), SHIFT * (1 + SHIFT / 20)),
    (GradientPenalty(10.0, one_sided=True), SHIFT * (1 + SHIFT / 20)),
    (GradientPenalty(1.0), SHIFT * (1 + SHIFT / 2)),
    (SpectralNorm(), SHIFT),
    (Orthonormal(), SHIFT),
    (WeightClipping(0.01), 0.01 * SHIFT),
]


@pytest.mark.parametrize(("constraint", "expected"), LINEAR, ids=repr)
@pytest.mark.parametrize("dim", [2, 5])
def test_what_a_linear_critic_measures_of_a_shift(constraint: LipschitzConstraint, expected: float, dim: int) -> None:
    fake = torch.randn(64, dim, generator=rng(1))
    real = fake + SHIFT * torch.eye(dim)[0]
    critic = fit(networks.mlp(dim, 1), lambda numbers: (real, fake), constraint, 300, 0.05)
    assert estimate(critic, real, fake) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("one_sided", [False, True])
@pytest.mark.parametrize(("distance", "weight"), [(1.0, 0.1), (2.0, 1.0)])
def test_the_bias_law_of_two_point_masses(distance: float, weight: float, one_sided: bool) -> None:
    real, fake = torch.zeros(64, 2), torch.tensor([[distance, 0.0]]).expand(64, 2)
    critic, constraint = networks.mlp(2, 32, 32, 1, activation=nn.Softplus), GradientPenalty(weight, one_sided)
    fit(critic, lambda numbers: (real, fake), constraint, 500, 0.02)
    raw = estimate(critic, real, fake)
    assert raw == pytest.approx(distance + distance**2 / (2 * weight), rel=0.01)
    penalised = raw - constraint.penalty(critic, real, fake, rng(9)).item()
    assert penalised == pytest.approx(distance + distance**2 / (4 * weight), rel=0.01)
    slopes = diagnostics.gradient_norms(critic, torch.linspace(0, distance, 20)[:, None] * torch.eye(2)[0])
    assert slopes.mean().item() == pytest.approx(1 + distance / (2 * weight), rel=0.02)


# --- fact 18: the exact optimum in one dimension, and the two-sided trap ---


def penalised_optimum(shift: float, weight: float) -> float:
    """D + ∫ j²/(2λρ), j = F_P − F_Q and ρ the density of interpolates, for N(0, 1) and N(D, 1)."""
    alpha, x = (np.arange(2000) + 0.5) / 2000, np.linspace(-7, 7 + shift, 4001)
    density = stats.norm.pdf(x[:, None], alpha * shift, np.sqrt(alpha**2 + (1 - alpha) ** 2)).mean(1)
    flow = stats.norm.cdf(x) - stats.norm.cdf(x - shift)
    return shift + float(np.trapezoid(flow**2 / (2 * weight * density), x))


def test_the_exact_optimum_lies_above_the_bias_law_by_the_stated_share() -> None:
    assert penalised_optimum(1, 10) / 1.05 == pytest.approx(1.004, abs=5e-4)
    assert penalised_optimum(1, 0.1) / 6 == pytest.approx(1.07, abs=5e-3)


def test_a_flexible_critic_in_one_dimension_reaches_the_exact_optimum_not_the_law() -> None:
    def batch(numbers: torch.Generator) -> tuple[Tensor, Tensor]:
        return torch.randn(512, 1, generator=numbers) + 1, torch.randn(512, 1, generator=numbers)

    critic = fit(networks.mlp(1, 32, 32, 1, activation=nn.Softplus), batch, GradientPenalty(0.1), 800, 0.01)
    quantiles = torch.special.ndtri((torch.arange(20_000) + 0.5) / 20_000)[:, None]
    assert estimate(critic, quantiles + 1, quantiles) == pytest.approx(penalised_optimum(1, 0.1), rel=0.05)


@pytest.mark.parametrize(("one_sided", "slope"), [(False, -1 + 5 / 20), (True, 1 + 5 / 20)])
def test_the_two_sided_penalty_traps_a_linear_critic_and_the_one_sided_lets_it_go(
    one_sided: bool, slope: float
) -> None:
    critic, real, fake = networks.mlp(1, 1), torch.full((8, 1), 5.0), torch.zeros(8, 1)
    with torch.no_grad():
        critic[0].weight.fill_(-1.0)
    fit(critic, lambda numbers: (real, fake), GradientPenalty(10.0, one_sided), 300, 0.05)
    assert critic[0].weight.item() == pytest.approx(slope, abs=1e-3)
    assert estimate(critic, real, fake) == pytest.approx(-3.75 if slope < 0 else 6.25, abs=5e-3)


# --- fact 24: Dirac-GAN ---


def mean_final_radius(
    loss: losses.AdversarialLoss, constraint: LipschitzConstraint, critic_steps: int, simultaneous: bool
) -> float:
    """Gradient descent of step .2 from (1, 1) on a point mass at θ against one at 0, critic f(x) = w x; 500 steps."""
    critic, step, numbers, radii = networks.mlp(1, 1), 0.2, rng(), []
    w, real, theta = critic[0].weight, torch.zeros(1, 1), torch.ones(1, 1, requires_grad=True)
    with torch.no_grad():
        w.fill_(1.0)
        critic[0].bias.zero_()
    for _ in range(500):
        (before,) = torch.autograd.grad(loss.generator(critic(theta)), theta)
        for _ in range(critic_steps):
            fake = theta.detach()
            value = loss.critic(critic(real), critic(fake)) + constraint.penalty(critic, real, fake, numbers)
            (gradient,) = torch.autograd.grad(value, w)
            with torch.no_grad():
                w -= step * gradient
            constraint.project(critic)
        (after,) = torch.autograd.grad(loss.generator(critic(theta)), theta)
        with torch.no_grad():
            theta -= step * (before if simultaneous else after)
        radii.append(math.hypot(w.item(), theta.item()))
    return float(np.mean(radii[-100:]))


DIRAC = [  # simultaneous, alternating with one critic step, alternating with five
    (losses.MINIMAX, Unconstrained(), (3.15, 1.39, 1.78)),
    (losses.NON_SATURATING, Unconstrained(), (0.63, 0.29, 0.22)),
    (losses.WASSERSTEIN, WeightClipping(1.0), (1.12, 1.00, 0.75)),
    (losses.WASSERSTEIN, GradientPenalty(0.7 / 2), (1.79, 1.28, 0.93)),
    (losses.MINIMAX, GradientPenalty(1 / 2, target=0.0, at="reals"), (0.0, 0.0, 0.0)),
    (losses.WASSERSTEIN, GradientPenalty(0.3 / 2, target=0.0, at="reals"), (0.015, 0.0, 0.0)),
]


@pytest.mark.usefixtures(
    "shapes_unchecked"
)  # thousands of steps of two numbers: the checks would take most of the time
@pytest.mark.parametrize(("loss", "constraint", "radii"), DIRAC, ids=["GAN", "NS", "clip", "GP", "GAN-R1", "WGAN-R1"])
def test_dirac_gan_circles_without_r1_and_settles_with_it(
    loss: losses.AdversarialLoss, constraint: LipschitzConstraint, radii: tuple[float, ...]
) -> None:
    ours = [mean_final_radius(loss, constraint, *how) for how in ((1, True), (1, False), (5, False))]
    assert ours == pytest.approx(radii, rel=0.03, abs=0.005)


# --- facts 25 and 26: cones and funnels ---


def test_group_sort_with_orthonormal_weights_learns_the_absolute_value() -> None:
    pair = sampling.radial_pair(1)
    ours, relu = (
        fit(
            networks.mlp(1, 32, 32, 1, activation=activation),
            lambda g: pair.sample_pair(64, g),
            Orthonormal(),
            300,
            0.02,
        )
        for activation in (networks.GroupSort, nn.ReLU)
    )
    x, y = pair.sample_pair(1000, rng(5))
    assert estimate(ours, x, y) == pytest.approx(1, abs=0.002)
    assert estimate(relu, x, y) < 0.65


@pytest.mark.parametrize("seed", range(20))
def test_one_hidden_relu_layer_of_norm_one_gets_at_most_half_of_a_cone(seed: int) -> None:
    pair = sampling.radial_pair(1)
    critic = networks.mlp(1, 16, 1, gain=3.0, rng=rng(seed))
    fit(critic, lambda g: pair.sample_pair(64, g), SpectralNorm(), 10 * seed, 0.02)
    x, y = torch.tensor([[-1.0], [1.0]]), torch.zeros(2, 1)
    assert estimate(critic, x, y) / diagnostics.lipschitz_bound(critic) <= 0.5 + 1e-6


@pytest.mark.slow
def test_sorted_groups_learn_three_cones_where_norm_bounded_relu_cannot() -> None:
    pair = sampling.circles_and_centres()
    batch: Pairs = lambda g: pair.sample_pair(128, g)  # noqa: E731
    sort = networks.mlp(2, 64, 64, 64, 1, activation=lambda: networks.GroupSort(8))
    fit(sort, batch, Orthonormal(), 900, 0.02, (0.9, 0.99))
    relu = fit(networks.mlp(2, 64, 64, 64, 1), batch, SpectralNorm(), 600, 0.02, (0.9, 0.99))
    x, y = pair.sample_pair(4000, rng(5))
    assert 0.9 < estimate(sort, x, y) <= 1.001
    assert estimate(relu, x, y) < 0.65


def test_a_full_sort_learns_the_128_dimensional_shell() -> None:
    pair = sampling.radial_pair(128)
    critic = networks.mlp(128, 128, 128, 1, activation=lambda: networks.GroupSort(128))
    fit(critic, lambda g: pair.sample_pair(128, g), Orthonormal(), 250, 0.03, (0.9, 0.99))
    x, y = pair.sample_pair(1000, rng(5))
    assert estimate(critic, x, y) == pytest.approx(1, abs=0.02)


# Korotin 2022, 64 funnels: the mean cosine of a critic's gradients with the true ones, and the cost it estimates.
PUBLISHED = {
    "discrete transport": {2: (0.72, 0.237), 16: (0.06, 3.98), 128: (-0.35, 18.9)},
    "two-sided penalty": {2: (0.35, 0.127)},
    "one-sided penalty": {2: (0.68, 0.224), 16: (0.78, 1.35)},
    "spectral norm": {2: (0.07, 0.003), 16: (0.16, 0.19)},
    "clipping": {16: (0.15, 0.52)},
}


@pytest.mark.parametrize("dim", [2, 16, 128])
def test_discrete_transport_of_funnels_misleads_in_high_dimension_as_published(dim: int) -> None:
    pair = sampling.min_funnels(dim, 64, seed=0)
    x, y = pair.sample_pair(1000, rng(5))
    held_out = pair.sample_pair(1000, rng(9))[1]
    gradient = torch.tensor(transport.optimal_critic(x, y).gradient(held_out), dtype=torch.float32)
    cosine, cost = PUBLISHED["discrete transport"][dim]
    found = nn.functional.cosine_similarity(gradient, pair.critic_gradient(held_out)).mean().item()
    assert found == pytest.approx(cosine, abs=0.1)
    assert transport.w1(x, y) == pytest.approx(cost, rel=0.35)


def learned_on_funnels(dim: int, constraint: LipschitzConstraint) -> tuple[float, float]:
    pair, critic = sampling.min_funnels(dim, 64, seed=0), networks.mlp(dim, 128, 128, 128, 1, rng=rng(1))
    fit(critic, lambda g: pair.sample_pair(256, g), constraint, 500, 5e-3)
    x, y = pair.sample_pair(2000, rng(5))
    points = y.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(points).sum(), points)
    cosine = nn.functional.cosine_similarity(gradient, pair.critic_gradient(y)).mean().item()
    return cosine, estimate(critic, x, y)


@pytest.mark.slow
def test_learned_critics_of_funnels_come_out_in_the_published_order_of_magnitude() -> None:
    methods = {
        "two-sided penalty": GradientPenalty(10.0),
        "one-sided penalty": GradientPenalty(10.0, one_sided=True),
        "spectral norm": SpectralNorm(),
        "clipping": WeightClipping(0.01),
    }
    found = {
        (name, dim): learned_on_funnels(dim, constraint)
        for name, constraint in methods.items()
        for dim in PUBLISHED[name]
        if (name, dim) != ("spectral norm", 2)  # both published numbers are near 0, where a factor says nothing
    }
    for dim in (2, 16):  # 500 steps of a network a quarter as wide: a bit short of the published
        for ours, theirs in zip(found["one-sided penalty", dim], PUBLISHED["one-sided penalty"][dim], strict=True):
            assert theirs / 2.5 < ours < 1.1 * theirs
    for ours, theirs in zip(found["spectral norm", 16], PUBLISHED["spectral norm"][16], strict=True):
        assert theirs / 3 < ours < 3 * theirs
    assert found["spectral norm", 16][1] < 0.5 * 1.554  # underestimated
    assert found["clipping", 16][0] == pytest.approx(PUBLISHED["clipping"][16][0], abs=0.2)
    assert found["clipping", 16][1] < PUBLISHED["clipping"][16][1]  # its scale is the width's, not the distance's
    assert found["two-sided penalty", 2][0] < found["one-sided penalty", 2][0] - 0.1  # the trap, as published
    assert found["two-sided penalty", 2][1] < PUBLISHED["two-sided penalty"][2][1]
    best = found["one-sided penalty", 16][0]
    assert best > max(found["spectral norm", 16][0], found["clipping", 16][0]) + 0.1
