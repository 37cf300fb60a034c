"""Clipping, gradient penalty, spectral norm and orthonormal weights against hand computation, SVD, dense matrices."""

import math
import re

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from wgan_lib import diagnostics, networks
from wgan_lib.constraints import (
    GradientPenalty,
    LipschitzConstraint,
    Orthonormal,
    SpectralNorm,
    Unconstrained,
    WeightClipping,
    gradient_norms,
    mixes_samples,
)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=rng(seed))


def linear_critic(weight: Tensor) -> nn.Sequential:
    critic = networks.mlp(len(weight), 1)
    with torch.no_grad():
        critic[0].weight.copy_(weight)
    return critic


def singular_values(layer: nn.Module) -> Tensor:
    return torch.linalg.svdvals(layer.weight.detach().double().flatten(1))


CONSTRAINTS = [Unconstrained(), WeightClipping(0.1), GradientPenalty(10.0), SpectralNorm(), Orthonormal()]


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=repr)
def test_every_constraint_goes_through_the_same_three_hooks(constraint: LipschitzConstraint) -> None:
    critic, real, fake = networks.mlp(2, 8, 1), draw(6, 2), draw(6, 2, seed=1)
    constraint.attach(critic)
    optimizer = torch.optim.SGD(critic.parameters(), 0.1)
    loss = critic(fake).mean() - critic(real).mean() + constraint.penalty(critic, real, fake, rng())
    loss.backward()
    optimizer.step()
    constraint.project(critic)
    assert torch.isfinite(critic(real)).all()


# --- weight clipping ---


def test_clipping_clamps_every_parameter_or_leaves_biases_alone() -> None:
    for biases in (True, False):
        critic = networks.mlp(2, 8, 1, norm=nn.LayerNorm)
        before = {name: p.clone() for name, p in critic.named_parameters()}
        WeightClipping(0.01, biases=biases).project(critic)
        for name, p in critic.named_parameters():
            left_alone = name.endswith("bias") and not biases
            assert torch.equal(p, before[name] if left_alone else before[name].clamp(-0.01, 0.01)), name
        assert any((p != before[name]).any() for name, p in critic.named_parameters())


def test_clipping_leaves_the_weights_alone_until_the_first_step() -> None:
    critic = networks.mlp(2, 8, 1)
    before = critic[0].weight.clone()
    WeightClipping(0.01).attach(critic)
    assert torch.equal(critic[0].weight, before)


@pytest.mark.parametrize(("bound", "largest_slope"), [(0.1, 18_981), (0.01, 1.898), (0.001, 1.898e-4)])
def test_the_steepest_clipped_critic_has_all_weights_at_the_bound(bound: float, largest_slope: float) -> None:
    critic = networks.mlp(2, 512, 512, 512, 1)
    with torch.no_grad():
        for p in critic.parameters():
            p.fill_(1.0)
    WeightClipping(bound).project(critic)
    assert diagnostics.lipschitz_bound(critic) == pytest.approx(largest_slope, rel=1e-3)
    formula = bound**4 * math.sqrt(2 * 512) * 512 * 512 * math.sqrt(512)
    assert gradient_norms(critic, torch.ones(1, 2)).item() == pytest.approx(formula, rel=1e-4)  # attained


# --- gradient penalty ---


@pytest.mark.parametrize("at", ["interpolates", "reals", "fakes", "both"])
@pytest.mark.parametrize(
    ("slope", "one_sided", "target", "expected"),
    [(3.0, False, 1.0, 4.0), (0.5, False, 1.0, 0.25), (0.5, True, 1.0, 0.0), (3.0, True, 1.0, 4.0), (3.0, False, 0, 9)],
)
def test_penalty_of_a_linear_critic(at: str, slope: float, one_sided: bool, target: float, expected: float) -> None:
    critic = linear_critic(slope * torch.tensor([0.6, 0.8]))
    penalty = GradientPenalty(10.0, one_sided, target, at).penalty(critic, draw(5, 2), draw(5, 2, seed=1), rng())
    assert penalty.item() == pytest.approx((20 if at == "both" else 10) * expected, rel=1e-5, abs=1e-6)


