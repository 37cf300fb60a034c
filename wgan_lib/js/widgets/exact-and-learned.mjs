/**
 * The exact optimal critic of two clouds beside learned ones, recorded while they were trained: surfaces, slopes,
 * arrows, the plan and three numbers.
 * Python side: widgets.ExactAndLearned. Chapter: critic.
 */
import { html } from "../kit/elements.mjs";
import { widget } from "../kit/kit.mjs";
import { clamp, compact, fixed, grouped } from "../kit/scales.mjs";
import {
  channels,
  cones,
  conesGradient,
  contour,
  diverging,
  inflate,
  levels,
  mix,
  sequential,
  unpack,
} from "../maths/surfaces.mjs";
import { timeline } from "./exact-and-learned-timeline.mjs";

const ARROW = 0.17,
  LONGEST = 2; // length of an arrow of slope 1, as a share of the unit; slope at which arrows are cut
const FINE = 96,
  STEP = 0.2,
  STEEPEST = 2; // points per side of the exact surface; between contours; where the colours of slopes end

/** The arrow [x0, y0, x1, y1] of a gradient at a point, and whether it had to be cut. */
export function arrowOf([x, y], [gx, gy]) {
  const slope = Math.hypot(gx, gy),
    cut = slope > LONGEST,
    scale = ARROW * (cut ? LONGEST / slope : 1);
  return { cut, arrow: [x, y, x + scale * gx, y + scale * gy] };
}

/** What the page was given, and what follows from it once. */
function given(w) {
  const names = ["critics", "steps", "real", "generated", "plan", "heights", "axes", "readings", "w1"],
    data = Object.fromEntries(names.map((name) => [name, w.get(name)]));
  const { steps, axes, real, generated, heights } = data,
    cell = axes.slice(0, 2).map(([lo, hi]) => (hi - lo) / (axes[2] - 1));
  // The cells of the recorded grid are centred on its points, so the window is half a cell larger on each side.
  const windows = axes.slice(0, 2).map(([lo, hi], k) => [lo - cell[k] / 2, hi + cell[k] / 2]);
  const at = cones(real, heights),
    place = (k, axis) => windows[axis][0] + ((k + 0.5) * (windows[axis][1] - windows[axis][0])) / FINE;
  const fine = Float64Array.from(
    { length: FINE * FINE },
    (_, k) => at(place(k % FINE, 0), place(Math.floor(k / FINE), 1)).value,
  );
  return {
    ...data,
    ...{ last: steps.length - 1, side: axes[2], windows, fine },
    extreme: fine.reduce((most, v) => Math.max(most, Math.abs(v)), 0),
    arrows: generated.map(([x, y]) => conesGradient(real, heights)(x, y)),
  };
}

/** The recorded frames of each critic, once they are unpacked; null before. */
function recording(w, { critics, readings, side, generated }) {
  const it = { frames: null };
  inflate(w.get("surfaces")).then((bytes) => {
    let offset = 0;
    it.frames = critics.map((_, k) => {
      const ranges = readings[k].map((r) => r.range),
        { frames, end } = unpack(bytes, offset, side, generated.length, ranges);
      offset = end;
      return frames;
    });
    w.invalidate();
  });
  return it;
}

/** One map: a surface with contours, the points, the plan, an arrow at each generated point. */
function map(w, parent, { windows }, label) {
  const axis = (k) => ({ domain: windows[k], hide: true, grid: false, ticks: [] });
  const p = w.plot({
    ...{ parent, label, shaped: true, height: (width) => width - 8 + 44, x: axis(0), y: axis(1) },
    margin: { top: 24, right: 4, bottom: 20, left: 4 },
  });
  return {
    ...{
      p,
      surface: p.surface(),
      lines: p.line("ink thin faint"),
      one: p.line("ink bold"),
      plan: p.line("muted thin"),
    },
    ...{ real: p.dots("real", 3.2), generated: p.dots("generated", 3.2) },
    ...{ arrows: p.arrows("ink"), cut: p.arrows("broken"), title: p.text("strong", { dy: -9 }) },
    ...{ words: p.text("muted", { dy: 15 }), key: p.text("muted", { dy: 15, anchor: "end" }) },
  };
}

/**
 * Colours of values and slopes in the theme; asking for one makes the browser work out styles, so only the paper's is
 * asked often.
 */
function colours(w) {
  const it = { paper: "" };
  it.follow = () => {
    const text = w.colour("paper");
    if (text === it.paper) return;
    it.paper = text;
    const paper = channels(text),
      tint = (name, t) => mix(paper, channels(w.colour(name)), t);
    it.ofValue = diverging(tint("generated", 0.75), paper, tint("real", 0.75));
    it.ofSlope = sequential(paper, tint("critic", 0.8));
  };
  return it;
}

/** Contours in data coordinates: those of a grid whose cells fill the window. */
function contours({ windows }, values, n, levelsFound) {
  const xs = [],
    ys = [],
    place = (v, [lo, hi]) => lo + ((v + 0.5) * (hi - lo)) / n;
  for (const level of levelsFound) {
    const line = contour(values, n, n, level);
    for (const v of line.xs) xs.push(place(v, windows[0]));
    for (const v of line.ys) ys.push(place(v, windows[1]));
  }
  return [xs, ys];
}

