/**
 * Two laws on the places 0, 1, 2, … of a line: their cumulative sums, W₁ read in two ways, and the parcels that a
 * plan moves. All mass of a bar stands
 * at its middle, so the sums are exact. P is real, Q generated. Pure functions, held to wgan_lib.transport and scipy
 * by the tests.
 * Source: Villani (2003), theorem 2.18. Chapter: wasserstein-1d.
 */

/** Heights ≥ 0, not all zero → shares that sum to one. */
export function shares(heights) {
  const total = heights.reduce((sum, v) => sum + v, 0);
  return heights.map((v) => v / total);
}

/**
 * The law with share `value` at place i; all others keep their proportions, or share the rest evenly when they were
 * empty.
 */
export function withShare(law, i, value) {
  const rest = 1 - law[i];
  return law.map((v, j) =>
    j === i ? value : rest > 1e-12 ? (v * (1 - value)) / rest : (1 - value) / (law.length - 1),
  );
}

/** Cumulative sums F(0), F(1), …; the last is exactly 1. */
export function cumulative(law) {
  let sum = 0;
  return law.map((v, i) => {
    sum += v;
    return i === law.length - 1 ? 1 : sum;
  });
}

/** ∫ |F − G| dx: between two neighbouring places both functions are flat, so each column is one wide. */
export function areaByColumns(p, q) {
  const f = cumulative(p),
    g = cumulative(q);
  return f.reduce((sum, v, i) => sum + Math.abs(v - g[i]), 0);
}

/**
 * The parcels of a plan: `{ from, to, mass, level }` with `from` a place of Q, `to` one of P, and `level` the mass of
 * Q before it. The monotone plan
 * sends quantile u of Q to quantile u of P; the reversed one sends it to 1 − u.
 */
export function parcels(p, q, reversed = false) {
  const target = reversed ? [...p].reverse() : p,
    f = cumulative(target),
    g = cumulative(q),
    found = [];
  let i = 0,
    j = 0,
    level = 0;
  while (i < f.length && j < g.length) {
    const next = Math.min(f[i], g[j]);
    if (next - level > 1e-12) {
      found.push({ from: j, to: reversed ? p.length - 1 - i : i, mass: next - level, level });
      level = next;
    }
    if (f[i] <= next) i++;
    if (g[j] <= next) j++;
  }
  return found;
}

/** Work of parcels: Σ mass · distance. For the monotone plan it is ∫ |F⁻¹ − G⁻¹| du, row by row. */
export const work = (plan) => plan.reduce((sum, { from, to, mass }) => sum + mass * Math.abs(to - from), 0);

/** JS of the two laws in nats. */
export function js(p, q) {
  const part = (a, m) => (a > 0 ? (a * Math.log(a / m)) / 2 : 0);
  return Math.max(
    0,
    p.reduce((sum, v, i) => sum + part(v, (v + q[i]) / 2) + part(q[i], (v + q[i]) / 2), 0),
  );
}

/** Mean place. */
export const mean = (law) => law.reduce((sum, v, i) => sum + i * v, 0);

/**
 * Grains for the animation: n quantiles (k + ½)/n of Q with their `parcel`, their places, and how high, from 0 to 1,
 * each lies in its bar before and after.
 */
export function grains(p, q, plan, n) {
  const before = cumulative(q),
    found = [],
    filled = new Array(p.length).fill(0);
  let k = 0;
  for (const [parcel, { from, to, mass, level }] of plan.entries()) {
    const bottom = from === 0 ? 0 : before[from - 1];
    for (; k < n && (k + 0.5) / n < level + mass; k++) {
      const within = (k + 0.5) / n - level;
      found.push({ parcel, from, to, low: ((k + 0.5) / n - bottom) / q[from], high: (filled[to] + within) / p[to] });
    }
    filled[to] += mass;
  }
  return found;
}
