/**
 * Critics as points: their estimate of a known W₁ over the truth, against the energy distance of the samples that they
 * taught, by dimension and batch. Python side: widgets.ErrorQuality. Chapter: what-wgans-are.
 */
import { widget } from "../kit/kit.mjs";
import { clamp, compact, heightsApart, ramp } from "../kit/scales.mjs";

const mean = (v) => v.reduce((a, b) => a + b, 0) / v.length;
const flat = (table) => table.flat(Infinity);

/** What stands on show: means, ends over the seeds, and who is first by which measure. */
export function standing(ratios, energies, i, j) {
  const at = (table) => table.map((way) => way[i][j]),
    [x, y] = [at(ratios), at(energies)],
    errors = x.map((v) => Math.abs(mean(v) - 1)),
    qualities = y.map(mean);
  let swaps = 0;
  for (let a = 0; a < errors.length; a++)
    for (let b = a + 1; b < errors.length; b++)
      if ((errors[a] - errors[b]) * (qualities[a] - qualities[b]) < 0) swaps++;
  const first = (v) => v.indexOf(Math.min(...v));
  return { x, y, errors, qualities, swaps, nearest: first(errors), lowest: first(qualities) };
}

/** The ends of a logarithmic axis around all values. */
const around = (values, room) => [Math.min(...values) / room, Math.max(...values) * room];

export default widget("How well critics estimate W₁, and how well they teach", (w) => {
  const [ways, dims, batches, ratios, energies, floor] = ["ways", "dims", "batches", "ratios", "energies", "floor"].map(
      (name) => w.model.get(name),
    ),
    ys = around([floor, ...flat(energies).map((v) => Math.max(v, floor))], 1.5),
    xs = around([1, ...flat(ratios)], 1.25),
    short = (v) => String(Number(v.toPrecision(6))).replace(/^0\./, "."),
    ticksIn = (list, [lo, hi]) => list.filter((v) => v >= lo && v <= hi),
    powers = [-4, -3, -2, -1, 0].map((k) => Number(`1e${k}`));
  const p = w.plot({
    ...{ label: "", height: (_, narrow) => (narrow ? 220 : 270), margin: { top: 22, left: 52, right: 16 } },
    x: {
      ...{ domain: xs, log: true, grid: true, format: short, label: "estimate of W₁ / truth" },
      ticks: ticksIn([0.5, 0.7, 1, 1.5, 2, 3, 5, 8, 12, 20], xs),
    },
    y: { domain: ys, log: true, format: short, label: "energy", ticks: ticksIn(powers, ys) },
  });
  const truth = p.rule("critic dashed"),
    word = p.text("critic halo-text", { anchor: "middle", dy: -6 }),
    ground = p.line("muted thin dashed"),
    null_ = p.text("muted halo-text", { anchor: "end", dx: -4, dy: -5 }),
    colours = ramp(ways.length),
    marks = ways.map((_, k) => {
      const below = k % 2 === 1;
      const made = {
        across: p.line("ink thin"),
        up: p.line("ink thin"),
        dot: p.dots("ink", 6),
        name: p.text("ink halo-text", { anchor: "middle" }),
        rise: below ? -20 : 11, // px from the dot to its name
      };
      for (const name of ["across", "up", "dot"]) made[name].node.style.setProperty("--c", colours[k]);
      return made;
    });
  const text = (name, list) => (k) => `${name} = ${list[Math.round(k)]}`;
  w.slider({ trait: "dimension", label: "Dimension", step: 1, text: text("d", dims) });
  w.slider({ trait: "batch", label: "Batch", step: 1, text: text("B", batches) });
  w.help("Left to right: what the critic says over what is true. Lower: better samples. Bars: least and largest seed.");
  w.draw(() => {
    const [i, j] = [w.get("dimension"), w.get("batch")].map(Math.round),
      now = standing(ratios, energies, i, j),
      low = (v) => clamp(v, [floor, ys[1]]);
    truth.set(1);
    word.set(1, ys[1], "the truth");
    ground.set(xs, [floor, floor]);
    null_.set(xs[1], floor, "a perfect generator stays below");
    const names = marks.map(({ across, up, dot, name, rise }, k) => {
      const [x, y] = [mean(now.x[k]), low(now.qualities[k])];
      across.set([Math.min(...now.x[k]), Math.max(...now.x[k])], [y, y]);
      up.set([x, x], [low(Math.min(...now.y[k])), low(Math.max(...now.y[k]))]);
      dot.set([[x, y]]);
      return { name, at: x, x: p.x(x), height: rise - p.y(y), text: ways[k] };
    });
    const free = heightsApart(names);
    names.forEach(({ name, at, text }, k) => name.set(at, p.y.invert(-free[k]), text));
    const couples = (ways.length * (ways.length - 1)) / 2;
    w.readout([
      { trait: "off", label: "Nearest to W₁, off by", number: now.errors[now.nearest], note: ways[now.nearest] },
      { trait: "energy", label: "Best samples, energy", number: now.qualities[now.lowest], note: ways[now.lowest] },
      {
        ...{ trait: "swaps", label: "Ranked otherwise", number: now.swaps, value: String(now.swaps) },
        note: `of ${couples} couples`,
      },
    ]);
    p.describe(
      `d = ${dims[i]}, B = ${batches[j]}. ` +
        ways
          .map((way, k) => `${way}: estimate ${compact(mean(now.x[k]))} times W₁, energy ${compact(now.qualities[k])}`)
          .join("; "),
    );
  });
});
