"""The five losses against their formulas in numpy, their signs, and K copies against K single runs."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wgan_lib import losses

ALL = {name: getattr(losses, name) for name in ("WASSERSTEIN", "MINIMAX", "NON_SATURATING", "HINGE", "RELATIVISTIC")}


def scores(seed: int, *shape: int) -> torch.Tensor:
    return 3 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


FORMULAS = {
    "WASSERSTEIN": (lambda r, f: f.mean() - r.mean(), lambda r, f: -f.mean()),
    "MINIMAX": (
        lambda r, f: -np.log(sigmoid(r)).mean() - np.log(1 - sigmoid(f)).mean(),
        lambda r, f: np.log(1 - sigmoid(f)).mean(),
    ),
    "NON_SATURATING": (
        lambda r, f: -np.log(sigmoid(r)).mean() - np.log(1 - sigmoid(f)).mean(),
        lambda r, f: -np.log(sigmoid(f)).mean(),
    ),
    "HINGE": (lambda r, f: np.maximum(0, 1 - r).mean() + np.maximum(0, 1 + f).mean(), lambda r, f: -f.mean()),
    "RELATIVISTIC": (lambda r, f: -np.log(sigmoid(r - f)).mean(), lambda r, f: -np.log(sigmoid(f - r)).mean()),
}


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**31), n=st.integers(1, 40))
def test_loss_equals_its_formula(name: str, seed: int, n: int) -> None:
    real, fake = scores(seed, n), scores(seed + 1, n)
    critic, generator = FORMULAS[name]
    assert ALL[name].critic(real, fake).item() == pytest.approx(critic(real.numpy(), fake.numpy()), abs=1e-9)
    assert ALL[name].generator(fake, real).item() == pytest.approx(generator(real.numpy(), fake.numpy()), abs=1e-9)


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=20, deadline=None)
@given(
    shape=st.lists(st.integers(2, 5), min_size=1, max_size=3),
    dtype=st.sampled_from([torch.float32, torch.float64, torch.bfloat16]),
)
def test_scores_of_any_leading_shape_and_precision_give_a_scalar(
    name: str, shape: list[int], dtype: torch.dtype
) -> None:
    real, fake = scores(0, *shape).to(dtype), scores(1, *shape).to(dtype)
    for value in (ALL[name].critic(real, fake), ALL[name].generator(fake, real)):
        assert (value.shape, value.dtype) == ((), dtype)
    copies = real.flatten(0, -2) if len(shape) > 1 else real[None]
    others = fake.flatten(0, -2) if len(shape) > 1 else fake[None]
    total = sum(float(ALL[name].critic(r, f)) for r, f in zip(copies, others, strict=True))
    rel = 0.05 if dtype == torch.bfloat16 else 1e-4
    assert ALL[name].critic(real, fake).item() == pytest.approx(total, rel=rel, abs=rel)


@pytest.mark.parametrize("name", ALL)
def test_descent_raises_real_scores_lowers_fake_ones_and_the_generator_raises_its_own(name: str) -> None:
    real, fake = torch.zeros(4, requires_grad=True), torch.zeros(4, requires_grad=True)
    ALL[name].critic(real, fake).backward()
    assert (real.grad < 0).all()
    assert (fake.grad > 0).all()
    fake.grad = None
    ALL[name].generator(fake, real.detach()).backward()
    assert (fake.grad < 0).all()


@pytest.mark.parametrize("name", ALL)
def test_copies_get_the_gradients_of_single_runs(name: str) -> None:
    real, fake = scores(0, 3, 8).requires_grad_(), scores(1, 3, 8).requires_grad_()
    together = ALL[name].critic(real, fake) + ALL[name].generator(fake, real)
    together.backward()
    total = 0.0
    for k in range(3):
        r, f = real.detach()[k].requires_grad_(), fake.detach()[k].requires_grad_()
        alone = ALL[name].critic(r, f) + ALL[name].generator(f, r)
        alone.backward()
        total += alone.item()
        torch.testing.assert_close(real.grad[k], r.grad)
        torch.testing.assert_close(fake.grad[k], f.grad)
    assert together.item() == pytest.approx(total)


def test_labels_plus_and_minus_one_are_the_signs_of_the_two_means() -> None:
    real, fake = scores(2, 16), scores(3, 16)
    labels = torch.cat((torch.ones(16), -torch.ones(16))).double()
    by_labels = -2 * (labels * torch.cat((real, fake))).mean()  # the mean over 2n halves the loss
    torch.testing.assert_close(losses.WASSERSTEIN.critic(real, fake), by_labels)


def test_only_the_minimax_generator_saturates() -> None:
    def pull(loss: losses.AdversarialLoss) -> float:
        fake = torch.full((1,), -12.0, requires_grad=True)  # a discriminator that is almost sure
        loss.generator(fake).backward()
        return abs(fake.grad.item())

    assert pull(losses.MINIMAX) == pytest.approx(sigmoid(np.array(-12.0)), rel=1e-4)
    assert pull(losses.NON_SATURATING) == pytest.approx(1, abs=1e-4)
    assert pull(losses.WASSERSTEIN) == 1


def test_values_at_equal_scores_and_at_huge_ones() -> None:
    zero, huge = torch.zeros(5), torch.full((5,), 1e5)
    assert losses.MINIMAX.critic(zero, zero).item() == pytest.approx(2 * math.log(2))
    assert losses.WASSERSTEIN.critic(zero, zero).item() == 0
    for loss in ALL.values():
        assert torch.isfinite(loss.critic(-huge, huge))
        assert torch.isfinite(loss.generator(-huge, huge))


@pytest.mark.parametrize(
    ("real", "fake", "message"),
    [
        (torch.zeros(4), torch.zeros(5), "one shape"),
        (torch.zeros(4), torch.zeros(1, 4), "one shape"),
        (torch.zeros(0), torch.zeros(0), "at least one sample"),
        (torch.tensor(0.0), torch.tensor(0.0), r"\(\.\.\., batch\)"),
        (torch.zeros(4, 1), torch.zeros(4, 1), "squeeze"),
    ],
)
def test_bad_shapes_are_refused(real: torch.Tensor, fake: torch.Tensor, message: str) -> None:
    for loss in ALL.values():
        with pytest.raises(ValueError, match=message):
            loss.critic(real, fake)


def test_bad_types_and_missing_scores_are_refused() -> None:
    with pytest.raises(TypeError, match="real_scores must be a floating-point tensor"):
        losses.HINGE.critic(torch.zeros(3, dtype=torch.int64), torch.zeros(3))
    with pytest.raises(TypeError, match="fake_scores"):
        losses.WASSERSTEIN.generator([0.0, 1.0])
    with pytest.raises(ValueError, match="real_scores is None"):
        losses.RELATIVISTIC.generator(torch.zeros(3))
