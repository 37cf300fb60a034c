"""The widgets of chapters 3 and 4: their solvers against linear programming, scipy and POT, and their Python side."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment, linprog
from test_widgets import in_node

from wgan_lib import widgets


@pytest.fixture(scope="module")
def problems() -> list[dict]:
    """500 small transport problems: masses with zeros and ties, whole numbers and not, Euclidean costs and others."""
    rng = np.random.default_rng(11)
    found = []
    for k in range(500):
        n, m = rng.integers(1, 7, 2)
        supply, demand = rng.dirichlet(np.ones(n)), rng.dirichlet(np.ones(m))
        if k % 3 == 0:
            total = int(rng.integers(max(n, m), 13))
            supply, demand = rng.multinomial(total, supply), rng.multinomial(total, demand)
        cost = rng.uniform(0, 5, (n, m))
        if k % 2:
            cost = np.linalg.norm(rng.normal(size=(n, 1, 2)) - rng.normal(size=(1, m, 2)), axis=-1)
        if k % 5 == 0:
            cost = np.round(cost)
        found.append({"supply": supply.tolist(), "demand": demand.tolist(), "cost": cost.tolist()})
    return found


@pytest.mark.slow
def test_primal_dual_pot_and_the_pages_solver_agree(problems):
    import ot  # pulls torch in: seconds

    solved = in_node("v.all.map((p) => m.solve(p.supply, p.demand, p.cost))", "maths/transport.mjs", all=problems)
    for problem, found in zip(problems, solved, strict=True):
        supply, demand, cost = (np.array(problem[key], dtype=float) for key in ("supply", "demand", "cost"))
        n, m = cost.shape
        rows, columns = np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))
        primal = linprog(cost.ravel(), A_eq=np.r_[rows, columns], b_eq=np.r_[supply, demand])
        dual = linprog(np.r_[supply, -demand], A_ub=np.c_[-rows.T, columns.T], b_ub=cost.ravel(), bounds=(None, None))
        scale = 1e-9 * max(1.0, supply.sum())
        plan, f, g = np.array(found["plan"]), np.array(found["prices"]["rows"]), np.array(found["prices"]["columns"])
        value = demand @ g - supply @ f
        for other in (primal.fun, -dual.fun, ot.emd2(supply, demand, cost), (plan * cost).sum(), value):
            assert found["cost"] == pytest.approx(other, rel=0, abs=scale)
        np.testing.assert_allclose(plan.sum(1), supply, atol=scale)
        np.testing.assert_allclose(plan.sum(0), demand, atol=scale)
        assert plan.min() >= 0
        slack = cost - (g - f[:, None])
        assert slack.min() >= -1e-12
        assert np.abs(slack[plan > 0]).max(initial=0) <= 1e-12


def test_the_pages_assignment_agrees_with_scipy_and_pot():
    import ot

    rng = np.random.default_rng(12)
    clouds = [rng.uniform(0, 3, (2, n, 2)) for n in rng.integers(1, 13, 200)]
    expression = "v.clouds.map(([x, y]) => m.assignment(m.distances(x, y)))"
    for (x, y), found in zip(
        clouds, in_node(expression, "maths/assignment.mjs", clouds=[c.tolist() for c in clouds]), strict=True
    ):
        cost = np.linalg.norm(x[:, None] - y, axis=-1)
        rows, columns = linear_sum_assignment(cost)
        assert found["cost"] == pytest.approx(cost[rows, columns].sum(), abs=1e-9)
        uniform = np.full(len(x), 1 / len(x))
        assert found["cost"] / len(x) == pytest.approx(ot.emd2(uniform, uniform, cost), abs=1e-9)
        assert sum(found["u"]) + sum(found["v"]) == pytest.approx(found["cost"], abs=1e-9)


# The band of all optimal critics on the line


def line_laws() -> list[tuple[list[float], list[float]]]:
    rng = np.random.default_rng(13)
    random = [(rng.uniform(-5, 5, n).tolist(), rng.uniform(-5, 5, m).tolist()) for n, m in rng.integers(1, 6, (20, 2))]
    # Whole places bring shared points and stretches on which F = G.
    whole = [(rng.integers(0, 8, n).tolist(), rng.integers(0, 8, n).tolist()) for n in rng.integers(2, 5, 20)]
    return [
        ([0, 10], [1, 11]),
        ([0, 6], [2, 8]),
        *random,
        *[pair for pair in whole if sorted(pair[0]) != sorted(pair[1])],
    ]


def program(real: list[float], generated: list[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Points x, weights of E_P f − E_Q f, and the rows A f ≤ b of the 1-Lipschitz rule on all pairs, written out."""
    x = np.unique(np.r_[real, generated].astype(float))
    weight = np.array([np.mean(np.array(real) == z) - np.mean(np.array(generated) == z) for z in x])
    a, b = np.nonzero(~np.eye(len(x), dtype=bool))
    rows = np.eye(len(x))[a] - np.eye(len(x))[b]
    return x, weight, rows, np.abs(x[a] - x[b])


