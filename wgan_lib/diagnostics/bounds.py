"""Upper bounds of a critic's slope: exact norms of its layers, multiplied."""

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

import torch
from jaxtyping import Num
from torch import Tensor, nn

from wgan_lib.checks import all_finite, fitting, reals, refusing, whole
from wgan_lib.diagnostics.critics import doubles, network, points
from wgan_lib.networks import BatchedLinear, GroupSort, MLPCritic28, Score, evaluating, unwrapped


def convolution_norm(weight: Num[Any, "out in kh kw"] | Sequence[Any], size: int, stride: int = 1) -> float:
    """Return the exact largest singular value of a circular convolution on (in, size, size) inputs.

    The Fourier transform splits the map into one small matrix per frequency, (out, in) at stride 1 and (out, in·s²) for
    stride s, where s² frequencies fold into one. σ(reshaped W) ≤ norm ≤ √(kh·kw) σ(reshaped W) at stride 1. Float64.
    Raises ValueError for another shape, a kernel wider than ``size`` or a size that the stride does not divide.
    Source: Sedghi 2019, theorem 6, extended to strides. Chapter: spectral-normalisation.
    """
    size, stride = whole("size", size), whole("stride", stride)
    weight = torch.from_numpy(reals("weight", weight))
    if weight.ndim != 4 or 0 in weight.shape:
        raise ValueError(f"weight has shape {tuple(weight.shape)}: (out, in, kh, kw) is needed")
    out_channels, in_channels, *kernel = weight.shape
    if max(kernel) > size or size % stride:
        raise ValueError(f"size is {size}: it must hold the kernel {tuple(kernel)} and be a multiple of {stride}")
    all_finite("weight", weight)
    m = size // stride
    with fitting("size", size):
        spectrum = torch.fft.fft2(weight, s=(size, size)).reshape(out_channels, in_channels, stride, m, stride, m)
    half = spectrum.permute(3, 5, 0, 1, 2, 4)[:, : m // 2 + 1]  # of a real weight, the other half is conjugate
    return float(torch.linalg.matrix_norm(half.flatten(3), ord=2).max()) / stride


_ONE_LIPSCHITZ = {nn.ReLU, nn.Tanh, nn.Softplus, nn.Identity, nn.Flatten, nn.Unflatten, nn.Dropout, GroupSort, Score}
_CHAINS = {nn.Sequential.forward, MLPCritic28.forward}  # the second checks the shape and goes on as the first


def lipschitz_bound(critic: nn.Module, example: Num[Any, "n ..."] | None = None) -> float:
    """Return the product of the exact norms of the critic's layers, an upper bound on every slope of f.

    Linear layers by SVD; convolutions by FFT on their zero-padded input, whose size is taken from a forward pass of
    ``example``. The actual weights count, parametrised ones as in eval mode, never a power iterate. Other layers may
    bring a number ``lipschitz_constant``. What a compiler or an engine put round the critic is looked through.

    Nothing is guessed: raises ValueError for a layer without a known norm, such as LayerNorm, for one with hooks or a
    forward of its own, for a convolution without ``example``, for K copies, and for weights that are NaN or infinite.
    Source: Miyato 2018, eq. 7. Chapter: spectral-normalisation.
    """
    critic = unwrapped(network(critic))
    for layer in critic.modules():
        if layer._forward_hooks or layer._forward_pre_hooks:
            raise ValueError(f"layer {layer} of the critic has hooks, which may change what it does: remove them first")
    with evaluating(critic):
        return _stretch(critic, {} if example is None else _widths(critic, points("example", example, critic)))


def _widths(critic: nn.Module, example: Tensor) -> dict[nn.Module, int]:
    """The larger side of the largest picture that each convolution was given."""
    widths: dict[nn.Module, int] = {}

    def note(layer: nn.Module, x: tuple[Tensor, ...], y: Tensor) -> None:
        widths[layer] = max(*x[0].shape[-2:], widths.get(layer, 0))

    hooks = [layer.register_forward_hook(note) for layer in critic.modules() if isinstance(layer, nn.Conv2d)]
    try:
        with refusing("critic", "example", example.shape):
            critic(example)
    finally:
        for hook in hooks:
            hook.remove()
    return widths


def _stretch(layer: Any, widths: dict[nn.Module, int]) -> float:
    """The operator norm of a layer's map, or a bound of it."""
    layer = unwrapped(layer)  # a compiler may have wrapped each by itself
    if isinstance(constant := getattr(layer, "lipschitz_constant", None), Real):
        return float(constant)
    # By the forward, not the class: parametrised layers have a class of their own, and a subclass may do anything.
    forward = None if "forward" in vars(layer) else type(layer).forward
    if forward in _CHAINS:
        return math.prod(_stretch(inner, widths) for inner in layer)
    if forward is nn.Linear.forward:
        weight = doubles(layer.weight)
        all_finite(f"the weight of {layer}", weight)
        return float(torch.linalg.matrix_norm(weight, ord=2))
    if forward is nn.LeakyReLU.forward:
        return max(1.0, abs(layer.negative_slope))
    if forward is not None and type(layer) in _ONE_LIPSCHITZ:
        return 1.0
    if forward is nn.Conv2d.forward and type(layer)._conv_forward is nn.Conv2d._conv_forward:
        return _convolution(layer, widths)
    own = type(layer).__name__
    what = f"no norm is known for it, nor for a {own}'s own forward; give it a number lipschitz_constant if it has one"
    if isinstance(layer, BatchedLinear):
        what = "train its copies one by one to bound them"
    raise ValueError(f"layer {layer} of the critic: {what}; Linear, Conv2d and the usual activations have one")


def _convolution(layer: nn.Conv2d, widths: dict[nn.Module, int]) -> float:
    plain = layer.padding_mode == "zeros" and layer.groups == 1 and layer.dilation == (1, 1)
    if layer not in widths or not plain or isinstance(layer.padding, str) or layer.stride[0] != layer.stride[1]:
        raise ValueError(f"{layer}: its norm needs an example input, zero padding, one stride, no groups or dilation")
    # A zero-padded convolution is part of a circular one on a circle that holds the input and its padding.
    s = layer.stride[0]
    size = max(widths[layer] + max(layer.padding), *layer.kernel_size)
    return convolution_norm(layer.weight, -(-size // s) * s, s)
