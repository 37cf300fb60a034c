/**
 * Two clouds in the plane, a matching drawn by hand, and the cheapest one, solved afresh at every move. Python side:
 * widgets.TransportPlan. Chapter:
 * optimal-transport.
 */

import { roving } from "../kit/handle.mjs";
import { widget } from "../kit/kit.mjs";
import { fixed } from "../kit/scales.mjs";
import { assignment, bestSwap, distances } from "../maths/assignment.mjs";
import { certify } from "../maths/transport.mjs";
import { drawing, REACH } from "./transport-plan-pencil.mjs";

export const PLANE = [
  [0, 3],
  [0, 2],
];

/** A matching that may come from a hand-written link: whole numbers, no real point twice. */
export const tidy = (matching) =>
  matching.map(Math.round).map((p, k, all) => (p >= 0 && all.indexOf(p) === k ? p : -1));

/**
 * Mean length of the lines drawn, or NaN while some are missing: with n points of weight 1/n each it is the cost of
 * the plan.
 */
export const meanCost = (cost, matching) =>
  matching.reduce((sum, j, i) => sum + (j < 0 ? NaN : cost[i][j]), 0) / matching.length;

/**
 * Generated points whose partners, passed round, make the matching cheaper, two of them if two are enough; [] if it
 * is the cheapest.
 */
export function savers(cost, matching) {
  const swap = bestSwap(cost, matching, 1e-10);
  if (swap) return swap.rows;
  const { cycle } = certify(
    matching.map((p) => matching.map((_, j) => Number(p === j))),
    cost,
  );
  return cycle ? cycle.map(({ row }) => row) : [];
}

/** The plot, its marks and one handle per point. */
function scenePlot(w, n, now, change) {
  const p = w.plot({
    ...{ height: (width) => Math.round((width - 24) * (2 / 3)) + 24, shaped: true, label: "" },
    margin: { top: 12, right: 12, bottom: 12, left: 12 },
    x: { domain: PLANE[0], hide: true },
    y: { domain: PLANE[1], hide: true, ticks: [], grid: false },
  });
  const marks = {
    ...{ best: p.line("critic band"), own: p.arrows("ink"), hints: p.arrows("broken"), rubber: p.line("ink dashed") },
    ...{ ruler: p.line("muted"), unit: p.text("muted halo-text", { dy: -5 }) },
  };
  const rove = roving("PageUp", "PageDown");
  const partner = (trait, k) => {
    const matching = now(),
      other = trait === "generated" ? matching[k] : matching.indexOf(k);
    if (other < 0) return ", not matched";
    return `, matched with ${trait === "generated" ? "real" : "generated"} point ${other + 1}`;
  };
  const points = ["generated", "real"].flatMap((trait) =>
    Array.from({ length: n }, (_, k) => {
      const made = p.handle({
        ...{ trait, axis: "xy", step: 0.05, colour: trait, range: PLANE, at: (v) => v, rove },
        value: () => w.get(trait)[k],
        label: `${trait} point ${k + 1}`,
        hint: trait === "generated" && k === 0,
        text: ([x, y]) => `at ${fixed(x)}, ${fixed(y)}${partner(trait, k)}`,
        set: (v) => change({ [trait]: w.get(trait).map((q, l) => (l === k ? v : q)) }),
      });
      return Object.assign(made, { trait, k });
    }),
  );
  return { p, marks, points };
}

/** From a to b without the radius of the points, in data coordinates. */
function shortened(p, [ax, ay], [bx, by]) {
  const length = Math.hypot(bx - ax, by - ay) * Math.abs(p.x(1) - p.x(0)),
    cut = length > 24 ? 9 / length : 0;
  return [ax + cut * (bx - ax), ay + cut * (by - ay), bx - cut * (bx - ax), by - cut * (by - ay)];
}

