"""The benchmark compares equal work, and README and page show what was recorded."""

import copy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from wgan_lib import networks, presets, runs
from wgan_lib.constraints import GradientPenalty, SpectralNorm, WeightClipping
from wgan_lib.networks import convolutional

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import measuring
import quality
import steps
import summary


@pytest.mark.parametrize("kind", ["mlp", "dcgan"])
@pytest.mark.parametrize("constraint", [WeightClipping(0.01), GradientPenalty(10.0, at="reals"), SpectralNorm()])
def test_both_loops_take_the_same_step(kind: str, constraint: object, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = torch.Generator().manual_seed(0)
    if kind == "mlp":
        critic, (real, fake) = networks.mlp(2, 16, 16, 1, rng=rng), torch.randn(2, 8, 2, generator=rng)
    else:
        critic = convolutional.dcgan_critic(8, width=4, rng=rng)
        real, fake = torch.randn(2, 8, 3, 8, 8, generator=rng)
    ours = copy.deepcopy(critic)
    theirs = steps.public_critic(critic, spectral=isinstance(constraint, SpectralNorm))
    settings = {"weight": 10.0} if isinstance(constraint, GradientPenalty) else {}
    settings |= {"bound": 0.01} if isinstance(constraint, WeightClipping) else {}
    monkeypatch.setattr(torch, "rand", lambda *size, **rest: torch.ones(*size))  # α = 1: the points are the reals
    public = steps.public_step(theirs, real, fake, **settings)
    library = steps.library_step(ours, constraint, real, fake)
    if isinstance(constraint, SpectralNorm):  # the power iteration starts from other vectors: let both converge
        for network in (ours, theirs):
            for _ in range(300):
                network(real)
    if isinstance(constraint, WeightClipping):  # the public loop clips before a step, the library after it
        for network in (ours, theirs):
            constraint.project(network)
    before = [parameter.clone() for parameter in theirs.parameters()]
    public(), library()
    if isinstance(constraint, WeightClipping):
        constraint.project(theirs)
    for a, b, start in zip(ours.parameters(), theirs.parameters(), before, strict=True):
        moved = (b - start).abs().max()
        assert (a - b).abs().max() <= 0.02 * moved + 1e-7


def test_steps_take_turns_and_warm_up_does_not_count() -> None:
    called: list[str] = []
    times = measuring.interleaved(
        {"a": lambda: called.append("a"), "b": lambda: called.append("b")}, rounds=4, warm_up=2
    )
    assert len(called) == 12
    assert called[:4] != sorted(called[:4])
    assert {name: len(taken) for name, taken in times.items()} == {"a": 4, "b": 4}


def test_a_goal_counts_only_if_it_stays_reached() -> None:
    good, bad = (25, 0.95, 1.1), (25, 0.95, 1.3)
    checks = np.array([(10 * (i + 1), *row) for i, row in enumerate([good, bad, good, good])])
    assert quality.reached(checks) == 30
    assert np.isnan(quality.reached(np.array([(10, *good), (20, *bad)])))


def test_spread_and_interval_tell_the_middle_and_the_doubt() -> None:
    assert measuring.spread([1.0, 2.0, 3.0, 4.0, 5.0], 1) == "3.0 [2.0, 4.0]"
    assert measuring.interval([1.0, 2.0, 3.0], 2) == "2.00 ± 2.48"  # t(.975, 2) / √3


@pytest.mark.parametrize("section", [name[10:] for name in runs.names() if name.startswith("benchmark-")])
def test_recorded_tables_say_where_they_come_from(section: str) -> None:
    meta = runs.load(f"benchmark-{section}").meta
    assert {"commit", "torch", "processor", "load", "date", "command"} <= set(meta)
    assert meta["table"].startswith("| ")


def test_the_readme_shows_what_was_recorded() -> None:
    found = summary.BETWEEN.search(summary.README.read_text(encoding="utf-8"))
    assert found is not None
    assert found[0] == found[1] + summary.table() + found[2]


def test_a_closed_critic_is_not_looked_into() -> None:
    from wgan_lib.constraints.input_gradients import reverse_chain

    critic = nn.Sequential(nn.Linear(2, 1))
    assert reverse_chain(critic) is not None
    assert reverse_chain(steps.Closed(critic)) is None


def test_the_command_explains_itself_and_refuses_too_few_rounds() -> None:
    command = [sys.executable, str(Path(measuring.__file__).with_name("training.py"))]
    told = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True)
    assert "mean ± 95 % over seeds" in " ".join(told.stdout.split())
    refused = subprocess.run([*command, "--rounds", "2"], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "--rounds is 2" in refused.stderr


def test_modes_alone_call_every_planar_preset_perfect_and_the_other_columns_do_not() -> None:
    """What the page says of the ring."""
    run = runs.load("presets-planar")
    names = [name for name in presets.names() if name.endswith("ring8")]
    assert len(names) == 8
    for name in names:
        assert (run[f"{name}/modes"] == 8).all()
        assert len(run[f"{name}/w1"]) == len(run.meta["seed"]) == 5
    others = [name for name in names if name != "gan-ring8"]
    assert run["gan-ring8/kl"].min() > max(run[f"{name}/kl"].max() for name in others) > 0
    assert run["algorithm1-ring8/kl"].max() < 0.01
    assert run["algorithm1-ring8/quality"].max() < 0.1 < 0.4 < run["clipping-ring8/quality"].min()
    assert run["gan-ring8/w1"].min() > 3 * run["gan-ring8/null"].mean()


def test_on_the_grid_the_share_near_a_mode_alone_calls_the_plain_gan_good() -> None:
    """What the page says of the grid."""
    run = runs.load("presets-planar")
    names = [name for name in presets.names() if name.endswith("grid25")]
    assert len(names) == 8
    assert set(run.meta["commits"]) >= set(names)
    others = [name for name in names if name != "gan-grid25"]
    assert all((run[f"{name}/modes"] == 25).all() for name in others)
    assert 10 <= run["gan-grid25/modes"].min() <= run["gan-grid25/modes"].max() <= 15
    assert sum(run["gan-grid25/quality"].mean() < run[f"{name}/quality"].mean() for name in others) <= 1
    assert run["gan-grid25/w1"].min() > 4 * run["gan-grid25/null"].mean()
    assert run["algorithm1-grid25/w1"].min() > 1.8 * run["gan-grid25/null"].mean()
    six = [run[f"{name}/w1"] for name in others if name != "algorithm1-grid25"]
    best, worst = min(six, key=np.mean), max(six, key=np.mean)
    assert stats.ttest_rel(worst, best).pvalue > 0.05  # "do not put them in an order"
