/**
 * One network of linear layers and leaky ReLUs, and a batch on its way through it, in plain JavaScript and double
 * precision: what lab/layers.h does in WebAssembly, to read and to fall back on. Chapter: lab.
 *
 * Weights are one array: W1 (out, in), b1, W2, b2, …. Activations are rows, one per feature, with one number a sample.
 */

/** How many numbers the first `layers` layers of a network with these sizes have. */
export const countOf = (sizes, layers = sizes.length - 1) =>
  Array.from({ length: layers }, (_, l) => sizes[l + 1] * (sizes[l] + 1)).reduce((a, b) => a + b, 0);

/** Room for `n` samples: activations h[l], d[l] = d score / d (W h + b) of layer l, the penalty's tangent q[l]. */
export function pass(sizes, n) {
  const rows = () => sizes.map((size) => new Float64Array(size * n));
  const it = { n, h: rows(), d: rows(), q: rows(), factor: new Float64Array(n) };
  it.d.at(-1).fill(1);
  return it;
}

/**
 * y = W x + b, or Wᵀ x with the strides exchanged: y[o] = b[o] + Σ_i w[o · across + i · along] x[i]. Four inputs at a
 * time: that alone makes it three times as fast.
 */
function product(y, w, at, [across, along], out, size, x, bias, n) {
  for (let o = 0; o < out; o++) {
    const row = o * n;
    let i = 0,
      from = at + o * across;
    y.fill(bias < 0 ? 0 : w[bias + o], row, row + n);
    for (; i + 4 <= size; i += 4, from += 4 * along) {
      const [w0, w1, w2, w3] = [w[from], w[from + along], w[from + 2 * along], w[from + 3 * along]];
      for (let b = row, k = i * n; b < row + n; b++, k++)
        y[b] += w0 * x[k] + w1 * x[k + n] + w2 * x[k + 2 * n] + w3 * x[k + 3 * n];
    }
    for (; i < size; i++, from += along) for (let b = row, k = i * n; b < row + n; b++, k++) y[b] += w[from] * x[k];
  }
}

/** y where x > 0, slope · y elsewhere: the activation (x is y), or its derivative from its value. */
function leaky(y, x, slope) {
  for (let k = 0; k < y.length; k++) if (!(x[k] > 0)) y[k] *= slope;
}

/** h[l + 1] = leaky(W h[l] + b), the last layer without. */
export function forward({ sizes, slope }, w, p) {
  for (let l = 0, at = 0; l + 1 < sizes.length; l++) {
    const [size, out] = [sizes[l], sizes[l + 1]];
    product(p.h[l + 1], w, at, [size, 1], out, size, p.h[l], at + size * out, p.n);
    if (l + 2 < sizes.length) leaky(p.h[l + 1], p.h[l + 1], slope);
    at += out * (size + 1);
  }
}

/** From d of the last layer back to d[last]: 1, or 0 for the gradient at the input. */
export function backward({ sizes, slope }, w, p, last) {
  for (let l = sizes.length - 2; l >= last; l--) {
    product(p.d[l], w, countOf(sizes, l), [1, sizes[l]], sizes[l], sizes[l + 1], p.d[l + 1], -1, p.n);
    if (l > 0) leaky(p.d[l], p.h[l], slope);
  }
}

/**
 * The input's gradient is W1ᵀ M1 W2ᵀ M2 … with masks M of ones and slopes, which small changes of the weights leave
 * alone. Its own gradient, contracted with q[0], is therefore a second forward of q[0], without biases.
 */
export function tangent({ sizes, slope }, w, p) {
  for (let l = 0, at = 0; l + 2 < sizes.length; l++) {
    const [size, out] = [sizes[l], sizes[l + 1]];
    product(p.q[l + 1], w, at, [size, 1], out, size, p.q[l], -1, p.n);
    leaky(p.q[l + 1], p.h[l + 1], slope);
    at += out * (size + 1);
  }
}

/** dW += d (factor h + q)ᵀ, db += d factor: the loss's part and the penalty's in one product. */
export function accumulate({ sizes }, gradient, p, penalised) {
  const { n, factor } = p;
  for (let l = 0, at = 0; l + 1 < sizes.length; l++) {
    const [size, out] = [sizes[l], sizes[l + 1]],
      d = p.d[l + 1],
      z = new Float64Array(size * n);
    for (let k = 0; k < z.length; k++) z[k] = factor[k % n] * p.h[l][k] + (penalised ? p.q[l][k] : 0);
    for (let o = 0; o < out; o++) {
      outer(gradient, at + o * size, d, o * n, z, size, n);
      gradient[at + size * out + o] += dot(d, o * n, factor, 0, n);
    }
    at += out * (size + 1);
  }
}

/** One row of dW: g[i] += ⟨d, z[i]⟩, four at a time. */
function outer(g, at, d, row, z, size, n) {
  let i = 0;
  for (; i + 4 <= size; i += 4) {
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let b = row, k = i * n; b < row + n; b++, k++) {
      const v = d[b];
      s0 += v * z[k];
      s1 += v * z[k + n];
      s2 += v * z[k + 2 * n];
      s3 += v * z[k + 3 * n];
    }
    g[at + i] += s0;
    g[at + i + 1] += s1;
    g[at + i + 2] += s2;
    g[at + i + 3] += s3;
  }
  for (; i < size; i++) g[at + i] += dot(d, row, z, i * n, n);
}

function dot(a, from, b, start, n) {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += a[from + k] * b[start + k];
  return sum;
}

/** (n, dims) points to rows, and back. */
export function turn(rows, points, n, dims) {
  for (let b = 0; b < n; b++) for (let i = 0; i < dims; i++) rows[i * n + b] = points[b * dims + i];
}

export function turnBack(rows, n, dims) {
  const points = new Float32Array(n * dims);
  for (let b = 0; b < n; b++) for (let i = 0; i < dims; i++) points[b * dims + i] = rows[i * n + b];
  return points;
}
