/**
 * Pure parts of a plot: scales, ticks, how numbers are written, key steps, SVG paths. Nothing here touches the page.
 */

/** Scale from `domain` to `range` (pixels), with `.invert`. */
export function linear([d0, d1], [r0, r1]) {
  const k = (r1 - r0) / (d1 - d0);
  return Object.assign((v) => r0 + (v - d0) * k, {
    invert: (p) => d0 + (p - r0) / k,
    domain: [d0, d1],
    range: [r0, r1],
  });
}

/** Scale with a base-10 logarithm; the domain is positive. */
export function logarithmic([d0, d1], range) {
  const inner = linear([Math.log10(d0), Math.log10(d1)], range);
  return Object.assign((v) => inner(Math.log10(v)), { invert: (p) => 10 ** inner.invert(p), domain: [d0, d1], range });
}

/** About `count` round numbers (1, 2 or 5 times a power of ten) inside [lo, hi]. */
export function ticks(lo, hi, count = 6) {
  const rough = (hi - lo) / Math.max(1, count);
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= rough * 0.85) ?? 10);
  const found = [];
  for (let i = Math.ceil(lo / step - 1e-9); i * step <= hi + step * 1e-9; i++)
    found.push(Number((i * step).toPrecision(12)) + 0);
  return found;
}

/** Powers of ten inside [lo, hi]. */
export function powers(lo, hi) {
  const found = [];
  for (let e = Math.ceil(Math.log10(lo) - 1e-9); e <= Math.log10(hi) + 1e-9; e++) found.push(10 ** e);
  return found;
}

/** `v` forced into [lo, hi]; an end that is null is open. */
export const clamp = (v, [lo, hi]) => Math.min(hi ?? Infinity, Math.max(lo ?? -Infinity, v));

/** `v` on the nearest multiple of `grain`, without binary dust (0.30000000000000004). */
export const snap = (v, grain) => (grain > 0 ? Number((Math.round(v / grain) * grain).toFixed(10)) + 0 : v);

/** Number with a real minus sign and a fixed count of decimals; no "−0.00". */
export function fixed(v, digits = 2) {
  const text = Math.abs(v).toFixed(digits);
  return (v < 0 && Number(text) !== 0 ? "−" : "") + text;
}

/** Whole number with a comma before each group of three digits. */
export const grouped = (n) => `${n < 0 ? "−" : ""}${String(Math.abs(n)).replace(/\B(?=(\d{3})+$)/g, ",")}`;

/**
 * A number in a few characters: two decimals, more only where they would hide it, none from a thousand on; ∞ and – too.
 */
export function compact(v) {
  if (v === null || Number.isNaN(v)) return "–";
  if (!Number.isFinite(v)) return v > 0 ? "∞" : "−∞";
  const size = Math.abs(v);
  if (size >= 999.5) return grouped(Math.round(v));
  if (size >= 0.0995 || size < 1e-12) return fixed(v);
  return size >= 9.95e-4 ? fixed(v, size >= 9.95e-3 ? 3 : 4) : scientific(v);
}

/** Colours of n values of a parameter, from moss to mustard, as figures.ramp(n) has them; lighter on dark paper. */
export const ramp = (n) =>
  Array.from(
    { length: n },
    (_, i) => `color-mix(in srgb, var(--me-ramp-last) ${n > 1 ? (100 * i) / (n - 1) : 0}%, var(--me-ramp))`,
  );

/**
 * Heights in px, upwards, for words that stand at `{ x, height, text }`, their middle at x: who would lie on others
 * are lifted. `gap`: of two lines of 12 px with their halo.
 */
export function heightsApart(words, gap = 17) {
  const placed = [],
    half = ({ text }) => 3.4 * text.length; // px, of letters of 12 px
  for (const one of [...words].sort((a, b) => a.height - b.height)) {
    const under = placed.filter(({ word }) => Math.abs(word.x - one.x) < half(word) + half(one) + 2);
    placed.push({ word: one, height: Math.max(one.height, ...under.map(({ height }) => height + gap)) });
  }
  return words.map((word) => placed.find((one) => one.word === word).height);
}

/** Number as 3.1 × 10⁻⁹ once it is smaller than `from`, else fixed to `decimals`. */
export function scientific(v, from = 1e-3, digits = 1, decimals = 4) {
  if (v === 0 || Math.abs(v) >= from) return fixed(v, decimals);
  const [mantissa, exponent] = Math.abs(v).toExponential(digits).split("e");
  const raised = [...String(Number(exponent))].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("");
  return `${v < 0 ? "−" : ""}${mantissa} × 10${raised}`;
}

/** Key of a slider or handle → how many small steps it asks for, as [along x, along y]; null for any other key. */
export function keySteps(key, shift) {
  const n = shift ? 10 : 1;
  const moves = {
    ArrowRight: [n, 0],
    ArrowLeft: [-n, 0],
    ArrowUp: [0, n],
    ArrowDown: [0, -n],
    PageUp: [0, 10],
    PageDown: [0, -10],
  };
  return moves[key] ?? null;
}

/** SVG path through (xs[i], ys[i]), already in pixels; a non-finite point breaks the line. */
export function pathThrough(xs, ys) {
  let path = "",
    pen = "M";
  for (let i = 0; i < xs.length; i++) {
    if (!Number.isFinite(xs[i]) || !Number.isFinite(ys[i])) {
      pen = "M";
      continue;
    }
    path += `${pen}${xs[i].toFixed(2)},${ys[i].toFixed(2)}`;
    pen = "L";
  }
  return path;
}

/** SVG path of arrows [x0, y0, x1, y1] in pixels with open heads; null for those shorter than a pixel. */
export function arrowPath([x0, y0, x1, y1], head = 4.5) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (!(length >= 1)) return null;
  const h = Math.min(head, length * 0.75),
    ux = ((x1 - x0) / length) * h,
    uy = ((y1 - y0) / length) * h;
  const wing = (s) => `${(x1 - ux - s * uy * 0.6).toFixed(2)},${(y1 - uy + s * ux * 0.6).toFixed(2)}`;
  const tip = `${x1.toFixed(2)},${y1.toFixed(2)}`;
  return `M${x0.toFixed(2)},${y0.toFixed(2)}L${tip}M${wing(1)}L${tip}L${wing(-1)}`;
}

/** SVG path of a circle in pixels. */
export const circlePath = (x, y, r) =>
  `M${(x - r).toFixed(2)},${y.toFixed(2)}a${r},${r} 0 1 0 ${2 * r},0a${r},${r} 0 1 0 ${-2 * r},0`;
