"""What is there for speed on a GPU, held to its numbers on a processor: precision, transfers, schedules, batches."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from short_training import LAW
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from wgan_lib import networks, presets, training
from wgan_lib.constraints import GradientPenalty, LipschitzConstraint, Orthonormal, SpectralNorm, gradient_norms
from wgan_lib.losses import RELATIVISTIC, WASSERSTEIN
from wgan_lib.training import Adam, Cosine, NonFiniteError, OneDevice, RMSProp, Schedules, checkpoints, train

CPU = torch.device("cpu")


def recipe(**changes: Any) -> training.Recipe:
    rng = torch.Generator().manual_seed(0)
    parts = {
        "make_data": lambda: LAW, "generator": networks.mlp(2, 16, 2, rng=rng), "loss": WASSERSTEIN,
        "critic": networks.mlp(2, 16, 16, 1, rng=rng), "constraint": GradientPenalty(1.0), "n_steps": 4,
        "critic_steps": 2, "batch_size": 16, "optimizer": Adam(1e-2),
    }  # fmt: skip
    return training.Recipe(**{**parts, **changes})


# --- precision ---


def estimates(engine: training.Engine, n: int = 6) -> list[float]:
    """W1 estimates of n critic steps in a row, at a rate at which weights of a step before would be far off."""
    pair = training.Adversaries(recipe(optimizer=Adam(3e-2)), engine)
    with pair.at_work():
        found = [float(pair.critic_step()["w1_estimate"]) for _ in range(n)]
        pair.generator_step()
        assert all(weight.grad is not None for weight in pair.generator.parameters())
    return found


@pytest.mark.parametrize("where", ["one device", "Fabric"])
def test_in_bf16_each_critic_step_sees_the_weights_of_now(where: str) -> None:
    """Autocast's cache keeps a weight's copy of before the optimiser's step, and one that was made without a graph."""
    whole = estimates(OneDevice(CPU))
    engine: Any = OneDevice(CPU, precision="bf16-mixed")
    if where == "Fabric":
        engine = training.ManyDevices.launch(1, "cpu", "bf16-mixed")
    assert abs(whole[-1] - whole[0]) > 0.2  # ten times what bf16 may be off
    np.testing.assert_allclose(estimates(engine), whole, rtol=0.02, atol=0.01)


def test_the_penalty_s_slopes_are_summed_in_full_under_autocast() -> None:
    critic, x = networks.mlp(2000, 1, rng=torch.Generator().manual_seed(0)), torch.zeros(3, 2000)
    with torch.autocast("cpu", torch.bfloat16):
        norms = gradient_norms(critic, x, create_graph=True)
    assert norms.dtype == torch.float32
    assert float(norms[0].detach()) == pytest.approx(float(critic[0].weight.detach().norm()), rel=1e-3)  # type: ignore[index, arg-type]


@pytest.mark.parametrize("constraint", [SpectralNorm(), Orthonormal()], ids=str)
def test_norms_of_layers_keep_their_digits_in_bf16(constraint: LipschitzConstraint) -> None:
    found = []
    for precision in ("32-true", "bf16-mixed"):
        pair = training.Adversaries(recipe(constraint=constraint), OneDevice(CPU, precision=precision))
        with pair.at_work():
            pair.critic_step()
            with OneDevice(CPU, precision=precision).autocast():  # as in a forward
                weights = [layer.weight.float() for layer in pair.critic if isinstance(layer, nn.Linear)]  # type: ignore[union-attr]
        found.append([float(torch.linalg.matrix_norm(weight.detach(), 2)) for weight in weights])
    assert found[1] == pytest.approx(found[0], rel=2e-3)
    assert isinstance(constraint, SpectralNorm) or found[1] == pytest.approx([1, 1, 1], abs=1e-5)


def test_an_engine_refuses_what_it_cannot_do() -> None:
    for argument in ({"precision": "16-mixed"}, {"compiler": "gcc"}, {"compiler": "cuda-graphs"}, {"channels_last": 1}):
        with pytest.raises((ValueError, TypeError), match=next(iter(argument))):
            OneDevice(CPU, **argument)  # type: ignore[arg-type]


