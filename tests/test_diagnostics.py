"""Slopes, bounds and certified numbers against brute force, dense matrices and exact transport."""

import copy
import math
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from no_double import on_device
from torch import Tensor, nn

from wgan_lib import constraints, diagnostics, networks, transport


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=rng(seed))


def convolutional_critic(seed: int = 0) -> nn.Sequential:
    critic = nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1), nn.LeakyReLU(0.2), nn.Conv2d(6, 8, 4, stride=2, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(8 * 16, 1), networks.Score(),
    )  # fmt: skip
    with torch.no_grad():
        for i, p in enumerate(critic.parameters()):
            p.copy_(0.3 * draw(*p.shape, seed=100 * seed + i))
    return critic


def test_lipschitz_on_pairs_is_the_brute_force_maximum() -> None:
    critic, x, y = networks.mlp(3, 16, 1), draw(40, 3), draw(700, 3, seed=1)
    slopes = [
        abs(critic(a[None]) - critic(b[None])).item() / math.dist(a.tolist(), b.tolist()) for a in x for b in y[::10]
    ]
    assert diagnostics.lipschitz_on_pairs(critic, x, y[::10]) == pytest.approx(max(slopes), rel=1e-5)
    assert diagnostics.lipschitz_on_pairs(critic, y, x) == diagnostics.lipschitz_on_pairs(critic, x, y)


def test_pairs_use_the_euclidean_norm_of_images_and_ignore_equal_points() -> None:
    images = draw(5, 3, 4, 4)
    critic = lambda x: 2 * x.flatten(1)[:, 0]  # noqa: E731
    moved = images.clone()
    moved[:, 0, 0, 0] += 1
    assert diagnostics.lipschitz_on_pairs(critic, images, moved) == pytest.approx(2, rel=1e-6)
    assert diagnostics.lipschitz_on_pairs(critic, images[:1], images[:1]) == 0


@pytest.mark.parametrize("seed", range(200))
def test_the_certified_lower_bound_never_exceeds_exact_w1(seed: int) -> None:
    numbers = np.random.default_rng(seed)
    n, m, d, width = (int(numbers.integers(2, high)) for high in (40, 40, 6, 33))
    x, y = draw(n, d, seed=seed), float(numbers.uniform(0.1, 3)) * draw(m, d, seed=seed + 1) + float(numbers.normal())
    critic = networks.mlp(d, width, 1, gain=float(numbers.uniform(0.1, 5)), rng=rng(seed))
    bound = diagnostics.certified_lower_bound(critic, x, y)
    assert 0 <= bound <= transport.w1(x, y) * (1 + 1e-9)


def test_the_certified_bound_of_the_optimal_critic_is_w1_itself() -> None:
    for seed in range(5):
        x, y = draw(30, 2, seed=seed).double(), draw(30, 2, seed=seed + 50).double() + 1
        best = transport.optimal_critic(x, y)
        assert diagnostics.certified_lower_bound(best, x, y) == pytest.approx(transport.w1(x, y), rel=1e-6)
        assert diagnostics.certified_lower_bound(lambda z, f=best: -7 * f(z), x, y) == pytest.approx(
            transport.w1(x, y), rel=1e-6
        )


def test_weak_duality_holds_for_critics_trained_under_every_constraint() -> None:
    x, y = draw(64, 2), 0.5 * draw(64, 2, seed=1) + torch.tensor([2.0, 0.0])
    exact = transport.w1(x, y)
    for constraint in (
        constraints.Unconstrained(),
        constraints.WeightClipping(0.1),
        constraints.GradientPenalty(1.0),
        constraints.SpectralNorm(),
        constraints.Orthonormal(),
    ):
        critic = networks.mlp(2, 32, 32, 1, activation=networks.GroupSort)
        constraint.attach(critic)
        optimizer = torch.optim.Adam(critic.parameters(), 0.01)
        for _ in range(60):
            optimizer.zero_grad()
            (critic(y).mean() - critic(x).mean() + constraint.penalty(critic, x, y, rng())).backward()
            optimizer.step()
            constraint.project(critic)
        estimate = float((critic(x).mean() - critic(y).mean()).detach())
        slope = diagnostics.lipschitz_on_pairs(critic, x, y)
        assert estimate / slope <= exact
        assert diagnostics.certified_lower_bound(critic, x, y) > 0.2 * exact
        if not isinstance(constraint, constraints.Unconstrained | constraints.GradientPenalty):
            assert estimate <= diagnostics.lipschitz_bound(critic) * exact


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), depth=st.integers(0, 3), copies=st.sampled_from(["relu", "groupsort"]))
def test_every_measured_slope_is_below_the_product_of_norms(seed: int, depth: int, copies: str) -> None:
    activation = nn.ReLU if copies == "relu" else networks.GroupSort
    critic = networks.mlp(2, *[8] * depth, 1, activation=activation, gain=1.5, rng=rng(seed))
    x, y = draw(20, 2, seed=seed), draw(20, 2, seed=seed + 1)
    bound = diagnostics.lipschitz_bound(critic) * (1 + 1e-5)
    assert diagnostics.lipschitz_on_pairs(critic, x, y) <= bound
    assert diagnostics.gradient_norms(critic, x).max() <= bound
    assert diagnostics.slope_on_grid(critic, [-3, -3], [3, 3], 12) <= bound
    assert diagnostics.slope_at_interpolates(critic, x, y, rng(seed)) <= bound


