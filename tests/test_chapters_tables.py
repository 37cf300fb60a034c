"""The code written out on the page on tables is the library's computation, and what its text says is so."""

import numpy as np
import pytest
import torch
from chapter_code import ROOT, chapter_function
from scipy.special import ndtr, ndtri
from scipy.stats import t as student

from wgan_lib import metrics, presets, runs, tables, transport

CHAPTER = "book/tables.md"
PACKS_AND_REAL = ("GP, packs of 10", "real rows")
CODE = {"np": np, "ndtr": ndtr, "ndtri": ndtri}
to_scores = chapter_function(CHAPTER, "to_scores", **CODE)
to_values = chapter_function(CHAPTER, "to_values", **CODE)


@pytest.mark.parametrize("name", ["mean radius", "area error", "worst concavity"])
def test_the_scores_written_out_are_the_librarys(name: str) -> None:
    table = tables.breast_cancer()
    values, knots = (table.decode(points)[name] for points in (table.held_out.points, table.points))
    knots = np.sort(knots)
    wanted = table.held_out.points[:, table.place(name)][:, 0].numpy()
    np.testing.assert_allclose(to_scores(values, knots), wanted, atol=2e-3)
    np.testing.assert_allclose(to_values(to_scores(knots, knots), knots), knots)
    assert to_values(np.array([-99.0, 99.0]), knots).tolist() == [knots[0], knots[-1]]


def test_packs_lie_further_apart_by_the_root_of_their_rows() -> None:
    rng, m, d = torch.Generator().manual_seed(0), 10, 20
    packs = torch.randn(2000, 2, m * d, generator=rng)
    assert (packs[:, 0] - packs[:, 1]).square().sum(1).mean() == pytest.approx(2 * d * m, rel=0.02)


def test_repeated_scores_ask_each_row_for_the_packs_slope() -> None:
    """The admonition: ten times the pack's score, and the norm of each row's own share of the slope."""
    torch.manual_seed(0)
    critic, packs = torch.nn.Linear(40, 1), torch.randn(5, 10, 4, requires_grad=True)
    pack = torch.autograd.grad(critic(packs.flatten(1)).sum(), packs)[0]
    repeated = torch.autograd.grad(critic(packs.flatten(1)).repeat_interleave(10).sum(), packs)[0]
    torch.testing.assert_close(repeated, 10 * pack)
    share = pack.norm(dim=2).square().mean().sqrt() / pack.flatten(1).norm(dim=1).mean()
    assert float(share) == pytest.approx(10**-0.5, rel=1e-5)


def test_columns_that_are_right_alone_can_be_wrong_together() -> None:
    corners = np.eye(2)
    real = [np.concatenate([corners[i], corners[i]]) for i in (0, 1)]
    drawn = [np.concatenate([corners[i], corners[j]]) for i in (0, 1) for j in (0, 1)]
    assert transport.w1(real, drawn) == pytest.approx(0.5**0.5)
    assert transport.w1([row[:2] for row in real], [row[:2] for row in drawn]) == pytest.approx(0)


def test_the_root_mean_square_of_two_scores_is_the_distance_of_two_categories() -> None:
    assert transport.w1([[1.0, 0.0]], [[0.0, 1.0]]) == pytest.approx(2**0.5)
    x, y = np.random.default_rng(0).standard_normal((2, 100_000))
    assert np.sqrt(np.mean((x - y) ** 2)) == pytest.approx(2**0.5, rel=0.01)


def half_of(values: np.ndarray) -> float:
    """Half a 95 % t-interval."""
    return student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5


