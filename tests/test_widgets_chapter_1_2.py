"""ParallelLines, SandPiles and AmbientDimension: traits, formulas held to wgan_lib, scipy and POT, drags."""

import json
import math

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.spatial.distance import jensenshannon
from test_widgets import in_node
from traitlets import TraitError

from wgan_lib import divergences, transport, widgets
from wgan_lib.divergences import segments


@pytest.fixture(scope="module")
def states() -> np.ndarray:
    """Random (theta, tilt, noise) that the handles can reach."""
    rng = np.random.default_rng(4)
    return np.c_[rng.uniform(-1, 1, 24), rng.uniform(-90, 90, 24), 10 ** rng.uniform(-1.7, -0.3, 24)]


def test_blurred_segments_in_node_are_those_of_the_library(states):
    found = in_node(
        "v.s.map(([a, b, c]) => { const { js, tv, kl } = m.compare(a, b, c); return [js, kl, tv]; })",
        "maths/segments.mjs",
        s=states.tolist(),
    )
    expected = np.array([segments.segment_divergences(*state) for state in states])
    np.testing.assert_allclose(np.array(found)[:, 0], expected[:, 0], atol=1e-6)
    np.testing.assert_allclose(np.array(found)[:, 1], expected[:, 1], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(np.array(found)[:, 2], expected[:, 2], atol=5e-4)


@pytest.mark.parametrize(("theta", "tilt", "noise"), [(0.1, 30.0, 0.15), (0.4, 75.0, 0.3), (-0.2, -50.0, 0.08)])
def test_blurred_segments_agree_with_mixtures_of_normals(theta, tilt, noise):
    """The densities as sums of 400 normals along each segment, the integrals as plain sums over the whole plane."""
    u = (np.arange(400) + 0.5) / 400 - 0.5
    angle = math.radians(tilt)
    x, y = np.arange(-2.6, 2.6, noise / 5), np.arange(-1.9, 1.9, noise / 5)

    def density(centres):
        across, up = (stats.norm.pdf(axis[None], c[:, None], noise) for axis, c in zip((x, y), centres.T, strict=True))
        return across.T @ up / len(u)

    p = density(np.c_[0 * u, u])
    q = density(np.c_[theta + u * math.sin(angle), u * math.cos(angle)])
    cell, half = (noise / 5) ** 2, (p + q) / 2
    log = {name: np.log(np.maximum(law, 1e-300)) for name, law in (("p", p), ("q", q), ("half", half))}
    js = 0.5 * (p * (log["p"] - log["half"]) + q * (log["q"] - log["half"])).sum() * cell
    found = segments.segment_divergences(theta, tilt, noise)
    assert found.js == pytest.approx(js, abs=1e-5)
    assert found.tv == pytest.approx(0.5 * np.abs(p - q).sum() * cell, abs=1e-3)
    assert found.kl == pytest.approx((p * (log["p"] - log["q"])).sum() * cell, rel=1e-4)


def test_untilted_segments_are_a_pair_of_normals():
    for theta, noise in ((0.3, 0.2), (-1.0, 0.4), (0.05, 0.02)):
        found = segments.segment_divergences(theta, 0.0, noise)
        assert found.js == pytest.approx(divergences.js_normals(0, noise, theta, noise), abs=1e-9)
        assert found.kl == pytest.approx(divergences.kl_normals(0, noise, theta, noise), rel=1e-9)
        distance, _ = integrate.quad(
            lambda x, a=theta, s=noise: abs(stats.norm.pdf(x, 0, s) - stats.norm.pdf(x, a, s)), -4, 4,
            points=[0, theta / 2, theta], limit=500,
        )  # fmt: skip
        assert found.tv == pytest.approx(distance / 2, abs=1e-7)
        assert in_node("[m.compare(v.theta, 0, v.noise).tv]", "maths/segments.mjs", theta=theta, noise=noise)[
            0
        ] == pytest.approx(distance / 2, abs=1e-7)


def segment(theta: float, tilt: float, n: int) -> np.ndarray:
    u, angle = (np.arange(n) + 0.5) / n - 0.5, math.radians(tilt)
    return np.c_[theta + u * math.sin(angle), u * math.cos(angle)]


def test_w1_of_segments_agrees_with_pot_on_400_points(states):
    found = in_node("v.s.map(([a, b]) => m.w1Segments(a, b).w1)", "maths/segments.mjs", s=states.tolist())
    for value, (theta, tilt, _) in zip(found, states, strict=True):
        exact = transport.w1(segment(0, 0, 400), segment(theta, tilt, 400))
        assert value == pytest.approx(exact, abs=1e-4)
        assert segments.w1_segments(theta, tilt) == pytest.approx(value, abs=1e-12)
        assert abs(theta) <= exact + 1e-12


def test_the_same_noise_leaves_w1_of_the_untilted_pair_and_lowers_that_of_a_tilted_one():
    """Blurred segments as points: those of Q are those of P, moved by theta, so that W1 is theta to the last digit."""
    rng = np.random.default_rng(9)
    noise = rng.normal(0, 0.2, (400, 2))
    assert transport.w1(segment(0, 0, 400) + noise, segment(0.6, 0, 400) + noise) == pytest.approx(0.6, abs=1e-12)
    sharp, blurred = segments.w1_segments(0.0, 90.0), []
    for _ in range(5):
        x, y = (segment(0, tilt, 800) + rng.normal(0, 0.2, (800, 2)) for tilt in (0, 90))
        blurred.append(transport.w1(x, y))
    assert max(blurred) < sharp - 0.05  # and that although samples overestimate W1


def test_histograms_in_node_are_those_of_scipy_and_the_library():
    rng = np.random.default_rng(12)
    pairs = [rng.dirichlet(np.full(n, 0.4), 2).tolist() for n in rng.integers(2, 17, 60)]
    call = (
        "v.pairs.map(([p, q]) => [m.areaByColumns(p, q), m.work(m.parcels(p, q)), m.js(p, q), m.mean(p) - m.mean(q)])"
    )
    for (p, q), (columns, rows, js, shift) in zip(pairs, in_node(call, "maths/sand.mjs", pairs=pairs), strict=True):
        x = np.arange(len(p), dtype=float)
        exact = transport.w1(x, x, np.array(p), np.array(q))
        assert (columns, rows) == pytest.approx((exact, exact), abs=1e-10)
        assert transport.w1(x[:, None] * [1, 0], x[:, None] * [1, 0], np.array(p), np.array(q)) == pytest.approx(exact)
        assert js == pytest.approx(jensenshannon(p, q) ** 2, abs=1e-12)
        assert shift == pytest.approx(x @ p - x @ q, abs=1e-10)


def test_parallel_lines_read_only_traits_follow():
    lines = widgets.ParallelLines(theta=0.4)
    assert (lines.js, lines.kl, lines.tv, lines.w1) == (math.log(2), math.inf, 1.0, pytest.approx(0.4))
    lines.tilt = 60.0
    assert (lines.js, lines.kl, lines.tv) == (math.log(2), math.inf, 1.0)
    assert lines.w1 == segments.w1_segments(0.4, 60.0)
    lines.noise = 0.2
    assert lines.js == segments.segment_divergences(0.4, 60.0, 0.2).js < math.log(2)
    lines.theta = lines.tilt = lines.noise = 0.0
    assert (lines.js, lines.kl, lines.tv, lines.w1) == (0, 0, 0, 0)
    with pytest.raises(TraitError):
        lines.js = 1.0


@pytest.mark.parametrize(
    ("trait", "value"),
    [("theta", 1.5), ("theta", math.nan), ("tilt", -91.0), ("noise", -0.1), ("noise", 0.001), ("noise", 0.6)],
)
def test_parallel_lines_refuse_what_they_cannot_show(trait, value):
    with pytest.raises(ValueError, match=rf"{trait} (must|is) .*{value}|{trait} is {value}"):
        widgets.ParallelLines(**{trait: value})
    lines = widgets.ParallelLines()
    with pytest.raises(TraitError, match=trait):
        setattr(lines, trait, value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: segments.segment_divergences(math.inf), "theta is inf: it must be a finite number"),
        (lambda: segments.segment_divergences(0.1, math.nan), "tilt is nan: it must be a finite number"),
        (lambda: segments.segment_divergences(0.1, 0.0, -1.0), "noise is -1.0: it must be a finite number, at least 0"),
        (lambda: segments.segment_divergences(0.1, 0.0, 1e-5), r"at least 0\.001, got 1e-05"),
        (lambda: segments.w1_segments(0.1, 0.0, 0), "n is 0: it must be a whole number, 1 or more"),
    ],
)
def test_segments_name_what_is_wrong(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_sand_piles_scale_heights_and_follow():
    piles = widgets.SandPiles(real=[0, 0, 3], generated=[1, 1, 0])
    assert piles.w1 == pytest.approx(1.5)
    assert piles.js == pytest.approx(math.log(2))
    piles.generated = [0, 0, 7]
    assert (piles.w1, piles.js) == (0, 0)
    piles.real = [2, 0, 2]
    assert piles.w1 == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("heights", "message"),
    [
        ([1, -1, 2], "must hold finite heights"),
        ([0, 0, 0], "not all zero"),
        ([1], "at least 2"),
        ([1, math.nan], "finite"),
    ],
)
def test_sand_piles_refuse_what_is_no_pile(heights, message):
    with pytest.raises(ValueError, match=message):
        widgets.SandPiles(real=heights, generated=heights)


