"""A resumed training is the interrupted one: what is equal goes on, whatever differs is refused by name."""

import functools
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from short_training import LAW, go, told
from torch import Tensor, nn

from wgan_lib import images, networks, sampling
from wgan_lib.constraints import GradientPenalty, LipschitzConstraint, WeightClipping
from wgan_lib.losses import WASSERSTEIN, AdversarialLoss
from wgan_lib.training import Adam, NormalLatent, RMSProp, TensorData, UniformLatent, checkpoints, train


def small(folder: Path | None = None, **changes: Any) -> Any:
    """A training of three steps, cheap enough to be tried in many forms."""
    rng = torch.Generator().manual_seed(0)
    arguments = {
        "data": LAW, "generator": networks.mlp(2, 4, 2, rng=rng), "critic": networks.mlp(2, 4, 1, rng=rng),
        "loss": WASSERSTEIN, "constraint": GradientPenalty(10.0), "n_steps": 3, "critic_steps": 1, "batch_size": 4,
        "device": "cpu", "optimizer": Adam(1e-2), "checkpoint_dir": folder, **changes,
    }  # fmt: skip
    return train(**arguments)


def interrupted(folder: Path, **changes: Any) -> list[Any]:
    steps = small(folder, **changes)
    taken = [next(steps)]
    steps.close()
    return taken


def shifted(n: int, generator: torch.Generator, by: float) -> Tensor:
    return LAW.sample(n, generator) + by


class Shifted:
    """A sampler of somebody's own."""

    def __init__(self, by: float) -> None:
        self.by = by

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        return shifted(n, generator, self.by)


class Twice(Shifted):
    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        return 2 * super().sample(n, generator)


def scaled(by: float) -> AdversarialLoss:
    return AdversarialLoss(
        lambda real, fake: by * (fake - real).mean(), lambda fake, real=None: -by * fake.mean(), "scaled"
    )


def steps_by(n: int) -> Callable[[int], int]:
    return lambda index: n


def leaky(slope: float) -> nn.Module:
    return networks.mlp(2, 4, 1, activation=networks.leaky(slope))


class OwnPenalty(LipschitzConstraint):
    def __init__(self, weight: float) -> None:
        self.weight = weight

    def penalty(self, critic: nn.Module, real: Tensor, fake: Tensor, rng: Any) -> Tensor:
        return self.weight * critic(real).square().mean()


EQUAL: list[tuple[str, Any, Any]] = [
    ("constraint", GradientPenalty(10.0), GradientPenalty(np.float64(10))),
    ("constraint", GradientPenalty(10.0), GradientPenalty(10)),
    ("constraint", GradientPenalty(np.float32(0.5)), GradientPenalty(0.5)),
    ("constraint", WeightClipping(0.5), WeightClipping(np.float32(0.5))),
    ("constraint", OwnPenalty(1), OwnPenalty(np.int64(1))),
    ("optimizer", Adam(np.logspace(-4, -2, 3)[1]), Adam(float(np.logspace(-4, -2, 3)[1]))),
    ("optimizer", Adam(1e-2, (np.float64(0.5), 0.9)), Adam(1e-2, (0.5, np.float64(0.9)))),
    ("optimizer", lambda p: torch.optim.SGD(p, lr=np.float64(0.1)), lambda p: torch.optim.SGD(p, lr=0.1)),
    ("optimizer", functools.partial(torch.optim.AdamW, eps=np.float64(1)), functools.partial(torch.optim.AdamW, eps=1)),
    ("ema", 0.5, np.float32(0.5)),
    ("seed", 3, np.int8(3)),
    ("batch_size", 4, np.int64(4)),
    ("linear_decay", True, np.bool_(True)),
    ("critic_steps", 1, np.int64(1)),
    ("latent", NormalLatent(2), NormalLatent(np.int64(2))),
    ("data", torch.arange(8.0).reshape(4, 2), np.arange(8.0).reshape(4, 2)),
    ("data", [[0.0, 1.0]] * 4, TensorData(torch.tensor([[0.0, 1.0]] * 4))),
    ("data", Shifted(1.0), Shifted(np.float64(1))),
    ("loss", scaled(2.0), scaled(2)),
    ("critic_steps", steps_by(1), steps_by(1)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "before", "now"), EQUAL, ids=told)
