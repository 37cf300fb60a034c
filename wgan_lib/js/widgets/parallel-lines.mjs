/**
 * Two segments in the plane: drag one away, tilt it, blur both; JS, KL, TV and W₁ with their curves.
 * Python side: widgets.ParallelLines. Chapter: js-saturation.
 */
import { widget } from "../kit/kit.mjs";
import { fixed, scientific } from "../kit/scales.mjs";
import { LN2 } from "../maths/divergences.mjs";
import { blurred, compare, pointsOf, w1Segments } from "../maths/segments.mjs";

const SPAN = 1.1, // shifts on the charts' axis
  ROOM = 1.58, // half the width of the scene in lengths of a segment
  LAYERS = [1 / 3, 2 / 3, 1, 4 / 3, 5 / 3, 2];
const COLOURS = ["real", "generated"];

/** What the readout says of JS, with what is missing to ln 2 once four decimals no longer show it. */
export function describeJs({ js, gap }, noise) {
  if (noise === 0)
    return gap === 0 ? { value: fixed(LN2, 4), note: "= ln 2, exactly" } : { value: "0", note: "the same law" };
  if (gap > 0.02) return { value: fixed(js), note: "" };
  return gap > 1e-4 ? { value: fixed(js, 4), note: "" } : { value: "0.69314", note: `ln 2 − ${scientific(gap)}` };
}

/** Shifts ≥ 0 at which a curve is computed: dense up to `bend`, where it bends, and then on to the end. */
export function shifts(bend, inner = 22, outer = 10) {
  const knee = Math.min(bend, SPAN),
    found = Array.from({ length: inner + 1 }, (_, i) => (knee * i) / inner);
  if (knee < SPAN) for (let i = 1; i <= outer; i++) found.push(knee + ((SPAN - knee) * i) / outer);
  return found;
}

const mirrored = (xs, ys) => ({
  xs: [
    ...xs
      .slice(1)
      .map((x) => -x)
      .reverse(),
    ...xs,
  ],
  ys: [...ys.slice(1).reverse(), ...ys],
});
const radians = (tilt) => (tilt * Math.PI) / 180;

/**
 * Both curves are even in θ, and neither depends on the handle that moves most; while a hand turns, they are rougher.
 */
function curveKeeper(w) {
  const kept = { js: {}, w1: {} };
  const renew = (name, key, compute) => {
    if (kept[name].key !== key) kept[name] = { key, data: compute() };
    return kept[name].data;
  };
  return (tilt, noise) => {
    const sin = Math.abs(Math.sin(radians(tilt))),
      cos = Math.abs(Math.cos(radians(tilt))),
      [inner, outer, fineness, points] = w.held ? [8, 4, 1.25, 10] : [22, 10, 2, 24];
    const js = () => {
      const xs = noise > 0 ? shifts(sin / 2 + 6 * noise, inner, outer) : [0, SPAN];
      return mirrored(
        xs,
        xs.map((x) => (noise > 0 ? blurred(x, tilt, noise, fineness).js : LN2)),
      );
    };
    const w1 = () => {
      const xs = tilt === 0 ? [0, SPAN] : shifts(Math.min(SPAN, sin / 2 / Math.max(cos, 0.05)), inner, outer);
      return mirrored(
        xs,
        xs.map((x) => w1Segments(x, tilt, points).w1),
      );
    };
    const rough = tilt === 0 ? "" : String(w.held);
    return { js: renew("js", `${tilt} ${noise} ${rough}`, js), w1: renew("w1", `${tilt} ${rough}`, w1) };
  };
}

