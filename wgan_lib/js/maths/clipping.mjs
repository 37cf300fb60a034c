/**
 * What a box around the weights does to a slope, in numbers: the bound of a ReLU network, its typical slope, the linear
 * critic's square beside the disc, and how recorded surfaces are unpacked. Nothing here touches the page.
 */

/** log₁₀ of c^L ∏ √(nₗ₋₁ nₗ): the largest slope of a ReLU network of these sizes with all weights in [−c, c]. */
export const logBoxSlope = (c, sizes) =>
  sizes.slice(1).reduce((sum, n, l) => sum + Math.log10(c) + Math.log10(sizes[l] * n) / 2, 0);

/**
 * log₁₀ of the root mean square slope with all weights at ±c by fair coins: E ‖∇f‖² = n₀ c² ∏ nₗ c² / 2 over hidden
 * layers, half of whose units are off.
 */
export const logCoinSlope = (c, sizes) =>
  Math.log10(c * Math.sqrt(sizes[0])) +
  sizes.slice(1, -1).reduce((sum, n) => sum + Math.log10(c) + Math.log10(n / 2) / 2, 0);

/** Sizes of a critic of the plane with `layers` weight layers, `width` units in each hidden one. */
export const sizesOf = (layers, width) => [2, ...Array(layers - 1).fill(width), 1];

/** The c for which the bound is 1. */
export const unitBound = (sizes) => 10 ** (-logBoxSlope(1, sizes) / (sizes.length - 1));

/** Factor by which c may change while a slope that goes with c^L stays within [low, high]. */
export const roomFor = (layers, low = 0.5, high = 2) => (high / low) ** (1 / layers);

/**
 * Best weights of a linear critic for a shift D: `square` with |wᵢ| ≤ c (0 where D gives no sign), `disc` with |w| ≤ 1;
 * their gaps, and the cosine of the square's weights with D.
 */
export function bestLinear(c, shift) {
  const length = Math.hypot(...shift),
    square = shift.map((d) => c * Math.sign(Math.abs(d) < 1e-12 ? 0 : d)),
    disc = shift.map((d) => (length > 0 ? d / length : 0));
  const gap = (weights) => weights.reduce((sum, v, k) => sum + v * shift[k], 0);
  const cosine = Math.hypot(...square) > 0 ? gap(square) / Math.hypot(...square) / length : 0;
  return { square, disc, squareGap: gap(square), discGap: gap(disc), cosine };
}

/** Index of the number nearest to v, on a logarithmic scale. */
export const nearest = (numbers, v) =>
  numbers.reduce((best, u, k) => (Math.abs(Math.log(u / v)) < Math.abs(Math.log(numbers[best] / v)) ? k : best), 0);

/** A number in a few characters whatever its size: 0.93, 63, 1.2 × 10⁵, 2.0 × 10⁻²². */
export function brief(v) {
  if (v === 0) return "0";
  const size = Math.abs(v);
  if (size >= 1000 || size < 1e-3) {
    const [lead, exponent] = size.toExponential(1).split("e");
    const raised = [...String(Number(exponent))].map((ch) => (ch === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[ch])).join("");
    return `${v < 0 ? "−" : ""}${lead} × 10${raised}`;
  }
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.0995 ? 2 : 3;
  return `${v < 0 ? "−" : ""}${size.toFixed(digits)}`;
}

/** How to write the numbers of a list side by side: by `brief`, or by their powers of ten where one is far from 1. */
export function shortest(numbers) {
  const far = numbers.some((v) => v !== 0 && (Math.abs(v) >= 1000 || Math.abs(v) < 1e-3));
  return far ? (v) => (v === 0 ? "0" : brief(10 ** Math.floor(Math.log10(Math.abs(v)))).replace("1.0 × ", "")) : brief;
}

/** log₁₀ as a table shows it: one decimal near 0, whole numbers beyond, a dash for a slope of 0. */
export function exponent(log) {
  if (log === null || !Number.isFinite(log)) return "–";
  const text = Math.abs(log) < 0.95 ? Math.abs(log).toFixed(1) : String(Math.round(Math.abs(log)));
  return Number(text) === 0 ? "0" : `${log < 0 ? "−" : ""}${text}`;
}

/** Surfaces as widgets.ClippingDepth packs them: 10-bit heights, differenced along rows and columns, in two bytes. */
export function unpackHeights(bytes, side, ranges) {
  const size = side * side,
    count = ranges.length * size;
  return ranges.map(([low, high], index) => {
    const whole = new Int32Array(size),
      heights = new Float64Array(size);
    for (let k = 0; k < size; k++) {
      const i = index * size + k,
        left = k % side ? whole[k - 1] : 0,
        below = k >= side ? whole[k - side] : 0,
        both = k % side && k >= side ? whole[k - side - 1] : 0;
      whole[k] = (bytes[i] + 256 * bytes[i + count] + left + below - both) & 0xffff;
      heights[k] = low + ((high - low) * whole[k]) / 1023;
    }
    return heights;
  });
}
