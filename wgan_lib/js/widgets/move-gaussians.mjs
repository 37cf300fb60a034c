/**
 * Two normal laws to drag; JS, KL and W₁ with their slopes; the pull of three losses on samples.
 * Python side: widgets.MoveGaussians. Chapter: js-saturation.
 */

import { widget } from "../kit/kit.mjs";
import { compact, fixed, scientific } from "../kit/scales.mjs";
import { density, jsNormals, klNormals, LN2, w1Normals } from "../maths/divergences.mjs";
import { AXIS, axisFor, pullRows } from "./move-gaussians-pulls.mjs";

/**
 * Readout of JS: near ln 2, which normals never reach, its digits are cut, not rounded up, and what is missing is said.
 */
export function describeJs({ js, gap }, unit) {
  const bits = unit === "bits",
    scale = bits ? 1 / LN2 : 1;
  if (gap > 0.02) return { value: compact(js * scale), note: "" };
  if (gap > 1e-4) return { value: fixed(js * scale, 4), note: "" };
  const cut = Math.floor((LN2 - gap) * scale * 1e5 - (gap === 0 ? 1e-9 : 0)) / 1e5;
  const missing = gap > 0 ? `− ${scientific(gap * scale)}` : "less 10⁻³⁰⁰ or so";
  return {
    value: fixed(Math.min(cut, Math.floor(1e5 * LN2 * scale - 0.5) / 1e5), 5),
    note: `${bits ? "1 bit" : "ln 2"} ${missing}`,
  };
}

/** The round upper end (1, 2 or 5 times a power of ten, at least `least`) of an axis that shows v. */
export function roundUp(v, least) {
  let top = least;
  for (let i = 0; top < v && i < 60; i++) top *= String(top)[0] === "2" ? 2.5 : 2;
  return top;
}

/** Everything that a draw needs, computed once. */
function measured(w) {
  const law = ["mean_p", "std_p", "mean_q", "std_q"].map(w.get);
  const [meanP, stdP, meanQ, stdQ] = law,
    pair = [law.slice(0, 2), law.slice(2)];
  return {
    ...{ law, pair, meanP, stdP, meanQ, stdQ },
    unit: w.get("unit"),
    nats: w.get("unit") === "bits" ? 1 / LN2 : 1,
    js: jsNormals(...law),
    w1: w1Normals(...law),
    kl: klNormals(...law),
  };
}

/** The two bells with their handles; returns how to draw them. */
function lawsPlot(w) {
  const p = w.plot({
    height: (_, narrow) => (narrow ? 190 : 250),
    margin: { top: 40, left: 8, right: 8 },
    x: { domain: AXIS, ticks: 18 },
    y: { hide: true },
    label: "Density of the real law P, of the generated law Q, and of their mixture (dashed)",
  });
  const colours = ["real", "generated"];
  const areas = colours.map((colour) => p.area(colour));
  const mixture = p.line("mixture thin dashed");
  const lines = colours.map((colour) => p.line(colour));
  const dashed = p.text("muted", { dx: -8, dy: -26 });
  const names = colours.map((colour) => p.text(`${colour} strong halo-text`, { anchor: "middle", dy: -17 }));
  colours.forEach((colour, k) => handles(w, p, colour, areas[k]));
  let axis = AXIS;
  return ({ pair }) => {
    if (!w.held) axis = axisFor(pair);
    const [lo, hi] = axis,
      peaks = pair.map(([, std]) => density(0, 0, std)),
      top = 1.08 * Math.max(...peaks);
    p.extent({ x: axis, y: [0, top] });
    // Each law on its own grid (the others' paths stay as they are while one is dragged), the mixture on both.
    const grids = pair.map(([mean, std]) =>
      Array.from({ length: 81 }, (_, i) => mean + ((i - 40) / 40) * 4.5 * std).filter((x) => x > lo && x < hi),
    );
    pair.forEach(([mean, std], k) => {
      const xs = [lo, ...grids[k], hi],
        ys = xs.map((x) => density(x, mean, std));
      areas[k].set(xs, ys);
      lines[k].set(xs, ys);
    });
    const both = [lo, ...grids[0], ...grids[1], hi].sort((a, b) => a - b);
    const half = (x) => pair.reduce((sum, [mean, std]) => sum + density(x, mean, std) / 2, 0);
    mixture.set(both, both.map(half));
    nameLaws(p, names, pair, peaks);
    dashed.set(lo, top, "dashed: the mixture (P + Q)/2");
  };
}

/** The mean on the peak, the spread on the outer flank. */
function handles(w, p, colour, area) {
  const key = colour === "real" ? "p" : "q",
    which = key.toUpperCase(),
    [mean, std] = [`mean_${key}`, `std_${key}`],
    outward = key === "p" ? -1 : 1;
  const top = (x) => density(x, w.get(mean), w.get(std));
  const reach = (trait) => () => [Math.min(w.reach[trait][0], w.get(trait)), Math.max(w.reach[trait][1], w.get(trait))];
  p.handle({
    ...{ trait: std, range: reach(std), colour, hollow: true, tip: "↔ spread" },
    label: `standard deviation of ${which}`,
    text: (v) => `standard deviation ${fixed(v)}`,
    at: (v) => [w.get(mean) + outward * v, top(w.get(mean) + outward * v)],
    from: (x) => outward * (x - w.get(mean)),
  });
  p.handle({
    ...{ trait: mean, range: reach(mean), colour, grip: area, hint: key === "q" },
    label: `mean of ${which}`,
    text: (v) => `mean ${fixed(v)}`,
    at: (v) => [v, top(v)],
  });
}

