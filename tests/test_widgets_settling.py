"""DiracPlane: its path against the library's losses and constraints by autograd, and the page it makes."""

import itertools
import math

import numpy as np
import pytest
import torch
from playwright import sync_api
from test_widgets import in_node
from torch import nn
from widget_pages import centre, drag, handle, phone, readings, settled, state, until

from wgan_lib import losses, widgets
from wgan_lib.constraints import GradientPenalty, LipschitzConstraint, Unconstrained, WeightClipping

NUMBERS = ("strength", "rate", "momentum", "n_critic")
GAME = ("loss", "constraint", "order", *NUMBERS)


def library_constraint(name: str, strength: float) -> LipschitzConstraint:
    """The library's constraint behind a name of the widget."""
    return {
        "none": Unconstrained(),
        "clipping": WeightClipping(strength),
        "GP": GradientPenalty(strength),
        "one-sided GP": GradientPenalty(strength, one_sided=True),
        "R1": GradientPenalty(strength / 2, target=0.0, at="reals"),
        "R1 + R2": GradientPenalty(strength / 2, target=0.0, at="both"),
    }[name]


def by_autograd(widget: widgets.DiracPlane, rounds: int) -> np.ndarray:
    """The same path by the library's losses, penalties and projections, on two scalar networks."""
    loss = getattr(losses, widget.loss)
    constraint = library_constraint(widget.constraint, widget.strength)
    critic = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Flatten(0)).double()
    theta = torch.tensor([[widget.start[0]]], dtype=torch.float64, requires_grad=True)
    psi = critic[0].weight
    psi.data.fill_(widget.start[1])
    real, rng = torch.zeros(1, 1, dtype=torch.float64), torch.Generator().manual_seed(0)
    speeds, found = {"critic": 0.0, "generator": 0.0}, [(theta.item(), psi.item())]

    def move(player: str, gradient: torch.Tensor) -> None:
        speeds[player] = widget.momentum * speeds[player] + gradient
        (theta if player == "generator" else psi).data -= widget.rate * speeds[player]
        if player == "critic":
            constraint.project(critic)

    def of_critic() -> torch.Tensor:
        fake = theta.detach()
        total = loss.critic(critic(real), critic(fake)) + constraint.penalty(critic, real, fake, rng)
        return torch.autograd.grad(total, psi)[0]

    def of_generator() -> torch.Tensor:
        return torch.autograd.grad(loss.generator(critic(theta), critic(real)), theta)[0]

    for _ in range(rounds):
        pull = of_generator() if widget.order != "critic first" else None
        if widget.order == "generator first":
            move("generator", pull)
        for _ in range(widget.n_critic):
            move("critic", of_critic())
        if widget.order != "generator first":
            move("generator", of_generator() if pull is None else pull)
        found.append((theta.item(), psi.item()))
    return np.array(found)


def games() -> list[dict]:
    """Each pair of loss and constraint with random numbers; the orders in turn, half of them without momentum."""
    rng, orders = np.random.default_rng(5), itertools.cycle(widgets.DiracPlane().reach["order"])
    reach = widgets.DiracPlane().reach
    return [
        {
            "start": rng.uniform(-1.4, 1.4, 2).round(2).tolist(),
            "loss": loss,
            "constraint": constraint,
            "order": next(orders),
            "strength": float(rng.uniform(0.05, 2)),
            "rate": float(rng.uniform(0.01, 0.5)),
            "momentum": float(rng.uniform(-0.5, 0.9)) * (k % 2),
            "n_critic": int(rng.integers(1, 6)),
        }
        for k, (loss, constraint) in enumerate(itertools.product(reach["loss"], reach["constraint"]))
    ]


@pytest.mark.parametrize("game", games(), ids=lambda game: f"{game['loss']}, {game['constraint']}, {game['order']}")
def test_the_path_is_the_librarys(game):
    widget = widgets.DiracPlane(**game)
    expected = by_autograd(widget, 60)
    bound = np.maximum.accumulate(np.hypot(*expected.T)) < 1e6
    assert bound[:10].all()
    np.testing.assert_allclose(widget.path[:61][bound], expected[bound], rtol=1e-9, atol=1e-9)


def test_the_pages_path_is_pythons():
    shown = [widgets.DiracPlane(**game) for game in games()]
    finite = "(s) => s.slice(0, 2).map((u) => Number.isFinite(u) ? u : null)"
    expression = f"v.games.map((g) => m.path(g.start, g, 500).map({finite}))"
    states = in_node(expression, "maths/dirac.mjs", games=games())
    for widget, found in zip(shown, states, strict=True):
        page = np.array([[math.inf if u is None else u for u in s] for s in found])
        np.testing.assert_allclose(page, widget.path, rtol=1e-9, atol=1e-9)
        assert widget.rest == pytest.approx(np.hypot(*page[-100:].T).mean(), rel=1e-9, abs=1e-12)
        widget.step = 37
        assert widget.radius == pytest.approx(np.hypot(*page[37]), rel=1e-9)


