/**
 * Functions of the plane on a grid: cones, contour lines, colours, and how recorded surfaces are unpacked. Nothing
 * here touches the page.
 */

/**
 * The function max over k of heights[k] − |z − tips[k]|, 1-Lipschitz: (x, y) → its value there and the tip that
 * decides.
 */
export function cones(tips, heights) {
  return (x, y) => {
    let value = -Infinity,
      tip = -1;
    for (let k = 0; k < tips.length; k++) {
      const v = heights[k] - Math.hypot(x - tips[k][0], y - tips[k][1]);
      if (v > value) {
        value = v;
        tip = k;
      }
    }
    return { value, tip };
  };
}

/** Gradient of the cones at (x, y): the unit vector towards the tip that decides; 0 on the tip itself. */
export function conesGradient(tips, heights) {
  const at = cones(tips, heights);
  return (x, y) => {
    const [tx, ty] = tips[at(x, y).tip],
      far = Math.hypot(tx - x, ty - y);
    return far > 0 ? [(tx - x) / far, (ty - y) / far] : [0, 0];
  };
}

/**
 * Line on which values (row by row, `columns` a row) equal `level`: { xs, ys } in units of cells, pieces parted by
 * NaN. Within a cell the values are
 * taken as linear along its edges; in a saddle the mean of the corners decides which two corners the lines cut off.
 */
export function contour(values, columns, rows, level) {
  const xs = [],
    ys = [];
  for (let row = 0; row + 1 < rows; row++)
    for (let column = 0; column + 1 < columns; column++) {
      const first = row * columns + column;
      const corners = [values[first], values[first + 1], values[first + columns + 1], values[first + columns]];
      const above = corners.map((v) => v >= level),
        cuts = [];
      for (let k = 0; k < 4; k++) {
        const next = (k + 1) % 4;
        if (above[k] === above[next]) continue;
        const share = (level - corners[k]) / (corners[next] - corners[k]);
        cuts.push(
          [
            [column + share, row],
            [column + 1, row + share],
            [column + 1 - share, row + 1],
            [column, row + 1 - share],
          ][k],
        );
      }
      if (cuts.length === 4 && corners.reduce((sum, v) => sum + v, 0) / 4 >= level !== above[0])
        cuts.push(cuts.shift());
      for (let k = 0; k + 1 < cuts.length; k += 2) {
        xs.push(cuts[k][0], cuts[k + 1][0], NaN);
        ys.push(cuts[k][1], cuts[k + 1][1], NaN);
      }
    }
  return { xs, ys };
}

/**
 * Levels: the multiples of a step 1, 2 or 5 · 10ⁿ inside (lo, hi); the step is `wish`, or the smallest that leaves at
 * most `most` of them.
 */
export function levels(lo, hi, wish, most = 16) {
  let step = wish;
  for (let k = 0; (hi - lo) / step > most && k < 99; k++) {
    const power = 10 ** Math.floor(Math.log10(step) + 1e-9),
      lead = Math.round(step / power);
    step = (lead < 2 ? 2 : lead < 5 ? 5 : 10) * power;
  }
  const found = [];
  for (let k = Math.floor(lo / step) + 1; k * step < hi; k++) found.push(Number((k * step).toPrecision(12)) + 0);
  return { step, found };
}

/** "rgb(31, 108, 176)" → [31, 108, 176]. */
export const channels = (text) => (text.match(/[\d.]+/g) ?? [0, 0, 0]).slice(0, 3).map(Number);

/** Colour a share t of the way from a to b. */
export const mix = (a, b, t) => a.map((v, k) => Math.round(v + (b[k] - v) * t));

/** Map of [−1, 1]: low colour, paper in the middle, high colour; beyond the ends it stays. */
export const diverging = (low, paper, high) => (v) => mix(paper, v < 0 ? low : high, Math.min(1, Math.abs(v)));

/** Map of [0, 1] from paper to a colour; beyond the ends it stays. */
export const sequential = (paper, high) => (v) => mix(paper, high, Math.min(1, Math.max(0, v)));

/** Unpacks what zlib.compress packed (a DataView or bytes) into bytes. */
export async function inflate(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Reads the surfaces of one critic from `bytes` at `offset`, as widgets.ExactAndLearned writes them: 10-bit values,
 * differenced along rows and columns, low
 * bytes then high bytes; 6-bit slopes; 16-bit gradients (two per generated point).
 * `ranges[frame]` = [lowest value, highest, steepest slope, longest gradient].
 */
export function unpack(bytes, offset, side, points, ranges) {
  const size = side * side,
    count = ranges.length * size,
    at = offset + 3 * count;
  const gradients = new DataView(bytes.buffer, bytes.byteOffset + at, 4 * points * ranges.length);
  const frames = ranges.map(([low, high, steepest, longest], frame) => {
    const values = new Float64Array(size),
      slopes = new Float64Array(size),
      whole = new Int32Array(size);
    for (let k = 0; k < size; k++) {
      const i = offset + frame * size + k,
        difference = bytes[i] + 256 * bytes[i + count];
      const left = k % side ? whole[k - 1] : 0,
        below = k >= side ? whole[k - side] : 0,
        both = k % side && k >= side ? whole[k - side - 1] : 0;
      whole[k] = (difference + left + below - both) & 0xffff;
      values[k] = low + ((high - low) * whole[k]) / 1023;
      slopes[k] = (steepest * bytes[i + 2 * count]) / 63;
    }
    const arrows = Array.from({ length: points }, (_, k) =>
      [0, 2].map((j) => (longest * gradients.getInt16(4 * (frame * points + k) + j, true)) / 32767),
    );
    return { values, slopes, arrows };
  });
  return { frames, end: at + 4 * points * ranges.length };
}
