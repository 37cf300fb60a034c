/**
 * What a recorded run needs to be played: numbers brought back from whole steps, states between two frames, contours
 * and flow lines of a surface. Pure; held to wgan_lib.runs and numpy by the tests. Chapter: clipping-gp-sn.
 */

/**
 * The inverse of runs.quantised: `bytes` at `offset` hold the low bytes, then the high bytes of `shape` = [frames, …]
 * whole numbers, differenced along the last two axes or not; `range[frame]` = [least value, largest].
 */
export function restored(bytes, { offset, shape, range, bits, differenced }) {
  const size = shape.slice(1).reduce((product, n) => product * n, 1),
    count = shape[0] * size,
    across = shape.at(-1),
    within = across * (shape.at(-2) ?? 1),
    top = 2 ** bits - 1,
    whole = new Uint16Array(count),
    values = new Float32Array(count);
  for (let k = 0; k < count; k++) {
    const step = bytes[offset + k] + 256 * bytes[offset + count + k],
      left = k % across > 0,
      below = k % within >= across;
    whole[k] = differenced
      ? step + (left ? whole[k - 1] : 0) + (below ? whole[k - across] : 0) - (left && below ? whole[k - across - 1] : 0)
      : step; // modulo 2¹⁶, as the array's type has it
    const [low, high] = range[Math.floor(k / size)];
    values[k] = low + ((high - low) * whole[k]) / top;
  }
  return { values, size };
}

/** The state a share t of the way from frame `a` to frame `b`, into `out`. */
export function between({ values, size }, a, b, t, out) {
  const from = a * size,
    to = b * size;
  if (t === 0 || a === b) for (let k = 0; k < size; k++) out[k] = values[from + k];
  else for (let k = 0; k < size; k++) out[k] = values[from + k] + t * (values[to + k] - values[from + k]);
  return out;
}

/** Index of the frame whose step is nearest to `step`. */
export const nearestFrame = (steps, step) =>
  steps.reduce((best, s, k) => (Math.abs(s - step) < Math.abs(steps[best] - step) ? k : best), 0);

/**
 * Calls segment(x0, y0, x1, y1) for each piece of the line on which `values` (row by row, `side` a row) equal `level`,
 * in units of cells. A cell is cut in two triangles along its diagonal, so that no saddle is left to chance.
 */
export function isoline(values, side, level, segment) {
  for (let row = 0; row + 1 < side; row++)
    for (let column = 0; column + 1 < side; column++) {
      const first = row * side + column,
        a = values[first] - level,
        b = values[first + 1] - level,
        c = values[first + side + 1] - level,
        d = values[first + side] - level,
        above = a >= 0;
      if (above === b >= 0 && above === c >= 0 && above === d >= 0) continue;
      cut(segment, column, row, a, column + 1, row, b, column + 1, row + 1, c);
      cut(segment, column, row, a, column + 1, row + 1, c, column, row + 1, d);
    }
}

/** The segment on which a function that is linear on a triangle is zero, given its corners and its values there. */
function cut(segment, x0, y0, a, x1, y1, b, x2, y2, c) {
  const [p, q, r] = [a >= 0, b >= 0, c >= 0];
  if (p === q && q === r) return;
  if (p === q) return cross(segment, x2, y2, c, x0, y0, a, x1, y1, b);
  if (p === r) return cross(segment, x1, y1, b, x2, y2, c, x0, y0, a);
  return cross(segment, x0, y0, a, x1, y1, b, x2, y2, c);
}

/** The same where the first corner stands alone. */
function cross(segment, x0, y0, a, x1, y1, b, x2, y2, c) {
  const s = a / (a - b),
    t = a / (a - c);
  segment(x0 + s * (x1 - x0), y0 + s * (y1 - y0), x0 + t * (x2 - x0), y0 + t * (y2 - y0));
}

/** Gradient of a surface at the points of its grid, per cell: central differences, one-sided at the edges. */
export function gradient(values, side) {
  const gx = new Float32Array(side * side),
    gy = new Float32Array(side * side);
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const k = row * side + column,
        [l, r] = [Math.max(0, column - 1), Math.min(side - 1, column + 1)],
        [d, u] = [Math.max(0, row - 1), Math.min(side - 1, row + 1)];
      gx[k] = (values[row * side + r] - values[row * side + l]) / (r - l);
      gy[k] = (values[u * side + column] - values[d * side + column]) / (u - d);
    }
  return { gx, gy, side };
}

/** The gradient at (x, y) in cells, bilinear between the points of the grid: [gx, gy]; null outside. */
export function bilinear({ gx, gy, side }, x, y) {
  if (!(x >= 0 && y >= 0 && x <= side - 1 && y <= side - 1)) return null;
  const column = Math.min(side - 2, Math.floor(x)),
    row = Math.min(side - 2, Math.floor(y)),
    s = x - column,
    t = y - row,
    k = row * side + column;
  const at = (g) => (1 - t) * ((1 - s) * g[k] + s * g[k + 1]) + t * ((1 - s) * g[k + side] + s * g[k + side + 1]);
  return [at(gx), at(gy)];
}

/** Unit vector of the gradient at (x, y); null outside and where it is flat. */
function direction(field, x, y) {
  const g = bilinear(field, x, y);
  if (!g) return null;
  const length = Math.hypot(g[0], g[1]);
  return length > 1e-12 ? [g[0] / length, g[1] / length] : null;
}

/**
 * The line along ∇f from (x, y), in cells: RK4 of dz/ds = ∇f / ‖∇f‖ in steps of arc length `h`, at most `steps` of
 * them.
 * It ends at the edge, where f is flat, and where it would turn by more than a right angle: at a top or on a ridge.
 */
export function flowLine(field, x, y, steps, h) {
  const line = [x, y];
  let before = null;
  for (let n = 0; n < steps; n++) {
    const a = direction(field, x, y),
      b = a && direction(field, x + (h / 2) * a[0], y + (h / 2) * a[1]),
      c = b && direction(field, x + (h / 2) * b[0], y + (h / 2) * b[1]),
      d = c && direction(field, x + h * c[0], y + h * c[1]);
    if (!d || (before && before[0] * d[0] + before[1] * d[1] < 0) || a[0] * d[0] + a[1] * d[1] < 0) break;
    x += (h / 6) * (a[0] + 2 * b[0] + 2 * c[0] + d[0]);
    y += (h / 6) * (a[1] + 2 * b[1] + 2 * c[1] + d[1]);
    line.push(x, y);
    before = d;
  }
  return line;
}
