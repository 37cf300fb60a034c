/**
 * A pile of sand and a hole to draw, their cumulative sums with the area between them, and the sand on its way.
 * Python side: widgets.SandPiles. Chapter: wasserstein-1d.
 */
import { html, svg } from "../kit/elements.mjs";
import { frame } from "../kit/kit.mjs";
import { clamp, fixed, snap } from "../kit/scales.mjs";
import { areaByColumns, cumulative, grains, js, mean, parcels, shares, withShare, work } from "../maths/sand.mjs";

const GRAINS = 720,
  WIDE = 0.4,
  LATEST = 0.55,
  TOPS = [0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1.02];

/** Pairs [real, generated] of heights on n places that are worth a look. */
export function presets(n) {
  const bump = (at, width) =>
    Array.from(
      { length: n },
      (_, i) => Math.round(1000 * Math.exp(-0.5 * ((i - at * (n - 1)) / (width * n)) ** 2)) / 1000,
    );
  const add = (a, b) => a.map((v, i) => v + b[i]),
    spike = (at) => Array.from({ length: n }, (_, i) => Number(i === Math.round(at * (n - 1))));
  return {
    Shifted: [bump(0.72, 0.09), bump(0.28, 0.09)],
    Split: [add(bump(0.12, 0.07), bump(0.88, 0.07)), bump(0.5, 0.08)],
    Spread: [bump(0.5, 0.25), bump(0.5, 0.07)],
    "One spike": [spike(0.9), spike(0.2)],
  };
}

/**
 * How far, from 0 to 1, a grain at quantile u is on its way when the clock stands at `moved`: they leave one after
 * the other.
 */
export const progress = (moved, u) => {
  const t = clamp((moved - LATEST * u) / (1 - LATEST), [0, 1]);
  return t * t * (3 - 2 * t);
};

/** A number in [0, 1) that looks random but is the same for grain k in every frame. */
const scatter = (k, salt) => Math.abs(Math.sin(12.9898 * k + 78.233 * salt) * 43758.5453) % 1;
/** When grain k leaves: in the order of the plan, give or take. */
const late = (k) => clamp((k + 0.5) / GRAINS + 0.12 * (scatter(k, 3) - 0.5), [0, 1]);

/** Closed rectangles [x0, x1, y0, y1] as one broken line. */
function boxes(list) {
  const xs = list.flatMap(([x0, x1]) => [x0, x1, x1, x0, x0, NaN]),
    ys = list.flatMap(([, , y0, y1]) => [y0, y0, y1, y1, y0, NaN]);
  return [xs, ys];
}

/** Corners of bars of the given heights. */
const bars = (law, sign) => [
  law.flatMap((_, i) => [i - WIDE, i - WIDE, i + WIDE, i + WIDE]),
  law.flatMap((v) => [0, sign * v, sign * v, 0]),
];
/** Corners of a cumulative step function from −1 to n. */
const steps = (law) => {
  const sums = cumulative(law);
  return [
    [-1, ...law.flatMap((_, i) => [i, i]), law.length],
    [0, ...law.flatMap((_, i) => [sums[i - 1] ?? 0, sums[i]]), 1],
  ];
};

