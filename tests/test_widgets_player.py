"""RunPlayer: its numbers against the recordings, numpy and the library; runs that lack layers; what its hands do."""

import base64
import json
from importlib import resources

import numpy as np
import pytest
from scipy.ndimage import map_coordinates
from test_widgets import JS, in_node
from widget_pages import EVERY, drag, handle, phone, played, readings, settled, until

from wgan_lib import runs, transport, widgets
from wgan_lib.runs import Run

MATHS = "maths/recordings.mjs"


def test_the_page_brings_back_the_numbers_that_python_packed():
    player = widgets.RunPlayer({"a": played(0), "b": played(1)})
    expression = """await (async () => {
      const s = await import(v.surfaces);
      const bytes = await s.inflate(Uint8Array.from(atob(v.packed), (c) => c.charCodeAt(0)));
      return v.layers.map((all) => Object.fromEntries(
        Object.entries(all).map(([key, form]) => [key, [...m.restored(bytes, form).values]])));
    })()"""
    sent = {"packed": base64.b64encode(player.packed).decode(), "surfaces": (JS / "maths/surfaces.mjs").as_uri()}
    found = in_node(expression, MATHS, layers=[entry["layers"] for entry in player.recorded], **sent)
    for seed, layers in enumerate(found):
        run = played(seed)
        for key, bits in (("samples", 12), ("critic", 10), ("lattice", 10)):
            values = run[key].reshape(len(run), -1)
            step = np.ptp(values, axis=1, keepdims=True) / (2**bits - 1)
            assert (np.abs(np.reshape(layers[key], values.shape) - values) <= 0.501 * step + 1e-6).all(), key
            np.testing.assert_allclose(layers[key], runs.restored(runs.quantised(run[key], bits)).ravel(), rtol=1e-6)
        slope = np.log10(run["slope"])
        np.testing.assert_allclose(np.reshape(layers["log10_slope"], slope.shape), slope, atol=np.ptp(slope) / 500)


def test_flow_lines_are_the_runge_kutta_lines_of_the_bilinear_gradient():
    rng = np.random.default_rng(3)
    side = 14
    surface = np.sin(np.arange(side)[:, None] / 3) + np.cos(np.arange(side) / 2) + 0.05 * rng.normal(size=(side, side))
    gy, gx = np.gradient(surface)  # central differences, one-sided at the edges

    def direction(z):
        if not (np.array(z) >= 0).all() or not (np.array(z) <= side - 1).all():
            return None
        g = np.array([map_coordinates(part, [[z[1]], [z[0]]], order=1)[0] for part in (gx, gy)])
        return g / np.linalg.norm(g)

    starts = rng.uniform(1, side - 2, (12, 2))
    call = "v.starts.map(([x, y]) => m.flowLine(m.gradient(v.surface, v.side), x, y, 40, 0.5))"
    lines = in_node(call, MATHS, starts=starts.tolist(), surface=surface.ravel().tolist(), side=side)
    assert max(map(len, lines)) > 20
    for start, line in zip(starts, lines, strict=True):
        z, before, expected = start, None, [start]
        for _ in range(40):
            k = [direction(z)]
            for share in (0.25, 0.25, 0.5):
                k.append(None if k[-1] is None else direction(z + share * k[-1]))
            if k[3] is None or k[0] @ k[3] < 0 or (before is not None and before @ k[3] < 0):
                break
            z, before = z + (k[0] + 2 * k[1] + 2 * k[2] + k[3]) / 12, k[3]
            expected.append(z)
        np.testing.assert_allclose(np.reshape(line, (-1, 2)), expected, atol=1e-4)


