/** The cumulative sums of SandPiles and the area between them, in columns or in rows. Chapter: wasserstein-1d. */
import { cumulative } from "../maths/sand.mjs";
import { late, progress } from "./sand-piles-clock.mjs";

/** Closed rectangles [x0, x1, y0, y1] as one broken line. */
function boxes(list) {
  const xs = list.flatMap(([x0, x1]) => [x0, x1, x1, x0, x0, NaN]),
    ys = list.flatMap(([, , y0, y1]) => [y0, y0, y1, y1, y0, NaN]);
  return [xs, ys];
}

/** Corners of a cumulative step function from −1 to n. */
const steps = (law) => {
  const sums = cumulative(law);
  return [
    [-1, ...law.flatMap((_, i) => [i, i]), law.length],
    [0, ...law.flatMap((_, i) => [sums[i - 1] ?? 0, sums[i]]), 1],
  ];
};

/** Rectangles between F and G in columns: all of each, and the part whose work is done. */
function columnsOf({ p, q, grown, now }) {
  const f = cumulative(p),
    g = cumulative(q),
    crossed = new Array(p.length).fill(0),
    all = new Array(p.length).fill(0);
  grown.forEach(({ from, to }, k) => {
    const there = from + (to - from) * progress(now, late(k));
    for (let i = Math.min(from, to); i < Math.max(from, to); i++) {
      all[i]++;
      if (to > from ? there > i + 0.5 : there < i + 0.5) crossed[i]++;
    }
  });
  const at = (share) =>
    f
      .map((v, i) => [i, i + 1, g[i], g[i] + (v - g[i]) * share(i)])
      .filter((_, i) => i < p.length - 1 && Math.abs(f[i] - g[i]) > 1e-9);
  return [at(() => 1), at((i) => (all[i] ? crossed[i] / all[i] : 0))];
}

/** The same area in rows, one per parcel of the monotone plan. */
function rowsOf({ monotone, grown, now }) {
  const there = new Array(monotone.length).fill(0),
    all = new Array(monotone.length).fill(0);
  grown.forEach(({ parcel }, k) => {
    all[parcel]++;
    there[parcel] += progress(now, late(k));
  });
  const at = (share) =>
    monotone.map(({ from, to, mass, level }, i) => [from, from + (to - from) * share(i), level, level + mass]);
  return [at(() => 1), at((i) => (all[i] ? there[i] / all[i] : 0))];
}

/** F, G and the area between them; returns how to draw them. */
export function sumsPlot(w, n) {
  const p = w.plot({
    ...{ height: (_, narrow) => (narrow ? 138 : 200), margin: { top: 26, left: 34, right: 8 } },
    x: { domain: [-0.7, n - 0.3], ticks: Array.from({ length: n }, (_, i) => i), label: "place, in metres" },
    y: { domain: [0, 1], ticks: [0, 0.5, 1], format: String },
    label: "Cumulative sums F of P and G of Q; the area between them is W₁",
  });
  const filled = [p.line("critic thin filled"), p.line("critic bold filled")],
    lines = { real: p.line("real bold"), generated: p.line("generated bold") },
    heading = p.text("critic strong", { dx: -34, dy: -10 }),
    keys = [
      p.text("real strong", { dy: -10, anchor: "end", dx: -62 }),
      p.text("generated strong", { dy: -10, anchor: "end" }),
    ];
  return (now) => {
    const rows = w.get("area") === "rows";
    const [all, done] = (rows ? rowsOf : columnsOf)(now);
    lines.real.set(...steps(now.p));
    lines.generated.set(...steps(now.q));
    filled[0].set(...boxes(all));
    filled[1].show(!now.reversed && now.now > 0).set(...boxes(done));
    heading.set(-0.7, 1, rows ? "∫|F⁻¹ − G⁻¹| du" : "∫|F − G| dx");
    keys[0].set(n - 0.3, 1, "F of P");
    keys[1].set(n - 0.3, 1, "G of Q");
  };
}
