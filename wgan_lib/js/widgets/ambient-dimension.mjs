/**
 * Two thin sheets in D dimensions: how far samples are from their nearest real sample, and what that proves about JS,
 * for the D that a slider picks. Python side: widgets.AmbientDimension, which bins. Chapter: js-saturation.
 */

import { widget } from "../kit/kit.mjs";
import { fixed, grouped } from "../kit/scales.mjs";
import { LN2 } from "../maths/divergences.mjs";

/** Lowest, middle and highest of some numbers; the middle of an even count is the mean of the middle two. */
export function spread(values) {
  const sorted = Array.from(values).sort((a, b) => a - b),
    half = (sorted.length - 1) / 2;
  return { low: sorted[0], median: (sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2, high: sorted.at(-1) };
}

/** Index of the dimension nearest to `dim` on a logarithmic scale. */
export function nearestIndex(dims, dim) {
  const away = dims.map((d) => Math.abs(Math.log(d / dim)));
  return away.indexOf(Math.min(...away));
}

/** Ticks of a logarithmic axis: its two ends, and the powers of ten between that keep clear of them. */
export function dimensionTicks(first, last) {
  const between = [];
  for (let power = 10; power < last; power *= 10) if (power > 2 * first && 2 * power < last) between.push(power);
  return [first, ...between, last];
}

/**
 * Outline of a histogram as the xs and ys of a stepped line: bins between consecutive `edges`, from the first to the
 * last that holds anything.
 */
export function outline(edges, shares) {
  const held = shares.map((share, i) => (share > 0 ? i : -1)).filter((i) => i >= 0);
  if (!held.length) return [[], []];
  const first = held[0],
    last = held.at(-1) + 1,
    inner = shares.slice(first, last);
  return [
    [edges[first], ...inner.flatMap((_, i) => edges.slice(first + i, first + i + 2)), edges[last]],
    [0, ...inner.flatMap((share) => [share, share]), 0],
  ];
}

/** What a dimension is, where it has a name. */
export const known = (dim) =>
  ({ 2: "a table top", 3: "a room", 784: "28 × 28", 3072: "32 × 32 × 3", 12288: "64 × 64 × 3" })[dim] ?? "";

const upTo = (values, least) => Math.max(least, 1.12 * Math.max(...values.flat()));
const percent = (share) => fixed(100 * share, 1);

const rowsOf = (w, trait) => w.model.get(trait).map(spread);

/** A quantity against D in its own plot: a title, and a cursor to drag along the dimensions. */
function against(w, parent, { dims, height, y, title, label, colour, bottom }) {
  const ends = [dims[0], dims.at(-1)];
  const p = w.plot({
    ...{ parent, height, y, label, margin: { top: 28, right: 30, left: 34, bottom: bottom ? 38 : 10 } },
    x: {
      ...{ log: true, domain: [ends[0] / 1.2, ends[1] * 1.2], ticks: dimensionTicks(...ends) },
      format: bottom ? grouped : () => "",
      label: bottom ? "dimension D of the space" : "",
    },
  });
  const cursor = p.rule("ink thin"),
    grip = p.rule("ink grab"),
    name = p.text(`${colour} strong`, { dx: -34, dy: -12 });
  /** Adds the median over the draws as a line with dots, and their range as a band. */
  p.curve = (words, rows) => {
    const [band, line, dots] = [p.area(words), p.line(words), p.dots(words, 2.5)];
    return () => {
      const at = (part) => rows.map((row) => row[part]);
      band.set(dims, at("high"), at("low"));
      line.set(dims, at("median"));
      dots.set(dims.map((dim, i) => [dim, rows[i].median]));
    };
  };
  p.hold = (rows) =>
    p.handle({
      ...{ trait: "selected", step: 1, grain: 1, colour, grip },
      label: `dimension D, on the plot of ${title}`,
      text: (i) => `${grouped(dims[i])} dimensions`,
      at: (i) => [dims[i], rows[i].median],
      from: (x) => nearestIndex(dims, x),
    });
  p.point = (dim) => {
    for (const rule of [cursor, grip]) rule.set(dim);
    name.set(p.x.domain[0], p.y.domain[1], title);
  };
  return p;
}

/** Histograms of the distances to the nearest real sample; returns how to draw those of dimension number i. */
function histograms(w, parent, dims) {
  const piles = { generated: w.model.get("shares"), real: w.model.get("shares_null") },
    medians = { generated: w.model.get("median"), real: w.model.get("median_null") },
    edges = piles.real[0].map((_, i) => 10 ** ((w.model.get("tenths") + i) / 10)),
    beyond = edges.at(-1) * 10 ** 0.1,
    around = [edges[0] / 1.15, beyond * 1.15];
  edges.push(beyond);
  const p = w.plot({
    ...{ parent, height: (_, narrow) => (narrow ? 196 : 336), label: "", margin: { top: 54, right: 8, left: 42 } },
    x: { log: true, domain: around, label: "distance to the nearest real sample" },
    y: {
      ...{ domain: [0, upTo([...piles.real, ...piles.generated], 0.1)], ticks: 5 },
      format: (v) => `${fixed(100 * v, 0)} %`,
    },
  });
  const laws = Object.keys(piles).map((colour) => ({
    ...{ colour, area: p.area(colour), line: p.line(colour), median: p.rule(`${colour} thin dashed`) },
  }));
  const keys = [
    p.text("ink strong", { dx: -42, dy: -38 }),
    p.text("generated strong", { dx: -42, dy: -19 }),
    p.text("real strong", { anchor: "end", dy: -19 }),
  ];
  return (i) => {
    for (const { colour, area, line, median } of laws) {
      const steps = outline(edges, piles[colour][i]);
      area.set(...steps);
      line.set(...steps);
      median.set(medians[colour][i]);
    }
    const top = p.y.domain[1];
    keys[0].set(around[0], top, `share of samples, D = ${grouped(dims[i])}`);
    keys[1].set(around[0], top, "generated");
    keys[2].set(around[1], top, "real, held out");
    p.describe(
      `Histograms of the distance to the nearest real sample in ${grouped(dims[i])} dimensions: the median is ` +
        `${fixed(medians.generated[i])} for generated samples and ${fixed(medians.real[i])} for held-out real ones`,
    );
  };
}

/** The bound on JS above, W₁ and its null below; returns how to draw them at dimension number i. */
function curves(w, parent, dims) {
  const js = rowsOf(w, "js"),
    w1 = rowsOf(w, "w1"),
    nulls = rowsOf(w, "w1_null");
  const upper = against(w, parent, {
    ...{ dims, title: "JS ≥, nats", colour: "js", height: (_, narrow) => (narrow ? 92 : 150) },
    y: { domain: [0, 0.8], ticks: [0, 0.2, 0.4, 0.6] },
    label: "The lower bound on JS against the dimension D rises to ln 2",
  });
  const ceiling = upper.rule("muted thin dashed", "y"),
    ceilingName = upper.text("muted", { dx: 5, dy: 4 }),
    truth = upper.line("js dashed"),
    exact = w.model.get("js_true") ?? [], // JS itself, which holds from its D on
    bound = upper.curve("js", js);
  const lower = against(w, parent, {
    ...{ dims, title: "W₁", colour: "critic", bottom: true, height: (_, narrow) => (narrow ? 130 : 186) },
    y: { domain: [0, upTo([...w.model.get("w1"), ...w.model.get("w1_null")], 0.1)], ticks: 4 },
    label: "W₁ against the dimension D, with its null",
  });
  const cost = lower.curve("critic", w1),
    floor = lower.curve("muted", nulls),
    floorName = lower.text("muted halo-text", { anchor: "middle", dy: -6 });
  upper.hold(js);
  lower.hold(w1);
  return (i) => {
    for (const plotted of [bound, cost, floor]) plotted();
    for (const p of [upper, lower]) p.point(dims[i]);
    ceiling.set(LN2);
    const ends = exact.map((_, k) => dims[Math.min(k + 1, dims.length - 1)]);
    truth.set(
      exact.flatMap((_, k) => [dims[k], ends[k]]),
      exact.flatMap((v) => [v, v]),
    );
    ceilingName.set(upper.x.domain[1], LN2, "ln 2");
    const highest = Math.max(...nulls.map(({ high }) => high));
    floorName.set(Math.sqrt(dims[0] * dims.at(-1)), highest, "null: real against real");
  };
}

export default widget("Samples of two thin sheets in a space whose dimension you choose", (w) => {
  const dims = w.model.get("dims"),
    draws = w.model.get("accuracy")[0].length,
    chosen = () => Math.round(w.get("selected")),
    rangeOf = ({ low, high }) => (draws > 1 ? `${draws} draws ${percent(low)}–${percent(high)}` : "one draw");
  const [accuracy, js, w1, nulls] = ["accuracy", "js", "w1", "w1_null"].map((trait) => rowsOf(w, trait));
  const row = w.columns(270),
    drawHistograms = histograms(w, row, dims),
    right = row.appendChild(document.createElement("div")),
    fold = w.more("JS and W₁ against the dimension");
  w.arrange((narrow) => (narrow ? fold : row).append(right));
  const drawCurves = curves(w, right, dims);
  const words = (i) => grouped(dims[Math.round(i)]);
  const slider = w.slider({ trait: "selected", label: "Dimension D", step: 1, text: words });
  slider.querySelector("input").style.width = "min(300px, 42cqw)";
  w.help("Drag the slider, or the dots on the two curves.");
  w.draw(() => {
    const i = chosen();
    w.readout([
      { trait: "dim", label: "D", number: dims[i], value: grouped(dims[i]), note: known(dims[i]) },
      {
        trait: "accuracy",
        label: "accuracy, %",
        number: accuracy[i].median,
        value: percent(accuracy[i].median),
        note: rangeOf(accuracy[i]),
      },
      {
        trait: "js",
        label: "JS ≥, nats",
        colour: "js",
        number: js[i].median,
        value: fixed(js[i].median, 3),
        note: "ln 2 = 0.693",
      },
      { trait: "w1", label: "W₁", colour: "critic", number: w1[i].median, note: `null ${fixed(nulls[i].median)}` },
    ]);
    drawHistograms(i);
    drawCurves(i);
  });
});
