/**
 * Two line segments in the plane as laws: P uniform on {0} × [−½, ½], Q on its copy at (theta, 0), turned by `tilt`
 * degrees; `noise` is the standard
 * deviation σ of the normal noise that both may get in each direction. Nats; W₁ in units of the segments' length.
 * Pure functions, held to
 * wgan_lib.divergences, scipy and POT by the tests. Source: Arjovsky, Chintala & Bottou (2017), example 1. Chapter:
 * js-saturation.
 */
import { assignment, distances } from "./assignment.mjs";
import { erf, erfc, jsNormals, LN2 } from "./divergences.mjs";

const POINTS = 64; // per segment, in the discrete transport: W₁ is then right to 5e-5
const REACH = 6.5; // standard deviations: beyond them lies 1e-10 of a law
const FINE = 256;

const axis = (tilt) => [Math.sin((tilt * Math.PI) / 180), Math.cos((tilt * Math.PI) / 180)];
const middles = (n) => Array.from({ length: n }, (_, i) => (i + 0.5) / n - 0.5);

/** Middles of n equal parts of Q. */
export function pointsOf(theta, tilt, n = POINTS) {
  const [sin, cos] = axis(tilt);
  return middles(n).map((u) => [theta + u * sin, u * cos]);
}

/**
 * W₁ of the two segments without noise, its derivative in theta (the mean direction of the rays: the envelope
 * theorem), and for each point of Q its
 * partner on P. Both laws stand as the middles of n equal parts. Where neither segment reaches the other's line, ∂²|x
 * − y| / ∂a ∂b < 0 in the
 * distances a, b from where the lines meet, so the monotone pairing is optimal; elsewhere the assignment is solved.
 */
export function w1Segments(theta, tilt, n = POINTS) {
  const [sin, cos] = axis(tilt),
    fake = pointsOf(theta, tilt, n),
    real = pointsOf(0, 0, n);
  if (tilt === 0) return { w1: Math.abs(theta), slope: Math.sign(theta), from: fake, to: real };
  const monotone = Math.abs(theta * cos) >= Math.abs(sin) / 2;
  const to = monotone ? real : assignment(distances(fake, real)).match.map((j) => real[j]);
  let w1 = 0,
    slope = 0;
  fake.forEach(([x, y], i) => {
    const length = Math.hypot(x - to[i][0], y - to[i][1]);
    w1 += length / n;
    if (length > 0) slope += (x - to[i][0]) / length / n;
  });
  return { w1, slope, from: fake, to };
}

let tables = null;
/** Φ and φ of the standard normal on a grid from −9 to 9, for linear interpolation: errors below 5e-7. */
function normalTables() {
  if (tables) return tables;
  const z = (i) => i / FINE - 9,
    size = 18 * FINE + 2;
  tables = {
    below: Float64Array.from({ length: size }, (_, i) => erfc(-z(i) / Math.SQRT2) / 2),
    density: Float64Array.from({ length: size }, (_, i) => Math.exp(-(z(i) ** 2) / 2) / Math.sqrt(2 * Math.PI)),
  };
  return tables;
}
function look(table, z) {
  const at = Math.max(0, Math.min(18 * FINE, (z + 9) * FINE)),
    i = Math.floor(at);
  return table[i] + (at - i) * (table[i + 1] - table[i]);
}

/**
 * JS of the two segments after noise > 0: `{ js, gap, slope, tv }`, gap = ln 2 − JS, slope = dJS/dtheta, tv the total
 * variation.
 * Parallel: JS of two normals in x. Tilted: the trapezoid rule with steps noise/fineness on the strip around P, since
 * gap = ½∫ p ln(1 + q/p) + q ln(1 + p/q) lives where both laws do, and slope = ½∫ pq/(p+q) ∂ln(q/p)/∂x.
 */
