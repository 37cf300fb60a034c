"""The code written out in chapter clipping-gp-sn is the library's, and what its text says of the records is so."""

import sys
from itertools import combinations
from math import comb
from pathlib import Path

import numpy as np
import pytest
from chapter_code import ROOT, chapter_function

from wgan_lib import runs, widgets
from wgan_lib.widgets.budget import expected_best

sys.path.insert(0, str(Path(__file__).parents[1] / "experiments"))

import ledger_clipping_gp_sn
import search_box

CHAPTER = "book/clipping-gp-sn.md"
TEXT = (ROOT / CHAPTER).read_text(encoding="utf-8")
best_of = chapter_function(CHAPTER, "best_of", comb=comb)
components = chapter_function(CHAPTER, "components")
shares = chapter_function(CHAPTER, "shares", components=components)
with_replacement = chapter_function(CHAPTER, "best_with_replacement")


@pytest.fixture(scope="module")
def budget() -> widgets.BudgetSlider:
    return widgets.BudgetSlider()


@pytest.fixture(scope="module")
def final() -> runs.Run:
    return runs.load("search-ring8-final")


def ended(budget, name: str) -> np.ndarray:
    """Mean W1 over the seeds of each draw of a pair."""
    return np.array(next(pair["w1"] for pair in budget.laws["ring"]["pairs"] if pair["name"] == name))


@pytest.mark.parametrize("n", [1, 3, 8])
def test_the_best_of_k_written_out_is_the_librarys(n):
    values = np.random.default_rng(n).lognormal(size=n)
    for k in range(1, n + 1):
        assert best_of(values, k) == pytest.approx(float(expected_best(values, k)), rel=1e-12)
        hands = [min(hand) for hand in combinations(values, k)]
        assert best_of(values, k) == pytest.approx(np.mean(hands), rel=1e-12)
        assert with_replacement(values, k) >= best_of(values, k) - 1e-12


