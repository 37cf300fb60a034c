/** A permutation test, one painting at a time. Python side: widgets.Repaint. Chapter: samples. */
import { widget } from "../kit/kit.mjs";
import { stairs } from "../maths/stairs.mjs";

export default widget("A permutation test: the pooled points are painted afresh, again and again", (w) => {
  const pairs = w.model.get("pairs"),
    row = w.columns(150),
    none = { left: 8, right: 8, top: 8, bottom: 8 },
    hidden = { hide: true },
    map = w.plot({
      parent: row,
      shaped: true,
      height: (width) => Math.min(270, width),
      label: "",
      margin: none,
      x: hidden,
      y: hidden,
    }),
    dots = [map.dots("real", 4), map.dots("generated", 4)],
    heap = w.plot({
      parent: row,
      height: (width, narrow) => (narrow ? width : 270),
      label: "Readings of all paintings so far",
      margin: { top: 28, left: 30 },
      x: { label: "energy distance", ticks: 4 },
      y: { label: "paintings", ticks: 4 },
    }),
    area = heap.area("muted half"),
    [truth, last] = [heap.rule("generated bold"), heap.rule("ink thin")];
  w.transport({
    trait: "painting",
    label: "painting",
    ms: 12000,
    step: 1,
    text: (v) => String(Math.round(v)),
    play: "Repaint",
  });
  w.choice({ trait: "laws", label: "Laws" });
  w.draw(() => {
    const { points, orders, readings } = pairs[w.get("laws")],
      k = Math.round(w.get("painting")),
      so_far = readings.slice(0, k + 1),
      top = 1.08 * Math.max(...readings),
      { xs, ys } = stairs(so_far.slice(1), top, 24),
      half = points.length / 2,
      above = so_far.filter((v) => v >= readings[0] - 1e-12).length;
    const far = 1.1 * Math.max(...points.flat().map(Math.abs)),
      wide = (far * (map.width - 16)) / (map.height - 16);
    map.extent({ x: [-wide, wide], y: [-far, far] });
    dots.forEach((mark, law) => mark.set(orders[k].slice(law * half, (law + 1) * half).map((i) => points[i])));
    heap.extent({ x: [0, top], y: [0, Math.max(4, 1.15 * Math.max(...ys))] });
    area.set(xs, ys);
    truth.set(readings[0]);
    last.show(k > 0).set(readings[k]);
    map.describe(k ? `Painting ${k} of the pooled points` : "The points in their true colours");
    w.readout([
      {
        trait: "energy",
        label: k ? "Energy, this painting" : "Energy, true colours",
        number: readings[k],
        colour: k ? "ink" : "generated",
      },
      { trait: "above", label: "As large as the true", number: above, value: `${above} of ${k + 1}` },
      { trait: "p", label: "p-value so far", number: above / (k + 1) },
    ]);
  });
});