@settings(max_examples=40, deadline=None)
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    n=st.integers(1, 6),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    seed=st.integers(0, 10**6),
)
def test_gradient_norms_of_samples_of_any_shape_and_precision(
    shape: list[int], n: int, dtype: torch.dtype, seed: int
) -> None:
    critic = nn.Sequential(nn.Flatten(), networks.mlp(math.prod(shape), 1, rng=rng(seed))).to(dtype)
    x = draw(n, *shape, seed=seed).to(dtype)
    norms = diagnostics.gradient_norms(critic, x)
    assert (norms.shape, norms.dtype) == ((n,), dtype)
    slope = float(critic[1][0].weight.detach().norm())
    assert norms.tolist() == pytest.approx([slope] * n, rel=1e-5)
    assert diagnostics.lipschitz_on_pairs(critic, x, x + 1) <= slope * (1 + 1e-3) + 1e-6


def test_the_bound_is_attained_by_a_linear_critic_and_slopes_agree() -> None:
    critic = networks.mlp(2, 1)
    slope = float(critic[0].weight.detach().norm())
    x, y = draw(20, 2), draw(20, 2, seed=1)
    assert diagnostics.lipschitz_bound(critic) == pytest.approx(slope, rel=1e-6)
    assert diagnostics.slope_on_grid(critic, [-1, -1], [1, 1]) == pytest.approx(slope, rel=1e-6)
    assert diagnostics.slope_at_interpolates(critic, x, y, rng()) == pytest.approx(slope, rel=1e-6)


# --- convolutions ---


def dense(layer: nn.Conv2d, size: int, circular: bool) -> Tensor:
    images = torch.eye(layer.in_channels * size**2, dtype=torch.float64).reshape(-1, layer.in_channels, size, size)
    weight = layer.weight.double()
    if circular:
        k = weight.shape[-1]
        images = nn.functional.pad(images, (0, k - 1, 0, k - 1), mode="circular")
        return nn.functional.conv2d(images, weight, stride=layer.stride).flatten(1)
    return nn.functional.conv2d(images, weight, stride=layer.stride, padding=layer.padding).flatten(1)


@pytest.mark.parametrize(
    ("channels", "kernel", "stride", "size"), [(3, 3, 1, 6), (2, 4, 2, 8), (2, 3, 3, 6), (1, 5, 1, 5), (2, 4, 2, 10)]
)
def test_the_operator_norm_by_fft_is_that_of_the_dense_matrix(
    channels: int, kernel: int, stride: int, size: int
) -> None:
    layer = nn.Conv2d(channels, 4, kernel, stride)
    with torch.no_grad():
        layer.weight.copy_(draw(*layer.weight.shape))
    exact = float(torch.linalg.matrix_norm(dense(layer, size, circular=True), 2).detach())
    assert diagnostics.convolution_norm(layer.weight, size, stride) == pytest.approx(exact, rel=1e-10)


def test_a_layer_of_reshaped_norm_one_still_stretches_by_up_to_three() -> None:
    def stretch(weight: Tensor) -> float:
        return diagnostics.convolution_norm(weight, 16) / float(torch.linalg.matrix_norm(weight.flatten(1), 2))

    assert stretch(torch.ones(8, 8, 3, 3)) == pytest.approx(3, rel=1e-6)
    for seed in range(3):
        assert 1.5 < stretch(draw(64, 64, 3, 3, seed=seed)) < 2.1