def test_r1_is_half_gamma_times_the_mean_squared_gradient_at_the_reals() -> None:
    critic, real, fake = networks.mlp(2, 16, 1, activation=nn.Tanh), draw(32, 2), draw(32, 2, seed=1)
    x = real.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x).sum(), x)
    r1 = 0.5 * 3.0 * gradient.square().sum(1).mean()
    torch.testing.assert_close(GradientPenalty(3.0 / 2, target=0.0, at="reals").penalty(critic, real, fake, rng()), r1)


@pytest.mark.parametrize("copies", [None, 3])
@pytest.mark.parametrize("target", [0.0, 1.0])
def test_both_is_the_sum_at_reals_and_at_fakes(copies: int | None, target: float) -> None:
    shape = () if copies is None else (copies,)
    critic, real, fake = networks.mlp(2, 16, 1, copies=copies), draw(*shape, 32, 2), draw(*shape, 24, 2, seed=1)
    numbers = rng() if copies is None else [rng(k) for k in range(copies)]
    both, reals, fakes = (
        GradientPenalty(2.0, target=target, at=at).penalty(critic, real, fake, numbers)
        for at in ("both", "reals", "fakes")
    )
    assert torch.equal(both, reals + fakes)
    assert not torch.equal(reals, fakes)


def test_numbers_of_any_kind_make_equal_constraints() -> None:
    wanted = GradientPenalty(10.0, target=1.0)
    for kind in (int, np.float64, np.float32, np.int64, torch.tensor):
        assert GradientPenalty(kind(10), target=kind(1)) == wanted
        assert repr(GradientPenalty(kind(10), np.False_, kind(1))) == repr(wanted)
        assert repr(WeightClipping(kind(2), np.True_)) == "WeightClipping(bound=2.0, biases=True)"
    assert repr(SpectralNorm(np.int64(2), np.int32(8))) == "SpectralNorm(n_power_iterations=2, image_size=8)"


class Recorder(nn.Module):
    """A critic that keeps the points at which it is asked."""

    def forward(self, x: Tensor) -> Tensor:
        self.points = x.detach()
        return x.flatten(1).sum(1)


@pytest.mark.parametrize("shape", [(64, 2), (64, 3, 4, 4)])
def test_interpolates_lie_on_the_segments_with_one_uniform_alpha_per_sample(shape: tuple[int, ...]) -> None:
    critic, real, fake = Recorder(), draw(*shape), draw(*shape, seed=1)
    GradientPenalty(1.0).penalty(critic, real, fake, rng())
    ratios = ((critic.points - fake) / (real - fake)).flatten(1)
    alpha = ratios.median(1).values
    torch.testing.assert_close(critic.points, fake + alpha.reshape(-1, *[1] * (len(shape) - 1)) * (real - fake))
    assert 0 <= alpha.min() < 0.1 < 0.9 < alpha.max() <= 1
    assert alpha.std().item() == pytest.approx(12**-0.5, abs=0.06)


def test_changing_one_sample_leaves_the_other_penalties_unchanged() -> None:
    critic = networks.mlp(2, 16, 16, 1, norm=nn.LayerNorm)
    x = draw(8, 2)
    changed = x.clone()
    changed[3] += 5
    before, after = gradient_norms(critic, x), gradient_norms(critic, changed)
    others = [i for i in range(8) if i != 3]
    assert torch.equal(before[others], after[others])
    assert before[3] != after[3]


