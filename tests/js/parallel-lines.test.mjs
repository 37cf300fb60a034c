import assert from "node:assert/strict";
import test from "node:test";
import { assignment, distances } from "../../wgan_lib/js/maths/assignment.mjs";
import { LN2 } from "../../wgan_lib/js/maths/divergences.mjs";
import { blurred, compare, klBlurred, pointsOf, w1Segments } from "../../wgan_lib/js/maths/segments.mjs";
import { describeJs, shifts } from "../../wgan_lib/js/widgets/parallel-lines.mjs";
import { generator } from "./generator.mjs";

const near = (a, b, tolerance) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b} within ${tolerance}`);
const states = [
  [0.05, 3, 0.01],
  [0.1, 20, 0.02],
  [0.2, 45, 0.05],
  [0.3, 60, 0.2],
  [0.3, 80, 0.5],
  [0, 90, 0.1],
  [0.8, 90, 0.3],
];

test("without noise JS is exactly ln 2, KL infinite and TV one, crossing or not; all vanish at equality", () => {
  for (const [theta, tilt] of [
    [1e-9, 0],
    [0.5, 0],
    [-1, 0],
    [0, 1],
    [0.2, 60],
    [0, 90],
  ]) {
    assert.deepEqual(compare(theta, tilt, 0), { js: LN2, gap: 0, slope: 0, tv: 1, kl: Infinity });
  }
  const { js, tv, kl } = compare(0, 0, 0);
  assert.deepEqual([js, tv, kl], [0, 0, 0]);
});

test("W₁ of parallel segments is |θ|; of those that cross in their middles, half the sine of half the angle", () => {
  for (const theta of [-1, -0.3, 0, 0.7]) {
    const { w1, slope } = w1Segments(theta, 0);
    assert.deepEqual([w1, slope], [Math.abs(theta), Math.sign(theta)]);
  }
  for (const tilt of [-90, -30, 5, 45, 90])
    near(w1Segments(0, tilt).w1, Math.sin((Math.abs(tilt) * Math.PI) / 360) / 2, 1e-12);
});

test("the short cut through the monotone pairing gives the assignment's cost", () => {
  const next = generator(3);
  let taken = 0;
  for (let i = 0; i < 60; i++) {
    const theta = 2 * next() - 1,
      tilt = 180 * next() - 90,
      exact = assignment(distances(pointsOf(theta, tilt, 20), pointsOf(0, 0, 20))).cost / 20;
    near(w1Segments(theta, tilt, 20).w1, exact, 1e-12);
    taken += Math.abs(theta) >= Math.abs(Math.tan((tilt * Math.PI) / 180)) / 2;
  }
  assert.ok(taken > 15 && taken < 45);
});

test("W₁ is even in both arguments, at least the distance of the means, and its slope is its derivative", () => {
  for (const [theta, tilt] of [
    [0.21, 37],
    [0.9, 20],
    [0.4, 88],
    [0.15, -62],
  ]) {
    const { w1, slope } = w1Segments(theta, tilt),
      h = 1e-6;
    for (const [a, b] of [
      [-theta, tilt],
      [theta, -tilt],
    ])
      near(w1Segments(a, b).w1, w1, 1e-12);
    assert.ok(w1 >= theta);
    near((w1Segments(theta + h, tilt).w1 - w1Segments(theta - h, tilt).w1) / (2 * h), slope, 1e-4);
  }
});

test("the quadrature has converged at the fineness it is used with", () => {
  for (const [theta, tilt, noise] of states) {
    const fine = blurred(theta, tilt, noise, 12),
      used = blurred(theta, tilt, noise),
      coarse = blurred(theta, tilt, noise, 2);
    near(used.js, fine.js, 1e-7);
    near(used.slope, fine.slope, 2e-6);
    near(used.tv, fine.tv, 2e-4);
    near(coarse.js, fine.js, 1e-6);
  }
});

test("JS is even, its slope is its derivative, and TV²/2 ≤ JS ≤ TV ln 2", () => {
  for (const [theta, tilt, noise] of states) {
    const { js, slope, tv, gap } = blurred(theta, tilt, noise),
      h = noise / 500;
    near(js + gap, LN2, 1e-12);
    for (const [a, b] of [
      [-theta, tilt],
      [theta, -tilt],
    ])
      near(blurred(a, b, noise).js, js, 1e-12);
    near(
      (blurred(theta + h, tilt, noise, 8).js - blurred(theta - h, tilt, noise, 8).js) / (2 * h),
      slope,
      1e-4 + 1e-4 * Math.abs(slope),
    );
    assert.ok((tv * tv) / 2 <= js && js <= tv * LN2);
    assert.ok(klBlurred(theta, tilt, noise) >= 2 * tv * tv); // Pinsker
  }
});

test("more noise always lowers JS and KL, and no tilt is the limit of a small one", () => {
  for (const [theta, tilt] of [
    [0.3, 0],
    [0.3, 40],
    [0, 70],
  ]) {
    let before = { js: LN2, kl: Infinity };
    for (const noise of [0.02, 0.05, 0.1, 0.2, 0.35, 0.5]) {
      const now = compare(theta, tilt, noise);
      assert.ok(now.js < before.js && now.kl < before.kl);
      before = now;
    }
  }
  for (const [theta, noise] of [
    [0.3, 0.1],
    [0.02, 0.05],
  ]) {
    const straight = compare(theta, 0, noise),
      bent = compare(theta, 1e-6, noise);
    for (const key of ["js", "slope", "kl"]) near(bent[key], straight[key], 1e-5);
    near(bent.tv, straight.tv, 2e-4);
  }
});

test("the readout says what is exact and what is only near", () => {
  assert.deepEqual(describeJs(compare(0.4, 0, 0), 0), { value: "0.6931", note: "= ln 2, exactly" });
  assert.equal(describeJs(compare(0, 0, 0), 0).value, "0");
  assert.equal(describeJs(compare(1, 0, 0.1), 0.1).value, "0.69314");
  assert.match(describeJs(compare(1, 0, 0.1), 0.1).note, /^ln 2 − \d\.\d × 10⁻/);
  assert.equal(describeJs(compare(0.4, 0, 0.2), 0.2).value, "0.34");
});

test("curves have their points where they bend, in order, up to the edge", () => {
  for (const bend of [0.01, 0.6, 5]) {
    const xs = shifts(bend);
    assert.equal(xs[0], 0);
    near(xs.at(-1), 1.1, 1e-12);
    assert.ok(xs.every((x, i) => i === 0 || x > xs[i - 1]));
    assert.ok(xs.filter((x) => x <= bend + 1e-12).length >= 23);
  }
});
