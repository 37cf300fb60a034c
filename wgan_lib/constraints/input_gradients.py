"""Gradients of a critic with respect to its input: their norms, and a faster way to the penalty's own gradient.

A network of linear layers and (Leaky)ReLUs is linear around almost every input: its second derivative there is 0.
Plain double backward does not know that, and sweeps those zeros through the whole forward graph.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import conv_transpose2d, linear

from wgan_lib import checks
from wgan_lib.networks import BatchedLinear, Resampled, Residual, Score, unwrapped

PullBack = Callable[[Tensor], Tensor]


def gradient_norms(critic: nn.Module, x: Float[Tensor, "..."], create_graph: bool = False) -> Float[Tensor, "..."]:
    """Return ‖∇f(x)‖ for each sample, the Euclidean norm over all the axes that the scores lack.

    Takes ``(batch, …)`` or ``(K, batch, …)``, returns ``(batch,)`` or ``(K, batch)``; units of score per unit of data.
    ``create_graph`` keeps the graph to the critic's weights, by ``reverse_chain`` where the critic allows it. Raises
    ValueError when the scores' axes are not the first axes of ``x``.
    Source: Gulrajani 2017, Algorithm 1. Chapter: gradient-penalty.
    """
    checks.critic(critic)
    create_graph, x = checks.flag("create_graph", create_graph), checks.points("x", x)
    with torch.inference_mode(False), torch.enable_grad():
        chain = reverse_chain(critic) if create_graph else None
        x = x.detach().clone() if x.is_inference() else x.detach()
        x.requires_grad_(True)
        # A compiled forward has no second derivative, and this way also a module.compile()d one runs as it is written.
        plain = unwrapped(critic)._call_impl if isinstance(critic, nn.Module) else critic
        with checks.refusing("critic", "x", x.shape):
            scores, pull_back = chain(x) if chain else _by_autograd(plain, x, create_graph)
        if not isinstance(scores, Tensor):
            raise TypeError(f"critic gives {checks.shortly(scores)} for x: it must give a tensor of scores")
        if x.shape[: scores.ndim] != scores.shape:
            raise ValueError(f"critic gives scores {tuple(scores.shape)}, not one per sample of x {tuple(x.shape)}")
        gradient = pull_back(torch.ones_like(scores)).to(x.dtype)  # under autocast the sum of squares needs all digits
    axes = tuple(range(scores.ndim, gradient.ndim))
    return torch.linalg.vector_norm(gradient, dim=axes) if axes else gradient.abs()


def _by_autograd(layer: Callable[[Tensor], Tensor], x: Tensor, create_graph: bool = True) -> tuple[Tensor, PullBack]:
    y = layer(x)
    return y, lambda g: torch.autograd.grad(y, x, g, create_graph=create_graph)[0]


def reverse_chain(critic: nn.Module) -> Callable[[Tensor], tuple[Tensor, PullBack]] | None:
    """Return a function x ↦ (f(x), g ↦ (∂f/∂x)ᵀ g) whose second part is differentiable in the weights but not in x.

    With h₀ = x, hₗ = σ(Wₗ hₗ₋₁ + bₗ): (∂f/∂x)ᵀ g = W₁ᵀ D₁ W₂ᵀ … D_{L−1} W_Lᵀ g, the Dₗ of zeros, slopes and ones held
    constant, since σ″ = 0 almost everywhere. Each layer is cut from the one before it and stepped through backwards.
    Looks through what ``torch.compile`` and Fabric wrap round a network. None for a critic with a layer that may have a
    second derivative or mix samples (LayerNorm, Tanh, anything of one's own) behind its first weights; in front of them
    anything is allowed. Where x sits on a kink σ′ is autograd's.
    Source: the chain rule. Chapter: gradient-penalty.
    """
    layers = _flattened(critic)
    if layers is None:
        return None
    first = next((i for i, layer in enumerate(layers) if any(True for _ in layer.parameters())), len(layers))
    if not all(_piecewise_linear(layer) for layer in layers[first:]):
        return None
    return lambda x: _through(layers, x)


_WEIGHTED = {nn.Linear.forward, BatchedLinear.forward, nn.Conv2d.forward}
_KINKED = {nn.ReLU.forward, nn.LeakyReLU.forward}
_LINEAR = {kind.forward for kind in (Score, nn.Flatten, nn.Unflatten, nn.AvgPool2d, nn.Identity, Resampled)}


def _flattened(module: nn.Module) -> list[nn.Module] | None:
    """Return the layers of nested Sequentials, or None if hooks or a forward of its own would be passed over."""
    inside = unwrapped(module)
    if any(m._forward_hooks or m._forward_pre_hooks for m in (module, inside)):
        return None
    module = inside
    if not isinstance(module, nn.Sequential):
        return [module]
    inner = [_flattened(layer) for layer in module]
    if type(module).forward is not nn.Sequential.forward or None in inner:
        return None
    return [layer for layers in inner for layer in layers or ()]


def _piecewise_linear(layer: Any) -> bool:
    # By the forward, not the class: parametrised layers have a class of their own, and a subclass may do anything.
    layer = unwrapped(layer)
    if type(layer) is Residual:
        parts = (_flattened(layer.body), _flattened(layer.shortcut))
        return all(part is not None and all(map(_piecewise_linear, part)) for part in parts)
    forward = type(layer).forward
    if forward is nn.Conv2d.forward and (layer.padding_mode != "zeros" or isinstance(layer.padding, str)):
        return False
    return forward in _WEIGHTED | _KINKED | _LINEAR


def _through(layers: list[nn.Module], x: Tensor) -> tuple[Tensor, PullBack]:
    pull_backs: list[PullBack] = []
    for layer in layers:
        x, pull_back = _step(layer, x.detach())
        pull_backs.append(pull_back)

    def pull_back_all(g: Tensor) -> Tensor:
        for pull_back in reversed(pull_backs):
            g = pull_back(g)
        return g

    return x, pull_back_all


def _step(layer: Any, x: Tensor) -> tuple[Tensor, PullBack]:
    if type(layer) is Residual:
        (y, back), (z, back_short) = (_through(_flattened(part) or [], x) for part in (layer.body, layer.shortcut))
        return y + z, lambda g: back(g) + back_short(g)
    forward = type(layer).forward
    if forward is nn.ReLU.forward:  # autograd's own backward functions: one pass, and no mask to keep
        return layer(x), lambda g: torch.ops.aten.threshold_backward(g, x, 0)
    if forward is nn.LeakyReLU.forward:
        return layer(x), lambda g: torch.ops.aten.leaky_relu_backward(g, x, layer.negative_slope, False)
    if forward not in _WEIGHTED:
        return _by_autograd(layer, x.requires_grad_(True))
    weight = layer.weight  # once: under SpectralNorm each computation of it moves the power iteration
    with torch.no_grad():
        if isinstance(layer, nn.Conv2d):
            y = layer._conv_forward(x, weight, layer.bias)
        elif isinstance(layer, BatchedLinear):
            y = layer.applied(x, weight)
        else:
            y = linear(x, weight, layer.bias)
    if not isinstance(layer, nn.Conv2d):
        return y, lambda g: g @ weight
    return y, _transposed(layer, weight, x.shape[-2:], y.shape[-2:])


def _transposed(layer: Any, weight: Tensor, entered: Sequence[int], left: Sequence[int]) -> PullBack:
    shape = {name: getattr(layer, name) for name in ("stride", "padding", "dilation", "groups")}
    numbers = zip(left, layer.stride, layer.padding, layer.dilation, layer.kernel_size, strict=True)
    reached = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, d, k in numbers]
    missed = [n - m for n, m in zip(entered, reached, strict=True)]  # pixels at the edge that no stride reached
    # Not autograd's own backward of a convolution, whose second derivative takes a convolution with huge kernels.
    return lambda g: conv_transpose2d(g, weight, output_padding=missed, **shape)


def mixes_samples(critic: nn.Module, x: Float[Tensor, "batch ..."]) -> bool:
    """Tell whether the critic's score of the first sample depends on any other sample of the batch ``x``.

    ∂f(x)₀/∂xᵢ ≠ 0 for some i ≥ 1, in the critic's present mode; at least two samples, else ValueError. Works on a
    copy of the critic, so that running averages stay as they are. Chapter: gradient-penalty.
    """
    x = checks.points("x", x)
    checks.critic(critic)
    if len(x) < 2:
        raise ValueError(f"x holds {x.shape[0]} sample(s): at least 2 are needed to see whether they mix")
    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        with torch.random.fork_rng(devices=[]), checks.refusing("critic", "x", x.shape):  # Dropout draws global numbers
            scores = copy.deepcopy(unwrapped(critic))(x)
        if not isinstance(scores, Tensor) or scores.ndim == 0:
            raise TypeError(f"critic gives {checks.shortly(scores)} for x: it must give a tensor of scores")
        (gradient,) = torch.autograd.grad(scores[..., 0].sum(), x)
    return bool((gradient[1:] != 0).any())