def test_the_gradient_to_the_weights_agrees_with_finite_differences() -> None:
    critic = networks.mlp(2, 6, 1, activation=nn.Tanh).double()
    real, fake = draw(9, 2).double(), draw(9, 2, seed=1).double()

    def penalty() -> Tensor:
        return GradientPenalty(10.0).penalty(critic, real, fake, rng(3))

    penalty().backward()
    weight, h = critic[0].weight, 1e-6
    for i, j in [(0, 0), (3, 1), (5, 0)]:
        with torch.no_grad():
            weight[i, j] += h
        above = penalty().item()
        with torch.no_grad():
            weight[i, j] -= 2 * h
        below = penalty().item()
        with torch.no_grad():
            weight[i, j] += h
        assert weight.grad[i, j].item() == pytest.approx((above - below) / (2 * h), rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("one_sided", [True, False])
def test_a_critic_without_slope_gives_finite_gradients(one_sided: bool) -> None:
    critic = networks.mlp(2, 8, 1)
    with torch.no_grad():
        for p in critic.parameters():
            p.zero_()
    penalty = GradientPenalty(10.0, one_sided).penalty(critic, draw(4, 2), draw(4, 2, seed=1), rng())
    assert penalty.item() == (0 if one_sided else 10)
    gradients = torch.autograd.grad(penalty, list(critic.parameters()), allow_unused=True)
    assert all(g is None or torch.isfinite(g).all() for g in gradients)


@pytest.mark.parametrize("at", ["interpolates", "reals", "fakes", "both"])
@pytest.mark.parametrize("shared_reals", [True, False])
def test_copies_get_the_penalties_of_single_runs(at: str, shared_reals: bool) -> None:
    together = networks.mlp(2, 8, 8, 1, copies=3)
    real, fake = (draw(16, 2) if shared_reals else draw(3, 16, 2)), draw(3, 16, 2, seed=1)
    constraint = GradientPenalty(10.0, at=at)
    total = constraint.penalty(together, real, fake, [rng(k) for k in range(3)])
    alone = torch.zeros(())
    for k in range(3):
        critic = networks.mlp(2, 8, 8, 1)
        for mine, source in zip(
            [m for m in critic if isinstance(m, nn.Linear)],
            [m for m in together if isinstance(m, networks.BatchedLinear)],
            strict=True,
        ):
            mine.load_state_dict({"weight": source.weight[k], "bias": source.bias[k]})
        alone = alone + constraint.penalty(critic, real if shared_reals else real[k], fake[k], rng(k))
    torch.testing.assert_close(total, alone)


def test_copies_with_a_single_generator_are_refused() -> None:
    critic = networks.mlp(2, 8, 1, copies=3)
    with pytest.raises(ValueError, match="list of K generators"):
        GradientPenalty(1.0).penalty(critic, draw(3, 4, 2), draw(3, 4, 2), rng())
    with pytest.raises(ValueError, match="not one per sample"):
        GradientPenalty(1.0).penalty(critic, draw(4, 2), draw(4, 2), rng())


class MeanSubtracted(nn.Module):
    """A home-made layer that mixes samples without being a BatchNorm."""

    def forward(self, x: Tensor) -> Tensor:
        return x - x.mean(0)


def test_attach_refuses_layers_that_mix_samples_and_names_them() -> None:
    constraint = GradientPenalty(10.0)
    with pytest.raises(ValueError, match=r"layer '1'.*BatchNorm1d.*LayerNorm, InstanceNorm or no norm"):
        constraint.attach(networks.mlp(2, 8, 1, norm=nn.BatchNorm1d))
    with pytest.raises(ValueError, match="BatchNorm2d"):
        constraint.attach(nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)))
    with pytest.raises(ValueError, match="depends on the others"):
        constraint.attach(networks.mlp(2, 8, 1, activation=MeanSubtracted))
    for norm in (None, nn.LayerNorm, lambda width: nn.GroupNorm(2, width)):
        constraint.attach(networks.mlp(2, 8, 1, norm=norm))
    constraint.attach(networks.mlp(2, 8, 1, copies=2))


def test_mixing_is_seen_by_behaviour_and_the_critic_is_left_alone() -> None:
    images = draw(4, 3, 8, 8)
    body = (nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 1), networks.Score())
    assert not mixes_samples(nn.Sequential(*body), images)
    assert not mixes_samples(nn.Sequential(body[0], nn.InstanceNorm2d(4), *body[1:]), images)
    normed = nn.Sequential(body[0], nn.BatchNorm2d(4), *body[1:])
    assert mixes_samples(normed, images)
    assert normed[1].num_batches_tracked == 0
    with pytest.raises(ValueError, match=r"1 sample\(s\)"):
        mixes_samples(normed, images[:1])


