"""Interpolates, PairsInPlane and TwoSidedTrap: the library's points for the same seed, its penalty, its critic."""

import numpy as np
import pytest
import torch
from playwright import sync_api
from scipy.optimize import minimize
from test_widgets import in_node
from torch import Tensor, nn
from widget_pages import centre, drag, handle, settled, state, until

from wgan_lib import transport, widgets
from wgan_lib.constraints import GradientPenalty

MATHS = "maths/penalties.mjs"
BENT = [0.0, 1.5, 3.0, 4.0, 3.0, 3.5, 5.0, 5.5, 6.0]
PLACES = ("reals", "random pairs", "optimal pairs")


class Watched(nn.Module):
    """A critic that keeps the points at which the penalty asks for its slope."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.layer = nn.Linear(dim, 1).double()

    def forward(self, x: Tensor) -> Tensor:
        self.points = x.detach()
        return self.layer(x.sin())[..., 0]


def asked(real: np.ndarray, fake: np.ndarray, seed: int, at: str = "interpolates") -> np.ndarray:
    """The points of the library's penalty for a batch and a generator's seed."""
    real, fake = (torch.tensor(cloud).reshape(len(cloud), -1) for cloud in (real, fake))
    critic = Watched(real.shape[1])
    GradientPenalty(1.0, at=at).penalty(critic, real, fake, torch.Generator().manual_seed(seed))
    return critic.points.numpy()


@pytest.mark.parametrize("seed", [0, 7, 99])
def test_the_dots_are_the_librarys_points_for_the_same_seed(seed):
    for at in PLACES:
        w = widgets.Interpolates(at=at, seed=seed)
        x, y = np.array(w.real), np.array(w.generated)
        if at == "optimal pairs":
            x, y = np.sort(x), np.sort(y)
        theirs = asked(x, y, seed, "reals" if at == "reals" else "interpolates")[:, 0]
        np.testing.assert_array_equal(w.points(), theirs)
        if at == "reals":
            continue
        drawn = in_node(
            "m.interpolates(m.pairsOnLine(v.real, v.fake, v.optimal), m.alphas(v.seed, v.real.length))", MATHS,
            real=w.real, fake=w.generated, optimal=at == "optimal pairs", seed=seed,
        )  # fmt: skip
        np.testing.assert_array_equal(drawn, theirs)


@pytest.mark.parametrize("pairs", ["random", "optimal"])
def test_in_the_plane_too_and_for_the_cheapest_pairs(pairs):
    w = widgets.PairsInPlane(pairs=pairs, seed=4, shift=[0.3, -0.2])
    x, y = np.array(w.real), np.array(w.generated) + w.shift
    if pairs == "optimal":
        y = y[transport.plan(x, y).coupling.argmax(1)]
    np.testing.assert_array_equal(w.points(), asked(x, y, 4))
    drawn = in_node(
        "(() => { const { match } = m.criticOf(v.x, v.y);"
        " const pairs = v.x.map((p, i) => [p, v.y[v.optimal ? match[i] : i]]);"
        " return m.interpolates(pairs, m.alphas(4, pairs.length)); })()", MATHS,
        x=w.real, y=(np.array(w.generated) + w.shift).tolist(), optimal=pairs == "optimal",
    )  # fmt: skip
    np.testing.assert_allclose(drawn, w.points(), atol=1e-15)


def test_the_pages_critic_is_the_librarys_in_the_middle_of_all_optimal_ones():
    rng = np.random.default_rng(0)
    for n in (1, 2, 16):
        x, y, z = rng.normal(size=(n, 2)), rng.normal(size=(n, 2)) + 0.5, rng.normal(0, 2, (60, 2))
        theirs = transport.optimal_critic(x, y, tips="both", prices="middle")
        gradient, w1 = in_node(
            "(() => { const c = m.criticOf(v.x, v.y); return [v.z.map((p) => c.gradient(...p)), c.w1]; })()", MATHS,
            x=x.tolist(), y=y.tolist(), z=z.tolist(),
        )  # fmt: skip
        np.testing.assert_allclose(gradient, theirs.gradient(z), atol=1e-9)
        assert w1 == pytest.approx(transport.w1(x, y))


def test_an_exact_critic_pays_at_random_pairs_and_never_at_optimal_ones():
    for seed in range(5):
        w = widgets.PairsInPlane(pairs="optimal", seed=seed)
        assert w.paid < 1e-12
        assert w.slope == pytest.approx(1)
        assert w.length == pytest.approx(w.w1)
        w.pairs = "random"
        assert w.paid > 0.005
        assert w.slope < 0.99
        assert w.length > 1.2 * w.w1


@pytest.mark.parametrize("at", PLACES)
def test_gap_and_penalty_are_expectations_by_their_definitions(at):
    w = widgets.Interpolates(at=at, values=BENT, weight=2.5)
    x, y = np.array(w.real), np.array(w.generated)
    assert w.gap == pytest.approx(np.interp(x, w.knots, BENT).mean() - np.interp(y, w.knots, BENT).mean())
    alpha = (np.arange(4000) + 0.5) / 4000
    if at == "reals":
        places = x
    elif at == "optimal pairs":
        places = alpha[:, None] * np.sort(x) + (1 - alpha[:, None]) * np.sort(y)
    else:
        places = alpha[:, None, None] * x[:, None] + (1 - alpha[:, None, None]) * y
    slopes = np.diff(BENT)[np.floor(places).astype(int)]
    assert w.penalty == pytest.approx(2.5 * np.square(np.abs(slopes) - 1).mean(), rel=2e-3)
    assert w.value == pytest.approx(w.gap - w.penalty)
    assert w.w1 == pytest.approx(transport.w1(x, y))
    page = in_node(
        "(() => { const share = m.shares(v.knots, m.looks(v.at, v.x, v.y)), flow = m.crossings(v.knots, v.x, v.y);"
        " return m.valued(m.slopesOf(v.knots, v.f), flow, share, 2.5); })()", MATHS,
        knots=w.knots, at=at, x=w.real, y=w.generated, f=BENT,
    )  # fmt: skip
    assert [page["gap"], page["penalty"], page["value"]] == pytest.approx([w.gap, w.penalty, w.value])


def test_the_climb_ends_at_the_best_critic_of_straight_pieces():
    w = widgets.Interpolates(weight=1.0)

    def loss(values: np.ndarray) -> float:
        w.values = [0.0, *values]
        return -w.value

    best = minimize(loss, np.arange(1.0, 9.0), method="L-BFGS-B", options={"maxfun": 4000})
    slopes = in_node(
        "(() => { const share = m.shares(v.knots, m.looks(v.at, v.x, v.y)), flow = m.crossings(v.knots, v.x, v.y);"
        " let s = flow.map(() => 0); for (let k = 0; k < 4000; k++) s = m.climbed(s, flow, share, 1, 0.04);"
        " return s; })()", MATHS, knots=w.knots, at=w.at, x=w.real, y=w.generated,
    )  # fmt: skip
    w.values = np.r_[0.0, np.cumsum(slopes)].tolist()
    assert w.value == pytest.approx(-best.fun, abs=1e-4)
    assert w.gap > w.value > w.w1  # the knots let f be an optimal critic: the penalised value is above W1 then


@pytest.mark.parametrize("ratio", [0.1, 0.5, 1.5, 3.0])
@pytest.mark.parametrize("one_sided", [False, True])
def test_the_trap_is_one_dimensional_and_two_sided(ratio, one_sided):
    w = widgets.TwoSidedTrap(ratio=ratio, one_sided=one_sided)
    trapped = not one_sided and ratio < 2
    assert w.slope == pytest.approx(-1 + ratio / 2 if trapped else w.best, abs=1e-3)
    assert w.lost == pytest.approx(2 * ratio if trapped else 0, abs=1e-4)
    w.start = [-1.0, 0.05]
    assert w.slope == pytest.approx(w.best, abs=1e-2)
    for start in ([-1.0, 0.0], [-1.0, 0.05], [2.0, -1.2]):
        w.start = start
        page = in_node("m.trapPath(v.a, v.t, v.s).at(-1)", MATHS, a=start, t=ratio, s=one_sided)
        assert page == pytest.approx(list(w._end()), abs=1e-9)


def test_impossible_states_are_refused():
    for bad, words in (
        ({"real": [1.0], "generated": [2.0, 3.0]}, "equally many"),
        ({"real": [9.0], "generated": [2.0]}, "inside the knots"),
        ({"knots": [0, 5, 5]}, "rise"),
        ({"values": [0, 1]}, "one a knot"),
        ({"seed": 100}, "0 to 99"),
        ({"weight": 0}, "weight"),
        ({"at": "interpolates"}, "at"),
    ):
        with pytest.raises(widgets.InvalidTrait if words != "at" else Exception, match=words):
            widgets.Interpolates(**bad)
    for bad, words in (
        ({"real": [[1.0, 2.0]]}, "equally many"),
        ({"real": [1.0]}, r"\(n, 2\)"),
        ({"shift": [1]}, "two"),
    ):
        with pytest.raises(widgets.InvalidTrait, match=words):
            widgets.PairsInPlane(**bad)
    for bad in ({"ratio": 0.0}, {"start": [1.0]}):
        with pytest.raises(widgets.InvalidTrait):
            widgets.TwoSidedTrap(**bad)


@pytest.mark.browser
def test_at_the_reals_the_climb_leaves_the_picture_and_between_pairs_it_settles(open_page):
    page = open_page(widgets.Interpolates(at="reals"), reduced_motion="reduce")
    press = page.get_by_role("button", name="Climb")
    press.click()
    away = settled(page)
    assert max(away["values"]) > 11.5
    assert away["gap"] > 2 * away["w1"]
    sync_api.expect(page.locator("[aria-live]")).to_contain_text("climb on")
    page.get_by_role("button", name="Reset").click()
    page.get_by_label("random pairs").check()
    press.click()
    first = settled(page)
    press.click()
    assert settled(page)["value"] == pytest.approx(first["value"], abs=0.01)
    assert first["w1"] < first["value"] < first["gap"] < 5


@pytest.mark.browser
def test_a_knot_bends_the_critic_and_a_start_off_the_line_escapes(open_page):
    page = open_page(widgets.Interpolates())
    drag(page, centre(handle(page, "f at 3.0")), (0, -60))
    assert state(page)["values"][3] > 1
    assert [v for k, v in enumerate(state(page)["values"]) if k != 3] == [0.0] * 8
    page = open_page(widgets.TwoSidedTrap())
    assert settled(page)["slope"] == pytest.approx(-0.75, abs=1e-3)
    drag(page, centre(handle(page, "start")), (0, -25))
    assert settled(page)["slope"] == pytest.approx(1.25, abs=0.01)
    page = open_page(widgets.PairsInPlane())
    before = settled(page)["w1"]
    drag(page, centre(handle(page, "the generated cloud")), (120, 0))
    until(lambda: moved(state(page)["w1"], before))


def moved(now: float, before: float) -> None:
    assert now < before - 0.2  # nearer to the real ones
