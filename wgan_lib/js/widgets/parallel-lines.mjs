/**
 * Two segments in the plane: drag one away, tilt it, blur both; JS, KL, TV and W₁ with their curves. Python side:
 * widgets.ParallelLines. Chapter: js-saturation.
 */

import { frame } from "../kit/kit.mjs";
import { fixed, scientific } from "../kit/scales.mjs";
import { LN2 } from "../maths/divergences.mjs";
import { blurred, compare, pointsOf, w1Segments } from "../maths/segments.mjs";

const SHIFT = 1,
  SPAN = 1.1,
  ROOM = 1.58,
  LAYERS = [1 / 3, 2 / 3, 1, 4 / 3, 5 / 3, 2];

/** What the readout says of JS, with what is missing to ln 2 once four decimals no longer show it. */
export function describeJs({ js, gap }, noise) {
  if (noise === 0)
    return gap === 0 ? { value: fixed(LN2, 4), note: "= ln 2, exactly" } : { value: "0", note: "the same law" };
  return gap > 1e-4 ? { value: fixed(js, 4), note: "" } : { value: "0.69314", note: `ln 2 less ${scientific(gap)}` };
}

/** Shifts ≥ 0 at which a curve is computed: dense up to `bend`, where it bends, and then on to the end. */
export function shifts(bend, inner = 22, outer = 10) {
  const knee = Math.min(bend, SPAN),
    found = Array.from({ length: inner + 1 }, (_, i) => (knee * i) / inner);
  if (knee < SPAN) for (let i = 1; i <= outer; i++) found.push(knee + ((SPAN - knee) * i) / outer);
  return found;
}

const mirrored = (xs, ys) => [
  [
    ...xs
      .slice(1)
      .reverse()
      .map((x) => -x),
    ...xs,
  ],
  [...ys.slice(1).reverse(), ...ys],
];
const radians = (tilt) => (tilt * Math.PI) / 180;

