/**
 * The truth beside a training: exact W1 of samples, its null, the bound that a critic certifies. Chapter: lab.
 */
import { matching } from "./matching.mjs";

let room = new Float64Array(0); // of the last costs: half a megabyte a measure, three measures a second

/** W1 of two samples of n points (n, dims), exact: the cheapest matching's mean length; transport.w1. */
export function w1(x, y, dims) {
  const n = x.length / dims;
  if (y.length !== x.length) throw new RangeError(`x holds ${x.length} numbers and y ${y.length}: as many are needed`);
  if (room.length !== n * n) room = new Float64Array(n * n);
  const cost = room;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      let square = 0;
      for (let k = 0; k < dims; k++) square += (x[i * dims + k] - y[j * dims + k]) ** 2;
      cost[i * n + j] = Math.sqrt(square);
    }
  return matching(cost, n).reduce((sum, j, i) => sum + cost[i * n + j], 0) / n;
}

/**
 * |mean f(x) − mean f(y)| / L, L the largest slope |f(xᵢ) − f(yⱼ)| / ‖xᵢ − yⱼ‖ over all pairs: at most the exact W1 of
 * the two samples, for any critic; diagnostics.certified_lower_bound.
 */
export function certified({ x, y, fx, fy, dims }) {
  let slope = 0;
  for (let i = 0; i < fx.length; i++)
    for (let j = 0; j < fy.length; j++) {
      let square = 0;
      for (let k = 0; k < dims; k++) square += (x[i * dims + k] - y[j * dims + k]) ** 2;
      const rise = Math.abs(fx[i] - fy[j]);
      if (rise > 0) slope = Math.max(slope, rise / Math.sqrt(square));
    }
  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  return slope === 0 ? 0 : Math.abs(mean(fx) - mean(fy)) / slope;
}

/** What two samples of n points of the law itself score on average over `draws` pairs: a perfect generator's W1. */
export function nullOf(law, n, rng, draws = 8) {
  let sum = 0;
  for (let k = 0; k < draws; k++) sum += w1(law.sample(n, rng), law.sample(n, rng), law.dims);
  return sum / draws;
}
