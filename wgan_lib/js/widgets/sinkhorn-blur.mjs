/**
 * The plan between two laws on a line, blurred by ε, and what it costs. Python side: widgets.SinkhornBlur. Chapter:
 * optimal-transport.
 */
import { widget } from "../kit/kit.mjs";
import { compact } from "../kit/scales.mjs";
import { areaByColumns } from "../maths/sand.mjs";
import { sinkhorn } from "../maths/sinkhorn.mjs";
import { channels, sequential } from "../maths/surfaces.mjs";

const GRID = 12, // values of ε in each factor of ten
  MARGIN = 1.3; // room beside the plan for the two laws

export default widget("The plan that Sinkhorn's algorithm finds between two laws on a line, and its cost", (w) => {
  const [real, generated, ends] = ["real", "generated", "ends"].map((name) => w.model.get(name)),
    n = real.length,
    h = (ends[1] - ends[0]) / (n - 1),
    w1 = h * areaByColumns(real, generated),
    [low, high] = w.reach.epsilon,
    snapped = (v) => Number((10 ** (Math.round(Math.log10(v) * GRID) / GRID)).toPrecision(6)),
    known = new Map();
  const solved = (epsilon) => {
    if (!known.has(epsilon)) known.set(epsilon, sinkhorn(real, generated, h, epsilon));
    return known.get(epsilon);
  };
  const row = w.columns(150),
    map = planMap(w, row, { real, generated, ends, n, h }),
    chart = w.plot({
      ...{ parent: row, height: (_, narrow) => (narrow ? 190 : 300), label: "Cost against ε" },
      ...{ margin: { top: 28, left: 34 } },
      x: { domain: [low, high], log: true, ticks: [0.02, 0.1, 0.5, 2], label: "ε" },
      y: { domain: [0, 2.4], label: "cost" },
    }),
    exact = chart.rule("critic dashed", "y"),
    [value, cost] = [chart.line("muted"), chart.line("ink")];
  chart.handle({
    ...{ trait: "epsilon", hint: true, label: "ε, the blur", step: 1 / GRID, grain: 1 / GRID },
    value: () => Math.log10(snapped(w.get("epsilon"))),
    set: (v) => w.change({ epsilon: snapped(10 ** v) }),
    range: [low, high].map((v) => Math.log10(v)),
    at: (v) => [10 ** v, solved(snapped(10 ** v)).cost],
    from: (x) => Math.log10(x),
    text: (v) => `ε ${compact(10 ** v)}`,
  });
  let next = Math.round(Math.log10(low) * GRID);
  const explore = () => {
    if (10 ** (next / GRID) > high * 1.001) return;
    solved(snapped(10 ** (next++ / GRID))); // one at a time, so that the page stays quick
    w.invalidate();
    waiting = setTimeout(explore, 30);
  };
  let waiting = setTimeout(explore, 200);
  w.draw(() => {
    const epsilon = snapped(w.get("epsilon")),
      now = solved(epsilon),
      along = [...known.keys()].sort((a, b) => a - b);
    exact.set(w1);
    cost.set(
      along,
      along.map((e) => known.get(e).cost),
    );
    value.set(
      along,
      along.map((e) => known.get(e).value),
    );
    map(now, epsilon);
    w.readout([
      { trait: "w1", label: "W₁, exact", number: w1, colour: "critic" },
      { trait: "cost", label: "⟨C, π⟩", number: now.cost },
      { trait: "value", label: "OT_ε", number: now.value, colour: "muted" },
      { trait: "rounds", label: "Rounds", number: now.rounds, value: String(now.rounds) },
    ]);
  });
  return () => clearTimeout(waiting);
});

/** The table of the plan as a picture, with the laws at its edges; returns how to draw it. */
function planMap(w, parent, { real, generated, ends, n, h }) {
  const side = { domain: [ends[0] - MARGIN, ends[1]], hide: true },
    margin = { top: 8, bottom: 8, left: 8, right: 8 },
    p = w.plot({ parent, shaped: true, height: (width) => Math.min(300, width), label: "", x: side, y: side, margin }),
    surface = p.surface(),
    [below, beside] = [p.line("generated"), p.line("real")],
    pad = Math.round(MARGIN / h),
    places = real.map((_, i) => ends[0] + i * h),
    tall = (law) => law.map((v) => ends[0] - MARGIN + (v * MARGIN * 0.95) / Math.max(...law));
  return ({ plan }, epsilon) => {
    margin.right = Math.max(8, p.width - p.height + 8); // a square
    Object.assign(p.margin, margin);
    p.extent({});
    const columns = n + pad,
      values = new Float64Array(columns * columns),
      most = Math.max(...plan.map((row) => Math.max(...row)));
    plan.forEach((row, i) => row.forEach((v, j) => (values[(i + pad) * columns + j + pad] = (v / most) ** 0.6)));
    surface.set(values, columns, columns, sequential(channels(w.colour("paper")), channels(w.colour("critic"))));
    below.set(places, tall(generated));
    beside.set(tall(real), places);
    p.describe(`The plan for ε = ${compact(epsilon)}: a column for each place of Q, a row for each place of P`);
  };
}