def test_shares_of_the_variance_are_those_of_made_up_tables():
    rng = np.random.default_rng(0)
    pair, draw = rng.normal(size=(5, 1, 1)), rng.normal(size=(1, 7, 1))
    flat = np.zeros((5, 7, 2))
    np.testing.assert_allclose(shares(pair + flat), [1, 0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(shares(draw + flat), [0, 1, 0, 0], atol=1e-12)
    assert shares(pair * draw + flat)[2] > 0.2
    assert shares(rng.normal(size=(5, 7, 2)) + 0.01 * pair)[3] > 0.3
    assert shares(rng.normal(size=(5, 7, 2))).sum() == pytest.approx(1)
    table = rng.normal(size=(5, 7, 3))
    assert ledger_clipping_gp_sn.pairs_share(table) == pytest.approx(shares(table)[0])  # the ledger's copy
    noise = np.mean([shares(rng.normal(size=(18, 8, 3))) for _ in range(50)], axis=0)
    np.testing.assert_allclose(noise, [0, 0, 0, 1], atol=0.02)  # chance is no method


def test_the_budget_is_what_all_pairs_have_and_the_pairs_are_the_frozen_ones(budget):
    screened = runs.load("search-ring8-screen")
    assert budget.laws["ring"]["draws"] == search_box.shared(screened.fixed)
    names = [f"{constraint}, {loss}" for constraint, loss in search_box.PAIRS]
    assert sorted(pair["name"] for pair in budget.laws["ring"]["pairs"]) == sorted(names)
    frozen = search_box.frozen()
    assert (screened.meta["draws"], screened.meta["ranges"]) == (frozen["draws"], frozen["ranges"])


def test_what_the_text_says_of_the_search_is_so(budget):
    names = [pair["name"] for pair in budget.laws["ring"]["pairs"]]
    for loss in ("Wasserstein", "non-saturating"):  # "never does worse"
        assert ended(budget, f"GP, {loss}").max() > 2 * ended(budget, f"one-sided GP, {loss}").max()
    last_once = sorted(names, key=lambda name: -ended(budget, name).mean())[:4]
    assert all(name.startswith("GP") for name in last_once)  # "last of all with one trial, under each of its losses"
    null, ceiling = budget.laws["ring"]["null"][0], budget.laws["ring"]["ceiling"]
    easy = [name for name in names if (ended(budget, name) <= null + (ceiling - null) / 4).all()]
    assert {"one-sided GP, Wasserstein", "one-sided GP, non-saturating", "none, Wasserstein"} <= set(easy)
    first = widgets.BudgetSlider(trials=1)
    assert names[int(first.values().argmin())].startswith("one-sided GP")
    last = widgets.BudgetSlider(trials=budget.laws["ring"]["draws"])
    assert np.ptp(last.values()) < np.ptp(first.values()) / 2  # "tuning removes failures"
    assert names[int(last.values().argmin())].startswith("GP")  # "and first with all draws"
    assert last.values().min() > null  # "none of them reaches the null"
    assert last.swaps > 153 / 4
    run = runs.load("search-ring8-screen")
    w1 = np.stack([run[f"{name}/w1"][: budget.laws["ring"]["draws"], -1] for name in names]).astype(float)
    found = shares(np.log(np.minimum(np.nan_to_num(w1, nan=ceiling), ceiling)))
    assert found[2] > max(found[0], found[1], found[3])  # the interplay is the largest


def test_after_one_trial_the_one_sided_penalty_leads_and_clipping_and_the_two_sided_one_are_told_from_it(budget):
    law = budget.laws["ring"]
    names = [pair["name"] for pair in law["pairs"]]
    level = {name for name, same in zip(names, law["level"]["trials"][0], strict=True) if same}
    assert names[int(widgets.BudgetSlider(trials=1).values().argmin())] == "one-sided GP, non-saturating"
    assert {"one-sided GP, Wasserstein", "one-sided GP, non-saturating"} < level
    assert not level & {"clipping, Wasserstein", "clipping, non-saturating", "GP, Wasserstein"}


def test_on_three_laws_only_the_one_sided_penalty_stays_in_front(budget):
    names = [pair["name"] for pair in budget.laws["ring"]["pairs"]]
    places = {}
    for law in ("ring", "grid", "digits"):
        assert [pair["name"] for pair in budget.laws[law]["pairs"]] == names
        once = [np.mean(pair["w1"]) for pair in budget.laws[law]["pairs"]]
        for name, place in zip(names, np.argsort(np.argsort(once)), strict=True):
            places.setdefault(name, []).append(int(place) + 1)
    assert [name for name in names if max(places[name]) <= 3] == ["one-sided GP, non-saturating"]
    free = places["none, Wasserstein"]  # "the ring did not need a constraint, the others do"
    assert free[0] <= 5
    assert min(free[1:]) >= 14


def test_what_the_text_says_of_fresh_seeds_and_costs_is_so(budget, final):
    names = [pair["name"] for pair in budget.laws["ring"]["pairs"]]
    assert {*names, *search_box.PAPERS} == {key.removesuffix("/w1") for key in final.fixed if key.endswith("/w1")}
    screened = runs.load("search-ring8-screen")
    for name in names:
        assert int(final[f"{name}/draw"]) == search_box.winner(screened.fixed, name)
    fresh = np.array([final[f"{name}/w1"][-1].mean() for name in names])
    chosen = np.array([ended(budget, name).min() for name in names])
    assert (fresh / chosen).mean() > 1  # "that flatters"
    found = np.array([final[f"{name}/modes"].mean() for name in names])
    assert {names[i] for i in np.argsort(-fresh)[:4]} & {
        names[i] for i in np.argsort(found)[:4]
    }  # "the same by either"
    costs = runs.load("step-costs")
    ratio = lambda task, held: np.median(  # noqa: E731
        costs[f"{task}/{held}/milliseconds"] / costs[f"{task}/clipping/milliseconds"]
    )
    assert ratio("DCGAN 32", "SN") < ratio("DCGAN 32", "GP") < ratio("DCGAN 32", "R1 + R2") < 3
    assert ratio("planar", "SN") > ratio("planar", "GP")  # "it turns round"


def test_what_the_text_says_of_funnels_is_so():
    run = runs.load("funnels")

    def share(d: int, way: str) -> float:
        return float((run[f"{d}/{way}/gap"] / run[f"{d}/w1"]).mean())

    def cosine(d: int, way: str) -> float:
        return float(run[f"{d}/{way}/cosine"].mean())

    networks = list(run.meta["ways"])
    assert set(networks) == {"clipping", "GP", "one-sided GP", "SN", "orthonormal"}
    assert share(2, "one-sided GP") > 2 * share(2, "GP")
    assert max(networks, key=lambda way: cosine(2, way)) == "one-sided GP"
    assert cosine(2, "GP") < 0.3
    for d in (8, 16, 32):  # "alike", "behind the penalties", "points better than clipping", "the direction is gone"
        assert share(d, "GP") == pytest.approx(share(d, "one-sided GP"), abs=0.03)
        assert cosine(d, "GP") == pytest.approx(cosine(d, "one-sided GP"), abs=0.03)
        assert max(networks, key=lambda way: cosine(d, way)) in ("GP", "one-sided GP", "orthonormal")
        assert 0.4 < share(d, "orthonormal") < 0.6 < share(d, "GP") < 1
        assert cosine(d, "clipping") < cosine(d, "SN")
        assert cosine(d, "discrete") < 0.1
    assert (run["32/orthonormal/cosine"] > run["32/GP/cosine"]).all()
    for d in (2, 8, 16, 32):  # at points of Q "the order hardly moves": who stands clearly behind stays behind
        at_q = {way: float(run[f"{d}/{way}/cosine at Q"].mean()) for way in networks}
        for one in networks:
            for other in networks:
                assert at_q[one] < at_q[other] or cosine(d, one) > cosine(d, other) - 0.1
    moved = {way: [run[f"{d}/{way}/cosine at Q"].mean() - cosine(d, way) for d in (8, 16, 32)] for way in networks}
    assert min(moved["SN"]) == min(map(min, moved.values())) == moved["SN"][0]
    for way in ("GP", "one-sided GP"):  # "gain a little there and lose a little in 32"
        assert moved[way][0] > 0 > moved[way][2] > -0.05
    assert run["8/discrete/cosine at Q"].min() > 0.15 > 0.05 > abs(run["16/discrete/cosine at Q"]).max()
    assert share(2, "clipping") < 0.5 < 1 < share(16, "clipping")
    assert abs(share(2, "discrete") - 1) == min(abs(share(2, way) - 1) for way in (*networks, "discrete"))
    assert [share(d, "discrete") for d in (2, 8, 16, 32)] == sorted(share(d, "discrete") for d in (2, 8, 16, 32))
    assert max(share(d, "SN") for d in (2, 8, 16, 32)) < 0.5


def test_the_chapter_promises_no_count_that_the_records_may_outgrow():
    prose = TEXT.split("```{code-cell}")
    outside = " ".join([prose[0], *(part.split("\n```\n", 1)[1] for part in prose[1:] if "\n```\n" in part)])
    for typed in ("8 draws", "eight draws", "24 draws"):
        assert typed not in outside


def test_in_32_dimensions_the_penalty_is_nearest_to_the_points_and_division_to_the_laws():
    known = runs.load("benchmark-estimators")
    rows = np.flatnonzero(known["pair"] == "shifted 32")
    said = {str(known["method"][i]): known["estimate"][i].mean() for i in rows}
    points = known["exact"][rows[0]].mean()
    assert points > 6  # the laws are 2 apart
    assert min(said, key=lambda held: abs(np.log(said[held] / points))) == "GP"
    assert min(said, key=lambda held: abs(np.log(said[held] / 2))) == "SN"
