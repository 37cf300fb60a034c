/**
 * A function on the line with knots to drag over the points of two laws, the double cone that its graph must stay out
 * of, and the band of all
 * optimal critics. The mathematics is in lipschitz.mjs. Python side: widgets.LipschitzCones. Chapter:
 * kantorovich-rubinstein.
 */
import { roving } from "../kit/handle.mjs";
import { widget } from "../kit/kit.mjs";
import { fixed } from "../kit/scales.mjs";
import {
  bandAt,
  evaluate,
  gapOf,
  insideCone,
  optimal,
  rises,
  steepest,
  twoLaws,
  w1OnLine,
} from "../maths/lipschitz.mjs";

/** The plot with its marks, a knot over each point but the first, and the foot of the cone. */
function scenePlot(w, laws, flow, values) {
  const { x } = laws,
    n = x.length,
    pad = (x[n - 1] - x[0]) * 0.06,
    ends = [x[0] - pad, x[n - 1] + pad];
  const p = w.plot({
    ...{ height: (_, narrow) => (narrow ? 250 : 380), label: "", margin: { top: 26, bottom: 44, left: 36, right: 8 } },
    x: { domain: ends, ticks: [...x] },
    y: { domain: w.reach.values, label: "" },
  });
  const marks = {
    ...{ band: p.area("critic"), cones: [p.area("ink slight"), p.area("ink slight")] },
    ...{ edges: [p.line("muted thin"), p.line("muted thin")], curve: p.line("critic"), broken: p.line("broken bold") },
    lanes: flow.map(() => p.text("muted", { anchor: "middle", dy: 36 })),
    pinned: p.dots("muted", 5),
    reminder: p.text("muted halo-text", { anchor: "start" }),
    title: p.text("critic", { anchor: "end", dy: -10 }), // above the plot: no cone reaches it
  };
  knots(w, p, laws, values);
  p.handle({
    ...{ trait: "foot", step: 0.1, colour: "ink", hollow: true, tip: "foot of the cone", label: "foot of the cone" },
    at: (z) => [z, evaluate(laws, values(), z)],
    text: (z) => `foot of the cone at ${fixed(z)}`,
  });
  return { p, marks, ends };
}

function knots(w, p, laws, values) {
  const { x, real, generated } = laws,
    rove = roving();
  for (let k = 1; k < x.length; k++) {
    const kinds = [real[k] && "real", generated[k] && "generated"].filter(Boolean);
    p.handle({
      ...{ trait: "values", axis: "y", step: 0.1, grain: 0.05, range: w.reach.values, rove },
      ...{ colour: kinds.length > 1 ? "ink" : kinds[0], hint: k === x.length - 1 },
      label: `f at the ${kinds.join(" and ")} point ${fixed(x[k], 1)}`,
      value: () => values()[k],
      at: (v) => [x[k], v],
      set: (v) => w.change({ values: values().map((u, l) => (l === k ? v : u)) }),
      text: (v) => `f = ${fixed(v)}`,
    });
  }
}

