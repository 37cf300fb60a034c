import assert from "node:assert/strict";
import test from "node:test";
import { exchange, jsPoints, w1Points } from "../../wgan_lib/js/maths/points.mjs";
import { generator } from "./generator.mjs";

test("uncrossing never costs more, and saves nothing where all goes one way", () => {
  const random = generator(5);
  for (let trial = 0; trial < 200; trial++) {
    const [grains, holes] = [0, 1].map(() => [10 * random(), 10 * random()]),
      { straight, crossed } = exchange(grains, holes);
    assert.ok(crossed >= straight - 1e-12);
    assert.ok(Math.abs(straight / 2 - w1Points(grains, holes)) < 1e-12);
    const beyond = holes.map((v) => v + 10);
    const away = exchange(grains, beyond);
    assert.ok(Math.abs(away.crossed - away.straight) < 1e-9);
  }
});

test("JS sees shared places only", () => {
  assert.equal(jsPoints([-2, 2], [0, 1]).toFixed(12), Math.LN2.toFixed(12));
  assert.equal(jsPoints([-2, 2], [2, -2]), 0);
  const half = jsPoints([-2, 2], [2, 2]);
  assert.ok(half > 0.2 && half < 0.25);
});
