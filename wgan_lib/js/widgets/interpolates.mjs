/**
 * A critic on a line with knots to drag, where the gradient penalty looks, and what each stretch pays; "Climb"
 * follows the penalised value uphill. The mathematics is in maths/penalties.mjs. Python side: widgets.Interpolates.
 * Chapter: gradient-penalty.
 */
import { roving } from "../kit/handle.mjs";
import { widget } from "../kit/kit.mjs";
import { clamp, fixed } from "../kit/scales.mjs";
import {
  alphas,
  climbed,
  crossings,
  heightsOf,
  interpolates,
  looks,
  pairsOnLine,
  shareIn,
  shares,
  slopesOf,
  valued,
} from "../maths/penalties.mjs";

const CLIMB = { ms: 5000, time: 40, step: 0.04 }; // of one press: how long it is shown, and how far it goes
const BINS = 96; // over which the density of the penalty's places is drawn
const PAIR = 0.12; // half-width with which a place without length, a real point, is drawn
const MARGIN = { left: 36, right: 12 };
const NEAR = 0.05; // how far from 1 a slope may be and still be called 1

/** What follows from the points once, and for each choice of places. */
function setting(w) {
  const [real, generated, knots] = ["real", "generated", "knots"].map((name) => w.model.get(name));
  const ends = [knots[0], knots.at(-1)],
    edges = Array.from({ length: BINS + 1 }, (_, k) => ends[0] + ((ends[1] - ends[0]) * k) / BINS);
  const told = new Map();
  /** Share of the places in each cell, and their density over the bins. */
  const places = (at) => {
    if (!told.has(at)) {
      const stretches = looks(at, real, generated),
        drawn = stretches.map(([a, b]) => (b > a ? [a, b] : [a - PAIR, a + PAIR])),
        width = edges[1] - edges[0];
      const density = edges.slice(1).map((b, k) => shareIn(drawn, edges[k], b) / width);
      told.set(at, { share: shares(knots, stretches), density });
    }
    return told.get(at);
  };
  const w1 = pairsOnLine(real, generated, true).reduce((sum, [x, y]) => sum + Math.abs(x - y), 0) / real.length;
  return { real, generated, knots, ends, edges, places, w1, flow: crossings(knots, real, generated) };
}

function knobs(w, p, { knots }) {
  const rove = roving();
  for (let k = 1; k < knots.length; k++)
    p.handle({
      ...{ trait: "values", axis: "y", step: 0.1, grain: 0.05, range: w.reach.values, rove },
      ...{ colour: "critic", hollow: true, hint: k === 3, label: `f at ${fixed(knots[k], 1)}` },
      value: () => w.get("values")[k],
      at: (v) => [knots[k], v],
      set: (v) => w.change({ values: w.get("values").map((u, l) => (l === k ? v : u)) }),
      text: (v) => `f = ${fixed(v)}`,
    });
}

/** The graph of f over the two laws. */
function graphPlot(w, it) {
  const p = w.plot({
    ...{ height: (_, narrow) => (narrow ? 208 : 330), label: "", margin: { ...MARGIN, top: 18, bottom: 22 } },
    x: { domain: it.ends, ticks: [...it.knots] },
    y: { domain: w.reach.values },
  });
  const marks = {
    piles: { generated: p.dots("generated", 2.6), real: p.dots("real", 2.6) },
    curve: p.line("critic"),
    slopes: it.flow.map(() => p.text("muted halo-text", { anchor: "middle" })),
    title: p.text("critic strong", { dx: -MARGIN.left, dy: -7 }),
    flat: p.dots("open ink", 3),
    one: p.dots("critic", 3.4),
    steep: p.dots("broken", 3.4),
    key: p.text("muted", { anchor: "end", dx: MARGIN.right, dy: -7 }),
    pinned: p.dots("muted", 4),
  };
  knobs(w, p, it);
  return { p, marks };
}

/** Below it: where the penalty looks, and where it is paid. */
function penaltyPlot(w, it) {
  const p = w.plot({
    ...{ height: (_, narrow) => (narrow ? 92 : 130), label: "", margin: { ...MARGIN, top: 20, bottom: 8 } },
    x: { domain: it.ends, hide: true },
    y: { domain: [0, 1], ticks: 2 },
  });
  return {
    p,
    looks: p.area("ink"),
    edge: p.line("ink thin"),
    pays: p.area("broken full"),
    title: p.text("ink strong", { dx: -MARGIN.left, dy: -7 }),
    paid: p.text("broken strong", { anchor: "end", dy: -7 }),
  };
}

/** A step function over the bins as points of a line. */
const stairs = (edges, heights) => [
  heights.flatMap((_, k) => [edges[k], edges[k + 1]]),
  heights.flatMap((v) => [v, v]),
];

const cellOf = (knots, z) => knots.findLastIndex((k) => k <= z);