@pytest.mark.parametrize("seed", range(5))
def test_the_bound_of_a_convolutional_critic_holds(seed: int) -> None:
    critic, images = convolutional_critic(seed), draw(16, 1, 8, 8, seed=seed)
    bound = diagnostics.lipschitz_bound(critic, images)
    for layer, size in ((critic[0], 8), (critic[2], 8)):
        norm = diagnostics.lipschitz_bound(nn.Sequential(layer), draw(1, layer.in_channels, size, size))
        padded = float(torch.linalg.matrix_norm(dense(layer, size, circular=False), 2).detach())
        assert padded <= norm * (1 + 1e-9)
        assert padded > 0.8 * norm  # an upper bound, and not a loose one
    assert diagnostics.gradient_norms(critic, images).max() <= bound
    # Power iteration on the whole critic's local slope finds no steeper direction either.
    assert diagnostics.lipschitz_on_pairs(critic, images, images + 0.1 * draw(16, 1, 8, 8, seed=9)) <= bound


def test_layers_without_a_known_norm_are_named() -> None:
    with pytest.raises(ValueError, match="LayerNorm"):
        diagnostics.lipschitz_bound(networks.mlp(2, 8, 1, norm=nn.LayerNorm))
    with pytest.raises(ValueError, match="copies one by one"):
        diagnostics.lipschitz_bound(networks.mlp(2, 8, 1, copies=2))
    with pytest.raises(ValueError, match="example input"):
        diagnostics.lipschitz_bound(convolutional_critic())
    doubling = nn.Identity()
    doubling.forward = lambda x: 2 * x
    doubling.__class__ = type("Doubling", (nn.Module,), {"lipschitz_constant": 2.0})
    assert diagnostics.lipschitz_bound(nn.Sequential(doubling)) == 2


def test_the_bound_reports_true_norms_not_the_power_iterate() -> None:
    critic = networks.mlp(2, 64, 64, 1)
    constraints.SpectralNorm(1).attach(critic)
    with torch.no_grad():  # weights that moved faster than the iteration followed
        critic[2].parametrizations.weight.original.copy_(draw(64, 64))
    bound = diagnostics.lipschitz_bound(critic)
    critic.eval()
    true = math.prod(float(torch.linalg.svdvals(critic[i].weight)[0].detach()) for i in (0, 2, 4))
    assert bound == pytest.approx(true, rel=1e-5)
    assert bound > 1.2


class Fivefold(nn.Linear):
    def forward(self, x: Tensor) -> Tensor:
        return 5 * super().forward(x)


class FivefoldChain(nn.Sequential):
    def forward(self, x: Tensor) -> Tensor:
        return 5 * super().forward(x)


class FivefoldConvolution(nn.Conv2d):
    def _conv_forward(self, *args: Tensor) -> Tensor:
        return 5 * super()._conv_forward(*args)


class FivefoldReLU(nn.ReLU):
    def forward(self, x: Tensor) -> Tensor:
        return 5 * super().forward(x)


