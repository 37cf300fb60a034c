/** Two normal laws to drag; JS, KL and W₁ with their slopes; what three losses pull at. Python side: widgets.MoveGaussians. Chapter: js-saturation. */
import { averagePulls, density, jsNormals, klNormals, LN2, pulls, quantile, w1Normals } from "./divergences.mjs";
import { frame } from "./kit.mjs";
import { fixed, scientific } from "./plot.mjs";

const SAMPLES = Array.from({ length: 7 }, (_, i) => quantile((i + 0.5) / 7));
const LOSSES = [
  { key: "minimax", colour: "js", name: "Minimax, log(1 − D)" },
  { key: "nonSaturating", colour: "non-saturating", name: "Non-saturating, −log D" },
  { key: "wasserstein", colour: "critic", name: "Wasserstein, −f" },
];

/** Readout of JS: digits cut, not rounded up, near the limit ln 2, which normals never reach; with what is still missing. */
export function describeJs({ js, gap }, unit) {
  const bits = unit === "bits", scale = bits ? 1 / LN2 : 1;
  if (gap > 1e-4) return { value: `${fixed(js * scale, 4)} ${unit}`, note: "" };
  const cut = Math.floor((LN2 - gap) * scale * 1e5 - (gap === 0 ? 1e-9 : 0)) / 1e5;
  const missing = gap > 0 ? scientific(gap * scale) : "less than 10⁻³⁰⁰";
  return { value: `${fixed(Math.min(cut, bits ? 0.99999 : 0.69314), 5)} ${unit}`, note: `→ ${bits ? "1 bit" : "ln 2"}, ${missing} below` };
}