class OwnPenalty(LipschitzConstraint):
    """A penalty that draws inside, and tells nobody where: compiled steps take it as it is written."""

    def penalty(self, critic: nn.Module, real: Tensor, fake: Tensor, rng: Any) -> Tensor:
        alpha = torch.rand(len(real), 1, generator=rng)
        return (gradient_norms(critic, alpha * real + (1 - alpha) * fake, create_graph=True) - 1).square().mean()


@pytest.mark.usefixtures("shapes_unchecked")
def test_a_penalty_of_ones_own_is_taken_as_it_is_where_the_rest_is_compiled() -> None:
    torch.compiler.reset()
    found = []
    for constraint, compiler in ((OwnPenalty(), "eager"), (GradientPenalty(1.0), None)):
        pair = training.Adversaries(recipe(constraint=constraint), OneDevice(CPU, compiler=compiler))
        with pair.at_work():
            measured = pair.critic_step() | pair.critic_gradient_norm()
        found.append({name: float(value) for name, value in measured.items()})
    assert found[0] == pytest.approx(found[1], rel=1e-5)


# --- transfers ---


class Fetched(TorchDispatchMode):
    """Counts tensors whose numbers the processor asks for: each of these waits for a device."""

    def __init__(self) -> None:
        super().__init__()
        self.times = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        asked = func in (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default)
        self.times += asked and args[0].is_floating_point()  # the average's count of steps lies on the processor
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("constraint", [GradientPenalty(1.0), SpectralNorm()], ids=str)
def test_a_step_fetches_numbers_once(constraint: LipschitzConstraint, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = training.follow(recipe(constraint=constraint, ema=0.5, linear_decay=True), device="cpu")
    next(steps)
    fetched = Fetched()

    def counted(own: Callable[..., Any]) -> Callable[..., Any]:
        def fetch(*arguments: Any) -> Any:
            fetched.times += 1
            return own(*arguments)

        return fetch

    for name in ("tolist", "cpu", "numpy"):
        monkeypatch.setattr(Tensor, name, counted(getattr(Tensor, name)))
    with fetched:
        next(steps)
    assert fetched.times == 1


# --- nothing but finite weights in a checkpoint ---


class Breaking(torch.optim.SGD):
    """Gives the first weight a NaN at its third step, after all losses and gradients were finite."""

    steps = 0

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        super().step()
        self.steps += 1
        if self.steps == 3:
            with torch.no_grad():
                self.param_groups[0]["params"][0].view(-1)[0] = math.nan


def breaking(parameters: Iterator[nn.Parameter]) -> torch.optim.Optimizer:
    return Breaking(parameters, lr=1e-3)


def test_a_nan_never_reaches_a_checkpoint(tmp_path: Path) -> None:
    parts = {name: getattr(recipe(), name) for name in ("generator", "critic", "loss", "constraint")}
    steps = train(
        LAW, **parts, n_steps=3, batch_size=16, critic_steps=1, generator_optimizer=breaking, device="cpu",
        checkpoint_dir=tmp_path, checkpoint_every=1,
    )  # fmt: skip
    with pytest.raises(NonFiniteError, match=r"a weight is nan in step 3.*step-00000002\.pt"):
        list(steps)
    assert [path.name for path in checkpoints.paths(tmp_path)] == ["step-00000002.pt", "step-00000001.pt"]


# --- schedules and the generator's batch ---

SCHEDULES = Schedules(learning_rate=Cosine(1.0, 0.25), penalty=Cosine(1.0, 0.1, over=0.5), beta2=Cosine(0.9, 0.99))


def test_a_cosine_goes_from_first_to_last() -> None:
    curve = Cosine(1.0, 0.2, over=0.5)
    assert [curve(t) for t in (0.0, 0.25, 0.5, 1.0)] == pytest.approx([1.0, 0.6, 0.2, 0.2])
    for wrong in ({"first": -1}, {"last": math.nan}, {"over": 0}, {"over": 2}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Cosine(**{"first": 1.0, "last": 0.5, **wrong})
    with pytest.raises(TypeError, match=r"penalty is 0.5: it must be a Cosine"):
        Schedules(penalty=0.5)
    with pytest.raises(ValueError, match="beta2"):
        Schedules(beta2=Cosine(0.9, 1.0))


def test_schedules_change_rate_penalty_and_memory() -> None:
    pair = training.Adversaries(recipe(schedules=SCHEDULES), OneDevice(CPU))
    for done, rate, penalty, beta2 in ((0.0, 1e-2, 1.0, 0.9), (0.5, 0.625e-2, 0.1, 0.945), (1.0, 0.25e-2, 0.1, 0.99)):
        pair.follow_schedules(done)
        for optimizer in pair.optimizers:
            group = optimizer.param_groups[0]
            assert (group["lr"], group["betas"], pair.penalty_factor) == (
                pytest.approx(rate), (0.0, pytest.approx(beta2)), pytest.approx(penalty),
            )  # fmt: skip


def test_the_penalty_s_factor_multiplies_its_weight() -> None:
    halved = Schedules(penalty=Cosine(0.5, 0.5))
    one, other = recipe(schedules=halved), recipe(constraint=GradientPenalty(0.5))
    steps = [list(training.follow(each, device="cpu")) for each in (one, other)]
    assert [step.penalty for step in steps[0]] == pytest.approx([step.penalty for step in steps[1]], rel=1e-5)


def test_a_scheduled_run_resumes_and_no_other_passes_for_it(tmp_path: Path) -> None:
    def go(folder: Path | None = None, **changes: Any) -> Any:
        given = recipe()
        parts = {name: getattr(given, name) for name in ("generator", "critic", "loss", "constraint", "optimizer")}
        settings = {"n_steps": 4, "batch_size": 16, "generator_batch": 32, "schedules": SCHEDULES, **changes}
        return train(LAW, **parts, device="cpu", critic_steps=1, checkpoint_dir=folder, **settings)

    whole, first = list(go()), go(tmp_path)
    next(first)
    first.close()
    for change in ({"schedules": None}, {"generator_batch": None}, {"n_steps": 5}):
        with pytest.raises(ValueError, match=f"{next(iter(change))} was"):
            go(tmp_path, resume=True, **change)
    assert list(go(tmp_path, resume=True)) == whole[1:]


def test_schedules_and_batches_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"RMSprop has not: use Adam"):
        training.Adversaries(recipe(schedules=SCHEDULES, optimizer=RMSProp()), OneDevice(CPU))
    with pytest.raises(ValueError, match=r"linear_decay is True and schedules has a learning_rate"):
        recipe(schedules=SCHEDULES, linear_decay=True)
    with pytest.raises(TypeError, match=r"schedules is 1"):
        recipe(schedules=1)
    with pytest.raises(ValueError, match=r"generator_batch is 32 and batch_size 16: they must agree"):
        recipe(generator_batch=32, loss=RELATIVISTIC)


def test_the_generator_has_a_batch_of_its_own() -> None:
    seen = []
    pair = training.Adversaries(recipe(generator_batch=48), OneDevice(CPU))
    pair.generator.register_forward_hook(lambda _, given, made: seen.append(len(given[0])))
    with pair.at_work():
        pair.critic_step()
        pair.generator_step()
    assert seen == [16, 48]


@dataclass(frozen=True)
class Overwriting(OneDevice):
    """A compiler in the manner of CUDA graphs: what a call made is gone once the next one begins."""

    compiler: str | None = "eager"
    networks: list[nn.Module] = field(default_factory=list)
    made: list[torch.Tensor] = field(default_factory=list)

    def compiled(self, function):
        def run(*given):
            for tensor in self.made:
                tensor.detach().fill_(math.nan)
            self.made.clear()
            before = [buffer for network in self.networks for buffer in network.buffers()]
            found = function(*given)
            replaced = [b for n in self.networks for b in n.buffers() if not any(b is old for old in before)]
            self.made.extend([*(found if isinstance(found, tuple) else (found,)), *replaced])
            return found

        return run


@pytest.mark.parametrize("name", ["sn-ring8", "wgan-gp-ring8"])
@pytest.mark.usefixtures("shapes_unchecked")
def test_a_step_needs_nothing_of_what_a_cuda_graph_writes_over(name: str) -> None:
    """On a GPU, power iteration's vectors were written over, and spectral normalisation failed."""
    found = []
    for engine in (OneDevice(torch.device("cpu")), Overwriting(torch.device("cpu"))):
        recipe = replace(presets.build(name), n_steps=3, batch_size=8)
        if isinstance(engine, Overwriting):
            engine.networks.extend([recipe.generator, recipe.critic])
        found.append([step.w1_estimate for step in training.follow(recipe, device=engine)])
    assert found[1] == pytest.approx(found[0], abs=1e-5)
