/**
 * The curves and layer bars of one run in run-player.mjs, on logarithmic axes that all runs share. Chapter:
 * clipping-gp-sn.
 */
import { drag } from "../kit/drag.mjs";
import { clamp, compact, grouped, powers, ticks } from "../kit/scales.mjs";
import { nearestFrame } from "../maths/recordings.mjs";

const LETTER = 7.2; // px of a letter of a title, about

const trimmed = (v) => (v >= 999.5 ? grouped(v) : String(Number(v.toPrecision(2))));
const logTicks = ([low, high]) => (powers(low, high).length > 1 ? powers(low, high) : ticks(low, high, 3));
const onAxis = (v) => (v > 0 ? v : NaN); // a logarithmic axis has no place for the rest: the line breaks there

/** Coloured words in a row above a plot: [[colour, words], …]. */
function titles(p, words) {
  let dx = -p.margin.left;
  const marks = words.map(([colour, text]) => {
    const mark = p.text(`${colour} strong`, { dx, dy: -7 });
    dx += text.length * LETTER + 9;
    return () => mark.set(p.x.domain[0], p.y.domain[1], text);
  });
  return () => {
    for (const set of marks) set();
  };
}

/** One panel of curves against the step; `draw(at, step)`: the frame of this run, and the step of the cursor. */
export function curvesOf(w, parent, { panel, entry, name, steps, rove, hint }) {
  const p = w.plot({
    ...{ parent, label: name, height: (_, narrow) => (narrow ? 112 : 132) },
    margin: { top: 20, right: 16, bottom: 24, left: 36 },
    x: { domain: [steps[0], steps.at(-1)], ticks: 2, format: grouped },
    y: { domain: panel.y, log: true, ticks: logTicks(panel.y), format: trimmed },
  });
  const lines = panel.lines.filter(({ key }) => entry.numbers[key]),
    own = lines.map(({ key }) => entry.numbers[key].map(onAxis)),
    taken = entry.steps,
    real = entry.null !== null && panel.lines[0].key === "w1",
    words = lines.map(({ label, colour }) => [colour, label]),
    write = titles(p, panel.title ? [["ink", panel.title]] : real ? [...words, ["muted", "null"]] : words),
    marks = {
      null: p.rule("muted dashed", "y"),
      lines: lines.map(({ colour }) => p.line(`${colour} ${colour === "ink" ? "thin" : ""}`)),
      now: p.rule("muted thin"),
      dots: lines.map(({ colour }) => p.dots(colour, 3.5)),
    };
  const place = (k) => {
    const v = own[0][entry.at[Math.round(k)]];
    return [steps[Math.round(k)], Number.isFinite(v) ? clamp(v, panel.y) : panel.y[0]];
  };
  if (steps.length > 1) {
    const from = (x) => nearestFrame(steps, x);
    p.handle({
      ...{ trait: "frame", colour: lines[0].colour, hint, step: 1, grain: 1, label: `training, ${name}`, rove, from },
      ...{ at: place, text: (k) => `step ${grouped(steps[Math.round(k)])}` },
    });
    p.svg.style.cursor = "ew-resize";
    const to = ({ x }) => w.change({ frame: from(clamp(p.x.invert(x), p.x.domain)) });
    const start = (at, event) => (event.target.closest(".me-handle") ? false : to(at));
    drag(p.svg, { start, move: to }, { within: p.node, axis: "x", yields: true, w });
  }
  const draw = (at, step) => {
    marks.null.show(real).set(real ? clamp(entry.null, panel.y) : panel.y[0]);
    own.forEach((values, i) => {
      marks.lines[i].set(taken, values);
      marks.dots[i].set(Number.isFinite(values[at]) ? [[taken[at], values[at]]] : []);
    });
    marks.now.set(step);
    write();
    const told = lines.map(({ key, label }) => `${label} ${compact(entry.numbers[key][at])}`);
    p.describe(`${name} at step ${grouped(taken[at])}: ${told.join(", ")}`);
  };
  return { p, draw };
}

/** The bars of one run: its gradient at the output of each layer, the input's first. */
export function barsOf(w, parent, { panel, entry, name, most }) {
  const p = w.plot({
    ...{ parent, label: name, height: 104, margin: { top: 20, right: 16, bottom: 24, left: 36 } },
    x: { domain: [0.4, most + 0.6], ticks: Array.from({ length: most }, (_, k) => k + 1) },
    y: { domain: panel.y, log: true, ticks: logTicks(panel.y), format: trimmed },
  });
  const bars = p.path("critic full", "area"),
    one = p.rule("muted thin dashed", "y"),
    write = titles(p, [["ink", panel.title]]);
  const draw = (at) => {
    const values = entry.numbers.layers[at],
      bottom = p.y(panel.y[0]);
    const bar = (v, k) => `M${p.x(k + 0.68)},${bottom}V${p.y(clamp(v, panel.y))}H${p.x(k + 1.32)}V${bottom}Z`;
    bars.set(values.map(bar).join(""));
    one.show(panel.y[0] < 1 && panel.y[1] > 1).set(1);
    write();
    p.describe(`${name}, gradient by layer, the input's first: ${values.map((v) => compact(v)).join(", ")}`);
  };
  return { p, draw };
}
