"""Networks as a training left them, to look at and to judge."""

import os
from pathlib import Path

import wgan_lib.training.checkpoints as checkpoints
import wgan_lib.training.weights as weights
from wgan_lib.networks import unwrapped
from wgan_lib.training.recipe import Recipe


def begun(folder: str | os.PathLike[str]) -> bool:
    """Say whether a folder holds a checkpoint to resume from. Chapter: full-models."""
    return bool(checkpoints.paths(folder))


def restore(recipe: Recipe, folder: str | os.PathLike[str]) -> tuple[Path, int]:
    """Give a recipe's networks the weights of the last checkpoint in ``folder``, the generator its average.

    Attaches the constraint, so give networks that have none yet. Returns the checkpoint's path and the number of steps
    it is after. Raises ValueError for a checkpoint of other networks, and as ``train`` with ``resume``.
    Chapter: full-models.
    """
    path, state = checkpoints.load_last(folder)
    generator, critic = unwrapped(recipe.generator), unwrapped(recipe.critic)
    with weights.unchanged_on_error(generator, critic):
        recipe.constraint.attach(critic)
        try:
            weights.load(generator, weights.averaged(state) or state["generator"])
            weights.load(critic, state["critic"])
        except RuntimeError as error:
            raise ValueError(f"{path} belongs to other networks: {error}") from error
    return path, state["index"]