def test_what_the_page_says_of_its_records() -> None:
    assert (ROOT / CHAPTER).read_text(encoding="utf-8").count("guarantee of privacy") == 1
    found = {}
    for name in ("medical", "clinic"):
        run = runs.load(f"table-rows-{name}")
        assert len(run.meta["seeds"]) == 5
        assert run.meta["n_steps"] * 10 == presets.build("wgan-gp-table").n_steps
        assert not run.meta["commit"].endswith("-dirty")
        for way, scores in zip(run.meta["ways"], run["scores"], strict=True):
            found[name, way] = dict(zip(run.meta["measures"], scores.T, strict=True))
    real, law, alone = (found["medical", way] for way in ("real rows", "normal law", "columns alone"))
    gans = [found["medical", way] for way in ("GP, packs of 10", "GP, single rows")]
    for made in (*gans, law):
        assert real["w1"].mean() + half_of(real["w1"]) < made["w1"].mean() - half_of(made["w1"])
        assert made["distance"].mean() > real["distance"].mean()
        assert 0.8 < made["accuracy"].mean() < real["accuracy"].mean()
        one = metrics.share(round(law["accuracy"].mean() * 113), 113)
        assert one.low < made["accuracy"].mean() < one.high, "the three cannot be told apart"
    assert abs(gans[0]["w1"].mean() - gans[1]["w1"].mean()) < half_of(gans[0]["w1"]) + half_of(gans[1]["w1"])
    assert gans[0]["accuracy"].mean() <= gans[1]["accuracy"].mean(), "packs bought no gain"
    assert alone["w1"].mean() > 1.3 * real["w1"].mean()
    assert abs(alone["accuracy"].mean() - 0.628) < half_of(alone["accuracy"]), "no more than the larger class"
    packs, single, law, alone, real = (found["clinic", way] for way in run.meta["ways"])
    accuracy = {
        name: (w["accuracy"].mean(), half_of(w["accuracy"])) for name, w in found.items() if name[0] == "clinic"
    }
    best, low = accuracy["clinic", "GP, packs of 10"]
    assert all(best - low > middle + half for (_, way), (middle, half) in accuracy.items() if way not in PACKS_AND_REAL)
    assert real["accuracy"].mean() > best + low
    assert max(w["w1"].mean() for w in (packs, single, law)) - min(w["w1"].mean() for w in (packs, single, law)) < 0.03
    assert all(real["w1"].mean() < w["w1"].mean() < alone["w1"].mean() for w in (packs, single, law))


def test_augmenting_shows_no_gain() -> None:
    run = runs.load("table-rows-augmented")
    assert (run.meta["few"], run.meta["more"]) == (40, 400)
    assert not run.meta["commit"].endswith("-dirty")
    for way in ("with GP", "with normal law"):
        gain = run[way] - run["alone"]
        assert abs(gain.mean()) < half_of(gain)


def test_two_of_eight_membership_intervals_miss_a_coin_and_one_of_them_cannot_copy():
    missed = []
    for piece in ("medical", "clinic"):
        run = runs.load(f"table-rows-{piece}")
        column = run.meta["measures"].index("membership")
        for way, found in zip(run.meta["ways"], run["scores"][..., column], strict=True):
            half = 2.776 * found.std(ddof=1) / len(found) ** 0.5
            missed += [way] if abs(found.mean() - 0.5) > half else []
    assert len(missed) == 2
    assert "columns alone" in missed


def test_all_steps_gain_on_a_tenth_of_them_and_stay_level_with_the_normal_law():
    run, short = (runs.load(f"table-rows-{piece}") for piece in ("longer", "medical"))
    assert (run.meta["n_steps"], short.meta["n_steps"]) == (3000, 300)
    assert not run.meta["commit"].endswith("-dirty")
    ways, measures = run.meta["ways"], run.meta["measures"]
    long = dict(zip(measures, run["scores"].T, strict=True))
    packs, law, real = (
        dict(zip(measures, short["scores"][ways.index(way)].T, strict=True))
        for way in ("GP, packs of 10", "normal law", "real rows")
    )
    for measure, sign in (("w1", -1), ("accuracy", 1)):
        gain, apart = (sign * (long[measure] - other[measure]) for other in (packs, law))
        assert gain.mean() > half_of(gain)
        assert abs(apart.mean()) < half_of(apart)
    assert real["distance"].mean() < long["distance"].mean() < packs["distance"].mean()
    assert real["w1"].mean() < long["w1"].mean()
