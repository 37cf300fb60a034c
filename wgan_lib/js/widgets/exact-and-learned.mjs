/**
 * The exact optimal critic of two clouds beside learned ones, recorded while they were trained: surfaces, slopes,
 * arrows, the plan and three numbers.
 * Python side: widgets.ExactAndLearned. Chapter: critic.
 */
import { frame } from "../kit/kit.mjs";
import { clamp, fixed } from "../kit/scales.mjs";
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

const ARROW = 0.17,
  LONGEST = 2; // length of an arrow of slope 1, as a share of the unit; slope at which arrows are cut
const FINE = 96,
  STEP = 0.2,
  STEEPEST = 2; // points per side of the exact surface; between contours; where the colours of slopes end

/** A number of any size in a few characters. */
export const short = (v) =>
  Math.abs(v) >= 1e4
    ? Math.round(v).toLocaleString("en").replaceAll(",", " ")
    : fixed(v, Math.abs(v) >= 100 ? 0 : Math.abs(v) >= 10 ? 2 : 4);

/** The arrow [x0, y0, x1, y1] of a gradient at a point, and whether it had to be cut. */
export function arrowOf([x, y], [gx, gy]) {
  const slope = Math.hypot(gx, gy),
    cut = slope > LONGEST,
    scale = ARROW * (cut ? LONGEST / slope : 1);
  return { cut, arrow: [x, y, x + scale * gx, y + scale * gy] };
}

/** Index of the frame whose step is nearest to `step` on a logarithmic scale. */
export const nearestFrame = (steps, step) =>
  steps.reduce((best, s, k) => (Math.abs(Math.log(s / step)) < Math.abs(Math.log(steps[best] / step)) ? k : best), 0);