BAND = """v.pairs.map(([p, q]) => { const laws = m.twoLaws(p, q), far = m.rises(laws);
  return { w1: m.w1OnLine(laws).w1, far, low: m.optimal(far, 0), high: m.optimal(far, 1), some: m.optimal(far, 0.3),
    flow: m.w1OnLine(laws).flow, beyond: [-7, 1.23, 20].map((z) => [z, ...m.bandAt(laws, far, z)]) }; })"""


@pytest.fixture(scope="module")
def bands() -> list[tuple[list[float], list[float], dict]]:
    pairs = line_laws()
    return [
        (*pair, found) for pair, found in zip(pairs, in_node(BAND, "maths/lipschitz.mjs", pairs=pairs), strict=True)
    ]


def test_the_band_is_the_range_of_all_optimal_critics(bands):
    for real, generated, band in bands:
        x, weight, rows, ways = program(real, generated)
        pinned = {"A_ub": rows, "b_ub": ways, "bounds": [(0, 0)] + [(None, None)] * (len(x) - 1)}
        best = -linprog(-weight, **pinned).fun
        assert band["w1"] == pytest.approx(best, abs=1e-9)
        face = {**pinned, "A_eq": weight[None], "b_eq": [best]}
        for k in range(len(x)):
            up, down = (linprog(sign * np.eye(len(x))[k], **face) for sign in (-1, 1))
            assert band["high"][k] == pytest.approx(-up.fun, abs=1e-7)
            assert band["low"][k] == pytest.approx(down.fun, abs=1e-7)


def test_every_critic_of_the_band_attains_w1_and_none_outside_does(bands):
    rng = np.random.default_rng(14)
    for real, generated, band in bands:
        x, weight, rows, ways = program(real, generated)
        low, high, flow = np.array(band["low"]), np.array(band["high"]), np.array(band["flow"])
        free = rng.uniform(-1, 1, (40, len(flow)))
        steps = np.where(flow == 0, free, np.sign(flow)) * np.diff(x)
        within = np.c_[np.zeros(40), np.cumsum(steps, axis=1)]
        for f in [low, high, np.array(band["some"]), *within]:
            assert (f >= low - 1e-9).all()
            assert (f <= high + 1e-9).all()
            assert (rows @ f <= ways + 1e-9).all()
            assert weight @ f == pytest.approx(band["w1"], abs=1e-9)
        # Beyond either edge, by a tenth of the shortest stretch, no 1-Lipschitz function comes near W1.
        far = 0.1 * np.diff(x).min()
        for k in range(1, len(x)):
            for edge in ((high[k] + far, None), (None, low[k] - far)):
                bounds = [(0, 0)] + [edge if j == k else (None, None) for j in range(1, len(x))]
                outside = linprog(-weight, A_ub=rows, b_ub=ways, bounds=bounds)
                assert outside.status == 2 or -outside.fun < band["w1"] - 1e-6
        for f in np.c_[np.zeros(200), np.cumsum(rng.choice([-1, 0.2, 1], (200, len(flow))) * np.diff(x), axis=1)]:
            left = (f > high + 1e-9).any() or (f < low - 1e-9).any()
            assert not (left and weight @ f > band["w1"] - 1e-6)