/** The names stand above the peaks; they step aside where they would meet, and never leave the plot. */
function nameLaws(p, names, pair, peaks) {
  const words = ["P, real", "Q, generated"],
    half = [24, 42],
    room = half[0] + half[1] + 10;
  const px = pair.map(([mean]) => p.x(mean)),
    left = px[0] <= px[1] ? 0 : 1,
    right = 1 - left;
  const near = (room - (px[right] - px[left])) / 2;
  if (near > 0) {
    px[left] -= near;
    px[right] += near;
  }
  px[right] = Math.min(px[right], p.width + 6 - half[right]);
  px[left] = Math.max(half[left], Math.min(px[left], px[right] - room));
  px[right] = Math.max(px[right], px[left] + room);
  peaks.forEach((top, i) => names[i].set(p.x.invert(px[i]), top, words[i]));
}

/** Three curves against the distance of the means, with tangents; returns how to draw them. */
function charts(w) {
  const row = w.columns(140);
  const chart = (colour, name) =>
    w.chart({
      ...{ parent: row, colour, height: (_, narrow) => (narrow ? 142 : 184) },
      x: { domain: [0, 10], label: (width) => (width < 210 ? "distance of means" : "distance between the means") },
      label: `${name} against the distance between the means, with its tangent`,
    });
  const [js, w1, kl] = [chart("js", "JS"), chart("critic", "W₁"), chart("non-saturating", "KL")];
  let curves = { key: "" };
  /** The curves depend on the widths only: a drag of a mean re-uses them. */
  const curvesOf = (stdP, stdQ, end) => {
    const key = `${stdP} ${stdQ} ${end}`;
    if (curves.key === key) return curves;
    const xs = Array.from({ length: 49 }, (_, i) => end * (i / 48) ** 1.5);
    const each = (of) => xs.map((x) => of(0, stdP, x, stdQ, 80));
    curves = { key, xs, js: each(jsNormals).map((v) => v.js), w1: each(w1Normals).map((v) => v.w1) };
    curves.kl = each(klNormals).map((v) => v.kl);
    return curves;
  };
  return ({ meanP, stdP, meanQ, stdQ, unit, nats, ...now }) => {
    const x = Math.abs(meanQ - meanP),
      end = Math.max(12, x),
      found = curvesOf(stdP, stdQ, end);
    const show = (p, key, name, scale, top, extra = {}) => {
      p.extent({ x: [0, end], y: [0, top] });
      const title = scale === null || p.width < 200 ? name : `${name}, ${unit}`,
        size = scale ?? 1;
      const data = { xs: found.xs, ys: found[key].map((v) => v * size), x, y: now[key][key] * size, title, ...extra };
      p.draw({ ...data, slope: Math.abs(now[key].slope) * size });
    };
    const ceiling = { limit: LN2 * nats, limitName: unit === "bits" ? "1 bit" : "ln 2" };
    show(js, "js", "JS", nats, unit === "bits" ? 1.15 : 0.8, ceiling);
    show(w1, "w1", "W₁", null, end);
    kl.show(!w.narrow);
    if (!w.narrow) show(kl, "kl", "KL(P‖Q)", nats, roundUp(1.1 * now.kl.kl * nats, 10));
  };
}

export default widget("Two normal laws, one real and one generated, and three distances between them", (w) => {
  const small = w.get("compact");
  const parts = [lawsPlot(w)];
  if (!small) {
    parts.push(charts(w));
    const fold = w.more("The pull on samples, and numbers to type");
    parts.push(pullRows(w, fold));
    const typed = fold.appendChild(Object.assign(document.createElement("div"), { className: "me-inputs" }));
    for (const law of ["p", "q"]) {
      w.number({ trait: `mean_${law}`, label: `${law.toUpperCase()}: mean`, parent: typed });
      w.number({ trait: `std_${law}`, label: "spread σ", parent: typed });
    }
    w.choice({ trait: "unit", label: "Unit" });
  }
  w.help("Drag a bell, or the full knob on its peak, to move it.", "Drag the hollow knob on its flank to spread it.");
  w.draw(() => {
    const now = measured(w),
      { nats, unit } = now;
    w.readout([
      { trait: "js", label: `JS, ${unit}`, colour: "js", number: now.js.js, ...describeJs(now.js, unit) },
      { trait: "w1", label: "W₁", colour: "critic", number: now.w1.w1 },
      !small && {
        ...{ trait: "kl", label: `KL(P‖Q), ${unit}`, colour: "non-saturating" },
        ...{ number: now.kl.kl, value: compact(now.kl.kl * nats) },
      },
    ]);
    for (const draw of parts) draw(now);
  });
});