def test_sand_piles_keep_their_number_of_bars():
    with pytest.raises(ValueError, match="equal lengths, not 2 and 3"):
        widgets.SandPiles(real=[1, 1], generated=[1, 1, 1])
    piles = widgets.SandPiles(real=[1, 1], generated=[1, 3])
    with pytest.raises(TraitError, match="2, as at the start, not 3"):
        piles.real = [1, 1, 1]
    for trait, value in (("moved", 1.5), ("area", "circles"), ("plan", "lazy")):
        with pytest.raises(TraitError, match=trait):
            setattr(piles, trait, value)


DIMS = [2, 3, 40, 12288]


@pytest.fixture(scope="module")
def sheets() -> dict[str, object]:
    """Invented measurements with the shapes of the chapter's: 4 dimensions, 3 draws, 50 and 60 distances."""
    rng = np.random.default_rng(9)
    accuracy = np.sort(rng.uniform(0.6, 1, (4, 3)), axis=0)
    return {
        "dims": DIMS,
        "accuracy": accuracy,
        "js": math.log(2) - stats.bernoulli.entropy(accuracy),
        "w1": rng.uniform(1, 2, (4, 3)),
        "w1_null": rng.uniform(0.2, 0.3, (4, 3)),
        "nearest": 10 ** rng.normal([[-0.9], [-0.5], [0.1], [0.2]], 0.3, (4, 50)),
        "nearest_null": 10 ** rng.normal(-1, 0.4, (4, 60)),
    }