/** The plane with both segments; returns how to draw it. */
function scenePlot(w) {
  const p = w.plot({
    height: (width, narrow) => Math.round(Math.min(330, (width - 16) * (narrow ? 0.42 : 0.46))) + 28,
    margin: { left: 8, right: 8, top: 12, bottom: 20 },
    x: { hide: true },
    y: { hide: true },
    label: "The real segment P stands upright at 0; the generated segment Q is θ away; thin arrows carry Q onto P",
  });
  const blur = COLOURS.map((colour) =>
    LAYERS.map(() => {
      const layer = p.line(colour);
      layer.node.style.strokeOpacity = 0.075;
      return layer;
    }),
  );
  const marks = {
    ...{ p, blur, rays: p.arrows("critic thin") },
    ...{ span: p.line("ink thin"), spanText: p.text("ink halo-text", { anchor: "middle", dy: 16 }) },
    lines: COLOURS.map((colour) => p.line(`${colour} bold`)),
    grip: p.line("generated grab"), // last: on top
    names: COLOURS.map((colour) => p.text(`${colour} strong halo-text`)),
  };
  const tip = (tilt) => [Math.sin(radians(tilt)) / 2, Math.cos(radians(tilt)) / 2];
  p.handle({
    ...{ trait: "tilt", colour: "generated", hollow: true, step: 1, grain: 0.5, tip: "turn" },
    label: "tilt of Q in degrees",
    text: (v) => `tilt ${fixed(v, 1)} degrees`,
    at: (tilt) => [w.get("theta") + tip(tilt)[0], tip(tilt)[1]],
    from: (x, y) => (Math.atan2(x - w.get("theta"), y) * 180) / Math.PI,
  });
  p.handle({
    ...{ trait: "theta", colour: "generated", grip: marks.grip, hint: true },
    label: "shift θ of Q",
    text: (v) => `shift ${fixed(v)}`,
    at: (theta) => [theta, 0],
  });
  return (now) => drawScene(marks, now);
}

function drawScene({ p, blur, rays, span, spanText, lines, grip, names }, { theta, tilt, noise, same, plan }) {
  // One unit is as long upwards as sideways, or a tilt would change the length of the segment.
  const { top, bottom } = p.margin,
    tall = p.height - top - bottom,
    unit = Math.min((p.width - 16) / (2 * ROOM), tall / 1.5),
    [wide, high] = [(p.width - 16) / 2 / unit, tall / 2 / unit];
  p.extent({ x: [-wide, wide], y: [-high, high] });
  const [x0] = pointsOf(theta, tilt, 1)[0],
    half = [Math.sin(radians(tilt)) / 2, Math.cos(radians(tilt)) / 2];
  const ends = [
    [
      [0, 0],
      [-0.5, 0.5],
    ],
    [
      [x0 - half[0], x0 + half[0]],
      [-half[1], half[1]],
    ],
  ];
  lines.forEach((line, k) => line.set(...ends[k]));
  grip.set(...ends[1]);
  blur.forEach((layers, law) =>
    layers.forEach((layer, i) => {
      layer.show(noise > 0).set(...ends[law]);
      layer.node.style.strokeWidth = (2 * LAYERS[i] * noise * unit).toFixed(1);
    }),
  );
  const some = plan.from.map((_, i) => i).filter((i) => i % 9 === 4);
  rays.show(!same).set(same ? [] : some.map((i) => [...plan.from[i], ...plan.to[i]]));
  const low = -0.5 - 10 / unit;
  span.show(theta !== 0).set([0, theta], [low, low]);
  spanText.show(Math.abs(theta) * unit > 30).set(theta / 2, low, `θ = ${fixed(theta)}`);
  nameBeside(p, names[0], { x: 0, side: theta < 0 ? 1 : -1, words: "P, real", width: 44 });
  const flat = half[1] < 0.2;
  nameBeside(p, names[1], { x: theta, side: theta < 0 ? -1 : 1, words: "Q, generated", width: 82, flat });
  const noisy = noise > 0 ? `; both are blurred by ${fixed(noise)}` : "";
  p.describe(
    "The real segment P stands upright at 0; the generated segment Q is " +
      `${fixed(theta)} away and tilted by ${fixed(tilt, 1)} degrees${noisy}`,
  );
}

