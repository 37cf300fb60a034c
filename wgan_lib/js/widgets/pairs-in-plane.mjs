/**
 * Random pairs against optimal pairs of two clouds, their interpolates coloured by the slope of an exact critic there.
 * The mathematics is in maths/penalties.mjs. Python side: widgets.PairsInPlane. Chapter: gradient-penalty.
 */
import { widget } from "../kit/kit.mjs";
import { fixed } from "../kit/scales.mjs";
import { alphas, criticOf, interpolates } from "../maths/penalties.mjs";
import { channels, mix, sequential } from "../maths/surfaces.mjs";

const WINDOW = [
  [-3, 3],
  [-1.5, 1.5],
];
const FINE = 60, // columns of the map of slopes
  ROWS = 30,
  SHADES = 5; // of dots between slope 0 and 1

/** The exact critic for a shift, worked out once per shift, with its slopes on a grid. */
function criticFor(real, generated) {
  const kept = { key: "", it: null };
  return ([dx, dy]) => {
    const key = `${dx} ${dy}`;
    if (kept.key === key) return kept.it;
    const moved = generated.map(([x, y]) => [x + dx, y + dy]),
      critic = criticOf(real, moved);
    const slope = (x, y) => Math.hypot(...critic.gradient(x, y)),
      place = (k, axis, n) => WINDOW[axis][0] + ((k + 0.5) * (WINDOW[axis][1] - WINDOW[axis][0])) / n;
    const slopes = Float64Array.from({ length: FINE * ROWS }, (_, k) =>
      slope(place(k % FINE, 0, FINE), place(Math.floor(k / FINE), 1, ROWS)),
    );
    Object.assign(kept, { key, it: { ...critic, moved, slope, slopes } });
    return kept.it;
  };
}

function mapPlot(w) {
  const axis = (k) => ({ domain: WINDOW[k], hide: true, grid: false, ticks: [] });
  const ratio = (WINDOW[1][1] - WINDOW[1][0]) / (WINDOW[0][1] - WINDOW[0][0]);
  const p = w.plot({
    ...{ label: "", shaped: true, x: axis(0), y: axis(1), margin: { top: 22, right: 4, bottom: 20, left: 4 } },
    height: (width) => (width - 8) * ratio + 42,
  });
  return {
    ...{ p, surface: p.surface(), pairs: p.line("ink thin faint") },
    ...{ generated: p.dots("generated", 3.4), real: p.dots("real", 3.4) },
    dots: Array.from({ length: SHADES }, () => p.dots("open ink", 4.6)),
    title: p.text("strong", { dy: -8 }),
    key: p.text("muted", { dy: 15 }),
    lowest: p.text("muted", { dy: 15, anchor: "end" }),
  };
}

/** Which of the shades a slope has: the last one is slope 1. */
export const shadeOf = (slope) => Math.min(SHADES - 1, Math.max(0, Math.round(slope * (SHADES - 1))));

export default widget("Pairs of real and generated points, and the slope of an exact critic between them", (w) => {
  const [real, generated] = ["real", "generated"].map((name) => w.model.get(name)),
    critic = criticFor(real, generated),
    marks = mapPlot(w),
    { p } = marks;
  const held = generated.reduce((low, point) => (point[1] < low[1] ? point : low)); // its lowest point is in the hand
  p.handle({
    ...{ trait: "shift", axis: "xy", colour: "generated", hint: true, tip: "drag" },
    label: "the generated cloud",
    at: ([dx, dy]) => [held[0] + dx, held[1] + dy],
    from: (x, y) => [x - held[0], y - held[1]],
    text: ([dx, dy]) => `moved by ${fixed(dx)}, ${fixed(dy)}`,
  });
  w.choice({ trait: "pairs", label: "Join", names: { random: "random pairs", optimal: "optimal pairs" } });
  w.slider({ trait: "seed", label: "α of batch", step: 1, text: (v) => `no. ${v}` });
  w.help("Drag the large orange point: all generated points follow.");
  w.draw(() => {
    const it = critic(w.get("shift")),
      optimal = w.get("pairs") === "optimal",
      pairs = real.map((x, i) => [x, it.moved[optimal ? it.match[i] : i]]),
      points = interpolates(pairs, alphas(w.get("seed"), pairs.length)),
      slopes = points.map(([x, y]) => it.slope(x, y));
    const paper = channels(w.colour("paper")),
      deep = mix(paper, channels(w.colour("critic")), 0.85),
      shade = sequential(paper, deep);
    marks.surface.set(it.slopes, FINE, ROWS, (v) => shade(0.55 * v));
    const part = (axis) => pairs.flatMap(([x, y]) => [x[axis], y[axis], NaN]);
    marks.pairs.set(part(0), part(1));
    marks.real.set(real);
    marks.generated.set(it.moved);
    marks.dots.forEach((dots, k) => {
      dots.set(points.filter((_, i) => shadeOf(slopes[i]) === k));
      dots.node.style.fill = `rgb(${shade(k / (SHADES - 1)).join(", ")})`;
    });
    marks.title.set(WINDOW[0][0], WINDOW[1][1], optimal ? "The cheapest plan's pairs" : "Pairs as they came");
    marks.key.set(WINDOW[0][0], WINDOW[1][0], "colour: slope of f*, from 0 (paper) to 1 (full)");
    marks.lowest.show(p.width > 480).set(WINDOW[0][1], WINDOW[1][0], `circles: lowest ${fixed(Math.min(...slopes))}`);
    const mean = (list) => list.reduce((sum, v) => sum + v, 0) / list.length;
    w.readout([
      { trait: "slope", label: "Mean slope of f*", number: mean(slopes), colour: "critic", note: "at the circles" },
      {
        trait: "paid",
        label: "Its penalty, λ = 1",
        number: mean(slopes.map((v) => (v - 1) ** 2)),
        colour: "broken",
        note: "mean (slope − 1)²",
      },
      {
        trait: "length",
        label: "Mean length",
        number: mean(pairs.map(([x, y]) => Math.hypot(x[0] - y[0], x[1] - y[1]))),
        note: "of the pairs",
      },
      { trait: "w1", label: "W₁", number: it.w1, colour: "critic", note: "of the clouds" },
    ]);
    const kind = optimal ? "of the cheapest plan" : "random",
      [least, most] = [Math.min(...slopes), Math.max(...slopes)].map((v) => fixed(v));
    p.describe(`${pairs.length} pairs, ${kind}; slopes at their interpolates from ${least} to ${most}.`);
  });
});
