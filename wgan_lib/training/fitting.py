"""Whether data, latents, networks and loss fit each other, seen on two samples before anything is changed."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from wgan_lib import checks, networks
from wgan_lib.networks import unwrapped
from wgan_lib.training.parts import CRITIC_STEPS_MOST, Sampler, enough, stream
from wgan_lib.training.recipe import Recipe


def check_fit(recipe: Recipe) -> None:
    """Raise ValueError or TypeError, naming the part, for a recipe whose parts do not fit together. Chapter: critic."""
    data, generator, critic = recipe.data, unwrapped(recipe.generator), unwrapped(recipe.critic)
    probe = stream(0, "probe")
    critic_steps_at(recipe, 0)
    enough("batch_size", recipe.batch_size, data)
    with checks.fitting("batch_size", recipe.batch_size):
        real = _drawn("data", data, recipe.batch_size, probe)[:2].detach().cpu()
    if not bool(real.isfinite().all()):
        raise ValueError("data hold NaN or infinite values")
    latent = _drawn("latent", recipe.latent, len(real), probe)
    if not bool(latent.isfinite().all()):
        raise ValueError("latent gives NaN or infinite values")
    with networks.evaluating(generator, critic), torch.enable_grad():
        fake = _generated(recipe, generator, latent, real)
        _check_scores(recipe, critic, real, fake)


def _generated(recipe: Recipe, generator: nn.Module, latent: Tensor, real: Tensor) -> Tensor:
    try:
        fake = generator(latent)
    except (RuntimeError, ValueError, TypeError) as error:
        raise ValueError(f"generator refuses latents of shape {tuple(latent.shape)}: {error}") from error
    if not isinstance(fake, Tensor):
        raise ValueError(f"generator gives a {type(fake).__name__} for latents: it must give a tensor (n, …)")
    _at_hand("generator gives samples", fake)
    theirs = f"data are {real.dtype} samples of shape {tuple(real.shape[1:])}"
    if fake.ndim < real.ndim:
        raise ValueError(f"{theirs}, the generator makes {tuple(fake.shape)} of {len(latent)} latents: they must agree")
    axes = fake.ndim - real.ndim
    copies, sample = tuple(fake.shape[:axes]), tuple(fake.shape[axes + 1 :])
    wanted = (len(recipe.seeds),) if recipe.several else ()
    if copies != wanted:
        shown = list(recipe.seeds) if recipe.several else recipe.seed
        told = f"seed is {shown}, and the generator holds copies {copies} of samples {sample}"
        raise ValueError(f"{told}, where {theirs}: K copies need K seeds")
    if real.dtype != fake.dtype or tuple(real.shape[1:]) != sample:
        raise ValueError(f"{theirs}, the generator makes {fake.dtype} {sample}: they must agree")
    if fake.shape[axes] != len(latent):
        raise ValueError(
            f"generator makes {fake.shape[axes]} samples of {len(latent)} latents: it must make one of each"
        )
    if not _depends(fake, [*generator.parameters()]):
        raise ValueError("generator gives samples that do not depend on its parameters: is the graph cut by detach?")
    return fake


def _check_scores(recipe: Recipe, critic: nn.Module, real: Tensor, fake: Tensor) -> None:
    real = real.clone().requires_grad_(True)
    try:
        scores = critic(real)
    except (RuntimeError, ValueError, TypeError) as error:
        raise ValueError(f"critic refuses data of shape {tuple(real.shape)}: {error}") from error
    if not isinstance(scores, Tensor):
        raise ValueError(f"critic gives a {type(scores).__name__} for data: a tensor is needed, one score per sample")
    needed = (*fake.shape[: fake.ndim - real.ndim], len(real))
    shape = tuple(scores.shape)
    if shape != needed:
        raise ValueError(
            f"critic gives {shape} for data {tuple(real.shape)}: {needed}, one number per sample, is needed"
        )
    _at_hand("critic gives scores", scores)
    if not scores.is_floating_point():
        raise ValueError(f"critic gives scores of {scores.dtype}: floating-point numbers are needed")
    parameters: list[Tensor] = [*critic.parameters()]
    for what, tensors in (("its parameters", parameters), ("the sample", [real])):
        if not _depends(scores, tensors):
            raise ValueError(f"critic gives scores that do not depend on {what}: is the graph cut by detach?")
    reals = scores.detach() if recipe.loss.needs_real else None
    _check_loss("loss.critic(real_scores, fake_scores)", recipe.loss.critic, (scores, scores))
    _check_loss("loss.generator(fake_scores, real_scores)", recipe.loss.generator, (scores, reals))


def _check_loss(name: str, loss: Callable[..., Any], scores: tuple[Any, Any]) -> None:
    try:
        value = loss(*scores)
    except (RuntimeError, TypeError) as error:
        raise TypeError(f"{name} failed: {error}") from error
    one_number(name, value)
    if not _depends(value, [scores[0]]):
        raise ValueError(f"{name} gives a loss that does not depend on the scores: is the graph cut by detach?")


def critic_steps_at(recipe: Recipe, index: int) -> int:
    """Return the number of critic steps before a generator step, by a function where there is one. Chapter: critic."""
    steps = recipe.critic_steps
    if not callable(steps):
        return steps
    try:
        found = steps(index)
    except TypeError as error:
        raise TypeError(f"critic_steps({index}) failed: {error}") from error
    return checks.whole(f"critic_steps({index})", found, most=CRITIC_STEPS_MOST)


def one_number(name: str, value: Any) -> None:
    """Raise TypeError or ValueError unless a part of the loss is a real tensor without axes. Chapter: critic."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} gives {value!r}: it must give a tensor without axes, the mean over the batch")
    if value.ndim or value.is_complex():
        raise ValueError(f"{name} gives {value.dtype} of shape {tuple(value.shape)}: it must give one real number, ()")


def _depends(value: Tensor, tensors: list[Tensor]) -> bool:
    tensors = [tensor for tensor in tensors if tensor.requires_grad]
    if not value.requires_grad:
        return False
    found = torch.autograd.grad(value.sum(), tensors, retain_graph=True, allow_unused=True)
    return any(gradient is not None for gradient in found)


def _at_hand(what: str, value: Tensor) -> None:
    if value.is_meta or value.layout is not torch.strided:
        raise ValueError(f"{what} as a {value.layout} tensor on {value.device}: their numbers must be at hand, in rows")


def _drawn(name: str, sampler: Sampler, n: int, probe: torch.Generator) -> Tensor:
    try:
        batch = sampler.sample(n, probe)
    except TypeError as error:
        raise TypeError(f"{name}.sample(n, generator) failed: {error}") from error
    except (RuntimeError, ValueError, OverflowError, MemoryError) as error:
        raise ValueError(f"batch_size is {n}: {name}.sample({n}, generator) failed: {error}") from error
    if not isinstance(batch, Tensor):
        raise TypeError(f"{name}.sample(n, generator) gave a {type(batch).__name__}: it must give a tensor (n, …)")
    if batch.ndim == 0 or len(batch) != n:
        raise ValueError(f"{name}.sample({n}, generator) gave shape {tuple(batch.shape)}: it must give (n, …)")
    _at_hand(f"{name}.sample gives samples", batch)
    if not batch.is_floating_point():
        raise ValueError(f"{name}.sample gives {batch.dtype}: floating-point numbers are needed")
    return batch