/** Draws f, its band, its cone and what lies inside the cone. */
function drawScene({ p, marks, ends }, laws, shaded, { f, foot, parts, flow }) {
  const { x } = laws,
    [from, to] = ends,
    [low, high] = p.y.domain,
    top = evaluate(laws, f, foot);
  const edge = (side) => shaded.map(({ band }) => band[side] + f[0]);
  marks.band.set(
    shaded.map(({ z }) => z),
    edge(1),
    edge(0),
  );
  marks.title.set(to, high, "shaded: where optimal f can run");
  // The double cone has a vertical axis; the graph of a 1-Lipschitz function lies outside it, whichever point is the
  // foot.
  const sides = [from, foot, to],
    beyond = 10 * (high - low) + (to - from);
  [1, -1].forEach((sign, side) => {
    const arms = sides.map((z) => top + sign * Math.abs(z - foot)),
      far = sign > 0 ? high + beyond : low - beyond;
    marks.cones[side].set(
      sides,
      arms,
      sides.map(() => far),
    );
    marks.edges[side].set(sides, arms).dress(`${parts.length ? "broken" : "muted"} thin`);
  });
  marks.curve.set([from, ...x, to], [f[0], ...f, f.at(-1)]);
  marks.broken.set(
    parts.flatMap((part) => [...part, NaN]),
    parts.flatMap((part) => [...part.map((z) => evaluate(laws, f, z)), NaN]),
  );
  marks.pinned.set([[x[0], f[0]]]);
  // On the side of f where there is more room, clear of the graph, the cone's edges and the band.
  marks.reminder.show(p.width > 480).set(from, low, "grey: pinned, since only differences count");
  marks.reminder.node.setAttribute("transform", "translate(6,-8)");
  // Along the axis: where sand must cross, and which way; where none does, f is free.
  const word = (k) => {
    if (flow[k] === 0) return "free";
    const short = p.x(x[k + 1]) - p.x(x[k]) < 70;
    return flow[k] > 0 ? (short ? "→" : "sand →") : short ? "←" : "← sand";
  };
  marks.lanes.forEach((text, k) => text.set((x[k] + x[k + 1]) / 2, low, word(k)));
  const graph = x.map((z, k) => `${fixed(f[k])} at ${fixed(z, 1)}`).join(", "),
    cone = parts.length ? "part of it lies inside the cone" : "it stays out of the cone";
  p.describe(`Graph of f through ${graph}; ${cone}.`);
}

function readings(w, laws, f, w1) {
  const { slope, at } = steepest(laws, f),
    gap = gapOf(laws, f),
    certified = gap / Math.max(1, slope),
    fair = slope <= 1 + 1e-9;
  const where = fair ? "" : `between ${fixed(laws.x[at], 1)} and ${fixed(laws.x[at + 1], 1)}`,
    best = Math.abs(certified - w1) < 1e-9 ? "f is optimal" : "";
  w.readout([
    { trait: "slope", label: "Largest slope", number: slope, colour: fair ? "ink" : "broken", note: where },
    { trait: "gap", label: "Real mean − generated", number: gap, colour: "critic", note: "of f" },
    {
      trait: "certified",
      label: "Certified",
      number: certified,
      colour: "critic",
      note: fair ? "" : "divided by the slope",
    },
    { trait: "w1", label: "W₁", number: w1, colour: "critic", note: best },
  ]);
}

export default widget("A function, its double cone of slope one, and the band of all optimal critics", (w) => {
  const laws = twoLaws(w.get("real"), w.get("generated")),
    { x } = laws,
    { w1, flow } = w1OnLine(laws),
    far = rises(laws),
    values = () => w.get("values");
  const scene = scenePlot(w, laws, flow, values),
    [from, to] = scene.ends;
  const grid = [...Array.from({ length: 121 }, (_, i) => from + ((to - from) * i) / 120), ...x].sort((a, b) => a - b),
    shaded = grid.map((z) => ({ z, band: bandAt(laws, far, z) }));
  // A move of `within`, here or in Python, puts f on the optimal function it names; a link then sets the values it
  // carries.
  const follow = () => w.set({ values: optimal(far, w.get("within")) });
  w.model.on("change:within", follow);
  const share = (t) => (t === 0 ? "lowest" : t === 1 ? "highest" : `${Math.round(100 * t)} %`);
  w.transport({ trait: "foot", label: "foot of the cone", ms: 4000, step: 0.05, play: "Slide the cone" });
  w.slider({ trait: "within", label: "An optimal f", step: 0.01, text: share });
  const divide = () => {
    const { slope } = steepest(laws, values());
    w.touched();
    if (slope > 1 + 1e-9) w.set({ values: values().map((v) => v / slope) });
    else w.say(`Nothing to divide: the largest slope is ${fixed(slope)}, at most 1.`);
  };
  w.button({ label: "Divide by the slope", press: divide });
  w.help("Drag a knot up or down. Drag the hollow knob, the foot, to slide the cone along f.");
  w.draw(() => {
    const f = values(),
      foot = w.get("foot");
    const parts = insideCone(laws, f, foot).map(([a, b]) => [a, ...x.filter((z) => z > a && z < b), b]);
    drawScene(scene, laws, shaded, { f, foot, parts, flow });
    readings(w, laws, f, w1);
  });
  return () => w.model.off("change:within", follow);
});
