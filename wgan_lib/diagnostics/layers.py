"""What happens inside a critic, layer by layer: how gradients grow or die, and which weights a box holds."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Num
from torch import Tensor, nn

from wgan_lib.checks import number, refusing
from wgan_lib.diagnostics.critics import doubles, network, points
from wgan_lib.networks import BatchedLinear, evaluating


def gradient_norm_by_layer(critic: nn.Module, x: Num[Any, "n ..."] | Sequence[Any]) -> dict[str, float]:
    """Return the mean over samples of ‖∂f(x)/∂hₗ‖, hₗ the output of each linear or convolutional layer, input first.

    With clipped weights it explodes or vanishes geometrically from the output to the input. Raises ValueError for no
    samples or a critic without such layers. Source: Gulrajani 2017, figure 1b. Chapter: weight-clipping.
    """
    outputs: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        return lambda layer, x, y: outputs.update({name: y})

    layers = [
        (n, m) for n, m in network(critic).named_modules() if isinstance(m, nn.Linear | BatchedLinear | nn.Conv2d)
    ]
    if not layers:
        raise ValueError("critic has 0 linear or convolutional layers: at least 1 is needed")
    x = points("x", x, critic)
    hooks = [layer.register_forward_hook(keep(name)) for name, layer in layers]
    try:
        with evaluating(critic), torch.enable_grad(), refusing("critic", "x", x.shape):
            scores = critic(x)
    finally:
        for hook in hooks:
            hook.remove()
    if not isinstance(scores, Tensor) or x.shape[: scores.ndim] != scores.shape:
        raise ValueError(f"critic must give one score for each of x {tuple(x.shape)}")
    gradients = torch.autograd.grad(scores.sum(), list(outputs.values()))
    return {
        name: float(doubles(g.flatten(scores.ndim)).norm(dim=-1).mean())
        for name, g in zip(outputs, gradients, strict=True)
    }


def share_at_bound(critic: nn.Module, bound: float) -> float:
    """Return the share of the critic's parameters at ±``bound`` (to one part in 10⁶), between 0 and 1.

    Raises ValueError for bound ≤ 0. Source: Gulrajani 2017, figure 1b (right). Chapter: weight-clipping.
    """
    bound = number("bound", bound, above=0.0)
    parameters = list(network(critic).parameters())
    if not parameters:
        raise ValueError("critic has no parameters, none of which can be at a bound")
    weights = torch.cat([p.detach().cpu().flatten() for p in parameters])
    return float((weights.abs() >= bound * (1 - 1e-6)).double().mean())
