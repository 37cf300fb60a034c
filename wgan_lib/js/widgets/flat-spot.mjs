/** A generated heap, or its halves, between two real heaps. Python side: widgets.FlatSpot. Chapter: wasserstein-1d. */
import { widget } from "../kit/kit.mjs";
import { fixed, snap } from "../kit/scales.mjs";
import { jsPoints, w1Points } from "../maths/points.mjs";

export default widget("Where one generated heap feels no pull from two real ones", (w) => {
  const real = () => [-w.get("apart"), w.get("apart")],
    generated = (t) => [t - w.get("split"), t + w.get("split")].map((v) => snap(v, 1e-6));
  const p = w.plot({
    height: 116,
    label: "",
    x: { domain: [-4, 4], label: "place" },
    y: { domain: [0, 1], hide: true },
    margin: { top: 20, left: 34, right: 8 },
  });
  const ways = p.arrows("critic"),
    holes = p.dots("real", 9),
    grains = p.dots("generated", 6);
  p.handle({
    trait: "place",
    colour: "generated",
    hint: true,
    label: "middle of the generated sand",
    at: (v) => [v, 0.75],
  });
  const chart = w.chart({
    colour: "critic",
    height: (_, narrow) => (narrow ? 150 : 190),
    label: "W₁ against the place",
    x: { domain: [-4, 4], label: "place of the middle" },
    y: { domain: [0, 4.2] },
  });
  w.slider({ trait: "apart", label: "Real heaps at ±" });
  w.slider({ trait: "split", label: "Halves out by" });
  w.draw(() => {
    const t = w.get("place"),
      at = (v) => w1Points(real(), generated(v)),
      slope = (at(t + 1e-6) - at(t - 1e-6)) / 2e-6,
      outwards =
        w1Points(
          real(),
          generated(t).map((v, k) => v + (k ? 1e-6 : -1e-6)),
        ) - at(t);
    ways.set(generated(t).map((v, k) => [v, 0.75, real()[k], 0.2]));
    holes.set(real().map((v) => [v, 0.2]));
    grains.set(generated(t).map((v) => [v, 0.75]));
    const xs = Array.from({ length: 161 }, (_, i) => i / 20 - 4);
    const cornered = Math.abs(at(t + 1e-6) + at(t - 1e-6) - 2 * at(t)) > 1e-7;
    chart.draw({
      xs,
      ys: xs.map(at),
      x: t,
      y: at(t),
      slope: cornered ? NaN : snap(slope, 1e-6),
      title: "W₁",
      words: cornered ? "a corner" : undefined,
    });
    p.describe(
      `Real heaps at ±${fixed(w.get("apart"))}, generated sand at ${generated(t)
        .map((v) => fixed(v))
        .join(" and ")}`,
    );
    w.readout([
      { trait: "w1", label: "W₁", number: at(t), colour: "critic" },
      {
        trait: "slope",
        label: "Slope for a shift",
        number: cornered ? NaN : snap(slope, 1e-6),
        note: cornered ? "a corner" : "",
      },
      { trait: "outwards", label: "Slope for a split", number: snap(outwards / 1e-6, 1e-3), note: "" },
      { trait: "js", label: "JS, nats", number: jsPoints(real(), generated(t)), colour: "js" },
    ]);
  });
});
