"""The two networks and all that changes while they train: one critic step, one generator step, one state to save."""

import inspect
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import get_total_norm
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

import wgan_lib.training.identity as identity
import wgan_lib.training.weights as weights
from wgan_lib.networks import unwrapped
from wgan_lib.training.engine import Engine
from wgan_lib.training.fitting import check_fit
from wgan_lib.training.forward import Forward
from wgan_lib.training.parts import OptimizerFactory, Sampler, stream
from wgan_lib.training.recipe import Recipe
from wgan_lib.training.surroundings import GlobalNumbers, own_modes


class Adversaries:
    """A recipe's generator and critic with their optimisers, random streams and the generator's running average.

    ``generator`` and ``critic`` are the networks themselves, without what a compiler or an engine has put round them.
    The draws happen on the CPU, so that a seed means the same on every device; streams are a list, one for each seed,
    and a copies axis is there where the caller's seed is a list. Raises ValueError at once for data, generator, critic
    and latent that do not fit each other. Chapter: critic.
    """

    def __init__(self, recipe: Recipe, engine: Engine) -> None:
        self.recipe, self.engine = recipe, engine
        if recipe.batch_size % engine.ranks:
            raise ValueError(f"batch_size is {recipe.batch_size}: {engine.ranks} devices cannot share it evenly")
        self.batch_size = recipe.batch_size // engine.ranks
        whole = recipe.generator_batch or recipe.batch_size
        if whole % engine.ranks:
            raise ValueError(f"generator_batch is {whole}: {engine.ranks} devices cannot share it evenly")
        self.generator_batch, self.penalty_factor = whole // engine.ranks, 1.0
        self.generator, self.critic = unwrapped(recipe.generator), unwrapped(recipe.critic)
        for network in (self.generator, self.critic):
            network.cpu()
            if not network.training:  # else each layer keeps its mode: somebody may have frozen a BatchNorm
                network.train()
        check_fit(recipe)
        recipe.constraint.attach(self.critic)  # before the optimiser is made: a parametrisation replaces the weights
        wrapped = [
            engine.setup(network, lambda f=factory, n=name, w=network: _made(f, n, w))  # type: ignore[misc]
            for name, factory, network in (
                ("generator_optimizer", recipe.generator_optimizer, recipe.generator),
                ("optimizer", recipe.optimizer, recipe.critic),
            )
        ]
        # The critic's scores for the generator's step: compiled where it came compiled, but not the engine's wrap,
        # which would wait for gradients that are not asked for there.
        (generate, generator_optimizer), (learn, critic_optimizer) = wrapped
        self.forward = Forward(recipe, engine, generate, learn, recipe.critic)
        self.optimizers = (generator_optimizer, critic_optimizer)
        self.hyperparameters = [_hyperparameters(optimizer) for optimizer in self.optimizers]
        self.learning_rates = [[group["lr"] for group in o.param_groups] for o in self.optimizers]
        self._check_beta2()
        average = get_ema_multi_avg_fn(recipe.ema)
        self.average = AveragedModel(self.generator, multi_avg_fn=average).eval() if recipe.ema else None
        self.rngs = {
            purpose: [stream(seed, purpose, engine.rank) for seed in recipe.seeds]
            for purpose in ("data", "latent", "penalty")
        }
        parts = (self.generator, self.critic, recipe.constraint, recipe.data, recipe.latent, recipe.loss)
        self.numbers = GlobalNumbers(recipe.seeds[0], engine.rank, engine.device, parts)

    def _check_beta2(self) -> None:
        if self.recipe.schedules is None or self.recipe.schedules.beta2 is None:
            return
        for optimizer in self.optimizers:
            if "betas" not in optimizer.param_groups[0]:
                raise ValueError(f"schedules has a beta2, which {type(optimizer).__name__} has not: use Adam")

    @property
    def best_generator(self) -> nn.Module:
        """The generator to sample from: the averaged one if there is one."""
        return self.generator if self.average is None else self.average.module

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let steps compute with their own numbers and modes, not the caller's."""
        with own_modes(self.engine.device), self.numbers.used():
            yield

    def _draw(self, sampler: Sampler, purpose: str, n: int) -> Tensor:
        batches = [sampler.sample(n, rng) for rng in self.rngs[purpose]]
        return self.engine.to_device(torch.stack(batches) if self.recipe.several else batches[0])

    def critic_step(self) -> dict[str, Float[Tensor, "*copies"]]:
        """Draw a fresh batch, descend loss + penalty by one joint backward, project; return what was measured."""
        recipe, rngs = self.recipe, self.rngs["penalty"]
        self.real = self._draw(recipe.data, "data", self.batch_size)
        self.fake = self.forward.generate(self._draw(recipe.latent, "latent", self.batch_size), self.real.dtype)
        rng = rngs if recipe.several else rngs[0]
        loss, penalty, w1 = self.forward.critic_losses(self.real, self.fake, rng)
        if self.penalty_factor != 1:
            penalty = self.penalty_factor * penalty
        optimizer = self.optimizers[1]
        optimizer.zero_grad()
        self.engine.backward(loss + penalty)
        self.forward.settle()
        optimizer.step()
        recipe.constraint.project(self.critic)
        measured = {"w1_estimate": w1, "penalty": penalty.detach(), "critic_loss": loss.detach()}
        if self.forward.compiled:  # a CUDA graph writes the next ones there
            measured = {name: value.clone() for name, value in measured.items()}
        return measured

    def generator_step(self) -> dict[str, Float[Tensor, ""]]:
        """Descend the generator's loss once, on fresh latents; return what was measured."""
        z = self._draw(self.recipe.latent, "latent", self.generator_batch)
        loss = self.forward.generator_loss(z, self.real)
        optimizer = self.optimizers[0]
        optimizer.zero_grad()
        # The critic's gradients are not needed.
        self.engine.backward(loss, [p for p in self.generator.parameters() if p.requires_grad])
        self.forward.settle()
        optimizer.step()
        if self.average is not None:
            self.average.update_parameters(self.generator)
        return {"generator_loss": loss.detach().clone()} | self._gradient_norm("generator")

    def critic_gradient_norm(self) -> dict[str, Float[Tensor, ""]]:
        """Return the Euclidean norm of the critic's last gradient; ask right after its step."""
        return self._gradient_norm("critic")

    def _gradient_norm(self, name: str) -> dict[str, Tensor]:
        """The norm over all weights and copies."""
        gradients = [p.grad for p in getattr(self, name).parameters() if p.grad is not None]
        return {f"{name}_gradient_norm": get_total_norm(gradients)}

    def largest_weight(self) -> Float[Tensor, ""]:
        """Return the largest number in both networks and the average, NaN or infinite if any is; on the device."""
        networks = [self.generator, self.critic, *([] if self.average is None else [self.average.module])]
        held = [t.detach() for n in networks for t in [*n.parameters(), *n.buffers()] if t.is_floating_point()]
        return get_total_norm([tensor for tensor in held if tensor.numel()], norm_type=math.inf)

    def follow_schedules(self, done: float) -> None:
        """Set learning rates, β2 and the penalty's factor to what they are when the share ``done`` is over."""
        schedules, factor = self.recipe.schedules, 1 - done if self.recipe.linear_decay else None
        if schedules is not None:
            factor = factor if schedules.learning_rate is None else schedules.learning_rate(done)
            self.penalty_factor = 1.0 if schedules.penalty is None else schedules.penalty(done)
        beta2 = None if schedules is None or schedules.beta2 is None else schedules.beta2(done)
        for optimizer, rates in zip(self.optimizers, self.learning_rates, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                if factor is not None:
                    group["lr"] = factor * rate
                if beta2 is not None:
                    group["betas"] = (group["betas"][0], beta2)

    def state(self) -> dict[str, Any]:
        """Return all that changes while training: weights, buffers, averages, optimisers and random streams."""
        streams = {purpose: [rng.get_state() for rng in rngs] for purpose, rngs in self.rngs.items()}
        average = self.average
        return {
            "generator": weights.state(self.generator),
            "critic": weights.state(self.critic),
            "average": {} if average is None else {"n_averaged": average.n_averaged, **weights.state(average.module)},
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "rngs": {
                p: self.engine.gather(states) for p, states in {**streams, "networks": self.numbers.states}.items()
            },
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what ``state`` returned; ValueError for other networks or another number of devices."""
        try:
            weights.load(self.generator, state["generator"])
            weights.load(self.critic, state["critic"])
            if self.average is not None:
                weights.load(self.average.module, weights.averaged(state))
                self.average.n_averaged.copy_(state["average"]["n_averaged"])
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
        except (RuntimeError, KeyError, ValueError) as error:
            raise ValueError(f"the checkpoint belongs to other networks: {error}") from error
        ranks, rank, k = self.engine.ranks, self.engine.rank, len(self.recipe.seeds)
        for purpose, rngs in self.rngs.items():
            states = state["rngs"][purpose]
            if len(states) != ranks * k:
                raise ValueError(f"the checkpoint was written on {len(states) // k} devices, and here are {ranks}")
            for rng, saved in zip(rngs, states[rank * k : (rank + 1) * k], strict=True):
                rng.set_state(saved.clone())  # PyTorch reads a row of a larger tensor from the wrong place, and crashes
        self.numbers.restore(state["rngs"], rank, ranks)


def _made(factory: OptimizerFactory, name: str, network: nn.Module) -> torch.optim.Optimizer:
    """Make the optimiser, with plain numbers in the place of numpy's, which a checkpoint would refuse."""
    parameters = list(unwrapped(network).parameters())
    told = f"{name} is {identity.describe(factory)}"
    try:
        optimizer = factory(iter(parameters))
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{told}: made of the network's parameters, it fails: {error}") from error
    if not isinstance(optimizer, torch.optim.Optimizer):
        made = identity.describe(optimizer)
        raise TypeError(f"{told}, and made {made}: it must make a torch.optim.Optimizer, as Adam(1e-3) does")
    closure = inspect.signature(optimizer.step).parameters.get("closure")
    if isinstance(optimizer, torch.optim.SparseAdam) or (closure and closure.default is inspect.Parameter.empty):
        raise TypeError(f"{told}, a {type(optimizer).__name__}, which needs a closure or sparse gradients: use another")
    own = {id(parameter) for parameter in parameters}
    for group in optimizer.param_groups:
        group.update({key: plain(value) for key, value in group.items() if key != "params"})
        if not math.isfinite(group["lr"]):
            raise ValueError(f"{told}, with a learning rate of {group['lr']}: it must be finite")
        if any(id(parameter) not in own for parameter in group["params"]):
            raise ValueError(f"{told}, which trains parameters that are none of the network's")
    return optimizer


def plain(value: Any) -> Any:
    """Give numpy's scalars as Python's, in tuples and lists as well. Chapter: full-models."""
    if isinstance(value, tuple | list):
        return type(value)(plain(v) for v in value)
    return value.item() if isinstance(value, np.generic) else value


def _hyperparameters(optimizer: torch.optim.Optimizer) -> dict[str, str]:
    kind = getattr(optimizer, "optimizer", optimizer)  # Fabric's wrap
    found = {"kind": type(kind).__name__}
    for i, group in enumerate(optimizer.param_groups):
        found |= {
            f"{key}{f' of group {i}' if i else ''}": identity.fingerprint(v)
            for key, v in group.items()
            if key != "params"
        }
    return found
