"""Diagnose: its rule against scikit-learn, its runs on the page against the record, and a diagnosis by hand."""

import numpy as np
import pytest
from playwright import sync_api
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.neighbors import NearestCentroid
from test_widgets import in_node
from widget_pages import readings, settled, state, until

from wgan_lib import runs, widgets
from wgan_lib.widgets.diagnose import FAULTS, MEASUREMENTS, UNKNOWN, cloud_features, curve_features, nearest_mean

RECORD = "curve-faults"


def test_the_rule_is_the_nearest_mean_with_the_run_itself_left_out():
    rng = np.random.default_rng(3)
    features = rng.normal(size=(4, 7, 3)) * (1.0, 20.0, 0.1) + rng.normal(size=(4, 1, 3)) * (1.0, 20.0, 0.1)
    spread = np.median(features.std(axis=1, ddof=1), axis=0)
    flat, kinds = (features / spread).reshape(28, 3), np.repeat(np.arange(4), 7)
    expected = cross_val_predict(NearestCentroid(), flat, kinds, cv=LeaveOneOut())
    found = nearest_mean(features)
    np.testing.assert_array_equal(found.ravel(), expected)
    assert 0.3 < (found == np.arange(4)[:, None]).mean() < 1  # neither chance nor certainty
    np.testing.assert_array_equal(nearest_mean(features * (5, 0.01, 1)), found)  # whatever the units


def test_features_say_what_their_words_say():
    t = np.linspace(0, 1, 40)
    fall, level = curve_features(np.array([1 - t, np.ones(40)]))
    assert (np.diff(fall[:4]) < 0).all()
    np.testing.assert_allclose(level, [*[np.arcsinh(10)] * 4, 0])
    modes = np.array([[1.0, 0], [-1.0, 0]])
    good = cloud_features(np.array([[1.0, 0.1], [-1.0, 0], [1.0, -0.1]]), modes, 0.1)
    far = cloud_features(np.array([[5.0, 0], [5.0, 0.1], [5.0, 0.2]]), modes, 0.1)
    assert (good[0], far[0]) == (0.5, 0)
    assert far[1] > good[1]


def test_a_guess_is_judged_by_the_fault_and_by_what_can_be_told():
    widget = widgets.Diagnose(case=5)
    assert (widget.spent, widget.right, widget.recall) == (0, None, None)
    kind = list(FAULTS).index(widget.fault)
    for bought in ((), ("w1",), ("slope", "samples")):
        widget.set_trait("guess", widget.fault)
        for name in MEASUREMENTS:
            widget.set_trait(name, name in bought)
        table = widgets.Diagnose.confusion(bought)
        assert table.sum(1).tolist() == [10] * len(FAULTS)
        assert (widget.spent, widget.right, widget.recall) == (len(bought), 1, table[kind, kind])
        widget.guess = UNKNOWN
        assert widget.right == int(table[kind, kind] < 5)
        widget.guess = next(other for other in FAULTS if other != widget.fault)
        assert widget.right == 0
    curve = runs.load(RECORD)[f"{widget.fault}/estimate"][:, widget.deck[5][1]]
    assert widget.estimate == pytest.approx(np.median(curve[75:]))


def test_the_deck_holds_every_run_once_and_the_seed_shuffles_it():
    one, other = widgets.Diagnose(), widgets.Diagnose(seed=1)
    assert sorted(one.deck) == sorted(other.deck) == [[kind, k] for kind in range(len(FAULTS)) for k in range(10)]
    assert one.deck != other.deck
    for bad in (-1, 120):
        with pytest.raises(widgets.InvalidTrait, match="case must be 0 to 119"):
            widgets.Diagnose(case=bad)
    with pytest.raises(ValueError, match="bought is 'loss'"):
        widgets.Diagnose.confusion(("loss",))


def test_the_page_unpacks_the_record():
    widget, run = widgets.Diagnose(), runs.load(RECORD)
    wanted = "v.at.map(([at, n, e]) => m.fractions(v.series, at, n, e))"
    at = [(200 * k + (100 + 20 * (i - 1) if i else 0), 20 if i else 100, widget.ends[6 * k + i]) for k, i in
          ((0, 0), (1, 0), (2, 5), (119, 3), (119, 5))]  # fmt: skip
    found = in_node(wanted, "maths/packed.mjs", series=widget.series, at=at)
    for (k, i), values in zip(((0, 0), (1, 0), (2, 5), (119, 3), (119, 5)), found, strict=True):
        kind, seed = widget.deck[k]
        true = run[f"{list(FAULTS)[kind]}/{['estimate', *MEASUREMENTS][i]}"][:, seed].astype(float)
        np.testing.assert_allclose(values, true, rtol=1e-5, atol=2e-5 * np.ptp(true))
    packed, reach, count = widget.clouds
    for k in (0, 1, 2, 119):
        kind, seed = widget.deck[k]
        name = list(FAULTS)[kind]
        true = run[f"{name}/samples"][-1, seed] * run[f"{name}/scale"][seed] / 127
        page = in_node("m.points(v.packed, v.at, v.count, v.reach)", "maths/packed.mjs", packed=packed, at=k * count,
                       count=count, reach=reach[k])  # fmt: skip
        np.testing.assert_allclose(page, true, atol=reach[k] / 100)
    assert in_node("v.lists.map(m.median)", "maths/packed.mjs", lists=[[3, 1, 2], [4, 1, 3, 2]]) == [2, 2.5]


@pytest.mark.browser
def test_a_run_is_diagnosed_by_hand(open_page):
    widget = widgets.Diagnose(case=2)
    page = open_page(widget)
    assert readings(page)["spent"] == "0 of 6"
    page.get_by_role("button", name="mean slope").click()
    now = settled(page)
    assert (now["slope"], now["shown"], now["spent"]) == (True, "slope", 1)
    page.get_by_role("button", name="samples").click()
    assert settled(page)["spent"] == 2
    page.get_by_role("combobox", name="Your diagnosis").select_option(widget.fault)
    widget.slope = widget.samples = True
    widget.guess = widget.fault
    now = settled(page)
    assert (now["right"], now["recall"]) == (1, widget.recall)
    sync_api.expect(page.locator(".me-told")).to_contain_text(f"Right. It was “{widget.fault}”")
    page.get_by_role("combobox", name="Your diagnosis").select_option(UNKNOWN)
    widget.guess = UNKNOWN
    assert settled(page)["right"] == widget.right
    page.get_by_role("button", name="New run").click()
    now = settled(page)
    assert (now["case"], now["spent"], now["guess"], now["shown"]) == (3, 0, "", "")
    widget.case = 3
    until(lambda: same(state(page)["estimate"], widget.estimate))
    sync_api.expect(page.locator(".me-told")).to_have_text("")


def same(found: float, expected: float) -> None:
    assert found == pytest.approx(expected, rel=1e-3, abs=1e-3)
