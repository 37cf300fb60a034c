import assert from "node:assert/strict";
import test from "node:test";
import {
  alphas,
  climbed,
  criticOf,
  crossings,
  heightsOf,
  interpolates,
  looks,
  pairsOnLine,
  shareIn,
  shares,
  slopesOf,
  trapPath,
  trapValue,
  twister,
  valued,
} from "../../wgan_lib/js/maths/penalties.mjs";
import { generator } from "./generator.mjs";

const knots = [0, 1, 2, 4];
const close = (a, b, tolerance = 1e-12) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

test("the twister is the Mersenne twister: its ten-thousandth number for the seed 5489", () => {
  const next = twister(5489);
  let last;
  for (let k = 0; k < 10000; k++) last = next();
  assert.equal(last, 4123659995); // the C++ standard's own check of std::mt19937
});

test("alphas lie in [0, 1), follow the seed, and look uniform", () => {
  const many = alphas(3, 4000);
  assert.ok(many.every((v) => v >= 0 && v < 1));
  close(many.reduce((sum, v) => sum + v, 0) / 4000, 0.5, 0.02);
  assert.deepEqual(alphas(3, 5), many.slice(0, 5));
  assert.notDeepEqual(alphas(4, 5), many.slice(0, 5));
});

test("interpolates are weighted means, on the line and in the plane", () => {
  assert.deepEqual(interpolates([[4, 0]], [0.25]), [1]);
  assert.deepEqual(
    interpolates(
      [
        [
          [4, 8],
          [0, 0],
        ],
      ],
      [0.25],
    ),
    [[1, 2]],
  );
  assert.deepEqual(pairsOnLine([5, 1], [2, 9], true), [
    [1, 2],
    [5, 9],
  ]);
  assert.deepEqual(pairsOnLine([5, 1], [2, 9], false), [
    [5, 2],
    [1, 9],
  ]);
});

test("each pair spreads one share over its stretch; the reals keep theirs", () => {
  assert.deepEqual(shares(knots, looks("optimal pairs", [4], [0])), [0.25, 0.25, 0.5]);
  assert.deepEqual(shares(knots, looks("reals", [1, 3], [0, 0])), [0, 0.5, 0.5]);
  assert.equal(looks("random pairs", [1, 2, 3], [4, 5, 6]).length, 9);
  const next = generator(2),
    real = Array.from({ length: 6 }, () => 3.9 * next()),
    fake = Array.from({ length: 6 }, () => 3.9 * next());
  for (const at of ["reals", "random pairs", "optimal pairs"])
    close(
      shares(knots, looks(at, real, fake)).reduce((sum, v) => sum + v),
      1,
    );
  assert.equal(shareIn([[1, 1]], 0, 1), 0); // a place on an edge belongs to the right
});

test("sand that crosses gives the gap of any function of straight pieces, and slopes become heights again", () => {
  const values = [0, 2, 1, 3],
    slopes = slopesOf(knots, values);
  assert.deepEqual(slopes, [2, -1, 1]);
  assert.deepEqual(heightsOf(knots, slopes), values);
  const { gap, penalty, value } = valued(slopes, crossings(knots, [3], [0.5]), [0.5, 0.25, 0.25], 2);
  assert.deepEqual([gap, penalty, value], [1, 1, 0]); // f(3) − f(½) = 2 − 1
});

test("a climb ends where each stretch has slope 1 + j / (2 λ ρ), and runs away where nobody looks", () => {
  const flow = [0.5, 0.25, 0.1],
    share = [0.5, 0.5, 0];
  let slopes = [0, 0, 0];
  for (let k = 0; k < 2000; k++) slopes = climbed(slopes, flow, share, 1, 0.05);
  close(slopes[0], 1.5, 1e-6);
  close(slopes[1], 1.25, 1e-6);
  close(slopes[2], 2000 * 0.05 * 0.1, 1e-6);
  let turned = [-1];
  for (let k = 0; k < 2000; k++) turned = climbed(turned, [0.5], [0.5], 1, 0.05);
  close(turned[0], -0.5, 1e-6); // the trap: −1 + j / (2 λ ρ)
});

test("on the line the two-sided climb from −1 is trapped below t = 2λ; off the line it turns round", () => {
  for (const ratio of [0.3, 1, 1.9]) close(trapPath([-1, 0], ratio, false).at(-1)[0], -1 + ratio / 2, 1e-4);
  close(trapPath([-1, 0], 2.5, false).at(-1)[0], 2.25, 1e-4);
  for (const [start, oneSided] of [
    [[-1, 0.01], false],
    [[-1, 0], true],
    [[-3, 1], true],
    [[0, 0], false],
  ]) {
    const [a, b] = trapPath(start, 0.5, oneSided).at(-1);
    close(a, 1.25, 1e-3);
    close(b, 0, 1e-2);
  }
});

test("no step of the climb goes down", () => {
  for (const oneSided of [false, true]) {
    const heights = trapPath([-2, 0.3], 0.7, oneSided).map((a) => trapValue(a, 0.7, oneSided));
    heights.slice(1).forEach((v, k) => assert.ok(v >= heights[k] - 1e-12));
  }
});

test("the critic of two clouds has slope 1 towards the real point inside each ray of the plan", () => {
  const next = generator(5),
    cloud = () => Array.from({ length: 9 }, () => [3 * next(), 3 * next()]),
    [real, fake] = [cloud(), cloud()];
  const { match, gradient, w1 } = criticOf(real, fake);
  let length = 0;
  real.forEach((x, i) => {
    const y = fake[match[i]],
      far = Math.hypot(x[0] - y[0], x[1] - y[1]),
      [gx, gy] = gradient(0.6 * x[0] + 0.4 * y[0], 0.6 * x[1] + 0.4 * y[1]);
    close(gx, (x[0] - y[0]) / far, 1e-9);
    close(gy, (x[1] - y[1]) / far, 1e-9);
    length += far / 9;
  });
  close(length, w1);
  for (let k = 0; k < 40; k++) assert.ok(Math.hypot(...gradient(4 * next() - 0.5, 4 * next() - 0.5)) <= 1 + 1e-12);
});
