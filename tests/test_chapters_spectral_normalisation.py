"""The code written out in spectral-normalisation is the library's, and the recorded runs say what the text does."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from chapter_code import chapter_function
from scipy import stats
from torch import nn
from torch.nn.functional import normalize
from torch.nn.utils import parametrize

from wgan_lib import diagnostics, networks, runs, widgets
from wgan_lib.constraints import Orthonormal, SpectralNorm

CHAPTER = "book/spectral-normalisation.md"
power_iteration = chapter_function(CHAPTER, "power_iteration", normalize=normalize)
sort_pairs = chapter_function(CHAPTER, "sort_pairs", torch=torch)
DividedByNorm = chapter_function(CHAPTER, "DividedByNorm", torch=torch, nn=nn, normalize=normalize)


def exact(weight: torch.Tensor) -> float:
    return float(torch.linalg.matrix_norm(weight.detach().double(), ord=2))


def trained(attach: Callable[[nn.Module], None], steps: int) -> nn.Module:
    """A small critic after some steps of plain descent on noise, the same for each way to attach a division."""
    critic = networks.mlp(3, 16, 16, 1, rng=torch.Generator().manual_seed(5))
    attach(critic)
    optimizer = torch.optim.SGD(critic.parameters(), lr=0.05)
    rng = torch.Generator().manual_seed(6)
    for _ in range(steps):
        x = torch.randn(32, 3, generator=rng)
        loss = (critic.train()(x) - x[:, 0]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return critic.eval()


def written_out(critic: nn.Module) -> None:
    for layer in critic:
        if isinstance(layer, nn.Linear):
            parametrize.register_parametrization(layer, "weight", DividedByNorm(layer.weight))


@pytest.mark.parametrize("steps", [0, 1, 40])
def test_the_division_written_out_trains_the_same_critic_as_the_library(steps):
    ours, theirs = trained(written_out, steps), trained(SpectralNorm().attach, steps)
    x = torch.randn(50, 3, generator=torch.Generator().manual_seed(7))
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-5, atol=1e-6)
    if steps == 40:
        assert (ours(x) - trained(written_out, 0)(x)).abs().max() > 0.05


@pytest.mark.parametrize("seed", range(4))
def test_estimates_climb_to_the_norm_from_below(seed):
    rng = torch.Generator().manual_seed(seed)
    weight, v = (
        torch.randn(7, 5, generator=rng, dtype=torch.float64),
        torch.randn(5, generator=rng, dtype=torch.float64),
    )
    estimates = power_iteration(weight, v, 500)
    assert (np.diff(estimates) >= -1e-12).all()
    assert max(estimates) <= exact(weight) + 1e-12
    assert estimates[-1] == pytest.approx(exact(weight), rel=1e-3)


def test_the_widgets_estimates_are_those_of_the_code_on_the_page():
    weight = torch.diag(torch.tensor([1.0, 0.6], dtype=torch.float64))
    angle = np.deg2rad(80)
    v = torch.tensor([np.cos(angle), np.sin(angle)])
    for k, estimate in enumerate(power_iteration(weight, v, 12), start=1):
        assert widgets.PowerIteration(k).estimate == pytest.approx(estimate, abs=1e-12)


@pytest.mark.parametrize("shape", [(6,), (3, 8), (2, 3, 4)])
def test_sorted_pairs_are_group_sort_and_keep_every_length(shape):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    assert torch.equal(sort_pairs(x), networks.GroupSort(2)(x))
    torch.testing.assert_close(sort_pairs(x).norm(dim=-1), x.norm(dim=-1))


def test_orthonormal_layers_with_sorting_carry_a_small_step_to_the_last_features_at_full_length():
    critic = networks.mlp(2, 16, 16, 16, 1, activation=networks.GroupSort, rng=torch.Generator().manual_seed(2))
    Orthonormal().attach(critic)
    features = nn.Sequential(*list(critic)[:6]).double()
    for x in torch.randn(20, 2, generator=torch.Generator().manual_seed(3), dtype=torch.float64):
        jacobian = torch.autograd.functional.jacobian(features, x)
        torch.testing.assert_close(jacobian.T @ jacobian, torch.eye(2, dtype=torch.float64), atol=1e-5, rtol=0)


def test_the_recorded_slack_is_what_the_text_says():
    slack = runs.load("spectral-slack")
    relu, pairs = slack["SN, ReLU/gap"], slack["orthonormal, sorted pairs/gap"]
    drawn = np.median(slack["SN, ReLU/untrained gradient"], 1)
    assert (np.diff(np.log(drawn)) < -0.5).all()  # untrained: each layer wastes more
    medians = np.median(relu, 1)
    assert medians[0] < medians[2] < medians[-1] < 0.7  # trained: deeper reports more, and stops
    assert np.abs(np.diff(medians[-2:])) < 0.01
    assert relu.max() < pairs.min()
    assert (slack["SN, ReLU/product"] < 1.06).all()
    assert (slack["SN, ReLU/product"] >= 1 - 1e-5).all()  # an iterate never exceeds its norm
    assert np.median(relu[0]) < 2**0.5 / np.pi < 0.5
    np.testing.assert_allclose(slack["orthonormal, sorted pairs/product"], 1, atol=1e-4)
    assert (slack["orthonormal, groups of 16/gap"][2] > 0.99).all()
    np.testing.assert_allclose(slack["exact"], 1, atol=1e-6)


def test_the_iterate_lags_more_at_a_higher_rate_and_norms_stay_above_one():
    lag = runs.load("spectral-lag")
    worst = [np.median(lag[f"{rate:g}"], 1).max() for rate in lag["rate"]]
    assert worst == sorted(worst)
    assert min(lag[f"{rate:g}"].min() for rate in lag["rate"]) > 1 - 1e-5


def test_the_six_settings_end_as_the_text_says():
    run = runs.load("sn-settings")

    def median(way: str, name: str) -> float:
        return float(np.median(run[f"{way}/{name}/w1"]))

    def whole(way: str, name: str) -> int:
        return int((run[f"{way}/{name}/modes"] == 8).sum())

    sn, gp = "SN, non-saturating", "GP, Wasserstein"
    assert [median(sn, name) for name in "DB"] == [f([median(sn, name) for name in "ABCDE"]) for f in (min, max)]
    assert max(median(sn, name) for name in "ABCDE") < 0.25 < 0.5 < median(sn, "F")
    assert whole(sn, "F") == 0
    for name in "BCDE":  # some seeds miss modes
        assert 4 <= whole(sn, name) < 8
    for name in "DE":  # where it does best
        assert (run[f"{gp}/{name}/w1"] < 0.3).sum() > 4
    for name in "ABC":
        assert median(gp, name) > 0.5
        assert whole(gp, name) == 0
    assert (run[f"{gp}/F/w1"] > 0.3).sum() > 4
    between = "SN, Wasserstein"
    for name in "ABC":
        assert abs(median(between, name) - median(sn, name)) < 0.02 < 0.3 < median(gp, name) - median(between, name)
    for name in "DE":
        assert (
            stats.mannwhitneyu(run[f"{sn}/{name}/w1"], run[f"{between}/{name}/w1"], alternative="less").pvalue < 0.025
        )
    assert whole(between, "F") == 0
    assert median(between, "F") > median(sn, "F")


def test_after_the_papers_division_the_layers_of_a_convolutional_critic_multiply_to_far_more_than_one():
    critic = networks.sn_critic(widths=(4, 4, 8, 8, 8, 8, 8), rng=torch.Generator().manual_seed(0))
    SpectralNorm().attach(critic)
    pictures = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.no_grad():
        for _ in range(200):
            critic.train()(pictures)
    for layer in critic.eval():
        if hasattr(layer, "weight"):
            assert exact(layer.weight.flatten(1)) == pytest.approx(1, abs=0.02)
    bound = diagnostics.lipschitz_bound(critic, pictures[:1])
    assert bound > 5
    assert float(diagnostics.gradient_norms(critic, pictures).max()) < bound / 100