function render({ model, el }) {
  const [critics, steps, real, generated, plan, heights, axes, readings, w1] = [
    "critics",
    "steps",
    "real",
    "generated",
    "plan",
    "heights",
    "axes",
    "readings",
    "w1",
  ].map((name) => model.get(name));
  const last = steps.length - 1,
    side = axes[2],
    cell = axes.slice(0, 2).map(([lo, hi]) => (hi - lo) / (side - 1));
  const w = frame({
    model,
    el,
    name: "exact-and-learned",
    label: "The exact optimal critic of two clouds beside a learned one",
    state: { critic: critics, frame: [0, last], layer: ["values", "slope"], show_plan: true, divided: true },
  });
  let recorded = null,
    stop = () => {};
  inflate(model.get("surfaces")).then((bytes) => {
    let offset = 0;
    recorded = critics.map((_, k) => {
      const { frames, end } = unpack(
        bytes,
        offset,
        side,
        generated.length,
        readings[k].map((r) => r.range),
      );
      offset = end;
      return frames;
    });
    w.invalidate();
  });

  w.choice({ trait: "critic", label: "Critic" });
  w.choice({ trait: "layer", label: "Show" });
  w.check({ trait: "show_plan", label: "Plan" });
  w.check({ trait: "divided", label: "Divide by its slope" });

  const row = w.columns(250);
  const panel = (label) => {
    // The cells of the recorded grid are centred on its points, so the window is half a cell larger on each side.
    const [x, y] = axes
      .slice(0, 2)
      .map(([lo, hi], k) => ({ domain: [lo - cell[k] / 2, hi + cell[k] / 2], hide: true, grid: false, ticks: [] }));
    const p = w.plot({
      parent: row,
      height: (width) => width - 8 + 44,
      margin: { top: 24, right: 4, bottom: 20, left: 4 },
      x,
      y,
      label,
    });
    return {
      p,
      surface: p.surface(),
      lines: p.line("ink thin faint"),
      one: p.line("ink bold"),
      plan: p.line("muted thin"),
      real: p.dots("real", 3.2),
      generated: p.dots("generated", 3.2),
      arrows: p.arrows("ink"),
      cut: p.arrows("broken"),
      title: p.text("strong", { dy: -9 }),
      words: p.text("muted", { dy: 15 }),
      key: p.text("muted", { dy: 15, anchor: "end" }),
    };
  };
  const exact = panel("Exact optimal critic"),
    learned = panel("Learned critic");

  const play = w.button({
    label: "Train",
    press: () => {
      stop();
      w.touched();
      const from = w.get("frame") < last ? w.get("frame") : 0;
      // With reduced motion each press goes one frame on; a film would jump to its end.
      if (w.still) return w.set({ frame: Math.min(last, from + (w.get("frame") < last ? 1 : 0)) });
      stop = w.animate(500 * (last - from), (t) => w.set({ frame: from + Math.round(t * (last - from)) }));
    },
  });
  row.after(play);
  play.style.margin = "8px 0 2px";

  const timeline = w.plot({
    height: 176,
    margin: { top: 12, right: 14, bottom: 38, left: 34 },
    label: "",
    x: {
      domain: [steps[0], steps[last]],
      log: true,
      label: "critic steps",
      format: (v) => v.toLocaleString("en").replaceAll(",", " "),
    },
    y: { domain: [0, 2 * w1], ticks: 4 },
  });
  const truth = timeline.line("critic bold"),
    gap = timeline.line("ink"),
    certified = timeline.line("critic dashed"),
    now = timeline.rule("muted thin dashed");
  const names = {
    truth: timeline.text("critic strong halo-text", { anchor: "end", dy: -6 }),
    gap: timeline.text("ink strong halo-text", { anchor: "end", dy: -6 }),
    certified: timeline.text("critic strong halo-text", { anchor: "end", dy: 15 }),
  };
  timeline.handle({
    value: () => w.get("frame"),
    set: (v) => {
      stop();
      w.touched();
      w.set({ frame: v });
    },
    range: [0, last],
    step: 1,
    grain: 1,
    axis: "x",
    label: "training",
    hint: true,
    at: (v) => [steps[v], 0],
    from: (x) => nearestFrame(steps, x),
    text: (v) => `after ${steps[v]} critic steps`,
  });
  const fineGrid = (() => {
    const at = cones(real, heights),
      [x, y] = axes,
      values = new Float64Array(FINE * FINE);
    for (let k = 0; k < FINE * FINE; k++)
      values[k] = at(
        x[0] - cell[0] / 2 + ((k % FINE) + 0.5) * ((x[1] - x[0] + cell[0]) / FINE),
        y[0] - cell[1] / 2 + (Math.floor(k / FINE) + 0.5) * ((y[1] - y[0] + cell[1]) / FINE),
      ).value;
    return values;
  })();
  const extreme = fineGrid.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const exactArrows = generated.map(([x, y]) => conesGradient(real, heights)(x, y));

  /** Contours in data coordinates: those of a grid whose cells fill the window. */
  const lineOn = (values, n, found) => {
    const xs = [],
      ys = [];
    for (const level of found) {
      const line = contour(values, n, n, level);
      for (const v of line.xs)
        xs.push(axes[0][0] - cell[0] / 2 + ((v + 0.5) * (axes[0][1] - axes[0][0] + cell[0])) / n);
      for (const v of line.ys)
        ys.push(axes[1][0] - cell[1] / 2 + ((v + 0.5) * (axes[1][1] - axes[1][0] + cell[1])) / n);
    }
    return [xs, ys];
  };

  // Asking for a colour makes the browser work out styles, so only the paper's is asked for in each frame.
  let paperNow = "",
    ofValue,
    ofSlope;
  function followTheme() {
    const text = w.colour("paper");
    if (text === paperNow) return;
    paperNow = text;
    const paper = channels(text),
      tint = (name, t) => mix(paper, channels(w.colour(name)), t);
    ofValue = diverging(tint("generated", 0.75), paper, tint("real", 0.75));
    ofSlope = sequential(paper, tint("critic", 0.8));
  }
  let exactDrawn = "";
  const level = new Float64Array(FINE * FINE).fill(1);

  function drawPanel(it, values, n, slopes, arrows, slopeLayer, title) {
    const { p } = it,
      bottom = p.y.domain[0],
      [left, right] = p.x.domain;
    it.title.set(left, p.y.domain[1], title);
    if (slopeLayer) {
      it.surface.set(slopes, n, n, (v) => ofSlope(v / STEEPEST));
      it.lines.set([], []);
      it.one.set(...lineOn(slopes, n, [1]));
      it.words.set(left, bottom, n === FINE ? "slope 1, except on ridges and tips" : "bold line: slope 1");
    } else {
      const { step, found } = levels(Math.min(...values), Math.max(...values), STEP);
      it.surface.set(values, n, n, (v) => ofValue(v / extreme));
      it.lines.set(...lineOn(values, n, found));
      it.one.set([], []);
      it.words.set(left, bottom, `contours every ${short(step).replace(/0+$/, "").replace(/\.$/, "")}`);
    }
    const made = generated.map((point, k) => arrowOf(point, arrows[k]));
    it.arrows.set(made.filter(({ cut }) => !cut).map(({ arrow }) => arrow));
    it.cut.set(made.filter(({ cut }) => cut).map(({ arrow }) => arrow));
    it.key.set(right, bottom, made.some(({ cut }) => cut) ? `red arrows cut at slope ${LONGEST}` : "");
    const shown = w.get("show_plan");
    it.plan.show(shown).set(
      plan.flatMap(([i, j]) => [real[i][0], generated[j][0], NaN]),
      plan.flatMap(([i, j]) => [real[i][1], generated[j][1], NaN]),
    );
    it.real.set(real);
    it.generated.set(generated);
  }

  w.draw(() => {
    const k = Math.max(0, critics.indexOf(w.get("critic"))),
      at = clamp(Math.round(w.get("frame")), [0, last]),
      slopeLayer = w.get("layer") === "slope";
    const reading = readings[k][at],
      divisor = w.get("divided") && reading.slope > 0 ? reading.slope : 1;
    followTheme();
    const look = [paperNow, exact.p.width, window.devicePixelRatio, slopeLayer, w.get("show_plan")].join();
    if (look !== exactDrawn) {
      drawPanel(exact, fineGrid, FINE, level, exactArrows, slopeLayer, "Exact");
      exact.one.set([], []);
      exact.key.set(exact.p.x.domain[1], exact.p.y.domain[0], "each arrow: slope 1");
      exactDrawn = look;
    }
    if (recorded) {
      const { values, slopes, arrows } = recorded[k][at],
        over = (list) => list.map((v) => v / divisor);
      drawPanel(
        learned,
        over(values),
        side,
        over(slopes),
        arrows.map(over),
        slopeLayer,
        `Learned${divisor === 1 ? "" : `, divided by ${short(reading.slope)}`}`,
      );
    }
    truth.set([steps[0], steps[last]], [w1, w1]);
    gap.set(
      steps,
      readings[k].map((r) => Math.min(r.gap, 3 * w1)),
    );
    certified.set(
      steps,
      readings[k].map((r) => r.certified),
    );
    now.set(steps[at]);
    names.truth.set(steps[last], w1, "exact W₁");
    const out = readings[k].findIndex((r) => r.gap > 2 * w1);
    names.gap.set(
      out < 0 ? steps[last] : steps[Math.max(1, out)],
      out < 0 ? readings[k][last].gap : 1.8 * w1,
      out < 0 ? "raw gap" : "raw gap ↑",
    );
    names.certified.set(steps[last], readings[k][last].certified, "certified");
    timeline.describe(
      `After ${steps[at]} critic steps: raw gap ${short(reading.gap)}, certified ${fixed(reading.certified, 4)}, exact W₁ ${fixed(w1, 4)}.`,
    );
    w.readout([
      { label: "Exact W₁", value: fixed(w1, 4), colour: "critic" },
      {
        label: "Raw gap",
        value: short(reading.gap),
        colour: "ink",
        note: `after ${steps[at].toLocaleString("en").replaceAll(",", " ")} critic steps`,
      },
      {
        label: "Certified",
        value: fixed(reading.certified, 4),
        colour: "critic",
        note: `raw gap ÷ ${short(reading.slope)}`,
      },
    ]);
    play.textContent = at === last ? "Train again" : w.still ? "Next step" : "Train";
  });
  return () => {
    stop();
    w.done();
  };
}

export default { render };
