"""The small figures: what the page computes is what wgan_lib, scipy and POT compute; what Python refuses."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from test_widgets import in_node

from wgan_lib import transport, widgets
from wgan_lib.widgets import Curves, Line


def test_points_of_a_line_read_as_the_library_reads_them():
    rng = np.random.default_rng(20)
    pairs = [rng.integers(-3, 4, (2, n)).tolist() for n in rng.integers(1, 6, 60)]
    found = in_node("v.pairs.map(([x, y]) => [m.w1Points(x, y), m.jsPoints(x, y)])", "maths/points.mjs", pairs=pairs)
    for (x, y), (w1, js) in zip(pairs, found, strict=True):
        assert w1 == pytest.approx(transport.w1(np.array(x, float), np.array(y, float)), abs=1e-12)
        at = np.unique([x, y])
        p, q = ([np.mean(np.array(law) == z) for z in at] for law in (x, y))
        assert js == pytest.approx(jensenshannon(p, q) ** 2, abs=1e-12)


def test_the_best_of_all_tables_sends_nothing_back():
    table = widgets.PlanTable()
    best = transport.plan([0.0, 50.0], [0.0, 50.0], table.wanted, table.there).cost
    table.back = 0
    assert table.work == pytest.approx(best)
    assert table.work == pytest.approx(15)
    table.back = table.there[0] * 0 + table.wanted[0] * table.there[1]  # independent: the product of the margins
    assert table.work == pytest.approx(27)


def test_a_heap_between_two_feels_no_shift_but_a_split():
    flat = widgets.FlatSpot(place=0.5)
    assert (flat.w1, flat.outwards) == (2.0, -1.0)
    flat.place = -2.5
    assert (flat.w1, flat.outwards) == (2.5, 0.0)
    flat.place = 2.0
    assert flat.js == pytest.approx(jensenshannon([0.5, 0.5], [0, 1]) ** 2)


def test_uncrossing_is_read_in_any_order():
    pairs = widgets.Uncross(grains=[4.0, 1.0], holes=[6.0, 0.0])
    assert (pairs.straight, pairs.crossed, pairs.saved) == (3.0, 9.0, 6.0)
    with pytest.raises(widgets.InvalidTrait, match="two places"):
        pairs.grains = [1.0]


def test_curves_refuse_what_they_cannot_draw_and_shorten_what_they_send():
    x = [1, 10, 100]
    made = Curves(x, {"y": {"a": Line("A", [[1, np.nan, 1 / 3], [3, 2, 1]])}}, "n", "n", settings=["one", "two"])
    assert made.panels[0]["lines"][0]["values"] == [[1, None, 0.33333], [3, 2, 1]]
    made.place = 2
    assert made.at == 100
    assert made.reach == {"place": [0, 2, 1], "chosen": [0, 1, 1]}
    refused = {
        "increasing numbers": ([1, 1, 2], [1, 2, 3], {}),
        "increasing numbers > 0": ([0, 1, 2], [1, 2, 3], {"log_x": True}),
        "must have shape": (x, [1, 2], {}),
        "no infinity": (x, [1, 2, np.inf], {}),
        "logarithmic axis, and values down to 0": (x, [0, 1, 2], {"log_y": ["y"]}),
        "place must be 0 to 2": (x, [1, 2, 3], {"place": 3}),
    }
    for message, (at, values, options) in refused.items():
        with pytest.raises(widgets.InvalidTrait, match=message):
            Curves(at, {"y": {"a": Line("A", values)}}, "n", "n", **options)
