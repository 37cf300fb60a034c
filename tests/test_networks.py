"""Fully connected networks: shapes, initialisation, copies against single networks, GroupSort against a sort."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from wgan_lib import networks


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_critic_gives_one_score_per_sample_and_a_generator_a_point() -> None:
    x = torch.randn(7, 3, generator=rng())
    assert networks.mlp(3, 8, 1)(x).shape == (7,)
    assert networks.mlp(3, 8, 2)(x).shape == (7, 2)
    assert networks.mlp(3, 8, 1, squeeze=False)(x).shape == (7, 1)
    assert networks.mlp(3, 1)(x).shape == (7,)


def test_layers_norms_and_activations_stand_in_order() -> None:
    kinds = [type(m) for m in networks.mlp(2, 8, 8, 1, norm=nn.LayerNorm, activation=networks.GroupSort)]
    hidden = [nn.Linear, nn.LayerNorm, networks.GroupSort]
    assert kinds == [*hidden, *hidden, nn.Linear, networks.Score]


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("out", [1, 2])
def test_copies_compute_what_single_networks_compute(shared: bool, out: int) -> None:
    together = networks.mlp(3, 16, 16, out, copies=4, rng=rng(1))
    x = torch.randn(*(() if shared else (4,)), 9, 3, generator=rng(2))
    batched = [m for m in together if isinstance(m, networks.BatchedLinear)]
    for k in range(4):
        alone = networks.mlp(3, 16, 16, out)
        for layer, source in zip([m for m in alone if isinstance(m, nn.Linear)], batched, strict=True):
            layer.load_state_dict({"weight": source.weight[k], "bias": source.bias[k]})
        torch.testing.assert_close(together(x)[k], alone(x if shared else x[k]))


def fourier_pair(seed: int, one_lipschitz: bool) -> nn.Module:
    numbers = rng(seed)
    features = networks.FourierFeatures(2, 4, 1.0, numbers, one_lipschitz)
    return nn.Sequential(features, networks.mlp(10, 16, 16, 1, activation=lambda: nn.LeakyReLU(0.1), rng=numbers))


@pytest.mark.parametrize("one_lipschitz", [True, False])
@pytest.mark.parametrize("shared", [True, False])
def test_networks_side_by_side_compute_what_each_computes(shared: bool, one_lipschitz: bool) -> None:
    singles = [fourier_pair(seed, one_lipschitz) for seed in range(3)]
    together = networks.side_by_side(singles)
    x = torch.randn(*(() if shared else (3,)), 7, 2, generator=rng(9))
    for k, single in enumerate(singles):
        torch.testing.assert_close(together(x)[k], single(x if shared else x[k]))
    with torch.no_grad():
        together[1][0].weight.zero_()  # the numbers were copied
    assert all(single[1][0].weight.abs().sum() > 0 for single in singles)
    with pytest.raises(ValueError, match="frequencies hold 3 copies"):
        _ = together[0].lipschitz_constant


def test_only_networks_of_one_batchable_build_go_side_by_side() -> None:
    with pytest.raises(ValueError, match=r"networks are \[\]"):
        networks.side_by_side([])
    for odd in (None, "x", 1, [nn.ReLU]):
        with pytest.raises(TypeError, match=r"^networks is .*: it must be a list of networks"):
            networks.side_by_side(odd)
    with pytest.raises(ValueError, match="of one build"):
        networks.side_by_side([nn.ReLU(), nn.Tanh()])
    with pytest.raises(ValueError, match=r"LayerNorm.* has no batched form"):
        networks.side_by_side([networks.mlp(2, 8, 1, norm=nn.LayerNorm)] * 2)
    with pytest.raises(ValueError, match=r"Linear.*give K of one build"):
        networks.side_by_side([networks.mlp(2, 8, 1), networks.mlp(2, 8, 8, 1)])


@pytest.mark.parametrize("one_lipschitz", [False, True])
def test_fourier_features_stretch_every_direction_as_they_say(one_lipschitz: bool) -> None:
    numbers = rng()
    features = networks.FourierFeatures(3, 8, 2.0, numbers, one_lipschitz)
    x = torch.randn(5, 3, generator=numbers)
    assert features(x).shape == (5, 19)
    jacobians = torch.stack([torch.autograd.functional.jacobian(lambda p: features(p[None])[0], point) for point in x])
    norms = torch.linalg.matrix_norm(jacobians, ord=2)
    torch.testing.assert_close(norms, torch.full((5,), features.lipschitz_constant), rtol=1e-5, atol=0)
    assert features.lipschitz_constant == pytest.approx(1.0) if one_lipschitz else features.lipschitz_constant > 2


def test_copies_start_from_different_weights() -> None:
    weight = networks.mlp(3, 16, 1, copies=4)[0].weight
    assert all((weight[0] != weight[k]).any() for k in range(1, 4))


def test_weights_come_from_the_given_generator_alone() -> None:
    torch.manual_seed(5)
    a = networks.mlp(2, 8, 1)[0].weight
    torch.manual_seed(6)
    b = networks.mlp(2, 8, 1)[0].weight
    assert torch.equal(a, b)
    assert not torch.equal(a, networks.mlp(2, 8, 1, rng=rng(1))[0].weight)
    assert torch.equal(networks.mlp(2, 8, 1, rng=rng(1))[0].weight, networks.mlp(2, 8, 1, rng=rng(1))[0].weight)


@pytest.mark.parametrize(("gain", "bound"), [(networks.PYTORCH_GAIN, 1 / 20), (math.sqrt(2), math.sqrt(6) / 20)])
def test_initial_weights_have_the_stated_range_and_spread(gain: float, bound: float) -> None:
    layer = networks.mlp(400, 300, 1, gain=gain)[0]
    assert layer.weight.abs().max().item() == pytest.approx(bound, rel=1e-3)
    assert layer.weight.abs().max() <= bound
    assert layer.weight.std().item() * 20 == pytest.approx(gain, rel=0.01)
    assert layer.bias.abs().max() <= 1 / 20


def test_the_default_range_is_that_of_pytorch() -> None:
    ours, theirs = networks.mlp(400, 300, 1)[0], nn.Linear(400, 300)
    assert ours.weight.std().item() == pytest.approx(theirs.weight.std().item(), rel=0.02)
    assert ours.bias.std().item() == pytest.approx(theirs.bias.std().item(), rel=0.15)


@settings(max_examples=40, deadline=None)
@given(groups=st.integers(1, 6), size=st.integers(2, 5), seed=st.integers(0, 1000))
def test_group_sort_is_a_sort_within_groups_and_keeps_gradient_norms(groups: int, size: int, seed: int) -> None:
    x = torch.randn(5, groups * size, generator=rng(seed)).requires_grad_()
    y = networks.GroupSort(size)(x)
    expected = torch.stack([torch.cat([g.sort().values for g in row.split(size)]) for row in x])
    assert torch.equal(y, expected)
    upstream = torch.randn(5, groups * size, generator=rng(seed + 1))
    (gradient,) = torch.autograd.grad(y, x, upstream)
    torch.testing.assert_close(gradient.norm(dim=1), upstream.norm(dim=1))


def test_mlp_critic_28_takes_images_and_counts_its_parameters() -> None:
    critic = networks.MLPCritic28()
    assert sum(p.numel() for p in critic.parameters()) == 784 * 256 + 256 + 256 + 1 == 201_217
    images = torch.rand(5, 1, 28, 28, generator=rng())
    assert critic(images).shape == (5,)
    assert torch.equal(critic(images), critic(images.flatten(1)))
    assert [m.negative_slope for m in critic.modules() if isinstance(m, nn.LeakyReLU)] == [0.2]
    with pytest.raises(ValueError, match=r"images has shape \(5, 3, 28, 28\)"):
        critic(torch.zeros(5, 3, 28, 28))


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="sizes is"):
        networks.mlp(2)
    with pytest.raises(ValueError, match="sizes is"):
        networks.mlp(2, 0, 1)
    with pytest.raises(ValueError, match="copies is 0"):
        networks.mlp(2, 1, copies=0)
    for size in (2.5, "2", None, True):
        with pytest.raises(ValueError, match="each of sizes is"):
            networks.mlp(size, 1)
    assert networks.mlp(np.int64(2), np.int32(1))[0].in_features == 2
    for rng in (0, "0", np.random.default_rng(0)):
        with pytest.raises(TypeError, match=r"rng is .*: it must be a torch.Generator"):
            networks.mlp(2, 1, rng=rng)
    with pytest.raises(ValueError, match="group_size is 1"):
        networks.GroupSort(1)
    with pytest.raises(ValueError, match="3 features cannot be split"):
        networks.GroupSort(2)(torch.zeros(1, 3))


class Frozen(nn.BatchNorm1d):
    """A layer that somebody froze for good."""

    def train(self, mode: bool = True) -> nn.Module:
        return super().train(False)


def test_evaluating_gives_each_module_its_own_mode_back() -> None:
    frozen = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(), nn.Linear(3, 1))
    frozen[1].eval()
    own = nn.Sequential(nn.Linear(2, 3), Frozen(3))
    own[1].training = True  # somebody's own train() must not be called either
    sleeping = nn.Sequential(nn.BatchNorm1d(2)).eval()
    everything = [m for network in (frozen, own, sleeping) for m in network.modules()]
    before = [m.training for m in everything]
    with networks.evaluating(frozen, own, sleeping, lambda x: x):
        assert not any(m.training for m in everything)
        assert not frozen(torch.randn(4, 2, generator=rng())).requires_grad
    with pytest.raises(RuntimeError, match="shapes cannot"), networks.evaluating(frozen):
        frozen(torch.zeros(1, 3))
    assert [m.training for m in everything] == before == [True, True, False, True, True, True, True, True, False, False]
    assert torch.is_grad_enabled()


def test_what_is_wrapped_round_a_network_comes_off() -> None:
    lightning = pytest.importorskip("lightning_fabric")
    network = networks.mlp(2, 4, 1)
    assert networks.unwrapped(network) is network
    compiled = torch.compile(network, backend="eager")
    assert networks.unwrapped(compiled) is networks.unwrapped(nn.DataParallel(compiled)) is network
    fabric = lightning.Fabric(accelerator="cpu", devices=1)
    assert networks.unwrapped(fabric.setup_module(network)) is network
    assert list(networks.unwrapped(compiled).state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    with networks.evaluating(compiled):
        assert not any(m.training for m in network.modules())
    assert all(m.training for m in network.modules())
