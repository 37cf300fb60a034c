"""The calls that chapters and readers may rely on, each made as a user makes it, by its name and meaning."""

import inspect
import math
from pathlib import Path

import numpy as np
import pytest
import torch
import traitlets
from small_presets import small
from torch import Tensor, nn

from wgan_lib import (
    __main__,
    constraints,
    diagnostics,
    divergences,
    losses,
    metrics,
    networks,
    presets,
    runs,
    sampling,
    training,
    transport,
    widgets,
)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def parameters(function: object) -> dict[str, object]:
    """Names and defaults; a parameter without a default stands for itself."""
    signature = inspect.signature(function)  # type: ignore[arg-type]
    return {name: name if p.default is p.empty else p.default for name, p in signature.parameters.items()}


# --- divergences ---


@pytest.mark.parametrize("name", ["js_normals", "kl_normals", "w1_normals", "w2_normals"])
def test_divergences_of_normals_take_four_numbers_or_arrays(name: str) -> None:
    function = getattr(divergences, name)
    assert list(parameters(function)) == ["mean_p", "std_p", "mean_q", "std_q"]
    one = function(mean_p=0.0, std_p=1.0, mean_q=2.0, std_q=1.0)
    assert isinstance(one, float)
    shifts = np.linspace(0.0, 4.0, 5)
    table = function(0.0, 1.0, shifts, np.array([[1.0], [2.0]]))
    assert table.shape == (2, 5)
    assert table[0, 2] == pytest.approx(one)
    assert (np.diff(table[0]) > 0).all()
    with pytest.raises(ValueError, match="std_q"):
        function(0.0, 1.0, 0.0, 0.0)


@pytest.mark.parametrize(("name", "apart"), [("js", math.log(2)), ("kl", math.inf), ("total_variation", 1.0)])
def test_divergences_of_densities_on_a_grid(name: str, apart: float) -> None:
    function, x = getattr(divergences, name), np.array([0.0, 0.5, 1.0, 1.5, 3.0, 3.5, 4.0])
    p, q = np.array([1, 1, 0.5, 0, 0, 0, 0]), np.array([0, 0, 0, 0, 0.5, 1, 0.5])
    p, q = p / np.trapezoid(p, x), q / np.trapezoid(q, x)
    assert function(p, p, x) == pytest.approx(0.0, abs=1e-15)
    assert function(p, q, x) == pytest.approx(apart)
    assert function(2 * p, 2 * q, x) == pytest.approx(2 * apart)  # not normalised
    for bad in (x[::-1], np.zeros(7)):
        with pytest.raises(ValueError, match="x must increase strictly"):
            function(p, q, bad)
    with pytest.raises(ValueError, match="q must be a density"):
        function(p, -q, x)


def test_w1_of_uniforms() -> None:
    assert list(parameters(divergences.w1_uniforms)) == ["a", "b", "c", "d"]
    assert divergences.w1_uniforms(0.0, 1.0, 2.0, 3.0) == 2.0


# --- transport ---

PAIRS = [
    (np.array([0.0, 1.0]), np.array([2.0, 3.0, 4.0])),
    (np.eye(2), np.eye(2)[:, ::-1] + 1),
    (torch.eye(2), torch.zeros(3, 2)),
    (torch.tensor([0.0, 1.0]), np.array([[2.0], [3.0]])),
]


@pytest.mark.parametrize(("x", "y"), PAIRS, ids=["line", "plane", "tensors", "mixed"])
def test_transport_of_samples(x: np.ndarray | Tensor, y: np.ndarray | Tensor) -> None:
    for function in (transport.w1, transport.plan):
        assert parameters(function) == {"x": "x", "y": "y", "x_weights": None, "y_weights": None}
    value = transport.w1(x, y, y_weights=np.full(len(y), 1 / len(y)))
    assert isinstance(value, float)
    best = transport.plan(x, y)
    assert best.cost == pytest.approx(value)
    assert best.coupling.shape == (len(x), len(y))
    assert (best.potential_x.shape, best.potential_y.shape) == ((len(x),), (len(y),))
    assert best.duality_gap == pytest.approx(0.0, abs=1e-9)
    critic = transport.optimal_critic(x, y)
    at_x, at_y = (np.asarray(critic(z)) for z in (x, y))
    assert at_x.shape == (len(x),)
    assert at_x.mean() - at_y.mean() == pytest.approx(value, abs=1e-6)


