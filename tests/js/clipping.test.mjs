import assert from "node:assert/strict";
import test from "node:test";
import {
  bestLinear,
  brief,
  exponent,
  logBoxSlope,
  logCoinSlope,
  nearest,
  roomFor,
  shortest,
  sizesOf,
  unitBound,
  unpackHeights,
} from "../../wgan_lib/js/maths/clipping.mjs";
import { cellColours } from "../../wgan_lib/js/widgets/clipping-table.mjs";
import { generator } from "./generator.mjs";

const close = (a, b, tolerance = 1e-9) => assert.ok(Math.abs(a - b) < tolerance, `${a} is not ${b}`);

test("the bound of the paper's critic is 18,981 at c = .1, and goes with c to the power of the depth", () => {
  const sizes = [2, 512, 512, 512, 1];
  close(10 ** logBoxSlope(0.1, sizes), 18981, 1);
  for (const c of [0.01, 0.001]) close(logBoxSlope(c, sizes) - logBoxSlope(0.1, sizes), 4 * Math.log10(c / 0.1));
  for (const layers of [2, 5, 12]) close(logBoxSlope(unitBound(sizesOf(layers, 64)), sizesOf(layers, 64)), 0);
  close(roomFor(2), 2);
  close(roomFor(12) ** 12, 4);
});

test("no network in the box is steeper than the bound, all weights +c are as steep, coins as steep as expected", () => {
  const rng = generator(5),
    sizes = [2, 24, 24, 1],
    c = 0.3;
  const slopeOf = (weight) => {
    const layers = sizes
      .slice(1)
      .map((n, l) => Array.from({ length: n }, () => Array.from({ length: sizes[l] }, weight)));
    let at = [1, 0.37],
      on = [];
    for (const [l, rows] of layers.entries()) {
      at = rows.map((row) => row.reduce((sum, v, k) => sum + v * at[k], 0));
      if (l < layers.length - 1) {
        on.push(at.map((v) => v > 0));
        at = at.map((v) => Math.max(0, v));
      }
    }
    let back = [1];
    for (let l = layers.length - 1; l >= 0; l--) {
      back = layers[l][0].map((_, k) => layers[l].reduce((sum, row, i) => sum + row[k] * back[i], 0));
      if (l > 0) back = back.map((v, k) => (on[l - 1][k] ? v : 0));
    }
    return Math.hypot(...back);
  };
  const limit = 10 ** logBoxSlope(c, sizes);
  close(
    slopeOf(() => c),
    limit,
  );
  const coins = Array.from({ length: 400 }, () => slopeOf(() => (rng() < 0.5 ? -c : c)));
  for (const slope of coins) assert.ok(slope <= limit);
  const mean = Math.sqrt(coins.reduce((sum, v) => sum + v * v, 0) / coins.length);
  close(mean / 10 ** logCoinSlope(c, sizes), 1, 0.1);
});

test("the best linear critics are corners of the square and points of the circle", () => {
  const rng = generator(6);
  for (let k = 0; k < 50; k++) {
    const shift = [rng() - 0.5, rng() - 0.5],
      length = Math.hypot(...shift),
      found = bestLinear(0.3, shift);
    close(found.squareGap, 0.3 * (Math.abs(shift[0]) + Math.abs(shift[1])));
    close(found.discGap, length);
    close(Math.hypot(...found.disc), 1);
    assert.ok(found.cosine >= Math.SQRT1_2 - 1e-9 && found.cosine <= 1 + 1e-9);
    for (let trial = 0; trial < 20; trial++) {
      const w = [0.6 * rng() - 0.3, 0.6 * rng() - 0.3];
      assert.ok(w[0] * shift[0] + w[1] * shift[1] <= found.squareGap + 1e-12);
    }
  }
  close(bestLinear(1, [1, 0]).squareGap, 1);
  close(bestLinear(1, [Math.SQRT1_2, Math.SQRT1_2]).squareGap, Math.SQRT2);
  assert.deepEqual(bestLinear(1, [0, 0]), { square: [0, 0], disc: [0, 0], squareGap: 0, discGap: 0, cosine: 0 });
});

test("numbers and exponents of any size are short", () => {
  assert.deepEqual([0, 0.9869, 45.36, 456, 41607, 2e-22, -0.002, 0.041].map(brief), [
    "0",
    "0.99",
    "45.4",
    "456",
    "4.2 × 10⁴",
    "2.0 × 10⁻²²",
    "−0.002",
    "0.041",
  ]);
  assert.deepEqual([NaN, null, -0.001, -0.62, 0.3, 0.97, -15.3, 12.6].map(exponent), [
    "–",
    "–",
    "0",
    "−0.6",
    "0.3",
    "1",
    "−15",
    "13",
  ]);
  assert.deepEqual([0.75, 1.08].map(shortest([0.75, 1.08])), ["0.75", "1.08"]);
  assert.deepEqual([0, 3.2e-17, 4e-16].map(shortest([3.2e-17, 4e-16])), ["0", "10⁻¹⁷", "10⁻¹⁶"]);
  assert.deepEqual(
    [0.001, 0.02, 0.9].map((v) => nearest([0.003, 0.03, 0.3], v)),
    [0, 1, 2],
  );
});

test("packed heights come back", () => {
  const whole = [5, 1023, 7, 300],
    steps = [5, 1018, 2, 300 - 7 - 1023 + 5].map((v) => v & 0xffff);
  const bytes = new Uint8Array([...steps.map((v) => v & 255), ...steps.map((v) => v >> 8)]);
  assert.deepEqual([...unpackHeights(bytes, 2, [[0, 1023]])[0]], whole);
  assert.deepEqual([...unpackHeights(bytes, 2, [[-2, -2]])[0]], [-2, -2, -2, -2]);
});

test("cells wear the critic's colour near slope 1, grey below, red above, and more the further away", () => {
  const colour = cellColours([255, 255, 255], { muted: [90, 100, 114], critic: [11, 117, 101], broken: [192, 31, 46] });
  assert.deepEqual(colour(0.2), colour(-0.2));
  const dark = (log) => colour(log).reduce((sum, v) => sum + v, 0);
  assert.ok(dark(-9) < dark(-3) && dark(-3) < dark(-0.5));
  assert.ok(colour(5)[0] > colour(5)[1] && colour(-5)[0] <= colour(-5)[2]);
});
