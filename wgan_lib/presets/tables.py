"""A complete training on a table: WGAN-GP as it is most used today, with a critic that sees packs of rows."""

import math
from functools import partial
from pathlib import Path

import torch
from torch import nn

from wgan_lib import networks, tables
from wgan_lib.constraints import GradientPenalty
from wgan_lib.losses import WASSERSTEIN
from wgan_lib.presets.preset import Build, Preset, both
from wgan_lib.tables import PackedLatent, PackedRows, Table
from wgan_lib.training import Adam

ENDINGS = {".csv", ".tsv", ".txt"}


def is_table(root: Path) -> bool:
    """Say whether a path names a table rather than a folder of pictures. Chapter: tables."""
    return root.suffix.lower() in ENDINGS


def table(seed: int, root: Path) -> Preset:
    """WGAN-GP on the CSV file ``root``, or on the bundled medical table where ``root`` is a folder. Chapter: tables."""
    return for_table(tables.read(root) if is_table(root) else tables.breast_cancer(), seed)


def for_table(data: Table, seed: int, rows: int = 10) -> Preset:
    """WGAN-GP on any table, ``rows`` to a pack of the critic. Chapter: tables."""
    rng = torch.Generator().manual_seed(seed)
    gain, latent = math.sqrt(2), 64
    body = networks.mlp(latent, 128, 128, data.width, gain=gain, squeeze=False, rng=rng)
    critic = networks.mlp(rows * data.width, 256, 256, 1, activation=networks.leaky(0.2), gain=gain, rng=rng)
    return Preset(
        name="wgan-gp-table",
        make_data=partial(PackedRows, data, rows),
        generator=nn.Sequential(body, networks.MixedHead(data.segments)),
        critic=nn.Sequential(nn.Flatten(-2), critic),
        loss=WASSERSTEIN,
        constraint=GradientPenalty(10.0),
        **both(Adam(1e-3)),
        latent=PackedLatent(rows, latent),
        n_steps=3000,
        critic_steps=2,
        batch_size=min(50, len(data)),
        ema=0.99,
        linear_decay=True,
        source="Xu 2019, CTGAN (λ 10, ten rows a pack; there Adam 2e-4, one critic step, modes a column)",
        published="none for these tables",
    )


PRESETS: dict[str, Build] = {"wgan-gp-table": table}
