"""BudgetSlider: expected best values against every choice, Python against the page, and what its hands do."""

import itertools

import numpy as np
import pytest
from test_widgets import in_node
from widget_pages import budget, readings, search, settled, state, until

from wgan_lib import runs, sampling, widgets
from wgan_lib.training import stream
from wgan_lib.widgets.budget import budgets, expected_best

MATHS = "maths/budget.mjs"


@pytest.mark.parametrize("n", [1, 4, 7])
def test_the_expected_best_is_the_mean_over_every_choice(n):
    values = np.random.default_rng(n).normal(size=(2, n))
    for k in range(1, n + 1):
        by_hand = np.mean([values[:, list(chosen)].min(1) for chosen in itertools.combinations(range(n), k)], 0)
        np.testing.assert_allclose(expected_best(values, k), by_hand, rtol=0, atol=1e-12)
    assert expected_best(values[0], 0, 9.0) == 9.0
    half = (expected_best(values, n) + expected_best(values, n - 1, 9.0)) / 2
    np.testing.assert_allclose(expected_best(values, n - 0.5, 9.0), half)
    for bad in (-0.1, n + 1):
        with pytest.raises(ValueError, match=f"there are {n} values"):
            expected_best(values, bad)


def test_the_page_expects_what_python_expects_and_counts_swaps_alike():
    rng = np.random.default_rng(0)
    cases = [
        {"values": rng.lognormal(size=n).tolist(), "trials": float(trials)}
        for n in (1, 5, 24)
        for trials in (0, 0.3, 1, n / 2, n - 0.25, n)
    ]
    found = in_node("v.cases.map((c) => m.expectedBest(c.values, c.trials, 2))", MATHS, cases=cases)
    expected = [float(expected_best(case["values"], case["trials"], 2.0)) for case in cases]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    before, after = rng.normal(size=(2, 9)).tolist()
    turned = sum((before[i] < before[j]) != (after[i] < after[j]) for i, j in itertools.combinations(range(9), 2))
    assert in_node("m.swaps(v.a, v.b)", MATHS, a=before, b=after) == turned
    assert in_node("m.places([3, 1, 2, 1])", MATHS) == [3, 0, 2, 1]
    law = {"pairs": [{"seconds": 2.0}, {"seconds": 3.0}, {"seconds": 8.0}]}
    for count in ("trials", "CPU seconds"):
        expression = f"m.budgets([2, 3, 8], 6, {count!r})"
        np.testing.assert_allclose(in_node(expression, MATHS), budgets(law, 6, count))
    assert budgets(law, 6, "CPU seconds") == pytest.approx([6, 4, 1.5])


def test_a_run_that_blew_up_counts_as_the_middle_and_draws_that_one_pair_lacks_do_not_count():
    run = search()
    law = budget().laws["ring"]
    assert law["draws"] == 5  # one pair has no sixth
    for pair in law["pairs"]:
        w1 = run[f"{pair['name']}/w1"][:5, -1]
        assert np.isnan(w1[1]).sum() == 1
        expected = np.minimum(np.where(np.isnan(w1), 1.0, w1), 1.0).mean(-1)
        np.testing.assert_allclose(pair["w1"], expected, atol=1e-5)
        whole = run[f"{pair['name']}/seconds"][:5]
        paces = [row[np.isfinite(row)][-1] / np.isfinite(row).sum() for row in whole]
        assert pair["seconds"] == pytest.approx(5 * np.mean(paces), rel=1e-4)


def test_intervals_hold_the_means_and_only_a_difference_that_always_stands_is_told():
    shown = widgets.BudgetSlider({"ring": search()})
    law = shown.laws["ring"]
    for k in range(1, 6):
        shown.trials = k
        low, high = np.array(law["low"]["trials"][k - 1]), np.array(law["high"]["trials"][k - 1])
        values = shown.values()
        assert (low <= high).all()
        if k < 4:  # resampled draws repeat, so that their best lies above the best of all
            assert ((low <= values) & (values <= high)).all()
        assert law["level"]["trials"][k - 1][int(values.argmin())]
    run, better = search(), {}
    for name, array in run.fixed.items():
        better[name] = array * 0.5 if name == "GP, Wasserstein/w1" else array
    better["clipping, Wasserstein/w1"] = run["GP, Wasserstein/w1"] * 0.5 + 0.01  # a hundredth behind in every draw
    ahead = widgets.BudgetSlider({"ring": runs.Run(run.frames, {}, better)}, trials=5)
    names = [pair["name"] for pair in ahead.laws["ring"]["pairs"]]
    assert names[int(ahead.values().argmin())] == "GP, Wasserstein"
    assert not ahead.laws["ring"]["level"]["trials"][4][names.index("clipping, Wasserstein")]


def test_the_ceilings_are_the_mean_distances_from_the_middle():
    for law, kind in (("ring", sampling.ring(8)), ("grid", sampling.grid(25))):
        points = kind.sample(40_000, stream(0, "evaluation"))
        ceiling = widgets.BudgetSlider({law: search()}).laws[law]["ceiling"]
        assert ceiling == pytest.approx(float((points - points.mean(0)).norm(dim=1).mean()), rel=0.01)


def test_what_was_not_recorded_is_refused():
    with pytest.raises(widgets.InvalidTrait, match="trials must be 1 to 5, not 6"):
        widgets.BudgetSlider({"ring": search()}, trials=6)
    with pytest.raises(widgets.InvalidTrait, match="law must be one of ring, not 'moon'"):
        widgets.BudgetSlider({"ring": search()}, law="moon")
    with pytest.raises(widgets.InvalidTrait, match="at least one of each"):
        widgets.BudgetSlider({"moon": search()})
    with pytest.raises(widgets.InvalidTrait, match="'null w1' and draws of pairs"):
        widgets.BudgetSlider({"ring": runs.Run({"index": np.array([1])}, {}, {})})


@pytest.mark.browser
def test_the_budget_slides_and_the_page_says_what_python_says(open_page):
    shown = budget()
    page = open_page(shown)
    slider = page.locator('input[data-trait="trials"]')
    for law, count in (("ring", "trials"), ("ring", "CPU seconds"), ("grid", "CPU seconds")):
        page.locator(f'input[value="{law}"]').check()
        page.locator(f'input[value="{count}"]').check()
        for trials in (1, 4):
            slider.fill(str(trials))
            now = settled(page)
            shown.law, shown.count, shown.trials = law, count, trials
            assert (now["law"], now["count"], now["trials"]) == (law, count, trials)
            assert now["best"] == pytest.approx(shown.best, abs=1e-9)
            assert (now["level"], now["swaps"]) == (shown.level, shown.swaps)
    slider.press("ArrowRight")
    assert settled(page)["trials"] == 5
    assert readings(page)["best"] == f"{state(page)['best']:.2f}"
    shown.trials = 5
    names = [pair["name"] for pair in shown.laws["grid"]["pairs"]]
    ranked = [names[i] for i in shown.values().argsort()]
    until(lambda: _equal(_from_the_top(page, names), ranked))  # rows glide to their places
    page.get_by_role("button", name="Reset").click()
    until(lambda: _equal(state(page)["trials"], 2))


def _from_the_top(page, names: list[str]) -> list[str]:
    """Names of the rows as they stand, from the top."""
    script = "(all) => all.map((t) => [t.textContent, Number(t.getAttribute('y'))])"
    rows = [row for row in page.locator(".me-plot text").evaluate_all(script) if row[0] in names]
    return [name for name, _ in sorted(rows, key=lambda row: row[1])]


def _equal(found, wanted) -> None:
    assert found == wanted
