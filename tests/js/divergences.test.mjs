import assert from "node:assert/strict";
import test from "node:test";
import {
  averagePulls,
  density,
  erf,
  erfc,
  jsNormals,
  klNormals,
  LN2,
  logRatio,
  pulls,
  quantile,
  w1Normals,
} from "../../wgan_lib/js/maths/divergences.mjs";

const near = (a, b, tolerance) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b} within ${tolerance}`);
const pairs = [
  [0, 1, 2, 1],
  [0, 1, 0.3, 0.25],
  [-2, 2.5, 7, 0.2],
  [1, 0.4, -3, 2.2],
  [0, 1, 0, 1.01],
  [5, 0.3, 5.2, 0.3],
];
/** ∫ f over the whole of Q's mass by Simpson's rule. */
const averageOverQ = (f, mean, std, n = 20000) => {
  const h = (20 * std) / n;
  let sum = 0;
  for (let i = 0; i <= n; i++) {
    const x = mean - 10 * std + i * h;
    sum += f(x) * density(x, mean, std) * (i === 0 || i === n ? 1 : i % 2 ? 4 : 2);
  }
  return (sum * h) / 3;
};

test("fact 39: JS of shifted unit normals, and of N(0, 1) and N(0, 4)", () => {
  for (const [shift, js] of [
    [0.5, 0.03031],
    [1, 0.11142],
    [2, 0.33683],
    [4, 0.63272],
    [8, 0.69305],
  ])
    near(jsNormals(0, 1, shift, 1).js, js, 5e-6);
  near(jsNormals(0, 1, 0, 2).js, 0.09273, 5e-6);
});

test("fact 51: W₁ of normals; fact 56: the average pulls at shift 6", () => {
  near(w1Normals(0, 1, 0, 2).w1, 0.797885, 5e-7);
  near(w1Normals(0, 1, 1, 2).w1, 1.166631, 5e-7);
  const six = averagePulls(0, 1, 6, 1);
  near(-six.minimax, 0.0125, 5e-5);
  near(-six.nonSaturating, 5.9875, 5e-5);
  assert.equal(six.wasserstein, -1);
});

test("JS stays below ln 2 and keeps what is missing", () => {
  for (const shift of [10, 12, 40]) {
    const { js, gap } = jsNormals(0, 1, shift, 1);
    assert.ok(gap > 0 && js <= LN2);
    // The overlap of two far normals: gap = h(δ) exp(−δ²/8) with h slowly varying.
    near(Math.log(gap) + (shift * shift) / 8, 0, 4);
  }
  assert.ok(jsNormals(0, 1, 0, 1).js < 1e-15);
});

test("JS is symmetric, does not change with units, and its quadrature has converged", () => {
  for (const [mp, sp, mq, sq] of pairs) {
    const one = jsNormals(mp, sp, mq, sq);
    near(one.js, jsNormals(mq, sq, mp, sp).js, 1e-13);
    near(one.js, jsNormals(100 * mp, 100 * sp, 100 * mq, 100 * sq).js, 1e-13);
    near(one.js, jsNormals(mp, sp, mq, sq, 4000).js, 1e-12);
    near(jsNormals(mp, sp, mq, sq, 80).js, one.js, 2e-4);
  }
});

test("every slope is the derivative in mean_q", () => {
  const h = 1e-5;
  for (const [mp, sp, mq, sq] of pairs) {
    for (const [f, name] of [
      [jsNormals, "js"],
      [klNormals, "kl"],
      [w1Normals, "w1"],
    ]) {
      const numeric = (f(mp, sp, mq + h, sq)[name] - f(mp, sp, mq - h, sq)[name]) / (2 * h);
      if (sp === sq || name !== "w1") near(f(mp, sp, mq, sq).slope, numeric, 1e-7 * (1 + Math.abs(numeric)) + 1e-9);
      else near(f(mp, sp, mq, sq).slope, numeric, 1e-6);
    }
  }
});

test("the average of the pulls over Q is what the slopes say", () => {
  for (const [mp, sp, mq, sq] of pairs) {
    const average = averagePulls(mp, sp, mq, sq);
    for (const key of ["minimax", "nonSaturating"]) {
      const found = averageOverQ((x) => pulls(x, mp, sp, mq, sq)[key], mq, sq);
      near(found, average[key], 1e-8 * (1 + Math.abs(found)));
    }
    near(
      averageOverQ((x) => pulls(x, mp, sp, mq, sq).wasserstein, mq, sq),
      average.wasserstein,
      2e-3,
    ); // a jump: Simpson is of first order
  }
});

test("a pull is minus the derivative of its loss", () => {
  const h = 1e-6,
    d = (x, law) => 1 / (1 + Math.exp(-logRatio(x, ...law)));
  for (const law of pairs) {
    const x = law[2] + 0.7 * law[3],
      found = pulls(x, ...law);
    if (d(x, law) < 1e-12 || 1 - d(x, law) < 1e-9) continue;
    near(
      found.minimax,
      -(Math.log(1 - d(x + h, law)) - Math.log(1 - d(x - h, law))) / (2 * h),
      1e-4 * (1 + Math.abs(found.minimax)),
    );
    near(
      found.nonSaturating,
      (Math.log(d(x + h, law)) - Math.log(d(x - h, law))) / (2 * h),
      1e-4 * (1 + Math.abs(found.nonSaturating)),
    );
  }
});

test("erf, erfc and the normal quantile", () => {
  for (const [x, value] of [
    [0.1, 0.1124629160182849],
    [1, 0.8427007929497149],
    [2.4, 0.9993114861033549],
    [2.6, 0.9997639655834707],
    [-1.5, -0.9661051464753108],
  ])
    near(erf(x), value, 3e-16 * 4);
  near(erfc(5) / 1.5374597944280349e-12, 1, 1e-13);
  for (const [p, z] of [
    [0.975, 1.959963984540054],
    [0.5, 0],
    [1 / 14, -1.4652337926855221],
    [0.001, -3.090232306167813],
  ])
    near(quantile(p), z, 1e-12);
});
