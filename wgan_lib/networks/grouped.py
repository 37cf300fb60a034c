"""R3GAN's networks: grouped residual blocks without any normalisation, and resampling by a smooth filter.

Images and latents as in ``convolutional``. Every convolution of a block has a bias here; the authors' code has the same
numbers as the bias of the activation behind it.
"""

import math
from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d

from wgan_lib import checks
from wgan_lib.networks.connected import Score, generator_of
from wgan_lib.networks.convolutional import Residual

GAIN = math.sqrt(2 / (1 + 0.2**2))
"""What keeps the variance through a LeakyReLU of slope .2."""


class Resampled(nn.Module):
    """Halve or double the side of maps through the filter (1, 3, 3, 1)/8 along each axis, each channel by itself.

    ``(batch, channels, side, side)``; linear in its input, without parameters. Chapter: full-models.
    """

    def __init__(self, way: Literal["up", "down"]) -> None:
        super().__init__()
        self.way = checks.one_of("way", way, ("up", "down"))
        along = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        self.kernel: Tensor
        kernel = torch.outer(along, along) * (4 if way == "up" else 1)
        self.register_buffer("kernel", kernel[None, None], persistent=False)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch channels ..."]:
        """Return maps of half or of twice the side."""
        one_by_one, kernel = x.reshape(-1, 1, *x.shape[2:]), self.kernel.to(x.dtype)
        resample = conv2d if self.way == "down" else conv_transpose2d
        y = resample(one_by_one, kernel, stride=2, padding=1)
        return y.reshape(*x.shape[:2], *y.shape[2:])

    def extra_repr(self) -> str:
        """Show the way in ``repr``."""
        return self.way


class Basis(nn.Module):
    """A learned 4 × 4 map for each channel, times what a linear layer makes of the latent: ``(batch, width, 4, 4)``.

    Chapter: full-models.
    """

    def __init__(self, latent: int, width: int) -> None:
        super().__init__()
        self.maps = nn.Parameter(torch.empty(width, 4, 4))
        self.linear = nn.Linear(latent, width, bias=False)

    def forward(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch width 4 4"]:
        """Return the maps, weighted."""
        return self.maps * self.linear(z)[..., None, None]


def _block(width: int, groups: int) -> Residual:
    body = nn.Sequential(
        nn.Conv2d(width, 2 * width, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(2 * width, 2 * width, 3, padding=1, groups=groups), nn.LeakyReLU(0.2),
        nn.Conv2d(2 * width, width, 1, bias=False),
    )  # fmt: skip
    return Residual(body, nn.Identity())


@torch.no_grad()
def _initialised(network: nn.Sequential, n_blocks: int, rng: torch.Generator | None) -> nn.Sequential:
    """W ~ N(0, gain²/fan_in), in a block gain² = GAIN² / √(number of blocks), its last layer 0: it starts as x ↦ x."""
    rng, inside = generator_of(rng), dict[nn.Module, float]()
    for block in network:
        if isinstance(block, Residual):
            first, second, last = (layer for layer in block.body if isinstance(layer, nn.Conv2d))  # type: ignore[attr-defined]
            inside |= {first: GAIN * n_blocks**-0.25, second: GAIN * n_blocks**-0.25, last: 0.0}
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.weight.normal_(0, inside.get(layer, 1.0) / math.sqrt(layer.weight[0].numel()), generator=rng)
            if layer.bias is not None:
                layer.bias.zero_()
        if isinstance(layer, Basis):
            layer.maps.normal_(generator=rng)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs


def _shape(widths: Sequence[int], groups: Sequence[int], blocks: int) -> tuple[list[int], list[int], int]:
    if not isinstance(widths, Sequence) or not isinstance(groups, Sequence) or len(widths) != len(groups):
        raise ValueError(
            f"widths is {checks.shortly(widths)} and groups {checks.shortly(groups)}: one number of each a side"
        )
    each = [checks.whole("each of widths", width) for width in widths]
    shared = [checks.whole("each of groups", group) for group in groups]
    for width, group in zip(each, shared, strict=True):
        if 2 * width % group:
            raise ValueError(f"groups holds {group}: it must divide {2 * width}, twice the width")
    return each, shared, checks.whole("blocks", blocks)


def r3gan_critic(
    channels: int = 3,
    widths: Sequence[int] = (768, 768, 768, 768),
    groups: Sequence[int] = (96, 96, 96, 96),
    blocks: int = 2,
    rng: torch.Generator | None = None,
) -> nn.Sequential:
    """Build R3GAN's critic: at each side ``blocks`` grouped residual blocks, then half the side, down to 4 × 4 and 1.

    A block adds to x a 1 × 1 convolution to twice the width, a 3 × 3 one in groups, and a 1 × 1 one back, with
    LeakyReLU(.2) between. ``widths`` and ``groups`` run from the image's side, 4 · 2^(len − 1), down to 4; the default
    is CIFAR-10's. Raises ValueError for lists of unequal lengths or groups that do not divide twice the width.
    Source: Huang 2024, section 4 and appendix; R3GAN/Networks.py of brownvc/R3GAN. Chapter: full-models.
    """
    widths, groups, blocks = _shape(widths, groups, blocks)
    layers: list[nn.Module] = [nn.Conv2d(checks.whole("channels", channels), widths[0], 1, bias=False)]
    for i, (width, group) in enumerate(zip(widths, groups, strict=True)):
        layers += [_block(width, group) for _ in range(blocks)]
        if i + 1 < len(widths):
            layers.append(Resampled("down"))
            layers += [nn.Conv2d(width, widths[i + 1], 1, bias=False)] if widths[i + 1] != width else []
    last = widths[-1]
    layers += [nn.Conv2d(last, last, 4, groups=last, bias=False), nn.Flatten(), nn.Linear(last, 1, bias=False), Score()]
    return _initialised(nn.Sequential(*layers), blocks * len(widths), rng)


def r3gan_generator(
    channels: int = 3,
    widths: Sequence[int] = (768, 768, 768, 768),
    groups: Sequence[int] = (96, 96, 96, 96),
    blocks: int = 2,
    latent: int = 64,
    rng: torch.Generator | None = None,
) -> nn.Sequential:
    """Build R3GAN's generator: ``r3gan_critic`` upside down, from a 4 × 4 basis to the image, without a tanh.

    ``widths`` and ``groups`` run from 4 up to the image's side. Raises ValueError as ``r3gan_critic``.
    Source: as ``r3gan_critic``. Chapter: full-models.
    """
    widths, groups, blocks = _shape(widths, groups, blocks)
    layers: list[nn.Module] = [Basis(checks.whole("latent", latent), widths[0])]
    for i, (width, group) in enumerate(zip(widths, groups, strict=True)):
        if i:
            layers += [nn.Conv2d(widths[i - 1], width, 1, bias=False)] if widths[i - 1] != width else []
            layers.append(Resampled("up"))
        layers += [_block(width, group) for _ in range(blocks)]
    layers.append(nn.Conv2d(widths[-1], checks.whole("channels", channels), 1, bias=False))
    return _initialised(nn.Sequential(*layers), blocks * len(widths), rng)