# --- sampling ---


def test_the_named_laws_have_the_papers_scales() -> None:
    assert parameters(sampling.ring) == {"k": 8, "radius": 1.0, "std": 0.01, "scale": 1.0}
    assert parameters(sampling.grid) == {"k": 25, "spacing": 2.0, "std": 0.05, "scale": 1.0}


@pytest.mark.parametrize("law", [sampling.ring(8), sampling.grid(25), sampling.normals((0.0, 0.0, 0.0))], ids=repr)
def test_a_law_draws_from_a_generator_and_knows_its_modes(law: sampling.Law) -> None:
    assert law.modes is not None
    k, d = law.modes.shape
    assert k in (1, 8, 25)
    assert law.sample(7, rng()).shape == (7, d)
    assert law.std is not None
    assert law.std > 0


@pytest.mark.parametrize(
    "law", [sampling.swiss_roll(), sampling.parallel_lines(0.5), sampling.uniforms((0.0, 0.0), (1.0, 1.0))], ids=repr
)
def test_a_law_without_modes_draws_as_well(law: sampling.Law) -> None:
    assert law.sample(n=7, generator=rng()).shape == (7, 2)


def test_min_funnels_know_their_distance_and_critic() -> None:
    pair = sampling.min_funnels(dim=3, n_funnels=4, seed=0)
    x, y = pair.sample_pair(4000, rng())
    assert x.shape == y.shape == (4000, 3)
    assert pair.critic(x).shape == (4000,)
    assert pair.critic_gradient(x).shape == (4000, 3)
    assert (pair.critic(x).mean() - pair.critic(y).mean()).item() == pytest.approx(pair.w1, rel=0.05)


# --- losses, constraints, diagnostics, metrics ---


@pytest.mark.parametrize("name", ["WASSERSTEIN", "MINIMAX", "NON_SATURATING", "HINGE", "RELATIVISTIC"])
def test_a_loss_is_a_pair_of_functions_of_scores(name: str) -> None:
    loss, real, fake = getattr(losses, name), torch.ones(4), torch.zeros(4)
    assert loss.critic(real, fake) < loss.critic(fake, real)
    assert loss.generator(real, real_scores=fake) < loss.generator(fake, real_scores=real)
    if name != "RELATIVISTIC":
        assert loss.generator(fake) == loss.generator(fake, real)


def test_constraints_are_made_by_these_names_and_arguments() -> None:
    assert parameters(constraints.GradientPenalty) == {
        "weight": "weight",
        "one_sided": False,
        "target": 1.0,
        "at": "interpolates",
    }
    assert next(iter(parameters(constraints.WeightClipping))) == "bound"
    assert next(iter(parameters(constraints.SpectralNorm))) == "n_power_iterations"
    for constraint in (
        constraints.Unconstrained(),
        constraints.WeightClipping(bound=0.01),
        constraints.GradientPenalty(10.0),
        constraints.SpectralNorm(n_power_iterations=1),
        constraints.Orthonormal(),
    ):
        assert isinstance(constraint, constraints.LipschitzConstraint)
        critic, batch = networks.mlp(2, 4, 1), torch.zeros(3, 2)
        assert constraint.attach(critic) is None
        assert constraint.penalty(critic, batch, batch, rng()).shape == ()
        assert constraint.project(critic) is None
    with pytest.raises(ValueError, match="BatchNorm"):
        constraints.GradientPenalty(10.0).attach(networks.mlp(2, 4, 1, norm=nn.BatchNorm1d))


def test_diagnostics_of_a_critic() -> None:
    critic, x, y = networks.mlp(2, 8, 1), torch.randn(5, 2, generator=rng()), torch.randn(6, 2, generator=rng(1))
    bound = diagnostics.lipschitz_bound(critic)
    assert 0 < diagnostics.lipschitz_on_pairs(critic, x, y) <= bound * (1 + 1e-6)
    assert diagnostics.gradient_norms(critic, x).shape == (5,)