# --- spectral norm ---


def test_the_iterate_climbs_to_the_true_norm_from_below() -> None:
    errors = []
    for seed in range(20):
        weight = draw(48, 64, seed=seed).double()
        layer = nn.Linear(64, 48).double()
        with torch.no_grad():
            layer.weight.copy_(weight)
        SpectralNorm(1).attach(nn.Sequential(layer))
        true = torch.linalg.svdvals(weight)[0].item()
        iterates = [(weight / layer.weight.detach()).mean().item() for _ in range(30)]  # σ̂ = W / (W / σ̂)
        assert all(a <= b * (1 + 1e-12) for a, b in zip(iterates, [*iterates[1:], true], strict=True))
        assert singular_values(layer)[0] >= 1 - 1e-12
        errors.append(1 - iterates[-1] / true)
    # A Gaussian matrix may have two almost equal first singular values; then thirty iterations are not enough.
    assert sorted(errors)[len(errors) // 2] < 1e-3
    assert max(errors) < 0.03


def test_thirty_iterations_agree_with_the_svd_to_a_thousandth_once_the_gap_allows() -> None:
    for seed in range(20):
        layer = nn.Linear(64, 48)
        u, s, v = torch.linalg.svd(draw(48, 64, seed=seed), full_matrices=False)
        s[1:] *= 0.9  # a gap between the first two singular values, as the convergence rate (σ2/σ1)²ⁿ asks for
        with torch.no_grad():
            layer.weight.copy_(u * s @ v)
        SpectralNorm(30).attach(nn.Sequential(layer))
        assert singular_values(layer)[0] == pytest.approx(1, abs=1e-3)


def test_each_forward_in_train_mode_moves_on_and_eval_mode_stands_still() -> None:
    layer = nn.Linear(32, 32)
    critic = nn.Sequential(layer)
    SpectralNorm(1).attach(critic)
    x = draw(3, 32)
    first, second = critic(x), critic(x)
    assert not torch.equal(first, second)
    (first.sum() + second.sum()).backward()  # two forwards in one graph, as in every critic step
    assert torch.isfinite(layer.parametrizations.weight.original.grad).all()
    critic.eval()
    assert torch.equal(critic(x), critic(x))


def test_converged_weights_equal_those_of_pytorch() -> None:
    ours, theirs = nn.Linear(20, 30), nn.Linear(20, 30)
    theirs.load_state_dict(ours.state_dict())
    SpectralNorm(1).attach(nn.Sequential(ours))
    parametrizations.spectral_norm(theirs)
    for _ in range(300):
        ours(draw(1, 20)), theirs(draw(1, 20))
    torch.testing.assert_close(ours.weight, theirs.weight, rtol=1e-4, atol=1e-5)


def test_each_copy_is_divided_by_its_own_norm() -> None:
    critic = networks.mlp(2, 24, 1, copies=3)
    with torch.no_grad():
        critic[0].weight *= torch.tensor([1.0, 10.0, 100.0])[:, None, None]
    SpectralNorm(5).attach(critic)
    for _ in range(30):
        critic(draw(4, 2))
    for layer in (critic[0], critic[2]):
        torch.testing.assert_close(torch.linalg.svdvals(layer.weight)[:, 0], torch.ones(3), rtol=1e-4, atol=0)


@pytest.mark.parametrize(("kernel", "stride", "padding"), [(3, 1, 1), (4, 2, 1), (3, 1, 0)])
def test_a_convolution_is_normalised_as_a_matrix_or_as_the_operator(kernel: int, stride: int, padding: int) -> None:
    def dense(layer: nn.Conv2d) -> Tensor:
        images = torch.eye(3 * 64).reshape(-1, 3, 8, 8)
        return nn.functional.conv2d(images, layer.weight, stride=stride, padding=padding).flatten(1)

    weight = draw(5, 3, kernel, kernel)
    for image_size, expected in ((None, "matrix"), (8, "operator")):
        layer = nn.Conv2d(3, 5, kernel, stride, padding)
        with torch.no_grad():
            layer.weight.copy_(weight)
        SpectralNorm(20, image_size).attach(nn.Sequential(layer))
        for _ in range(30):
            layer(draw(1, 3, 8, 8))
        norms = {
            "matrix": singular_values(layer)[0],
            "operator": torch.linalg.matrix_norm(dense(layer.eval()), 2).detach(),
        }
        assert float(norms[expected]) == pytest.approx(1, abs=1e-3)
        if stride == 1 and image_size is None:
            assert 1 < norms["operator"] <= kernel


def test_a_weight_of_zeros_stays_zero() -> None:
    layer = nn.Linear(4, 4)
    nn.init.zeros_(layer.weight)
    SpectralNorm().attach(nn.Sequential(layer))
    assert torch.equal(layer(torch.ones(1, 4)), layer.bias[None])


# --- orthonormal ---


def far_from_orthonormal(weight: Tensor) -> float:
    weight = weight.detach().double()
    weight = weight if weight.shape[-2] < weight.shape[-1] else weight.mT
    return (weight @ weight.mT - torch.eye(weight.shape[-2], dtype=torch.float64)).abs().max().item()


@pytest.mark.parametrize("copies", [None, 3])
@pytest.mark.parametrize("learning_rate", [1e-4, 1e-2, 1.0, 100.0])
@pytest.mark.parametrize("sizes", [(2, 16, 16, 1), (7, 128, 64, 3), (64, 8, 128, 1)])
def test_orthonormal_weights_stay_orthonormal_while_they_learn(
    copies: int | None, learning_rate: float, sizes: tuple[int, ...]
) -> None:
    critic, constraint = networks.mlp(*sizes, activation=networks.GroupSort, copies=copies), Orthonormal()
    constraint.attach(critic)
    layers = [m for m in critic if isinstance(m, nn.Linear | networks.BatchedLinear)]
    optimizer = torch.optim.Adam(critic.parameters(), learning_rate)
    x, before = draw(32, sizes[0]), layers[1].weight.detach().clone()
    for _ in range(5):
        optimizer.zero_grad()
        (critic(x).square().sum() + critic(-x).sin().sum()).backward()
        for layer in layers:  # the gradient lies along the manifold: XᵀG is antisymmetric
            weight, gradient = layer.weight.detach(), layer.weight.grad
            wide = weight.shape[-2] < weight.shape[-1]
            product = weight @ gradient.mT if wide else weight.mT @ gradient
            assert (product + product.mT).abs().max() <= 1e-4 * max(1, gradient.abs().max())
        optimizer.step()
        constraint.project(critic)
        for layer in layers:
            values = torch.linalg.svdvals(layer.weight.double())
            torch.testing.assert_close(values, torch.ones_like(values), rtol=1e-5, atol=0)
    assert (layers[1].weight - before).abs().max() > learning_rate / 100 or learning_rate > 1


@pytest.mark.parametrize("noise", [1e-4, 1e-2, 0.3, 3.0])
@pytest.mark.parametrize("shape", [(1, 1), (1, 512), (512, 2), (96, 96), (3, 16, 40), (3, 40, 16)])
def test_the_way_back_to_the_manifold_is_qr(noise: float, shape: tuple[int, ...]) -> None:
    layer = nn.Linear(1, 1) if len(shape) == 2 else networks.BatchedLinear(3, 1, 1)
    start = torch.linalg.qr(draw(*shape) if shape[-2] >= shape[-1] else draw(*shape).mT)[0]
    x = (start + noise * draw(*start.shape, seed=1)).double()
    layer.weight = nn.Parameter((x if shape[-2] >= shape[-1] else x.mT).float())
    q, r = torch.linalg.qr(x)
    q = q * r.diagonal(dim1=-2, dim2=-1).sign()[..., None, :]
    Orthonormal().project(nn.Sequential(layer))
    torch.testing.assert_close(
        layer.weight.double(), q if shape[-2] >= shape[-1] else q.mT, rtol=0, atol=2e-4 if noise > 0.1 else 2e-6
    )
    assert far_from_orthonormal(layer.weight) < 5e-6


def test_hopeless_weights_become_orthonormal_too_and_nan_stays_nan() -> None:
    for value in (0.0, 1.0, 1e-30, 1e18):
        layer = nn.Linear(6, 4)
        nn.init.constant_(layer.weight, value)
        Orthonormal().project(nn.Sequential(layer))
        assert far_from_orthonormal(layer.weight) < 1e-5
    nn.init.constant_(layer.weight, float("nan"))
    Orthonormal().project(nn.Sequential(layer))  # the training loop says what became of it
    assert layer.weight.isnan().any()


def test_adam_reaches_a_given_rotation_along_the_manifold() -> None:
    for shape in ((16, 16), (8, 16), (16, 8)):
        wanted = torch.linalg.qr(draw(max(shape), max(shape), seed=7))[0]
        wanted = wanted * torch.linalg.det(wanted).sign() ** (torch.arange(max(shape)) == 0)  # reachable: det +1
        layer, constraint = nn.Linear(*shape, bias=False), Orthonormal()
        with torch.no_grad():
            layer.weight.copy_(torch.eye(*layer.weight.shape) + 0.1 * draw(*layer.weight.shape))
        constraint.attach(nn.Sequential(layer))
        optimizer = torch.optim.Adam(layer.parameters(), 0.02)
        target = wanted[: shape[1], : shape[0]] if shape[0] != shape[1] else wanted
        target = torch.linalg.qr(target if target.shape[0] >= target.shape[1] else target.mT)[0]
        target = target if target.shape == layer.weight.shape else target.mT
        for _ in range(600):
            optimizer.zero_grad()
            (layer.weight - target).square().sum().backward()
            optimizer.step()
            constraint.project(nn.Sequential(layer))
        if shape[0] != shape[1]:  # a square's determinant may differ from the target's
            assert (layer.weight - target).abs().max() < 0.05
        else:
            assert (layer.weight - target).square().sum() < 0.05 or torch.linalg.det(layer.weight @ target.mT) < 0


def test_an_orthonormal_critic_of_the_older_kind_is_refused_by_name() -> None:
    old = networks.mlp(2, 8, 1)
    parametrizations.orthogonal(old[0], "weight", orthogonal_map="cayley")
    new = networks.mlp(2, 8, 1)
    Orthonormal().attach(new)
    with pytest.raises(ValueError, match=r"0.weight was written when Orthonormal was Cayley's map.*train the critic"):
        new.load_state_dict(old.state_dict())


def test_orthonormal_group_sort_critics_keep_slopes_below_one() -> None:
    for seed in range(10):
        critic = networks.mlp(2, 32, 32, 1, activation=networks.GroupSort, rng=rng(seed))
        Orthonormal().attach(critic)
        x, y = draw(100, 2, seed=seed), draw(100, 2, seed=seed + 100)
        assert diagnostics.lipschitz_on_pairs(critic, x, y) <= diagnostics.lipschitz_bound(critic) * (1 + 1e-5)
        assert diagnostics.lipschitz_bound(critic) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("constraint", [SpectralNorm(), Orthonormal()], ids=repr)
def test_copies_start_as_single_critics_do_and_no_global_number_is_drawn(constraint: LipschitzConstraint) -> None:
    singles = [networks.mlp(2, 16, 16, 1, activation=networks.GroupSort, rng=rng(seed)) for seed in range(3)]
    together = networks.side_by_side(singles)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    constraint.attach(together)
    assert torch.equal(before, torch.get_rng_state())
    x = draw(5, 2)
    torch.manual_seed(2)
    for k, single in enumerate(singles):
        constraint.attach(single)
        for own, batched in zip(single.state_dict().values(), together.state_dict().values(), strict=True):
            torch.testing.assert_close(own, batched[k], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(together(x), torch.stack([single(x) for single in singles]), rtol=1e-4, atol=1e-5)


# --- bad input ---


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: WeightClipping(0.0), "bound is 0.0"),
        (lambda: WeightClipping(-0.01), "bound is -0.01"),
        (lambda: WeightClipping(float("nan")), "bound is nan"),
        (lambda: GradientPenalty(-1.0), "weight is -1.0"),
        (lambda: GradientPenalty(float("inf")), "weight is inf"),
        (lambda: GradientPenalty(1.0, target=-1.0), "target is -1.0"),
        (lambda: GradientPenalty(1.0, at="pixels"), "at is 'pixels'"),
        (lambda: SpectralNorm(1.5), "n_power_iterations is 1.5"),
        (lambda: SpectralNorm(0), "n_power_iterations is 0"),
        (lambda: SpectralNorm(1, image_size=0), "image_size is 0"),
        (lambda: SpectralNorm().attach(nn.Sequential(nn.ReLU())), "no layer that this constraint acts on"),
        (lambda: Orthonormal().attach(nn.Sequential(nn.Conv2d(3, 3, 3))), "is a convolution"),
        (lambda: GradientPenalty(1.0).penalty(Recorder(), draw(3, 2), draw(4, 2), rng()), "one shape"),
    ],
)
def test_bad_arguments_are_refused(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("value", ["10", None, True, [1.0]])
def test_what_is_no_number_is_named(value: object) -> None:
    for name, make in (("weight", GradientPenalty), ("bound", WeightClipping)):
        with pytest.raises(TypeError, match=rf"{name} is {re.escape(repr(value))}: it must be a finite number"):
            make(value)
    with pytest.raises(TypeError, match=r"one_sided is 'no': it must be True or False"):
        GradientPenalty(1.0, one_sided="no")
    with pytest.raises(TypeError, match="biases is None: it must be True or False"):
        WeightClipping(1.0, biases=None)
    with pytest.raises(TypeError, match=r"rng is .*: it must be a torch.Generator, or a list of one for each copy"):
        GradientPenalty(1.0).penalty(networks.mlp(2, 1), draw(3, 2), draw(3, 2), [value])


def test_a_second_attachment_is_refused() -> None:
    critic = networks.mlp(2, 4, 1)
    SpectralNorm().attach(critic)
    other = networks.mlp(2, 4, 1)
    Orthonormal().attach(other)
    for attached in (critic, other):
        before = list(attached.state_dict())
        for constraint in (SpectralNorm(), Orthonormal()):
            with pytest.raises(ValueError, match="already has parametrised weights"):
                constraint.attach(attached)
        assert list(attached.state_dict()) == before


def test_a_critic_that_is_refused_is_left_as_it_was() -> None:
    reflecting = nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect")
    critic = nn.Sequential(nn.Conv2d(1, 1, 3), reflecting)
    before = {name: value.clone() for name, value in critic.state_dict().items()}
    with pytest.raises(ValueError, match="needs padding_mode 'zeros'"):
        SpectralNorm(image_size=8).attach(critic)
    with pytest.raises(ValueError, match="is a convolution"):
        Orthonormal().attach(nn.Sequential(nn.Linear(2, 2), critic))
    assert list(critic.state_dict()) == list(before)


@pytest.mark.parametrize("odd", [None, "x", 2, 1j, [1.0], np.zeros((3, 2)), torch.zeros(3, 2, dtype=torch.int64)])
def test_samples_that_are_no_tensors_are_named(odd: object) -> None:
    critic, x = networks.mlp(2, 4, 1), draw(3, 2)
    for name, call in (
        ("x", lambda: gradient_norms(critic, odd)),
        ("x", lambda: mixes_samples(critic, odd)),
        ("real", lambda: GradientPenalty(1.0).penalty(critic, odd, x, rng())),
        ("fake", lambda: GradientPenalty(1.0).penalty(critic, x, odd, rng())),
    ):
        with pytest.raises(TypeError, match=f"^{name} is .*: it must be a floating-point tensor of samples"):
            call()
    for numbers in (odd, []):
        with pytest.raises(TypeError, match=r"^rng is "):
            GradientPenalty(1.0).penalty(critic, x, x, numbers)