@pytest.mark.parametrize("order", ["simultaneous", "critic first", "generator first"])
def test_here_rpgan_is_the_non_saturating_gan_and_r2_is_r1(order):
    game = {"order": order, "start": (1.3, -0.7), "n_critic": 2}
    one = widgets.DiracPlane(loss="RELATIVISTIC", constraint="R1 + R2", strength=0.4, **game)
    other = widgets.DiracPlane(loss="NON_SATURATING", constraint="R1", strength=0.8, **game)
    np.testing.assert_allclose(one.path, other.path, rtol=0, atol=1e-12)
    np.testing.assert_allclose(by_autograd(one, 20), by_autograd(other, 20), rtol=0, atol=1e-9)


def test_without_a_constraint_the_wasserstein_path_keeps_its_ellipse_or_grows_by_its_factor():
    for order, sign in (("critic first", -1), ("generator first", 1)):
        theta, psi = widgets.DiracPlane(order=order, rate=0.3).path.T
        kept = theta**2 + psi**2 + sign * 0.3 * theta * psi
        np.testing.assert_allclose(kept, kept[0], rtol=1e-9)
    radii = np.hypot(*widgets.DiracPlane(order="simultaneous", rate=0.2).path.T)
    np.testing.assert_allclose(radii[1:] / radii[:-1], math.sqrt(1.04), rtol=1e-9)


def test_impossible_values_are_refused():
    for bad, message in (
        ({"start": [1.0]}, "two numbers"),
        ({"start": [1.0, math.nan]}, "finite"),
        ({"step": 501}, "step must be 0 to 500"),
        ({"n_critic": 0}, "n_critic must be 1 to 100"),
        ({"rate": 0.0}, "rate must be in"),
        ({"loss": "BEST"}, "BEST"),
    ):
        with pytest.raises((widgets.InvalidTrait, Exception), match=message):
            widgets.DiracPlane(**bad)


def test_a_pull_of_constant_length_never_rests_and_the_other_two_do():
    stuck = widgets.ConstantPull()
    np.testing.assert_allclose(stuck.places[:7], [1, 0.7, 0.4, 0.1, -0.2, 0.1, -0.2], atol=1e-12)
    assert sorted(set(stuck.places[3:])) == [-0.2, 0.1]
    assert (stuck.end, stuck.swing) == pytest.approx((-0.2, 0.3))
    assert widgets.ConstantPull(rate=0.25).end == 0  # it lands on 0 by luck
    fading = widgets.ConstantPull(pull="constant, steps fade")
    assert fading.swing <= 0.3 / (1 + 39 / 5) + 1e-9
    assert widgets.ConstantPull(pull="proportional").end == pytest.approx(0.7**40, abs=1e-8)
    kinds = [(1.0, 0.3, pull) for pull in stuck.reach["pull"]] + [(-1.3, 0.17, "constant"), (0.4, 0.6, "proportional")]
    found = in_node("v.kinds.map(([a, b, c]) => m.pulled(a, b, c, 40))", "maths/dirac.mjs", kinds=kinds)
    for (start, rate, pull), places in zip(kinds, found, strict=True):
        expected = widgets.ConstantPull(start=start, rate=rate, pull=pull).places
        np.testing.assert_allclose(places, expected, atol=2e-9)


@pytest.mark.browser
def test_the_start_can_be_dragged_and_one_word_makes_the_path_spiral_in(open_page):
    page = open_page(widgets.DiracPlane(rate=0.3))
    first = state(page)
    drag(page, centre(handle(page, "start")), (-60, 30))
    moved = settled(page)
    assert moved["start"][0] < 0.6
    assert moved["start"][1] < 0.9
    assert moved["rest"] < first["rest"]
    page.locator('input[value="R1"]').check()
    assert settled(page)["rest"] < 1e-6
    sync_api.expect(page.locator(".me-readout")).to_contain_text("settled")
    assert float(readings(page)["rest"]) == 0
    page.locator("input[value=RELATIVISTIC]").check()
    page.locator('input[value="R1 + R2"]').check()
    told = page.locator("[data-same]")  # written in the next frame
    sync_api.expect(told).to_contain_text("relativistic loss is the non-saturating")
    sync_api.expect(told).to_contain_text("R1 is R2")
    page.locator("input[value=HINGE]").check()
    sync_api.expect(told).not_to_contain_text("non-saturating")
    sync_api.expect(told).to_contain_text("R1 is R2")


@pytest.mark.browser
def test_the_path_plays_steps_and_tells_the_radius_of_its_round(open_page):
    widget = widgets.DiracPlane(step=0, loss="NON_SATURATING")
    page = open_page(widget)
    page.get_by_role("button", name="One step").click()
    assert settled(page)["step"] == 1
    page.locator(".me-transport input").fill("40")
    now = settled(page)
    assert now["radius"] == pytest.approx(np.hypot(*widget.path[40]), abs=1e-9)
    assert now["rest"] == pytest.approx(widget.rest, abs=1e-9)
    page.get_by_role("button", name="Play").click()
    until(lambda: later(state(page)["step"], 40))
    page.get_by_role("button", name="Pause").click()
    stopped = settled(page)["step"]
    assert settled(page)["step"] == stopped


def later(now: float, before: float) -> None:
    assert now > before


@pytest.mark.browser
def test_on_a_small_phone_the_open_controls_do_not_widen_the_page(open_page):
    page = phone(open_page, widgets.DiracPlane())
    page.set_viewport_size({"width": 320, "height": 900})
    page.locator("summary").click()
    until(lambda: visible(page))
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def visible(page) -> None:
    assert page.locator("input[value=NON_SATURATING]").is_visible()
