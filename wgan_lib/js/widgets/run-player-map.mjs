/**
 * The map of one run in run-player.mjs, painted on a canvas: what lies under the points, contours, the generator as a
 * deformed grid, flow lines, real and generated points; or the pictures that it drew. Chapters: clipping-gp-sn.
 */
import { between } from "../maths/recordings.mjs";
import { channels, diverging, mix, sequential } from "../maths/surfaces.mjs";
import { critic, dots, flow, lattice, pictures, SHADES, slopes, still } from "./run-player-layers.mjs";

const FOOT = 18; // px under the map

/** Colours of the theme for canvases, as text and as tables of shades. */
export function palettes(w) {
  const it = { theme: "" };
  const shades = (of) =>
    Uint32Array.from({ length: SHADES }, (_, k) => {
      const [r, g, b] = of(k / (SHADES - 1));
      return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    });
  it.follow = () => {
    const text = w.colour("paper");
    if (`${text} ${window.devicePixelRatio}` === it.theme) return;
    for (const name of ["ink", "real", "generated"]) it[name] = w.colour(name);
    it.theme = `${text} ${window.devicePixelRatio}`;
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
  if (run.real && look.points) c.drawImage(still(run, { side, entry, palette }), ...corner, side, side);
  const samples = state(run, "samples", a, b, t);
  if (samples && look.points) dots(c, samples, 1.7, X, Y, palette.generated);
  if (look.flow && f) flow(c, f, samples, { x0, x1, y0, y1, corner, side, palette });
  if (!samples) return;
  let out = 0;
  for (let k = 0; k < samples.length; k += 2)
    if (samples[k] < x0 || samples[k] > x1 || samples[k + 1] < y0 || samples[k + 1] > y1) out++;
  if (out) texts.outside = `${out} outside`;
}
