"""The code written out in chapter gradient-penalty is the library's, its formulas and its record hold."""

import numpy as np
import pytest
import torch
from chapter_code import chapter_function, chapter_source
from scipy import integrate, stats
from scipy.optimize import minimize_scalar
from torch import nn

from wgan_lib import losses, networks, runs, sampling, training
from wgan_lib.constraints import GradientPenalty, gradient_norms
from wgan_lib.training import Adam, NormalLatent, stream

CHAPTER = "book/gradient-penalty.md"
gradient_penalty = chapter_function(CHAPTER, "gradient_penalty", torch=torch)
train_wgan_gp = chapter_function(CHAPTER, "train_wgan_gp", torch=torch, gradient_penalty=gradient_penalty)
densities = chapter_function(CHAPTER, "densities", stats=stats)
raw_gap = chapter_function(CHAPTER, "raw_gap", densities=densities, integrate=integrate)
mixed = chapter_function(CHAPTER, "mixed", torch=torch)
at = chapter_function(CHAPTER, "at", torch=torch)


class Unit(nn.Module):
    """The chapter's picture critic of slope 1, which keeps the points it saw."""

    def __init__(self) -> None:
        super().__init__()
        w = torch.randn(3, 5, 5, generator=torch.Generator().manual_seed(7))
        self.w = nn.Parameter(w / w.norm())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen = x.detach()
        return (x * self.w).flatten(1).sum(1)


IMAGES = [torch.randn(40, 3, 5, 5, generator=torch.Generator().manual_seed(k)) for k in (0, 1)]
NAMES = {
    "torch": torch, "nn": nn, "networks": networks, "Unit": Unit, "images": IMAGES, "at": at, "mixed": mixed,
    "gradient_penalty": gradient_penalty, "seeded": lambda: torch.Generator().manual_seed(0),
}  # fmt: skip
CHECKS = ("slope_one_is_free", "looks_between", "reaches_the_weights", "weight_is_a_length")
WILD = {
    "reals_only": "looks_between",
    "no_create_graph": "reaches_the_weights",
    "never_added": "reaches_the_weights",
    "detached": "reaches_the_weights",
    "alpha_per_pixel": "looks_between",
    "alpha_per_batch": "looks_between",
    "norm_over_batch": "slope_one_is_free",
    "norm_over_channels": "slope_one_is_free",
    "weight_typed_in": "weight_is_a_length",
}


@pytest.mark.parametrize("name", ["gradient_penalty", "train_wgan_gp"])
def test_written_out_code_is_short_enough_to_be_read(name):
    assert len(chapter_source(CHAPTER, name).splitlines()) <= 20


@pytest.mark.parametrize("shape", [(2,), (7,), (3, 5, 5)])
def test_the_ten_lines_are_the_librarys_penalty_and_move_the_weights_alike(shape):
    rng = torch.Generator().manual_seed(0)
    real, fake = (torch.randn(9, *shape, generator=rng).double() for _ in range(2))
    size = int(np.prod(shape))
    critic = nn.Sequential(nn.Flatten(), *networks.mlp(size, 16, 16, 1, activation=nn.Tanh)).double()
    for weight, seed in ((10.0, 0), (0.3, 5)):
        ours = gradient_penalty(critic, real, fake, weight, torch.Generator().manual_seed(seed))
        theirs = GradientPenalty(weight).penalty(critic, real, fake, torch.Generator().manual_seed(seed))
        torch.testing.assert_close(ours, theirs)
        parameters = list(critic.parameters())[:-1]  # the last bias has no part in a slope
        for a, b in zip(*(torch.autograd.grad(cost, parameters) for cost in (ours, theirs)), strict=True):
            torch.testing.assert_close(a, b)


def test_algorithm_1_written_out_makes_the_same_networks_as_the_library():
    law, latent, adam = sampling.ring(8), NormalLatent(2), Adam(1e-3, (0.0, 0.9))

    def fresh() -> list[nn.Module]:
        rng = torch.Generator().manual_seed(3)
        return [networks.mlp(2, 16, 2, rng=rng), networks.mlp(2, 16, 1, rng=rng)]

    theirs, ours = fresh(), fresh()
    for _ in training.train(
        law, *theirs, losses.WASSERSTEIN, GradientPenalty(2.0), latent=latent, n_steps=12, critic_steps=3,
        batch_size=32, seed=5, optimizer=adam, device="cpu",
    ):  # fmt: skip
        pass
    data, noise, between = (stream(5, name) for name in ("data", "latent", "penalty"))
    train_wgan_gp(
        lambda: law.sample(32, data), lambda: latent.sample(32, noise), *ours,
        *(adam(network.parameters()) for network in ours), between, n_steps=12, critic_steps=3, weight=2.0,
    )  # fmt: skip
    for a, b, c in zip(ours, theirs, fresh(), strict=True):
        assert not torch.equal(next(a.parameters()), next(c.parameters()))
        for p, q in zip(a.parameters(), b.parameters(), strict=True):
            torch.testing.assert_close(p, q, rtol=0, atol=1e-5)


