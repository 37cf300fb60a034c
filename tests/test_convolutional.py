"""Convolutional networks: parameter counts of the authors' code, shapes, norms, and shortcuts that commute."""

import pytest
import torch
from torch import nn

from wgan_lib import networks
from wgan_lib.constraints import GradientPenalty, SpectralNorm, gradient_norms, reverse_chain
from wgan_lib.networks.convolutional import _block


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def group_norm(channels: int) -> nn.Module:
    return nn.GroupNorm(1, channels)


COUNTS = [
    # 16 · (3·64 + 64·128 + 128·256 + 256·512 + 512), and 2 · (128 + 256 + 512) of BatchNorm
    (lambda: networks.dcgan_critic(), 2_763_776),
    (lambda: networks.dcgan_critic(norm=nn.BatchNorm2d), 2_765_568),
    (lambda: networks.dcgan_generator(), 3_576_704),
    (lambda: networks.dcgan_generator(norm=None), 3_574_784),
    (lambda: networks.dcgan_critic(32), 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256)),
    (lambda: networks.dcgan_critic(28, channels=1), 16 * (64 + 64 * 128) + 49 * 128),
    (lambda: networks.resnet_critic(), 1_053_825),
    (lambda: networks.resnet_critic(summed=True), 1_053_824),
    (lambda: networks.resnet_generator(), 1_204_483),
    (lambda: networks.resnet_generator(width=256), 4_276_739),
    (lambda: networks.sn_critic(), 5_860_865),
    # linear and its bias, three transposed convolutions, the last one, four BatchNorms
    (
        lambda: networks.sn_generator(),
        129 * 8192 + 16 * (512 * 256 + 256 * 128 + 128 * 64) + 448 + 9 * 64 * 3 + 3 + 2 * (512 + 256 + 128 + 64),
    ),
    # of R3GAN: eight blocks of 1 × 1, grouped 3 × 3 and 1 × 1, first layer, 4 × 4 of each channel, last layer
    (lambda: networks.r3gan_critic(), 8 * (768 * 1536 + 1536 + 1536 * 16 * 9 + 1536 + 1536 * 768) + 768 * (3 + 16 + 1)),
    (lambda: networks.sn_critic(widths=(64, 64, 128, 128, 256, 256, 512)), 2_935_873),
]


@pytest.mark.parametrize(("make", "expected"), COUNTS)
def test_parameters_are_as_many_as_in_the_authors_code(make: object, expected: int) -> None:
    assert count(make()) == expected  # type: ignore[operator]


@pytest.mark.parametrize(("side", "channels"), [(8, 1), (28, 1), (32, 3), (64, 3)])
def test_dcgan_pairs_fit_each_other_at_every_side(side: int, channels: int) -> None:
    generator = networks.dcgan_generator(side, channels, width=8, latent=16)
    images = generator(torch.randn(3, 16, generator=rng()))
    assert images.shape == (3, channels, side, side)
    assert images.abs().max() <= 1
    assert networks.dcgan_critic(side, channels, width=8)(images).shape == (3,)


def test_the_course_critic_has_the_channels_of_the_course() -> None:
    convolutions = [m for m in networks.dcgan_critic() if isinstance(m, nn.Conv2d)]
    assert [m.in_channels for m in convolutions] + [convolutions[-1].out_channels] == [3, 64, 128, 256, 512, 1]
    kinds = {type(m) for m in networks.dcgan_critic()}
    assert kinds == {nn.Conv2d, nn.LeakyReLU, nn.Flatten, networks.Score}


def test_residual_and_spectral_networks_take_images_of_side_32() -> None:
    images = networks.resnet_generator(width=8, latent=6)(torch.randn(3, 6, generator=rng()))
    assert images.shape == (3, 3, 32, 32)
    for critic in (networks.resnet_critic(width=8), networks.sn_critic(widths=[4] * 7)):
        assert critic(images).shape == (3,)


