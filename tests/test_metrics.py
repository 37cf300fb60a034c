"""Mode coverage against small cases by hand and its ceiling against samples; W1 to held-out data against its null."""

import math

import numpy as np
import pytest
import torch

from wgan_lib import metrics, runs, sampling


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_coverage_of_a_hand_made_set() -> None:
    law = sampling.ring(4, radius=1.0, std=0.1)
    samples = torch.tensor([[1.0, 0.0], [1.0, 0.29], [1.0, 0.31], [0.0, 1.2], [-0.5, 0.0], [-0.69, 0.0]])
    found = metrics.mode_coverage(samples, law)
    assert found.modes == 2  # the third mode's samples lie 5 and 3.1 standard deviations away
    assert found.high_quality == pytest.approx(3 / 6)
    q = [3 / 6, 1 / 6, 2 / 6]
    assert found.reverse_kl == pytest.approx(sum(p * math.log(p / 0.25) for p in q))


def test_reverse_kl_runs_from_zero_to_log_k() -> None:
    law = sampling.ring(8)
    assert metrics.mode_coverage(law.modes, law) == pytest.approx((8, 1, 0), abs=1e-6)
    assert metrics.mode_coverage(law.modes[:1].expand(50, 2), law) == pytest.approx((1, 1, math.log(8)), abs=1e-6)


@pytest.mark.parametrize("law", [sampling.ring(), sampling.grid()], ids=repr)
def test_the_ceiling_is_what_the_law_itself_scores(law: sampling.Law) -> None:
    ceiling = metrics.mode_coverage_ceiling(law, 2500)
    assert ceiling.high_quality == pytest.approx(1 - math.exp(-4.5))
    assert ceiling.modes == pytest.approx(len(law.modes))
    scores = torch.tensor([metrics.mode_coverage(law.sample(2500, rng(seed)), law) for seed in range(200)])
    assert (scores[:, 0] == len(law.modes)).all()
    assert scores[:, 1].mean().item() == pytest.approx(ceiling.high_quality, abs=4 * 0.0021 / 200**0.5)
    assert scores[:, 2].mean().item() == pytest.approx(ceiling.reverse_kl, rel=0.15)
    low, high = scores[:, 1].quantile(torch.tensor([0.025, 0.975])).tolist()
    assert (low, high) == pytest.approx((0.985, 0.993), abs=0.0015)


def test_few_samples_find_as_many_modes_as_the_ceiling_says() -> None:
    law = sampling.grid()
    found = [metrics.mode_coverage(law.sample(30, rng(seed)), law).modes for seed in range(300)]
    assert sum(found) / 300 == pytest.approx(metrics.mode_coverage_ceiling(law, 30).modes, abs=0.3)


def test_bad_samples_and_laws_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must be \(n, 2\)"):
        metrics.mode_coverage(torch.zeros(5, 3), sampling.ring())
    with pytest.raises(ValueError, match=r"^samples must be finite, got nan"):
        metrics.mode_coverage(torch.tensor([[0.0, math.nan]]), sampling.ring())
    with pytest.raises(ValueError, match="n is 0"):
        metrics.mode_coverage_ceiling(sampling.ring(), 0)
    with pytest.raises(ValueError, match=r"^samples must be finite, got nan"):
        metrics.w1_to_held_out(torch.full((4, 2), math.nan), sampling.ring(), rng())
    for law in (sampling.swiss_roll(), sampling.point_masses([[0.0, 0.0]])):
        with pytest.raises(ValueError, match="mixture with std > 0"):
            metrics.mode_coverage(torch.zeros(5, 2), law)


def test_samples_of_the_law_score_its_null_and_shifted_ones_their_shift() -> None:
    law = sampling.normals((0.0, 0.0))
    good = metrics.w1_to_held_out(law.sample(200, rng(1)), law, rng(2))
    assert abs(good.w1 - good.null) < 3 * (good.w1_std + good.null_std)
    shifted = metrics.w1_to_held_out(law.sample(200, rng(1)) + torch.tensor([3.0, 0.0]), law, rng(2))
    assert shifted.w1 == pytest.approx(3, abs=0.25)
    assert shifted.null == good.null > 0
    assert 0 < good.null_std < 0.2 * good.null