function drawScene(w, { p, marks, points }, pencil, { real, generated, matching, least, found, hinted }) {
  const { it, pixelOf, nearest } = pencil,
    { drawn } = it;
  marks.ruler.set([0, 0, 0, 1, 1, 1], [0.02, -0.02, 0, 0, 0.02, -0.02]);
  marks.unit.set(0, 0, "1");
  const part = (axis) => least.match.flatMap((j, i) => [generated[i][axis], real[j][axis], NaN]);
  marks.best.show(found || w.get("show_cheapest")).set(part(0), part(1));
  const arrow = (i) => shortened(p, generated[i], real[matching[i]]),
    rows = matching.map((_, i) => i).filter((i) => matching[i] >= 0);
  marks.own.set(rows.filter((i) => !hinted.includes(i)).map(arrow));
  marks.hints.set(hinted.map(arrow));
  const aimed = drawn?.moved ? nearest(drawn.from, drawn.at) : null,
    target = aimed && aimed[0] <= REACH ? aimed[1] : null;
  marks.rubber.show(Boolean(drawn?.moved));
  if (drawn?.moved) {
    const tip = target ? pixelOf(target) : drawn.at,
      [x, y] = w.get(drawn.from.trait)[drawn.from.k];
    marks.rubber.set([x, p.x.invert(tip[0])], [y, p.y.invert(tip[1])]);
  }
  for (const point of points) point.node.classList.toggle("me-chosen", point === it.chosen || point === target);
  const left = matching.filter((j) => j < 0).length,
    n = matching.length;
  p.describe(`${n} generated and ${n} real points; ${n - left} lines drawn${found ? ", the cheapest plan" : ""}.`);
}

/** What "Hint" says and which lines it marks. */
function hint(w, matching, cost) {
  const left = matching.filter((j) => j < 0).length;
  if (left) {
    w.say(`A hint needs a full plan: ${left} ${left === 1 ? "line is" : "lines are"} missing.`);
    return [];
  }
  const found = savers(cost, matching);
  w.say(
    found.length ? `Pass round the partners of the ${found.length} red lines.` : "Nothing is cheaper: no hint is left.",
  );
  return found;
}

export default widget("Two clouds of points, a matching drawn by hand, and the cheapest one", (w) => {
  const n = w.get("real").length,
    now = () => tidy(w.get("matching"));
  let hinted = [],
    hintKey = "";
  const change = (changes) => {
    pencil.it.chosen = null;
    w.change(changes);
  };
  const scene = scenePlot(w, n, now, change),
    pencil = drawing(w, scene, now, change);
  w.choice({ trait: "drag", label: "Drag to", names: { draw: "draw lines", move: "move points" } });
  w.check({ trait: "show_cheapest", label: "Show the cheapest" });
  const press = () => {
    w.touched();
    hinted = hint(w, now(), distances(w.get("generated"), w.get("real")));
    hintKey = String(now());
    w.invalidate();
  };
  w.button({ label: "Hint", press });
  w.button({ label: "Clear", press: () => change({ matching: new Array(n).fill(-1) }) });
  w.help(
    "Draw a line from a point to one of the other colour, or tap one, then the other; once more takes it away.",
    "With keys: Page Up and Page Down choose a point, Enter joins two, arrows move it, Escape lets go.",
  );
  w.draw(() => {
    const [real, generated, matching] = [w.get("real"), w.get("generated"), now()],
      cost = distances(generated, real),
      least = assignment(cost),
      cheapest = least.cost / n,
      mine = meanCost(cost, matching),
      full = !matching.includes(-1),
      found = full && mine - cheapest < 1e-9;
    if (hintKey !== String(matching)) hinted = [];
    drawScene(w, scene, pencil, { real, generated, matching, least, found, hinted });
    const lines = n - matching.filter((j) => j < 0).length,
      note = hinted.length ? `pass round the ${hinted.length} red lines` : full ? "" : `${lines} of ${n} lines drawn`,
      excess = full ? Math.max(0, mine - cheapest) : NaN;
    const digits = (v) => (Number.isNaN(v) ? "–" : fixed(v, 3));
    w.readout([
      { trait: "cost", label: "Your plan", number: mine, value: digits(mine), note },
      { trait: "w1", label: "Cheapest, W₁", number: cheapest, value: digits(cheapest), colour: "critic", note: "" },
      {
        trait: "excess",
        label: "Excess",
        number: excess,
        value: digits(excess),
        note: found ? "nothing is cheaper" : "",
      },
    ]);
  });
});