def test_contours_lie_where_the_surface_has_their_height():
    rng = np.random.default_rng(4)
    plane = lambda x, y: 0.7 * x - 0.4 * y  # noqa: E731
    x, y = np.meshgrid(np.arange(9), np.arange(9))
    call = "(() => { const s = []; m.isoline(v.f, 9, v.level, (...a) => s.push(a)); return s; })()"
    ends = np.array(in_node(call, MATHS, f=plane(x, y).ravel().tolist(), level=1.3)).reshape(-1, 2)
    np.testing.assert_allclose(plane(*ends.T), 1.3, atol=1e-12)
    rough = rng.normal(size=(9, 9))
    ends = np.array(in_node(call, MATHS, f=rough.ravel().tolist(), level=0.2)).reshape(-1, 2)
    whole = np.abs(ends - np.rint(ends)) < 1e-9
    on_side = ends[whole.any(1)]
    heights = map_coordinates(rough, on_side[:, ::-1].T, order=1)
    np.testing.assert_allclose(heights, 0.2, atol=1e-9)
    assert len(on_side) > 20
    np.testing.assert_allclose(np.mod(ends[~whole.any(1)], 1) @ [1, -1], 0, atol=1e-9)  # the rest: on diagonals


def test_numbers_are_the_recorded_ones_and_are_computed_where_they_are_missing():
    run = played(0)
    player = widgets.RunPlayer(run, frame=2)
    assert player.w1 == [pytest.approx(float(run["w1"][2]), rel=1e-4)]
    lacking = Run({key: a for key, a in run.frames.items() if key != "w1"}, {}, run.fixed)
    assert widgets.RunPlayer(lacking, frame=2).w1 == [pytest.approx(transport.w1(run["real"], run["samples"][2]), 1e-4)]
    assert player.recorded[0]["null"] == pytest.approx(run["null"].mean())
    late = Run({"index": np.array([4, 29]), "w1": np.array([3.0, 1.0])}, {}, {})
    both = widgets.RunPlayer({"early": run, "late": late})
    assert both.steps == [1, 5, 10, 20, 30, 40]
    assert [both.recorded[1]["at"], both.recorded[1]["first"]] == [[0, 0, 0, 0, 1, 1], 5]
    both.frame = 4
    assert (both.step, both.w1[1]) == (30, 1.0)


def test_older_recordings_play_with_the_layers_they_have():
    pair = widgets.RunPlayer("one-pair-penalty")
    assert {"critic", "log10_slope", "samples", "real"} == set(pair.recorded[0]["layers"])
    assert "lattice" not in pair.reach
    assert pair.reach["ground"] == ["critic", "slope", "nothing"]
    digits = widgets.RunPlayer(["mnist-gan", "mnist-r1"])
    assert digits.names == ["mnist-gan", "mnist-r1"]
    assert [digits.recorded[0]["pictures"], digits.recorded[0]["layers"]["samples"]["shape"]] == [
        True,
        [13, 25, 1, 28, 28],
    ]
    assert set(digits.reach) == {"frame"}
    old = runs.load("gan-troubles")
    with pytest.raises(widgets.InvalidTrait, match=r"has nothing to play.*ring minimax 1/samples"):
        widgets.RunPlayer("gan-troubles")
    frames = {"index": old["index"], "samples": old["ring minimax 1/samples"], "w1": old["ring minimax 1/w1"]}
    with pytest.raises(widgets.InvalidTrait, match=r"samples of shape \(9, 2, 500, 2\).*choose one"):
        widgets.RunPlayer(Run(frames, {}, {"real": old["ring/real"]}))
    one = Run({**frames, "samples": frames["samples"][:, 0], "w1": frames["w1"][:, 0]}, {}, {"real": old["ring/real"]})
    assert set(widgets.RunPlayer({"minimax": one}).reach) == {"frame"}


def test_the_runs_recorded_for_it_are_small_and_hold_every_layer():
    names = [name for name in runs.names() if name.startswith("player-") and name.endswith("-ring8")]
    assert names
    for name in names:
        run = runs.load(name)
        recorded = resources.files("wgan_lib") / f"recorded/{name}.npz"
        assert len(recorded.read_bytes()) <= 150_000
        assert set(widgets.RunPlayer(run).recorded[0]["layers"]) == {
            *("samples", "critic", "log10_slope", "lattice", "real"),
        }
        # W1 was computed before the samples were rounded.
        assert run["w1"][-1] == pytest.approx(transport.w1(run["real"], run["samples"][-1]), abs=2e-3)
        assert run["samples"].shape[1:] == (512, 2)
        assert run["critic"].shape[1:] == (48, 48)
    player = widgets.RunPlayer(names)
    assert len(base64.b64encode(player.packed)) + len(json.dumps([player.recorded, player.panels])) < 1_000_000


