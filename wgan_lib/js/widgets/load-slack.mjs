/**
 * The gap between a plan and prices as four rectangles, load × slack. Python side: widgets.LoadSlack. Chapter:
 * kantorovich-rubinstein.
 */
import { widget } from "../kit/kit.mjs";
import { fixed } from "../kit/scales.mjs";

const PAIRS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];

export default widget("Prices along a road, and the gap to a plan as rectangles of load times slack", (w) => {
  const [holes, piles] = ["holes", "piles"].map((name) => w.model.get(name)), // [place, size] of each
    towns = [...holes, ...piles],
    [low, high] = w.reach.prices;
  const p = w.plot({
      ...{ height: (_, narrow) => (narrow ? 130 : 160), label: "Prices along the road", margin: { top: 24, left: 34 } },
      x: { domain: [-0.6, 12.6], label: "km" },
      y: { domain: [low, high], label: "price", ticks: 4 },
    }),
    curve = p.line("critic");
  towns.forEach(([place], k) => {
    const real = k < holes.length;
    p.handle({
      ...{ trait: "prices", axis: "y", step: 1, grain: 0.5, colour: real ? "real" : "generated", hint: k === 0 },
      label: `price at the ${real ? "hole" : "pile"} at ${place} km`,
      value: () => w.get("prices")[k],
      set: (v) => w.change({ prices: w.get("prices").map((u, j) => (j === k ? v : u)) }),
      range: w.reach.prices,
      at: (v) => [place, v],
    });
  });
  const q = w.plot({
      ...{ height: (_, narrow) => (narrow ? 150 : 180), label: "Load times slack", margin: { top: 24, left: 34 } },
      x: { domain: [0, 14], hide: true },
      y: { domain: [-8, 14], label: "slack, km", ticks: 4 },
    }),
    base = q.rule("muted thin", "y"),
    boxes = PAIRS.map(() => q.area("critic half")),
    names = PAIRS.map(() => q.text("muted", { anchor: "middle", dy: 15 }));
  w.slider({ trait: "straight", label: "Buckets 3 → 4 km", step: 0.5 });
  w.draw(() => {
    const f = w.get("prices"),
      s = w.get("straight"),
      load = [s, holes[0][1] - s, piles[0][1] - s, holes[1][1] - piles[0][1] + s],
      fare = PAIRS.map(([i, j]) => Math.abs(holes[i][0] - piles[j][0])),
      slack = PAIRS.map(([i, j], k) => fare[k] - f[i] + f[2 + j]),
      order = towns.map((_, k) => k).sort((a, b) => towns[a][0] - towns[b][0]);
    curve.set(
      order.map((k) => towns[k][0]),
      order.map((k) => f[k]),
    );
    base.set(0);
    PAIRS.forEach(([i, j], k) => {
      const from = 0.2 + 3.5 * k;
      boxes[k].dress(slack[k] < 0 ? "broken half" : "critic half").set([from, from + load[k]], [slack[k], slack[k]]);
      names[k].set(from + 1.5, 0, `${piles[j][0]} → ${holes[i][0]} km`);
    });
    const sum = (values) => values.reduce((a, b) => a + b, 0),
      [costs, earns] = [
        sum(load.map((v, k) => v * fare[k])),
        holes[0][1] * f[0] + holes[1][1] * f[1] - piles[0][1] * f[2] - piles[1][1] * f[3],
      ];
    q.describe(
      PAIRS.map(
        ([i, j], k) => `${piles[j][0]} to ${holes[i][0]}: load ${fixed(load[k], 1)}, slack ${fixed(slack[k], 1)}`,
      ).join("; "),
    );
    w.readings.least = Math.min(...slack);
    w.readout([
      { trait: "cost", label: "Plan costs", number: costs },
      { trait: "value", label: "Prices earn", number: earns, colour: "critic" },
      {
        trait: "gap",
        label: "Area, the gap",
        number: sum(load.map((v, k) => v * slack[k])),
        note: slack.some((v) => v < -1e-9) ? "prices not fair" : "",
      },
    ]);
  });
});
