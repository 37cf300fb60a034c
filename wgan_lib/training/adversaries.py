"""The two networks and all that changes while they train: one critic step, one generator step, one state to save."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import get_total_norm
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from wgan_lib.constraints import LipschitzConstraint
from wgan_lib.losses import AdversarialLoss
from wgan_lib.training.recipe import OptimizerFactory, Sampler, stream


class Adversaries:
    """A generator and a critic with their optimisers, their random streams and the generator's running average.

    One seed trains two networks; a list of K seeds trains K copies of each, in batched networks, every copy on its own
    numbers. The draws happen on the CPU, so that a seed means the same on every device. Raises ValueError at once for
    data, generator, critic and latent that do not fit each other. Chapter: critic.
    """

    def __init__(
        self,
        data: Sampler,
        generator: nn.Module,
        critic: nn.Module,
        loss: AdversarialLoss,
        constraint: LipschitzConstraint,
        latent: Sampler,
        *,
        batch_size: int,
        seed: int | Sequence[int],
        optimizer: OptimizerFactory,
        generator_optimizer: OptimizerFactory,
        ema: float,
        device: torch.device,
    ) -> None:
        self.data, self.latent, self.loss, self.constraint = data, latent, loss, constraint
        self.batch_size, self.device, self.several = batch_size, device, not isinstance(seed, int)
        self.generator, self.critic = generator.cpu().train(), critic.cpu().train()
        self._check_fit(seed)
        constraint.attach(critic)  # before the optimiser is made: a parametrisation replaces the weights
        generator.to(device), critic.to(device)
        self.optimizers = (generator_optimizer(generator.parameters()), optimizer(critic.parameters()))
        self.learning_rates = [[group["lr"] for group in o.param_groups] for o in self.optimizers]
        self.average = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(ema)).eval() if ema else None
        seeds = (seed,) if isinstance(seed, int) else seed
        self.rngs = {purpose: [stream(s, purpose) for s in seeds] for purpose in ("data", "latent", "penalty")}
        try:  # a loss that compares fake with real says so by refusing fake scores alone
            loss.generator(torch.zeros(1))
            self.generator_sees_real = False
        except ValueError:
            self.generator_sees_real = True

    @property
    def best_generator(self) -> nn.Module:
        """The generator to sample from: the averaged one if there is one."""
        return self.generator if self.average is None else self.average.module

    def _draw(self, sampler: Sampler, purpose: str) -> Tensor:
        batches = [sampler.sample(self.batch_size, rng) for rng in self.rngs[purpose]]
        return (torch.stack(batches) if self.several else batches[0]).to(self.device)

    def critic_step(self) -> dict[str, Float[Tensor, "*copies"]]:
        """Draw a fresh batch, descend loss + penalty by one joint backward, project; return what was measured."""
        self.real = self._draw(self.data, "data")
        with torch.no_grad():
            self.fake = self.generator(self._draw(self.latent, "latent"))
        real_scores, fake_scores = self.critic(self.real), self.critic(self.fake)
        loss = self.loss.critic(real_scores, fake_scores)
        rngs = self.rngs["penalty"]
        penalty = self.constraint.penalty(self.critic, self.real, self.fake, rngs if self.several else rngs[0])
        optimizer = self.optimizers[1]
        optimizer.zero_grad()
        (loss + penalty).backward()
        optimizer.step()
        self.constraint.project(self.critic)
        return {
            "w1_estimate": (real_scores.mean(-1) - fake_scores.mean(-1)).detach(),
            "penalty": penalty.detach(),
            "critic_loss": loss.detach(),
        }

    def generator_step(self) -> dict[str, Float[Tensor, ""]]:
        """Descend the generator's loss once, on fresh latents; return what was measured."""
        fake_scores = self.critic(self.generator(self._draw(self.latent, "latent")))
        real_scores = None
        if self.generator_sees_real:
            with torch.no_grad():
                real_scores = self.critic(self.real)
        loss = self.loss.generator(fake_scores, real_scores)
        optimizer = self.optimizers[0]
        optimizer.zero_grad()
        weights = [p for p in self.generator.parameters() if p.requires_grad]
        loss.backward(inputs=weights)  # the critic's gradients are not needed
        optimizer.step()
        if self.average is not None:
            self.average.update_parameters(self.generator)
        return {"generator_loss": loss.detach()}

    def gradient_norms(self) -> dict[str, Float[Tensor, ""]]:
        """Return the Euclidean norms of the last gradients of both networks, over all weights and copies."""
        networks = {"generator_gradient_norm": self.generator, "critic_gradient_norm": self.critic}
        return {
            name: get_total_norm([p.grad for p in network.parameters() if p.grad is not None])
            for name, network in networks.items()
        }

    def scale_learning_rates(self, factor: float) -> None:
        """Set each learning rate to ``factor`` times the one the optimiser was made with."""
        for optimizer, rates in zip(self.optimizers, self.learning_rates, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = factor * rate

    def state(self) -> dict[str, Any]:
        """Return all that changes while training: weights, buffers, averages, optimisers and random streams."""
        return {
            "generator": self.generator.state_dict(),
            "critic": self.critic.state_dict(),
            "average": {} if self.average is None else self.average.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "rngs": {purpose: [rng.get_state() for rng in rngs] for purpose, rngs in self.rngs.items()},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what ``state`` returned; ValueError if it belongs to other networks."""
        try:
            self.generator.load_state_dict(state["generator"])
            self.critic.load_state_dict(state["critic"])
            if self.average is not None:
                self.average.load_state_dict(state["average"])
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
        except (RuntimeError, KeyError, ValueError) as error:
            raise ValueError(f"the checkpoint belongs to other networks: {error}") from error
        for purpose, rngs in self.rngs.items():
            for rng, saved in zip(rngs, state["rngs"][purpose], strict=True):
                rng.set_state(saved)

    def _check_fit(self, seed: int | Sequence[int]) -> None:
        probe = stream(0, "probe")
        real = self.data.sample(self.batch_size, probe)[:2].cpu()
        latent = self.latent.sample(len(real), probe)
        with evaluating(self.generator, self.critic):
            try:
                fake = self.generator(latent)
            except RuntimeError as error:
                raise ValueError(f"generator refuses latents of shape {tuple(latent.shape)}: {error}") from error
            copies, sample = tuple(fake.shape[: fake.ndim - real.ndim]), tuple(fake.shape[fake.ndim - real.ndim + 1 :])
            wanted = () if isinstance(seed, int) else (len(seed),)
            if copies != wanted:
                raise ValueError(f"seed is {seed}, and the generator holds copies {copies}: K copies need K seeds")
            if real.dtype != fake.dtype or tuple(real.shape[1:]) != sample:
                theirs = f"{real.dtype} samples of shape {tuple(real.shape[1:])}"
                raise ValueError(f"data are {theirs}, the generator makes {fake.dtype} {sample}: they must agree")
            if not bool(real.isfinite().all()):
                raise ValueError("data hold NaN or infinite values")
            try:
                scores = self.critic(real)
            except RuntimeError as error:
                raise ValueError(f"critic refuses data of shape {tuple(real.shape)}: {error}") from error
            if tuple(scores.shape) != (*wanted, len(real)):
                needed = f"{(*wanted, len(real))}, one number per sample, is needed"
                raise ValueError(f"critic gives {tuple(scores.shape)} for data {tuple(real.shape)}: {needed}")


def restore_networks(generator: nn.Module, critic: nn.Module, state: Mapping[str, Any]) -> None:
    """Load a checkpoint's critic and its generator, the averaged one if there is one, to look at them.

    The critic's constraint must be attached. Raises RuntimeError for other networks. Chapter: full-models.
    """
    average = {k.removeprefix("module."): v for k, v in state["average"].items() if k.startswith("module.")}
    generator.load_state_dict(average or state["generator"])
    critic.load_state_dict(state["critic"])


@contextmanager
def evaluating(*networks: nn.Module) -> Iterator[None]:
    """Look at networks in eval mode, without gradients: no running average or iterate moves. Chapter: critic."""
    modes = [network.training for network in networks]
    try:
        for network in networks:
            network.eval()
        with torch.no_grad():
            yield
    finally:
        for network, mode in zip(networks, modes, strict=True):
            network.train(mode)