/** Pixels-per-pull rule: the largest of 1, ½, ⅕, ⅒, … units of x per unit of pull with which the longest arrow stays within `room`. */
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
    model, el, name: "move-gaussians", label: "Two normal laws, one real and one generated, and three distances between them",
    state: { mean_p: [-4, 8], std_p: [0.2, 3], mean_q: [-4, 8], std_q: [0.2, 3], unit: ["nats", "bits"] },
  });
  const compact = model.get("compact");
  const law = () => [w.get("mean_p"), w.get("std_p"), w.get("mean_q"), w.get("std_q")];
  if (!compact) w.choice({ trait: "unit", label: "Unit of JS and KL" });

  const laws = w.plot({
    height: (width) => (width < 480 ? 200 : 250), margin: { top: 26, left: 8, right: 8 }, x: { domain: [-5, 9], ticks: 14 }, y: { hide: true },
    label: "Density of the real law P, of the generated law Q, and of their mixture (dashed)",
  });
  const areas = { p: laws.area("real"), q: laws.area("generated") };
  const mixture = laws.line("mixture thin dashed");
  const lines = { p: laws.line("real"), q: laws.line("generated") };
  const names = { p: ["left", "right"], q: ["left", "right"] };
  for (const [key, colour, name] of [["p", "real", "P, real"], ["q", "generated", "Q, generated"]]) {
    const which = key.toUpperCase(), mean = `mean_${key}`, std = `std_${key}`, outward = key === "p" ? -1 : 1;
    const top = (x) => density(x, w.get(mean), w.get(std));
    const reach = (trait) => () => [Math.min(w.state[trait][0], w.get(trait)), Math.max(w.state[trait][1], w.get(trait))];
    names[key] = { left: laws.text(`${colour} strong halo-text`, { anchor: "end", dx: -14, dy: -4 }), right: laws.text(`${colour} strong halo-text`, { dx: 14, dy: -4 }), name };
    laws.handle({ trait: std, range: reach(std), colour, hollow: true, label: `standard deviation of ${which}`, text: (v) => `standard deviation ${fixed(v)}`,
      at: (v) => [w.get(mean) + outward * v, top(w.get(mean) + outward * v)], from: (x) => outward * (x - w.get(mean)) });
    laws.handle({ trait: mean, range: reach(mean), colour, grip: areas[key], hint: key === "q", label: `mean of ${which}`, text: (v) => `mean ${fixed(v)}`, at: (v) => [v, top(v)] });
  }

  const rows = compact ? null : w.plot({
    height: 186, margin: { top: 26, left: 8, right: 8, bottom: 2 }, x: { hide: true }, y: { hide: true, domain: [0, 3] },
    label: "Arrows: the pull that each of three losses gives to seven samples of Q",
  });
  const pulled = rows && LOSSES.map(({ key, colour, name }, i) => ({
    key, colour, base: 2 - i, arrows: rows.arrows(`${colour}`), samples: rows.dots("generated", 2.6),
    title: rows.text(`${colour} strong halo-text`, { dy: 13 }), average: rows.text(`${colour} halo-text`, { anchor: "end", dy: 13 }), name,
  }));
  const heading = rows?.text("muted", { dy: -12 }), bar = rows?.line("ink thin"), legend = rows?.text("muted", { anchor: "end", dy: -12 });

  const charts = compact ? null : w.columns(190);
  const chart = (colour, name) => {
    const p = w.plot({ parent: charts, height: (width) => (width > 420 ? 190 : 160), margin: { top: 28, right: 10 }, x: { domain: [0, 12], label: "distance between the means" }, label: `${name} against the distance between the means, with its tangent` });
    return { p, limit: p.rule("muted thin dashed", "y"), bound: p.text("muted halo-text", { anchor: "end", dy: -5 }), curve: p.line(colour), tangent: p.line("ink bold"), dot: p.dots(colour, 5),
      title: p.text(`${colour} strong`, { dy: -12 }), slope: p.text("ink", { anchor: "end", dy: -12 }) };
  };
  const js = charts && chart("js", "JS"), w1 = charts && chart("critic", "W₁"), kl = charts && chart("non-saturating", "KL");

  let curves = { key: "" };
  /** The three curves depend on the widths only: a drag of a mean re-uses them. */
  function curvesOf(stdP, stdQ, end) {
    const key = `${stdP} ${stdQ} ${end}`;
    if (curves.key === key) return curves;
    const xs = Array.from({ length: 61 }, (_, i) => end * (i / 60) ** 1.5);
    curves = { key, xs, js: xs.map((x) => jsNormals(0, stdP, x, stdQ, 120).js), w1: xs.map((x) => w1Normals(0, stdP, x, stdQ).w1), kl: xs.map((x) => klNormals(0, stdP, x, stdQ).kl) };
    return curves;
  }

  function drawChart({ p, limit, bound, curve, tangent, dot, title, slope }, { name, xs, ys, end, top, x, y, rate, ceiling, ceilingName }) {
    p.extent({ x: [0, end], y: [0, top] });
    curve.set(xs, ys);
    const run = 30 / Math.hypot(p.x(1) - p.x(0), rate * (p.y(1) - p.y(0)));
    tangent.set([x - run, x + run], [y - rate * run, y + rate * run]);
    dot.set([[x, y]]);
    title.set(0, top, name);
    slope.set(end, top, `slope ${scientific(rate)}`);
    limit.show(ceiling !== undefined).set(ceiling ?? 0);
    bound.set(end, ceiling ?? 0, ceilingName ?? "");
  }

  w.draw(() => {
    const [meanP, stdP, meanQ, stdQ] = law(), unit = w.get("unit"), nats = unit === "bits" ? 1 / LN2 : 1;
    const lo = Math.min(-5, meanP - 1, meanQ - 1), hi = Math.max(9, meanP + 1, meanQ + 1);
    const peak = Math.max(density(0, 0, stdP), density(0, 0, stdQ));
    laws.extent({ x: [lo, hi], y: [0, 1.08 * peak] });
    const grid = [lo, hi];
    for (const [mean, std] of [[meanP, stdP], [meanQ, stdQ]]) for (let i = -40; i <= 40; i++) grid.push(mean + (i / 40) * 4.5 * std);
    const xs = grid.filter((x) => x >= lo && x <= hi).sort((a, b) => a - b);
    const p = xs.map((x) => density(x, meanP, stdP)), q = xs.map((x) => density(x, meanQ, stdQ));
    areas.p.set(xs, p);
    areas.q.set(xs, q);
    lines.p.set(xs, p);
    lines.q.set(xs, q);
    mixture.set(xs, p.map((v, i) => (v + q[i]) / 2));
    for (const [key, mean, std, other] of [["p", meanP, stdP, meanQ], ["q", meanQ, stdQ, meanP]]) {
      const side = mean < other || (mean === other && key === "p") ? "left" : "right";
      for (const where of ["left", "right"]) names[key][where].set(mean, density(mean, mean, std), where === side ? names[key].name : "");
    }

    const jsNow = jsNormals(meanP, stdP, meanQ, stdQ), w1Now = w1Normals(meanP, stdP, meanQ, stdQ), klNow = klNormals(meanP, stdP, meanQ, stdQ);
    const klText = scientific(klNow.kl * nats, 1e-3);
    w.readout([
      { label: "JS", colour: "js", ...describeJs(jsNow, unit) },
      { label: "W₁", colour: "critic", value: fixed(w1Now.w1, 4) },
      ...(compact ? [] : [{ label: "KL(P‖Q)", colour: "non-saturating", value: `${klText} ${unit}` }]),
    ]);
    if (compact) return;

    rows.extent({ x: [lo, hi] });
    const points = SAMPLES.map((z) => meanQ + stdQ * z), pull = points.map((x) => pulls(x, meanP, stdP, meanQ, stdQ));
    const scale = arrowScale(Math.max(...pull.flatMap((one) => Object.values(one).map(Math.abs))), 0.55 * (hi - lo));
    const average = averagePulls(meanP, stdP, meanQ, stdQ);
    for (const { key, base, arrows, samples, title, average: text, name } of pulled) {
      const heights = points.map((_, i) => base + 0.08 + 0.56 * (1 - i / (points.length - 1)));
      samples.set(points.map((x, i) => [x, heights[i]]));
      arrows.set(points.map((x, i) => [x, heights[i], x + scale * pull[i][key], heights[i]]));
      title.set(lo, base + 1, name);
      const mean = average[key];
      text.set(hi, base + 1, `average ${mean < 0 ? "←" : mean > 0 ? "→" : ""} ${scientific(Math.abs(mean))}`);
    }
    heading.set(lo, 3, "Pull on seven samples of Q");
    legend.set(hi, 3, "a pull of 1");
    const start = rows.x.invert(rows.x(hi) - 78) - scale, level = 3 + 16 / (rows.y(0) - rows.y(1));
    bar.set([start, start, NaN, start, start + scale, NaN, start + scale, start + scale], [level + 0.06, level - 0.06, NaN, level, level, NaN, level + 0.06, level - 0.06]);

    const x = Math.abs(meanQ - meanP), end = Math.max(12, x), c = curvesOf(stdP, stdQ, end), inUnit = (ys) => (nats === 1 ? ys : ys.map((v) => v * nats));
    const common = { xs: c.xs, end, x };
    drawChart(js, { ...common, name: `JS in ${unit}`, ys: inUnit(c.js), top: nats === 1 ? 0.8 : 1.15, y: jsNow.js * nats, rate: Math.abs(jsNow.slope) * nats, ceiling: LN2 * nats, ceilingName: nats === 1 ? "ln 2" : "1 bit" });
    drawChart(w1, { ...common, name: "W₁", ys: c.w1, top: end, y: w1Now.w1, rate: Math.abs(w1Now.slope) });
    drawChart(kl, { ...common, name: `KL(P‖Q) in ${unit}`, ys: inUnit(c.kl), top: roundUp(1.1 * klNow.kl * nats, 10), y: klNow.kl * nats, rate: Math.abs(klNow.slope) * nats });
  });
  return w.done;
}

export default { render };
