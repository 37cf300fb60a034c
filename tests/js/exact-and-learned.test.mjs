import assert from "node:assert/strict";
import test from "node:test";
import { deflateSync } from "node:zlib";
import { compact } from "../../wgan_lib/js/kit/scales.mjs";
import {
  channels,
  cones,
  conesGradient,
  contour,
  diverging,
  inflate,
  levels,
  sequential,
  unpack,
} from "../../wgan_lib/js/maths/surfaces.mjs";
import { arrowOf } from "../../wgan_lib/js/widgets/exact-and-learned.mjs";
import { nearestFrame } from "../../wgan_lib/js/widgets/exact-and-learned-timeline.mjs";

test("cones take the highest one, and their gradient points at its tip with length 1", () => {
  const tips = [
      [0, 0],
      [4, 0],
    ],
    heights = [1, 0];
  assert.deepEqual(cones(tips, heights)(0, 0), { value: 1, tip: 0 });
  assert.equal(cones(tips, heights)(4, 3).tip, 1);
  assert.equal(cones(tips, heights)(4, 3).value, -3);
  assert.deepEqual(conesGradient(tips, heights)(4, 3), [0, -1]);
  assert.deepEqual(conesGradient(tips, heights)(0, 0), [0, 0]);
});

test("a contour of a plane is its straight line, in one piece per cell that it crosses", () => {
  const n = 9,
    values = Float64Array.from({ length: n * n }, (_, k) => 2 * (k % n) - Math.floor(k / n));
  const { xs, ys } = contour(values, n, n, 3.3);
  assert.ok(xs.length > 3 * 6);
  xs.forEach((x, k) => {
    if (!Number.isNaN(x)) assert.ok(Math.abs(2 * x - ys[k] - 3.3) < 1e-12);
  });
  assert.deepEqual(contour(values, n, n, 99), { xs: [], ys: [] });
});

test("a contour of a cone is a circle, and parts a saddle by its mean", () => {
  const n = 61,
    values = Float64Array.from({ length: n * n }, (_, k) => Math.hypot((k % n) - 30, Math.floor(k / n) - 30));
  const { xs, ys } = contour(values, n, n, 17);
  xs.forEach((x, k) => {
    if (!Number.isNaN(x)) assert.ok(Math.abs(Math.hypot(x - 30, ys[k] - 30) - 17) < 0.02);
  });
  for (const [corners, joined] of [
    [[2, 0, 0, 2], true],
    [[1, -2, -2, 1], false],
  ]) {
    const piece = contour(corners, 2, 2, 0.5),
      first = [piece.xs[0] + piece.xs[1], piece.ys[0] + piece.ys[1]];
    assert.equal(piece.xs.length, 6);
    // Two high corners stand at (0, 0) and (1, 1): joined, the lines cut off the low ones; parted, the high ones.
    assert.equal(Math.min(first[0], 2 - first[0]) + Math.min(first[1], 2 - first[1]) > 0, true);
    const cutsOffOrigin = [
      [piece.xs[0], piece.ys[0]],
      [piece.xs[1], piece.ys[1]],
    ].every(([x, y]) => x === 0 || y === 0);
    const cutsOffFar = [
      [piece.xs[3], piece.ys[3]],
      [piece.xs[4], piece.ys[4]],
    ].every(([x, y]) => x === 0 || y === 0);
    assert.equal(cutsOffOrigin || cutsOffFar, !joined);
  }
});

test("levels are multiples of a round step that leaves few of them", () => {
  assert.deepEqual(levels(-0.5, 0.5, 0.2), { step: 0.2, found: [-0.4, -0.2, 0, 0.2, 0.4] });
  const { step, found } = levels(-900, 17000, 0.2);
  assert.equal(step, 2000);
  assert.ok(found.length <= 16 && found.every((v) => v % step === 0 && v > -900 && v < 17000));
  assert.deepEqual(levels(1, 1, 0.2).found, []);
});

test("an arrow is as long as its slope, and cut above 2", () => {
  const { cut, arrow } = arrowOf([1, 1], [0.6, 0.8]);
  assert.equal(cut, false);
  const unit = Math.hypot(arrow[2] - 1, arrow[3] - 1),
    far = arrowOf([0, 0], [300, 400]);
  assert.equal(far.cut, true);
  assert.ok(Math.abs(Math.hypot(far.arrow[2], far.arrow[3]) / unit - 2) < 1e-12);
  assert.ok(Math.abs(far.arrow[3] / far.arrow[2] - 4 / 3) < 1e-12);
});

test("the nearest frame is nearest on a logarithmic axis", () => {
  assert.deepEqual(
    [0.1, 2.9, 3.4, 99, 101, 1e6].map((step) => nearestFrame([1, 10, 1000], step)),
    [0, 0, 1, 1, 2, 2],
  );
});

test("numbers of any size are short", () => {
  const written = [0.52072, 10, 456.7, 17545.3, -3, 0.0123, 0.00123, 1.2e-7, 0, null, NaN, Infinity].map(compact);
  const wanted = ["0.52", "10.00", "456.70", "17,545", "−3.00", "0.012", "0.0012", "1.2 × 10⁻⁷", "0.00", "–", "–", "∞"];
  assert.deepEqual(written, wanted);
});

test("colour maps end at their colours and have paper in the middle", () => {
  const map = diverging([200, 0, 0], [255, 255, 255], [0, 0, 200]);
  assert.deepEqual([-5, -1, 0, 1, 9].map(map), [
    [200, 0, 0],
    [200, 0, 0],
    [255, 255, 255],
    [0, 0, 200],
    [0, 0, 200],
  ]);
  assert.deepEqual([-1, 0, 0.5, 2].map(sequential([0, 0, 0], [10, 20, 30])), [
    [0, 0, 0],
    [0, 0, 0],
    [5, 10, 15],
    [10, 20, 30],
  ]);
  assert.deepEqual(channels("rgb(31, 108, 176)"), [31, 108, 176]);
});

test("what was packed comes back", async () => {
  const whole = [
      [5, 1023, 7, 300],
      [0, 0, 1000, 2],
    ],
    slopes = [
      [0, 63, 1, 2],
      [3, 4, 5, 63],
    ],
    arrows = [
      [32767, -32767],
      [0, 16384],
    ];
  const steps = whole.flatMap(([a, b, c, d]) => [a, b - a, c - a, d - c - b + a].map((v) => v & 0xffff));
  const bytes = new Uint8Array([
    ...steps.map((v) => v & 255),
    ...steps.map((v) => v >> 8),
    ...slopes.flat(),
    ...new Uint8Array(Int16Array.from(arrows.flat()).buffer),
  ]);
  const packed = new Uint8Array([9, 9, 9, ...(await inflate(deflateSync(bytes)))]);
  const { frames, end } = unpack(packed, 3, 2, 1, [
    [-1, 1, 2, 4],
    [0, 1023, 63, 1],
  ]);
  assert.equal(end, packed.length);
  frames[0].values.forEach((v, k) => assert.ok(Math.abs(v - (-1 + (2 * whole[0][k]) / 1023)) < 1e-12));
  assert.deepEqual([...frames[1].values], whole[1]);
  assert.deepEqual([...frames[1].slopes], slopes[1]);
  assert.deepEqual(frames[0].arrows, [[4, -4]]);
});