def test_what_is_no_run_is_refused_by_name():
    run = played(0)
    changed = lambda **frames: Run({**run.frames, **frames}, {}, run.fixed)  # noqa: E731
    refused = {
        r"run_or_runs is 3: it must be a Run": 3,
        r"run_or_runs\['a'\] is 3: it must be": {"a": 3},
        "holds 0 runs: 1 to 6": [],
        "holds 7 runs": [run] * 7,
        "nothing to play: it needs the frames index": Run({"index": np.arange(2), "loss": np.zeros(2)}, {}, {}),
        "index that does not increase": changed(index=np.array([0, 9, 9, 29, 39])[: len(run)]),
        "w1 that are no finite numbers": changed(w1=np.full(len(run), np.nan)),
        r"lattice of shape \(5, 4, 4\), not \(k, a, b, 2\)": changed(lattice=np.zeros((5, 4, 4))),
        r"surfaces of \[\(9, 9\), \(12, 12\)\] and grid_y, grid_x of \(12, 12\)": changed(slope=np.ones((5, 9, 9))),
    }
    for message, given in refused.items():
        with pytest.raises(widgets.InvalidTrait, match=message):
            widgets.RunPlayer(given)
    with pytest.raises(FileNotFoundError, match="mnist-gan"):
        widgets.RunPlayer("mnist-gann")
    player = widgets.RunPlayer({"a": run, "b": run, "c": run})
    for trait, value in (("frame", 5), ("left", "d")):
        with pytest.raises(widgets.InvalidTrait, match=trait):
            setattr(player, trait, value)


@pytest.mark.browser
def test_keys_scrubber_and_curves_move_all_runs_together(open_page):
    player = EVERY["RunPlayer"]()
    page = open_page(player, link="#run-player?frame=3&ground=slope&flow=true")
    now = until(lambda: _stands(settled(page), frame=3, ground="slope", flow=True))
    assert now["step"] == player.steps[3]
    lines = page.locator(".me-plot .me-line.me-muted.me-thin:not(.me-dashed)")
    page.locator(".me-transport input").press("ArrowRight")
    assert settled(page)["frame"] == 4
    places = lines.evaluate_all("e => e.map((p) => p.getAttribute('d').split(',')[0])")
    assert len(places) == 3
    assert len(set(places)) == 1  # one place in every run
    handle(page, "training").press("Home")
    assert settled(page)["frame"] == 0
    shown = {key: float(text) for key, text in readings(page).items()}
    assert [shown[f"w1_{k}"] for k in (1, 2, 3)] == pytest.approx(player.w1, abs=0.006)
    plot = page.locator(".me-run >> nth=1").locator(".me-svg >> nth=1").bounding_box()
    drag(page, (plot["x"] + 60, plot["y"] + 40), (200, 0))
    assert settled(page)["frame"] == len(player.steps) - 1
    page.get_by_role("button", name="Reset").click()
    until(lambda: _same(page.locator(".me-play").inner_text(), "Play"))
    words = page.evaluate("""async () => {
      const input = document.querySelector(".me-transport input"), play = document.querySelector(".me-play");
      const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      const space = () => input.dispatchEvent(new KeyboardEvent("keydown", { key: " ", bubbles: true }));
      const said = [play.textContent];
      for (let k = 0; k < 2; k++) { space(); await drawn(); said.push(play.textContent); }
      return said; }""")
    assert words == ["Play", "Pause", "Play"]


@pytest.mark.browser
def test_a_phone_shows_two_runs_and_folds_the_rest(open_page):
    page = phone(open_page, EVERY["RunPlayer"](), reduced_motion="reduce")
    assert set(readings(page)) == {"w1_1", "w1_2"}
    page.evaluate("document.querySelector('[data-widget]').wganMove({ right: 'third' })")
    until(lambda: _same(set(readings(page)), {"w1_1", "w1_3"}))
    assert page.locator(".me-run:visible").count() == 2
    page.get_by_role("button", name="Next step").click()
    assert settled(page)["frame"] == 1


def _stands(found: dict, **wanted) -> dict:
    assert {name: found[name] for name in wanted} == wanted
    return found


def _same(found: object, wanted: object) -> None:
    assert found == wanted