function drawMap(w, data, palette, it, { values, n, slopes, arrows, title, exact }) {
  const { p } = it,
    { real, generated, plan, extreme } = data,
    bottom = p.y.domain[0],
    [left, right] = p.x.domain,
    slopeLayer = w.get("layer") === "slope";
  it.title.set(left, p.y.domain[1], title);
  if (slopeLayer) {
    it.surface.set(slopes, n, n, (v) => palette.ofSlope(v / STEEPEST));
    it.lines.set([], []);
    it.one.set(...(exact ? [[], []] : contours(data, slopes, n, [1])));
    it.words.set(left, bottom, exact ? "slope 1 but for ridges" : "bold line: slope 1");
  } else {
    const { step, found } = levels(Math.min(...values), Math.max(...values), STEP);
    it.surface.set(values, n, n, (v) => palette.ofValue(v / extreme));
    it.lines.set(...contours(data, values, n, found));
    it.one.set([], []);
    it.words.set(left, bottom, `${w.narrow ? "lines" : "contours"} every ${compact(step).replace(/\.?0+$/, "")}`);
  }
  const made = generated.map((point, k) => arrowOf(point, arrows[k])),
    drawn = (wanted) => made.filter(({ cut }) => cut === wanted).map(({ arrow }) => arrow);
  it.arrows.set(drawn(false));
  it.cut.set(drawn(true));
  const cut = w.narrow ? `red: cut at ${LONGEST}` : `red arrows cut at slope ${LONGEST}`;
  const unit = w.narrow ? "→ slope 1" : "each arrow: slope 1";
  it.key.set(right, bottom, exact ? unit : made.some((arrow) => arrow.cut) ? cut : "");
  const part = (axis) => plan.flatMap(([i, j]) => [real[i][axis], generated[j][axis], NaN]);
  it.plan.show(w.get("show_plan")).set(part(0), part(1));
  it.real.set(real);
  it.generated.set(generated);
}

const several = (v) => (Math.abs(v) < 10 ? fixed(v, 3) : compact(v));

export default widget("The exact optimal critic of two clouds beside a learned one", (w) => {
  const data = given(w),
    { critics, steps, readings, last, side, w1, fine, arrows } = data,
    recorded = recording(w, data),
    palette = colours(w);
  const row = w.columns(150),
    exact = map(w, row, data, "Exact optimal critic"),
    learned = map(w, row, data, "Learned critic"),
    drawTimeline = timeline(w, data);
  w.root.classList.add("me-shaped");
  const after = (v) => {
    const n = steps[Math.round(v)];
    return `${grouped(n)} ${n === 1 ? "step" : "steps"}`;
  };
  w.transport({ trait: "frame", label: "training", ms: 500 * last, step: 1, text: after, play: "Train" });
  const fold = w.more("Another critic; slopes; the plan").appendChild(html("div", { class: "me-inputs" }));
  w.choice({ trait: "critic", label: "Critic", parent: fold });
  w.choice({ trait: "layer", label: "Show", parent: fold });
  w.check({ trait: "show_plan", label: "Plan", parent: fold });
  w.check({ trait: "divided", label: "Divide by its slope", parent: fold });
  w.help("Drag the knob under the curves along the training, or press Train.");
  let exactDrawn = "";
  const level = new Float64Array(FINE * FINE).fill(1);
  w.draw(() => {
    const k = Math.max(0, critics.indexOf(w.get("critic"))),
      at = clamp(Math.round(w.get("frame")), [0, last]),
      reading = readings[k][at],
      divisor = w.get("divided") && reading.slope > 0 ? reading.slope : 1,
      shows = w.get("layer") === "slope" ? "its slope" : "its values";
    palette.follow();
    const look = [palette.paper, exact.p.width, window.devicePixelRatio, shows, w.get("show_plan")].join();
    if (look !== exactDrawn) {
      const title = w.narrow ? `Exact: ${shows}` : `Exact optimal critic: ${shows}`;
      drawMap(w, data, palette, exact, { values: fine, n: FINE, slopes: level, arrows, exact: true, title });
      exactDrawn = look;
    }
    if (recorded.frames) {
      const frame = recorded.frames[k][at],
        over = (list) => list.map((v) => v / divisor),
        divided = divisor === 1 ? "" : ` ÷ ${several(reading.slope)}`;
      const title = `${w.narrow ? "Learned" : `Learned critic (${critics[k]})`}: ${shows}${divided}`;
      const { values, slopes } = { values: over(frame.values), slopes: over(frame.slopes) };
      drawMap(w, data, palette, learned, { values, n: side, slopes, arrows: frame.arrows.map(over), title });
    }
    drawTimeline(k, at);
    const certified = `gap ÷ ${several(reading.slope)}`;
    w.readout([
      { trait: "w1", label: "Exact W₁", number: w1, value: several(w1), colour: "critic", note: "" },
      { trait: "gap", label: "Raw gap", number: reading.gap, value: several(reading.gap), note: after(at) },
      {
        trait: "certified",
        label: "Certified",
        number: reading.certified,
        value: several(reading.certified),
        colour: "critic",
        note: certified,
      },
    ]);
    w.readings.slope = reading.slope;
  });
});
