"""The code written out in chapter weight-clipping is the library's, and the records say what the text says."""

import math

import numpy as np
import pytest
import torch
from chapter_code import chapter_function
from scipy.interpolate import RegularGridInterpolator

from wgan_lib import diagnostics, networks, runs
from wgan_lib.constraints import WeightClipping
from wgan_lib.training import RMSProp
from wgan_lib.widgets.clipping import log_box_slope

CHAPTER = "book/weight-clipping.md"
clip = chapter_function(CHAPTER, "clip", torch=torch)
clip_bound = chapter_function(CHAPTER, "clip_bound")
shrink = chapter_function(CHAPTER, "shrink", torch=torch)
ripple = chapter_function(CHAPTER, "ripple", RegularGridInterpolator=RegularGridInterpolator)


@pytest.mark.parametrize("bound", [0.01, 0.05, 3.0])
def test_clipping_written_out_is_the_librarys(bound):
    made = [networks.mlp(2, 32, 16, 1, rng=torch.Generator().manual_seed(4)) for _ in range(2)]
    clip(made[0], bound)
    WeightClipping(bound).project(made[1])
    for ours, theirs in zip(*(network.parameters() for network in made), strict=True):
        assert torch.equal(ours, theirs)
        assert ours.abs().max() <= bound


def test_the_bound_is_the_widgets_and_no_network_of_the_box_passes_it():
    rng = torch.Generator().manual_seed(0)
    for sizes in ((2, 1), (2, 8, 1), (3, 16, 16, 16, 1)):
        for bound in (0.02, 0.3):
            assert math.log10(clip_bound(bound, *sizes)) == pytest.approx(log_box_slope(bound, sizes))
            for _ in range(5):
                critic = networks.mlp(*sizes, gain=3.0, rng=rng).double()
                clip(critic, bound)
                x = torch.randn(64, sizes[0], generator=rng).double()
                assert float(diagnostics.gradient_norms(critic, x).max()) <= clip_bound(bound, *sizes) * (1 + 1e-9)


def test_every_relu_network_has_a_multiple_in_the_box():
    for seed in range(3):
        rng = torch.Generator().manual_seed(seed)
        critic = networks.mlp(2, 20, 20, 20, 1, gain=2.0, rng=rng).double()
        with torch.no_grad():
            for parameter in critic.parameters():
                parameter += torch.randn(parameter.shape, generator=rng)
            x = 3 * torch.randn(100, 2, generator=rng).double()
            before = critic(x)
            factor = shrink(critic, 0.01)
            assert max(float(p.abs().max()) for p in critic.parameters()) <= 0.01 * (1 + 1e-12)
            torch.testing.assert_close(critic(x) / factor, before, rtol=1e-9, atol=1e-9)


def test_the_ripple_of_a_known_wave():
    axis = np.linspace(-1.5, 1.5, 301)
    x, y = np.meshgrid(axis, axis)
    angle, radius = np.arctan2(y, x), np.hypot(x, y)
    surface = 3 * x + 0.1 * np.cos(8 * angle) * radius
    steepest = np.hypot(*np.gradient(surface, axis, axis)).max()
    assert ripple(surface, 1.5, 1.0) == pytest.approx(0.1 / steepest, rel=0.02)
    assert ripple(surface, 1.5, 1.0, waves=5) < 1e-3
    assert ripple(np.zeros((20, 20)), 1.5, 1.0) == 0


def test_the_opening_says_what_the_record_holds():
    record = runs.load("clipping-depth")
    depth, bound = record["depth"].tolist(), record["bound"].tolist()
    slope = lambda n, c: record["clipping/slope"][depth.index(n), bound.index(c)]  # noqa: E731
    spread = lambda n, c: np.ptp(record["clipping/surface"][depth.index(n), bound.index(c)])  # noqa: E731
    assert np.median(slope(2, 0.2)) == pytest.approx(1, abs=0.1)
    assert slope(4, 0.2).min() > 10
    assert slope(12, 0.2).min() > 1e6
    assert 0.001 < spread(2, 0.01) < 0.005  # "a few thousandths high"
    assert spread(12, 0.01) == 0  # "one number wherever it is asked"
    first = record["clipping/slope"][..., 0]
    inside = (first >= 0.5) & (first <= 2)
    assert inside[depth.index(6)].any()
    assert not inside[depth.index(8)].any()  # the seed on show; others hit the band
    assert (record["clipping/at bound"] > 0.5).mean() > 0.5


