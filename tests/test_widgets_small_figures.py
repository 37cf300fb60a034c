"""The small figures: what the page computes is what wgan_lib, scipy and POT compute; what Python refuses."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist, jensenshannon
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


def test_the_pages_sinkhorn_is_pot_s_and_the_chapter_s():
    import ot  # pulls torch in: seconds
    from chapter_code import chapter_function
    from scipy.special import logsumexp

    written_out = chapter_function("book/optimal-transport.md", "sinkhorn", logsumexp=logsumexp)
    rng = np.random.default_rng(22)
    cases = [
        (*rng.uniform(0.1, 1, (2, n)), float(h), float(e)) for n, h, e in ((8, 0.5, 0.2), (20, 0.2, 1), (30, 1, 3))
    ]
    laws = [(p / p.sum(), q / q.sum(), h, e) for p, q, h, e in cases]
    sent = [[p.tolist(), q.tolist(), h, e] for p, q, h, e in laws]
    call = "v.laws.map((law) => { const r = m.sinkhorn(...law, { tolerance: 1e-11, most: 1e5 });"
    call += " return { ...r, plan: r.plan.map((row) => [...row]) }; })"
    for (p, q, h, e), found in zip(laws, in_node(call, "maths/sinkhorn.mjs", laws=sent), strict=True):
        cost = h * np.abs(np.arange(len(p))[:, None] - np.arange(len(p)))
        plan = ot.sinkhorn(p, q, cost, e, method="sinkhorn_log", stopThr=1e-12, numItermax=100_000)
        value, ours, _ = written_out(cost, p, q, e, 1e-11, 100_000)
        np.testing.assert_allclose(found["plan"], plan, atol=1e-9)
        np.testing.assert_allclose(found["plan"], ours, atol=1e-9)
        assert found["value"] == pytest.approx(value, abs=1e-8)
        assert found["cost"] == pytest.approx((plan * cost).sum(), abs=1e-8)


def test_shadows_and_repaintings_are_what_numpy_reads():
    rng = np.random.default_rng(23)
    real, generated = rng.normal(size=(2, 15, 2))
    sliced = widgets.Slice(real, generated, angle=30)
    assert sliced.shadow <= sliced.w1 + 1e-9
    assert sliced.sliced == pytest.approx(transport.sliced_w1(real, generated, rng, n_projections=20_000), rel=0.02)
    far = widgets.Repaint(rng.normal(size=(2, 10, 2)), np.array([[[0]], [[9]]]) + rng.normal(size=(2, 10, 2)), rng)
    first = far.pairs["shifted"]
    x, y = np.array(first["points"])[:10], np.array(first["points"])[10:]
    assert first["readings"][0] == pytest.approx(
        2 * cdist(x, y).mean() - cdist(x, x).mean() - cdist(y, y).mean(), abs=1e-5
    )
    far.painting = 99.0
    assert far.p == 0.01
    far.laws = "equal"
    assert far.p >= 0.01
    with pytest.raises(widgets.InvalidTrait, match="two clouds"):
        widgets.Repaint(np.zeros((2, 5)), np.zeros((2, 5, 2)), rng)


def test_a_loop_of_three_may_pay_where_no_swap_does():
    loop = widgets.LoopPush(share=0.0)
    away = np.linalg.norm(np.array(loop.real)[:, None] - np.array(loop.generated), axis=-1)
    for i, k in ((0, 1), (1, 2), (0, 2)):
        assert away[i, k] + away[k, i] > away[i, i] + away[k, k]
    before = loop.cost
    loop.share = 1.0
    assert loop.cost < before - 0.1
    loop.share = 0.5
    assert loop.cost == pytest.approx((before + away[range(3), [1, 2, 0]].mean()) / 2)
    with pytest.raises(widgets.InvalidTrait, match="three points"):
        loop.real = [[0, 0]]


def test_heaps_count_how_often_the_shifted_pair_reads_higher():
    made = widgets.NullHeaps([1, 2], [8, 16], np.ones((2, 2, 4)), np.full((2, 2, 4), [0, 2, 2, 1]), 0.5, size=1)
    assert made.told == 0.5
    with pytest.raises(widgets.InvalidTrait, match="readings ≥ 0 in shape"):
        widgets.NullHeaps([1, 2], [8, 16], np.ones((2, 4)), np.ones((2, 2, 4)), 0.5)


def test_the_area_of_the_rectangles_is_cost_less_value():
    rng = np.random.default_rng(24)
    made = widgets.LoadSlack()
    x, y = np.array([4.0, 11]), np.array([3.0, 8])
    best = transport.w1(x, y, [0.6, 0.4], [0.4, 0.6]) * 5
    for _ in range(30):
        made.prices, made.straight = rng.uniform(0, 12, 4), rng.uniform(0, 2)
        assert made.gap == pytest.approx(made.cost - made.value)
        assert made.cost >= best - 1e-9
    made.prices, made.straight = [4, 3, 3, 0], 2
    assert (made.cost, made.value, made.gap) == (pytest.approx(best), 12.0, pytest.approx(0))
    assert made.least == pytest.approx(0)
    made.prices, made.straight = [8, 8, 4, 4], 1  # no gap, and unfair: the plan is not the best
    assert (made.cost, made.gap, made.least) == (20, 0, -3)


def test_the_lowest_offer_is_the_library_s_c_transform_and_never_earns_less():
    rng = np.random.default_rng(25)
    made = widgets.CTransform()
    (x, a), (y, b) = np.array(made.holes, float).T, np.array(made.piles, float).T
    offers = rng.uniform(0, 10, (40, 3))
    call = "v.offers.map((prices) => v.at.map((z) => m.lowest(z, v.piles, prices).price))"
    found = in_node(call, "widgets/c-transform.mjs", offers=offers.tolist(), at=[*x, *y], piles=y.tolist())
    for prices, h in zip(offers, np.array(found), strict=True):
        expected = transport.c_transform(-prices, np.abs(np.r_[x, y][:, None] - y))
        np.testing.assert_allclose(h, expected, atol=1e-12)
        made.prices = prices
        assert made.earns == pytest.approx(a @ h[:3] - b @ h[3:])
        assert made.lists == pytest.approx(a @ h[:3] - b @ prices)
        assert made.lists <= made.earns + 1e-9 <= 19 + 1e-6
    made.prices = [4, 4, 1]
    assert made.earns == widgets.TwoSides().optimum == 19


def test_recorded_clouds_refuse_other_shapes():
    real, cloud, numbers = np.zeros((4, 2)), np.zeros((2, 3, 5, 2)), {"w1": Line("W₁", np.ones((2, 3)))}
    made = widgets.RecordedClouds(real, cloud, ["a", "b"], ["0", "1", "2"], numbers=numbers, reach=1)
    assert made.reach == {"chosen": [0, 1, 1], "frame": [0, 2, 1]}
    for message, arguments in {
        "clouds must have shape": (real, cloud[:1], ["a", "b"], ["0", "1", "2"]),
        "real must have shape": (np.zeros((3, 4, 2)), cloud, ["a", "b"], ["0", "1", "2"]),
        "w1 must hold finite numbers": (real, cloud[:, :2], ["a", "b"], ["0", "1"]),
    }.items():
        with pytest.raises(widgets.InvalidTrait, match=message):
            widgets.RecordedClouds(*arguments, numbers=numbers, reach=1)
    with pytest.raises(widgets.InvalidTrait, match="frame must be 0 to 2"):
        made.frame = 3
