"""The Wasserstein GAN Lab: its worker in node, its weights in Python, and the page that trains."""

import numpy as np
import pytest
import torch
import traitlets
from lab_engine import made
from test_widgets import in_node
from widget_pages import phone, readings, state, until

from wgan_lib import widgets

SMALL = {"generator": [16, 16], "critic": [16, 16], "batch": 32, "seed": 2}


def test_a_session_goes_back_to_what_it_kept_and_on_from_there() -> None:
    run = """(() => {
      const said = [], answer = m.answering((message) => said.push(message), () => 0);
      const ask = (call, rest = {}, want = { reach: 2.5, layers: ["surface", "arrows", "grid"] }) => {
        answer({ id: said.length, call, want, ...rest });
        return said.at(-1);
      };
      ask("make", { settings: v.settings, kind: "js" });
      const five = ask("rounds", { n: 5 }), same = ask("look"), ten = ask("rounds", { n: 5 });
      const back = ask("back", { step: 4 }), again = ask("rounds", { n: 5 });
      const wrong = ask("make", { settings: { ...v.settings, batch: 0 } });
      const pick = (f) => [f.steps.generator, Array.from(f.fake), f.kept, f.history && f.history.map((h) => h.step)];
      const { surface, grid } = five;
      return [[five, ten, back, again].map(pick), same.history, surface.values.length, grid.points.length, wrong.error];
    })()"""
    (five, ten, back, again), same, surface, grid, error = in_node(run, "lab/worker.mjs", settings=SMALL)
    assert [frame[0] for frame in (five, ten, back, again)] == [5, 10, 5, 10]
    assert back[1] == five[1]
    assert again[1] == ten[1]  # the same way, once more
    assert ten[2] == back[2] == again[2] == [0, 5, 10]
    assert (five[3], ten[3], again[3]) == ([0, 5], [0, 5, 10], [0, 5, 10])
    assert (same, back[3]) == (None, None)  # the curve that was sent before
    assert surface == 48 * 48
    assert grid == 2 * 2 * 13 * 33
    assert error.startswith("batch is 0")


def test_its_weights_are_a_networks_and_back() -> None:
    lab = widgets.WganLab(width=12, depth=3)
    generator, critic = made(lab.shapes["generator"], 0), made(lab.shapes["critic"], 1)
    lab.start_from(generator.state_dict(), critic.state_dict())
    x = torch.randn(20, 2, generator=torch.Generator().manual_seed(0))
    run = """(() => {
      const t = m.makeTrainer({ critic: [12, 12, 12] }, "wasm");
      t.load(v.weights);
      const { values, gradients } = t.critic(v.x);
      return [Array.from(values), Array.from(gradients), Array.from(t.generate(v.x))];
    })()"""
    values, gradients, points = in_node(run, "lab/trainer.mjs", weights=lab.start, x=x.flatten().tolist())
    x.requires_grad_(True)
    scores = critic(x)
    scores.sum().backward()
    np.testing.assert_allclose(values, scores.detach(), atol=1e-5)
    np.testing.assert_allclose(np.reshape(gradients, (20, 2)), x.grad, atol=1e-5)
    np.testing.assert_allclose(np.reshape(points, (20, 2)), generator(x).detach(), atol=1e-5)
    other = made(lab.shapes["critic"], 9)
    other.load_state_dict({name: torch.from_numpy(w) for name, w in lab.state_dicts()["critic"].items()})
    assert torch.equal(other(x), scores)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"weights": {"critic": [1.0]}}, "it must have generator and critic"),
        ({"weights": {"generator": [1.0], "critic": [1.0]}}, "sizes"),
        ({"start": {"generator": [1.0], "critic": [1.0]}}, "sizes"),
        ({"points": [1.0, 2.0]}, "points has shape"),
        ({"n_critic": 0}, "n_critic must be from 1 to 50"),
        ({"depth": 9}, "depth must be"),
        ({"weight": -1.0}, "weight must be"),
        ({"law": "heart"}, "law"),
    ],
)
def test_it_refuses_what_it_cannot_train(wrong, words) -> None:
    with pytest.raises((ValueError, traitlets.TraitError), match=words):
        widgets.WganLab(**wrong)
    with pytest.raises(ValueError, match="Hand the weights"):
        widgets.WganLab().state_dicts()


@pytest.mark.browser
def test_it_trains_in_a_worker_and_what_is_chosen_starts_afresh(open_page) -> None:
    page = open_page(widgets.WganLab(width=16, batch=32, grid=True, arrows=True))
    until(lambda: state(page)["w1"] is not None)
    start = state(page)
    page.get_by_role("button", name="+1 critic step").click()
    until(lambda: readings(page)["estimate"] != f"{start['estimate']:.2f}")
    assert state(page)["steps"] == 0
    page.get_by_role("button", name="Play").click()
    until(lambda: state(page)["steps"] > 10)
    page.get_by_role("button", name="Pause").click()
    until(lambda: page.get_by_role("button", name="Play").count() == 1)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save a picture").click()
    assert saved.value.suggested_filename == "wasserstein-gan-lab.png"
    assert saved.value.path().read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    page.get_by_role("button", name="Eight more seeds").click()
    until(lambda: "L" in (page.locator("path.me-faint:visible").first.get_attribute("d") or ""))  # the swarm is drawn
    page.get_by_role("button", name="Hand the weights to Python").click()
    until(lambda: "trait weights" in page.locator("[aria-live]").inner_text())
    page.get_by_role("button", name="Reset").click()
    until(lambda: state(page)["w1"] == start["w1"])  # the same initialisation
    assert state(page)["steps"] == 0
    page.get_by_label("Seed").fill("3")
    page.get_by_label("Seed").press("Enter")
    until(lambda: state(page)["w1"] not in (None, start["w1"]))
    page.get_by_label("Slow motion").check()
    page.get_by_role("button", name="Play").click()
    until(lambda: page.locator(".me-lit").count() == 1)
    until(lambda: "batch" in page.locator("[aria-live]").inner_text())


