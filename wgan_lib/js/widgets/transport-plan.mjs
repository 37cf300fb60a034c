/**
 * Two clouds in the plane, a matching drawn by hand, and the cheapest one, solved afresh at every move. Python side:
 * widgets.TransportPlan. Chapter:
 * optimal-transport.
 */

import { frame } from "../kit/kit.mjs";
import { fixed } from "../kit/scales.mjs";
import { assignment, bestSwap, distances } from "../maths/assignment.mjs";
import { certify } from "../maths/transport.mjs";

export const PLANE = [
  [0, 3],
  [0, 2],
];
const REACH = 30; // px from a point within which a line drawn by hand is taken to end there

/**
 * The matching after generated point i is sent to real point j (again: no longer). Whoever held j gets what i had, so
 * a full matching stays full.
 */
export function join(matching, i, j) {
  if (matching[i] === j) return matching.map((p, k) => (k === i ? -1 : p));
  return matching.map((p, k) => (k === i ? j : p === j ? matching[i] : p));
}

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

function render({ model, el }) {
  const n = model.get("real").length;
  const w = frame({
    model,
    el,
    name: "transport-plan",
    label: "Two clouds of points, a matching drawn by hand, and the cheapest one",
    state: { real: PLANE[0], generated: PLANE[0], matching: [-1, n - 1], drag: ["draw", "move"], show_cheapest: true },
  });
  const now = () => tidy(w.get("matching"));
  let chosen = null,
    drawn = null,
    hinted = [],
    hintKey = "";
  const change = (changes) => {
    w.touched();
    chosen = null;
    w.set(changes);
  };

  w.choice({ trait: "drag", label: "Drag to", names: { draw: "draw lines", move: "move points" } });
  w.check({ trait: "show_cheapest", label: "Show the cheapest" });
  w.button({
    label: "Hint",
    press: () => {
      const matching = now();
      w.touched();
      hinted = matching.includes(-1) ? [] : savers(distances(w.get("generated"), w.get("real")), matching);
      hintKey = String(matching);
      w.invalidate();
    },
  });
  w.button({ label: "Clear", press: () => change({ matching: new Array(n).fill(-1) }) });

  const p = w.plot({
    height: (width) => Math.round((width - 24) * (2 / 3)) + 24,
    margin: { top: 12, right: 12, bottom: 12, left: 12 },
    x: { domain: PLANE[0], hide: true },
    y: { domain: PLANE[1], hide: true, ticks: [], grid: false },
    label: "",
  });
  const best = p.line("critic band"),
    own = p.arrows("ink"),
    hints = p.arrows("broken"),
    rubber = p.line("ink dashed");
  const ruler = p.line("muted"),
    unit = p.text("muted halo-text", { dy: -5 });

  const clouds = ["real", "generated"].map((trait) =>
    Array.from({ length: n }, (_, k) => {
      const handle = p.handle({
        axis: "xy",
        step: 0.05,
        colour: trait,
        range: PLANE,
        at: (v) => v,
        value: () => w.get(trait)[k],
        label: `${trait} point ${k + 1}`,
        text: ([x, y]) => `at ${fixed(x)}, ${fixed(y)}${partner(trait, k)}`,
        set: (v) => change({ [trait]: w.get(trait).map((q, l) => (l === k ? v : q)) }),
      });
      return Object.assign(handle, { trait, k });
    }),
  );
  const points = clouds.flat();
  function partner(trait, k) {
    const matching = now(),
      other = trait === "generated" ? matching[k] : matching.indexOf(k);
    return other < 0
      ? ", not matched"
      : `, matched with ${trait === "generated" ? "real" : "generated"} point ${other + 1}`;
  }
  /** A first point is chosen; a second of the other colour is joined to it. */
  function press(point) {
    w.touched();
    if (chosen && chosen.trait !== point.trait) {
      const [i, j] = point.trait === "generated" ? [point.k, chosen.k] : [chosen.k, point.k];
      return change({ matching: join(now(), i, j) });
    }
    chosen = chosen === point ? null : point;
    return w.invalidate();
  }
  const pixel = (event) => {
    const corner = p.svg.getBoundingClientRect();
    return [event.clientX - corner.left, event.clientY - corner.top];
  };
  const pixelOf = ({ trait, k }) => {
    const [x, y] = w.get(trait)[k];
    return [p.x(x), p.y(y)];
  };
  const nearest = (from, at) =>
    points
      .filter((q) => q.trait !== from.trait)
      .map((q) => [Math.hypot(pixelOf(q)[0] - at[0], pixelOf(q)[1] - at[1]), q])
      .reduce((a, b) => (b[0] < a[0] ? b : a));
  for (const point of points) {
    const { node } = point;
    // Drawing lines takes the pointer before the handle does, which would move the point.
    node.addEventListener(
      "pointerdown",
      (event) => {
        if (w.get("drag") !== "draw" || event.button !== 0 || drawn) return;
        event.stopPropagation();
        event.preventDefault();
        node.setPointerCapture(event.pointerId);
        node.focus({ preventScroll: true });
        drawn = { from: point, pointer: event.pointerId, start: pixel(event), at: pixel(event), moved: false };
      },
      true,
    );
    node.addEventListener("pointermove", (event) => {
      if (drawn?.pointer !== event.pointerId) return;
      drawn.at = pixel(event);
      drawn.moved ||= Math.hypot(drawn.at[0] - drawn.start[0], drawn.at[1] - drawn.start[1]) > 5;
      w.invalidate();
    });
    const end = (event) => {
      if (drawn?.pointer !== event.pointerId) return;
      const { at, moved } = drawn,
        [far, target] = nearest(point, at);
      drawn = null;
      if (event.type === "pointerup" && !moved) press(point);
      else if (event.type === "pointerup" && far <= REACH) {
        chosen = point;
        press(target);
      } else w.invalidate();
    };
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) node.addEventListener(name, end);
    node.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") press(point);
      else if (event.key === "Escape" && chosen) {
        chosen = null;
        w.invalidate();
      } else return;
      event.preventDefault();
    });
  }

  /** From a to b without the radius of the points, in data coordinates. */
  function between([ax, ay], [bx, by]) {
    const length = Math.hypot(bx - ax, by - ay) * Math.abs(p.x(1) - p.x(0)),
      cut = length > 24 ? 9 / length : 0;
    return [ax + cut * (bx - ax), ay + cut * (by - ay), bx - cut * (bx - ax), by - cut * (by - ay)];
  }

  w.draw(() => {
    const real = w.get("real"),
      generated = w.get("generated"),
      matching = now(),
      cost = distances(generated, real),
      least = assignment(cost);
    const mine = meanCost(cost, matching),
      cheapest = least.cost / n,
      excess = mine - cheapest,
      full = !matching.includes(-1),
      found = full && excess < 1e-9;
    ruler.set([0, 0, 0, 1, 1, 1], [0.02, -0.02, 0, 0, 0.02, -0.02]);
    unit.set(0, 0, "1");
    if (hintKey !== String(matching)) hinted = [];
    best.show(found || w.get("show_cheapest")).set(
      least.match.flatMap((j, i) => [generated[i][0], real[j][0], NaN]),
      least.match.flatMap((j, i) => [generated[i][1], real[j][1], NaN]),
    );
    const arrow = (i) => between(generated[i], real[matching[i]]),
      rows = matching.map((_, i) => i).filter((i) => matching[i] >= 0);
    own.set(rows.filter((i) => !hinted.includes(i)).map(arrow));
    hints.set(hinted.map(arrow));
    const aimed = drawn?.moved ? nearest(drawn.from, drawn.at) : null,
      target = aimed && aimed[0] <= REACH ? aimed[1] : null;
    const tip = target ? pixelOf(target) : drawn?.at;
    rubber.show(Boolean(drawn?.moved)).set(
      ...(drawn?.moved
        ? [
            [w.get(drawn.from.trait)[drawn.from.k][0], p.x.invert(tip[0])],
            [w.get(drawn.from.trait)[drawn.from.k][1], p.y.invert(tip[1])],
          ]
        : [[], []]),
    );
    for (const point of points) point.node.classList.toggle("me-chosen", point === chosen || point === target);
    const left = matching.filter((j) => j < 0).length;
    const note = hinted.length
      ? `pass round the partners of the ${hinted.length} red lines`
      : full
        ? ""
        : `${n - left} of ${n} lines drawn`;
    w.readout([
      { label: "Your plan", value: full ? fixed(mine, 4) : "–", colour: "ink", note },
      { label: "Cheapest, W₁", value: fixed(cheapest, 4), colour: "critic" },
      {
        label: "Excess",
        value: full ? fixed(Math.max(0, excess), 4) : "–",
        colour: "ink",
        note: found ? "nothing is cheaper" : "",
      },
    ]);
    p.describe(`${n} generated and ${n} real points; ${n - left} lines drawn${found ? ", the cheapest plan" : ""}.`);
  });
  return w.done;
}

export default { render };
