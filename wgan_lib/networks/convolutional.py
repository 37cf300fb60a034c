"""Convolutional critics and generators for images: DCGAN, WGAN-GP's ResNet and the two critics of SN-GAN.

Images are float32 ``(batch, channels, side, side)`` in [−1, 1], latents ``(batch, latent)``, scores ``(batch,)``.
``norm`` is called with a layer's channels: ``nn.BatchNorm2d``, or for a critic under a gradient penalty, whose samples
must not mix, ``lambda channels: nn.GroupNorm(1, channels)``, WGAN-GP's layer normalisation. Weights lie channels-last
in memory, which is faster on a CPU, and are drawn from ``rng``, by default a generator seeded with 0.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from wgan_lib import checks
from wgan_lib.networks.connected import Score, generator_of, initialise, leaky

Make = Callable[[], nn.Module]
Norm = Callable[[int], nn.Module] | None
MOST = 2**14
"""Pixels, channels or latent numbers; a network of more would not fit into any memory."""


def _pyramid(side: int, width: int) -> tuple[list[int], int]:
    """Return the channels of the layers that halve the images, and the side of the last and smallest maps."""
    side, widths = checks.whole("side", side, most=MOST), [checks.whole("width", width, most=MOST)]
    small = side // 2
    while small > 4 and small % 2 == 0:
        widths, small = [*widths, 2 * widths[-1]], small // 2
    if side % 2 or not 2 <= small <= 7:
        raise ValueError(f"side is {side}: it must come down to 7 pixels or fewer by halving, as 28, 32 and 64 do")
    return widths, small


def _with(norm: Norm, channels: int, activation: Make) -> list[nn.Module]:
    return ([] if norm is None else [norm(channels)]) + [activation()]


def _ready(network: nn.Sequential, rng: torch.Generator | None, std: float | None = None) -> nn.Sequential:
    initialise(network, math.sqrt(2), generator_of(rng), "normal", std)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs


def dcgan_critic(
    side: int = 64,
    channels: int = 3,
    width: int = 64,
    norm: Norm = None,
    activation: Make = leaky(),  # noqa: B008  (a function)
    rng: torch.Generator | None = None,
) -> nn.Sequential:
    """Build DCGAN's critic: 4 × 4 convolutions of stride 2 up to the last map, one more over all of it, no sigmoid.

    For side 64: 3 → 64 → 128 → 256 → 512 → 1 channels, without biases, ``norm`` after all but the first and last.
    2,763,776 parameters, with ``nn.BatchNorm2d`` 2,765,568, as in the authors' WGAN code; side 28 is not in it, here it
    ends on 7 × 7. W ~ N(0, .02²). Raises ValueError for a side that halving does not bring to 2–7 pixels.
    Source: Radford 2016; models/dcgan.py of martinarjovsky/WassersteinGAN. Chapter: full-models.
    """
    widths, small = _pyramid(side, width)
    channels, width = checks.whole("channels", channels, most=MOST), widths[0]
    layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), activation()]
    for fan_in, fan_out in pairwise(widths):
        layers += [nn.Conv2d(fan_in, fan_out, 4, 2, 1, bias=False), *_with(norm, fan_out, activation)]
    layers += [nn.Conv2d(widths[-1], 1, small, bias=False), nn.Flatten(), Score()]
    return _ready(nn.Sequential(*layers), rng, 0.02)


def dcgan_generator(
    side: int = 64,
    channels: int = 3,
    width: int = 64,
    latent: int = 100,
    norm: Norm = nn.BatchNorm2d,
    activation: Make = nn.ReLU,
    rng: torch.Generator | None = None,
) -> nn.Sequential:
    """Build DCGAN's generator, the critic's pyramid upside down: 100 → 512 → 256 → 128 → 64 → 3 for side 64, tanh.

    3,576,704 parameters for side 64, as in the authors' WGAN code, whose transposed convolution of a 1 × 1 latent is
    the linear layer here. W ~ N(0, .02²). Raises ValueError as ``dcgan_critic``.
    Source: Radford 2016; models/dcgan.py of martinarjovsky/WassersteinGAN. Chapter: full-models.
    """
    widths, small = _pyramid(side, width)
    channels, latent = checks.whole("channels", channels, most=MOST), checks.whole("latent", latent, most=MOST)
    width, top = widths[0], widths[-1]
    layers: list[nn.Module] = [nn.Linear(latent, top * small**2, bias=False), nn.Unflatten(-1, (top, small, small))]
    for fan_in, fan_out in pairwise(widths[::-1]):
        layers += [*_with(norm, fan_in, activation), nn.ConvTranspose2d(fan_in, fan_out, 4, 2, 1, bias=False)]
    layers += [*_with(norm, width, activation), nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=False), nn.Tanh()]
    return _ready(nn.Sequential(*layers), rng, 0.02)


class Residual(nn.Module):
    """Add a body to a shortcut: x ↦ shortcut(x) + body(x). Source: He 2016. Chapter: full-models."""

    def __init__(self, body: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch ..."]:
        """Return the sum."""
        return self.shortcut(x) + self.body(x)


def _block(
    fan_in: int,
    fan_out: int,
    norm: Norm,
    activation: Make,
    resample: Literal["up", "down"] | None = None,
    first: bool = False,
) -> Residual:
    # A 1 × 1 convolution commutes with repeating and with averaging pixels: the shortcut works on the smaller map.
    middle = fan_out if resample == "up" or first else fan_in
    up: list[nn.Module] = [nn.Upsample(scale_factor=2)] if resample == "up" else []
    down: list[nn.Module] = [nn.AvgPool2d(2)] if resample == "down" else []
    body = nn.Sequential(
        *([] if first else _with(norm, fan_in, activation)), *up, nn.Conv2d(fan_in, middle, 3, padding=1),
        *_with(None if first else norm, middle, activation), nn.Conv2d(middle, fan_out, 3, padding=1), *down,
    )  # fmt: skip
    one = nn.Conv2d(fan_in, fan_out, 1)
    return Residual(body, nn.Sequential(*down, one, *up) if resample or fan_in != fan_out else nn.Identity())


def resnet_critic(
    channels: int = 3,
    width: int = 128,
    norm: Norm = None,
    activation: Make = nn.ReLU,
    summed: bool = False,
    rng: torch.Generator | None = None,
) -> nn.Sequential:
    """Build the ResNet critic for side 32: four residual blocks of 3 × 3 convolutions, 32 → 16 → 8, mean, linear.

    1,053,825 parameters, as WGAN-GP's without labels; its code trains without ``norm``. ``summed`` is SN-GAN's: the sum
    over pixels in place of the mean, no last bias, 1,053,824 parameters. W ~ N(0, 2/fan_in).
    Source: Gulrajani 2017, appendix F, and its gan_cifar_resnet.py; Miyato 2018, table 4, and snresnet_32.py of
    pfnet-research/sngan_projection. Chapter: full-models.
    """
    channels, width = checks.whole("channels", channels, most=MOST), checks.whole("width", width, most=MOST)
    summed = checks.flag("summed", summed)
    down = [
        _block(channels, width, norm, activation, "down", first=True),
        _block(width, width, norm, activation, "down"),
    ]
    same = [_block(width, width, norm, activation) for _ in range(2)]
    pool = nn.AvgPool2d(8, divisor_override=1 if summed else None)
    last = nn.Linear(width, 1, bias=not summed)
    return _ready(nn.Sequential(*down, *same, activation(), pool, nn.Flatten(), last, Score()), rng)


def resnet_generator(
    channels: int = 3,
    width: int = 128,
    latent: int = 128,
    norm: Norm = nn.BatchNorm2d,
    activation: Make = nn.ReLU,
    rng: torch.Generator | None = None,
) -> nn.Sequential:
    """Build the ResNet generator for side 32: linear, three residual blocks 4 → 8 → 16 → 32, tanh.

    1,204,483 parameters, as WGAN-GP's without labels; ``width=256`` is SN-GAN's, 4,276,739. W ~ N(0, 2/fan_in).
    Source: as ``resnet_critic``; resnet_32.py of pfnet-research/sngan_projection. Chapter: full-models.
    """
    channels, width = checks.whole("channels", channels, most=MOST), checks.whole("width", width, most=MOST)
    latent = checks.whole("latent", latent, most=MOST)
    start = [nn.Linear(latent, width * 16), nn.Unflatten(-1, (width, 4, 4))]
    blocks = [_block(width, width, norm, activation, "up") for _ in range(3)]
    end = [*_with(norm, width, activation), nn.Conv2d(width, channels, 3, padding=1), nn.Tanh()]
    return _ready(nn.Sequential(*start, *blocks, *end), rng)


def sn_generator(
    channels: int = 3,
    width: int = 64,
    latent: int = 128,
    norm: Norm = nn.BatchNorm2d,
    activation: Make = nn.ReLU,
    rng: torch.Generator | None = None,
) -> nn.Sequential:
    """Build SN-GAN's convolutional generator for side 32: linear, 4 × 4 transposed convolutions 512 → 256 → 128 → 64.

    From 4 × 4 maps of 8 ``width`` channels to 32 × 32 of ``width``, then a 3 × 3 convolution and tanh. 3,813,379
    parameters. W ~ N(0, .02²). Source: as ``sn_critic``. Chapter: full-models.
    """
    width, latent = checks.whole("width", width), checks.whole("latent", latent)
    top = 8 * width
    layers: list[nn.Module] = [
        nn.Linear(latent, 16 * top),
        nn.Unflatten(-1, (top, 4, 4)),
        *_with(norm, top, activation),
    ]
    for fan_out in (4 * width, 2 * width, width):
        layers += [nn.ConvTranspose2d(2 * fan_out, fan_out, 4, 2, 1), *_with(norm, fan_out, activation)]
    layers += [nn.Conv2d(width, checks.whole("channels", channels), 3, padding=1), nn.Tanh()]
    return _ready(nn.Sequential(*layers), rng, 0.02)


def sn_critic(
    channels: int = 3,
    widths: Sequence[int] = (64, 128, 128, 256, 256, 512, 512),
    norm: Norm = None,
    activation: Make = leaky(0.1),  # noqa: B008  (a function)
    rng: torch.Generator | None = None,
) -> nn.Sequential:
    """Build SN-GAN's convolutional critic for side 32: 3 × 3 (stride 1) and 4 × 4 (stride 2) in turn, then linear.

    The default widths are those of the authors' code, 5,860,865 parameters; (64, 64, 128, 128, 256, 256, 512) are those
    of the paper's table as other code reports it, 2,935,873. The slope .1 is the paper's, the authors' code has .2.
    ``norm`` follows all layers but the first and last; attach ``constraints.SpectralNorm``. W ~ N(0, .02²).
    Raises ValueError unless there are 7 widths.
    Source: Miyato 2018, table 3; common/net.py of pfnet-research/chainer-gan-lib. Chapter: full-models.
    """
    if not isinstance(widths, Sequence):
        raise TypeError(f"widths is {checks.shortly(widths)}: 7 numbers are needed, one for each convolution")
    if len(widths) != 7:
        raise ValueError(f"widths is {checks.shortly(widths)}: 7 numbers are needed, one for each convolution")
    channels = checks.whole("channels", channels, most=MOST)
    widths = [checks.whole("each of widths", width, most=MOST) for width in widths]
    layers: list[nn.Module] = [nn.Conv2d(channels, widths[0], 3, padding=1), activation()]
    for i, (fan_in, fan_out) in enumerate(pairwise(widths)):
        halving = nn.Conv2d(fan_in, fan_out, 4, 2, 1) if i % 2 == 0 else nn.Conv2d(fan_in, fan_out, 3, padding=1)
        layers += [halving, *_with(norm, fan_out, activation)]
    return _ready(nn.Sequential(*layers, nn.Flatten(), nn.Linear(16 * widths[-1], 1), Score()), rng, 0.02)
