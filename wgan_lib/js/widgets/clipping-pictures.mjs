/**
 * Three pictures of one critic in clipping-depth.mjs: its surface on the two laws, the gradient at the output of each
 * layer, the histogram of its weights.
 */
import { compact } from "../kit/scales.mjs";
import { brief } from "../maths/clipping.mjs";
import { contour, levels } from "../maths/surfaces.mjs";

const REACH = 0.6, // height at which the surface's colours end: a hill of slope 1 on this pair
  STEP = 0.1, // between its contours
  LOW = 1e-24,
  HIGH = 1e14;
const size = (width, narrow) => Math.min(width, narrow ? 168 : 300);

/** The surface of the chosen critic on the two laws. */
export function surfaceMap(w, parent, { half, real, generated }, side) {
  const axis = { domain: [-half, half], hide: true };
  const p = w.plot({
    ...{ parent, label: "", shaped: true, height: (width, narrow) => size(width, narrow) + 20, x: axis, y: axis },
    margin: { top: 20, right: 4, bottom: 20, left: 4 },
  });
  const surface = p.surface(),
    lines = p.line("ink thin faint"),
    dots = [p.dots("real", 2.2), p.dots("generated", 2.2)],
    title = p.text("strong", { dy: -6 }),
    key = p.text("muted", { dy: 14 });
  return {
    p,
    draw: (heights, divisor, palette, words) => {
      const values = heights.map((v) => v / divisor),
        { step, found } = levels(Math.min(...values), Math.max(...values), STEP);
      surface.set(values, side, side, (v) => palette.ofValue(v / REACH));
      const xs = [],
        ys = [],
        place = (v) => ((v + 0.5) / side) * 2 * half - half;
      for (const level of found) {
        const line = contour(values, side, side, level);
        xs.push(...line.xs.map(place));
        ys.push(...line.ys.map(place));
      }
      lines.set(xs, ys);
      dots[0].set(real);
      dots[1].set(generated);
      title.set(-half, half, words);
      key.set(-half, -half, found.length ? `contours every ${brief(step).replace(/\.?0+$/, "")}` : "no contour: flat");
      p.describe(`${words}: heights from ${brief(Math.min(...values))} to ${brief(Math.max(...values))}.`);
    },
  };
}

/** Gradient at the output of each layer, on a logarithmic axis, the penalty's of that depth beside it. */
export function layerPlot(w, parent) {
  const p = w.plot({
    ...{
      parent,
      label: "",
      height: (width, narrow) => size(width, narrow) + 20,
      margin: { top: 20, left: 46, right: 8 },
    },
    x: {
      domain: [1, 12],
      ticks: [1, 4, 8, 12],
      label: (width) => (width < 200 ? "layer" : "layer, the input's first"),
    },
    y: {
      domain: [LOW, HIGH],
      log: true,
      ticks: [1e-20, 1e-10, 1, 1e10],
      format: (v) => brief(v).replace("1.0 × ", ""),
    },
  });
  const one = p.rule("muted thin dashed", "y"),
    other = p.line("muted thin"),
    line = p.line("critic bold"),
    dots = p.dots("critic", 3),
    title = p.text("strong", { dx: -46, dy: -6 }),
    name = p.text("muted halo-text", { anchor: "end", dy: -6 });
  const numbers = (list) => list.map((_, k) => k + 1);
  return {
    p,
    draw: (layers, penalty, isPenalty) => {
      one.set(1);
      const shown = layers.map((v) => Math.max(v, LOW));
      line.set(numbers(shown), shown);
      dots.set(shown.map((v, k) => [k + 1, v]));
      other.show(!isPenalty).set(numbers(penalty), penalty);
      name.show(!isPenalty && penalty.length > 4).set(12, 1, "gradient penalty");
      title.set(1, HIGH, "Gradient by layer");
      p.describe(`Gradient at the output of each layer, the input's first: ${layers.map(brief).join(", ")}.`);
    },
  };
}

/** Histogram of all weights over the box. */
export function weightPlot(w, parent) {
  const p = w.plot({
    ...{ parent, label: "", height: (width, narrow) => (narrow ? 120 : size(width, narrow) + 20) },
    ...{
      margin: { top: 20, left: 8, right: 8, bottom: 24 },
      x: { domain: [-1.1, 1.1], ticks: [] },
      y: { hide: true, domain: [0, 0.6] },
    },
  });
  const bars = p.path("muted half", "area"),
    title = p.text("strong", { dy: -6 }),
    marks = [-1, 0, 1].map((v) => ({ v, mark: p.text("muted", { anchor: "middle", dy: 16 }) })),
    edges = [p.line("muted thin dashed"), p.line("muted thin dashed")];
  return {
    p,
    draw: (shares, reach, words, name) => {
      const cut = (v) => Math.min(v, 0.6),
        side = (k) => p.x(-1 + (2 * k) / shares.length).toFixed(1);
      bars.set(
        shares.map((v, k) => `M${side(k)},${p.y(0)}V${p.y(cut(v)).toFixed(1)}H${side(k + 1)}V${p.y(0)}Z`).join(""),
      );
      edges.forEach((edge, k) => edge.set([2 * k - 1, 2 * k - 1], [0, 0.6]));
      for (const { v, mark } of marks) mark.set(v, 0, v === 0 ? "0" : `${v < 0 ? "−" : ""}${name ?? compact(reach)}`);
      title.set(-1.1, 0.6, words);
      p.describe(`Histogram of the weights. ${words}.`);
    },
  };
}