/**
 * A name beside the middle of its segment, on the outer side unless the plot ends there; below a segment that lies
 * flat.
 */
function nameBeside(p, name, { x, side, words, width, flat = false }) {
  const px = p.x(x),
    end = px + side * (width + 16),
    inside = end > 0 && end < p.width ? side : -side;
  name.node.setAttribute("text-anchor", flat ? "middle" : inside > 0 ? "start" : "end");
  const clear = Math.min(Math.max(px, width / 2), p.width - width / 2);
  name.set(p.x.invert(flat ? clear : px + 16 * inside), p.y.invert(p.y(0) + (flat ? 28 : 4)), words);
}

/** JS and W₁ against the shift; returns how to draw them. */
function charts(w) {
  const row = w.columns(150);
  const chart = (colour, name, top, extra = {}) =>
    w.chart({
      ...{ parent: row, colour, height: (_, narrow) => (narrow ? 138 : 178) },
      x: {
        domain: [-SPAN, SPAN],
        ticks: [-1, -0.5, 0, 0.5, 1],
        label: "shift θ",
        format: (v) => fixed(v, v % 1 ? 1 : 0),
      },
      y: { domain: [0, top], ...extra },
      label: `${name} against the shift θ, with its tangent`,
    });
  const js = chart("js", "JS", 0.8, { ticks: [0, 0.2, 0.4, 0.6] }),
    w1 = chart("critic", "W₁", 1.2),
    hole = js.dots("js open", 4.5),
    point = js.dots("js", 4.5),
    curves = curveKeeper(w);
  return ({ theta, tilt, noise, same, plan, found }) => {
    const data = curves(tilt, noise),
      holed = noise === 0 && tilt === 0;
    hole.show(holed).set(holed ? [[0, LN2]] : []);
    point.show(holed).set(holed ? [[0, 0]] : []);
    const limit = noise > 0 ? { limit: LN2, limitName: "ln 2" } : {},
      jump = same && noise === 0 ? { words: "a jump: no slope" } : {},
      corner = same ? { words: w.narrow ? "slopes −1 and 1" : "a corner: slopes −1 and 1" } : {};
    const title = w.narrow ? "JS" : "JS, nats";
    js.draw({ ...data.js, ...limit, ...jump, title, x: theta, y: found.js, slope: found.slope });
    w1.draw({ ...data.w1, ...corner, title: "W₁", x: theta, y: plan.w1, slope: same ? NaN : plan.slope });
  };
}

const noteOnW1 = ({ tilt, noise }) => {
  if (tilt === 0) return "= |θ|";
  return noise > 0 ? "without the noise" : "";
};

export default widget("Two segments in the plane, one real and one generated, and four distances between them", (w) => {
  const parts = [scenePlot(w), charts(w)];
  w.slider({ trait: "noise", label: "Noise σ", step: 0.02 });
  w.help("Drag the orange segment anywhere to move it; the hollow knob at its end turns it.");
  w.draw(() => {
    const [theta, tilt, asked] = ["theta", "tilt", "noise"].map(w.get),
      noise = asked < 0.01 ? 0 : asked, // a link may ask for less than a grid can hold
      found = compare(theta, tilt, noise),
      plan = w1Segments(theta, tilt);
    const now = { theta, tilt, noise, found, plan, same: theta === 0 && tilt === 0 };
    const kl = found.kl === Infinity ? "∞" : found.kl === 0 ? "0" : undefined;
    w.readout([
      { trait: "js", label: "JS, nats", colour: "js", number: found.js, ...describeJs(found, noise) },
      { trait: "kl", label: "KL(P‖Q)", colour: "non-saturating", number: found.kl, value: kl, note: "" },
      { trait: "tv", label: "TV", number: found.tv, value: noise === 0 ? String(found.tv) : undefined, note: "" },
      { trait: "w1", label: "W₁", colour: "critic", number: plan.w1, note: noteOnW1(now) },
    ]);
    for (const draw of parts) draw(now);
  });
});