def test_fact_49_leaves_nine_units_of_freedom_either_way(bands):
    far = bands[0][2]["far"]
    assert far[1][2] == 9
    assert far[2][1] == 9
    assert far[0][1] == -1
    assert far[1][0] == 1
    assert bands[0][2]["beyond"][0] == [-7, -7, 7]


def test_parts_inside_the_cone_are_where_the_rule_breaks():
    rng = np.random.default_rng(15)
    cases = [
        {"x": np.cumsum(rng.uniform(0.3, 2, 6)).tolist(), "f": rng.normal(0, 2, 6).tolist(), "t": float(rng.random())}
        for _ in range(60)
    ]
    expression = """v.cases.map(({ x, f, t }) => { const laws = { x }, foot = x[0] + t * (x.at(-1) - x[0]);
      return { foot, parts: m.insideCone(laws, f, foot), steepest: m.steepest(laws, f) }; })"""
    for case, found in zip(cases, in_node(expression, "maths/lipschitz.mjs", cases=cases), strict=True):
        x, f, foot = np.array(case["x"]), np.array(case["f"]), found["foot"]
        z = np.linspace(x[0], x[-1], 2001)
        over = np.abs(np.interp(z, x, f) - np.interp(foot, x, f)) - np.abs(z - foot)
        inside = np.any([(z >= a) & (z <= b) for a, b in found["parts"]] or [np.zeros(len(z), bool)], axis=0)
        np.testing.assert_array_equal(inside[np.abs(over) > 1e-6], (over > 0)[np.abs(over) > 1e-6])
        pairs = np.abs(f[:, None] - f) / (np.abs(x[:, None] - x) + np.eye(6))
        assert found["steepest"]["slope"] == pytest.approx(pairs.max(), rel=1e-12)


# The Python side


def test_lipschitz_cones_reads_what_the_page_reads(bands):
    for real, generated, band in bands:
        widget = widgets.LipschitzCones(real, generated)
        assert (widget.gap, widget.slope) == (0, 0)
        assert widget.w1 == pytest.approx(band["w1"], abs=1e-12)
        for within, values in ((0.0, band["low"]), (0.3, band["some"]), (1.0, band["high"])):
            widget.within = within
            np.testing.assert_allclose(widget.values, values, atol=1e-9)
            assert widget.certified == pytest.approx(widget.w1, abs=1e-9)
        widget.values = [3 * v for v in widget.values]
        assert widget.gap == pytest.approx(3 * widget.w1, abs=1e-9)
        assert widget.slope == pytest.approx(3)
        assert widget.certified == pytest.approx(widget.w1, abs=1e-9)
    with pytest.raises(ValueError, match="two different points"):
        widgets.LipschitzCones([1.0], [1.0])
    with pytest.raises(ValueError, match="4 finite numbers"):
        widgets.LipschitzCones(values=[0, 1])
    with pytest.raises(ValueError, match="real must hold at least one finite number"):
        widgets.LipschitzCones(real=[np.nan])


def test_cones_take_share_and_values_together_from_the_page():
    widget = widgets.LipschitzCones()
    widget.set_state({"within": 0.9, "values": [0.0, 1.0, 1.0, 1.0]})
    assert widget.values == [0, 1, 1, 1]
    assert widget.gap == 0.5 * (0 + 1) - 0.5 * (1 + 1)
    assert widgets.LipschitzCones(within=1.0).values == [0, -2, 2, 0]


def test_transport_plan_reads_w1_and_the_drawn_plan():
    rng = np.random.default_rng(16)
    for n in (2, 5, 12):
        real, generated = rng.uniform(0, 2, (2, n, 2))
        widget = widgets.TransportPlan(real, generated)
        cost = np.linalg.norm(generated[:, None] - real, axis=-1)
        rows, columns = linear_sum_assignment(cost)
        assert widget.cost is None
        assert widget.w1 == pytest.approx(cost[rows, columns].mean(), abs=1e-12)
        widget.matching = columns.tolist()
        assert widget.cost == pytest.approx(widget.w1, abs=1e-12)
        widget.matching = np.roll(columns, 1).tolist()
        assert widget.cost >= widget.w1
        widget.generated = real.tolist()
        assert widget.w1 == 0
    with pytest.raises(ValueError, match="its own real one"):
        widget.matching = [0] * 12
    with pytest.raises(ValueError, match=r"\[0, 3\] × \[0, 2\]"):
        widgets.TransportPlan([[0, 0], [4, 0]], [[0, 0], [1, 1]])
    with pytest.raises(ValueError, match="as many real as generated"):
        widgets.TransportPlan([[0, 0], [1, 0]], [[0, 0], [1, 1], [2, 1]])


