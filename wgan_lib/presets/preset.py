"""A preset: a recipe with a name, where it comes from, what its authors scored and what we did."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, fields
from typing import Any

import wgan_lib.presets.scores as scores
from wgan_lib import training
from wgan_lib.training import OptimizerFactory, Recipe


@dataclass(frozen=True, kw_only=True)
class Preset(Recipe):
    """A complete training: all that ``training.train`` needs, with ``source`` and the ``published`` score.

    ``ours``, beside it, is read from the recorded runs. Presets differ from one another by ``dataclasses.replace``.
    Chapter: full-models.
    """

    name: str
    source: str
    published: str

    @property
    def ours(self) -> str:
        """What our own recorded runs of this preset say, "not yet run" where there is none."""
        return scores.ours(self.name)

    def train(self, **changes: Any) -> Generator[training.Step, None, None]:
        """Return ``training.train`` of this preset; ``changes`` (seed, n_steps, checkpoint_dir, …) come on top.

        Raises what ``training.train`` raises. Chapter: full-models.
        """
        told = {"name", "make_data", "source", "published"}
        arguments = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in told}
        if "data" not in changes:
            arguments["data"] = self.data
        return training.train(**{**arguments, **changes})


Build = Callable[..., Preset]
"""What makes a preset from the seed of its networks, and the folder where pictures lie or are put.

Those of convolutions also take ``width``, the number of channels that the others are multiples of."""


def both(optimizer: OptimizerFactory) -> dict[str, Any]:
    """Return the change that gives both networks this optimiser. Chapter: full-models."""
    return {"optimizer": optimizer, "generator_optimizer": optimizer}
