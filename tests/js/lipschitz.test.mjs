import assert from "node:assert/strict";
import test from "node:test";
import {
  bandAt,
  evaluate,
  gapOf,
  insideCone,
  optimal,
  rises,
  steepest,
  twoLaws,
  w1OnLine,
} from "../../wgan_lib/js/maths/lipschitz.mjs";

const crates = twoLaws([0, 10], [1, 11]); // fact 49

test("two crates, each moved by one: between them the optimal critic is free", () => {
  assert.deepEqual(w1OnLine(crates), { w1: 1, flow: [-2, 0, -2] });
  const far = rises(crates);
  assert.deepEqual(optimal(far, 0), [0, -1, -10, -11]);
  assert.deepEqual(optimal(far, 1), [0, -1, 8, 7]);
  for (const t of [0, 0.25, 1]) {
    assert.equal(gapOf(crates, optimal(far, t)), 1);
    assert.ok(steepest(crates, optimal(far, t)).slope <= 1);
  }
  assert.deepEqual(bandAt(crates, far, 0.5), [-0.5, -0.5]);
  assert.deepEqual(bandAt(crates, far, 5), [-5, 3]);
});

test("equal laws leave every 1-Lipschitz function optimal, at W1 = 0", () => {
  const same = twoLaws([0, 3, 3], [3, 0, 3]),
    far = rises(same);
  assert.equal(w1OnLine(same).w1, 0);
  assert.deepEqual([far[0][1], far[1][0]], [3, 3]);
});

test("a function of slope one touches the cone but stays out; a steeper one enters on both sides of the foot", () => {
  assert.deepEqual(insideCone(crates, [0, -1, 8, 7], 4), []);
  assert.deepEqual(insideCone(crates, [0, 2, 2, 2], 0.5), [[0, 1.5]]);
  assert.equal(evaluate(crates, [0, 2, 2, 4], 10.25), 2.5);
  assert.equal(evaluate(crates, [0, 2, 2, 4], 12), 4);
});