def test_summing_pixels_is_64_times_their_mean() -> None:
    mean, total = networks.resnet_critic(width=8), networks.resnet_critic(width=8, summed=True)
    images = torch.randn(3, 3, 32, 32, generator=rng(1))
    torch.testing.assert_close(total(images), 64 * mean(images), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("resample", ["up", "down"])
def test_the_shortcut_on_the_smaller_map_equals_the_one_on_the_larger(resample: str) -> None:
    block = _block(4, 6, None, nn.ReLU, resample)  # type: ignore[arg-type]
    x = torch.randn(2, 4, 8, 8, generator=rng())
    one = next(m for m in block.shortcut.modules() if isinstance(m, nn.Conv2d))
    resized = nn.Upsample(scale_factor=2)(x) if resample == "up" else nn.AvgPool2d(2)(one(x))
    expected = one(resized) if resample == "up" else resized
    torch.testing.assert_close(block.shortcut(x), expected)
    torch.testing.assert_close(block(x), expected + block.body(x))


@pytest.mark.parametrize("make", [networks.dcgan_critic, networks.resnet_critic, networks.sn_critic])
def test_the_norm_is_an_argument_and_the_penalty_refuses_the_wrong_one(make: object) -> None:
    GradientPenalty(10.0).attach(make(norm=group_norm))  # type: ignore[operator]
    with pytest.raises(ValueError, match="BatchNorm2d"):
        GradientPenalty(10.0).attach(make(norm=nn.BatchNorm2d))  # type: ignore[operator]
    assert not any(isinstance(m, nn.ReLU) for m in make(activation=nn.Tanh).modules())  # type: ignore[operator]


def test_spectral_norm_bounds_every_weight_of_the_sn_critic() -> None:
    critic = networks.sn_critic(widths=[4] * 7)
    SpectralNorm(20).attach(critic)
    critic(torch.randn(2, 3, 32, 32, generator=rng()))
    layers = [m for m in critic if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(layers) == 8
    for layer in layers:
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("make", "std"), [(networks.dcgan_critic, 0.02), (networks.resnet_critic, (2 / (128 * 9)) ** 0.5)]
)
def test_weights_come_from_the_given_generator_with_the_stated_spread(make: object, std: float) -> None:
    torch.manual_seed(1)
    first = make(rng=rng(3))  # type: ignore[operator]
    torch.manual_seed(2)
    again, other = make(rng=rng(3)), make(rng=rng(4))  # type: ignore[operator]
    vectors = [torch.cat([p.flatten() for p in network.parameters()]) for network in (first, again, other)]
    assert torch.equal(vectors[0], vectors[1])
    assert not torch.equal(vectors[0], vectors[2])
    layer = [m for m in first.modules() if isinstance(m, nn.Conv2d)][2]
    spread = std if layer.kernel_size != (1, 1) else (2 / layer.in_channels) ** 0.5
    assert layer.weight.std().item() == pytest.approx(spread, rel=0.1)


def test_bad_sizes_are_refused() -> None:
    for side in (30, 33, 2):
        with pytest.raises(ValueError, match=f"side is {side}: it must come down"):
            networks.dcgan_critic(side)
    for name, value in (("side", 0), ("side", 32.5), ("width", 0), ("channels", "3"), ("rng", 0)):
        with pytest.raises((ValueError, TypeError), match=f"{name} is {value!r}: it must be"):
            networks.dcgan_critic(**{name: value})
    with pytest.raises(ValueError, match=r"widths is \(4, 4\): 7 numbers"):
        networks.sn_critic(widths=(4, 4))


def test_r3gan_blocks_start_as_the_identity_and_the_filter_keeps_constants() -> None:
    critic = networks.r3gan_critic(widths=[8, 8], groups=[2, 2], blocks=1)
    x = torch.randn(2, 8, 8, 8, generator=rng())
    assert torch.equal(critic[1](x), x)
    for way, side in (("down", 4), ("up", 16)):
        resampled = networks.Resampled(way)(torch.ones(2, 3, 8, 8))  # type: ignore[arg-type]
        assert resampled.shape == (2, 3, side, side)
        inner = resampled[..., 1:-1, 1:-1]
        torch.testing.assert_close(inner, torch.ones_like(inner))


def test_r3gan_pairs_fit_and_widths_may_change_from_side_to_side() -> None:
    widths, groups = (16, 8, 4), (4, 2, 2)
    images = networks.r3gan_generator(widths=widths, groups=groups, latent=5)(torch.randn(3, 5, generator=rng()))
    assert images.shape == (3, 3, 16, 16)
    critic = networks.r3gan_critic(widths=widths[::-1], groups=groups[::-1])
    assert critic(images).shape == (3,)
    assert not any(isinstance(layer, nn.modules.batchnorm._BatchNorm | nn.GroupNorm) for layer in critic.modules())
    with pytest.raises(ValueError, match="groups holds 3: it must divide 16"):
        networks.r3gan_critic(widths=[8], groups=[3])
    with pytest.raises(ValueError, match="one number of each"):
        networks.r3gan_critic(widths=[8, 8], groups=[2])


def test_the_reverse_chain_steps_through_grouped_blocks() -> None:
    critic = networks.r3gan_critic(widths=[8, 8], groups=[2, 2], blocks=1)
    for weight in critic.parameters():
        torch.nn.init.normal_(weight, std=0.3, generator=rng())
    x = torch.randn(3, 3, 8, 8, generator=rng())
    assert reverse_chain(critic) is not None
    plain = torch.autograd.grad(critic(x.requires_grad_(True)).sum(), x)[0].flatten(1).norm(dim=1)
    torch.testing.assert_close(gradient_norms(critic, x.detach(), create_graph=True).detach(), plain)
