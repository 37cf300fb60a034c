"""The code written out in chapter settling is the library's computation, and what its text says is so."""

import math

import numpy as np
import pytest
import torch
from chapter_code import ROOT, chapter_function
from torch import nn
from torch.nn.functional import softplus

from wgan_lib import losses, networks, runs, widgets
from wgan_lib.constraints import GradientPenalty, LipschitzConstraint, Unconstrained, WeightClipping

CHAPTER = "book/settling.md"
TEXT = (ROOT / CHAPTER).read_text(encoding="utf-8")


def sigmoid(t: float) -> float:
    return 1 / (1 + math.exp(-t))


SLOPES = {
    "Wasserstein": (lambda t: 1.0, lambda t: -1.0),
    "minimax": (lambda t: sigmoid(t), lambda t: -sigmoid(t)),
    "non-saturating": (lambda t: sigmoid(t), lambda t: -sigmoid(-t)),
}
play = chapter_function(CHAPTER, "play", SLOPES=SLOPES)
duel = chapter_function(CHAPTER, "duel", torch=torch, nn=nn)
critic_loss = chapter_function(CHAPTER, "relativistic_critic_loss", torch=torch, softplus=softplus)
generator_loss = chapter_function(CHAPTER, "relativistic_generator_loss", softplus=softplus)


def descent(momentum: float = 0.0):
    return lambda numbers: torch.optim.SGD(numbers, 0.2, momentum)


@pytest.mark.parametrize(
    ("words", "loss", "constraint", "slope", "shown"),
    [
        ("Wasserstein", losses.WASSERSTEIN, Unconstrained(), lambda p: 0.0, {}),
        (
            "minimax",
            losses.MINIMAX,
            GradientPenalty(0.35, target=0.0, at="reals"),
            lambda p: 0.7 * p,
            {"strength": 0.7},
        ),
        (
            *("non-saturating", losses.NON_SATURATING, GradientPenalty(0.2, target=0.0, at="both")),
            *(lambda p: 0.8 * p, {"strength": 0.4}),
        ),
    ],
)
def test_the_game_written_out_is_the_librarys_and_the_figures(
    words, loss, constraint: LipschitzConstraint, slope, shown
):
    path, uphill = duel(loss, constraint, descent(), rounds=40, start=(0.8, -0.6))
    np.testing.assert_allclose(play(words, slope, rounds=40, start=(0.8, -0.6)), path, rtol=0, atol=1e-12)
    kind = {"Unconstrained": "none"}.get(type(constraint).__name__, "R1 + R2" if "both" in repr(constraint) else "R1")
    figure = widgets.DiracPlane(start=(0.8, -0.6), loss=loss.name, constraint=kind, **shown)
    np.testing.assert_allclose(figure.path[:41], path, rtol=0, atol=1e-12)
    assert uphill == 0


def test_the_duel_projects_and_counts_steps_uphill():
    path, _ = duel(losses.WASSERSTEIN, WeightClipping(0.5), descent(), rounds=30)
    assert np.abs(path[1:, 1]).max() == 0.5
    assert duel(losses.WASSERSTEIN, Unconstrained(), descent(0.9), rounds=60)[1] > 0.05


@pytest.mark.parametrize("seed", range(3))
def test_the_relativistic_losses_written_out_are_the_librarys(seed):
    rng = torch.Generator().manual_seed(seed)
    critic, gamma = networks.mlp(2, 16, 1, rng=rng), 0.3 + seed
    real, fake = torch.randn(2, 9, 2, generator=rng).unbind()
    penalty = GradientPenalty(gamma / 2, target=0.0, at="both").penalty(critic, real, fake, rng)
    theirs = losses.RELATIVISTIC.critic(critic(real), critic(fake)) + penalty
    torch.testing.assert_close(critic_loss(critic, real, fake, gamma), theirs)
    torch.testing.assert_close(
        generator_loss(critic, real, fake), losses.RELATIVISTIC.generator(critic(fake), critic(real))
    )
    weights = list(critic.parameters())
    ours = torch.autograd.grad(critic_loss(critic, real, fake, gamma), weights)
    for a, b in zip(ours, torch.autograd.grad(theirs, weights), strict=True):
        torch.testing.assert_close(a, b)


