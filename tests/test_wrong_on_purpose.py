"""Mistakes met in public code, written down on purpose, each beside the check that catches it and passes on ours.

A check takes an implementation and asserts a property of the right one. Each is run on the wrong function, where it
must fail, and on ours, where it must hold.
"""

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

from wgan_lib import constraints, diagnostics, losses, networks, training

Penalty = Callable[[nn.Module, Tensor, Tensor, torch.Generator], Tensor]


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=rng(seed))


def our_penalty(critic: nn.Module, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    return constraints.GradientPenalty(10.0).penalty(critic, real, fake, generator)


class Unit(nn.Module):
    """f(x) = ⟨w, x⟩ with ‖w‖ = 1 over all the axes of a sample: slope exactly 1 everywhere."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        w = draw(*shape, seed=7)
        self.w = nn.Parameter(w / w.norm())

    def forward(self, x: Tensor) -> Tensor:
        self.points = x.detach()
        return (x * self.w).flatten(1).sum(1)


# --- the norm of the gradient (fact 41) ---


def gradient(critic: nn.Module, x: Tensor) -> Tensor:
    return torch.autograd.grad(critic(x).sum(), x, create_graph=True)[0]


def interpolate(real: Tensor, fake: Tensor, generator: torch.Generator, shape: tuple[int, ...] | None = None) -> Tensor:
    alpha = torch.rand(shape or (len(real),) + (1,) * (real.ndim - 1), generator=generator)
    return (alpha * real + (1 - alpha) * fake).requires_grad_()


def norm_over_channels_only(critic: nn.Module, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    g = gradient(critic, interpolate(real, fake, generator))
    return 10 * (g.norm(2, dim=1) - 1).square().mean()


def one_norm_for_the_batch(critic: nn.Module, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    return 10 * (gradient(critic, interpolate(real, fake, generator)).norm() - 1).square()


def check_slope_one_costs_nothing(penalty: Penalty) -> None:
    real, fake = draw(6, 3, 5, 5), draw(6, 3, 5, 5, seed=1)
    assert penalty(Unit(3, 5, 5), real, fake, rng()).item() == pytest.approx(0, abs=1e-5)


# --- where the gradient is taken (fact 41) ---


def one_alpha_per_pixel(critic: nn.Module, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    g = gradient(critic, interpolate(real, fake, generator, tuple(real.shape)))
    return 10 * (g.flatten(1).norm(dim=1) - 1).square().mean()


def one_alpha_for_the_batch(critic: nn.Module, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    g = gradient(critic, interpolate(real, fake, generator, (1,) * real.ndim))
    return 10 * (g.flatten(1).norm(dim=1) - 1).square().mean()


def at_the_reals_only(critic: nn.Module, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    g = gradient(critic, real.clone().requires_grad_())
    return 10 * (g.flatten(1).norm(dim=1) - 1).square().mean()


def check_points_spread_over_the_segments(penalty: Penalty) -> None:
    real, fake, critic = draw(40, 3, 5, 5), draw(40, 3, 5, 5, seed=1), Unit(3, 5, 5)
    penalty(critic, real, fake, rng())
    # Project on the segment: on it the rest is 0, and α is uniform over samples.
    offset, segment = (critic.points - fake).flatten(1), (real - fake).flatten(1)
    alpha = (offset * segment).sum(1) / segment.square().sum(1)
    assert (offset - alpha[:, None] * segment).abs().max() < 1e-4, "off the segment"
    assert alpha.min() > -1e-6, "outside the segment"
    assert alpha.max() < 1 + 1e-6, "outside the segment"
    assert alpha.std() > 0.2, "not spread over the segment"


# --- a penalty that never reaches the weights (fact 41) ---


def without_a_graph(critic: nn.Module, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    x = interpolate(real, fake, generator)
    g = torch.autograd.grad(critic(x).sum(), x)[0]
    return 10 * (g.flatten(1).norm(dim=1) - 1).square().mean().requires_grad_()


def detached(critic: nn.Module, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    return our_penalty(critic, real, fake, generator).detach()


def step_with(penalty: Penalty) -> Callable[[nn.Module, Tensor], None]:
    def step(critic: nn.Module, batch: Tensor) -> None:
        optimizer = torch.optim.SGD(critic.parameters(), 0.1)
        loss = losses.WASSERSTEIN.critic(critic(batch), critic(batch)) + penalty(critic, batch, batch + 1, rng())
        loss.backward()
        optimizer.step()

    return step


def step_that_forgets_to_add_it(critic: nn.Module, batch: Tensor) -> None:
    optimizer = torch.optim.SGD(critic.parameters(), 0.1)
    our_penalty(critic, batch, batch + 1, rng())
    losses.WASSERSTEIN.critic(critic(batch), critic(batch)).backward()
    optimizer.step()


def loop_with(constraint: constraints.LipschitzConstraint) -> Callable[[nn.Module, Tensor], None]:
    def step(critic: nn.Module, batch: Tensor) -> None:
        generator = networks.mlp(2, 2)
        with torch.no_grad():
            generator[0].weight.zero_()
            generator[0].bias.copy_(batch[0])
        steps = training.train(
            batch[:1].expand(64, 2), generator, critic, losses.WASSERSTEIN, constraint,
            n_steps=1, critic_steps=1, batch_size=16, device="cpu", optimizer=lambda p: torch.optim.SGD(p, 0.1),
        )  # fmt: skip
        next(steps)

    return step


def check_penalty_moves_the_weights(step: Callable[[nn.Module, Tensor], None]) -> None:
    critic = networks.mlp(2, 8, 1)
    before = critic[0].weight.detach().clone()
    step(critic, draw(16, 2))  # real = generated, so the adversarial loss alone has no gradient
    assert (critic[0].weight - before).abs().max() > 1e-6


# --- a critic that mixes samples (fact 41) ---


def penalties_of_each_sample(norm: Callable[[int], nn.Module] | None) -> Callable[[Tensor], Tensor]:
    critic = networks.mlp(2, 16, 16, 1, norm=norm)
    return lambda x: (constraints.gradient_norms(critic, x) - 1).square()


def check_samples_are_independent(penalties: Callable[[Tensor], Tensor]) -> None:
    x = draw(8, 2)
    changed = torch.cat((x[:7], x[7:] + 3))
    torch.testing.assert_close(penalties(x)[:7], penalties(changed)[:7])


# --- the distance of two samples (fact 42) ---


def slope_by_mean_pixel_difference(critic: nn.Module, x: Tensor, y: Tensor) -> float:
    rise = (critic(x)[:, None] - critic(y)[None]).abs()
    return (rise / (x[:, None] - y[None]).abs().mean((2, 3, 4))).max().item()


def check_slope_of_a_unit_critic_is_one(slope: Callable[[nn.Module, Tensor, Tensor], float]) -> None:
    critic = Unit(3, 5, 5)
    x = draw(6, 3, 5, 5)
    assert slope(critic, x, x[:1] + 2 * critic.w.detach()) == pytest.approx(1, rel=1e-4)


# --- losses: labels +1 and −1 (fact 40) ---


def labels_as_targets(real: Tensor, fake: Tensor) -> Tensor:
    return mse_loss(real, torch.ones_like(real)) + mse_loss(fake, -torch.ones_like(fake))


def labels_in_a_cross_entropy(real: Tensor, fake: Tensor) -> Tensor:
    return (
        binary_cross_entropy_with_logits(real, torch.ones_like(real))
        + binary_cross_entropy_with_logits(fake, -torch.ones_like(fake))
    )  # fmt: skip


def labels_the_wrong_way_round(real: Tensor, fake: Tensor) -> Tensor:
    return real.mean() - fake.mean()


def check_loss_is_a_difference_of_means(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    real, fake = draw(9), draw(9, seed=1) - 2
    torch.testing.assert_close(loss(real + 5, fake + 5), loss(real, fake))  # scores have no zero
    torch.testing.assert_close(loss(3 * real, 3 * fake), 3 * loss(real, fake))  # and a unit: that of the data
    assert loss(real, fake) < loss(fake, real)  # smaller when reals score higher


# --- fresh batches for each critic step (fact 46) ---


class Counted:
    """A law that keeps the batches it gave."""

    def __init__(self) -> None:
        self.batches: list[Tensor] = []

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        self.batches.append(torch.randn(n, 2, generator=generator))
        return self.batches[-1]


def reals_seen_by(critic: nn.Module) -> tuple[list[Tensor], object]:
    seen: list[Tensor] = []
    return seen, critic.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0].detach().clone()))


def loop_that_reuses_one_batch(data: Counted, generator: nn.Module, critic: nn.Module) -> Iterator[None]:
    optimizer, numbers = torch.optim.SGD(critic.parameters(), 0.01), rng()
    while True:
        real = data.sample(32, numbers)
        for _ in range(5):
            fake = generator(torch.randn(32, 2, generator=numbers)).detach()
            optimizer.zero_grad()
            losses.WASSERSTEIN.critic(critic(real), critic(fake)).backward()
            optimizer.step()
        yield


def our_loop(data: Counted, generator: nn.Module, critic: nn.Module) -> Iterator[object]:
    return training.train(
        data, generator, critic, losses.WASSERSTEIN, constraints.Unconstrained(),
        n_steps=1, critic_steps=5, batch_size=32, device="cpu",
    )  # fmt: skip


def check_every_critic_step_sees_new_reals(loop: Callable[..., Iterator[object]]) -> None:
    data, critic = Counted(), networks.mlp(2, 8, 1)
    seen, hook = reals_seen_by(critic)
    next(loop(data, networks.mlp(2, 8, 2), critic))
    hook.remove()
    shown = [i for i, batch in enumerate(data.batches) if any(torch.isin(batch, inputs).all() for inputs in seen)]
    assert len({tuple(data.batches[i].flatten().tolist()) for i in shown}) >= 5


# --- spectral norm by hand (fact 48) ---


def spectral_norm_with_columns(weight: Tensor) -> Tensor:
    u, v = torch.ones(weight.shape[0], 1), torch.ones(weight.shape[1], 1)
    for _ in range(100):
        v = nn.functional.normalize(torch.mv(weight.t(), u), dim=0)
        u = nn.functional.normalize(torch.mv(weight, v), dim=0)
    return weight / torch.dot(u, torch.mv(weight, v))


def spectral_norm_from_one_cold_step(weight: Tensor) -> Tensor:
    v = nn.functional.normalize(weight.T @ draw(weight.shape[0], seed=3), dim=0)
    return weight / (weight @ v).norm()  # an underestimate: the divided weight is too steep


def our_spectral_norm(weight: Tensor) -> Tensor:
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        layer.weight.copy_(weight)
    constraints.SpectralNorm(100).attach(nn.Sequential(layer))
    return layer.weight.detach()


def check_largest_singular_value_is_one(normalised: Callable[[Tensor], Tensor]) -> None:
    try:
        weight = normalised(draw(48, 64))
    except RuntimeError as error:
        raise AssertionError(f"does not run: {error}") from error
    assert torch.linalg.svdvals(weight)[0].item() == pytest.approx(1, abs=1e-2)


CASES = [
    (check_slope_one_costs_nothing, norm_over_channels_only, our_penalty),
    (check_slope_one_costs_nothing, one_norm_for_the_batch, our_penalty),
    (check_points_spread_over_the_segments, one_alpha_per_pixel, our_penalty),
    (check_points_spread_over_the_segments, one_alpha_for_the_batch, our_penalty),
    (check_points_spread_over_the_segments, at_the_reals_only, our_penalty),
    (check_penalty_moves_the_weights, step_with(without_a_graph), step_with(our_penalty)),
    (check_penalty_moves_the_weights, step_with(detached), step_with(our_penalty)),
    (check_penalty_moves_the_weights, step_that_forgets_to_add_it, loop_with(constraints.GradientPenalty(10.0))),
    (
        check_penalty_moves_the_weights,
        loop_with(constraints.Unconstrained()),
        loop_with(constraints.GradientPenalty(10.0)),
    ),
    (check_samples_are_independent, penalties_of_each_sample(nn.BatchNorm1d), penalties_of_each_sample(nn.LayerNorm)),
    (check_slope_of_a_unit_critic_is_one, slope_by_mean_pixel_difference, diagnostics.lipschitz_on_pairs),
    (check_loss_is_a_difference_of_means, labels_as_targets, losses.WASSERSTEIN.critic),
    (check_loss_is_a_difference_of_means, labels_in_a_cross_entropy, losses.WASSERSTEIN.critic),
    (check_loss_is_a_difference_of_means, labels_the_wrong_way_round, losses.WASSERSTEIN.critic),
    (check_every_critic_step_sees_new_reals, loop_that_reuses_one_batch, our_loop),
    (check_largest_singular_value_is_one, spectral_norm_with_columns, our_spectral_norm),
    (check_largest_singular_value_is_one, spectral_norm_from_one_cold_step, our_spectral_norm),
]


@pytest.mark.parametrize(("check", "wrong", "ours"), CASES, ids=lambda f: f.__name__.strip("<>"))
def test_the_check_catches_the_mistake_and_passes_on_ours(check: Callable, wrong: Callable, ours: Callable) -> None:
    check(ours)
    with pytest.raises(AssertionError):
        check(wrong)


def test_a_critic_with_batch_norm_is_refused_before_it_can_do_harm() -> None:
    with pytest.raises(ValueError, match="BatchNorm1d"):
        constraints.GradientPenalty(10.0).attach(networks.mlp(2, 8, 1, norm=nn.BatchNorm1d))
