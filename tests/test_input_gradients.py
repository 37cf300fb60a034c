"""The reverse chain: what it computes is what plain double backward computes, and where it may not go it does not."""

import threading
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from wgan_lib import networks
from wgan_lib.constraints import (
    GradientPenalty,
    LipschitzConstraint,
    Orthonormal,
    SpectralNorm,
    Unconstrained,
    gradient_norms,
    reverse_chain,
)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def plain_norms(critic: nn.Module, x: Tensor) -> Tensor:
    """Double backward as everyone writes it; K copies have one more axis in front."""
    x = x.clone().requires_grad_()
    scores = critic(x)
    (gradient,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
    return gradient.flatten(scores.ndim).norm(dim=-1)


def leaky() -> nn.Module:
    return nn.LeakyReLU(0.2)


def fourier() -> nn.Module:
    return nn.Sequential(networks.FourierFeatures(2, 5, 1.0, rng()), networks.mlp(12, 16, 16, 1))


def odd_convolutions() -> nn.Module:
    """Strides that leave pixels over, dilation, groups, no bias, pooling, nested."""
    first = nn.Sequential(nn.Conv2d(3, 8, (3, 4), (2, 3), (1, 0), bias=False), nn.LeakyReLU(0.1), nn.AvgPool2d(2))
    return nn.Sequential(
        first, nn.Conv2d(8, 4, (2, 1), dilation=2, groups=4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 1)
    )


IMAGES, POINTS = (6, 3, 15, 14), (16, 2)
CRITICS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "mlp": (lambda: networks.mlp(2, 32, 32, 32, 1), POINTS),
    "leaky mlp": (lambda: networks.mlp(2, 32, 32, 1, activation=leaky), POINTS),
    "copies": (lambda: networks.mlp(2, 16, 16, 1, copies=3), (3, *POINTS)),
    "leaky copies": (lambda: networks.mlp(2, 16, 16, 1, copies=3, activation=leaky), (3, *POINTS)),
    "Fourier features": (fourier, POINTS),
    "copies of Fourier features": (lambda: networks.side_by_side([fourier(), fourier()]), (2, *POINTS)),
    "DCGAN": (lambda: networks.dcgan_critic(16, width=8), (6, 3, 16, 16)),
    "ResNet": (lambda: networks.resnet_critic(width=4), (3, 3, 32, 32)),
    "SN-GAN": (lambda: networks.sn_critic(widths=[4] * 7), (3, 3, 32, 32)),
    "odd convolutions": (lambda: nn.Sequential(odd_convolutions(), networks.Score()), IMAGES),
}
PLAIN: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "tanh": (lambda: networks.mlp(2, 16, 1, activation=nn.Tanh), POINTS),
    "layer norm": (lambda: networks.mlp(2, 16, 1, norm=nn.LayerNorm), POINTS),
    "group sort": (lambda: networks.mlp(2, 16, 1, activation=networks.GroupSort), POINTS),
    "smooth between weights": (
        lambda: nn.Sequential(nn.Linear(2, 2), networks.FourierFeatures(2, 3, 1.0, rng()), networks.mlp(8, 1)),
        POINTS,
    ),
    "group norm": (lambda: networks.dcgan_critic(16, width=8, norm=lambda c: nn.GroupNorm(1, c)), (6, 3, 16, 16)),
    "reflecting": (
        lambda: nn.Sequential(
            nn.Conv2d(3, 1, 3, padding=1, padding_mode="reflect"), nn.Flatten(), nn.Linear(210, 1), networks.Score()
        ),
        IMAGES,
    ),
    "a ReLU of one's own": (lambda: networks.mlp(2, 16, 1, activation=SoftReLU), POINTS),
    "own module": (lambda: Squared(), POINTS),
}


class SoftReLU(nn.ReLU):
    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.softplus(x)


class Squared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(2))

    def forward(self, x: Tensor) -> Tensor:
        return (self.scale * x).square().sum(-1)


def both_gradients(critic: nn.Module, x: Tensor) -> list[list[Tensor]]:
    """d/dw of mean (‖∇f‖ − 1)² by double backward and by ``gradient_norms``."""
    weights = list(critic.parameters())
    found = []
    for norms in (plain_norms(critic, x), gradient_norms(critic, x, create_graph=True)):
        penalty = (norms - 1).square().mean(-1).sum()
        gradients = torch.autograd.grad(penalty, weights, allow_unused=True)
        found.append(
            [norms, *(torch.zeros_like(w) if g is None else g for w, g in zip(weights, gradients, strict=True))]
        )
    return found


def assert_equal(plain: list[Tensor], ours: list[Tensor]) -> None:
    assert sum(float(g.abs().sum()) for g in plain[1:]) > 0
    scale = max(float(g.abs().max()) for g in plain[1:])
    for expected, got in zip(plain, ours, strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5 * scale)


@pytest.mark.parametrize("name", CRITICS | PLAIN)
def test_the_penalty_has_the_gradient_of_plain_double_backward(name: str) -> None:
    make, shape = (CRITICS | PLAIN)[name]
    critic = make()
    assert (reverse_chain(critic) is not None) == (name in CRITICS)
    assert_equal(*both_gradients(critic, torch.randn(*shape, generator=rng(1))))


