"""The code written out in chapter critic is the library's computation, and the sweep says what the text does."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from chapter_code import chapter_function
from torch import nn

from wgan_lib import losses, networks, runs, sampling, training
from wgan_lib.constraints import WeightClipping
from wgan_lib.networks import convolutional
from wgan_lib.training import NormalLatent, RMSProp, stream

CHAPTER = "book/critic.md"
critic_loss = chapter_function(CHAPTER, "critic_loss")
generator_loss = chapter_function(CHAPTER, "generator_loss")
train_wgan = chapter_function(
    CHAPTER, "train_wgan", torch=torch, critic_loss=critic_loss, generator_loss=generator_loss
)
critic_64 = chapter_function(CHAPTER, "critic_64", nn=nn)


@pytest.mark.parametrize("seed", range(5))
def test_the_losses_written_out_are_the_librarys_and_so_is_the_form_with_labels(seed):
    rng = torch.Generator().manual_seed(seed)
    real, fake = torch.randn(2, 7, generator=rng).unbind()
    torch.testing.assert_close(critic_loss(real, fake), losses.WASSERSTEIN.critic(real, fake))
    torch.testing.assert_close(generator_loss(fake), losses.WASSERSTEIN.generator(fake))
    torch.testing.assert_close(critic_loss(real + 100, fake + 100), critic_loss(real, fake), atol=1e-4, rtol=0)
    labels = torch.cat([torch.ones(7), -torch.ones(7)])
    torch.testing.assert_close(-2 * (labels * torch.cat([real, fake])).mean(), critic_loss(real, fake))


def test_the_signs_pull_scores_the_way_the_text_says():
    real, fake = torch.zeros(3, requires_grad=True), torch.zeros(3, requires_grad=True)
    critic_loss(real, fake).backward()
    assert (real.grad < 0).all()  # a descent raises real scores
    assert (fake.grad > 0).all()
    fake.grad = None
    generator_loss(fake).backward()
    assert (fake.grad < 0).all()


@pytest.mark.parametrize(("critic_steps", "bound"), [(5, 0.01), (2, 0.1)])
def test_algorithm_1_written_out_makes_the_same_networks_as_the_library(critic_steps, bound):
    law, latent = sampling.ring(8), NormalLatent(2)

    def fresh() -> list[nn.Module]:
        rng = torch.Generator().manual_seed(3)
        return [networks.mlp(2, 16, 2, rng=rng), networks.mlp(2, 16, 1, rng=rng)]

    theirs, ours = fresh(), fresh()
    steps = training.train(
        law, *theirs, losses.WASSERSTEIN, WeightClipping(bound), latent=latent, n_steps=12, critic_steps=critic_steps,
        batch_size=32, seed=5, optimizer=RMSProp(1e-3), device="cpu",
    )  # fmt: skip
    for _ in steps:
        pass
    data, noise = stream(5, "data"), stream(5, "latent")
    optimizers = [RMSProp(1e-3)(network.parameters()) for network in ours]
    draw = (lambda: law.sample(32, data)), (lambda: latent.sample(32, noise))
    train_wgan(*draw, *ours, *optimizers, n_steps=12, critic_steps=critic_steps, bound=bound)
    for a, b, c in zip(ours, theirs, fresh(), strict=True):
        assert not torch.equal(next(a.parameters()), next(c.parameters()))
        for p, q in zip(a.parameters(), b.parameters(), strict=True):
            torch.testing.assert_close(p, q, rtol=0, atol=1e-7)
    assert max(float(p.detach().abs().max()) for p in ours[1].parameters()) <= bound + 1e-8


def test_the_critic_for_pictures_is_the_librarys_layer_by_layer():
    ours, theirs = critic_64(), convolutional.dcgan_critic()
    assert sum(p.numel() for p in ours.parameters()) == 2_763_776
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        a.data.copy_(b)
    pictures = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(ours(pictures), theirs(pictures), rtol=1e-4, atol=1e-5)
    assert not any(isinstance(layer, nn.Sigmoid | nn.BatchNorm2d) for layer in ours.modules())


def test_the_recorded_sweep_orders_the_losses_as_the_text_does():
    run = runs.load("critic-steps")
    end = {
        name: run[f"{name}/w1"][-1] for name in (f"{k} {n}" for k in run.meta["settings"] for n in (1, 2, 5, 10, 25))
    }
    assert end["minimax 5"].min() > 2 * end["minimax 1"].max()
    assert end["minimax 25"].mean() > 5 * end["minimax 1"].mean()
    for fewer, more in pairwise((1, 2, 5, 10, 25)):
        assert end[f"non-saturating {more}"].mean() > end[f"non-saturating {fewer}"].mean()
    change = np.array([end[f"wgan-gp {n}"].mean() for n in (1, 2, 5, 10, 25)])
    assert np.ptp(change) < 0.03
    assert np.median(run["non-saturating 25/gradient"][-1]) > 10 * np.median(run["non-saturating 1/gradient"][-1])
    assert all(2.5 < np.median(run[f"wgan-gp {n}/gradient"][-1]) < 6 for n in (1, 2, 5, 10, 25))
    assert len(run["null w1"]) == 8
