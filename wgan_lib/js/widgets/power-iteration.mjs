/**
 * Power iteration on one layer: the vector turns to the longest direction, the estimate climbs from below.
 * Python side: widgets.PowerIteration. Chapter: spectral-normalisation.
 */
import { widget } from "../kit/kit.mjs";
import { fixed, ramp } from "../kit/scales.mjs";
import { diagonal, powerIteration, times } from "../maths/spectral.mjs";
import { image, plane } from "./unit-plane.mjs";

const MOST = 60; // round trips
const radians = (angle) => (angle * Math.PI) / 180;
const trips = (n) => (n === 1 ? "1 round trip" : `${n} round trips`);

/** The unit circle with the vectors v so far, and the ellipse with what the layer makes of the last one. */
function scene(w, parent) {
  const p = plane(w, parent, ""),
    [moss] = ramp(2);
  const marks = {
    circle: p.line("muted thin"),
    ellipse: p.line("ink filled"),
    past: p.dots("muted", 2.5),
    sent: p.arrows("ink"),
    vector: p.dots("ink", 5),
    name: p.text("ink halo-text", { anchor: "middle" }),
  };
  for (const mark of [marks.ellipse, marks.sent]) mark.node.style.setProperty("--c", moss);
  const squeeze = p.handle({
    ...{ trait: "ratio", hollow: true, tip: "squeeze", label: "short half-axis of the layer", step: 0.05 },
    text: (v) => `half-axis ${fixed(v)}`,
    at: (v) => [0, -v],
    from: (_, y) => -y,
  });
  squeeze.node.style.setProperty("--c", moss);
  p.handle({
    ...{ trait: "start", step: 5, grain: 1, colour: "ink", hollow: true, hint: true, tip: "start" },
    label: "start of the iteration",
    text: (v) => `${fixed(v, 0)} degrees from the longest direction`,
    at: (v) => [Math.cos(radians(v)), Math.sin(radians(v))],
    from: (x, y) => (Math.atan2(y, x) * 180) / Math.PI,
  });
  return ({ weight, found, steps }) => {
    p.frame(w.narrow ? "v and Wv" : "v on the circle, Wv on the ellipse");
    const { v } = found[steps],
      end = times(weight, v);
    marks.circle.set(...image(diagonal(1, 1)));
    marks.ellipse.set(...image(weight));
    marks.past.set(found.slice(1, steps).map((trip) => trip.v));
    marks.vector.show(steps > 0).set(steps > 0 ? [v] : []);
    marks.sent.set([[0, 0, ...end]]);
    marks.name.show(steps > 0).set(v[0] * 0.8, v[1] * 0.8 + 0.07, "v");
    p.describe(
      `After ${trips(steps)} the vector v points ${fixed((Math.atan2(v[1], v[0]) * 180) / Math.PI, 1)} degrees away ` +
        `from the longest direction, and the layer stretches it by ${fixed(Math.hypot(...end), 3)}`,
    );
  };
}

/** The estimates against the count of round trips, with the one on show to drag along. */
function climb(w, parent) {
  const p = w.plot({
    ...{ parent, label: "", height: (width, narrow) => Math.min(width, narrow ? 210 : 350) + 26 },
    margin: { top: 30, right: 10, left: 34 },
    x: { domain: [0, MOST], label: "round trips" },
    y: { domain: [0, 1.1], ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], format: (v) => fixed(v, 1) },
  });
  const marks = {
    norm: p.rule("muted dashed", "y"),
    name: p.text("muted halo-text", { anchor: "end", dy: -5 }),
    ahead: p.line("muted thin"),
    behind: p.line("ink bold"),
    title: p.text("ink strong", { dx: -34, dy: -14 }),
  };
  let all = [];
  p.handle({
    ...{ trait: "steps", step: 1, grain: 1, colour: "ink", label: "round trips, on the curve", text: trips },
    at: (n) => [n, all[n] ?? 0],
    from: (x) => x,
  });
  return ({ found, steps }) => {
    all = found.map(({ estimate }) => estimate);
    const index = all.map((_, k) => k);
    marks.norm.set(1);
    marks.name.set(MOST, 1, w.narrow ? "norm" : "the norm");
    marks.ahead.set(index, all);
    marks.behind.set(index.slice(0, steps + 1), all.slice(0, steps + 1));
    marks.title.set(0, p.y.domain[1], "estimate");
    p.describe(
      `The estimate rises from ${fixed(all[0])} to ${fixed(all[MOST], 3)} in ${MOST} round trips, never above 1`,
    );
  };
}

export default widget("Power iteration: a vector turns to the longest direction of a layer", (w) => {
  const row = w.columns(150),
    parts = [scene(w, row), climb(w, row)];
  w.transport({ trait: "steps", label: "round trips", ms: 9000, step: 1, text: (n) => String(n), play: "Iterate" });
  w.help("Drag the start around the circle, the knob below to make the layer slim or round, the dot along the curve.");
  w.draw(() => {
    const [steps, ratio, start] = ["steps", "ratio", "start"].map(w.get),
      weight = diagonal(1, ratio),
      found = powerIteration(weight, [Math.cos(radians(start)), Math.sin(radians(start))], MOST);
    for (const draw of parts) draw({ weight, found, steps });
    const { estimate } = found[steps];
    w.readout([
      { trait: "estimate", label: "Estimate", number: estimate, value: fixed(estimate, 4), note: "the norm is 1" },
      { trait: "excess", label: "Norm after division", number: 1 / estimate, value: fixed(1 / estimate, 4), note: "" },
    ]);
  });
});
