/**
 * The map of one run in run-player.mjs, painted on a canvas: what lies under the points, contours, the generator as a
 * deformed grid, flow lines, real and generated points; or the pictures that it drew. Chapters: clipping-gp-sn.
 */
import { compact } from "../kit/scales.mjs";
import { between, flowLine, gradient, isoline } from "../maths/recordings.mjs";
import { channels, diverging, levels, mix, sequential } from "../maths/surfaces.mjs";

const FOOT = 18, // px under the map
  SEEDS = 60, // flow lines
  LENGTH = 26, // of a flow line, in half cells
  CONTOURS = 12,
  SHADES = 256;

/** Colours of the theme for canvases, as text and as tables of shades. */
export function palettes(w) {
  const it = { paper: "" };
  const shades = (of) =>
    Uint32Array.from({ length: SHADES }, (_, k) => {
      const [r, g, b] = of(k / (SHADES - 1));
      return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    });
  it.follow = () => {
    const text = w.colour("paper");
    if (text === it.paper) return;
    for (const name of ["ink", "real", "generated"]) it[name] = w.colour(name);
    it.paper = text;
    const paper = channels(text),
      tint = (name, t) => mix(paper, channels(w.colour(name)), t),
      critic = diverging(tint("generated", 0.75), paper, tint("real", 0.75)),
      slope = sequential(paper, tint("critic", 0.85));
    it.critic = shades((t) => critic(2 * t - 1));
    it.slope = shades(slope);
  };
  return it;
}

/** One run's map: `draw(run, a, b, t, look)` shows the state a share t of the way from frame a to frame b. */
export function mapOf(w, parent, entry, name, palette) {
  const p = w.plot({
    ...{ parent, label: name, shaped: true, margin: { top: 2, right: 0, bottom: FOOT - 2, left: 0 } },
    height: (width, narrow) => Math.min(width, narrow ? 176 : 320) + FOOT,
    ...{ x: { hide: true }, y: { hide: true } },
  });
  const layer = p.canvas(),
    small = document.createElement("canvas"),
    foot = p.text("muted", { dy: 13 }),
    outside = p.text("muted", { dy: 13, anchor: "end" }),
    buffers = {};
  const state = (run, key, a, b, t) => {
    if (!run[key]) return null;
    buffers[key] ??= new Float32Array(run[key].size);
    return between(run[key], a, b, t, buffers[key]);
  };
  const draw = (run, a, b, t, look) => {
    const side = Math.min(p.width, p.height - FOOT),
      corner = [(p.width - side) / 2, 2],
      texts = { foot: "", outside: "" };
    layer.paint((c) => {
      c.save();
      c.beginPath();
      c.rect(...corner, side, side);
      c.clip();
      if (entry.pictures) pictures(c, run.samples, t < 0.5 ? a : b, { corner, side, small });
      else plane(c, run, { a, b, t, look, corner, side, small, state, entry, palette, texts });
      c.restore();
    });
    foot.set(corner[0] / p.width, 0, texts.foot);
    outside.set((corner[0] + side) / p.width, 0, texts.outside);
    p.describe([name, texts.foot, texts.outside].filter(Boolean).join("; "));
  };
  return { p, draw };
}

/** Pictures (frames, n, c, h, w) of bytes, in a square of rows. */
function pictures(c, { values, shape }, frame, { corner, side, small }) {
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

/** Everything that lies in the plane of the data. */
function plane(c, run, { a, b, t, look, corner, side, small, state, entry, palette, texts }) {
  const [[x0, x1], [y0, y1]] = entry.window,
    X = (x) => corner[0] + ((x - x0) / (x1 - x0)) * side,
    Y = (y) => corner[1] + side - ((y - y0) / (y1 - y0)) * side,
    f = look.ground === "critic" || look.flow ? state(run, "critic", a, b, t) : null,
    slope = look.ground === "slope" ? state(run, "log10_slope", a, b, t) : null,
    at = { corner, side, small, palette };
  if (look.ground === "critic" && f) texts.foot = critic(c, f, at);
  if (slope) texts.foot = slopes(c, slope, at);
  if (look.lattice && run.lattice) lattice(c, state(run, "lattice", a, b, t), run.lattice.shape, X, Y, palette);
  if (run.real && look.points) dots(c, run.real.values, 2.2, X, Y, palette.real);
  const samples = state(run, "samples", a, b, t);
  if (samples && look.points) dots(c, samples, 1.7, X, Y, palette.generated);
  if (look.flow && f) flow(c, f, samples, { x0, x1, y0, y1, corner, side, palette });
  if (!samples) return;
  let out = 0;
  for (let k = 0; k < samples.length; k += 2)
    if (samples[k] < x0 || samples[k] > x1 || samples[k + 1] < y0 || samples[k + 1] > y1) out++;
  if (out) texts.outside = `${out} outside`;
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
function critic(c, f, at) {
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
function slopes(c, log10, at) {
  const n = Math.round(Math.sqrt(log10.length)),
    [low, high] = ends(log10);
  shade(c, log10, n, at.palette.slope, (v) => (v + 1) / 2, at);
  pen(c, at.palette.ink, 1.8, 1);
  lines(c, log10, n, [0], at);
  return `slope ${compact(10 ** low)} to ${compact(10 ** high)}`;
}

function dots(c, points, radius, X, Y, colour) {
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

/** Where the generator takes the lines of a grid of latents. */
function lattice(c, points, [, rows, columns], X, Y, palette) {
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
function flow(c, f, samples, { x0, x1, y0, y1, corner, side, palette }) {
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
