"""The training loop: it is Algorithm 1, it repeats, it stops when it should, and it forgets nothing it was told."""

import copy
import dataclasses
import inspect
import math
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from wgan_lib import networks, sampling, training
from wgan_lib.constraints import (
    GradientPenalty,
    LipschitzConstraint,
    Orthonormal,
    SpectralNorm,
    Unconstrained,
    WeightClipping,
)
from wgan_lib.losses import HINGE, MINIMAX, NON_SATURATING, RELATIVISTIC, WASSERSTEIN, AdversarialLoss
from wgan_lib.training import (
    Adam,
    NonFiniteError,
    NormalLatent,
    RMSProp,
    UniformLatent,
    adversaries,
    checkpoints,
    describe,
    loop,
    original_critic_steps,
    record,
    stream,
    train,
)

CONSTRAINTS = [Unconstrained(), WeightClipping(0.1), GradientPenalty(1.0), SpectralNorm(), Orthonormal()]
LAW = sampling.ring(8)


def pair(seed: int = 0) -> tuple[nn.Module, nn.Module]:
    rng = torch.Generator().manual_seed(seed)
    return networks.mlp(2, 16, 2, rng=rng), networks.mlp(2, 16, 16, 1, rng=rng)


def quick(**changes: object) -> Iterator[training.Step]:
    generator, critic = pair()
    arguments = {"n_steps": 4, "critic_steps": 2, "batch_size": 16, "device": "cpu", **changes}
    return train(LAW, generator, critic, WASSERSTEIN, GradientPenalty(1.0), **arguments)  # type: ignore[arg-type]


def weights(*modules: nn.Module) -> Tensor:
    return torch.cat([tensor.detach().flatten().double() for m in modules for tensor in m.state_dict().values()])


class Watched:
    """A law that keeps what it drew, and may do something at its n-th draw."""

    def __init__(self, at: int = -1, then: object = None) -> None:
        self.drawn: list[Tensor] = []
        self.at, self.then = at, then

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        self.drawn.append(LAW.sample(n, generator))
        if len(self.drawn) == self.at and callable(self.then):
            return self.then(self.drawn[-1])
        return self.drawn[-1]


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda c: type(c).__name__)
@pytest.mark.parametrize("loss", [WASSERSTEIN, MINIMAX, NON_SATURATING, HINGE, RELATIVISTIC], ids=describe)
def test_every_loss_runs_with_every_constraint(loss: AdversarialLoss, constraint: LipschitzConstraint) -> None:
    generator, critic = pair()
    before = weights(generator), sum(p.sum() for p in critic.parameters()).item()
    steps = list(train(LAW, generator, critic, loss, constraint, n_steps=3, critic_steps=2, batch_size=8))
    assert [step.index for step in steps] == [0, 1, 2]
    assert [step.seen for step in steps] == [16, 32, 48]
    assert not torch.equal(weights(generator), before[0])
    assert sum(p.sum() for p in critic.parameters()).item() != before[1]
    assert steps[-1].settings["loss"] == describe(loss)


def test_it_is_a_generator_of_frozen_steps() -> None:
    steps = quick()
    assert inspect.isgenerator(steps)
    first = next(steps)
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.index = 3  # type: ignore[misc]
    assert isinstance(first.w1_estimate, float)
    assert first.seconds > 0


