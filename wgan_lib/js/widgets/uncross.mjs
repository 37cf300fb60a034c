/** Two grains, two holes, two ways to pair them. Python side: widgets.Uncross. Chapter: wasserstein-1d. */
import { widget } from "../kit/kit.mjs";
import { fixed } from "../kit/scales.mjs";
import { exchange } from "../maths/points.mjs";

const ROW = { grains: 1, holes: 0 };

export default widget("Two grains above, two holes below, on straight and on crossed ways", (w) => {
  const p = w.plot({
    height: 190,
    label: "",
    x: { domain: [0, 8], label: "place on the road" },
    y: { domain: [-0.12, 1.12], hide: true },
  });
  const crossed = p.arrows("muted"),
    straight = p.arrows("critic");
  crossed.node.style.strokeDasharray = "5 4";
  for (const [trait, colour, word] of [
    ["grains", "generated", "grain"],
    ["holes", "real", "hole"],
  ])
    for (const k of [0, 1])
      p.handle({
        ...{ trait, colour, hint: trait === "grains" && k === 0, label: `${word} ${k + 1}`, tip: word },
        value: () => w.get(trait)[k],
        set: (v) => w.change({ [trait]: w.get(trait).map((u, j) => (j === k ? v : u)) }),
        range: w.reach[trait],
        at: (v) => [v, ROW[trait]],
      });
  w.draw(() => {
    const sorted = (trait) => [...w.get(trait)].sort((a, b) => a - b),
      [[a, b], [c, d]] = [sorted("grains"), sorted("holes")],
      cost = exchange([a, b], [c, d]),
      saved = cost.crossed - cost.straight;
    straight.set([
      [a, 1, c, 0],
      [b, 1, d, 0],
    ]);
    crossed.set([
      [a, 1, d, 0],
      [b, 1, c, 0],
    ]);
    p.describe(`Grains at ${fixed(a)} and ${fixed(b)}, holes at ${fixed(c)} and ${fixed(d)}`);
    w.readout([
      { trait: "straight", label: "Straight ways", number: cost.straight, colour: "critic" },
      { trait: "crossed", label: "Crossed ways", number: cost.crossed },
      { trait: "saved", label: "Uncrossing saves", number: Math.abs(saved) < 1e-9 ? 0 : saved, note: "" },
    ]);
  });
});
