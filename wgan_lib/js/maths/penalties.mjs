/**
 * The gradient penalty: the library's random numbers, the places it looks at, what it costs a function of straight
 * pieces, and how a critic climbs against it. Pure; held to wgan_lib, numpy and torch by the tests.
 * Source: Gulrajani et al. (2017), equation 3; facts 17 and 18 of the book's sources. Chapter: gradient-penalty.
 */
import { assignment, distances } from "./assignment.mjs";

/** The Mersenne twister MT19937 as torch and numpy seed it: () → the next whole number of 32 bits. */
export function twister(seed) {
  const state = new Uint32Array(624);
  state[0] = seed;
  for (let i = 1; i < 624; i++) state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
  let at = 624;
  return () => {
    if (at === 624) {
      for (let i = 0; i < 624; i++) {
        const y = (state[i] & 0x80000000) | (state[(i + 1) % 624] & 0x7fffffff);
        state[i] = state[(i + 397) % 624] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      at = 0;
    }
    let y = state[at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
}

/** One α per sample: what torch.rand(n, generator=torch.Generator().manual_seed(seed)) gives. */
export function alphas(seed, n) {
  const next = twister(seed);
  return Array.from({ length: n }, () => (next() & 0xffffff) / 2 ** 24);
}

/** α x + (1 − α) y of each pair [x, y], points of the line or the plane. */
export const interpolates = (pairs, alpha) =>
  pairs.map(([x, y], k) => {
    const between = (a, b) => alpha[k] * a + (1 - alpha[k]) * b;
    return Array.isArray(x) ? x.map((v, i) => between(v, y[i])) : between(x, y);
  });

const sorted = (list) => [...list].sort((a, b) => a - b);

/** Pairs of points of the line: as they were drawn, or joined by the cheapest plan, which keeps their order. */
export const pairsOnLine = (real, generated, optimal) => {
  const [x, y] = optimal ? [sorted(real), sorted(generated)] : [real, generated];
  return x.map((v, k) => [v, y[k]]);
};

/**
 * Where the penalty looks, as stretches [low, high] over each of which its mass is spread evenly, each of equal mass:
 * the reals themselves, all pairs, or the pairs of the cheapest plan.
 */
export function looks(at, real, generated) {
  if (at === "reals") return real.map((x) => [x, x]);
  const pairs =
    at === "optimal pairs" ? pairsOnLine(real, generated, true) : real.flatMap((x) => generated.map((y) => [x, y]));
  return pairs.map(([x, y]) => [Math.min(x, y), Math.max(x, y)]);
}

/** Share of the penalty's points in [a, b), all stretches together. */
export function shareIn(stretches, a, b) {
  let sum = 0;
  for (const [low, high] of stretches) {
    if (high > low) sum += Math.max(0, Math.min(high, b) - Math.max(low, a)) / (high - low);
    else sum += low >= a && low < b ? 1 : 0;
  }
  return sum / stretches.length;
}

/** Share of the penalty's points in each cell between neighbouring knots. */
export const shares = (knots, stretches) => knots.slice(1).map((b, k) => shareIn(stretches, knots[k], b));

const mean = (list) => list.reduce((sum, v) => sum + v, 0) / list.length;

/** What a unit of slope in each cell adds to E f(real) − E f(generated): the sand that has to cross it, ∫ (G − F). */
export const crossings = (knots, real, generated) =>
  knots.slice(1).map((b, k) => {
    const within = (list) => mean(list.map((v) => Math.min(b, Math.max(knots[k], v))));
    return within(real) - within(generated);
  });

/** Slopes of the straight pieces between the knots. */
export const slopesOf = (knots, values) => knots.slice(1).map((b, k) => (values[k + 1] - values[k]) / (b - knots[k]));

/** Heights at the knots of a function with these slopes that is 0 at the first knot. */
export function heightsOf(knots, slopes) {
  const values = [0];
  slopes.forEach((s, k) => values.push(values[k] + s * (knots[k + 1] - knots[k])));
  return values;
}

/** Raw gap, penalty λ E (|f′| − 1)², and the penalised value of a function with these slopes. */
export function valued(slopes, flow, share, weight) {
  const gap = slopes.reduce((sum, s, k) => sum + s * flow[k], 0),
    penalty = weight * slopes.reduce((sum, s, k) => sum + share[k] * (Math.abs(s) - 1) ** 2, 0);
  return { gap, penalty, value: gap - penalty };
}

/** Slopes after one step uphill in the penalised value: each cell climbs by itself. */
export const climbed = (slopes, flow, share, weight, step) =>
  slopes.map((s, k) => s + step * (flow[k] - 2 * weight * share[k] * (Math.abs(s) - 1) * Math.sign(s)));

/** (τ a₁ − (‖a‖ − 1)²), the penalised value over λ of f(z) = ⟨a, z⟩ for two points t apart, τ = t/λ. */
export const trapValue = ([a, b], ratio, oneSided) => {
  const excess = Math.hypot(a, b) - 1;
  return ratio * a - (oneSided ? Math.max(0, excess) : excess) ** 2;
};

/** The way uphill from a start, by steps of `step` along the gradient of `trapValue`, until it rests. */
export function trapPath(start, ratio, oneSided, step = 0.05, most = 4000) {
  const path = [[...start]];
  let [a, b] = start;
  for (let k = 0; k < most; k++) {
    const length = Math.hypot(a, b),
      excess = length - 1,
      pull = length > 0 ? (-2 * (oneSided ? Math.max(0, excess) : excess)) / length : 0;
    const da = step * (ratio + pull * a),
      db = step * pull * b;
    a += da;
    b += db;
    path.push([a, b]);
    if (Math.hypot(da, db) < 1e-7) break;
  }
  return path;
}

/**
 * An optimal critic of two clouds of n points in the plane: the cheapest matching, W₁, and the gradient of the average
 * of both families of cones, on prices in the middle of all optimal ones. As transport.optimal_critic(tips="both",
 * prices="middle").
 */
export function criticOf(real, generated) {
  const cost = distances(real, generated),
    n = real.length,
    { match, cost: total } = assignment(cost);
  // Shortest ways through f(x) − f(y) ≤ |x − y|, = where the plan carries sand: reals are nodes 0 … n − 1.
  const far = Array.from({ length: 2 * n }, (_, a) =>
    Float64Array.from({ length: 2 * n }, (_, b) => (a === b ? 0 : Infinity)),
  );
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) far[n + j][i] = cost[i][j];
  match.forEach((j, i) => (far[i][n + j] = -cost[i][j]));
  for (let k = 0; k < 2 * n; k++)
    for (const row of far) for (let b = 0; b < 2 * n; b++) if (row[k] + far[k][b] < row[b]) row[b] = row[k] + far[k][b];
  const price = (b) => mean(far.map((row) => row[b])),
    f = real.map((_, i) => price(i)),
    g = generated.map((_, j) => price(n + j));
  const gradient = (x, y) => {
    const [a, b] = coneSlope(real, f, -1, x, y),
      [c, d] = coneSlope(generated, g, 1, x, y);
    return [(a + c) / 2, (b + d) / 2];
  };
  return { match, w1: total / n, gradient };
}

/** Gradient at (x, y) of min over tips of height + distance (sign 1), or of max of height − distance (sign −1). */
function coneSlope(tips, heights, sign, x, y) {
  let best = Infinity,
    at = 0,
    far = 0;
  for (let k = 0; k < tips.length; k++) {
    const dx = x - tips[k][0],
      dy = y - tips[k][1],
      away = Math.sqrt(dx * dx + dy * dy); // many times faster than Math.hypot, and a map asks for it often
    if (away + sign * heights[k] < best) {
      best = away + sign * heights[k];
      at = k;
      far = away;
    }
  }
  return far > 0 ? [(sign * (x - tips[at][0])) / far, (sign * (y - tips[at][1])) / far] : [0, 0];
}
