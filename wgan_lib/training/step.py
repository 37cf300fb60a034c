"""One step of a training, as numbers, with one handle to what is alive."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import nn

from wgan_lib.training.engine import Engine
from wgan_lib.training.parts import Sampler


@dataclass(frozen=True, eq=False)
class Live:
    """The networks of a training as they are now, its data, latent, engine and settings. Chapter: critic."""

    generator: nn.Module
    critic: nn.Module
    latent: Sampler
    data: Sampler
    engine: Engine
    settings: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One generator step and the critic steps before it; numbers of the last of these, before its update.

    ``w1_estimate`` is E f(real) − E f(fake) on that step's fresh batch, in score units (units of the data if f is
    1-Lipschitz): a float, or K of them for K copies. ``critic_loss`` excludes ``penalty``; both, ``generator_loss`` and
    the gradients' norms sum over copies. ``certified`` is a lower bound on W1 of the two batches, where asked for.
    ``seen`` counts real samples shown to the critic; ``seconds`` is the training time so far, without the caller's own.
    ``generator`` (the averaged one with EMA) and ``critic`` are the live networks, ``data``, ``latent`` and
    ``settings`` what they train on: by ``live``, one handle, which a copied or pickled Step has not. Chapter: critic.
    """

    index: int
    w1_estimate: float | tuple[float, ...]
    penalty: float
    critic_loss: float
    generator_loss: float
    critic_gradient_norm: float
    generator_gradient_norm: float
    seen: int
    certified: float | None
    seconds: float = field(compare=False)
    live: Live | None = field(compare=False, repr=False, default=None)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "live": None}

    def _alive(self) -> Live:
        if self.live is None:
            raise AttributeError("this Step was copied or pickled: it holds its numbers, and no networks")
        return self.live

    @property
    def generator(self) -> nn.Module:
        """The live generator, the averaged one with EMA."""
        return self._alive().generator

    @property
    def critic(self) -> nn.Module:
        """The live critic."""
        return self._alive().critic

    @property
    def latent(self) -> Sampler:
        """What the generator's latents are drawn from."""
        return self._alive().latent

    @property
    def data(self) -> Sampler:
        """What the training learns."""
        return self._alive().data

    @property
    def settings(self) -> Mapping[str, Any]:
        """The recipe as JSON, and the machine."""
        return self._alive().settings


class NonFiniteError(ArithmeticError):
    """A loss or gradient became NaN or infinite, in ``step``, after the finite ``last``. Chapter: reading-curves."""

    def __init__(self, what: str, step: int, last: Step | None, checkpoint: Path | None) -> None:
        super().__init__(
            f"{what} in step {step}; last finite values: {last or 'none'}; last checkpoint: {checkpoint or 'none'}. "
            "A smaller learning rate or a stronger constraint may help"
        )
        self.step, self.last, self.checkpoint = step, last, checkpoint
