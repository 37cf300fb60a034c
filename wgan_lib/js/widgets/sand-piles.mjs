/**
 * A pile of sand and a hole to draw, their cumulative sums with the area between them, and the sand on its way.
 * Python side: widgets.SandPiles. Chapter: wasserstein-1d.
 */
import { html } from "../kit/elements.mjs";
import { roving } from "../kit/handle.mjs";
import { widget } from "../kit/kit.mjs";
import { clamp, compact, fixed } from "../kit/scales.mjs";
import { areaByColumns, grains, js, mean, parcels, shares, withShare, work } from "../maths/sand.mjs";
import { GRAINS, late, progress, scatter } from "./sand-piles-clock.mjs";
import { sumsPlot } from "./sand-piles-sums.mjs";

const WIDE = 0.4,
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

/** Corners of bars of the given heights. */
const bars = (law, sign) => [
  law.flatMap((_, i) => [i - WIDE, i - WIDE, i + WIDE, i + WIDE]),
  law.flatMap((v) => [0, sign * v, sign * v, 0]),
];
const PILES = [
  ["generated", 1, "pile Q, generated"],
  ["real", -1, "hole P, real"],
];

/** The pile and the hole: drawn by a pointer anywhere, moved by keys bar by bar. Returns how to draw them. */
function scenePlot(w, n, law, put) {
  const p = w.plot({
    ...{ height: (_, narrow) => (narrow ? 180 : 280), margin: { top: 22, left: 34, right: 8, bottom: 8 } },
    x: { domain: [-0.7, n - 0.3], hide: true },
    y: { hide: true },
    label: "A pile of sand above the ground and a hole below it",
  });
  const scene = {
    ...{ p, n, sand: p.canvas(), ground: p.line("ink thin"), held: null },
    solid: { generated: p.area("generated"), real: p.area("real") },
    outline: { generated: p.line("generated"), real: p.line("real") },
    captions: {
      generated: p.text("generated strong halo-text", { dx: -34, dy: -8 }),
      real: p.text("real strong halo-text", { dx: -34, dy: 2 }),
    },
    told: p.text("ink strong halo-text", { anchor: "middle" }),
  };
  scene.handles = Object.fromEntries(PILES.map((pile) => [pile[0], barHandles(w, p, pile, law, put)]));
  brush(scene, put);
  return ({ p: real, q, grown, now }) => {
    const top = scene.held?.top ?? TOPS.find((v) => v >= 1.02 * Math.max(...real, ...q)) ?? TOPS.at(-1);
    p.extent({ y: [-top, top] });
    drawBars(scene, { real, generated: q }, top);
    drawSand(w, scene, grown, { real, q, now });
  };
}

/**
 * One handle per bar for the keys, all behind one tab stop; pointers draw anywhere in a column, so these let them
 * through.
 */
function barHandles(w, p, [trait, sign, words], law, put) {
  const tallest = law(trait).indexOf(Math.max(...law(trait))),
    rove = roving();
  return law(trait).map((_, i) => {
    const made = p.handle({
      ...{ trait, axis: "y", step: 0.01, grain: 0.001, range: [0, 1], colour: trait, rove },
      value: () => law(trait)[i],
      set: (v) => put(trait, [i], v),
      hint: sign > 0 && i === tallest,
      label: `${words}, place ${i}`,
      text: (v) => `${fixed(100 * v, 1)} percent of the sand`,
      at: (v) => [i, sign * v],
    });
    made.node.classList.add("me-small");
    made.node.addEventListener("focus", w.invalidate);
    made.node.addEventListener("blur", w.invalidate);
    return made;
  });
}

/** Draws bars under the pointer: those of the side of the ground on which it began, none of them left out. */
function brush(scene, put) {
  const paint = ({ x, y }) => {
    const { held, n } = scene,
      i = clamp(Math.round(x), [0, n - 1]),
      side = y >= 0 ? "generated" : "real";
    held.trait ??= side;
    const value = held.trait === side ? clamp(Math.round(Math.abs(y) * 200) / 200, [0, Math.min(1, held.top)]) : 0;
    const last = held.at ?? i,
      way = Math.sign(i - last);
    const places = Array.from({ length: Math.abs(i - last) + 1 }, (_, k) => last + k * way);
    held.at = i;
    put(
      held.trait,
      places.filter((k) => k !== last || i === last),
      value,
    );
    scene.handles[held.trait][i].node.focus({ preventScroll: true });
  };
  scene.p.drag({
    start: (at) => {
      scene.held = { top: scene.p.y.domain[1] };
      paint(at);
    },
    move: paint,
    end: () => {
      scene.held = null;
    },
  });
}

