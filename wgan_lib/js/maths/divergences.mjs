/**
 * Distances between two normal laws, their slopes in the shift, and the pull that each generator loss gives to a
 * sample.
 * Nats throughout; W₁ in the units of x. Pure functions, held to wgan_lib.divergences and scipy by the tests.
 * Source: Goodfellow et al. (2014), section 4.1; Arjovsky & Bottou (2017), theorem 2.5. Chapter: js-saturation.
 */

export const LN2 = Math.LN2;

/** Error function to about 1e-15: Maclaurin series inside, Lentz's continued fraction of erfc outside. */
export function erf(x) {
  return Math.abs(x) < 2.5 ? series(x) : Math.sign(x) * (1 - tail(Math.abs(x)));
}

/** 1 − erf(x), without cancellation for large x. */
export function erfc(x) {
  return x < 2.5 ? 1 - erf(x) : tail(x);
}

function series(x) {
  let term = x,
    sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum; // all terms of one sign: no cancellation
}

function tail(x) {
  let fraction = x;
  for (let n = 60; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}

/** Standard normal quantile of p in (0, 1): Newton steps on erf from a logistic guess. */
export function quantile(p) {
  if (p > 0.5) return -quantile(1 - p);
  let z = Math.log(p / (1 - p)) / 1.702;
  for (let i = 0; i < 30; i++) {
    const below = 0.5 * erfc(-z / Math.SQRT2),
      density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
    const step = (below - p) / density;
    z -= Math.max(-1, Math.min(1, step));
    if (Math.abs(step) < 1e-14) break;
  }
  return z;
}

const logDensity = (x, mean, std) => -0.5 * ((x - mean) / std) ** 2 - Math.log(std * Math.sqrt(2 * Math.PI));

/** Normal density. */
export const density = (x, mean, std) => Math.exp(logDensity(x, mean, std));

/** log(p/q) at x: the logit of the optimal discriminator D* = p / (p + q). */
export const logRatio = (x, meanP, stdP, meanQ, stdQ) => logDensity(x, meanP, stdP) - logDensity(x, meanQ, stdQ);

const sigmoid = (t) => (t >= 0 ? 1 / (1 + Math.exp(-t)) : Math.exp(t) / (1 + Math.exp(t)));

/**
 * Jensen–Shannon divergence of two normals: `{ js, gap, slope }`, gap = ln 2 − JS and slope = dJS/d(mean_q).
 * The gap ½∫p log(1 + q/p) + ½∫q log(1 + p/q) is integrated, not JS, so it keeps its digits when JS is a hair below
 * ln 2. Its integrand lives where both laws do, max(|z_p|, |z_q|) ≤ k; there the trapezoid rule converges
 * exponentially.
 */
export function jsNormals(meanP, stdP, meanQ, stdQ, points = 400) {
  const apart = Math.abs(meanP - meanQ) / (stdP + stdQ),
    k = Math.sqrt(apart * apart + 81);
  const lo = Math.max(meanP - k * stdP, meanQ - k * stdQ),
    hi = Math.min(meanP + k * stdP, meanQ + k * stdQ);
  const h = (hi - lo) / points;
  let gap = 0,
    slope = 0;
  for (let i = 0; i <= points; i++) {
    const x = lo + i * h,
      lp = logDensity(x, meanP, stdP),
      lq = logDensity(x, meanQ, stdQ),
      l = lp - lq;
    const p = Math.exp(lp),
      q = Math.exp(lq),
      e = Math.log1p(Math.exp(-Math.abs(l))),
      up = Math.max(0, l),
      down = Math.max(0, -l);
    gap += p * (down + e) + q * (up + e);
    slope -= q * sigmoid(l) * ratioSlope(x, meanP, stdP, meanQ, stdQ);
  }
  gap *= h / 2;
  return { js: Math.max(0, LN2 - gap), gap, slope: (slope * h) / 2 };
}

/** d/dx of log(p/q). */
export const ratioSlope = (x, meanP, stdP, meanQ, stdQ) => (x - meanQ) / (stdQ * stdQ) - (x - meanP) / (stdP * stdP);

/** KL(P‖Q) of two normals and its slope in mean_q. */
export function klNormals(meanP, stdP, meanQ, stdQ) {
  const r = (stdP / stdQ) ** 2,
    d = (meanQ - meanP) / stdQ;
  return { kl: (r - 1 - Math.log(r) + d * d) / 2, slope: d / stdQ };
}

/** W₁ of two normals and its slope in mean_q. */
export function w1Normals(meanP, stdP, meanQ, stdQ) {
  const s = Math.abs(stdP - stdQ),
    m = Math.abs(meanP - meanQ),
    side = Math.sign(meanQ - meanP);
  if (s === 0) return { w1: m, slope: side };
  const t = m / (s * Math.SQRT2);
  return { w1: s * Math.sqrt(2 / Math.PI) * Math.exp(-t * t) + m * erf(t), slope: side * erf(t) };
}

/**
 * The step that each generator loss asks of a generated sample at x, under the optimal discriminator or critic: minus
 * the derivative of the loss.
 *   minimax         log(1 − D): D·(log p/q)′        non-saturating  −log D: (1 − D)·(log p/q)′
 *   wasserstein     −f: f′ = sign(T(x) − x), T the increasing map of Q onto P
 */
export function pulls(x, meanP, stdP, meanQ, stdQ) {
  const d = sigmoid(logRatio(x, meanP, stdP, meanQ, stdQ)),
    slope = ratioSlope(x, meanP, stdP, meanQ, stdQ);
  const image = meanP + (stdP / stdQ) * (x - meanQ);
  const undecided = sigmoid(-logRatio(x, meanP, stdP, meanQ, stdQ));
  return {
    minimax: d * slope,
    nonSaturating: undecided * slope,
    wasserstein: Math.abs(image - x) < 1e-12 ? 0 : Math.sign(image - x),
  };
}

/** Averages of `pulls` over Q, from the slopes: −2 JS′, −(KL(Q‖P) − 2 JS)′ and −W₁′ in mean_q. */
export function averagePulls(meanP, stdP, meanQ, stdQ) {
  const { slope } = jsNormals(meanP, stdP, meanQ, stdQ);
  return {
    minimax: -2 * slope,
    nonSaturating: 2 * slope - (meanQ - meanP) / (stdP * stdP),
    wasserstein: -w1Normals(meanP, stdP, meanQ, stdQ).slope,
  };
}
