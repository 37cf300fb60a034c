"""ExactAndLearned: its exact critic against the library's, its numbers against definitions, and the page it makes."""

import base64
from itertools import product

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from test_widgets import in_node

from wgan_lib import diagnostics, runs, transport, widgets
from wgan_lib.widgets.critic import ONE_PAIR


@pytest.fixture(scope="module")
def widget() -> widgets.ExactAndLearned:
    return widgets.ExactAndLearned()


def small_run(seed: int = 0, **changes: np.ndarray) -> runs.Run:
    """Three frames of random numbers in the shape of a recorded critic on clouds of 4 and 5 points."""
    rng = np.random.default_rng(seed)
    clouds = np.random.default_rng(99)
    samples = np.repeat(clouds.normal(size=(1, 5, 2)), 3, axis=0)
    frames = {
        "index": np.array([0, 4, 9]),
        "samples": samples,
        "critic": rng.normal(size=(3, 6, 6)) + 7,
        "slope": rng.uniform(0, 3, (3, 6, 6)),
        "scores_real": rng.normal(size=(3, 4)) + 7,
        "scores_fake": rng.normal(size=(3, 5)) + 7,
        "gradient_fake": rng.normal(size=(3, 5, 2)),
    }
    axis = np.linspace(-2, 2, 6)
    fixed = {"real": clouds.normal(size=(4, 2)), "grid_x": axis, "grid_y": axis}
    fixed |= {name: changes.pop(name) for name in list(changes) if name in fixed}
    return runs.Run({**frames, **changes}, {}, fixed)


def test_the_pages_exact_critic_is_the_librarys():
    rng = np.random.default_rng(3)
    for n, m in ((1, 1), (3, 7), (12, 12)):
        x, y, z = rng.normal(size=(n, 2)), rng.normal(size=(m, 2)), rng.normal(0, 2, (40, 2))
        heights = transport.plan(x, y).potential_x
        critic = transport.optimal_critic(x, y, tips="x")
        value, gradient = in_node(
            "[v.z.map((p) => m.cones(v.x, v.h)(...p).value), v.z.map((p) => m.conesGradient(v.x, v.h)(...p))]",
            "maths/surfaces.mjs", x=x.tolist(), z=z.tolist(), h=heights.tolist(),
        )  # fmt: skip
        np.testing.assert_allclose(value, critic(z), atol=1e-12)
        np.testing.assert_allclose(gradient, critic.gradient(z), atol=1e-9)


def test_exact_arrows_have_length_one_and_lie_on_transport_rays(widget):
    real, fake = np.array(widget.real), np.array(widget.generated)
    expression = "v.y.map((p) => m.conesGradient(v.x, v.h)(...p))"
    arrows = in_node(expression, "maths/surfaces.mjs", x=widget.real, y=widget.generated, h=widget.heights)
    for i, j in widget.plan:
        ray = (real[i] - fake[j]) / np.linalg.norm(real[i] - fake[j])
        # Coordinates on the page are rounded to 1e-7, which turns the ray of a very short way.
        np.testing.assert_allclose(arrows[j], ray, atol=1e-4)
        assert np.hypot(*arrows[j]) == pytest.approx(1, abs=1e-12)
    # Tips are at the real points: no arrow starts on one.
    assert cdist(real, fake).min() > 1e-3


def test_plan_and_w1_are_optimal(widget):
    distance = cdist(np.array(widget.real), np.array(widget.generated))
    rows, columns = linear_sum_assignment(distance)
    assert widget.w1 == pytest.approx(distance[rows, columns].mean(), abs=1e-5)
    assert sorted(i for i, _ in widget.plan) == sorted(j for _, j in widget.plan) == list(range(64))
    assert np.mean([distance[i, j] for i, j in widget.plan]) == pytest.approx(widget.w1, abs=1e-5)
    fake = np.array(widget.generated)
    exact = (np.array(widget.heights) - cdist(fake, np.array(widget.real))).max(1)
    assert np.mean(widget.heights) - exact.mean() == pytest.approx(widget.w1, abs=1e-5)
    assert np.mean(widget.heights) + exact.mean() == pytest.approx(0, abs=1e-5)


def test_gap_slope_and_certified_are_their_definitions():
    shown = widgets.ExactAndLearned({"a": small_run(), "b": small_run(1)}, critic="b", frame=1)
    run = small_run(1)
    pairs = product(
        zip(run["real"], run["scores_real"][1], strict=True), zip(run["samples"][1], run["scores_fake"][1], strict=True)
    )
    slope = max(abs(f - g) / np.linalg.norm(x - y) for (x, f), (y, g) in pairs)
    gap = run["scores_real"][1].mean() - run["scores_fake"][1].mean()
    assert shown.gap == pytest.approx(gap)
    assert shown.slope == pytest.approx(slope)
    assert shown.certified == pytest.approx(abs(gap) / slope)
    assert shown.w1 == pytest.approx(transport.w1(run["real"], run["samples"][0]))
    scores = {
        tuple(p): f
        for p, f in zip(
            [*run["real"], *run["samples"][1]], [*run["scores_real"][1], *run["scores_fake"][1]], strict=True
        )
    }
    lookup = lambda z: torch.tensor([scores[tuple(p)] for p in z.numpy()])  # noqa: E731
    real, fake = torch.tensor(run["real"]), torch.tensor(run["samples"][1])
    assert shown.certified == pytest.approx(diagnostics.certified_lower_bound(lookup, real, fake))
    shown.critic, shown.frame = "a", 2
    assert shown.gap == pytest.approx(small_run()["scores_real"][2].mean() - small_run()["scores_fake"][2].mean())


