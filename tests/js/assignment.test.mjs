import assert from "node:assert/strict";
import test from "node:test";
import { assignment, bestSwap, distances } from "../../wgan_lib/js/maths/assignment.mjs";
import { generator } from "./generator.mjs";

const permutations = (n) =>
  n === 0
    ? [[]]
    : permutations(n - 1).flatMap((p) => Array.from({ length: n }, (_, k) => [...p.slice(0, k), n - 1, ...p.slice(k)]));
const costOf = (cost, match) => match.reduce((sum, j, i) => sum + cost[i][j], 0);

test("no permutation is cheaper, and the prices prove it", () => {
  const random = generator(1);
  for (let trial = 0; trial < 60; trial++) {
    const n = 1 + (trial % 6),
      cost = Array.from({ length: n }, () => Array.from({ length: n }, () => Math.round(random() * 12) - 3));
    const { match, cost: found, u, v } = assignment(cost);
    assert.equal(found, Math.min(...permutations(n).map((p) => costOf(cost, p))));
    assert.deepEqual(
      [...match].sort(),
      Array.from({ length: n }, (_, k) => k),
    );
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) assert.ok(u[i] + v[j] <= cost[i][j]);
    assert.equal(
      [...u, ...v].reduce((a, b) => a + b, 0),
      found,
    );
  }
});

test("the best swap saves what it says, and an optimal matching has none", () => {
  const random = generator(2);
  for (let trial = 0; trial < 40; trial++) {
    const points = () => Array.from({ length: 6 }, () => [random(), random()]);
    const cost = distances(points(), points()),
      match = [0, 1, 2, 3, 4, 5],
      swap = bestSwap(cost, match);
    assert.equal(bestSwap(cost, assignment(cost).match), null);
    if (!swap) continue;
    const [i, k] = swap.rows,
      next = match.slice();
    [next[i], next[k]] = [match[k], match[i]];
    assert.ok(Math.abs(costOf(cost, match) - costOf(cost, next) - swap.saves) < 1e-12);
  }
});

test("a cycle of three can save where no swap does", () => {
  const cost = [
    [1, 0, 9],
    [9, 1, 0],
    [0, 9, 1],
  ];
  assert.equal(bestSwap(cost, [0, 1, 2]), null);
  assert.equal(assignment(cost).cost, 0);
});

test("a table that is no square of finite numbers is refused", () => {
  assert.throws(() => assignment([[1, 2]]), RangeError);
  assert.throws(() => assignment([[NaN]]), RangeError);
});
