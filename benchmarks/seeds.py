"""Eight seeds in one batched training against eight trainings one after the other, of the same networks and numbers."""

from itertools import islice

import numpy as np
import torch
from measuring import interleaved, keep, markdown, spread
from torch import nn

from wgan_lib import networks, sampling, training
from wgan_lib.constraints import GradientPenalty
from wgan_lib.losses import WASSERSTEIN
from wgan_lib.training import Adam, stream

SEEDS, CHUNK = tuple(range(8)), 3


def measure(rounds: int) -> None:
    frames, rows = {name: [] for name in ("width", "batch", "one by one", "at once")}, []
    law, constraint = sampling.ring(8), GradientPenalty(1.0)
    for width in (32, 64, 128):
        for batch in (64, 256):

            def generator(rng: torch.Generator, width: int = width) -> nn.Module:
                return networks.mlp(2, width, width, width, 2, rng=rng)

            def critic(rng: torch.Generator, width: int = width) -> nn.Module:
                return networks.mlp(2, width, width, width, 1, rng=rng)

            settings = {"n_steps": CHUNK * (rounds + 2), "batch_size": batch, "optimizer": Adam(1e-3), "device": "cpu"}
            made = training.train_many(law, generator, critic, WASSERSTEIN, [constraint], SEEDS, **settings)
            singles = [
                training.train(
                    law, generator(stream(s, "generator")), critic(stream(s, "critic")), WASSERSTEIN, constraint,
                    seed=s, **settings,
                )
                for s in SEEDS
            ]  # fmt: skip
            steps = {
                "one by one": lambda singles=singles: [list(islice(single, CHUNK)) for single in singles],
                "at once": lambda together=made[constraint]: list(islice(together, CHUNK)),
            }
            times = {name: taken / CHUNK for name, taken in interleaved(steps, rounds).items()}
            for name, value in {"width": width, "batch": batch, **times}.items():
                frames[name].append(value)
            gain = spread(times["one by one"] / times["at once"])
            rows.append([str(width), str(batch), *(spread(times[name], 1) for name in steps), gain])
    head = ["width", "batch", "ms: eight runs, one by one", "ms: eight at once", "gain"]
    table = markdown(head, rows)
    keep("seeds", {name: np.array(column) for name, column in frames.items()}, table, seeds=SEEDS, critic_steps=5)