@pytest.mark.parametrize("constraint", [SpectralNorm(), Orthonormal()], ids=repr)
@pytest.mark.parametrize("name", ["mlp", "leaky copies", "SN-GAN", "ResNet"])
def test_parametrised_weights_take_the_chain_as_well(name: str, constraint: LipschitzConstraint) -> None:
    if isinstance(constraint, Orthonormal) and name in ("SN-GAN", "ResNet"):
        constraint = SpectralNorm(image_size=32)
    make, shape = CRITICS[name]
    critic = make()
    constraint.attach(critic)
    assert reverse_chain(critic) is not None
    critic.eval()  # in train mode the power iteration moves between the two
    assert_equal(*both_gradients(critic, torch.randn(*shape, generator=rng(1))))


def test_a_penalty_moves_the_power_iteration_once_as_a_forward_does() -> None:
    x = torch.randn(16, 2, generator=rng())
    critics = [networks.mlp(2, 32, 32, 1) for _ in range(2)]
    for critic in critics:
        SpectralNorm().attach(critic)
    critics[0](x)
    gradient_norms(critics[1], x, create_graph=True)
    for one, other in zip(*(critic.state_dict().values() for critic in critics), strict=True):
        assert torch.equal(one, other)


def wrapped(critic: nn.Module) -> dict[str, nn.Module]:
    import lightning_fabric

    inside = nn.Sequential(*[torch.compile(layer, backend="aot_eager") for layer in critic])
    return {
        "compiled": torch.compile(critic, backend="aot_eager"),
        "layers compiled": inside,
        "Fabric": lightning_fabric.Fabric(accelerator="cpu", devices=1).setup_module(critic),
        "both": nn.DataParallel(torch.compile(critic, backend="aot_eager")),
    }


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize("name", ["mlp", "ResNet", "tanh", "Fourier features"])
def test_a_compiled_or_wrapped_critic_takes_the_same_way(name: str) -> None:
    make, shape = (CRITICS | PLAIN)[name]
    critic, x = make(), torch.randn(*shape, generator=rng(1))
    expected = both_gradients(critic, x)[1]
    for kind, other in wrapped(critic).items():
        assert (reverse_chain(other) is not None) == (name in CRITICS), kind
        if kind == "layers compiled" and name == "tanh":
            continue  # torch says itself that there is no second derivative
        norms = gradient_norms(other, x, create_graph=True)
        penalty = (norms - 1).square().mean(-1).sum()
        gradients = torch.autograd.grad(penalty, list(critic.parameters()), allow_unused=True)
        assert torch.equal(norms, expected[0]), kind
        for wanted, got in zip(expected[1:], gradients, strict=True):
            assert torch.equal(torch.zeros_like(wanted) if got is None else got, wanted), kind
        GradientPenalty(1.0).attach(other)
    compiled_in_place = make()
    compiled_in_place.compile(backend="aot_eager")
    torch.testing.assert_close(gradient_norms(compiled_in_place, x, create_graph=True), expected[0])


def test_a_thread_with_a_penalty_leaves_parametrised_weights_of_another_alone() -> None:
    stop, failures = threading.Event(), []

    def penalise() -> None:
        critic, x = networks.mlp(2, 32, 32, 1), torch.randn(16, 2, generator=rng())
        SpectralNorm().attach(critic)
        while not stop.is_set():
            GradientPenalty(1.0).penalty(critic, x, x + 1, rng()).backward()

    other = threading.Thread(target=penalise)
    other.start()
    try:
        for constraint in (SpectralNorm(), Orthonormal()):
            critic, x = networks.mlp(2, 32, 32, 1), torch.randn(16, 2, generator=rng())
            constraint.attach(critic)
            for _ in range(200):
                critic(x).sum().backward()
                constraint.project(critic)
    except RuntimeError as error:
        failures.append(error)
    finally:
        stop.set()
        other.join()
    assert failures == []


def test_hooks_are_heard() -> None:
    critic, heard = networks.mlp(2, 8, 8, 1), []
    critic[2].register_forward_hook(lambda *arguments: heard.append(1))
    assert reverse_chain(critic) is None
    gradient_norms(critic, torch.zeros(3, 2), create_graph=True)
    assert heard == [1]


def test_without_a_graph_there_is_none_and_the_norms_are_the_same() -> None:
    critic, x = networks.mlp(2, 16, 16, 1), torch.randn(9, 2, generator=rng())
    assert not gradient_norms(critic, x).requires_grad
    torch.testing.assert_close(gradient_norms(critic, x), gradient_norms(critic, x, create_graph=True).detach())
    with pytest.raises(ValueError, match="not one per sample"):
        gradient_norms(networks.mlp(2, 8, 1, copies=3), x, create_graph=True)


def test_the_whole_critic_step_is_the_same_with_and_without_the_chain() -> None:
    real, fake = (torch.randn(32, 2, generator=rng(seed)) for seed in (1, 2))
    ends = []
    for hook in (False, True):  # a hook makes the penalty go the plain way
        critic = networks.mlp(2, 32, 32, 1, activation=leaky)
        if hook:
            critic[0].register_forward_hook(lambda *arguments: None)
        optimizer = torch.optim.SGD(critic.parameters(), 0.1)
        for step in range(5):
            loss = critic(fake).mean() - critic(real).mean()
            loss = loss + GradientPenalty(10.0).penalty(critic, real, fake, rng(step))
            loss = loss + Unconstrained().penalty(critic, real, fake, rng(step))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        ends.append(torch.cat([p.detach().flatten() for p in critic.parameters()]))
    torch.testing.assert_close(*ends, rtol=1e-4, atol=1e-6)
