"""Two labs on one clock, the ways that samples will take, and a law drawn by keys."""

import numpy as np
import pytest
from test_widgets import in_node
from test_widgets_lab import SMALL
from widget_pages import readings, state, until

from wgan_lib import widgets

ASK = """const said = [], answer = m.answering((message) => said.push(message), () => 0);
  const want = { reach: 2.5, layers: ["surface", "flow"] };
  const ask = (call, rest = {}) => {
    answer({ id: said.length, call, want, ...rest });
    if (said.at(-1).error) throw new Error(said.at(-1).error);
    return said.at(-1);
  };
  const pick = (f) => [f.steps, Array.from(f.real), Array.from(f.fake), Array.from(f.surface.values), f.measured,
    f.kept, f.history && f.history.map((h) => h.w1)];"""


@pytest.mark.parametrize("kind", ["js", "wasm"])
def test_two_labs_without_a_change_are_one_bit_by_bit(kind: str) -> None:
    run = f"""(() => {{ {ASK}
      ask("make", {{ settings: v.settings, beside: v.settings, kind: v.kind }});
      const way = [["rounds", {{ n: 3 }}], ["critic"], ["rounds", {{ n: 4 }}], ["back", {{ step: 3 }}]];
      const frames = way.map((call) => ask(...call));
      return frames.map((f) => [pick(f), pick(f.beside)]);
    }})()"""
    pairs = in_node(run, "lab/worker.mjs", settings=SMALL, kind=kind)
    assert [first[0]["generator"] for first, _ in pairs] == [3, 3, 7, 3]
    for first, beside in pairs:
        assert first == beside


@pytest.mark.parametrize(
    ("change", "alike"),
    [
        ({"constraint": "one-sided GP"}, True),
        ({"constraint": "clipping", "optimiser": "RMSProp"}, True),
        ({"loss": "NON_SATURATING"}, True),
        ({"weight": 10}, True),
        ({"n_critic": 1}, True),
        ({"rate": 1e-4}, True),
        ({"flipped": True}, True),
        ({"batch": 16}, True),
        ({"width": [8, 8]}, False),
    ],
)
def test_two_labs_with_one_change_start_alike_and_part(change, alike: bool) -> None:
    beside = {**SMALL, **{{"width": "critic"}.get(name, name): v for name, v in change.items()}}
    run = f"""(() => {{ {ASK}
      const start = ask("make", {{ settings: v.settings, beside: v.beside, kind: "js" }});
      const [a, b] = [v.settings, v.beside].map((s) => m.session(s, "js").t);
      const drawn = [a, b].map((t) => [t.reals(8), t.latents(8)].map((x) => Array.from(x)));
      const end = ask("rounds", {{ n: 4 }});
      return [...[start, end].flatMap((f) => [pick(f), pick(f.beside)]), drawn, [start.null, start.beside.null]];
    }})()"""
    start, beside_start, end, beside_end, drawn, nulls = in_node(run, "lab/worker.mjs", settings=SMALL, beside=beside)
    for k in (0, 1, 2, 5):  # steps, real and generated samples, the way back
        assert start[k] == beside_start[k]
    assert (start[3] == beside_start[3]) is alike  # the critic, where it has the same size
    assert drawn[0] == drawn[1]  # the first batch of each law, and of latents
    assert nulls[0] == nulls[1]
    assert end[0]["generator"] == beside_end[0]["generator"] == 4
    assert end[2] != beside_end[2]


def test_flow_lines_follow_a_known_gradient_and_end_on_its_top() -> None:
    run = """(() => {
      const saddle = (x) => x.map((_, i) => x[i ^ 1]);  // f = x y: x² − y² stays as it is
      const hill = (x) => x.map((v, i) => [1, -1][i % 2] - v);  // f = −½ ‖x − (1, −1)‖²: straight to the top
      const starts = [0.3, 0.2, -0.5, 0.4, 0.1, -0.6], way = { step: 0.02, steps: 60 };
      return [
        m.flowLines(saddle, starts, way),
        m.flowLines(saddle, starts, { ...way, sign: -1 }),
        m.flowLines(hill, starts, { ...way, steps: 200 }),
      ].map(({ points, each, lengths }) => [Array.from(points), each, Array.from(lengths)]);
    })()"""
    up, down, hill = in_node(run, "lab/flow.mjs")
    for (points, each, lengths), way in ((up, 1), (down, -1)):
        lines = np.reshape(points, (3, each, 2))
        assert each == 61
        for line, length in zip(lines, lengths, strict=True):
            kept = line[:length]
            np.testing.assert_allclose(kept[:, 0] ** 2 - kept[:, 1] ** 2, kept[0, 0] ** 2 - kept[0, 1] ** 2, atol=2e-4)
            assert (way * np.diff(kept[:, 0] * kept[:, 1]) > 0).all()
            np.testing.assert_allclose(np.linalg.norm(np.diff(kept, axis=0), axis=1), 0.02, rtol=1e-3)
    lines = np.reshape(hill[0], (3, hill[1], 2))
    np.testing.assert_allclose(lines[:, -1], [[1, -1]] * 3, atol=0.02)
    far = np.linalg.norm(lines[:, 0] - [1, -1], axis=1)
    np.testing.assert_allclose(hill[2], far / 0.02, atol=2)  # and stopped there