def test_held_out_data_in_a_tensor_is_split_without_replacement() -> None:
    points = torch.arange(40.0)[:, None]
    score = metrics.w1_to_held_out(points[:20] + 100, points, rng())
    assert score.w1 == pytest.approx(100 + 9.5 - 19.5, abs=6)
    assert score.null > 0  # the two halves never share a point
    with pytest.raises(ValueError, match=r"held_out has shape \(39, 1\): 20 samples need 40"):
        metrics.w1_to_held_out(points[:20], points[:39], rng())
    with pytest.raises(ValueError, match="splits is 7"):
        metrics.w1_to_held_out(points[:20], points, rng(), splits=7)


@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_the_ceiling_of_reverse_kl_is_exact_for_few_samples(n: int) -> None:
    law, few = sampling.ring(8), metrics.mode_coverage_ceiling(sampling.ring(8), n)
    scores = [metrics.mode_coverage(law.sample(n, rng(seed)), law).reverse_kl for seed in range(400)]
    spread = float(np.std(scores)) / 400**0.5
    assert few.reverse_kl == pytest.approx(np.mean(scores), abs=4 * spread + 1e-6)
    assert few.reverse_kl <= math.log(8) + 1e-6
    assert metrics.mode_coverage_ceiling(law, 100_000).reverse_kl == pytest.approx(7 / 200_000, rel=1e-3)
    with pytest.raises(ValueError, match=r"n is 2\.5"):
        metrics.mode_coverage_ceiling(law, 2.5)


def test_arrays_and_lists_are_scored_as_tensors_are() -> None:
    law = sampling.ring()
    samples, held_out = law.sample(20, rng(1)), law.sample(60, rng(2))
    for make in (torch.Tensor.numpy, torch.Tensor.tolist, lambda t: t.requires_grad_()):
        assert metrics.mode_coverage(make(samples), law) == metrics.mode_coverage(samples.detach(), law)
        for data in (law, held_out.detach()):
            expected = metrics.w1_to_held_out(samples.detach(), data, rng())
            assert metrics.w1_to_held_out(make(samples), data if data is law else make(held_out), rng()) == expected
    run = runs.load("one-pair-penalty")
    assert metrics.w1_to_held_out(run["samples"][-1], law, rng()).w1 > 0
    assert metrics.mode_coverage(run["samples"][-1], law).modes >= 0


@pytest.mark.parametrize("scale", [1e-15, 1e15, 1e150])
def test_w1_to_held_out_scales_with_its_unit(scale: float) -> None:
    samples, held_out = np.random.default_rng(0).normal(size=(2, 60, 2))
    plain, moved = (metrics.w1_to_held_out(s * samples[:30], s * held_out, rng()) for s in (1, scale))
    np.testing.assert_allclose(np.array(moved) / scale, plain, rtol=1e-9)


def test_errors_name_the_argument_that_is_wrong() -> None:
    law, samples = sampling.ring(), torch.zeros(4, 2)
    for bad, error in (
        (None, TypeError),
        ("text", TypeError),
        ([[True, False]], TypeError),
        (np.zeros((0, 2)), ValueError),
    ):
        with pytest.raises(error, match=r"^samples "):
            metrics.mode_coverage(bad, law)
        with pytest.raises(error, match=r"^samples "):
            metrics.w1_to_held_out(bad, law, rng())
    for bad, error in ((None, TypeError), (torch.full((9, 2), math.nan), ValueError), (torch.zeros(9, 3), ValueError)):
        with pytest.raises(error, match=r"^held_out "):
            metrics.w1_to_held_out(samples, bad, rng())
    with pytest.raises(TypeError, match=r"^generator is 0"):
        metrics.w1_to_held_out(samples, law, 0)
    with pytest.raises(ValueError, match="law is None"):
        metrics.mode_coverage(samples, None)