def test_neighbouring_depths_can_share_a_bound_and_all_depths_cannot():
    record = runs.load("clipping-depth")
    depth, bound = record["depth"].tolist(), record["bound"].tolist()
    at = dict(zip(depth, np.median(record["clipping/slope"], -1)[:, bound.index(0.05)], strict=True))
    assert 0.5 <= at[6] < 1 < at[8] <= 2
    assert at[4] < 0.5
    assert at[12] > 2
    first = record["clipping/slope"][depth.index(8), :, 1:]
    hits = ((first >= 0.5) & (first <= 2)).any(1)
    assert [bound[j] for j in np.flatnonzero(hits)] == [0.05]  # where the other seeds hit the band
    median = np.median(record["clipping/slope"], -1)
    doubled = {c: median[depth.index(8), j] / median[depth.index(4), j] for j, c in enumerate(bound)}
    assert 50 < doubled[0.1] < 200  # the quiz: "some hundred times"
    assert doubled[0.01] < 1e-5
    assert 0.5 < doubled[0.03] < 2


def test_clipped_surfaces_are_trays_where_they_are_not_glass():
    record = runs.load("clipping-depth")
    for surface, slope in zip(
        record["clipping/surface"].reshape(-1, 28, 28).astype(float),
        record["clipping/slope"][..., 0].ravel(),
        strict=True,
    ):
        if slope > 1e-7:
            height = (surface - surface.min()) / np.ptp(surface)
            assert height[14, 14] < 0.05
            assert np.r_[height[[0, -1]].ravel(), height[:, [0, -1]].ravel()].mean() > 0.5


def test_on_the_grid_the_shares_of_the_modes_drift_apart():
    seen = runs.load("algorithm-1")
    kl, w1 = (seen[f"grid, RMSProp 5e-5/{key}"] for key in ("kl", "w1"))
    even = kl.mean(1).argmin()
    assert even < len(kl) - 5
    assert (kl[-1] > kl[even]).all()
    assert w1[-1].mean() > w1[even].mean()


def test_scale_divides_out_and_shape_does_not():
    record = runs.load("clipping-depth")
    share = (record["clipping/certified"] / record["exact"]).mean(-1)
    penalty = (record["penalty/certified"] / record["exact"])[:, 0].mean(-1)
    deep = record["depth"] > 2
    assert penalty[0] > share[0].max() + 0.1
    assert record["bound"][share[list(record["depth"]).index(8)].argmax()] == 0.03  # where the text sends the reader
    assert np.abs(penalty - share.max(1))[deep].max() < 0.1
    near = np.abs(np.log(np.median(record["clipping/slope"], -1))).argmin(1)
    odd = record["depth"] >= 6
    assert (share[np.arange(len(near)), near][odd] < share.max(1)[odd] - 0.1).all()
    half = float(record["half"])
    clipped = np.array([[ripple(s, half, 1.0) for s in row] for row in record["clipping/surface"]])
    held = np.array([ripple(s, half, 1.0) for s in record["penalty/surface"][:, 0]])
    assert (held > 3 * clipped.max(1)).all()


def test_an_optimiser_forgives_scale_down_to_its_epsilon():
    def step(size: float) -> float:
        weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
        weight.grad = torch.full((1,), size, dtype=torch.float64)
        RMSProp(5e-5)([weight]).step()
        return float(weight.detach().abs())

    assert step(1e-4) == pytest.approx(step(1.0), rel=0.01)
    assert step(1e-12) < step(1.0) / 100


def test_momentum_does_harm_at_nine_tenths_and_not_at_a_half():
    seen = runs.load("algorithm-1")
    end = {way: seen[f"ring, {way} 1e-3/w1"][-1] for way in ("RMSProp", "Adam 0.5", "Adam 0.9")}
    assert (end["Adam 0.9"] > end["RMSProp"]).sum() >= 4
    assert end["Adam 0.5"].mean() < end["RMSProp"].mean()
    negative = {way: (seen[f"ring, {way} 1e-3/cosine"] < 0).sum(0) for way in end}
    assert negative["RMSProp"].sum() == 0
    assert negative["Adam 0.9"].argmax() == end["Adam 0.9"].argmax()


def test_on_fresh_seeds_a_penalty_with_two_tries_is_ahead_and_its_arrows_point_better():
    seen = runs.load("clipping-shape")
    share = {way: (seen[f"{way}/certified"] / seen["exact"]).mean(1) for way in ("penalty 1", "penalty 10")}
    clipped = (seen["clipping, most certified/certified"] / seen["exact"]).mean(1)
    assert (np.maximum(share["penalty 1"], share["penalty 10"]) > clipped + 0.1).all()
    assert seen["penalty 1/cosine"][1].min() > seen["clipping, most certified/cosine"][1].max()


def test_trained_critics_lie_between_signs_by_coins_and_all_of_one_sign():
    record = runs.load("clipping-depth")
    median = np.median(record["clipping/slope"], -1)
    for i, layers in enumerate(record["depth"].tolist()):
        for j, c in enumerate(record["bound"].tolist()):
            coins = math.log10(c * 2**0.5) + (layers - 1) * math.log10(c * 32**0.5)
            assert coins - 0.5 < math.log10(median[i, j]) < log_box_slope(c, [2, *[64] * (layers - 1), 1])