def test_the_surface_covers_the_window_whatever_its_shape() -> None:
    run = """(() => {
      const said = [], answer = m.answering((message) => said.push(message)), { t } = m.session(v.settings, "js");
      answer({ call: "make", settings: v.settings, kind: "js", want: { reach: 2, wide: 1.5, layers: ["surface"] } });
      const place = (k) => -2 + (k + 0.5) / 12;
      return [0, 47, 700, 2303].map((k) => [
        said[0].surface.values[k], t.critic([1.5 * place(k % 48), place(Math.floor(k / 48))]).values[0],
      ]);
    })()"""
    for shown, critic in in_node(run, "lab/worker.mjs", settings=SMALL):
        assert shown == pytest.approx(critic, abs=1e-6)


@pytest.mark.browser
def test_two_labs_run_on_one_clock_and_are_named(open_page) -> None:
    page = open_page(widgets.WganLab(width=16, batch=32))
    until(lambda: state(page)["w1"] is not None)
    page.get_by_label("A second lab beside it, with").select_option("weight")
    until(lambda: state(page)["beside_w1"] is not None)
    start = state(page)
    assert (start["beside"], start["beside_number"]) == ("weight", 10)
    assert start["w1"] == start["beside_w1"]
    for name in ("A · λ 1", "B · λ 10"):
        assert page.locator(".me-two text", has_text=name).first.is_visible()
    page.get_by_role("button", name="+1 critic step").press("Enter")
    until(lambda: state(page)["estimate"] != start["estimate"])
    page.get_by_role("button", name="Play").press("Enter")
    until(lambda: state(page)["steps"] > 10 and state(page)["w1"] != state(page)["beside_w1"])
    page.get_by_role("button", name="Pause").press("Enter")
    until(lambda: "A\u00a0" in readings(page)["w1"] and "B\u00a0" in readings(page)["w1"])
    page.get_by_label("Back to an earlier step").press("Home")
    until(lambda: state(page)["steps"] == 0 and state(page)["w1"] == state(page)["beside_w1"] == start["w1"])
    page.get_by_label("in B").locator("visible=true").fill("99999")
    page.get_by_label("in B").locator("visible=true").press("Enter")
    assert state(page)["beside_number"] == 1000  # the range of λ
    stale = page.evaluate(
        "(r => { r.wganMove({ seed: 5 }); return r.wganState(); })(document.querySelector('[data-widget]'))"
    )
    assert (stale["seed"], stale["w1"], stale["beside_w1"]) == (5, None, None)  # what was read is of another training
    until(lambda: state(page)["w1"] not in (None, start["w1"]))
    page.get_by_label("A second lab beside it, with").select_option("nothing")
    until(lambda: state(page)["beside_w1"] is None and page.locator("text:visible", has_text=" · ").count() == 0)


@pytest.mark.browser
def test_a_law_is_drawn_by_keys_alone(open_page) -> None:
    page = open_page(widgets.WganLab(width=16, batch=32))
    page.locator("input[value=drawn]").press(" ")
    cursor = page.locator("g[aria-label^='cursor']")
    cursor.focus()
    live = page.locator("[aria-live]")

    def unique() -> list[list[float]]:
        return sorted(map(list, {tuple(x) for x in state(page)["points"]}))

    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        cursor.press(key)
    until(lambda: cursor.get_attribute("aria-valuetext") == "0.2, 0.1")
    cursor.press(" ")
    assert unique() == [[0.2, 0.1]]
    until(lambda: live.inner_text() == "Blob put at 0.2, 0.1. 1 blob now.")
    cursor.press("Shift+ArrowLeft")
    cursor.press(" ")
    assert unique() == [[-0.8, 0.1], [0.2, 0.1]]
    until(lambda: cursor.get_attribute("aria-valuetext") == "−0.8, 0.1, on a blob")
    cursor.press(" ")
    assert unique() == [[0.2, 0.1]]
    cursor.press("Shift+ArrowRight")
    cursor.press(" ")
    assert unique() == [[0.2, 0.1]]
    until(lambda: "this one stays" in live.inner_text())
    cursor.press("Delete")
    cursor.press("Home")
    cursor.press(" ")
    assert unique() == [[-2.4, 0.1]]
    until(lambda: state(page)["w1"] is not None and state(page)["w1"] > 1)