def test_what_the_text_says_of_the_plane():
    plane = lambda **game: widgets.DiracPlane(**game)  # noqa: E731
    trapped = plane(constraint="GP", strength=1.0)
    np.testing.assert_allclose(trapped.path[-1], [2, 0], atol=1e-3)  # at 2 λ, flat
    assert 1.99 <= trapped.rest <= 2.01  # so the first task can be done
    assert plane(constraint="one-sided GP", strength=1.0).rest < 1.1
    for order in ("simultaneous", "critic first", "generator first"):
        assert plane(loss="MINIMAX", constraint="R1", strength=0.7, order=order).rest < 1e-9
    assert plane(order="simultaneous", constraint="R1", strength=0.1).rest > 50  # γ < h
    creeping = plane(loss="NON_SATURATING")
    assert 0.5 < np.hypot(*plane(loss="NON_SATURATING", start=creeping.path[-1]).path[-1]) / creeping.rest < 1
    together = plane(loss="NON_SATURATING", order="simultaneous")
    assert plane(loss="NON_SATURATING", order="simultaneous", start=together.path[-1]).rest > 0.6  # no settling
    assert plane(constraint="GP", strength=0.35, n_critic=10).rest == pytest.approx(0.7, abs=1e-3)
    assert plane(constraint="R1", strength=0.7, momentum=0.5).rest > 0.1
    assert plane(loss="NON_SATURATING", constraint="R1", strength=0.7, momentum=0.5).rest < 1e-9
    assert plane(momentum=-0.5).rest < 0.2


@pytest.mark.parametrize("h", [0.05, 0.2, 0.9])
def test_how_much_r1_settles_the_wasserstein_game_and_how_much_is_too_much(h):
    def settles(gamma: float, order: str) -> bool:
        keep = 1 - h * gamma
        turn = [[1, h], [-h, keep]] if order == "together" else [[1 - h * h, h * keep], [-h, keep]]
        return bool(np.abs(np.linalg.eigvals(np.array(turn))).max() < 1)

    for order, low, high in (("together", h, 2 / h + h / 2), ("critic first", 0.0, 2 / h - h / 2)):
        assert not settles(low - 1e-3, order)
        assert all(settles(gamma, order) for gamma in np.linspace(low + 1e-3, high - 1e-3, 50))
        assert not settles(high + 1e-3, order)


def test_the_jumps_of_a_constant_pull_add_up_to_one_step():
    for start, rate in ((1.0, 0.3), (0.95, 0.1), (-1.2, 0.37)):
        end, before = widgets.ConstantPull(start=start, rate=rate).places[-1:-3:-1]
        assert abs(end) + abs(before) == pytest.approx(rate, abs=1e-8)
    assert widgets.ConstantPull(rate=0.6).swing >= 0.55  # so the second task can be done


def test_gamma_of_a_logistic_loss_is_an_area():
    s, metres = 100, play("non-saturating", lambda p: 0.7 * p)
    rates, start = (0.2 * s**2, 0.2 / s**2), (s, 1 / s)
    other = play("non-saturating", lambda p: 0.7 * s**2 * p, rates=rates, start=start) / (s, 1 / s)
    np.testing.assert_allclose(other, metres, atol=1e-9)


def test_the_recorded_rows_are_whole_and_from_a_clean_commit():
    for name in ("grid-rows", "stacked-digits"):
        if name not in runs.names():
            continue
        run = runs.load(name)
        assert not run.meta["commit"].endswith("-dirty")
        assert len(run.meta["seed"]) == 5
    grid = runs.load("grid-rows")
    rows = [key.removesuffix("/motion") for key in grid.fixed if key.endswith("/motion")]
    for row in rows:
        assert grid[f"{row}/averaged"].shape[1:] == (5, 3)
        assert np.isfinite(grid[f"{row}/motion"]).all()
    assert grid["null"][:, 0].tolist() == [25] * 5