export function blurred(theta, tilt, noise, fineness = 3) {
  if (tilt === 0) return { ...jsNormals(0, noise, theta, noise), tv: erf(Math.abs(theta) / (noise * 2 * Math.SQRT2)) };
  const { below, density } = normalTables(),
    [sin, cos] = axis(tilt),
    h = noise / fineness,
    reach = REACH * noise;
  const columns = Math.ceil(REACH * fineness),
    rows = Math.ceil((0.5 + reach) / h);
  const across = (t) => Math.exp(-0.5 * (t / noise) ** 2) / (noise * Math.sqrt(2 * Math.PI));
  const along = (s) => look(below, (0.5 - Math.abs(s)) / noise) - look(below, (-0.5 - Math.abs(s)) / noise);
  const strip = Float64Array.from({ length: 2 * columns + 1 }, (_, i) => across((i - columns) * h));
  let gap = 0,
    slope = 0,
    shared = 0;
  for (let j = -rows; j <= rows; j++) {
    const y = j * h,
      row = along(y);
    let before = null;
    for (let i = -columns; i <= columns; i++) {
      const x = i * h,
        t = (x - theta) * cos - y * sin,
        s = (x - theta) * sin + y * cos;
      if (Math.abs(t) > reach || Math.abs(s) > 0.5 + reach) continue;
      const p = strip[i + columns] * row,
        side = across(t),
        end = along(s),
        q = side * end,
        less = Math.min(p, q);
      if (!(less > 1e-300)) continue;
      const ratio = less / Math.max(p, q),
        ends = (look(density, (s + 0.5) / noise) - look(density, (s - 0.5) / noise)) / noise;
      gap += (p + q) * Math.log1p(ratio) - less * Math.log(ratio);
      slope += (p / (p + q)) * (side * ends * sin + (q * (x - t * cos)) / (noise * noise));
      // min(p, q) has a kink where p = q, between two nodes: the trapezoid rule's error there, h² jump (a(1 − a) −
      // 1/6)/2 (Euler–Maclaurin).
      const excess = p - q,
        crossed = before !== null && excess < 0 !== before < 0,
        jump = Math.abs(excess - before);
      shared += less + (crossed ? (Math.abs(excess * before) / jump - jump / 6) / 2 : 0);
      before = excess;
    }
  }
  gap *= (h * h) / 2;
  return { js: Math.max(0, LN2 - gap), gap, slope: (slope * h * h) / 2, tv: Math.max(0, 1 - shared * h * h) };
}

/** ln of the standard normal's upper tail, by its continued fraction where erfc would vanish. */
function logAbove(z) {
  if (z < 5) return Math.log(erfc(z / Math.SQRT2) / 2);
  let fraction = z;
  for (let n = 30; n > 0; n--) fraction = z + n / fraction;
  return -(z * z) / 2 - Math.log(Math.sqrt(2 * Math.PI) * fraction);
}

/**
 * KL(P‖Q) after noise > 0, = E_P[t²]/2σ² − ½ + ∫ S ln S − E_P ln S(s): t and s are P's coordinates across and along
 * Q, S the density of U[−½, ½] + σN.
 */
export function klBlurred(theta, tilt, noise) {
  if (tilt === 0) return (theta / noise) ** 2 / 2;
  const [sin, cos] = axis(tilt),
    h = noise / 3,
    c = Math.max(Math.abs(cos), 1e-9),
    centre = -theta * sin;
  const logS = (s) => {
    const near = logAbove((Math.abs(s) - 0.5) / noise),
      far = logAbove((Math.abs(s) + 0.5) / noise);
    return near + Math.log1p(-Math.exp(far - near));
  };
  const mass = (s, half) =>
    Math.exp(logAbove((Math.abs(s) - half) / noise)) - Math.exp(logAbove((Math.abs(s) + half) / noise));
  const steps = Math.ceil((0.5 + 9 * noise) / h);
  let kl = ((theta * cos) ** 2 + (sin * sin) / 12) / (2 * noise * noise);
  for (let i = -steps; i <= steps; i++) {
    const s = i * h,
      own = logS(s);
    const seen = c < 1e-6 ? Math.exp(-0.5 * (s / noise) ** 2) / (noise * Math.sqrt(2 * Math.PI)) : mass(s, c / 2) / c;
    kl += h * (Math.exp(own) * own - (seen > 0 ? seen * logS(centre + s) : 0));
  }
  return kl;
}

/**
 * All four numbers at once: `{ js, gap, slope, tv, kl }`, noise ≥ 0. Without noise they are exact: the laws are
 * equal, or share no more than a point.
 */
export function compare(theta, tilt, noise) {
  if (noise > 0) return { ...blurred(theta, tilt, noise), kl: klBlurred(theta, tilt, noise) };
  const same = theta === 0 && tilt === 0;
  return same ? { js: 0, gap: LN2, slope: NaN, tv: 0, kl: 0 } : { js: LN2, gap: 0, slope: 0, tv: 1, kl: Infinity };
}