@pytest.mark.browser
def test_what_leaves_the_plot_or_the_map_is_not_lost(open_page) -> None:
    trap = widgets.WganLab(law="line", depth=0, weight=2.0, batch=32, generator_rate=0.0)  # the critic stays in it
    page = open_page(trap)
    move = "traits => document.querySelector('[data-widget]').wganMove(traits, { animate: false })"
    until(lambda: state(page)["w1"] is not None)
    page.evaluate(move, {"guess": 0.25})
    page.get_by_role("button", name="Play").click()
    until(lambda: (state(page)["estimate"] or 0) < -0.4)
    until(lambda: "Your guess: 0.25. Pause, and" in page.locator(".me-task").inner_text())
    page.get_by_role("button", name="Pause").click()
    until(lambda: "Your guess: 0.25. Exact W₁ after" in page.locator(".me-task").inner_text())
    page.evaluate(move, {"guess": 1.5})  # too late
    until(lambda: "Your guess: 0.25. Exact W₁ after" in page.locator(".me-task").inner_text())
    assert page.locator("svg text", has_text="raw estimate").first.text_content() == "raw estimate"  # on the plot
    assert page.locator("svg text", has_text="line: the critic").is_visible()
    page.evaluate("""() => {
      const root = document.querySelector("[data-widget]"), seen = () => root.getAttribute("aria-busy") === "true";
      new MutationObserver(() => (window.wasBusy ||= seen())).observe(root, { attributes: true });
    }""")
    page.evaluate(move, {"law": "ring", "seed": 4, "flipped": True, "generator_rate": 0.1})
    until(lambda: page.evaluate("window.wasBusy"))  # the picture is of settings left behind
    until(lambda: page.locator("[data-widget]").get_attribute("aria-busy") == "false")
    page.get_by_role("button", name="Play").click()
    until(lambda: page.locator("svg text", has_text="of 256 generated points are off the map").count() == 1)
    page.get_by_role("button", name="Pause").click()
    page.evaluate(move, {"law": "drawn"})
    until(lambda: state(page)["w1"] is not None)
    box = page.locator("canvas").first.bounding_box()
    x, y, side = box["x"], box["y"], box["height"]
    page.mouse.move(x + 0.4 * side, y + 0.5 * side)
    page.mouse.down()
    page.mouse.move(x + 0.6 * side, y - 0.5 * side, steps=8)
    page.mouse.up()
    until(lambda: all(abs(v) <= 2.4 for point in state(page)["points"] for v in point))
    assert len(set(map(tuple, state(page)["points"]))) > 2


@pytest.mark.browser
def test_on_a_phone_the_map_the_curves_and_play_stand_together(open_page) -> None:
    page = phone(open_page, widgets.WganLab())
    until(lambda: state(page)["w1"] is not None)
    assert page.locator("[data-widget]").bounding_box()["height"] <= 620
    assert page.locator("[data-widget]").get_attribute("aria-busy") == "false"
    words = page.locator(".me-task")
    tall = words.bounding_box()["height"]
    for press, said in (("Play", "Pause, and"), ("Pause", "Exact W₁ after")):
        page.get_by_role("button", name=press).tap()
        until(lambda said=said: said in words.inner_text())
        assert words.bounding_box()["height"] == tall  # or the page under a finger would move
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_text("Choose, and read the algorithm").tap()
    page.locator("input[value=drawn]").check()
    until(lambda: state(page)["law"] == "drawn" and readings(page)["modes"] == "–")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.browser
def test_words_ring_what_they_change_and_what_unfolds_stays_where_it_is(open_page) -> None:
    page = phone(open_page, widgets.WganLab(batch=32), after="<p>A line below</p>" * 60)
    until(lambda: state(page)["w1"] is not None)
    summary = page.locator("summary").first
    summary.evaluate("(node) => scrollBy(0, node.getBoundingClientRect().top - 300)")
    where = summary.bounding_box()["y"]
    for opens in (True, False):
        summary.tap()
        until(lambda opens=opens: page.locator("details.me-more").evaluate("(fold) => fold.open") is opens)
        until(lambda: abs(summary.bounding_box()["y"] - where) < 2)
    move = "traits => document.querySelector('[data-widget]').wganMove(traits, { animate: false })"
    page.evaluate("""() => { window.ringed = new Set();
      const note = () => document.querySelectorAll(".me-pointed [data-trait], .me-pointed[data-trait]")
        .forEach((node) => ringed.add(node.dataset.trait));
      new MutationObserver(note).observe(document.body, { subtree: true, attributeFilter: ["class"] }); }""")
    page.evaluate(move, {"law": "ring", "constraint": "GP", "weight": 3.0, "seed": 0})
    until(lambda: page.evaluate("[...ringed]") == ["weight"])