def test_default_points_are_a_trap_for_the_greedy():
    widget = widgets.TransportPlan()
    cost = np.linalg.norm(np.array(widget.generated)[:, None] - np.array(widget.real), axis=-1)
    spent, left = 0.0, cost.copy()
    for _ in range(len(cost)):
        i, j = np.unravel_index(left.argmin(), left.shape)
        spent += cost[i, j] / len(cost)
        left[i], left[:, j] = np.inf, np.inf
    assert spent / widget.w1 == pytest.approx(1.2, abs=0.01)


def test_two_sides_reads_what_the_page_reads_and_meets_at_w1():
    rng = np.random.default_rng(17)
    roads = []
    for _ in range(40):
        places = rng.permutation(13)[: rng.integers(3, 8)].tolist()
        cut = int(rng.integers(1, len(places) - 1))
        sizes = rng.integers(1, 4, cut)
        total = int(max(sizes.sum(), len(places) - cut))
        sizes[0] += total - sizes.sum()
        room = 1 + rng.multinomial(total - (len(places) - cut), np.ones(len(places) - cut) / (len(places) - cut))
        piles = sorted([p, int(n)] for p, n in zip(places[:cut], sizes, strict=True))
        holes = sorted([p, int(n)] for p, n in zip(places[cut:], room, strict=True))
        roads.append({"piles": piles, "holes": holes, "prices": rng.integers(0, 13, len(places)).tolist()})
    expression = """v.roads.map(({ piles, holes, prices }) => {
      const r = m.road(piles, holes), plan = m.fill(r, r.buckets.map(() => -1));
      let better = { plan }, dear = r.towns.map(() => 3), step = { prices: dear };
      while (better) { plan.splice(0, plan.length, ...better.plan); better = m.improve(r, plan); }
      while (step) { dear = step.prices; step = m.raise(r, dear); }
      return { start: m.fill(r, r.buckets.map(() => -1)), plan, dear, least: m.extremes(r).least,
        cost: m.planCost(r, plan), value: m.priceValue(r, dear), wild: m.priceValue(r, prices),
        broken: m.broken(r, prices).length, fair: m.cTransform(r, prices) }; })"""
    for road, found in zip(roads, in_node(expression, "maths/shipping.mjs", roads=roads), strict=True):
        widget = widgets.TwoSides(road["piles"], road["holes"])
        assert widget.plan == found["start"]
        assert widget.value == 0
        assert widget.gap == widget.cost
        widget.prices = road["prices"]
        assert widget.value == found["wild"]
        assert (widget.gap is None) == (found["broken"] > 0)
        widget.prices = found["fair"]
        assert widget.gap >= 0
        widget.plan, widget.prices = found["plan"], found["dear"]
        assert widget.cost == found["cost"] == found["value"] == found["least"] == widget.optimum == widget.value
        assert widget.gap == 0
        sand = np.repeat(*np.transpose(road["piles"])), np.repeat(*np.transpose(road["holes"]))
        assert widget.optimum == np.abs(np.sort(sand[0]) - np.sort(sand[1])).sum()
        widget.plan = [-1, *widget.plan[1:]]
        assert widget.gap is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"piles": [(0, 2)], "holes": [(3, 1)]}, "same sum, not 2 and 1"),
        ({"piles": [(0, 2)], "holes": [(0, 2)]}, "different places"),
        ({"piles": [(0.5, 2)]}, "whole numbers"),
        ({"holes": [(1, 0)]}, "size ≥ 1"),
        ({"plan": [0, 0, 0, 0, 0, 0, 0]}, "with room"),
        ({"plan": [3]}, "7 buckets"),
        ({"prices": [1, 2]}, "6 whole numbers"),
    ],
)
def test_two_sides_refuses_what_it_cannot_show(arguments, message):
    with pytest.raises(ValueError, match=message):
        widgets.TwoSides(**arguments)


# In the page