def test_equal_parts_of_another_make_are_the_same_run(name: str, before: Any, now: Any, tmp_path: Path) -> None:
    whole = list(small(**{name: before}))
    assert interrupted(tmp_path, **{name: before}) + list(small(tmp_path, resume=True, **{name: now})) == whole


DIFFERENT: list[tuple[str, Any, Any]] = [
    ("data", torch.zeros(8, 2), torch.ones(8, 2)),
    ("data", torch.zeros(8, 2), torch.zeros(9, 2)),
    ("data", np.zeros((8, 2)), np.eye(8, 2)),
    ("data", Shifted(1.0), Shifted(1.5)),
    ("data", Shifted(1.0), Twice(1.0)),
    ("data", LAW, sampling.ring(8, std=0.02)),
    ("data", LAW, sampling.ring(9)),
    ("loss", scaled(2.0), scaled(3.0)),
    ("loss", scaled(1.0), WASSERSTEIN),
    ("critic_steps", steps_by(1), steps_by(2)),
    ("critic_steps", lambda i: 1 if i < 9 else 2, lambda i: 1 if i < 8 else 2),
    ("constraint", OwnPenalty(1.0), OwnPenalty(2.0)),
    ("constraint", GradientPenalty(10.0), GradientPenalty(10.0, one_sided=True)),
    ("latent", NormalLatent(2), UniformLatent(2)),
    ("latent", Shifted(0.0), Shifted(1.0)),
    ("optimizer", Adam(1e-2), RMSProp(1e-2)),
    ("optimizer", Adam(1e-2), lambda p: torch.optim.AdamW(p, lr=1e-2)),
    ("optimizer", Adam(1e-2), Adam(1e-2, (0.5, 0.9))),
    ("generator_optimizer", Adam(1e-2), Adam(2e-2)),
    ("ema", 0.0, 0.5),
    ("seed", 0, 1),
    ("critic", networks.mlp(2, 4, 1), networks.mlp(2, 4, 1, activation=nn.Tanh)),
    ("critic", leaky(0.2), leaky(0.1)),
    ("generator", nn.Linear(2, 2), nn.Linear(2, 2, bias=False)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "before", "now"), DIFFERENT, ids=told)
def test_a_part_that_differs_is_refused_by_name(name: str, before: Any, now: Any, tmp_path: Path) -> None:
    interrupted(tmp_path, **{name: before})
    kept = (tmp_path / "step-00000001.pt").read_bytes()
    with pytest.raises(ValueError, match=rf"belongs to another run: .*\b{name} was .*, now "):
        small(tmp_path, resume=True, **{name: now})
    assert (tmp_path / "step-00000001.pt").read_bytes() == kept
    steps = small(tmp_path, resume=True, **{name: before})
    assert [step.index for step in steps] == [1, 2]


@pytest.mark.parametrize("linear_decay", [False, True])
@pytest.mark.parametrize("name", ["optimizer", "generator_optimizer"])
def test_another_rate_in_a_function_is_refused_with_and_without_decay(
    name: str, linear_decay: bool, tmp_path: Path
) -> None:
    def made(rate: float) -> Any:
        return lambda parameters: torch.optim.SGD(parameters, lr=rate)

    def partly(rate: float) -> Any:
        return functools.partial(torch.optim.SGD, lr=rate)

    for i, make in enumerate((made, partly)):
        options = {"linear_decay": linear_decay}
        taken = interrupted(tmp_path / str(i), **options, **{name: make(0.1)})
        with pytest.raises(ValueError, match=rf"another run: .*\b{name} was .*lr was 0.1, now 0.2"):
            small(tmp_path / str(i), resume=True, **options, **{name: make(0.2)})
        rest = list(small(tmp_path / str(i), resume=True, **options, **{name: make(0.1)}))
        assert taken + rest == list(small(**options, **{name: make(0.1)}))


