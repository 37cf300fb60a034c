"""Odd arguments, as some tens of thousands of random calls found them: each is refused by its name, or works.

A test for each kind of fault that was found, over the calls where it stood; the checks themselves are in test_checks.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from wgan_lib import (
    constraints,
    diagnostics,
    divergences,
    images,
    losses,
    metrics,
    networks,
    presets,
    runs,
    sampling,
    tables,
    training,
    transport,
)

CRITIC = networks.mlp(2, 8, 1)
X, Y = torch.randn(2, 12, 2, generator=torch.Generator().manual_seed(0))
ROWS = np.random.default_rng(0).normal(size=(40, 3))
LABELS = (ROWS[:, 0] > 0).astype(int)
PICTURES = torch.zeros(40, 1, 8, 8)
DIGITS = metrics.load_classifier("digits")
LONG: Any = "a" * 5000
GIVEN = np.arange(4.0)
NONE: Any = None  # odd values are Any: no type checker is to see that they are wrong
NAN: Any = float("nan")


def odd(value: object) -> Any:
    return value


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


ASKED = {
    "gradient_norms": lambda critic, x: diagnostics.gradient_norms(critic, x),
    "gradient_norm_by_layer": lambda critic, x: diagnostics.gradient_norm_by_layer(critic, x),
    "lipschitz_on_pairs": lambda critic, x: diagnostics.lipschitz_on_pairs(critic, x, Y),
    "slope_at_interpolates": lambda critic, x: diagnostics.slope_at_interpolates(critic, x, x, rng()),
    "constraints.gradient_norms": lambda critic, x: constraints.gradient_norms(critic, x),
    "mixes_samples": lambda critic, x: constraints.mixes_samples(critic, x),
}


@pytest.mark.parametrize("call", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("critic", [None, object, print, 3.0, LONG], ids=["None", "class", "print", "number", "text"])
def test_what_is_no_critic_is_refused_as_the_critic(call: Callable[..., Any], critic: object) -> None:
    with pytest.raises((TypeError, ValueError), match="critic") as caught:
        call(critic, X)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("call", ASKED.values(), ids=ASKED)
def test_samples_that_a_critic_cannot_take_are_refused_with_both_names(call: Callable[..., Any]) -> None:
    with pytest.raises(
        ValueError, match=r"critic refuses (x|real) of shape \(12, 3\)|x \(12, 3\) and y \(12, 2\) must"
    ):
        call(CRITIC, torch.zeros(12, 3))


@pytest.mark.parametrize("name", [name for name in ASKED if name != "mixes_samples"])  # which looks at one score only
def test_a_column_of_scores_is_refused_as_the_critics(name: str) -> None:
    with pytest.raises(ValueError, match=r"^critic (gives scores \(12, 1\)|gave scores \(12, 1\)|must give one score)"):
        ASKED[name](nn.Linear(2, 1), X)


@pytest.mark.parametrize("call", ASKED.values(), ids=ASKED)
def test_tensors_without_numbers_of_their_own_are_refused(call: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match=r"^(x|real) "):
        call(CRITIC, torch.zeros(3, 2).to_sparse())


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "densities on another grid": (lambda: divergences.js(GIVEN, GIVEN, np.arange(3.0)), r"grid point of x \(3\)"),
    "a ring too wide": (lambda: sampling.ring(8, 1e308), "radius"),
    "a grid too narrow": (lambda: sampling.grid(25, 2.0, 1e-320), "std"),
    "funnels of NaN": (lambda: sampling.min_funnels(2, 3, 0).critic(X * torch.nan), "x holds"),
    "funnels of other points": (lambda: sampling.min_funnels(2, 3, 0).critic_gradient(torch.zeros(4, 3)), "x has"),
    "funnels of a number": (lambda: sampling.min_funnels(2, 3, 0).critic_gradient(odd(0)), "x is 0"),
    "relativistic scores": (lambda: losses.RELATIVISTIC.generator(NONE, X[:, 0]), "fake_scores"),
    "sparse scores": (lambda: losses.HINGE.generator(torch.zeros(3).to_sparse()), "fake_scores"),
    "a graph or not": (lambda: constraints.gradient_norms(CRITIC, X, create_graph=NONE), "create_graph"),
    "rows of other widths": (lambda: metrics.closest(ROWS, ROWS[:, :2]), "rows 3, to 2"),
    "members of other widths": (lambda: metrics.membership(ROWS[:, :1], ROWS, ROWS), "members 1"),
    "no members": (lambda: metrics.membership(NONE, ROWS, ROWS), "members"),
    "a test of other widths": (lambda: metrics.taught_by(ROWS, LABELS, ROWS[:, :2], LABELS), "test 2"),
    "ragged labels": (lambda: metrics.taught_by(ROWS, [[1, 2], [3]], ROWS, LABELS), "labels"),
    "labels of a half": (lambda: metrics.taught_by(ROWS, LABELS + 0.5, ROWS, LABELS), "labels"),
    "rows beyond a forest": (lambda: metrics.taught_by(ROWS * 1e200, LABELS, ROWS, LABELS), "rows"),
    "ragged classes": (lambda: metrics.class_shares(odd([[1, 2], [3]]), 3), "classes"),
    "too few classes": (lambda: metrics.class_shares([0, 1, 2], 2), "n_classes"),
    "no classifier": (lambda: metrics.scores(PICTURES, PICTURES, NONE, rng()), "classifier"),
    "no pictures": (lambda: metrics.scores(NONE, PICTURES, DIGITS, rng()), "generated"),
    "pictures of NaN": (lambda: metrics.scores(PICTURES, PICTURES * torch.nan, DIGITS, rng()), "held_out"),
    "a classifier of no name": (lambda: metrics.load_classifier(NONE), "name is None"),
    "a classifier elsewhere": (lambda: metrics.load_classifier("../x/digits"), "the name"),
    "a curve of text": (lambda: diagnostics.curve_signs(odd("curve")), "values"),
    "a curve of complex numbers": (lambda: diagnostics.curve_signs(odd([1j] * 60)), "values"),
    "squeeze": (lambda: networks.mlp(2, 1, squeeze=NAN), "squeeze"),
    "summed": (lambda: networks.resnet_critic(1, 4, summed=odd(np.arange(3))), "summed"),
    "gain": (lambda: networks.initialise(CRITIC, float("nan"), rng()), "gain"),
    "kind of weights": (lambda: networks.initialise(CRITIC, 1.0, rng(), weights=odd(0)), "weights"),
    "numbers to draw from": (lambda: networks.initialise(CRITIC, 1.0, odd(3)), "rng"),
    "rank": (lambda: training.stream(0, "data", rank=-1), "rank"),
    "steps before": (lambda: training.original_critic_steps(NAN), "index"),
    "betas without numbers": (lambda: training.Adam(betas=odd(torch.zeros(2, device="meta"))), "betas"),
    "marks of bytes": (lambda: training.Recorder(at=odd(b"3")), "at is"),
    "a seed without numbers": (lambda: presets.build("wgan-gp-ring8", seed=odd(torch.zeros(2, device="meta"))), "seed"),
    "meta of nothing": (lambda: runs.as_json(NONE), "meta is None"),
    "classes of pictures": (
        lambda: images.Images("x", torch.zeros(4, 1, 8, 8, dtype=torch.uint8), torch.zeros(4)),
        "labels",
    ),
    "mirrored": (
        lambda: images.Images("x", torch.zeros(4, 1, 8, 8, dtype=torch.uint8), mirrored=NAN),
        "mirrored",
    ),
    "columns to leave out": (lambda: tables.of({"a": [1.0, 2.0] * 30}, leave_out=NONE), "leave_out"),
}


@pytest.mark.parametrize(("call", "named"), REFUSED.values(), ids=REFUSED)
def test_an_odd_argument_is_refused_by_its_name(call: Callable[[], object], named: str) -> None:
    with pytest.raises((TypeError, ValueError, FileNotFoundError), match=named):
        call()


TOLD: dict[str, Callable[[], object]] = {
    "sliced_w1": lambda: transport.sliced_w1(ROWS, ROWS, LONG),
    "mode_coverage": lambda: metrics.mode_coverage(X, LONG),
    "mlp": lambda: networks.mlp(2, 1, rng=LONG),
    "sn_critic": lambda: networks.sn_critic(1, LONG),
    "r3gan_critic": lambda: networks.r3gan_critic(1, (8,) * 4, LONG),
    "Schedules": lambda: training.Schedules(penalty=LONG),
    "Recorder": lambda: training.Recorder(measures=LONG),
    "lipschitz_bound": lambda: diagnostics.lipschitz_bound(LONG),
}


@pytest.mark.parametrize("call", TOLD.values(), ids=TOLD)
def test_a_long_argument_is_told_in_short(call: Callable[[], object]) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert len(str(caught.value)) < 400


def test_distances_to_the_closest_row_hold_at_every_scale() -> None:
    expected = metrics.closest(ROWS, ROWS[::-1] + 0.1)
    for scale in (1e-200, 1e200):
        found = metrics.closest(ROWS * scale, (ROWS[::-1] + 0.1) * scale)
        np.testing.assert_allclose(found / scale, expected, rtol=1e-9)


@pytest.mark.parametrize("labels", [list("ab" * 20), torch.tensor(LABELS), LABELS.astype(float), LABELS == 1], ids=type)
def test_labels_of_any_make_teach(labels: Any) -> None:
    assert metrics.taught_by(ROWS, labels, ROWS, labels).value == 1.0