function render({ model, el }) {
  const n = model.get("real").length;
  const w = frame({
    model,
    el,
    name: "sand-piles",
    label: "A pile of sand, a hole, and the work of moving one into the other",
    state: {
      real: [0, Infinity],
      generated: [0, Infinity],
      area: ["columns", "rows"],
      plan: ["cheapest", "reversed"],
      moved: [0, 1],
    },
  });
  const law = (trait) => shares(w.get(trait));
  let stop = () => {};
  const alter = (changes) => {
    stop();
    w.touched();
    w.set(changes);
  };
  const play = w.button({
    label: "Move the sand",
    press: () => {
      alter({ moved: 0 });
      stop = w.animate(3200, (t) => w.set({ moved: snap(t, 0.001) }));
    },
  });
  w.slider({ trait: "moved", label: "moved", step: 0.01, text: (v) => `${Math.round(100 * v)} %` }).addEventListener(
    "input",
    () => stop(),
  );
  w.choice({ trait: "plan", label: "Plan" });
  const starts = Object.entries(presets(n)).map(([name, [real, generated]]) => {
    const start = w.button({ label: name, press: () => alter({ real, generated, moved: 0 }) });
    start.className = "me-quiet";
    return start;
  });
  const body = w.root.querySelector(".me-body");
  body.append(html("div", { class: "me-inputs" }, html("span", { class: "me-note" }, "Start from"), ...starts));

  const x = { domain: [-0.7, n - 0.3], ticks: Array.from({ length: n }, (_, i) => i) };
  const scene = w.plot({
    height: (width) => (width < 480 ? 240 : 280),
    margin: { top: 22, left: 34, right: 8, bottom: 8 },
    x: { ...x, hide: true },
    y: { hide: true },
    label: "A pile of sand above the ground and a hole below it",
  });
  const sand = scene.canvas(),
    ground = scene.line("ink thin");
  const solid = { generated: scene.area("generated"), real: scene.area("real") },
    outline = { generated: scene.line("generated"), real: scene.line("real") };
  const captions = {
    generated: scene.text("generated strong halo-text", { dx: -34, dy: -8 }),
    real: scene.text("real strong halo-text", { dx: -34, dy: 2 }),
  };
  const told = scene.text("ink strong halo-text", { anchor: "middle" });

  /** One handle per bar for the keys; pointers draw anywhere in a column, so the handles let them through. */
  const handles = {};
  for (const [trait, sign, words] of [
    ["generated", 1, "pile Q, generated"],
    ["real", -1, "hole P, real"],
  ]) {
    const tallest = law(trait).indexOf(Math.max(...law(trait)));
    handles[trait] = Array.from({ length: n }, (_, i) => {
      const made = scene.handle({
        value: () => law(trait)[i],
        set: (v) => put(trait, [i], v),
        range: [0, 1],
        axis: "y",
        step: 0.01,
        grain: 0.001,
        colour: trait,
        hint: sign > 0 && i === tallest,
        label: `${words}, place ${i}`,
        text: (v) => `${fixed(100 * v, 1)} percent of the sand`,
        at: (v) => [i, sign * v],
      });
      made.node.style.pointerEvents = "none";
      made.node.querySelector(".me-knob").setAttribute("r", 4);
      made.node.addEventListener("focus", w.invalidate);
      made.node.addEventListener("blur", w.invalidate);
      return made;
    });
  }
  function put(trait, places, value) {
    alter({ [trait]: places.reduce((heights, i) => withShare(heights, i, value), law(trait)) });
  }
  const brush = svg("rect", {
    fill: "transparent",
    "aria-hidden": "true",
    style: "cursor: ns-resize; touch-action: none",
  });
  scene.svg.append(brush);
  let held = null;
  const paint = (event) => {
    if (held?.pointer !== event.pointerId) return;
    const corner = scene.svg.getBoundingClientRect(),
      i = clamp(Math.round(scene.x.invert(event.clientX - corner.left)), [0, n - 1]);
    const y = scene.y.invert(event.clientY - corner.top),
      side = y >= 0 ? "generated" : "real";
    held.trait ??= side;
    const value = held.trait === side ? clamp(Math.round(Math.abs(y) * 200) / 200, [0, Math.min(1, held.top)]) : 0;
    const last = held.at ?? i,
      places = Array.from({ length: Math.abs(i - last) + 1 }, (_, k) => last + k * Math.sign(i - last)).filter(
        (k) => k !== last || i === last,
      );
    held.at = i;
    put(held.trait, places, value);
    const { node } = handles[held.trait][i];
    node.classList.remove("me-hint");
    node.focus({ preventScroll: true });
  };
  brush.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || held) return;
    held = { pointer: event.pointerId, top: scene.y.domain[1] };
    brush.setPointerCapture(event.pointerId);
    event.preventDefault();
    paint(event);
  });
  brush.addEventListener("pointermove", paint);
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"])
    brush.addEventListener(end, (event) => {
      if (held?.pointer === event.pointerId) {
        held = null;
        w.invalidate();
      }
    });

  body.append(w.choice({ trait: "area", label: "Read the area in" }));
  const sums = w.plot({
    height: 200,
    margin: { top: 26, left: 34, right: 8 },
    x: { ...x, label: "place, in metres" },
    y: { domain: [0, 1], ticks: [0, 0.5, 1] },
    label: "Cumulative sums F of P and G of Q; the area between them is W₁",
  });
  const filled = [0.16, 0.4].map((opacity) => {
    const mark = sums.line("critic thin");
    Object.assign(mark.node.style, { fill: "var(--me-critic)", fillOpacity: opacity, strokeOpacity: 0.55 });
    return mark;
  });
  const lines = { real: sums.line("real bold"), generated: sums.line("generated bold") };
  const heading = sums.text("critic strong", { dx: -34, dy: -10 }),
    keys = [
      sums.text("real strong", { dy: -10, anchor: "end", dx: -52 }),
      sums.text("generated strong", { dy: -10, anchor: "end" }),
    ];

  /** Rectangles between F and G: the whole area, and the part whose work is done. */
  function areas(p, q, monotone, grown, now) {
    if (w.get("area") === "rows") {
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
    const f = cumulative(p),
      g = cumulative(q),
      crossed = new Array(n).fill(0),
      all = new Array(n).fill(0);
    grown.forEach(({ from, to }, k) => {
      const there = from + (to - from) * progress(now, late(k)),
        low = Math.min(from, to);
      for (let i = low; i < Math.max(from, to); i++) {
        all[i]++;
        if (to > from ? there > i + 0.5 : there < i + 0.5) crossed[i]++;
      }
    });
    const at = (share) =>
      f
        .map((v, i) => [i, i + 1, g[i], g[i] + (v - g[i]) * share(i)])
        .filter((_, i) => i < n - 1 && Math.abs(f[i] - g[i]) > 1e-9);
    return [at(() => 1), at((i) => (all[i] ? crossed[i] / all[i] : 0))];
  }

  function drawSand(grown, p, q, now) {
    const radius = clamp(scene.width / 420, [0.9, 1.7]),
      top = scene.y.domain[1],
      colour = w.colour("generated");
    sand.paint((c) => {
      c.fillStyle = colour;
      c.beginPath();
      grown.forEach(({ from, to, low, high }, k) => {
        const s = progress(now, late(k)),
          side = (scatter(k, 1) - 0.5) * 1.8 * WIDE;
        const lift =
          from === to ? 0 : 4 * s * (1 - s) * top * (0.5 + scatter(k, 2)) * (0.12 + 0.03 * Math.abs(to - from));
        const px = scene.x(from + (to - from) * s + side),
          py = scene.y((1 - s) * low * q[from] - s * high * p[to] + lift);
        c.moveTo(px + radius, py);
        c.arc(px, py, radius, 0, 2 * Math.PI);
      });
      c.fill();
    });
  }

  w.draw(() => {
    const p = law("real"),
      q = law("generated"),
      now = w.get("moved"),
      reversed = w.get("plan") === "reversed";
    const most = Math.max(...p, ...q),
      top = held?.top ?? TOPS.find((v) => v >= 1.02 * most) ?? TOPS.at(-1);
    scene.extent({ y: [-top, top] });
    for (const [trait, v, sign] of [
      ["generated", q, 1],
      ["real", p, -1],
    ]) {
      solid[trait].set(...bars(v, sign));
      outline[trait].set(...bars(v, sign));
    }
    for (const [trait, v] of [
      ["generated", q],
      ["real", p],
    ])
      handles[trait].forEach(({ node }, i) => {
        node.querySelector(".me-knob").style.display = v[i] > 0.004 ? "" : "none";
      });
    ground.set([-0.7, n - 0.3], [0, 0]);
    captions.generated.set(-0.7, top, "Q, generated: the pile");
    captions.real.set(-0.7, -top, "P, real: the hole");
    const { margin } = scene,
      box = {
        x: margin.left,
        y: 0,
        width: scene.width - margin.left - margin.right,
        height: scene.height - margin.bottom,
      };
    for (const [key, value] of Object.entries(box)) brush.setAttribute(key, value);
    const [side, place] =
      Object.entries(handles)
        .map(([trait, list]) => [
          trait,
          list.findIndex(({ node }) => node === document.activeElement || node.getRootNode().activeElement === node),
        ])
        .find(([, i]) => i >= 0) ?? [];
    told.show(place >= 0);
    if (place >= 0)
      told.set(place, side === "real" ? -p[place] : q[place], `${fixed(100 * (side === "real" ? p : q)[place], 1)} %`);
    told.node.setAttribute("transform", `translate(0,${side === "real" ? 20 : -11})`);
    for (const [trait, v] of [
      ["generated", q],
      ["real", p],
    ])
      captions[trait].show(!(side === trait && place < 0.45 * n && v[place] > 0.7 * top)); // the number takes its place

    const monotone = parcels(p, q),
      plan = reversed ? parcels(p, q, true) : monotone,
      grown = grains(p, q, plan, GRAINS),
      whole = work(plan);
    drawSand(grown, p, q, now);
    lines.real.set(...steps(p));
    lines.generated.set(...steps(q));
    const [all, done] = areas(p, q, monotone, grown, now);
    filled[0].set(...boxes(all));
    filled[1].show(!reversed && now > 0).set(...boxes(done));
    heading.set(-0.7, 1, w.get("area") === "rows" ? "∫|F⁻¹ − G⁻¹| du" : "∫|F − G| dx");
    keys[0].set(n - 0.3, 1, "F of P");
    keys[1].set(n - 0.3, 1, "G of Q");

    const far = grown.map(({ from, to }) => Math.abs(to - from)),
      reach = far.reduce((sum, d) => sum + d, 0);
    const part = reach > 0 ? far.reduce((sum, d, k) => sum + d * progress(now, late(k)), 0) / reach : 1,
      least = areaByColumns(p, q);
    w.readout([
      { label: "W₁ = ∫|F − G| dx", colour: "critic", value: fixed(least, 4) },
      { label: "∫|F⁻¹ − G⁻¹| du", colour: "critic", value: fixed(work(monotone), 4) },
      {
        label: "work done",
        value: fixed(whole * part, 4),
        note:
          reversed && whole - least > 1e-9
            ? `of ${fixed(whole, 4)}, ${fixed(whole - least, 4)} too much`
            : `of ${fixed(whole, 4)}`,
      },
      { label: "means apart", value: fixed(Math.abs(mean(p) - mean(q)), 4) },
      { label: "JS", colour: "js", value: fixed(js(p, q), 4) },
    ]);
    play.textContent = now > 0 ? "Move it again" : "Move the sand";
  });
  return () => {
    stop();
    w.done();
  };
}

export default { render };