def test_the_formula_on_the_line_is_the_best_slope_of_each_stretch_and_gives_the_known_values():
    assert raw_gap(10.0) == pytest.approx(1.0545, abs=2e-4)
    assert raw_gap(0.1) == pytest.approx(6.445, abs=5e-3)
    assert raw_gap(10.0, bias=4) == pytest.approx(1.027, abs=5e-4)
    assert raw_gap(0.1, bias=4) == pytest.approx(3.723, abs=3e-3)
    z = np.linspace(-5, 6, 221)
    j, rho = densities(z)
    assert integrate.trapezoid(densities(np.linspace(-9, 10, 4001))[1], np.linspace(-9, 10, 4001)) == pytest.approx(1)
    weight, slopes = 2.0, []
    for crossing, look in zip(j, rho, strict=True):
        value = lambda s, crossing=crossing, look=look: weight * look * (abs(s) - 1) ** 2 - s * crossing  # noqa: E731
        slopes.append(minimize_scalar(value, bounds=(0, 60), method="bounded").x)
    assert integrate.trapezoid(slopes * j, z) == pytest.approx(raw_gap(weight), abs=1e-2)


def test_at_the_reals_only_the_gap_is_finite_where_reals_lie_everywhere_between_and_not_beyond():
    def gap(shift: float, spread: float, edge: float) -> float:
        z = np.linspace(-edge, edge + shift, 20001)
        j = stats.norm.cdf(z) - stats.norm.cdf(z, shift, spread)
        return float(integrate.trapezoid(j**2 / (2 * stats.norm.pdf(z)), z))

    assert gap(1.0, 1.0, 8.0) == pytest.approx(gap(1.0, 1.0, 6.0), rel=1e-3)  # the tails no longer count
    assert gap(1.0, 2.0, 8.0) > 100 * gap(1.0, 2.0, 6.0)  # the generated law reaches where no reals are


@pytest.mark.parametrize("scale", [0.01, 1.0, 255.0])
def test_lambda_is_a_length(scale):
    assert raw_gap(3.0 * scale, scale) == pytest.approx(scale * raw_gap(3.0), rel=1e-9)
    assert raw_gap(3.0, scale) / scale == pytest.approx(1 + scale * (raw_gap(3.0) - 1), rel=1e-9)


@pytest.mark.parametrize(("t", "weight"), [(1.0, 10.0), (1.0, 0.1), (5.0, 10.0)])
def test_the_bias_law_the_trap_and_its_saddle(t, weight):
    value = lambda s: s * t - weight * (abs(s) - 1) ** 2  # noqa: E731
    best = minimize_scalar(lambda s: -value(s), bounds=(0, 50), method="bounded").x
    assert best == pytest.approx(1 + t / (2 * weight), rel=1e-5)
    assert best * t == pytest.approx(t + t**2 / (2 * weight), rel=1e-5)
    assert value(best) == pytest.approx(t + t**2 / (4 * weight), rel=1e-9)
    if t >= 2 * weight:
        return
    trap = -1 + t / (2 * weight)
    plane = lambda a, b: a * t - weight * (np.hypot(a, b) - 1) ** 2  # noqa: E731
    h = 1e-3
    assert plane(trap - h, 0) < plane(trap, 0) > plane(trap + h, 0)  # a top along the line
    assert plane(trap, -h) > plane(trap, 0) < plane(trap, h)  # a valley floor across it


@pytest.mark.parametrize(("name", "caught_by"), WILD.items())
def test_each_wrong_penalty_is_caught_and_the_right_one_is_not(name, caught_by):
    for check in CHECKS:
        assert chapter_function(CHAPTER, check, **NAMES)(gradient_penalty)
    assert not chapter_function(CHAPTER, caught_by, **NAMES)(chapter_function(CHAPTER, name, **NAMES))


def test_a_detached_penalty_lets_the_slope_run_and_the_right_one_holds_it():
    names = {**NAMES, "Adam": Adam, "gradient_norms": gradient_norms}
    slope_after = chapter_function(CHAPTER, "slope_after", **names)
    assert slope_after(chapter_function(CHAPTER, "detached", **NAMES), n_steps=150) > 5
    assert slope_after(gradient_penalty, n_steps=150) == pytest.approx(2, abs=0.3)


def test_the_record_says_what_the_text_does():
    record = runs.load("gradient-penalty")
    exact = np.array([raw_gap(weight) for weight in record.meta["weights"]])
    trained = record["quadrature/gap"].mean(1)
    assert (np.diff(trained) < 0).all()
    assert (trained > 0.9 * exact).all()
    assert (
        record["quadrature/value"].mean(1) < 1.01 * np.array([raw_gap(w, bias=4) for w in (0.1, 0.3, 1, 3, 10)])
    ).all()
    low, high = record["rays/rise"].mean(1)[[0, -1]]
    assert low == pytest.approx(2, abs=0.05)
    assert high < 0.95 * low
    assert (record["rays/interpolates"][-1] > record["rays/rise"][-1] + 0.05).all()
    assert record["rays/radius"][-1].mean() == pytest.approx(np.sqrt(2 / 3 * 64), rel=0.02)
    assert (record["trap/end"][1:] > 1.2).all()
    assert (record["trap/end"][0] < 1.2).all()
    reals, between = record["places/reals/gap"], record["places/interpolates/gap"]
    assert (reals.max(0) > 2 * between.max(0)).all()
    assert (reals.max(0) > 1.5 * reals[-1]).all()  # the text tells that they come down again
    assert between[-1].mean() == pytest.approx(4, abs=0.5)
    plain, layer, batch = record["norms"][..., 3].mean(1)
    assert batch < 0.3 * min(plain, layer)