@pytest.mark.parametrize("constraint", [WeightClipping(0.05), GradientPenalty(2.0)], ids=["clipping", "penalty"])
def test_the_loop_is_algorithm_1_written_out(constraint: LipschitzConstraint) -> None:
    """An independent loop, in the order of the paper, must end on the very same weights."""
    seed, batch, n_steps, critic_steps, rate = 3, 16, 5, 3, 1e-2
    generator, critic = pair()
    mine = copy.deepcopy((generator, critic))
    optimizer = RMSProp(rate)
    steps = list(
        train(
            LAW, generator, critic, WASSERSTEIN, constraint, n_steps=n_steps, critic_steps=critic_steps,
            batch_size=batch, seed=seed, optimizer=optimizer, device="cpu",
        )
    )  # fmt: skip
    data, latent, alpha = (stream(seed, purpose) for purpose in ("data", "latent", "penalty"))
    g, f = mine
    descend_g = torch.optim.RMSprop(g.parameters(), lr=rate)
    descend_f = torch.optim.RMSprop(f.parameters(), lr=rate)
    for step in steps:
        for _ in range(critic_steps):
            x, z = LAW.sample(batch, data), torch.randn(batch, 2, generator=latent)
            fake = g(z).detach()
            estimate = f(x).mean() - f(fake).mean()
            penalty = torch.zeros(())
            if isinstance(constraint, GradientPenalty):
                t = torch.rand(batch, generator=alpha)[:, None]
                between = (t * x + (1 - t) * fake).requires_grad_()
                (slope,) = torch.autograd.grad(f(between).sum(), between, create_graph=True)
                penalty = constraint.weight * ((slope.norm(dim=1) - 1) ** 2).mean()
            descend_f.zero_grad()
            (penalty - estimate).backward()
            descend_f.step()
            if isinstance(constraint, WeightClipping):
                for p in f.parameters():
                    p.data.clamp_(-constraint.bound, constraint.bound)
        assert step.w1_estimate == pytest.approx(estimate.item(), abs=1e-6)
        assert step.penalty == pytest.approx(penalty.item(), abs=1e-6)
        score = -f(g(torch.randn(batch, 2, generator=latent))).mean()
        descend_g.zero_grad()
        score.backward()
        descend_g.step()
        assert step.generator_loss == pytest.approx(score.item(), abs=1e-6)
    torch.testing.assert_close(weights(generator, critic), weights(g, f), rtol=1e-5, atol=1e-6)


def test_one_joint_backward_sets_the_reported_gradient() -> None:
    generator, critic = pair()
    (step,) = train(LAW, generator, critic, WASSERSTEIN, GradientPenalty(1.0), n_steps=1, critic_steps=1, batch_size=8)
    norm = math.sqrt(sum(float(p.grad.square().sum()) for p in critic.parameters() if p.grad is not None))
    assert step.critic_gradient_norm == pytest.approx(norm, rel=1e-5)


@pytest.mark.parametrize("seed", [0, 1, 12345])
def test_the_same_seed_gives_the_same_run_and_another_another(seed: int) -> None:
    first, again, other = (list(quick(seed=s)) for s in (seed, seed, seed + 1))
    assert first == again
    assert first != other
    assert torch.equal(weights(first[-1].generator, first[-1].critic), weights(again[-1].generator, again[-1].critic))


def test_no_global_random_numbers_are_used_or_moved() -> None:
    ends = []
    for constraint in (Orthonormal(), Orthonormal(), SpectralNorm()):
        generator, critic = networks.mlp(2, 8, 2, norm=nn.BatchNorm1d), networks.mlp(2, 8, 8, 1)
        torch.manual_seed(len(ends))
        before = torch.get_rng_state()
        record(train(LAW, generator, critic, HINGE, constraint, n_steps=3, batch_size=8, ema=0.5), every=1, grid=3)
        assert torch.equal(before, torch.get_rng_state())
        ends.append(weights(generator, critic))
    assert torch.equal(ends[0], ends[1])


def test_every_critic_step_draws_a_fresh_batch() -> None:
    law = Watched()
    generator, critic = pair()
    list(train(law, generator, critic, WASSERSTEIN, Unconstrained(), n_steps=3, critic_steps=4, batch_size=8))
    batches = law.drawn[1:]  # the first is the trial at the door
    assert len(batches) == 12
    assert len({tuple(batch.flatten().tolist()) for batch in batches}) == 12


