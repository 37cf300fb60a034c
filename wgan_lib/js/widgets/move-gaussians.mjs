/**
 * Two normal laws to drag; JS, KL and W₁ with their slopes; the pull of three losses on samples.
 * Python side: widgets.MoveGaussians. Chapter: js-saturation.
 */

import { frame } from "../kit/kit.mjs";
import { fixed, scientific } from "../kit/scales.mjs";
import { averagePulls, density, jsNormals, klNormals, LN2, pulls, quantile, w1Normals } from "../maths/divergences.mjs";

const SAMPLES = Array.from({ length: 7 }, (_, i) => quantile((i + 0.5) / 7));
const LOSSES = [
  { key: "minimax", colour: "js", name: "Minimax, log(1 − D)" },
  { key: "nonSaturating", colour: "non-saturating", name: "Non-saturating, −log D" },
  { key: "wasserstein", colour: "critic", name: "Wasserstein, −f" },
];

/**
 * Readout of JS: near ln 2, which normals never reach, its digits are cut, not rounded up, and what is missing is said.
 */
export function describeJs({ js, gap }, unit) {
  const bits = unit === "bits",
    scale = bits ? 1 / LN2 : 1;
  if (gap > 1e-4) return { value: `${fixed(js * scale, 4)} ${unit}`, note: "" };
  const cut = Math.floor((LN2 - gap) * scale * 1e5 - (gap === 0 ? 1e-9 : 0)) / 1e5;
  const missing = gap > 0 ? scientific(gap * scale) : "less than 10⁻³⁰⁰";
  return {
    value: `${fixed(Math.min(cut, Math.floor(1e5 * LN2 * scale - 0.5) / 1e5), 5)} ${unit}`,
    note: `→ ${bits ? "1 bit" : "ln 2"}, ${missing} below`,
  };
}

/**
 * Length of a pull of 1 in units of x: the largest of 1, ½, ⅕, ⅒, … with which the longest arrow stays within `room`.
 */
export function arrowScale(longest, room) {
  let scale = 1;
  for (let i = 0; longest * scale > room && i < 60; i++) scale *= i % 3 === 1 ? 0.4 : 0.5;
  return Number(scale.toPrecision(6));
}

/** The round upper end (1, 2 or 5 times a power of ten, at least `least`) of an axis that shows v. */
export function roundUp(v, least) {
  let top = least;
  for (let i = 0; top < v && i < 60; i++) top *= String(top)[0] === "2" ? 2.5 : 2;
  return top;
}

