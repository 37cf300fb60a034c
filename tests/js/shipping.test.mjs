import assert from "node:assert/strict";
import test from "node:test";
import * as s from "../../wgan_lib/js/maths/shipping.mjs";
import { generator } from "./generator.mjs";

/** Random roads with whole places and sizes, and a random full plan on each. */
function* roads(seed, count = 60) {
  const random = generator(seed),
    draw = (n) => Math.floor(random() * n);
  for (let trial = 0; trial < count; trial++) {
    const places = Array.from({ length: 13 }, (_, k) => k)
      .sort(() => random() - 0.5)
      .slice(0, 4 + draw(3));
    const cut = 1 + draw(places.length - 2),
      piles = places.slice(0, cut).map((p) => [p, 1 + draw(3)]),
      holes = places.slice(cut).map((p) => [p, 1]);
    while (total(holes) < total(piles)) holes[draw(holes.length)][1]++;
    while (total(piles) < total(holes)) piles[draw(piles.length)][1]++;
    for (const towns of [piles, holes]) towns.sort((a, b) => a[0] - b[0]);
    const problem = s.road(piles, holes),
      plan = holes.flatMap(([, n], j) => new Array(n).fill(j)).sort(() => random() - 0.5);
    yield { problem, plan, random };
  }
}
const total = (towns) => towns.reduce((sum, [, n]) => sum + n, 0);
const full = (problem, plan) => problem.holes.every(([, n], j) => plan.filter((h) => h === j).length === n);

test("exchanges and better prices climb to a gap of exactly 0, where the plan lies on tight pairs", () => {
  for (const { problem, plan: start } of roads(1)) {
    let plan = start,
      prices = problem.towns.map(() => 3),
      better;
    for (better = s.improve(problem, plan); better; better = s.improve(problem, plan)) {
      assert.equal(s.planCost(problem, better.plan), s.planCost(problem, plan) - better.saves);
      assert.ok(better.saves > 0 && full(problem, better.plan));
      plan = better.plan;
    }
    for (better = s.raise(problem, prices); better; better = s.raise(problem, prices)) {
      assert.equal(s.priceValue(problem, better.prices), s.priceValue(problem, prices) + better.gains);
      assert.deepEqual(s.broken(problem, better.prices), []);
      assert.ok(s.planCost(problem, plan) - s.priceValue(problem, better.prices) >= 0);
      prices = better.prices;
    }
    assert.equal(s.planCost(problem, plan) - s.priceValue(problem, prices), 0);
    assert.equal(s.planCost(problem, plan), s.extremes(problem).least);
    const spare = s.slack(problem, prices);
    s.amounts(problem, plan).forEach((row, i) =>
      row.forEach((n, j) => {
        if (n) assert.equal(spare[i][j], 0);
      }),
    );
  }
});

test("the gap of any full plan and any prices is the sum of its loads' slack", () => {
  for (const { problem, plan, random } of roads(2)) {
    const prices = problem.towns.map(() => Math.floor(random() * 12)),
      spare = s.slack(problem, prices);
    const gap = s
      .amounts(problem, plan)
      .flatMap((row, i) => row.map((n, j) => n * spare[i][j]))
      .reduce((a, b) => a + b, 0);
    assert.equal(s.planCost(problem, plan) - s.priceValue(problem, prices), gap);
  }
});

test("the c-transform makes any prices fair, never lowers the value of fair ones, and then stays put", () => {
  for (const { problem, random } of roads(3)) {
    const wild = problem.towns.map(() => Math.floor(random() * 12)),
      fair = s.cTransform(problem, wild);
    assert.deepEqual(s.broken(problem, fair), []);
    assert.deepEqual(s.cTransform(problem, fair), fair);
    let lame = fair.map((f) => Math.round(f / 2));
    while (s.broken(problem, lame).length) lame = lame.map((f) => Math.round(f / 2));
    assert.ok(s.priceValue(problem, s.cTransform(problem, lame)) >= s.priceValue(problem, lame));
  }
});

test("a bucket put into a full hole changes places, so that no bucket and no room is lost", () => {
  for (const { problem, plan, random } of roads(4)) {
    const bucket = Math.floor(random() * plan.length),
      hole = Math.floor(random() * problem.holes.length),
      next = s.place(problem, plan, bucket, hole);
    assert.equal(next[bucket], hole);
    assert.ok(full(problem, next));
    const lifted = s.place(problem, plan, bucket, -1);
    assert.equal(s.unplaced(lifted), 1);
    assert.ok(full(problem, s.fill(problem, lifted)));
    assert.ok(
      full(
        problem,
        s.fill(
          problem,
          plan.map(() => -1),
        ),
      ),
    );
  }
});

test("prices are moved into the frame together", () => {
  assert.deepEqual(s.fit([-2, 3], [0, 12]), [0, 5]);
  assert.deepEqual(s.fit([9, 14], [0, 12]), [7, 12]);
  assert.deepEqual(s.fit([0, 12], [0, 12]), [0, 12]);
});

test("a plan from a damaged link becomes one that fits", () => {
  const problem = s.road(
    [
      [0, 2],
      [5, 1],
    ],
    [
      [2, 1],
      [9, 2],
    ],
  );
  assert.deepEqual(s.tidy(problem, [0, 0.2, 1]), [0, -1, 1]);
  assert.deepEqual(s.tidy(problem, [1, -1, 0]), [1, -1, 0]);
});