def test_the_original_schedule_of_critic_steps() -> None:
    assert [original_critic_steps(i) for i in (0, 24, 25, 499, 500, 501)] == [100, 100, 5, 5, 100, 5]
    assert [step.seen // 16 for step in quick(critic_steps=lambda i: 3 if i < 2 else 1)] == [3, 6, 7, 8]
    with pytest.raises(ValueError, match=r"critic_steps\(1\) is 0"):
        list(quick(critic_steps=lambda i: 1 - i))


def test_linear_decay_takes_both_rates_to_zero() -> None:
    made: list[torch.optim.Optimizer] = []

    def factory(parameters: Iterator[nn.Parameter]) -> torch.optim.Optimizer:
        made.append(torch.optim.SGD(parameters, lr=0.1))
        return made[-1]

    rates = [[o.param_groups[0]["lr"] for o in made] for _ in quick(optimizer=factory, linear_decay=True)]
    np.testing.assert_allclose(rates, np.outer([0.1, 0.075, 0.05, 0.025], [1, 1]))


def test_two_optimisers_and_their_defaults() -> None:
    steps = list(quick(optimizer=Adam(1e-3), generator_optimizer=RMSProp(1e-4)))
    assert steps[0].settings["optimizer"] == "Adam(learning_rate=0.001, betas=(0.0, 0.9))"
    assert steps[0].settings["generator_optimizer"] == "RMSProp(learning_rate=0.0001)"
    assert next(quick()).settings["generator_optimizer"] == "Adam(learning_rate=0.0001, betas=(0.0, 0.9))"


def test_the_average_is_an_exponential_one_of_the_generator() -> None:
    generator, critic = pair()
    average = None
    for step in train(LAW, generator, critic, WASSERSTEIN, Unconstrained(), n_steps=6, ema=0.8, optimizer=Adam(0.01)):
        average = weights(generator) if average is None else 0.8 * average + 0.2 * weights(generator)
        torch.testing.assert_close(weights(step.generator), average, rtol=1e-5, atol=1e-6)
    assert not torch.allclose(weights(step.generator), weights(generator), atol=1e-3)


def test_latents_and_tensors_as_data() -> None:
    z = NormalLatent(5).sample(4000, stream(0, "latent"))
    assert abs(float(z.std()) - 1) < 0.02
    u = UniformLatent(3).sample(4000, stream(0, "latent"))
    assert float(u.min()) < -0.99
    assert 0.99 < float(u.max()) <= 1
    generator, critic = networks.mlp(5, 8, 2), networks.mlp(2, 8, 1)
    points = LAW.sample(64, stream(1, "data"))
    (step,) = train(points, generator, critic, WASSERSTEIN, Unconstrained(), n_steps=1, batch_size=64)
    assert step.latent == NormalLatent(5)
    batch = step.data.sample(64, stream(0, "data"))
    assert {tuple(row) for row in batch.tolist()} <= {tuple(row) for row in points.tolist()}
    flat = nn.Flatten()
    with pytest.raises(ValueError, match=r"pass NormalLatent\(size\)"):
        train(points, flat, critic, WASSERSTEIN, Unconstrained(), n_steps=1)


def many(
    constraints: list[LipschitzConstraint], loss: AdversarialLoss, seeds: list[int], **options: object
) -> tuple[dict, dict]:
    """The same trainings twice: K seeds at once, and one seed at a time."""

    def make_generator(rng: torch.Generator) -> nn.Module:
        return networks.mlp(2, 16, 2, rng=rng)

    def make_critic(rng: torch.Generator) -> nn.Module:
        features = networks.FourierFeatures(2, 3, 1.0, rng)
        return nn.Sequential(features, networks.mlp(8, 16, 16, 1, activation=networks.GroupSort, rng=rng))

    settings: dict = {
        "n_steps": 12,
        "critic_steps": 2,
        "batch_size": 16,
        "optimizer": Adam(1e-2),
        "ema": 0.9,
        **options,
    }
    together = training.train_many(LAW, make_generator, make_critic, loss, constraints, seeds, **settings)
    alone = {
        constraint: [
            train(
                LAW, make_generator(stream(s, "generator")), make_critic(stream(s, "critic")), loss, constraint,
                seed=s, **settings,
            )
            for s in seeds
        ]
        for constraint in constraints
    }  # fmt: skip
    return together, alone


@pytest.mark.parametrize("loss", [WASSERSTEIN, RELATIVISTIC], ids=describe)
def test_k_seeds_at_once_are_k_single_runs_under_every_constraint(loss: AdversarialLoss) -> None:
    seeds = [5, 6, 7]
    together, alone = many([*CONSTRAINTS, GradientPenalty(0.1, target=0.0, at="reals")], loss, seeds)
    for constraint, steps in together.items():
        *_, last = steps
        assert last.settings["seed"] == seeds
        assert last.settings["constraint"] == repr(constraint)
        assert len(set(last.w1_estimate)) == 3
        for k, single in enumerate(alone[constraint]):
            *_, one = single
            assert last.w1_estimate[k] == pytest.approx(one.w1_estimate, abs=2e-4), constraint
            batched = torch.cat([tensor[k].flatten().double() for tensor in last.generator.state_dict().values()])
            torch.testing.assert_close(batched, weights(one.generator), rtol=1e-3, atol=2e-4)
        with torch.no_grad():
            scores = last.critic(LAW.sample(9, stream(0, "probe")))
        assert scores.shape == (3, 9)


def test_constraints_advance_side_by_side_and_keep_their_own_checkpoints(tmp_path: Path) -> None:
    constraints = [WeightClipping(0.1), GradientPenalty(1.0)]
    options = {"n_steps": 3, "checkpoint_dir": tmp_path}
    together, _ = many(constraints, WASSERSTEIN, [0, 1], n_steps=3)
    whole = list(zip(*together.values(), strict=True))
    assert [[step.index for step in row] for row in whole] == [[0, 0], [1, 1], [2, 2]]

    def make(rng: torch.Generator) -> nn.Module:
        return networks.mlp(2, 8, 2, rng=rng)

    def critic(rng: torch.Generator) -> nn.Module:
        return networks.mlp(2, 8, 1, rng=rng)

    for resume in (False, True):
        started = training.train_many(
            LAW, make, critic, WASSERSTEIN, constraints, [0, 1], resume=resume, batch_size=8, **options
        )
        rows = list(zip(*started.values(), strict=True))
        assert len(rows) == (0 if resume else 3)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["0-WeightClipping", "1-GradientPenalty"]
    for wrong in ([], [WeightClipping(0.1), WeightClipping(0.1)]):
        with pytest.raises(ValueError, match="none of them twice"):
            training.train_many(LAW, make, critic, WASSERSTEIN, wrong, [0], n_steps=1)
    with pytest.raises(ValueError, match="K at least 1"):
        training.train_many(LAW, make, critic, WASSERSTEIN, constraints, [], n_steps=1)


def test_the_bar_tells_losses_rate_and_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    list(quick(progress=True, n_steps=30))
    shown = capsys.readouterr().err
    assert re.search(r"30/30 \[\d+:\d+<\d+:\d+, .*step.*W1 ≈ .*critic .*generator ", shown)
    list(quick())
    assert capsys.readouterr().err == ""


def test_certified_bounds_come_when_asked_and_leave_no_trace() -> None:
    with_bounds, without = list(quick(certify_every=2)), list(quick())
    assert [step.certified is None for step in with_bounds] == [True, False, True, False]
    assert with_bounds[1].certified is not None
    assert 0 < with_bounds[1].certified < 3
    assert [dataclasses.replace(step, certified=None) for step in with_bounds] == without


@pytest.mark.parametrize("at", [6, 7])  # the last, and an earlier critic step of generator step 2
@pytest.mark.parametrize("poison", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_the_run(tmp_path: Path, at: int, poison: float) -> None:
    law = Watched(at, lambda batch: batch * poison)
    generator, critic = pair()
    steps = train(
        law, generator, critic, WASSERSTEIN, Unconstrained(), n_steps=9, critic_steps=2, batch_size=8,
        checkpoint_dir=tmp_path, checkpoint_every=1,
    )  # fmt: skip
    seen = []
    with pytest.raises(NonFiniteError, match=r"(nan|inf).* in step 2; last finite values: Step\(index=1") as caught:
        seen.extend(steps)  # extend keeps nothing when it fails, so the error itself must tell
    assert caught.value.step == 2
    assert caught.value.last is not None
    assert caught.value.last.index == 1
    assert caught.value.checkpoint == tmp_path / "step-00000002.pt"
    assert str(tmp_path / "step-00000002.pt") in str(caught.value)
    assert all(bool(t.isfinite().all()) for t in checkpoints.load(caught.value.checkpoint)["generator"].values())


def test_weights_that_blow_up_are_caught_without_a_checkpoint_too() -> None:
    with pytest.raises(NonFiniteError, match="last checkpoint: none"):
        list(quick(optimizer=lambda parameters: torch.optim.SGD(parameters, lr=1e30), n_steps=50))


@pytest.fixture
def _as_in_a_terminal() -> Iterator[None]:
    """Listen to Ctrl-C: tests that run in the background of a shell inherit a SIGINT that is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_as_in_a_terminal")
def test_ctrl_c_waits_for_the_step_and_leaves_a_checkpoint(tmp_path: Path) -> None:
    def interrupt(batch: Tensor) -> Tensor:
        signal.raise_signal(signal.SIGINT)
        return batch

    whole = list(quick(n_steps=6))
    generator, critic = pair()
    options = {"n_steps": 6, "critic_steps": 2, "batch_size": 16, "checkpoint_dir": tmp_path}
    law = Watched()
    steps = train(law, generator, critic, WASSERSTEIN, GradientPenalty(1.0), **options)
    law.at, law.then = 6, interrupt  # by now the data are told by their contents
    got = []

    def go() -> None:
        for step in steps:
            got.append(step)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        go()
    assert signal.getsignal(signal.SIGINT) is before
    assert got == whole[:3]
    assert checkpoints.paths(tmp_path)[0].name == "step-00000003.pt"
    rest = train(Watched(), *pair(1), WASSERSTEIN, GradientPenalty(1.0), resume=True, **options)
    assert got + list(rest) == whole


def test_a_second_ctrl_c_comes_through_at_once(tmp_path: Path) -> None:
    def insist(batch: Tensor) -> Tensor:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        return batch

    generator, critic = pair()
    with pytest.raises(KeyboardInterrupt):
        list(
            train(
                Watched(6, insist), generator, critic, WASSERSTEIN, Unconstrained(), n_steps=6, critic_steps=2,
                checkpoint_dir=tmp_path, checkpoint_every=2,
            )
        )  # fmt: skip
    assert checkpoints.paths(tmp_path)[0].name == "step-00000002.pt"  # no checkpoint of half a step


def test_a_caller_who_stops_finds_a_checkpoint(tmp_path: Path) -> None:
    for step in quick(checkpoint_dir=tmp_path, n_steps=9):
        if step.index == 4:
            break
    assert checkpoints.paths(tmp_path)[0].name == "step-00000005.pt"


def test_it_trains_in_a_thread() -> None:
    found: list[training.Step] = []
    thread = threading.Thread(target=lambda: found.extend(quick()))
    thread.start()
    thread.join()
    assert found == list(quick())


WRONG = [
    ({"n_steps": 0}, "n_steps is 0"),
    ({"n_steps": 2.5}, "n_steps is 2.5"),
    ({"n_steps": True}, "n_steps is True"),
    ({"batch_size": 0}, "batch_size is 0"),
    ({"critic_steps": 0}, "critic_steps is 0"),
    ({"checkpoint_every": -1}, "checkpoint_every is -1"),
    ({"certify_every": 0}, "certify_every is 0"),
    ({"certify_every": 1, "seed": [0, 1]}, "certified bounds need one copy"),
    ({"seed": -1}, "seed is -1"),
    ({"seed": []}, r"seed is \[\]"),
    ({"seed": [0, 1]}, r"seed is \[0, 1\].*copies"),
    ({"ema": 1.0}, "ema is 1.0"),
    ({"device": "tpu"}, "device is 'tpu': this machine has .*cpu"),
    ({"resume": True}, "checkpoint_dir is None"),
    ({"latent": NormalLatent(3)}, r"latents of shape \(2, 3\)"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG, ids=[str(changes) for changes, _ in WRONG])
def test_bad_arguments_are_refused_at_the_door(changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        quick(**changes)  # the call itself, before any step


def wrong_networks() -> list:
    points, g, f = LAW.sample(20, stream(0, "data")), networks.mlp(2, 8, 2), networks.mlp(2, 8, 1)
    nan = points.clone()
    nan[3, 1] = math.nan
    return [
        (points, networks.mlp(2, 8, 3), f, 8, ValueError, r"shape \(2,\), the generator makes torch.float32 \(3,\)"),
        (points.double(), g, f, 8, ValueError, "float64 samples"),
        (points, g, networks.mlp(3, 8, 1), 8, ValueError, r"critic refuses data of shape \(2, 2\)"),
        (points, g, networks.mlp(2, 8, 2), 8, ValueError, r"critic gives \(2, 2\) for data .*\(2,\), one number per"),
        (points, g, networks.mlp(2, 8, 1, squeeze=False), 8, ValueError, r"critic gives \(2, 1\)"),
        (points, g, networks.mlp(2, 8, 1, copies=2), 8, ValueError, r"critic gives \(2, 2\)"),
        (points, networks.mlp(2, 8, 2, copies=2), f, 8, ValueError, "K copies need K seeds"),
        (points, g, f, 21, ValueError, "batch_size is 21, larger than the data, which hold 20"),
        (nan, g, f, 8, ValueError, "1 values that are NaN"),
        (points[:0], g, f, 8, ValueError, "at least one sample"),
        ((100 * points).int(), g, f, 8, TypeError, "dtype torch.int32"),
        (Watched(1, lambda batch: batch * math.nan), g, f, 8, ValueError, "NaN or infinite"),
    ]


@pytest.mark.parametrize("case", range(len(wrong_networks())))
def test_data_and_networks_that_do_not_fit_are_refused_at_the_door(case: int) -> None:
    data, generator, critic, batch_size, kind, message = wrong_networks()[case]
    with pytest.raises(kind, match=message):
        train(data, generator, critic, WASSERSTEIN, Unconstrained(), n_steps=1, batch_size=batch_size)


def test_a_critic_that_mixes_samples_is_refused_by_its_constraint() -> None:
    critic = networks.mlp(2, 8, 1, norm=nn.BatchNorm1d)
    with pytest.raises(ValueError, match="mixes the samples"):
        train(LAW, pair()[0], critic, WASSERSTEIN, GradientPenalty(1.0), n_steps=1)


def test_numbers_of_numpy_are_whole_numbers_too() -> None:
    numbers = {"n_steps": np.int64(4), "batch_size": np.int32(16), "critic_steps": np.int64(2), "seed": np.int64(0)}
    assert list(quick(**numbers)) == list(quick())


def test_descriptions_are_short_and_hold_no_address() -> None:
    long = describe(torch.arange(1000.0))
    assert len(long) == 200
    assert long.endswith("…")
    assert " at 0x" not in describe(object())


def test_a_job_that_ignores_ctrl_c_goes_on_ignoring_it() -> None:
    def interrupt(batch: Tensor) -> Tensor:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        return batch

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        steps = list(train(Watched(3, interrupt), *pair(), WASSERSTEIN, Unconstrained(), n_steps=4, critic_steps=1))
        assert len(steps) == 4
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_record_has_the_first_every_nth_and_the_last_step() -> None:
    steps = list(quick(n_steps=11))
    run = record(quick(n_steps=11), every=4, n_samples=9, grid=5, preset="mine")
    assert run["index"].tolist() == [0, 3, 7, 10]
    np.testing.assert_allclose(run["w1_estimate"], [steps[i].w1_estimate for i in (0, 3, 7, 10)], rtol=1e-6)
    assert run["samples"].shape == (4, 9, 2)
    assert run["critic"].shape == (4, 5, 5)
    assert run["real"].shape == (9, 2)
    assert run.meta["preset"] == "mine"
    assert run.meta["constraint"] == "GradientPenalty(weight=1.0, one_sided=False, target=1.0, at='interpolates')"
    assert {"seed", "torch", "commit", "device", "seconds", "batch_size", "loss"} <= set(run.meta)
    assert "certified" not in run.frames
    last = steps[-1]
    with torch.no_grad():
        latents = last.latent.sample(9, stream(0, "recorded latent"))
        np.testing.assert_array_equal(run["samples"][-1], last.generator(latents).numpy())
        for i, j in [(0, 4), (3, 1)]:
            point = torch.tensor([[run["grid_x"][j], run["grid_y"][i]]])
            assert run["critic"][-1, i, j] == pytest.approx(last.critic(point).item(), abs=1e-5)


def test_recording_leaves_no_trace_in_the_training() -> None:
    def steps() -> Iterator[training.Step]:
        rng = torch.Generator().manual_seed(0)
        generator = networks.mlp(2, 8, 2, norm=nn.BatchNorm1d, rng=rng)
        return train(LAW, generator, networks.mlp(2, 8, 1), HINGE, SpectralNorm(), n_steps=5, batch_size=8)

    plain = list(steps())
    watched: list[training.Step] = []
    record((watched.append(step) or step for step in steps()), every=1, grid=4)
    assert watched == plain
    ends = [weights(steps[-1].generator, steps[-1].critic) for steps in (plain, watched)]
    assert torch.equal(*ends)


def test_bad_recordings_are_refused() -> None:
    for changes in ({"every": 0}, {"n_samples": 0}, {"grid": 0}):
        with pytest.raises(ValueError, match=f"{next(iter(changes))} is 0"):
            record(quick(), **changes)
    with pytest.raises(ValueError, match="steps are empty"):
        record([])
    images, options = torch.zeros(8, 1, 4), {"n_steps": 1, "batch_size": 4}
    generator = nn.Sequential(nn.Linear(2, 4), nn.Unflatten(-1, (1, 4)))
    critic = nn.Sequential(nn.Flatten(), *networks.mlp(4, 4, 1))
    with pytest.raises(ValueError, match="needs 2-D data"):
        record(train(images[:, 0], networks.mlp(2, 4), networks.mlp(4, 1), HINGE, Unconstrained(), **options), 1, 3, 3)
    run = record(train(images, generator, critic, WASSERSTEIN, Unconstrained(), **options), n_samples=3)
    assert run["samples"].shape == (1, 3, 1, 4)


def test_a_bound_on_one_step_is_recorded_as_nan_elsewhere() -> None:
    run = record(quick(certify_every=2), every=1)
    assert np.isnan(run["certified"]).tolist() == [True, False, True, False]


def test_a_frozen_layer_stays_as_it_is() -> None:
    generator, critic = pair()
    generator[0].weight.requires_grad_(False)
    before = generator[0].weight.clone()
    list(train(LAW, generator, critic, WASSERSTEIN, Unconstrained(), n_steps=2, optimizer=Adam(0.1)))
    assert torch.equal(generator[0].weight, before)


def test_the_loop_never_asks_which_loss_or_constraint_it_holds() -> None:
    source = "".join(inspect.getsource(module) for module in (adversaries, loop, training))
    code = re.sub(r'"""(.|\n)*?"""', "", source)
    named = r"WASSERSTEIN|MINIMAX|NON_SATURATING|HINGE|RELATIVISTIC|Unconstrained|WeightClipping|GradientPenalty"
    assert not re.search(rf"\b({named}|SpectralNorm|Orthonormal)\b", code)


@pytest.mark.slow
def test_five_lines_train_the_ring() -> None:
    law = sampling.ring(8)
    generator, critic = networks.mlp(2, 64, 64, 2), networks.mlp(2, 64, 64, 1)
    optimizer = Adam(2e-3)
    steps = train(law, generator, critic, WASSERSTEIN, GradientPenalty(1.0), n_steps=400, optimizer=optimizer, ema=0.98)
    run = record(steps, every=100)
    radius = np.linalg.norm(run["samples"], axis=-1)
    assert abs(radius[0] - 1).mean() > 0.4
    assert abs(radius[-1] - 1).mean() < 0.15