def test_mode_coverage_is_three_numbers() -> None:
    law = sampling.ring(8)
    modes, high_quality, reverse_kl = metrics.mode_coverage(law.sample(2500, rng()), law)
    assert (modes, high_quality, reverse_kl) == (8, pytest.approx(0.989, abs=0.01), pytest.approx(0, abs=0.01))


# --- training and runs ---


def test_train_is_called_by_these_names() -> None:
    asked = parameters(training.train)
    assert list(asked)[:6] == ["data", "generator", "critic", "loss", "constraint", "n_steps"]
    defaults = {"critic_steps": 5, "batch_size": 256, "seed": 0, "device": "auto", "checkpoint_dir": None}
    assert {name: asked[name] for name in defaults} == defaults
    assert {"checkpoint_every", "resume"} <= set(asked)


@pytest.mark.parametrize("as_tensor", [False, True])
def test_a_chapter_trains_in_five_lines(as_tensor: bool, tmp_path: Path) -> None:
    law = sampling.ring(8).sample(300, rng()) if as_tensor else sampling.ring(8)
    generator, critic = networks.mlp(2, 8, 8, 2), networks.mlp(2, 8, 8, 1)
    before = generator[0].weight.detach().clone()
    steps = training.train(
        law, generator, critic, losses.WASSERSTEIN, constraints.GradientPenalty(10.0), n_steps=5, seed=0,
        checkpoint_dir=tmp_path, checkpoint_every=2,
    )  # fmt: skip
    run = training.record(steps, every=2)
    assert not torch.equal(generator[0].weight, before)  # trained in place
    assert run["w1_estimate"].shape == run["index"].shape == (4,)
    assert run["samples"].shape[0] == len(run) == 4
    again = training.train(
        law, generator, critic, losses.WASSERSTEIN, constraints.GradientPenalty(10.0), n_steps=7, seed=0,
        checkpoint_dir=tmp_path, checkpoint_every=2, resume=True,
    )  # fmt: skip
    assert [(step.index, type(step.w1_estimate)) for step in again] == [(5, float), (6, float)]


def test_recorded_runs_load_by_name() -> None:
    assert runs.names()
    for name in runs.names():
        run = runs.load(name)
        assert len(run) >= 1
        assert run.meta["commit"]


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_has_all_that_a_training_needs(name: str) -> None:
    preset = small(name)
    assert isinstance(preset.generator, nn.Module)
    assert isinstance(preset.critic, nn.Module)
    assert isinstance(preset.loss, losses.AdversarialLoss)
    assert isinstance(preset.constraint, constraints.LipschitzConstraint)
    for network, optimizer in ((preset.critic, preset.optimizer), (preset.generator, preset.generator_optimizer)):
        assert isinstance(optimizer(network.parameters()), torch.optim.Optimizer)
    assert len(preset.data.sample(3, rng())) == 3
    assert preset.n_steps >= 1
    assert preset.source
    assert preset.published


# --- widgets and the command line ---


def test_move_gaussians_shows_what_the_library_computes() -> None:
    widget = widgets.MoveGaussians(mean_p=0.0, std_p=1.0, mean_q=2.0, std_q=1.0)
    assert [widget.js, widget.kl, widget.w1] == [
        divergences.js_normals(0, 1, 2, 1), divergences.kl_normals(0, 1, 2, 1), divergences.w1_normals(0, 1, 2, 1),
    ]  # fmt: skip
    widget.mean_q = 5.0
    assert widget.w1 == 5.0
    for name in ("js", "kl", "w1"):
        with pytest.raises(traitlets.TraitError, match="read-only"):
            setattr(widget, name, 0.0)
    default = widgets.MoveGaussians()
    assert (default.mean_p, default.std_p, default.mean_q, default.std_q) == (0.0, 1.0, 2.0, 1.0)


@pytest.mark.parametrize("command", ["train", "resume", "evaluate", "presets", "runs"])
def test_the_command_line_knows_its_five_commands(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        __main__.main([command, "--help"])
    assert stopped.value.code == 0
    assert f"python -m wgan_lib {command}" in capsys.readouterr().out
