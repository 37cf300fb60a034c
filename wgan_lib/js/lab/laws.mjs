/**
 * The laws of the lab: those of wgan_lib.sampling that its page names, and whatever the reader draws. Chapter: lab.
 */

const turnOf = (k, n) => [Math.cos((2 * Math.PI * k) / n), Math.sin((2 * Math.PI * k) / n)];
const DRAWN = 0.04; // standard deviation about a drawn point

/** Σ w N(mode, std² I) with equal weights, in units of `scale`. */
function mixture(modes, std, scale) {
  const scaled = modes.map((mode) => mode.map((v) => v * scale)),
    dims = modes[0].length;
  const sample = (n, rng) => {
    const points = new Float32Array(n * dims);
    for (let b = 0; b < n; b++) {
      const mode = scaled[Math.floor(rng.uniform() * scaled.length)];
      for (let i = 0; i < dims; i++) points[b * dims + i] = mode[i] + scale * std * rng.normal();
    }
    return points;
  };
  return { dims, sample, modes: scaled, std: scale * std };
}

/** The Swiss roll seen from its side: sampling.swiss_roll(). */
function roll(scale) {
  const sample = (n, rng) => {
    const points = new Float32Array(2 * n);
    for (let b = 0; b < n; b++) {
      const t = 1.5 * Math.PI * (1 + 2 * rng.uniform());
      points[2 * b] = (scale * (t * Math.cos(t) + 0.25 * rng.normal())) / 7.5;
      points[2 * b + 1] = (scale * (t * Math.sin(t) + 0.25 * rng.normal())) / 7.5;
    }
    return points;
  };
  return { dims: 2, sample, modes: null, std: null };
}

const square = [-2, -1, 0, 1, 2].flatMap((x) => [-2, -1, 0, 1, 2].map((y) => [x * 0.7, y * 0.7]));

/** Each law by its name: (scale, points) → { dims, sample(n, rng) → (n, dims), modes, std }; std is of one mode. */
const LAWS = {
  ring: (scale) =>
    mixture(
      Array.from({ length: 8 }, (_, k) => turnOf(k, 8).map((v) => 1.4 * v)),
      0.07,
      scale,
    ),
  grid: (scale) => mixture(square, 0.05, scale),
  piles: (scale) => mixture([[-1.2, 0.6], [1.2, -0.6]], 0.25, scale), // biome-ignore format: two points
  roll,
  line: (scale) => mixture([[1]], 0.1, scale),
  drawn: (scale, points) => ({ ...mixture(points, DRAWN, scale), modes: null, std: null }),
};

export const LAW_NAMES = Object.keys(LAWS);

/** @param {{law: string, scale: number, points?: number[][]}} settings `points` of the law "drawn" */
export function lawOf({ law, scale, points }) {
  if (!(law in LAWS)) throw new RangeError(`law is "${law}": it must be one of ${LAW_NAMES.join(", ")}`);
  if (law === "drawn" && !points?.length) throw new RangeError("points is empty: draw at least one point");
  return LAWS[law](scale, points);
}

/**
 * How many modes samples reach, and which share of them lies within 3 standard deviations of its nearest mode; as
 * metrics.mode_coverage. Null for a law without modes.
 */
export function modesFound(points, { modes, std, dims }) {
  if (!modes) return null;
  const found = new Set(),
    n = points.length / dims;
  let good = 0;
  for (let b = 0; b < n; b++) {
    let least = Infinity,
      nearest = 0;
    modes.forEach((mode, k) => {
      const far = Math.hypot(...mode.map((v, i) => v - points[b * dims + i]));
      if (far < least) [least, nearest] = [far, k];
    });
    if (least >= 3 * std) continue;
    found.add(nearest);
    good += 1;
  }
  return { modes: found.size, of: modes.length, quality: good / n };
}
