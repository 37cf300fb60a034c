/**
 * Functions on the line against the rule |f(x) − f(y)| ≤ |x − y|: slopes, the double cone, and the band of all
 * optimal critics of two discrete laws.
 * Pure; held to linear programming by the tests. Source: Villani (2009), theorem 5.10 and remark 6.5; facts 11 and 49
 * of the book's sources.
 * Chapter: kantorovich-rubinstein.
 */
import { solve } from "./transport.mjs";

/**
 * Points of two laws, each uniform on its list, in order along the line.
 * @returns {{x: number[], real: number[], generated: number[], mass: number[], scale: number}} `real` and
 *   `generated`: how often x[k] occurs;
 *   `mass`: (P − Q)({x[k]})·scale, whole numbers.
 */
export function twoLaws(real, generated) {
  const x = [...new Set([...real, ...generated])].sort((a, b) => a - b);
  const count = (list) => x.map((v) => list.filter((u) => u === v).length);
  const p = count(real),
    q = count(generated);
  return {
    x,
    real: p,
    generated: q,
    mass: x.map((_, k) => p[k] * generated.length - q[k] * real.length),
    scale: real.length * generated.length,
  };
}

/** W₁ = ∫|F − G|, and on each stretch between neighbours the sand that crosses it to the right, ·scale. */
export function w1OnLine({ x, mass, scale }) {
  let crossing = 0,
    work = 0;
  const flow = [];
  for (let k = 0; k + 1 < x.length; k++) {
    crossing -= mass[k];
    flow.push(crossing);
    work += Math.abs(crossing) * (x[k + 1] - x[k]);
  }
  return { w1: work / scale, flow };
}

/** E_P f − E_Q f for the values of f at the points. */
export const gapOf = ({ mass, scale }, values) => mass.reduce((sum, v, k) => sum + v * values[k], 0) / scale;

/**
 * Largest |f(x) − f(y)| / |x − y| over pairs of points, and the stretch that has it: neighbours suffice, since a long
 * chord averages its stretches.
 */
export function steepest({ x }, values) {
  let slope = 0,
    at = 0;
  for (let k = 0; k + 1 < x.length; k++) {
    const here = Math.abs((values[k + 1] - values[k]) / (x[k + 1] - x[k]));
    if (here > slope) [slope, at] = [here, k];
  }
  return { slope, at };
}

/** f at z: straight between the points, level outside them. */
export function evaluate({ x }, values, z) {
  if (z <= x[0]) return values[0];
  for (let k = 1; k < x.length; k++) {
    if (z <= x[k]) return values[k - 1] + ((values[k] - values[k - 1]) * (z - x[k - 1])) / (x[k] - x[k - 1]);
  }
  return values[x.length - 1];
}

/**
 * Longest rises: far[a][b] = the greatest f(x[b]) − f(x[a]) over all optimal f. They are the shortest distances under
 * the constraints
 * f(b) − f(a) ≤ |a − b| for all pairs, and f(real) − f(generated) ≥ |real − generated| wherever one optimal plan
 * carries sand.
 */
export function rises(laws) {
  const { x, mass } = laws,
    n = x.length;
  const far = x.map((a) => x.map((b) => Math.abs(a - b)));
  const from = x.map((_, k) => k).filter((k) => mass[k] < 0),
    to = x.map((_, k) => k).filter((k) => mass[k] > 0);
  if (from.length) {
    const { plan } = solve(
      from.map((k) => -mass[k]),
      to.map((k) => mass[k]),
      from.map((a) => to.map((b) => Math.abs(x[a] - x[b]))),
    );
    plan.forEach((row, i) =>
      row.forEach((carried, j) => {
        if (carried > 0) far[to[j]][from[i]] = -Math.abs(x[from[i]] - x[to[j]]);
      }),
    );
  }
  for (let k = 0; k < n; k++)
    for (let a = 0; a < n; a++) for (let b = 0; b < n; b++) far[a][b] = Math.min(far[a][b], far[a][k] + far[k][b]);
  return far;
}

/** Lowest and highest value at z of all optimal f with f(x[0]) = 0, from `rises`; z need not be a point. */
export function bandAt({ x }, far, z) {
  let lower = -Infinity,
    upper = Infinity;
  for (let k = 0; k < x.length; k++) {
    upper = Math.min(upper, far[0][k] + Math.abs(z - x[k]));
    lower = Math.max(lower, -far[k][0] - Math.abs(z - x[k]));
  }
  return [lower, upper];
}

/**
 * Values at the points of the optimal f a share t of the way from the lowest (t = 0) to the highest (t = 1); f is 0
 * at the first point.
 */
export const optimal = (far, t) => far.map((row, k) => (1 - t) * -row[0] + t * far[0][k] + 0);

/**
 * Parts of the graph inside the double cone |f(x) − f(foot)| > |x − foot|, where the rule is broken: `[[x0, x1], …]`.
 * On each piece where f is straight and neither f − f(foot) nor x − foot changes sign, the difference is straight
 * too: its root is exact.
 */
export function insideCone(laws, values, foot, tolerance = 1e-9) {
  const height = evaluate(laws, values, foot),
    f = (z) => evaluate(laws, values, z) - height;
  const over = (z) => Math.abs(f(z)) - Math.abs(z - foot);
  const cuts = [...laws.x, foot];
  for (let k = 0; k + 1 < laws.x.length; k++) {
    const a = f(laws.x[k]),
      b = f(laws.x[k + 1]);
    if (a * b < 0) cuts.push(laws.x[k] + ((laws.x[k + 1] - laws.x[k]) * a) / (a - b));
  }
  cuts.sort((a, b) => a - b);
  const parts = [];
  for (let k = 0; k + 1 < cuts.length; k++) {
    let [lo, hi] = [cuts[k], cuts[k + 1]];
    const a = over(lo),
      b = over(hi),
      root = lo + ((hi - lo) * a) / (a - b);
    if (!(hi > lo) || (a <= tolerance && b <= tolerance)) continue;
    if (a < 0) lo = root;
    if (b < 0) hi = root;
    const last = parts.at(-1);
    if (last && Math.abs(last[1] - lo) < 1e-12) last[1] = hi;
    else parts.push([lo, hi]);
  }
  return parts;
}
