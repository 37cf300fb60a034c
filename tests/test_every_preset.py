"""Every preset in a small form: a step reaches every weight, and is the same compiled, and nearly so in bf16."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from small_presets import FIXED, TWINS, small
from torch import Tensor

from wgan_lib import presets, training
from wgan_lib.training import OneDevice

CPU = torch.device("cpu")
DIFFERENT = [name for name in presets.names() if not name.endswith(TWINS)]
IN_BF16 = ["wgan-gp-digits", "sn-digits", "orthonormal-ring8", *(name for name in DIFFERENT if name not in FIXED)]


def stepped(name: str, **engine: Any) -> tuple[dict[str, Tensor], list[Tensor | None]]:
    """What one critic step and one generator step measured, and the gradients of all weights."""
    pair = training.Adversaries(small(name), OneDevice(CPU, **engine))
    with pair.at_work():
        measured = pair.critic_step() | pair.critic_gradient_norm()
        gradients = [weight.grad for weight in pair.critic.parameters()]
        measured |= pair.generator_step()
    return measured, gradients + [weight.grad for weight in pair.generator.parameters()]


@pytest.mark.parametrize("name", presets.names())
def test_a_step_is_finite_and_reaches_every_weight_and_resuming_changes_nothing(name: str, tmp_path: Path) -> None:
    measured, gradients = stepped(name)
    assert all(bool(value.isfinite().all()) for value in measured.values())
    assert all(gradient is not None and bool(gradient.isfinite().all()) for gradient in gradients)
    ends = []
    for folder, parts in ((tmp_path / "whole", (2,)), (tmp_path / "in two", (1, 2))):
        for n_steps in parts:
            preset = small(name)
            steps = preset.train(checkpoint_dir=folder, n_steps=2, device="cpu", resume=n_steps > parts[0])
            numbers = [dataclasses.replace(step, seconds=0.0, live=None) for step in _first(steps, n_steps)]
        weights = [*preset.generator.state_dict().values(), *preset.critic.state_dict().values()]
        ends.append((numbers[-1], [tensor.clone() for tensor in weights]))
    assert ends[0][0] == ends[1][0]
    assert all(torch.equal(one, other) for one, other in zip(ends[0][1], ends[1][1], strict=True))


def _first(steps: Any, n: int) -> Iterator[training.Step]:
    for step in steps:
        yield step
        if step.index + 1 == n:
            steps.close()


def agree(one: Any, other: Any, within: float) -> None:
    for name, value in one[0].items():
        torch.testing.assert_close(other[0][name], value, rtol=within, atol=within)
    whole = float(torch.cat([gradient.flatten() for gradient in one[1]]).norm())
    for gradient, again in zip(one[1], other[1], strict=True):  # a bias before BatchNorm has none but rounding's
        assert gradient is not None
        assert again is not None
        assert float((again - gradient).norm()) <= within * max(float(gradient.norm()), 0.01 * whole)


ALONE = ["wgan-gp-ring8", "sn-ring8", "r3gan-ring8", "wgan-gp-mnist"]
"""Two losses, a penalty, a divided layer and convolutions; the others take minutes more, in `make soak`."""


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in ALONE else pytest.mark.soak) for name in DIFFERENT]
)
def test_the_compiled_step_is_the_eager_one(name: str) -> None:
    torch.compiler.reset()
    counters = torch._dynamo.utils.counters
    counters.clear()
    agree(stepped(name), stepped(name, compiler="aot_eager"), 1e-5)
    assert (
        counters["stats"]["unique_graphs"] == 3
    )  # samples, the critic's losses with the penalty, the generator's loss
    assert not counters["graph_break"]


@pytest.mark.soak  # a minute of a C++ compiler
@pytest.mark.usefixtures("shapes_unchecked")
def test_the_real_compiler_agrees_too() -> None:
    torch.compiler.reset()
    agree(stepped("wgan-gp-digits"), stepped("wgan-gp-digits", compiler="inductor"), 1e-5)


@pytest.mark.parametrize("name", IN_BF16)
def test_bf16_agrees_to_its_eight_bits(name: str) -> None:
    (measured, gradients), (rough, others) = stepped(name), stepped(name, precision="bf16-mixed")
    assert {value.dtype for value in rough.values()} == {torch.float32}
    for key, value in measured.items():
        torch.testing.assert_close(rough[key], value, rtol=0.05, atol=0.05)
    whole, roughly = (torch.cat([g.flatten() for g in each if g is not None]) for each in (gradients, others))
    assert torch.nn.functional.cosine_similarity(whole, roughly, 0) > 0.98


def test_memory_layout_changes_nothing_but_the_layout() -> None:
    together, apart = (stepped("wgan-gp-mnist", channels_last=layout) for layout in (True, False))
    agree(together, apart, 1e-5)
    pair = training.Adversaries(small("wgan-gp-mnist"), OneDevice(CPU, channels_last=False))
    with pair.at_work():
        pair.critic_step()
    assert pair.real.is_contiguous()
    assert pair.critic[2].weight.is_contiguous()  # type: ignore[index, union-attr]
