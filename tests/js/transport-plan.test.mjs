import assert from "node:assert/strict";
import test from "node:test";
import { distances } from "../../wgan_lib/js/maths/assignment.mjs";
import { meanCost, savers, tidy } from "../../wgan_lib/js/widgets/transport-plan.mjs";
import { join } from "../../wgan_lib/js/widgets/transport-plan-pencil.mjs";

test("joining frees, exchanges or undoes, and never gives a point away twice", () => {
  assert.deepEqual(join([-1, -1, -1], 0, 2), [2, -1, -1]);
  assert.deepEqual(join([2, -1, -1], 1, 2), [-1, 2, -1]);
  assert.deepEqual(join([0, 1, 2], 0, 2), [2, 1, 0]);
  assert.deepEqual(join([0, 1, 2], 1, 1), [0, -1, 2]);
});

test("a damaged matching loses what it cannot hold", () => assert.deepEqual(tidy([1, 1, 0.1]), [1, -1, 0]));

test("a plan with missing lines has no cost", () => {
  const cost = distances(
    [
      [0, 0],
      [1, 0],
    ],
    [
      [0, 1],
      [1, 2],
    ],
  );
  assert.equal(meanCost(cost, [0, 1]), 1.5);
  assert.ok(Number.isNaN(meanCost(cost, [0, -1])));
});

test("a hint names two lines where a swap saves, a cycle where only a cycle does, none at the optimum", () => {
  assert.deepEqual(
    savers(
      [
        [5, 1],
        [1, 5],
      ],
      [0, 1],
    ),
    [0, 1],
  );
  assert.deepEqual(
    savers(
      [
        [1, 0, 9],
        [9, 1, 0],
        [0, 9, 1],
      ],
      [0, 1, 2],
    ).sort(),
    [0, 1, 2],
  );
  assert.deepEqual(
    savers(
      [
        [1, 5],
        [5, 1],
      ],
      [0, 1],
    ),
    [],
  );
});
