/** The layers of a map in run-player-map.mjs, each painted on a canvas. Chapters: clipping-gp-sn, full-models. */
import { compact } from "../kit/scales.mjs";
import { flowLine, gradient, isoline } from "../maths/recordings.mjs";
import { levels } from "../maths/surfaces.mjs";

export const SHADES = 256;

const SEEDS = 60, // flow lines
  LENGTH = 26, // of a flow line, in half cells
  CONTOURS = 12;

/** Pictures (frames, n, c, h, w) of bytes, in a square of rows. */
export function pictures(c, { values, shape }, frame, { corner, side, small }) {
  const [, n, colours, height, width] = shape,
    columns = Math.ceil(Math.sqrt(n)),
    rows = Math.ceil(n / columns),
    wide = columns * (width + 1) - 1,
    high = rows * (height + 1) - 1;
  Object.assign(small, { width: wide, height: high });
  const context = small.getContext("2d"),
    image = context.createImageData(wide, high);
  for (let k = 0; k < n; k++)
    for (let i = 0; i < height * width; i++) {
      const x = (k % columns) * (width + 1) + (i % width),
        y = Math.floor(k / columns) * (height + 1) + Math.floor(i / width),
        at = 4 * (y * wide + x),
        from = ((frame * n + k) * colours * height + Math.floor(i / width)) * width + (i % width);
      for (let q = 0; q < 3; q++) image.data[at + q] = values[from + Math.min(q, colours - 1) * height * width];
      image.data[at + 3] = 255;
    }
  context.putImageData(image, 0, 0);
  c.imageSmoothingEnabled = false;
  const scale = Math.min(side / wide, side / high);
  c.drawImage(small, ...corner, wide * scale, high * scale);
}

/** Least and largest of some numbers. */
function ends(values) {
  let low = Infinity,
    high = -Infinity;
  for (const v of values) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return [low, high];
}

/** Values on a grid as shades: `share(v)` in [0, 1]. The cells are centred on the grid's points. */
function shade(c, values, n, table, share, { corner, side, small }) {
  if (small.width !== n) Object.assign(small, { width: n, height: n });
  const context = small.getContext("2d"),
    image = context.createImageData(n, n),
    pixels = new Uint32Array(image.data.buffer);
  for (let row = 0; row < n; row++)
    for (let k = 0; k < n; k++) {
      const s = Math.min(1, Math.max(0, share(values[row * n + k])));
      pixels[(n - 1 - row) * n + k] = table[Math.round(s * (SHADES - 1))];
    }
  context.putImageData(image, 0, 0);
  const half = side / (n - 1) / 2;
  c.imageSmoothingEnabled = true;
  c.drawImage(small, corner[0] - half, corner[1] - half, side + 2 * half, side + 2 * half);
}

function lines(c, values, n, wanted, { corner, side }) {
  const cell = side / (n - 1);
  c.beginPath();
  for (const level of wanted)
    isoline(values, n, level, (x, y, u, v) => {
      c.moveTo(corner[0] + x * cell, corner[1] + side - y * cell);
      c.lineTo(corner[0] + u * cell, corner[1] + side - v * cell);
    });
  c.stroke();
}

function pen(c, colour, width, alpha) {
  Object.assign(c, { strokeStyle: colour, lineWidth: width, globalAlpha: alpha, lineJoin: "round", lineCap: "round" });
}

/** The critic about the middle of what is seen, in the frame's own range, with contours at round numbers. */
export function critic(c, f, at) {
  const n = Math.round(Math.sqrt(f.length)),
    [low, high] = ends(f),
    reach = high - low || 1;
  shade(c, f, n, at.palette.critic, (v) => (v - low) / reach, at);
  if (high > low) {
    const wish = 10 ** Math.floor(Math.log10(reach / CONTOURS));
    pen(c, at.palette.ink, 0.8, 0.4);
    lines(c, f, n, levels(low, high, wish, CONTOURS).found, at);
    c.globalAlpha = 1;
  }
  return `f ${compact(low)} to ${compact(high)}`;
}

