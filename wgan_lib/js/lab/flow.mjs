/**
 * The ways that samples take where nothing but their critic pushes them: x′ = ± ∇f(x), the critic standing still. Drawn
 * by length, not by time, so that a flat place is crossed as quickly as a steep one. Chapter: lab.
 */

const FLAT = 1e-7; // a slope below which there is no way on

/** Unit vectors of `gradients` (n, 2), those of a slope that is next to nothing 0. */
function units(gradients) {
  const found = new Float32Array(gradients.length);
  for (let k = 0; k < found.length; k += 2) {
    const slope = Math.hypot(gradients[k], gradients[k + 1]);
    if (slope > FLAT) for (let i = k; i < k + 2; i++) found[i] = gradients[i] / slope;
  }
  return found;
}

/**
 * Flow lines of a gradient in the plane by the midpoint rule. A line ends where the slope turns back on it: on a top,
 * or on a ridge that is sharper than a step.
 * @param {(points: Float32Array) => Float32Array} gradientAt (n, 2) → (n, 2)
 * @param {Float32Array} starts (n, 2)
 * @param {{step: number, steps: number, sign?: 1 | -1}} options `step` in units of the plane; sign −1 goes down
 * @returns {{points: Float32Array, each: number, lengths: Int32Array}} (n, each, 2), each = steps + 1; of line k the
 *   first lengths[k] points are meant, and the rest repeat the last
 */
export function flowLines(gradientAt, starts, { step, steps, sign = 1 }) {
  const n = starts.length / 2,
    each = steps + 1,
    points = new Float32Array(2 * n * each),
    lengths = new Int32Array(n).fill(1),
    going = new Uint8Array(n).fill(1);
  let at = Float32Array.from(starts),
    way = units(gradientAt(at));
  const put = (j) => {
    for (let k = 0; k < n; k++) points.set(at.subarray(2 * k, 2 * k + 2), 2 * (k * each + j));
  };
  put(0);
  for (let j = 1; j < each; j++) {
    const half = at.map((v, i) => v + (sign * step * way[i]) / 2),
      middle = units(gradientAt(half)),
      next = at.map((v, i) => v + sign * step * middle[i]),
      ahead = units(gradientAt(next));
    for (let k = 0; k < n; k++) {
      const along = (b) => way[2 * k] * b[2 * k] + way[2 * k + 1] * b[2 * k + 1];
      if (along(middle) <= 0 || along(ahead) <= 0) going[k] = 0;
      if (going[k]) lengths[k] = j + 1;
      else next.set(at.subarray(2 * k, 2 * k + 2), 2 * k);
    }
    [at, way] = [next, ahead];
    put(j);
  }
  return { points, each, lengths };
}