def test_a_bound_is_right_or_refused_and_never_guessed() -> None:
    hooked = networks.mlp(2, 4, 1)
    hooked[0].register_forward_hook(lambda layer, x, y: 5 * y)
    early = networks.mlp(2, 4, 1)
    early.register_forward_pre_hook(lambda layer, x: (5 * x[0],))
    replaced = networks.mlp(2, 4, 1)
    replaced[1].forward = lambda x: 5 * x
    old_fashioned = networks.mlp(2, 4, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nn.utils.weight_norm(old_fashioned[0])  # by a hook that computes the weight anew
    for critic, message in [
        (nn.Sequential(Fivefold(2, 1), networks.Score()), "Fivefold's own forward"),
        (FivefoldChain(nn.Linear(2, 1), networks.Score()), "FivefoldChain's own forward"),
        (nn.Sequential(nn.Linear(2, 1), FivefoldReLU()), "FivefoldReLU's own forward"),
        (hooked, "has hooks"),
        (early, "has hooks"),
        (replaced, "ReLU's own forward"),
        (old_fashioned, "has hooks"),
    ]:
        with pytest.raises(ValueError, match=message):
            diagnostics.lipschitz_bound(critic)
    images = draw(2, 1, 4, 4)
    with pytest.raises(ValueError, match="FivefoldConvolution's own forward"):
        diagnostics.lipschitz_bound(nn.Sequential(FivefoldConvolution(1, 1, 3)), images)
    broken = networks.mlp(2, 4, 1)
    with torch.no_grad():
        broken[0].weight[0, 0] = math.nan
    with pytest.raises(ValueError, match=r"the weight of Linear\(.*\) holds 1 numbers that are NaN"):
        diagnostics.lipschitz_bound(broken)


def test_a_bound_looks_through_wraps_parametrisations_and_the_checks_of_our_own() -> None:
    critic = networks.mlp(2, 8, 8, 1)
    bound = diagnostics.lipschitz_bound(critic)
    assert diagnostics.lipschitz_bound(torch.compile(critic, backend="eager")) == bound
    assert diagnostics.lipschitz_bound(nn.Sequential(nn.Identity(), critic)) == bound
    doubled = networks.mlp(2, 8, 8, 1)

    class Doubled(nn.Module):
        def forward(self, weight: Tensor) -> Tensor:
            return 2 * weight

    nn.utils.parametrize.register_parametrization(doubled[0], "weight", Doubled())
    assert diagnostics.lipschitz_bound(doubled) == pytest.approx(2 * bound, rel=1e-6)
    small = networks.MLPCritic28()
    x = draw(4, 1, 28, 28)
    assert diagnostics.lipschitz_on_pairs(small, x, x.flip(0) + 1) <= diagnostics.lipschitz_bound(small)


@pytest.mark.parametrize("scale", [1e-200, 1e-150, 1e-30, 1e30, 1e150, 1e200])
def test_slopes_and_certificates_scale_with_their_unit(scale: float) -> None:
    x, y = draw(20, 3).double(), draw(30, 3, seed=1).double() + 1
    best = transport.optimal_critic(x, y)
    assert diagnostics.lipschitz_on_pairs(lambda z: scale * best(z / scale), scale * x, scale * y) == pytest.approx(
        diagnostics.lipschitz_on_pairs(best, x, y), rel=1e-9
    )
    assert diagnostics.certified_lower_bound(lambda z: best(z / scale), scale * x, scale * y) == pytest.approx(
        scale * transport.w1(x, y), rel=1e-6
    )
    first = lambda z: z[:, 0]  # noqa: E731
    near, far = torch.tensor([[0, 0], [1, 1]], dtype=torch.float64), torch.tensor([[scale, scale]], dtype=torch.float64)
    assert diagnostics.lipschitz_on_pairs(first, near, far) == pytest.approx(0.5**0.5)  # a close pair among far ones


def test_arrays_lists_and_tensors_are_taken_alike() -> None:
    critic, x, y = networks.mlp(2, 8, 1), draw(6, 2), draw(5, 2, seed=1)
    expected = diagnostics.lipschitz_on_pairs(critic, x, y)
    for make in (
        Tensor.numpy,
        Tensor.tolist,
        lambda t: t.double(),
        lambda t: t.double().numpy(),
        lambda t: t.mT.contiguous().mT,
    ):
        assert diagnostics.lipschitz_on_pairs(critic, make(x), make(y)) == expected
        assert diagnostics.certified_lower_bound(critic, make(x), make(y)) == diagnostics.certified_lower_bound(
            critic, x, y
        )
        assert torch.equal(diagnostics.gradient_norms(critic, make(x)), diagnostics.gradient_norms(critic, x))
        assert diagnostics.gradient_norm_by_layer(critic, make(x)) == diagnostics.gradient_norm_by_layer(critic, x)
        assert diagnostics.slope_at_interpolates(critic, make(x), make(x.flip(0)), rng()) == (
            diagnostics.slope_at_interpolates(critic, x, x.flip(0), rng())
        )
    assert diagnostics.slope_on_grid(critic, np.zeros(2), torch.ones(2), np.int64(4)) == diagnostics.slope_on_grid(
        critic, [0, 0], [1, 1], 4
    )
    exact = transport.optimal_critic(x, y)  # a critic that is no network
    assert diagnostics.certified_lower_bound(exact, x.numpy(), y.numpy()) == pytest.approx(transport.w1(x, y), rel=1e-5)
    layer = nn.Conv2d(2, 3, 3)
    assert diagnostics.convolution_norm(layer.weight.tolist(), 6) == diagnostics.convolution_norm(layer.weight, 6)


def test_devices_without_double_precision_will_do() -> None:
    critic, x, y = networks.mlp(2, 8, 1), draw(6, 2), draw(5, 2, seed=1)
    there = copy.deepcopy(critic)
    for module in there.modules():
        for name, parameter in list(module.named_parameters(recurse=False)):
            module.register_parameter(name, nn.Parameter(on_device(parameter)))
    with pytest.raises(TypeError, match="float64"):
        there(on_device(x)).double()

    on_it, also = on_device(x), on_device(y)
    assert diagnostics.lipschitz_on_pairs(there, on_it, also) == diagnostics.lipschitz_on_pairs(critic, x, y)
    assert diagnostics.certified_lower_bound(there, on_it, also) == diagnostics.certified_lower_bound(critic, x, y)
    assert diagnostics.gradient_norm_by_layer(there, on_it) == diagnostics.gradient_norm_by_layer(critic, x)
    assert diagnostics.share_at_bound(there, 0.1) == diagnostics.share_at_bound(critic, 0.1)
    assert float(diagnostics.gradient_norms(there, on_it).cpu().max()) == float(
        diagnostics.gradient_norms(critic, x).max()
    )
    weight = draw(2, 3, 3, 3)
    assert diagnostics.convolution_norm(on_device(weight), 6) == diagnostics.convolution_norm(weight, 6)


# --- nothing here changes the critic ---


@pytest.mark.parametrize("norm", [None, nn.LayerNorm])
def test_measuring_changes_nothing(norm: type[nn.Module] | None) -> None:
    critic = networks.mlp(2, 8, 8, 1, norm=norm)
    constraints.SpectralNorm(1).attach(critic)
    critic[1].eval()
    before = {name: value.clone() for name, value in critic.state_dict().items()}
    modes = [m.training for m in critic.modules()]
    x = draw(9, 2)
    diagnostics.lipschitz_on_pairs(critic, x, x + 1)
    diagnostics.gradient_norms(critic, x)
    diagnostics.gradient_norm_by_layer(critic, x)
    if norm is None:
        diagnostics.lipschitz_bound(critic)
    assert all(torch.equal(value, before[name]) for name, value in critic.state_dict().items())
    assert modes == [m.training for m in critic.modules()]
    assert all(p.grad is None for p in critic.parameters())


# --- gradients and weights by layer ---


def test_gradient_by_layer_of_a_linear_chain() -> None:
    critic = networks.mlp(2, 3, 3, 1, activation=nn.Identity)
    last = critic[4].weight[0]
    expected = [(critic[2].weight.T @ last).norm(), last.norm(), torch.tensor(1.0)]
    measured = diagnostics.gradient_norm_by_layer(critic, draw(5, 2))
    assert list(measured) == ["0", "2", "4"]
    assert list(measured.values()) == pytest.approx([e.item() for e in expected], rel=1e-5)


def test_clipped_gradients_explode_or_vanish_through_twelve_layers() -> None:
    """WGAN-GP figure 1b, shortened: the direction for each bound, and the share of weights at ±c."""
    from wgan_lib import sampling

    law, decades = sampling.swiss_roll(), {}
    for bound in (0.1, 0.01):
        critic = networks.mlp(2, *[256] * 12, 1, gain=math.sqrt(2), rng=rng(1))
        clipping, numbers = constraints.WeightClipping(bound), rng(2)
        optimizer = torch.optim.RMSprop(critic.parameters(), 5e-4)
        for _ in range(60):
            real = law.sample(64, numbers)
            fake = real + torch.randn(64, 2, generator=numbers)
            optimizer.zero_grad()
            (critic(fake).mean() - critic(real).mean()).backward()
            optimizer.step()
            clipping.project(critic)
        norms = list(diagnostics.gradient_norm_by_layer(critic, law.sample(64, numbers)).values())
        decades[bound] = math.log10(norms[0] / norms[-2])
    assert decades[0.1] > 3
    assert decades[0.01] < -3
    assert diagnostics.share_at_bound(critic, 0.01) > 0.5


def test_share_at_bound_counts_parameters() -> None:
    critic = networks.mlp(2, 4, 1)
    with torch.no_grad():
        for p in critic.parameters():
            p.fill_(0.005)
        critic[0].weight[0] = torch.tensor([0.01, -0.01])
    assert diagnostics.share_at_bound(critic, 0.01) == pytest.approx(2 / 17)
    assert diagnostics.share_at_bound(critic, 0.005) == 1
    with pytest.raises(ValueError, match="bound is 0"):
        diagnostics.share_at_bound(critic, 0)


# --- curves ---


def test_bad_arguments_are_refused() -> None:
    critic, x = networks.mlp(2, 4, 1), draw(4, 2)
    with pytest.raises(ValueError, match="one shape"):
        diagnostics.lipschitz_on_pairs(critic, x, draw(4, 3))
    with pytest.raises(ValueError, match="at least one sample"):
        diagnostics.certified_lower_bound(critic, x, x[:0])
    with pytest.raises(ValueError, match=r"must give \(n,\)"):
        diagnostics.lipschitz_on_pairs(networks.mlp(2, 4, 2), x, x)
    with pytest.raises(ValueError, match="1 to 3 dimensions"):
        diagnostics.slope_on_grid(critic, [0] * 4, [1] * 4)
    for bad in (torch.full((4, 2), math.nan), torch.tensor([[0.0, math.inf]])):
        with pytest.raises(ValueError, match=r"y holds \d numbers that are NaN or infinite"):
            diagnostics.certified_lower_bound(critic, x, bad)
    with pytest.raises(ValueError, match="critic gave 4 scores for x that are NaN or infinite"):
        diagnostics.certified_lower_bound(lambda z: z.new_full((len(z),), math.nan), x, x)
    with pytest.raises(ValueError, match="high must be finite, got inf"):
        diagnostics.slope_on_grid(critic, [0, 0], [1, math.inf])
    for bad in (None, "text", 3, [critic], x):
        for call in (
            diagnostics.lipschitz_bound,
            lambda f: diagnostics.share_at_bound(f, 0.1),
            lambda f: diagnostics.gradient_norms(f, x),
            lambda f: diagnostics.lipschitz_on_pairs(f, x, x),
            lambda f: diagnostics.gradient_norm_by_layer(f, x),
        ):
            with pytest.raises(TypeError, match=r"(?s)^critic is .*: it must be a network"):
                call(bad)
    with pytest.raises(TypeError, match=r"^rng is 0: it must be a torch.Generator"):
        diagnostics.slope_at_interpolates(critic, x, x, 0)
    with pytest.raises(ValueError, match="n is 0"):
        diagnostics.slope_on_grid(critic, [0, 0], [1, 1], 0)
    with pytest.raises(ValueError, match=r"weight has shape \(3, 3\)"):
        diagnostics.convolution_norm(torch.zeros(3, 3), 7)
    with pytest.raises(ValueError, match="critic has 0 linear or convolutional layers"):
        diagnostics.gradient_norm_by_layer(nn.Sequential(nn.ReLU()), x)
    with pytest.raises(ValueError, match=r"x has shape .* at least one sample"):
        diagnostics.gradient_norm_by_layer(critic, x[:0])
    with pytest.raises(ValueError, match="critic has no parameters"):
        diagnostics.share_at_bound(nn.ReLU(), 0.1)
    for call in (
        diagnostics.gradient_norms,
        diagnostics.gradient_norm_by_layer,
        lambda f, z: diagnostics.lipschitz_on_pairs(f, z, z),
    ):
        with pytest.raises(TypeError, match=r"^x must hold real numbers"):
            call(critic, [["a", "b"]])
        with pytest.raises(TypeError, match=r"^x must hold real numbers"):
            call(critic, None)
        with pytest.raises(ValueError, match=r"^x holds 1 numbers that are NaN|^x must be finite"):
            call(critic, np.array([[math.nan, 0]]))
    with pytest.raises(TypeError, match="the critic's score must hold real numbers"):
        diagnostics.lipschitz_on_pairs(lambda z: None, x, x)
    with pytest.raises(ValueError, match="no norm is known"):
        diagnostics.lipschitz_bound(nn.Bilinear(2, 2, 1))
    with pytest.raises(ValueError, match="multiple of 2"):
        diagnostics.convolution_norm(torch.zeros(1, 1, 3, 3), 7, stride=2)