/** ‖∇f‖ from .1 to 10 on a logarithmic scale; the bold line is 1. */
export function slopes(c, log10, at) {
  const n = Math.round(Math.sqrt(log10.length)),
    [low, high] = ends(log10);
  shade(c, log10, n, at.palette.slope, (v) => (v + 1) / 2, at);
  pen(c, at.palette.ink, 1.8, 1);
  lines(c, log10, n, [0], at);
  return `slope ${compact(10 ** low)} to ${compact(10 ** high)}`;
}

export function dots(c, points, radius, X, Y, colour) {
  c.fillStyle = colour;
  c.beginPath();
  for (let k = 0; k < points.length; k += 2) {
    const x = X(points[k]),
      y = Y(points[k + 1]);
    c.moveTo(x + radius, y);
    c.arc(x, y, radius, 0, 7);
  }
  c.fill();
}

/** The real points on a canvas of their own, painted once for each size and theme: they never move. */
export function still(run, { side, entry, palette }) {
  const ratio = window.devicePixelRatio || 1,
    look = `${side} ${palette.theme}`;
  if (run.still?.look !== look) {
    const node = Object.assign(document.createElement("canvas"), { width: side * ratio, height: side * ratio }),
      c = node.getContext("2d"),
      [[x0, x1], [y0, y1]] = entry.window;
    c.scale(ratio, ratio);
    const scale = [side / (x1 - x0), side / (y1 - y0)];
    dots(
      c,
      run.real.values,
      2.2,
      (x) => (x - x0) * scale[0],
      (y) => side - (y - y0) * scale[1],
      palette.real,
    );
    run.still = { node, look };
  }
  return run.still.node;
}

/** Where the generator takes the lines of a grid of latents. */
export function lattice(c, points, [, rows, columns], X, Y, palette) {
  const at = (i, j) => 2 * (i * columns + j);
  pen(c, palette.generated, 0.9, 0.75);
  c.beginPath();
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const k = at(i, j);
      for (const next of [i + 1 < rows ? at(i + 1, j) : -1, j + 1 < columns ? at(i, j + 1) : -1])
        if (next >= 0) {
          c.moveTo(X(points[k]), Y(points[k + 1]));
          c.lineTo(X(points[next]), Y(points[next + 1]));
        }
    }
  c.stroke();
  c.globalAlpha = 1;
}

/** Lines along ∇f from the first generated points, each with a head. */
export function flow(c, f, samples, { x0, x1, y0, y1, corner, side, palette }) {
  const n = Math.round(Math.sqrt(f.length)),
    field = gradient(f, n),
    cell = side / (n - 1),
    seeds = samples ?? [];
  pen(c, palette.ink, 1, 0.85);
  c.beginPath();
  for (let k = 0; k < Math.min(2 * SEEDS, seeds.length); k += 2) {
    const start = [(seeds[k] - x0) / (x1 - x0), (seeds[k + 1] - y0) / (y1 - y0)].map((u) => u * (n - 1)),
      line = flowLine(field, ...start, LENGTH, 0.5),
      px = (i) => [corner[0] + line[i] * cell, corner[1] + side - line[i + 1] * cell];
    if (line.length < 4) continue;
    c.moveTo(...px(0));
    for (let i = 2; i < line.length; i += 2) c.lineTo(...px(i));
    const [x, y] = px(line.length - 2),
      [u, v] = px(line.length - 4),
      turn = Math.atan2(y - v, x - u);
    for (const wing of [-2.6, 2.6]) {
      c.moveTo(x, y);
      c.lineTo(x + 4 * Math.cos(turn + wing), y + 4 * Math.sin(turn + wing));
    }
  }
  c.stroke();
  c.globalAlpha = 1;
}
