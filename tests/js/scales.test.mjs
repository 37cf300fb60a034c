import assert from "node:assert/strict";
import test from "node:test";
import {
  arrowPath,
  clamp,
  fixed,
  heightsApart,
  keySteps,
  linear,
  logarithmic,
  pathThrough,
  powers,
  scientific,
  snap,
  ticks,
} from "../../wgan_lib/js/kit/scales.mjs";
import { written } from "../../wgan_lib/js/widgets/curves.mjs";

const near = (a, b, tolerance = 1e-12) =>
  assert.ok(Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)), `${a} is not ${b}`);

test("scales go there and back", () => {
  const x = linear([-5, 9], [8, 400]),
    y = logarithmic([0.01, 100], [200, 0]);
  assert.deepEqual([x(-5), x(9), y(0.01), y(100), y(1)], [8, 400, 200, 0, 100]);
  for (const v of [-5, -0.3, 0, 2.25, 12]) near(x.invert(x(v)), v);
  for (const v of [0.003, 1, 77]) near(y.invert(y(v)), v);
});

test("ticks are round, inside, and about as many as asked for", () => {
  assert.deepEqual(ticks(0, 0.8, 4), [0, 0.2, 0.4, 0.6, 0.8]);
  assert.deepEqual(
    ticks(-6, 10, 16),
    Array.from({ length: 17 }, (_, i) => i - 6),
  );
  assert.deepEqual(ticks(-0.3, 0.31, 6), [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]);
  assert.deepEqual([ticks(1, 1), ticks(2, 1), ticks(NaN, 1)], [[], [], []]);
  for (let i = 1; i < 400; i++) {
    const lo = Math.sin(i) * 50,
      hi = lo + 10 ** (4 * Math.cos(7 * i)),
      found = ticks(lo, hi, 6),
      step = found[1] - found[0];
    assert.ok(found.length >= 2 && found.length <= 8, `${lo} ${hi}: ${found}`);
    assert.ok(found[0] >= lo - step * 1e-6 && found.at(-1) <= hi + step * 1e-6);
    assert.ok(
      [1, 2, 5, 10].some((m) => Math.abs(step / 10 ** Math.floor(Math.log10(step * 1.001)) - m) < 1e-6),
      `step ${step}`,
    );
  }
  assert.deepEqual(powers(0.01, 50), [0.01, 0.1, 1, 10]);
});

test("snapping leaves no binary dust and clamping respects both ends", () => {
  assert.equal(snap(0.1 + 0.2, 0.01), 0.3);
  assert.equal(Object.is(snap(-0.001, 0.01), 0), true);
  assert.equal(snap(1.23456, 0), 1.23456);
  assert.deepEqual([clamp(5, [0, 2]), clamp(-5, [0, 2]), clamp(1, [0, 2])], [2, 0, 1]);
});

test("numbers are written with a real minus sign, powers of ten with raised digits", () => {
  assert.deepEqual([fixed(-1.005, 1), fixed(-0.001, 2), fixed(3, 0)], ["−1.0", "0.00", "3"]);
  assert.deepEqual(
    [scientific(3.14e-9), scientific(-2.5e-12), scientific(0.25), scientific(0)],
    ["3.1 × 10⁻⁹", "−2.5 × 10⁻¹²", "0.2500", "0.0000"],
  );
});

test("arrow keys step by one small step, with shift by ten; other keys by none", () => {
  assert.deepEqual(
    [
      keySteps("ArrowRight", false),
      keySteps("ArrowLeft", true),
      keySteps("ArrowUp", false),
      keySteps("PageDown", false),
    ],
    [
      [1, 0],
      [-10, 0],
      [0, 1],
      [0, -10],
    ],
  );
  assert.equal(keySteps("Enter", false), null);
});

test("paths break at gaps; an arrow under a pixel is none", () => {
  assert.equal(pathThrough([0, 1, NaN, 3], [0, 1, 2, 3]), "M0.00,0.00L1.00,1.00M3.00,3.00");
  assert.equal(arrowPath([0, 0, 0.5, 0.5]), null);
  assert.equal(arrowPath([0, 0, NaN, 0]), null);
  assert.match(arrowPath([0, 0, 20, 0]), /^M0\.00,0\.00L20\.00,0\.00M15\.50,2\.70L20\.00,0\.00L15\.50,-2\.70$/);
});

test("words that would lie on words are lifted, the others stay", () => {
  const word = (x, height, text = "1 × 6 · gap 6") => ({ x, height, text });
  assert.deepEqual(heightsApart([word(300, 60), word(100, 50), word(120, 55), word(110, 52)]), [60, 50, 84, 67]);
  assert.deepEqual(heightsApart([word(0, 9, "a"), word(8, 5, "b")]), [22, 5]);
  assert.deepEqual(heightsApart([word(0, 9, "a"), word(10, 5, "b")]), [9, 5]);
  assert.deepEqual(heightsApart([]), []);
});

test("numbers beside an axis are short", () => {
  const shown = [0, 1e-6, -1e-4, 0.25, -2, 1500, 33693, 100000, 1e6, 2e7, 1234567].map(written);
  const wanted = ["0", "10⁻⁶", "−10⁻⁴", "0.25", "−2", "1,500", "33,693", "100,000", "10⁶", "2 × 10⁷", "1,234,567"];
  assert.deepEqual(shown, wanted);
});