def test_distances_travel_as_shares_of_bins_of_a_tenth_of_a_decade(sheets):
    made = widgets.AmbientDimension(**sheets, selected=2)
    edges = 10 ** ((made.tenths + np.arange(len(made.shares[0]) + 1)) / 10)
    both = np.r_[sheets["nearest"].ravel(), sheets["nearest_null"].ravel()]
    assert edges[0] <= both.min() < edges[1]
    assert edges[-2] <= both.max() < edges[-1]
    for end in ("", "_null"):
        distances = sheets[f"nearest{end}"]
        counts = [np.histogram(row, edges)[0] / len(row) for row in distances]
        np.testing.assert_allclose(getattr(made, f"shares{end}"), counts, atol=1e-5)
        assert getattr(made, f"median{end}") == pytest.approx(np.median(distances, axis=1), abs=1e-6)
    for name in ("accuracy", "js", "w1", "w1_null"):
        np.testing.assert_allclose(getattr(made, name), sheets[name], atol=1e-6)
    assert (made.dims, made.selected) == (DIMS, 2)


def test_a_chapter_of_measurements_weighs_little_on_the_page():
    rng = np.random.default_rng(0)
    near = {name: 10 ** rng.uniform(-3, 0.6, (12, 300)) for name in ("nearest", "nearest_null")}
    rows = {name: rng.uniform(0, 0.69, (12, 6)) for name in ("accuracy", "js", "w1", "w1_null")}
    state = widgets.AmbientDimension(range(2, 14), **rows, **near).get_state()
    carried = {name: value for name, value in state.items() if not name.startswith("_")}
    assert 5_000 < len(json.dumps(carried)) < 20_000


