import assert from "node:assert/strict";
import test from "node:test";
import { certify, planCost, solve } from "../../wgan_lib/js/maths/transport.mjs";
import { generator } from "./generator.mjs";

const sum = (values) => values.reduce((a, b) => a + b, 0);

test("whole numbers: value equals cost exactly, and tight pairs hold the plan", () => {
  const random = generator(3);
  for (let trial = 0; trial < 100; trial++) {
    const n = 1 + Math.floor(random() * 4),
      m = 1 + Math.floor(random() * 4),
      draw = (k) => Array.from({ length: k }, () => Math.floor(random() * 5));
    const supply = draw(n),
      demand = draw(m),
      difference = sum(supply) - sum(demand);
    (difference > 0 ? demand : supply)[0] += Math.abs(difference);
    const cost = Array.from({ length: n }, () => draw(m)),
      { plan, cost: least, prices } = solve(supply, demand, cost);
    assert.deepEqual(plan.map(sum), supply);
    assert.deepEqual(
      demand.map((_, j) => sum(plan.map((row) => row[j]))),
      demand,
    );
    assert.equal(
      sum(demand.map((d, j) => d * prices.columns[j])) - sum(supply.map((s, i) => s * prices.rows[i])),
      least,
    );
    plan.forEach((row, i) =>
      row.forEach((amount, j) => {
        const slack = cost[i][j] - (prices.columns[j] - prices.rows[i]);
        assert.ok(slack >= 0 && amount >= 0);
        if (amount > 0) assert.equal(slack, 0);
      }),
    );
  }
});

test("a plan that is not the cheapest gets a cycle that saves what it says", () => {
  const cost = [
      [1, 4],
      [6, 2],
    ],
    plan = [
      [0, 3],
      [3, 0],
    ],
    { cycle, saves, amount } = certify(plan, cost);
  for (const { row, from, to } of cycle) {
    plan[row][from] -= amount;
    plan[row][to] += amount;
  }
  assert.equal(saves, 30 - planCost(plan, cost));
  assert.deepEqual(plan, [
    [3, 0],
    [0, 3],
  ]);
  assert.ok(certify(plan, cost).prices);
});

test("bad tables are refused", () => {
  assert.throws(() => solve([1], [2], [[1]]), /same sum/);
  assert.throws(() => solve([-1], [-1], [[1]]), /≥ 0/);
  assert.throws(() => solve([1], [1], [[1, 2]]), /1 × 1/);
});