def test_two_folders_of_pictures_of_one_name_are_two_runs(tmp_path: Path) -> None:
    from PIL import Image

    pictures = {}
    for i, place in enumerate("ab"):
        (tmp_path / place / "faces").mkdir(parents=True)
        for k in range(4):
            Image.new("L", (4, 4), 20 * i + k).save(tmp_path / place / "faces" / f"{k}.png")
        pictures[place] = images.folder(tmp_path / place / "faces", 4, 1)
    shape = {"critic": nn.Sequential(nn.Flatten(-3), networks.mlp(16, 1)), "batch_size": 2}

    def generator() -> nn.Module:
        return nn.Sequential(nn.Linear(2, 16), nn.Unflatten(-1, (1, 4, 4)))

    interrupted(tmp_path / "run", data=pictures["a"], generator=generator(), **shape)
    with pytest.raises(ValueError, match="another run: data was"):
        small(tmp_path / "run", resume=True, data=pictures["b"], generator=generator(), **shape)


class Noisy(nn.Module):
    """A layer of somebody's own that draws from the global numbers."""

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.1 * torch.randn_like(x) if self.training else x


@pytest.mark.parametrize("layer", [lambda: nn.Dropout(0.5), Noisy, lambda: nn.RReLU()], ids=["Dropout", "own", "RReLU"])
def test_layers_that_draw_follow_the_seed_and_the_checkpoint(layer: Callable[[], nn.Module], tmp_path: Path) -> None:
    def run(folder: Path | None = None, **changes: Any) -> Any:
        critic = nn.Sequential(*networks.mlp(2, 8, squeeze=False), layer(), *networks.mlp(8, 1))
        with torch.no_grad():
            for parameter in critic.parameters():
                parameter.fill_(0.3)
        return small(folder, critic=critic, constraint=WeightClipping(1.0), n_steps=5, **changes)

    torch.manual_seed(1)
    prepared, before = run(), torch.get_rng_state()
    whole = list(prepared)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert list(run()) == whole
    assert [step.w1_estimate for step in run(seed=1)] != [step.w1_estimate for step in whole]
    steps = run(tmp_path)
    taken = [next(steps) for _ in range(2)]
    torch.rand(7)  # the caller's own draws in between
    steps.close()
    torch.manual_seed(3)
    assert taken + list(run(tmp_path, resume=True)) == whole


def test_a_damaged_checkpoint_does_not_count_among_the_two_kept(tmp_path: Path) -> None:
    steps = go(tmp_path, checkpoint_every=1)
    for step in steps:
        if step.index == 4:
            break
    damaged = tmp_path / "step-00000004.pt"
    damaged.write_bytes(damaged.read_bytes()[:-9])
    next(steps)
    next(steps)  # writes the checkpoint after six
    names = [path.name for path in checkpoints.paths(tmp_path)]
    assert names[:2] == ["step-00000006.pt", "step-00000005.pt"]
    whole = [path for path in checkpoints.paths(tmp_path) if checkpoints._is_whole(path)]
    assert len(whole) == 2


def test_a_weight_that_numpy_gave_is_saved_and_a_rate_of_nan_is_refused(tmp_path: Path) -> None:
    made: list[torch.optim.Optimizer] = []

    def factory(parameters: Iterator[nn.Parameter]) -> torch.optim.Optimizer:
        made.append(
            torch.optim.Adam(parameters, lr=np.float64(1e-3), eps=np.float32(1e-6), betas=(np.float64(0.1), 0.9))
        )
        return made[-1]

    assert len(list(small(tmp_path, optimizer=factory))) == 3
    assert list(small(tmp_path, optimizer=factory, resume=True)) == []
    assert {type(value) for value in made[0].param_groups[0].values()} & {np.float64, np.float32} == set()
    with pytest.raises(ValueError, match=r"optimizer is .*learning rate of nan"):
        small(optimizer=lambda p: torch.optim.SGD(p, lr=math.nan))