function drawBars(scene, laws, top) {
  const { n, handles, solid, outline, captions, told } = scene;
  for (const [trait, sign] of PILES) {
    solid[trait].set(...bars(laws[trait], sign));
    outline[trait].set(...bars(laws[trait], sign));
    handles[trait].forEach(({ node }, i) => {
      node.querySelector(".me-knob").style.display = laws[trait][i] > 0.004 ? "" : "none";
    });
  }
  scene.ground.set([-0.7, n - 0.3], [0, 0]);
  captions.generated.set(-0.7, top, "Q, generated: the pile");
  captions.real.set(-0.7, -top, "P, real: the hole");
  const places = PILES.map(([trait]) => handles[trait].findIndex(({ node }) => node === document.activeElement));
  const at = places.findIndex((i) => i >= 0),
    place = places[at] ?? -1;
  told.show(place >= 0);
  for (const [k, [trait, sign]] of PILES.entries()) {
    const share = laws[trait][place] ?? 0;
    captions[trait].show(!(k === at && place < 0.45 * n && share > 0.7 * top)); // the number takes its place
    if (k !== at) continue;
    told.set(place, sign * share, `${fixed(100 * share, 1)} %`);
    told.node.setAttribute("transform", `translate(0,${sign < 0 ? 20 : -11})`);
  }
}

function drawSand(w, { p, sand }, grown, { real, q, now }) {
  const radius = clamp(p.width / 420, [0.9, 1.7]),
    top = p.y.domain[1],
    colour = w.colour("generated");
  sand.paint((c) => {
    c.fillStyle = colour;
    c.beginPath();
    grown.forEach(({ from, to, low, high }, k) => {
      const s = progress(now, late(k)),
        side = (scatter(k, 1) - 0.5) * 1.8 * WIDE;
      const arc = 4 * s * (1 - s) * top * (0.5 + scatter(k, 2)) * (0.12 + 0.03 * Math.abs(to - from));
      const px = p.x(from + (to - from) * s + side),
        py = p.y((1 - s) * low * q[from] - s * high * real[to] + (from === to ? 0 : arc));
      c.moveTo(px + radius, py);
      c.arc(px, py, radius, 0, 2 * Math.PI);
    });
    c.fill();
  });
}

function readings(w, { p, q, monotone, grown, plan, reversed, now }) {
  const far = grown.map(({ from, to }) => Math.abs(to - from)),
    reach = far.reduce((sum, d) => sum + d, 0),
    there = far.reduce((sum, d, k) => sum + d * progress(now, late(k)), 0);
  const least = areaByColumns(p, q),
    whole = work(plan),
    spent = whole * (reach > 0 ? there / reach : 1),
    extra = reversed && whole - least > 1e-9 ? `, ${compact(whole - least)} too much` : "";
  const apart = `means apart ${fixed(Math.abs(mean(p) - mean(q)))}`;
  const rows = { trait: "rows", label: "∫|F⁻¹ − G⁻¹| du", colour: "critic", number: work(monotone), note: "" };
  w.readout([
    { trait: "w1", label: "W₁ = ∫|F − G| dx", colour: "critic", number: least, note: apart },
    !w.narrow && rows,
    { trait: "work", label: "work done", number: spent, note: `of ${fixed(whole)}${extra}` },
    { trait: "js", label: "JS, nats", colour: "js", number: js(p, q), note: "" },
  ]);
}

export default widget("A pile of sand, a hole, and the work of moving one into the other", (w) => {
  const n = w.get("real").length,
    law = (trait) => shares(w.get(trait));
  const put = (trait, places, value) =>
    w.change({ [trait]: places.reduce((heights, i) => withShare(heights, i, value), law(trait)) });
  const parts = [scenePlot(w, n, law, put), sumsPlot(w, n)];
  const percent = (v) => `${Math.round(100 * v)} %`;
  w.transport({
    trait: "moved",
    label: "share of the way",
    ms: 3200,
    step: 0.001,
    text: percent,
    play: "Move the sand",
  });
  const fold = w.more("Start from another pile; plan; area").appendChild(html("div", { class: "me-inputs" }));
  fold.append(html("span", { class: "me-note" }, "Start from"));
  for (const [label, [real, generated]] of Object.entries(presets(n)))
    w.button({ label, parent: fold, press: () => w.change({ real, generated, moved: 0 }) });
  w.choice({ trait: "plan", label: "Plan", parent: fold });
  w.choice({ trait: "area", label: "Area in", parent: fold });
  w.help(
    "Draw with the pointer: above the ground the pile, below it the hole.",
    "With keys: left and right choose a bar, up and down change it.",
  );
  w.draw(() => {
    const [p, q, now] = [law("real"), law("generated"), w.get("moved")],
      reversed = w.get("plan") === "reversed",
      monotone = parcels(p, q),
      plan = reversed ? parcels(p, q, true) : monotone;
    const state = { p, q, now, reversed, monotone, plan, grown: grains(p, q, plan, GRAINS) };
    for (const draw of parts) draw(state);
    readings(w, state);
  });
});
