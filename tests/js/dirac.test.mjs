import assert from "node:assert/strict";
import test from "node:test";
import { gradients, path, pulled, radius, rest, round, sameHere } from "../../wgan_lib/js/maths/dirac.mjs";
import { course, fieldArrow, symbol } from "../../wgan_lib/js/widgets/dirac-plane.mjs";

const game = (changes = {}) => ({
  ...{ loss: "WASSERSTEIN", constraint: "none", strength: 1, order: "critic first", n_critic: 1, rate: 0.5 },
  ...{ momentum: 0, ...changes },
});

test("a round by hand: who moves first, from where, and how often", () => {
  const end = (order, n_critic = 1) => round([1, 1, 0, 0], game({ order, n_critic })).at(-1).state.slice(0, 2);
  assert.deepEqual(end("simultaneous"), [1.5, 0.5]);
  assert.deepEqual(end("critic first"), [1.25, 0.5]);
  assert.deepEqual(end("generator first"), [1.5, 0.25]);
  assert.deepEqual(end("simultaneous", 2), [1.5, 0]);
  assert.deepEqual(end("critic first", 2), [1, 0]);
});

test("at the goal every loss but the Wasserstein penalties rests, and GP pushes the critic off a flat line", () => {
  for (const loss of ["WASSERSTEIN", "MINIMAX", "NON_SATURATING", "HINGE", "RELATIVISTIC"])
    for (const constraint of ["none", "R1", "R1 + R2"])
      assert.deepEqual(gradients([0, 0], game({ loss, constraint })).map(Math.abs), [0, 0]);
  assert.ok(gradients([0, 0.1], game({ constraint: "GP" }))[1] < 0);
  assert.equal(gradients([0, 0.1], game({ constraint: "one-sided GP" }))[1], 0);
});

test("a path that runs away becomes infinite instead of a number without meaning", () => {
  const states = path([1, 1], game({ order: "simultaneous", momentum: 0.9 }), 500);
  assert.equal(states.length, 501);
  assert.equal(rest(states, 100), Infinity);
  assert.equal(course(Infinity, Infinity), "ran away");
  assert.ok(!states.flat().some(Number.isNaN));
});

test("the words beside the plane: what is the same here, and where the radius goes", () => {
  assert.match(sameHere(game({ loss: "RELATIVISTIC" })), /non-saturating/);
  assert.match(sameHere(game({ constraint: "R1 + R2", strength: 0.4 })), /γ = 0\.80/);
  assert.equal(sameHere(game()), "");
  assert.deepEqual(
    [course(1, 1.2), course(1, 0.9), course(1, 1.01), course(1e-9, 1)],
    [...["shrinking", "growing", "staying", "settled"]],
  );
  assert.deepEqual(["clipping", "GP", "R1 + R2", "none"].map(symbol), ["c", "λ", "γ", ""]);
});

test("arrows of the field turn clockwise about the goal, and none is longer than a cell", () => {
  const [x0, y0, x1, y1] = fieldArrow([1, 0], game());
  assert.deepEqual([x0, y0, x1 - x0 === 0, y1 < y0], [1, 0, true, true]);
  const far = fieldArrow([2, 2], game());
  assert.ok(Math.hypot(far[2] - far[0], far[3] - far[1]) <= 0.4 + 1e-12);
});

test("a pull of constant length jumps to and fro across 0 for ever", () => {
  assert.deepEqual(pulled(1, 0.3, "constant", 7), [1, 0.7, 0.4, 0.1, -0.2, 0.1, -0.2, 0.1]);
  assert.equal(pulled(1, 0.25, "constant", 9).at(-1), 0);
  assert.equal(radius([3, 4]), 5);
});
