/**
 * Norms of layers: singular values of a 2 × 2 matrix, power iteration, and the norm of a convolution on a circle.
 * Matrices are lists of rows. Python: numpy.linalg.svd and wgan_lib.diagnostics.convolution_norm.
 */

export const rotation = (angle) => [
  [Math.cos(angle), -Math.sin(angle)],
  [Math.sin(angle), Math.cos(angle)],
];

export const diagonal = (a, b) => [
  [a, 0],
  [0, b],
];

export const times = (a, v) => a.map((row) => row.reduce((sum, entry, k) => sum + entry * v[k], 0));

export const transposed = (a) => a[0].map((_, k) => a.map((row) => row[k]));

/** The matrix product a b. */
export const product = (a, b) => transposed(transposed(b).map((column) => times(a, column)));

const length = (v) => Math.hypot(...v);
const unit = (v) => {
  const size = length(v);
  return v.map((entry) => entry / size);
};

/**
 * Singular values of a 2 × 2 matrix, s[0] ≥ s[1] ≥ 0, and the angles of the first pair of singular vectors:
 * W sends the direction `right` to s[0] times the direction `left`.
 */
export function svd2([[a, b], [c, d]]) {
  // W is a turn by `sum` scaled by `even`, plus a mirrored turn by `difference` scaled by `odd`.
  const even = Math.hypot(a + d, c - b) / 2,
    odd = Math.hypot(a - d, c + b) / 2,
    sum = Math.atan2(c - b, a + d),
    difference = Math.atan2(c + b, a - d);
  return { s: [even + odd, Math.abs(even - odd)], left: (difference + sum) / 2, right: (difference - sum) / 2 };
}

/**
 * Round trips u ← Wv/|Wv|, v ← Wᵀu/|Wᵀu| from a unit vector v. Entry k holds v and the estimate σ̂ = uᵀWv after k of
 * them; entry 0 has the u that the start is sent to.
 */
export function powerIteration(weight, start, n) {
  const back = transposed(weight);
  let v = unit(start);
  const found = [{ v, estimate: length(times(weight, v)) }];
  for (let k = 0; k < n; k++) {
    const u = unit(times(weight, v));
    v = unit(times(back, u));
    found.push({ v, estimate: times(weight, v).reduce((sum, entry, i) => sum + entry * u[i], 0) });
  }
  return found;
}

/**
 * A convolution of one channel by a square kernel (a flat list of side² numbers) on a circle of size × size pixels:
 * y[i] = Σ k[a] x[stride·i + a]. Its exact norm, the norm of the kernel as one row of numbers, the most that the first
 * can be of the second, and the picture that it stretches most, of largest value 1.
 */
export function convolution(kernel, size, stride = 1) {
  const side = Math.round(Math.sqrt(kernel.length)),
    turn = (2 * Math.PI) / size,
    coarse = size / stride;
  const response = (p, q) => {
    let re = 0,
      im = 0;
    kernel.forEach((entry, k) => {
      const phase = turn * (p * Math.floor(k / side) + q * (k % side));
      re += entry * Math.cos(phase);
      im += entry * Math.sin(phase);
    });
    return { p, q, re, im };
  };
  // Waves that a stride folds onto one another make one row; the longest row is the norm.
  let best = { square: -1, waves: [] };
  for (let p = 0; p < coarse; p++)
    for (let q = 0; q < coarse; q++) {
      const waves = [];
      for (let i = 0; i < stride; i++)
        for (let j = 0; j < stride; j++) waves.push(response(p + i * coarse, q + j * coarse));
      const square = waves.reduce((sum, { re, im }) => sum + re * re + im * im, 0);
      if (square > best.square * (1 + 1e-12) + 1e-300) best = { square, waves };
    }
  return {
    norm: Math.sqrt(Math.max(0, best.square)) / stride,
    reshaped: length(kernel),
    most: Math.ceil(side / stride),
    picture: pictureOf(best.waves, size, turn),
  };
}

/** The sum of the waves, each weighted by the conjugate of its response: the first right singular vector, real. */
function pictureOf(waves, size, turn) {
  const values = Float64Array.from({ length: size * size }, (_, k) => {
    const [row, column] = [Math.floor(k / size), k % size];
    return waves.reduce((sum, { p, q, re, im }) => {
      const phase = turn * (p * row + q * column);
      return sum + re * Math.cos(phase) + im * Math.sin(phase);
    }, 0);
  });
  const largest = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return values.map((v) => (largest > 0 ? v / largest : 0));
}

/**
 * One hidden layer of two units on the line, both layers of norm 1. Unit one rises to the right of `right`, unit two to
 * the left of `left`; `share` splits the slope between them. `sorted`: the two are put in order, not cut at 0.
 */
export function twoUnits({ left, right, share, sorted }) {
  const w = [Math.sqrt(share), -Math.sqrt(1 - share)],
    b = [-w[0] * right, -w[1] * left],
    v = sorted ? [w[1], w[0]] : [w[0], -w[1]];
  const f = (x) => {
    const h = w.map((slope, k) => slope * x + b[k]),
      active = sorted ? [Math.min(...h), Math.max(...h)] : h.map((value) => Math.max(0, value));
    return v[0] * active[0] + v[1] * active[1];
  };
  const kinks = sorted ? [(b[1] - b[0]) / (w[0] - w[1])] : [left, right].sort((p, q) => p - q);
  return { f, kinks, gap: (f(1) + f(-1)) / 2 - f(0) };
}
