"""Adversarial losses: pure functions of the critic's raw scores, so that a loss never knows the networks.

Scores are ``(..., batch)``: one raw number per sample (no sigmoid), high for real. Every loss averages over the batch
and sums over the leading axes, so that K critics trained side by side get the gradients of K separate runs.
"""

from collections.abc import Callable
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import relu, softplus

Scores = Float[Tensor, "*copies batch"]


class AdversarialLoss(NamedTuple):
    """A pair of functions to *minimise*.

    ``critic(real_scores, fake_scores)`` and ``generator(fake_scores, real_scores)`` take scores ``(..., batch)`` and
    return a scalar. The generator's ``real_scores`` may be left out unless ``needs_real``: it compares fake with real.
    ``name`` is what records call it. Raises ValueError for unequal, empty or column-shaped scores. Chapter: critic.
    """

    critic: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[..., Tensor]
    name: str = ""
    needs_real: bool = False


def _over_batch(per_sample: Scores) -> Float[Tensor, ""]:
    return per_sample.mean(-1).sum()


def _check(scores: Tensor, name: str) -> None:
    if not isinstance(scores, Tensor) or not scores.is_floating_point():
        raise TypeError(f"{name} must be a floating-point tensor, got {getattr(scores, 'dtype', type(scores))}")
    if scores.is_sparse or scores.is_meta:
        raise TypeError(f"{name} is sparse or without numbers: it must be a plain tensor of scores")
    if scores.ndim == 0 or scores.numel() == 0:
        raise ValueError(f"{name} has shape {tuple(scores.shape)}: it must be (..., batch) with at least one sample")
    if scores.ndim > 1 and scores.shape[-1] == 1:
        raise ValueError(
            f"{name} has shape {tuple(scores.shape)}: the last axis must be the batch; squeeze the critic's output"
        )


def _critic(per_sample: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    def critic(real_scores: Scores, fake_scores: Scores) -> Float[Tensor, ""]:
        _check(real_scores, "real_scores")
        _check(fake_scores, "fake_scores")
        if real_scores.shape != fake_scores.shape:
            raise ValueError(
                f"real_scores {tuple(real_scores.shape)} and fake_scores {tuple(fake_scores.shape)} must have one shape"
            )
        return _over_batch(per_sample(real_scores, fake_scores))

    return critic


def _generator(per_sample: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    def generator(fake_scores: Scores, real_scores: Scores | None = None) -> Float[Tensor, ""]:
        _check(fake_scores, "fake_scores")
        return _over_batch(per_sample(fake_scores))

    return generator


def _relativistic_generator(fake_scores: Scores, real_scores: Scores | None = None) -> Float[Tensor, ""]:
    if real_scores is None:
        raise ValueError("real_scores is None: the relativistic generator's loss compares fake with real scores")
    _check(fake_scores, "fake_scores")
    _check(real_scores, "real_scores")
    return RELATIVISTIC.critic(fake_scores, real_scores)


WASSERSTEIN = AdversarialLoss(
    critic=_critic(lambda real, fake: fake - real),
    generator=_generator(lambda fake: -fake),
    name="WASSERSTEIN",
)
"""L_C = E f(fake) − E f(real), L_G = −E f(fake). Source: Arjovsky 2017, Algorithm 1. Chapter: critic."""

MINIMAX = AdversarialLoss(
    critic=_critic(lambda real, fake: softplus(-real) + softplus(fake)),
    generator=_generator(lambda fake: -softplus(fake)),
    name="MINIMAX",
)
"""L_C = −E log D(real) − E log(1 − D(fake)), L_G = E log(1 − D(fake)), D = sigmoid(f).

Source: Goodfellow 2014, eq. 1. Chapter: js-saturation."""

NON_SATURATING = AdversarialLoss(
    critic=MINIMAX.critic,
    generator=_generator(lambda fake: softplus(-fake)),
    name="NON_SATURATING",
)
"""As MINIMAX, but L_G = −E log D(fake). Source: Goodfellow 2014, section 3. Chapter: js-saturation."""

HINGE = AdversarialLoss(
    critic=_critic(lambda real, fake: relu(1 - real) + relu(1 + fake)),
    generator=WASSERSTEIN.generator,
    name="HINGE",
)
"""L_C = E max(0, 1 − f(real)) + E max(0, 1 + f(fake)), L_G = −E f(fake). Source: Miyato 2018, eqs 16–17.

Chapter: clipping-gp-sn."""

RELATIVISTIC = AdversarialLoss(
    critic=_critic(lambda real, fake: softplus(fake - real)),
    generator=_relativistic_generator,
    name="RELATIVISTIC",
    needs_real=True,
)
"""L_C = −E log σ(f(real) − f(fake)), L_G with the roles exchanged; samples are paired as they come in the batch.

Source: Jolicoeur-Martineau 2018, RSGAN. Chapter: clipping-gp-sn."""

__all__ = ["HINGE", "MINIMAX", "NON_SATURATING", "RELATIVISTIC", "WASSERSTEIN", "AdversarialLoss"]
