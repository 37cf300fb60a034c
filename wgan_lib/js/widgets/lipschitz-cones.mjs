/**
 * A function on the line with knots to drag over the points of two laws, the double cone that its graph must stay out
 * of, and the band of all
 * optimal critics. The mathematics is in lipschitz.mjs. Python side: widgets.LipschitzCones. Chapter:
 * kantorovich-rubinstein.
 */
import { frame } from "../kit/kit.mjs";
import { fixed } from "../kit/scales.mjs";
import {
  bandAt,
  evaluate,
  gapOf,
  insideCone,
  optimal,
  rises,
  steepest,
  twoLaws,
  w1OnLine,
} from "../maths/lipschitz.mjs";

function render({ model, el }) {
  const laws = twoLaws(model.get("real"), model.get("generated")),
    { x } = laws,
    n = x.length,
    first = x[0],
    last = x[n - 1];
  const { w1, flow } = w1OnLine(laws),
    far = rises(laws),
    ends = [optimal(far, 0), optimal(far, 1), model.get("values")].flat();
  const pad = (last - first) * 0.06,
    from = first - pad,
    to = last + pad,
    room = (Math.max(...ends) - Math.min(...ends)) * 0.12;
  const low = Math.floor(Math.min(...ends) - room),
    high = Math.ceil(Math.max(...ends) + room);
  const w = frame({
    model,
    el,
    name: "lipschitz-cones",
    label: "A function, its double cone of slope one, and the band of all optimal critics",
    state: { within: [0, 1], values: [low, high], foot: [first, last] },
  });
  const values = () => w.get("values");
  // A move of `within`, here or in Python, puts f on the optimal function it names; a link then sets the values it
  // carries.
  const follow = () => w.set({ values: optimal(far, w.get("within")) });
  model.on("change:within", follow);
  w.slider({
    trait: "within",
    label: "An optimal f: lowest",
    step: 0.01,
    text: (t) => (t === 1 ? "highest" : `${Math.round(100 * t)} %`),
  });
  let stop = () => {};
  w.button({
    label: "Slide the cone",
    press: () => {
      w.touched();
      stop();
      stop = w.animate(4000, (t) => w.set({ foot: first + (last - first) * t }));
    },
  });
  w.button({
    label: "Divide by the slope",
    press: () => {
      const { slope } = steepest(laws, values());
      w.touched();
      if (slope > 1) w.set({ values: values().map((v) => v / slope) });
    },
  });

  const p = w.plot({
    height: (width) => (width < 520 ? 330 : 380),
    margin: { top: 14, bottom: 44, left: 36, right: 8 },
    label: "",
    x: { domain: [from, to], ticks: [...x] },
    y: { domain: [low, high], label: "" },
  });
  const band = p.area("critic"),
    cones = [p.area("ink slight"), p.area("ink slight")],
    edges = [p.line("muted thin"), p.line("muted thin")];
  const curve = p.line("critic"),
    broken = p.line("broken bold");
  const lanes = flow.map(() => p.text("muted", { anchor: "middle", dy: 36 }));
  const pinned = p.dots("muted", 5),
    reminder = p.text("muted halo-text", { dy: -10, anchor: "start", dx: 8 });
  const title = p.text("critic halo-text", { anchor: "end", dy: 12 });
  for (let k = 1; k < n; k++) {
    p.handle({
      axis: "y",
      step: 0.1,
      grain: 0.05,
      colour: !laws.generated[k] ? "real" : laws.real[k] ? "ink" : "generated",
      range: () => w.state.values,
      hint: k === n - 1,
      label: `f at the ${[laws.real[k] && "real", laws.generated[k] && "generated"].filter(Boolean).join(" and ")} point ${fixed(x[k], 1)}`,
      value: () => values()[k],
      at: (v) => [x[k], v],
      set: (v) => w.set({ values: values().map((u, l) => (l === k ? v : u)) }),
      text: (v) => `f = ${fixed(v)}`,
    });
  }
  const footAt = (z) => [z, evaluate(laws, values(), z)];
  p.handle({
    trait: "foot",
    axis: "x",
    step: 0.1,
    colour: "ink",
    hollow: true,
    label: "foot of the cone",
    at: footAt,
    text: (z) => `foot of the cone at ${fixed(z)}`,
  });

  const grid = [...Array.from({ length: 121 }, (_, i) => from + ((to - from) * i) / 120), ...x].sort((a, b) => a - b);
  const shaded = grid.map((z) => bandAt(laws, far, z));

  w.draw(() => {
    const f = values(),
      foot = w.get("foot"),
      top = evaluate(laws, f, foot),
      shift = f[0];
    band.set(
      grid,
      shaded.map(([, hi]) => hi + shift),
      shaded.map(([lo]) => lo + shift),
    );
    title.set(to, high, "shaded: where optimal f can run");
    // The double cone has a vertical axis; the graph of a 1-Lipschitz function lies outside it, whichever point of
    // the graph is the foot.
    const sides = [from, foot, to],
      up = sides.map((z) => top + Math.abs(z - foot)),
      down = sides.map((z) => top - Math.abs(z - foot));
    const beyond = 10 * (high - low) + (to - from);
    cones[0].set(
      sides,
      up,
      sides.map(() => high + beyond),
    );
    cones[1].set(
      sides,
      down,
      sides.map(() => low - beyond),
    );
    curve.set([from, ...x, to], [f[0], ...f, f[n - 1]]);
    const parts = insideCone(laws, f, foot).map(([a, b]) => [a, ...x.filter((z) => z > a && z < b), b]);
    broken.set(
      parts.flatMap((part) => [...part, NaN]),
      parts.flatMap((part) => [...part.map((z) => evaluate(laws, f, z)), NaN]),
    );
    edges.forEach((edge, side) =>
      edge
        .set(sides, side ? down : up)
        .node.setAttribute("class", `me-line ${parts.length ? "me-broken" : "me-muted"} me-thin`),
    );
    pinned.set([[first, f[0]]]);
    reminder.show(p.width > 480).set(first, f[0], "pinned: only differences count");
    // Along the axis: where sand must cross, and which way; where none does, f is free.
    const word = (k) =>
      flow[k] === 0
        ? "free"
        : p.x(x[k + 1]) - p.x(x[k]) < 70
          ? flow[k] > 0
            ? "→"
            : "←"
          : flow[k] > 0
            ? "sand →"
            : "← sand";
    lanes.forEach((text, k) => text.set((x[k] + x[k + 1]) / 2, low, word(k)));
    const { slope, at } = steepest(laws, f),
      value = gapOf(laws, f),
      certified = value / Math.max(1, slope),
      fair = slope <= 1 + 1e-9;
    w.readout([
      {
        label: "Largest slope",
        value: fixed(slope, 3),
        colour: fair ? "ink" : "broken",
        note: fair ? "" : `between ${fixed(x[at], 1)} and ${fixed(x[at + 1], 1)}`,
      },
      { label: "E_P f − E_Q f", value: fixed(value, 4), colour: "critic" },
      {
        label: "Certified",
        value: fixed(certified, 4),
        colour: "critic",
        note: fair ? "" : "after division by the slope",
      },
      { label: "W₁", value: fixed(w1, 4), colour: "ink", note: Math.abs(certified - w1) < 1e-9 ? "f is optimal" : "" },
    ]);
    p.describe(
      `Graph of f through ${x.map((z, k) => `${fixed(f[k])} at ${fixed(z, 1)}`).join(", ")}; ${parts.length ? "part of it lies inside the cone" : "it stays out of the cone"}.`,
    );
  });
  return () => {
    stop();
    model.off("change:within", follow);
    w.done();
  };
}

export default { render };