function render({ model, el }) {
  const w = frame({
    model,
    el,
    name: "move-gaussians",
    label: "Two normal laws, one real and one generated, and three distances between them",
    state: { mean_p: [-4, 8], std_p: [0.2, 2.5], mean_q: [-4, 8], std_q: [0.2, 2.5], unit: ["nats", "bits"] },
  });
  const compact = model.get("compact");
  const law = () => [w.get("mean_p"), w.get("std_p"), w.get("mean_q"), w.get("std_q")];
  if (!compact) w.choice({ trait: "unit", label: "Unit" });

  const laws = w.plot({
    height: (width) => (width < 480 ? 210 : 260),
    margin: { top: 40, left: 8, right: 8 },
    x: { domain: [-6, 10], ticks: 16 },
    y: { hide: true },
    label: "Density of the real law P, of the generated law Q, and of their mixture (dashed)",
  });
  const areas = { p: laws.area("real"), q: laws.area("generated") };
  const mixture = laws.line("mixture thin dashed");
  const lines = { p: laws.line("real"), q: laws.line("generated") };
  const dashed = laws.text("muted", { dx: -8, dy: -26 });
  const names = [
    laws.text("real strong halo-text", { anchor: "middle", dy: -17 }),
    laws.text("generated strong halo-text", { anchor: "middle", dy: -17 }),
  ];
  for (const [key, colour] of [
    ["p", "real"],
    ["q", "generated"],
  ]) {
    const which = key.toUpperCase(),
      mean = `mean_${key}`,
      std = `std_${key}`,
      outward = key === "p" ? -1 : 1;
    const top = (x) => density(x, w.get(mean), w.get(std));
    const reach = (trait) => () => [
      Math.min(w.state[trait][0], w.get(trait)),
      Math.max(w.state[trait][1], w.get(trait)),
    ];
    laws.handle({
      trait: std,
      range: reach(std),
      colour,
      hollow: true,
      label: `standard deviation of ${which}`,
      text: (v) => `standard deviation ${fixed(v)}`,
      at: (v) => [w.get(mean) + outward * v, top(w.get(mean) + outward * v)],
      from: (x) => outward * (x - w.get(mean)),
    });
    laws.handle({
      trait: mean,
      range: reach(mean),
      colour,
      grip: areas[key],
      hint: key === "q",
      label: `mean of ${which}`,
      text: (v) => `mean ${fixed(v)}`,
      at: (v) => [v, top(v)],
    });
  }

  const rows = compact
    ? null
    : w.plot({
        height: 204,
        margin: { top: 6, left: 8, right: 8, bottom: 2 },
        x: { hide: true },
        y: { hide: true, domain: [0, 3.5] },
        label: "Arrows: the pull that each of three losses gives to seven samples of Q",
      });
  const pulled =
    rows &&
    LOSSES.map(({ key, colour, name }, i) => ({
      key,
      name,
      base: 2 - i,
      samples: rows.dots("generated", 3.5),
      arrows: rows.arrows(colour),
      title: rows.text(`${colour} strong halo-text`, { dx: -8, dy: 14 }),
      average: rows.text(`${colour} halo-text`, { anchor: "end", dx: 8, dy: 14 }),
    }));
  const heading = rows?.text("muted", { dx: -8, dy: 10 }),
    bar = rows?.line("ink"),
    legend = rows?.text("muted", { anchor: "end", dx: 8, dy: 10 });

  const charts = compact ? null : w.columns(130);
  const chart = (colour, name) => {
    const p = w.plot({
      parent: charts,
      height: 184,
      margin: { top: 28, right: 8, left: 32 },
      x: { domain: [0, 10], label: (width) => (width < 210 ? "distance of means" : "distance between the means") },
      label: `${name} against the distance between the means, with its tangent`,
    });
    return {
      p,
      limit: p.rule("muted thin dashed", "y"),
      bound: p.text("muted halo-text", { anchor: "end", dy: -5 }),
      curve: p.line(colour),
      tangent: p.line("ink bold"),
      dot: p.dots(colour, 5),
      title: p.text(`${colour} strong`, { dx: -32, dy: -12 }),
      slope: p.text("ink", { anchor: "end", dx: 8, dy: -12 }),
    };
  };
  const js = charts && chart("js", "JS"),
    w1 = charts && chart("critic", "W₁"),
    kl = charts && chart("non-saturating", "KL");

  /** The names stand above the peaks; they step aside where they would meet, and never leave the plot. */
  function nameLaws(peaks) {
    const words = ["P, real", "Q, generated"],
      half = [24, 42],
      room = half[0] + half[1] + 10;
    const px = peaks.map(([mean]) => laws.x(mean)),
      left = px[0] <= px[1] ? 0 : 1,
      right = 1 - left;
    const near = (room - (px[right] - px[left])) / 2;
    if (near > 0) {
      px[left] -= near;
      px[right] += near;
    }
    px[right] = Math.min(px[right], laws.width + 6 - half[right]);
    px[left] = Math.max(half[left], Math.min(px[left], px[right] - room));
    px[right] = Math.max(px[right], px[left] + room);
    peaks.forEach(([, top], i) => names[i].set(laws.x.invert(px[i]), top, words[i]));
  }

  let curves = { key: "" };
  /** The three curves depend on the widths only: a drag of a mean re-uses them. */
  function curvesOf(stdP, stdQ, end) {
    const key = `${stdP} ${stdQ} ${end}`;
    if (curves.key === key) return curves;
    const xs = Array.from({ length: 49 }, (_, i) => end * (i / 48) ** 1.5);
    curves = {
      key,
      xs,
      js: xs.map((x) => jsNormals(0, stdP, x, stdQ, 80).js),
      w1: xs.map((x) => w1Normals(0, stdP, x, stdQ).w1),
      kl: xs.map((x) => klNormals(0, stdP, x, stdQ).kl),
    };
    return curves;
  }

  function drawChart(
    { p, limit, bound, curve, tangent, dot, title, slope },
    { name, unit, xs, ys, end, top, x, y, rate, ceiling, ceilingName },
  ) {
    p.extent({ x: [0, end], y: [0, top] });
    curve.set(xs, ys);
    const run = 30 / Math.hypot(p.x(1) - p.x(0), rate * (p.y(1) - p.y(0)));
    tangent.set([x - run, x + run], [y - rate * run, y + rate * run]);
    dot.set([[x, y]]);
    title.set(0, top, unit && p.width > 180 ? `${name}, ${unit}` : name);
    slope.set(end, top, `slope ${scientific(rate)}`);
    limit.show(ceiling !== undefined).set(ceiling ?? 0);
    bound.set(end, ceiling ?? 0, ceilingName ?? "");
  }

  w.draw(() => {
    const [meanP, stdP, meanQ, stdQ] = law(),
      unit = w.get("unit"),
      nats = unit === "bits" ? 1 / LN2 : 1;
    const pair = [
      [meanP, stdP],
      [meanQ, stdQ],
    ]; // laws beyond the handles' reach come from Python; they widen the axis
    const lo = Math.min(-6, ...pair.map(([m, s]) => (m < -3 ? m - 3 * s : -6)));
    const hi = Math.max(10, ...pair.map(([m, s]) => (m > 7 ? m + 3 * s : 10)));
    const peak = Math.max(density(0, 0, stdP), density(0, 0, stdQ));
    laws.extent({ x: [lo, hi], y: [0, 1.08 * peak] });
    // Each law on its own grid (the others' paths stay as they are while one is dragged), the mixture on both.
    const around = (mean, std) =>
      Array.from({ length: 81 }, (_, i) => mean + ((i - 40) / 40) * 4.5 * std).filter((x) => x > lo && x < hi);
    const gridP = around(meanP, stdP),
      gridQ = around(meanQ, stdQ);
    for (const [key, inside, mean, std] of [
      ["p", gridP, meanP, stdP],
      ["q", gridQ, meanQ, stdQ],
    ]) {
      const xs = [lo, ...inside, hi],
        ys = xs.map((x) => density(x, mean, std));
      areas[key].set(xs, ys);
      lines[key].set(xs, ys);
    }
    const both = [lo, ...gridP, ...gridQ, hi].sort((a, b) => a - b);
    mixture.set(
      both,
      both.map((x) => (density(x, meanP, stdP) + density(x, meanQ, stdQ)) / 2),
    );
    nameLaws([
      [meanP, density(0, 0, stdP)],
      [meanQ, density(0, 0, stdQ)],
    ]);
    dashed.set(lo, 1.08 * peak, "dashed: the mixture (P + Q)/2");

    const jsNow = jsNormals(meanP, stdP, meanQ, stdQ),
      w1Now = w1Normals(meanP, stdP, meanQ, stdQ),
      klNow = klNormals(meanP, stdP, meanQ, stdQ);
    const klText = scientific(klNow.kl * nats, 1e-3);
    w.readout([
      { label: "JS", colour: "js", ...describeJs(jsNow, unit) },
      { label: "W₁", colour: "critic", value: fixed(w1Now.w1, 4) },
      ...(compact ? [] : [{ label: "KL(P‖Q)", colour: "non-saturating", value: `${klText} ${unit}` }]),
    ]);
    if (compact) return;

    rows.extent({ x: [lo, hi] });
    const points = SAMPLES.map((z) => meanQ + stdQ * z),
      pull = points.map((x) => pulls(x, meanP, stdP, meanQ, stdQ));
    const narrow = rows.width < 480,
      scale = arrowScale(Math.max(...pull.flatMap((one) => Object.values(one).map(Math.abs))), 0.55 * (hi - lo));
    const average = averagePulls(meanP, stdP, meanQ, stdQ);
    for (const { key, base, arrows, samples, title, average: text, name } of pulled) {
      const heights = points.map((_, i) => base + 0.08 + 0.55 * (1 - i / (points.length - 1)));
      samples.set(points.map((x, i) => [x, heights[i]]));
      arrows.set(points.map((x, i) => [x, heights[i], x + scale * pull[i][key], heights[i]]));
      title.set(lo, base + 1, name);
      const mean = average[key];
      text.set(hi, base + 1, `average ${mean < 0 ? "←" : mean > 0 ? "→" : ""} ${scientific(Math.abs(mean))}`);
    }
    heading.set(lo, 3.5, narrow ? "Pull on samples of Q" : "Pull on seven samples of Q  (○ less than a pixel)");
    legend.set(hi, 3.5, "a pull of 1");
    const start = rows.x.invert(rows.x(hi) - 66) - scale;
    bar.set(
      [start, start, NaN, start, start + scale, NaN, start + scale, start + scale],
      [3.45, 3.33, NaN, 3.39, 3.39, NaN, 3.45, 3.33],
    );

    const x = Math.abs(meanQ - meanP),
      end = Math.max(10, x),
      c = curvesOf(stdP, stdQ, end),
      inUnit = (ys) => (nats === 1 ? ys : ys.map((v) => v * nats));
    const common = { xs: c.xs, end, x };
    drawChart(js, {
      ...common,
      name: "JS",
      unit,
      ys: inUnit(c.js),
      top: nats === 1 ? 0.8 : 1.15,
      y: jsNow.js * nats,
      rate: Math.abs(jsNow.slope) * nats,
      ceiling: LN2 * nats,
      ceilingName: nats === 1 ? "ln 2" : "1 bit",
    });
    drawChart(w1, { ...common, name: "W₁", ys: c.w1, top: end, y: w1Now.w1, rate: Math.abs(w1Now.slope) });
    drawChart(kl, {
      ...common,
      name: "KL(P‖Q)",
      unit,
      ys: inUnit(c.kl),
      top: roundUp(1.1 * klNow.kl * nats, 10),
      y: klNow.kl * nats,
      rate: Math.abs(klNow.slope) * nats,
    });
  });
  return w.done;
}

export default { render };