function drawGraph({ p, marks }, it, { f, slopes, points }) {
  const { knots, ends, real, generated } = it,
    high = p.y.domain[1],
    lane = p.y.invert(p.height - 26),
    at = (z) => f[cellOf(knots, z)] + slopes[cellOf(knots, z)] * (z - knots[cellOf(knots, z)]);
  marks.piles.real.set(real.map((z) => [z, lane]));
  marks.piles.generated.set(generated.map((z) => [z, lane]));
  marks.curve.set(knots, f);
  const dots = (wanted) => points.filter((z) => wanted(Math.abs(slopes[cellOf(knots, z)]) - 1)).map((z) => [z, at(z)]);
  marks.flat.set(dots((excess) => excess < -NEAR));
  marks.one.set(dots((excess) => Math.abs(excess) <= NEAR));
  marks.steep.set(dots((excess) => excess > NEAR));
  marks.key.show(p.width > 480).set(ends[1], high, "one batch of x̂: hollow where flatter than 1, red where steeper");
  marks.pinned.set([[knots[0], f[0]]]);
  marks.title.set(ends[0], high, "critic f, and its slope on each stretch");
  const row = p.y.invert(p.height - 38);
  slopes.forEach((s, k) => marks.slopes[k].set((knots[k] + knots[k + 1]) / 2, row, fixed(s, 1)));
  p.describe(`Graph of f through ${knots.map((z, k) => `${fixed(f[k])} at ${fixed(z, 1)}`).join(", ")}.`);
}

function drawPenalty(it, plot, { slopes, at, density, weight }) {
  const { edges, ends, knots } = it,
    middle = edges.slice(1).map((b, k) => (edges[k] + b) / 2),
    pays = density.map((v, k) => weight * v * (Math.abs(slopes[cellOf(knots, middle[k])]) - 1) ** 2),
    top = Math.max(...density) * 1.15;
  plot.p.extent({ y: [0, top] });
  const [xs, ys] = stairs(edges, density);
  plot.looks.set(xs, ys);
  plot.edge.set(xs, ys);
  // What is paid is drawn on the same scale, and cut where it would leave the plot.
  plot.pays.set(
    xs,
    stairs(edges, pays)[1].map((v) => Math.min(v, top)),
  );
  plot.title.set(
    ends[0],
    top,
    {
      reals: "ρ: at the reals",
      "random pairs": "ρ: between random pairs",
      "optimal pairs": "ρ: between optimal pairs",
    }[at],
  );
  plot.paid.set(ends[1], top, pays.some((v) => v > top) ? "paid (cut off)" : "paid");
  plot.p.describe(`Where the penalty looks: ${at}; and what it charges there.`);
}

function climb(w, it) {
  const [low, high] = w.reach.values,
    { share } = it.places(w.get("at")),
    weight = w.get("weight");
  let slopes = slopesOf(it.knots, w.get("values")),
    done = 0;
  w.touched();
  const run = (u) => {
    let left = false;
    for (; done < u * CLIMB.time && !left; done += CLIMB.step) {
      const next = climbed(slopes, it.flow, share, weight, CLIMB.step),
        heights = heightsOf(it.knots, next);
      left = heights.some((v) => v > high || v < low);
      if (!left) slopes = next;
    }
    w.set({ values: heightsOf(it.knots, slopes).map((v) => clamp(v, w.reach.values)) });
    if (!left) return;
    w.stop();
    w.say("The critic reached the edge of the picture and would climb on.");
  };
  w.animate(CLIMB.ms, run);
}

export default widget("A critic on a line, where the gradient penalty looks, and what each stretch pays", (w) => {
  const it = setting(w),
    graph = graphPlot(w, it),
    below = penaltyPlot(w, it);
  const names = { reals: "reals", "random pairs": "random pairs", "optimal pairs": "optimal pairs" };
  w.choice({ trait: "at", label: "Look at", names });
  w.slider({ trait: "weight", label: "λ", step: 0.5 });
  w.slider({ trait: "seed", label: "Batch", step: 1 });
  w.button({ label: "Climb", press: () => climb(w, it) });
  w.help("Drag a knot up or down; the first one is pinned, since only differences count.");
  w.draw(() => {
    const [f, at, weight] = ["values", "at", "weight"].map(w.get),
      slopes = slopesOf(it.knots, f),
      { share, density } = it.places(at),
      { gap, penalty, value } = valued(slopes, it.flow, share, weight);
    const pairs = pairsOnLine(it.real, it.generated, at === "optimal pairs"),
      points = at === "reals" ? it.real : interpolates(pairs, alphas(w.get("seed"), pairs.length));
    drawGraph(graph, it, { f, slopes, points });
    drawPenalty(it, below, { slopes, at, density, weight });
    w.readout([
      { trait: "gap", label: "Raw gap", number: gap, colour: "critic" },
      { trait: "penalty", label: "Penalty", number: penalty, colour: "broken" },
      { trait: "value", label: "Gap − penalty", number: value, colour: "ink" },
      { trait: "w1", label: "W₁", number: it.w1, colour: "critic" },
    ]);
  });
});
