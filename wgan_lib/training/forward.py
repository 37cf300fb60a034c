"""The forward half of a step: both losses from tensors that are drawn already, as they are written or compiled.

Compiled, the penalty's slopes come from ``torch.func.grad`` inside the compiled function: PyTorch's compilers refuse to
differentiate ``autograd.grad(create_graph=True)`` twice. What is drawn at random stays outside.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from wgan_lib.constraints import LipschitzConstraint
from wgan_lib.networks import unwrapped
from wgan_lib.training.engine import Engine
from wgan_lib.training.fitting import one_number
from wgan_lib.training.recipe import Recipe

Losses = tuple[Tensor, Tensor, Tensor]


class Forward:
    """What a step computes before its backward: ``generate``, ``critic_losses``, ``generator_loss``.

    ``generate``, ``learn`` and ``score`` are the generator, the critic as it learns, and the critic as it judges, each
    in what an engine or a compiler has put round it. Everything runs in the engine's precision, and leaves in the
    data's: scores, pictures and slopes are averaged and measured in full. Chapter: full-models.
    """

    def __init__(self, recipe: Recipe, engine: Engine, generate: Any, learn: Any, score: Any) -> None:
        self.recipe, self.engine = recipe, engine
        self.generator, self.learn, self.score, self.critic = generate, learn, score, unwrapped(recipe.critic)
        own = recipe.constraint
        split = all(callable(getattr(own, name, None)) for name in ("places", "of_norms"))
        none = getattr(type(own), "penalty", None) is LipschitzConstraint.penalty
        self.compiled = getattr(engine, "compiler", None) is not None
        self.by_norms = split and self.compiled
        self.inside = none or self.by_norms or not self.compiled  # else a penalty of one's own, taken as it is written
        compiled: Any = engine.compiled if self.compiled else _as_it_is  # type: ignore[attr-defined]  # it has a compiler
        own_networks = (self.generator, self.critic)
        self.homes = [
            (m, n, b) for net in own_networks for m in net.modules() for n, b in m.named_buffers(recurse=False)
        ]
        self._generate, self._critic_losses = compiled(self._samples), compiled(self._both_losses)
        self._generator_loss = compiled(self._one_loss)

    def generate(self, z: Float[Tensor, "..."], dtype: torch.dtype) -> Float[Tensor, "..."]:
        """Return samples without a graph."""
        with torch.no_grad(), self.engine.autocast():
            fake = self._generate(z).to(dtype)
        return fake.clone() if self.compiled else fake  # a CUDA graph writes its next result to the same place

    def critic_losses(self, real: Float[Tensor, "..."], fake: Float[Tensor, "..."], rng: Any) -> Losses:
        """Return the critic's loss, the penalty and the estimates of W1; ``rng`` as in the constraint's penalty."""
        own: Any = self.recipe.constraint
        places = own.places(real, fake, rng) if self.by_norms else []
        with self.engine.autocast():
            loss, penalty, w1 = self._critic_losses(real, fake, places, None if self.compiled else rng)
            if not self.inside:
                penalty = own.penalty(self.critic, real, fake, rng)
        one_number("constraint.penalty", penalty)
        return loss, penalty, w1

    def generator_loss(self, z: Float[Tensor, "..."], real: Float[Tensor, "..."]) -> Float[Tensor, ""]:
        """Return the generator's loss on fresh latents."""
        with _without_gradients(self.critic) if self.compiled else nullcontext(), self.engine.autocast():
            return self._generator_loss(z, real)

    def settle(self) -> None:
        """Copy buffers that a forward has replaced to where they were: a CUDA graph writes its next ones over them."""
        for module, name, home in self.homes if self.compiled else ():
            if (now := getattr(module, name)) is not home:
                setattr(module, name, home.copy_(now.detach()))

    def _samples(self, z: Tensor) -> Tensor:
        return self.generator(z)

    def _both_losses(self, real: Tensor, fake: Tensor, places: list[Tensor], rng: Any) -> Losses:
        recipe = self.recipe
        real_scores, fake_scores = self.learn(real).to(real.dtype), self.learn(fake).to(real.dtype)
        loss = recipe.loss.critic(real_scores, fake_scores)
        w1 = (real_scores.mean(-1) - fake_scores.mean(-1)).detach()
        constraint: Any = recipe.constraint
        if self.by_norms:
            axes = real_scores.ndim
            return loss, constraint.of_norms([_slopes(self.critic, x, axes) for x in places]), w1
        if not self.inside:
            return loss, torch.zeros_like(loss), w1
        return loss, constraint.penalty(self.critic, real, fake, rng), w1

    def _one_loss(self, z: Tensor, real: Tensor) -> Tensor:
        fake_scores, real_scores = self.score(self.generator(z)).to(real.dtype), None
        if self.recipe.loss.needs_real:
            with torch.no_grad():
                real_scores = self.score(real).to(real.dtype)
        return self.recipe.loss.generator(fake_scores, real_scores)


def _as_it_is(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def _slopes(critic: nn.Module, x: Tensor, axes: int) -> Tensor:
    gradient = torch.func.grad(lambda x: critic(x).sum())(x).to(x.dtype)  # a sum: no sample's score sees another
    return torch.linalg.vector_norm(gradient, dim=tuple(range(axes, x.ndim)))


@contextmanager
def _without_gradients(network: nn.Module) -> Iterator[None]:
    """Ask for no gradient of these weights: a compiled backward computes all that it might be asked for."""
    asked = [parameter for parameter in network.parameters() if parameter.requires_grad]
    for parameter in asked:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in asked:
            parameter.requires_grad_(True)
