"""Any critic, asked for its scores: on arrays or tensors, wherever it lives, without changing it."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from wgan_lib import checks
from wgan_lib.checks import all_finite, is_tensor, reals, refusing, shortly
from wgan_lib.networks import evaluating

Critic = Callable[[Tensor], Any]


def points(name: str, value: Any, critic: Critic) -> Float[Tensor, "n ..."]:
    """Give samples as the critic takes them: a tensor in the precision and on the device of its parameters.

    Raises ValueError for no samples, NaN or inf, TypeError for what is not real numbers. Chapter: critic.
    """
    checks.critic(critic)
    if not is_tensor(value) or not value.is_floating_point() or value.is_meta or value.is_sparse:  # told by name
        value = torch.from_numpy(reals(name, value))
    if isinstance(critic, nn.Module):
        like = next((p for p in critic.parameters() if p.is_floating_point()), None)
        value = value if like is None else value.to(like)
    if value.ndim < 1 or 0 in value.shape:
        raise ValueError(
            f"{name} has shape {tuple(value.shape)}: it must hold at least one sample of at least 1 number"
        )
    all_finite(name, value)
    return value.detach()


def network(critic: Any) -> nn.Module:
    """Give the critic as the network that it is, else TypeError. Chapter: critic."""
    if not isinstance(critic, nn.Module):
        raise TypeError(f"critic is {shortly(critic)}: it must be a network, whose layers can be looked at")
    return critic


def doubles(value: Any) -> Float[Tensor, "..."]:
    """Give a tensor in float64: on the CPU, since some devices have none. Chapter: critic."""
    return value.detach().cpu().double()


def scores(name: str, x: Float[Tensor, "n ..."], critic: Critic) -> Float[Tensor, " n"]:
    """Give the critic's finite scores of x in float64, as in eval mode.

    Raises ValueError unless there is one per sample, TypeError where they are no numbers. Chapter: critic.
    """
    if x.ndim < 2:
        raise ValueError(f"{name} has shape {tuple(x.shape)}: it must be (n, d) or (n, …) with at least one sample")
    with evaluating(critic), refusing("critic", name, x.shape):
        found = critic(x)
    found = doubles(found) if is_tensor(found) else torch.from_numpy(reals("the critic's score", found))
    if found.shape != x.shape[:1]:
        raise ValueError(f"critic gave scores {tuple(found.shape)} for {name} {tuple(x.shape)}: it must give (n,)")
    if bad := int((~found.isfinite()).sum()):  # a comparison with NaN is false, and the slope would come out as 0
        raise ValueError(f"critic gave {bad} scores for {name} that are NaN or infinite")
    return found