def test_medians_in_node_are_numpys(sheets):
    found = in_node("v.rows.map(m.spread)", "widgets/ambient-dimension.mjs", rows=sheets["nearest"].tolist())
    for part, expected in (("low", np.min), ("median", np.median), ("high", np.max)):
        np.testing.assert_allclose([row[part] for row in found], expected(sheets["nearest"], axis=1), rtol=1e-15)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"dims": [2, 3, 3, 4]}, ValueError, "dims must be at least two increasing"),
        ({"dims": [0, 1, 2, 3]}, ValueError, "dims"),
        ({"dims": [2]}, ValueError, "dims"),
        ({"dims": [2.0, 3.0, 4.0, 5.0]}, ValueError, "dims"),
        ({"dims": [2, 3, 4]}, ValueError, r"accuracy must have shape \(3, n ≥ 1\), one row per D, not \(4, 3\)"),
        ({"accuracy": np.full((4, 3), 1.5)}, ValueError, r"accuracy must be in \[0, 1\], not 1.5"),
        ({"accuracy": 0.9}, ValueError, r"accuracy must have shape \(4, n ≥ 1\), .* not \(\)"),
        ({"js": np.full((4, 3), 0.7)}, ValueError, r"js must be in \[0, 0.693147\], not 0.7"),
        ({"js": np.zeros((4, 2))}, ValueError, "js must have as many draws as accuracy, 3, not 2"),
        ({"w1": np.full((4, 3), np.nan)}, ValueError, "w1 must be finite"),
        ({"w1_null": np.full((4, 3), -0.1)}, ValueError, "w1_null must be in"),
        ({"js_true": [0.1, 0.6]}, ValueError, r"js_true must hold 4 numbers in \[0, ln 2\]"),
        ({"js_true": [0.1, 0.6, 0.7, 0.6]}, ValueError, r"js_true must hold 4 numbers in \[0, ln 2\]"),
        ({"js_true": [0.1, 0.6, np.nan, 0.6]}, ValueError, "js_true must be finite"),
        ({"js_true": "ln 2"}, TypeError, "js_true must hold real numbers"),
        ({"nearest": np.zeros((4, 5))}, ValueError, "nearest must hold distances > 0, not 0"),
        ({"nearest_null": np.ones((4, 0))}, ValueError, "nearest_null must have shape"),
        ({"nearest": [["near"] * 3] * 4}, TypeError, "nearest must hold real numbers"),
        ({"selected": 4}, TraitError, "selected must be an index of dims, 0 to 3, not 4"),
        ({"selected": -1}, TraitError, "selected must be an index"),
        ({"depth": 3}, TypeError, "no trait depth"),
    ],
)
def test_measurements_that_do_not_fit_are_refused_by_name(sheets, change, error, message):
    with pytest.raises(error, match=message):
        widgets.AmbientDimension(**{**sheets, **change})


@pytest.mark.browser
def test_the_true_js_is_drawn_where_a_cell_gives_it(sheets, open_page):
    """A staircase: each value holds from its D on, on the scale of the bound's curve."""
    true = np.array([0.1114, math.log(2), math.log(2), math.log(2)])
    made = widgets.AmbientDimension(**sheets, js_true=true)
    assert made.js_true == pytest.approx(true, abs=1e-6)
    assert widgets.AmbientDimension(**sheets).js_true is None
    page = open_page(made)
    way = page.locator("path.me-js.me-dashed").first.get_attribute("d")
    heights = np.array([[float(v) for v in step.split(",")] for step in way[1:].replace("M", "L").split("L")])[:, 1]
    up, down = heights[::2], heights[1::2]
    np.testing.assert_allclose(up, down, atol=0.02)
    assert up[0] > up[1] + 20  # pixels downwards: JS is lower in the plane
    np.testing.assert_allclose(up[1:], up[1], atol=0.02)


def test_only_the_chosen_dimension_changes_later(sheets):
    made = widgets.AmbientDimension(**sheets)
    for name in ("dims", "accuracy", "shares"):
        with pytest.raises(TraitError, match="read-only"):
            setattr(made, name, [])
    with pytest.raises(TraitError, match="selected must be an index"):
        made.selected = 4
    made.selected = 3
    assert made.selected == 3