function render({ model, el }) {
  const w = frame({
    model,
    el,
    name: "parallel-lines",
    label: "Two segments in the plane, one real and one generated, and four distances between them",
    state: { theta: [-SHIFT, SHIFT], tilt: [-90, 90], noise: [0, 0.5] },
  });
  w.slider({ trait: "noise", label: "noise σ", step: 0.02, text: (v) => fixed(v) });

  const scene = w.plot({
    height: (width) => Math.round(Math.min(330, (width - 16) * 0.46)) + 28,
    margin: { left: 8, right: 8, top: 12, bottom: 20 },
    x: { hide: true },
    y: { hide: true },
    label: "The real segment P stands upright at 0; the generated segment Q is θ away; thin arrows carry Q onto P",
  });
  const blur = ["real", "generated"].map((colour) =>
    LAYERS.map(() => {
      const layer = scene.line(colour);
      layer.node.style.strokeOpacity = 0.075;
      return layer;
    }),
  );
  const rays = scene.arrows("critic thin"),
    span = scene.line("ink thin"),
    spanText = scene.text("ink halo-text", { anchor: "middle", dy: 16 });
  const real = scene.line("real bold"),
    fake = scene.line("generated bold"),
    grip = scene.line("generated"); // the grip last: on top
  Object.assign(grip.node.style, { strokeWidth: 30, strokeOpacity: 0 });
  const names = ["real", "generated"].map((colour) => scene.text(`${colour} strong halo-text`));
  scene.handle({
    trait: "tilt",
    colour: "generated",
    hollow: true,
    step: 1,
    grain: 0.5,
    label: "tilt of Q in degrees",
    text: (v) => `tilt ${fixed(v, 1)} degrees`,
    at: (tilt) => [w.get("theta") + Math.sin(radians(tilt)) / 2, Math.cos(radians(tilt)) / 2],
    from: (x, y) => (Math.atan2(x - w.get("theta"), y) * 180) / Math.PI,
  });
  scene.handle({
    trait: "theta",
    colour: "generated",
    grip,
    hint: true,
    label: "shift θ of Q",
    text: (v) => `shift ${fixed(v)}`,
    at: (theta) => [theta, 0],
  });

  const charts = w.columns(230);
  const chart = (colour, name, top, extra = {}) => {
    const p = w.plot({
      parent: charts,
      height: 178,
      margin: { top: 28, right: 8, left: 34 },
      x: { domain: [-SPAN, SPAN], ticks: [-1, -0.5, 0, 0.5, 1], label: "shift θ" },
      y: { domain: [0, top], ...extra },
      label: `${name} against the shift θ, with its tangent`,
    });
    return {
      p,
      curve: p.line(colour),
      tangent: p.line("ink bold"),
      dot: p.dots(colour, 5),
      title: p.text(`${colour} strong`, { dx: -34, dy: -12 }),
      slope: p.text("ink", { anchor: "end", dx: 8, dy: -12 }),
    };
  };
  const js = chart("js", "JS", 0.8, { ticks: [0, 0.2, 0.4, 0.6] }),
    w1 = chart("critic", "W₁", 1.2);
  const limit = js.p.rule("muted thin dashed", "y"),
    limitName = js.p.text("muted halo-text", { dy: -5, dx: 3 });
  const hole = js.p.dots("js", 4.5),
    point = js.p.dots("js", 4.5);
  Object.assign(hole.node.style, { fill: "var(--me-paper)", stroke: "var(--me-js)", strokeWidth: 1.75 });

  let jsCurve = { key: "" },
    w1Curve = { key: "" };
  /** Both curves are even in θ, and neither depends on the handle that moves most. */
  function curves(tilt, noise) {
    const sin = Math.abs(Math.sin(radians(tilt))),
      cos = Math.abs(Math.cos(radians(tilt)));
    if (jsCurve.key !== `${tilt} ${noise}`) {
      const xs = noise > 0 ? shifts(sin / 2 + 6 * noise) : [0, SPAN];
      jsCurve = {
        key: `${tilt} ${noise}`,
        data: mirrored(
          xs,
          xs.map((x) => (noise > 0 ? blurred(x, tilt, noise, 2).js : LN2)),
        ),
      };
    }
    if (w1Curve.key !== `${tilt}`) {
      const xs = tilt === 0 ? [0, SPAN] : shifts(Math.min(SPAN, sin / 2 / Math.max(cos, 0.05)));
      w1Curve = {
        key: `${tilt}`,
        data: mirrored(
          xs,
          xs.map((x) => w1Segments(x, tilt, 24).w1),
        ),
      };
    }
    return { js: jsCurve.data, w1: w1Curve.data };
  }

  /**
   * A name beside the middle of its segment, on the outer side unless the plot ends there; below a segment that lies
   * flat.
   */
  function nameBeside(name, x, side, words, width, flat = false) {
    const px = scene.x(x),
      inside = px + side * (width + 16) > 0 && px + side * (width + 16) < scene.width ? side : -side;
    name.node.setAttribute("text-anchor", flat ? "middle" : inside > 0 ? "start" : "end");
    name.set(
      scene.x.invert(flat ? Math.min(Math.max(px, width / 2), scene.width - width / 2) : px + 16 * inside),
      scene.y.invert(scene.y(0) + (flat ? 28 : 4)),
      words,
    );
  }

  /** A tangent 30 px long to each side; none where the curve jumps or has a corner. */
  function drawChart({ p, curve, tangent, dot, title, slope }, { name, data, x, y, rate, words }) {
    curve.set(...data);
    const run = Number.isFinite(rate) ? 30 / Math.hypot(p.x(1) - p.x(0), rate * (p.y(1) - p.y(0))) : 0;
    tangent.set(run ? [x - run, x + run] : [], run ? [y - rate * run, y + rate * run] : []);
    dot.set([[x, y]]);
    title.set(-SPAN, p.y.domain[1], name);
    slope.set(SPAN, p.y.domain[1], words ?? `slope ${Number.isInteger(rate) ? fixed(rate, 0) : scientific(rate)}`);
  }

  w.draw(() => {
    const asked = w.get("noise"),
      noise = asked < 0.01 ? 0 : asked; // a link may ask for less than a grid can hold
    const theta = w.get("theta"),
      tilt = w.get("tilt"),
      same = theta === 0 && tilt === 0;
    // One unit is as long upwards as sideways, or a tilt would change the length of the segment.
    const { top, bottom } = scene.margin,
      tall = scene.height - top - bottom,
      unit = Math.min((scene.width - 16) / (2 * ROOM), tall / 1.5);
    scene.extent({
      x: [-(scene.width - 16) / 2 / unit, (scene.width - 16) / 2 / unit],
      y: [-tall / 2 / unit, tall / 2 / unit],
    });
    const ends = pointsOf(theta, tilt, 1)[0],
      half = [Math.sin(radians(tilt)) / 2, Math.cos(radians(tilt)) / 2];
    const lines = [
      [
        [0, 0],
        [-0.5, 0.5],
      ],
      [
        [ends[0] - half[0], ends[0] + half[0]],
        [-half[1], half[1]],
      ],
    ];
    real.set(...lines[0]);
    for (const mark of [fake, grip]) mark.set(...lines[1]);
    blur.forEach((layers, law) =>
      layers.forEach((layer, i) => {
        layer.show(noise > 0).set(...lines[law]);
        layer.node.style.strokeWidth = (2 * LAYERS[i] * noise * unit).toFixed(1);
      }),
    );
    const plan = w1Segments(theta, tilt),
      some = plan.from.map((_, i) => i).filter((i) => i % 9 === 4);
    rays.show(!same).set(same ? [] : some.map((i) => [...plan.from[i], ...plan.to[i]]));
    const low = -0.5 - 10 / unit;
    span.show(theta !== 0).set([0, theta], [low, low]);
    spanText.show(Math.abs(theta) * unit > 30).set(theta / 2, low, `θ = ${fixed(theta)}`);
    nameBeside(names[0], 0, theta < 0 ? 1 : -1, "P, real", 44);
    nameBeside(names[1], theta, theta < 0 ? -1 : 1, "Q, generated", 82, half[1] < 0.2);

    const now = compare(theta, tilt, noise),
      data = curves(tilt, noise),
      holed = noise === 0 && tilt === 0;
    const kl = now.kl === Infinity ? "∞" : fixed(now.kl, now.kl === 0 || now.kl >= 100 ? 0 : 3);
    w.readout([
      { label: "JS", colour: "js", ...describeJs(now, noise) },
      { label: "KL(P‖Q)", colour: "non-saturating", value: kl },
      { label: "TV", value: noise === 0 ? String(now.tv) : fixed(now.tv, 3) },
      {
        label: "W₁",
        colour: "critic",
        value: fixed(plan.w1, 4),
        note: noise > 0 && tilt !== 0 ? "without noise; noise cannot raise it" : tilt === 0 ? "= |θ|" : "",
      },
    ]);
    limit.show(noise > 0).set(LN2);
    limitName.set(-SPAN, LN2, "ln 2");
    hole.show(holed).set(holed ? [[0, LN2]] : []);
    point.show(holed).set(holed ? [[0, 0]] : []);
    drawChart(js, {
      name: "JS, nats",
      data: data.js,
      x: theta,
      y: now.js,
      rate: now.slope,
      words: same && noise === 0 ? "a jump: no slope" : undefined,
    });
    drawChart(w1, {
      name: "W₁",
      data: data.w1,
      x: theta,
      y: plan.w1,
      rate: same ? NaN : plan.slope,
      words: same ? "a corner: slopes −1 and 1" : undefined,
    });
    scene.describe(
      `The real segment P stands upright at 0; the generated segment Q is ${fixed(theta)} away and tilted by ${fixed(tilt, 1)} degrees${noise > 0 ? `; both are blurred by ${fixed(noise)}` : ""}`,
    );
  });
  return w.done;
}

export default { render };