def test_no_recorded_critic_certifies_more_than_the_exact_w1(widget):
    for critic in widget.readings:
        for reading in critic:
            assert 0 <= reading["certified"] <= widget.w1 + 1e-9
    gaps = {name: readings[-1]["gap"] for name, readings in zip(widget.critics, widget.readings, strict=True)}
    assert gaps["clipped"] < widget.w1 < gaps["gradient penalty"] < gaps["unconstrained"]


def test_a_critic_of_slope_zero_certifies_nothing_and_still_packs():
    flat = {"critic": np.zeros((3, 6, 6)), "slope": np.zeros((3, 6, 6)), "gradient_fake": np.zeros((3, 5, 2))}
    level = {"scores_real": np.ones((3, 4)), "scores_fake": np.ones((3, 5))}
    shown = widgets.ExactAndLearned({"flat": small_run(**flat, **level)})
    assert (shown.gap, shown.slope, shown.certified) == (0, 0, 0)


def test_the_page_unpacks_what_python_packed(widget):
    packed = base64.b64encode(widget.surfaces).decode()
    assert len(packed) < 150_000
    names = list(ONE_PAIR.values())
    expression = """await (async () => {
      const bytes = await m.inflate(Uint8Array.from(atob(v.packed), (c) => c.charCodeAt(0)));
      let offset = 0;
      return v.ranges.map((r) => {
        const { frames, end } = m.unpack(bytes, offset, v.side, 64, r), { values, slopes, arrows } = frames.at(-1);
        offset = end;
        return { values: [...values], slopes: [...slopes], arrows, left: bytes.length - end };
      });
    })()"""
    ranges = [[reading["range"] for reading in critic] for critic in widget.readings]
    found = in_node(expression, "maths/surfaces.mjs", packed=packed, side=widget.axes[2], ranges=ranges)
    assert [critic["left"] for critic in found][-1] == 0
    for name, shown in zip(names, found, strict=True):
        run = runs.load(name)
        values = run["critic"][-1].astype(float) - (run["scores_real"][-1].mean() + run["scores_fake"][-1].mean()) / 2
        np.testing.assert_allclose(shown["values"], values.ravel(), atol=np.ptp(values) / 2040)
        slope = run["slope"][-1].astype(float)
        np.testing.assert_allclose(shown["slopes"], slope.ravel(), atol=slope.max() / 120)
        arrows = run["gradient_fake"][-1].astype(float)
        np.testing.assert_allclose(shown["arrows"], arrows, atol=np.abs(arrows).max() / 60000)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"samples": np.random.default_rng(1).normal(size=(3, 5, 2))}, "freeze the generator"),
        ({"critic": np.zeros((3, 6, 5))}, r"\['critic'\] must be \(3, 6, 6\)"),
        ({"slope": np.full((3, 6, 6), np.nan)}, "finite"),
        ({"scores_fake": np.zeros((3, 4))}, r"\['scores_fake'\] must be \(3, 5\)"),
        ({"real": np.zeros((4, 3))}, r"\['real'\] must be \(4, 2\)"),
    ],
)
def test_runs_that_cannot_be_shown_are_refused(change, message):
    with pytest.raises(widgets.InvalidTrait, match=message):
        widgets.ExactAndLearned({"bad": small_run(**change)})


def test_missing_arrays_other_clouds_and_impossible_choices_are_refused(widget):
    run = small_run()
    frames = {name: array for name, array in run.frames.items() if name != "gradient_fake"}
    with pytest.raises(widgets.InvalidTrait, match="lacks gradient_fake"):
        widgets.ExactAndLearned({"bad": runs.Run(frames, {}, run.fixed)})
    with pytest.raises(widgets.InvalidTrait, match="other clouds"):
        widgets.ExactAndLearned({"a": run, "b": small_run(real=np.ones((4, 2)))})
    with pytest.raises(widgets.InvalidTrait, match="runs is empty"):
        widgets.ExactAndLearned({})
    with pytest.raises(widgets.InvalidTrait, match="frame must be 0 to 12"):
        widget.frame = 13
    with pytest.raises(widgets.InvalidTrait, match="critic must be one of"):
        widget.critic = "perfect"
    with pytest.raises(FileNotFoundError, match="nearest"):
        widgets.ExactAndLearned({"a": "one-pair"})
