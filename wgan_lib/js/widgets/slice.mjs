/** Two clouds in the plane and their shadows along a direction. Python side: widgets.Slice. Chapter: samples. */
import { widget } from "../kit/kit.mjs";
import { fixed } from "../kit/scales.mjs";
import { w1Points } from "../maths/points.mjs";

const radians = (angle) => (angle * Math.PI) / 180;

/** Lengths of the points along the direction. */
export const shadow = (points, angle) =>
  points.map(([x, y]) => x * Math.cos(radians(angle)) + y * Math.sin(radians(angle)));

export default widget("Two clouds, their shadows along a direction, and the distance of the shadows", (w) => {
  const [real, generated, w1] = ["real", "generated", "w1"].map((name) => w.model.get(name)),
    degrees = Array.from({ length: 181 }, (_, k) => k),
    curve = degrees.map((angle) => w1Points(shadow(real, angle), shadow(generated, angle))),
    sliced = curve.slice(0, 180).reduce((sum, v) => sum + v, 0) / 180,
    far = 1.1 * Math.max(...[...real, ...generated].flat().map(Math.abs));
  const row = w.columns(150),
    none = { left: 8, right: 8, top: 8, bottom: 8 },
    map = w.plot({
      parent: row,
      shaped: true,
      height: (width) => Math.min(290, width),
      label: "",
      margin: none,
      x: { hide: true },
      y: { hide: true },
    }),
    line = map.line("muted"),
    drops = [map.line("real thin faint"), map.line("generated thin faint")],
    feet = [map.dots("real", 2.5), map.dots("generated", 2.5)],
    dots = [map.dots("real", 3.5), map.dots("generated", 3.5)];
  map.handle({
    ...{ trait: "angle", hint: true, label: "direction of the slice", step: 1, grain: 1 },
    at: (v) => [far * Math.cos(radians(v)), far * Math.sin(radians(v))],
    from: (x, y) => (Math.atan2(Math.max(0, y), x) * 180) / Math.PI,
    text: (v) => `${fixed(v, 0)} degrees`,
  });
  const chart = w.plot({
      ...{ parent: row, height: (width, narrow) => (narrow ? width : 290), label: "W₁ of the shadows" },
      ...{ margin: { top: 28, left: 38 } },
      x: { domain: [0, 180], ticks: [0, 90, 180], label: "direction, degrees" },
      y: { domain: [0, 1.15 * Math.max(w1, ...curve)], label: "W₁ of the shadows" },
    }),
    [exact, mean, shadows, here] = [
      chart.rule("critic dashed", "y"),
      chart.rule("ink dashed", "y"),
      chart.line("ink"),
      chart.dots("ink", 5),
    ],
    names = ["critic", "ink"].map((colour) => chart.text(`${colour} halo-text`, { dx: 3, dy: -5 }));
  w.draw(() => {
    const angle = w.get("angle"),
      [cos, sin] = [Math.cos(radians(angle)), Math.sin(radians(angle))],
      now = w1Points(shadow(real, angle), shadow(generated, angle)),
      wide = (1.12 * far * (map.width - 16)) / (map.height - 16);
    map.extent({ x: [-wide, wide], y: [-1.12 * far, 1.12 * far] });
    line.set([-far * cos, far * cos], [-far * sin, far * sin]);
    [real, generated].forEach((points, k) => {
      const foot = shadow(points, angle).map((v) => [v * cos, v * sin]);
      drops[k].set(...[0, 1].map((c) => points.flatMap((point, i) => [point[c], foot[i][c], NaN])));
      feet[k].set(foot);
      dots[k].set(points);
    });
    exact.set(w1);
    mean.set(sliced);
    shadows.set(degrees, curve);
    here.set([[angle, now]]);
    names[0].set(0, w1, "exact W₁");
    names[1].set(0, sliced, "mean over directions");
    map.describe(`Two clouds and their shadows on a line at ${fixed(angle, 0)} degrees`);
    w.readout([
      { trait: "shadow", label: "W₁ of the shadows", number: now },
      { trait: "sliced", label: "Mean, the sliced W₁", number: sliced },
      { trait: "w1", label: "Exact W₁", number: w1, colour: "critic" },
    ]);
  });
});
