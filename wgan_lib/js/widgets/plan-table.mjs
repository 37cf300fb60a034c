/**
 * Two cities and all plans between them: one number is free. Python side: widgets.PlanTable. Chapter: wasserstein-1d.
 */
import { widget } from "../kit/kit.mjs";
import { fixed } from "../kit/scales.mjs";

const SIDE = 1.2; // of a cell, for a share of one

export default widget("The table of a plan between two cities, with the share that East sends to West", (w) => {
  const [there, wanted, road] = ["there", "wanted", "road"].map((name) => w.model.get(name));
  const p = w.plot({ height: 260, label: "", x: { hide: true }, y: { domain: [-0.62, 1.62], hide: true } });
  const cells = [0, 1, 2, 3].map((k) => ({
    square: p.area(k % 3 ? "critic full" : "muted half"),
    text: p.text("ink", { anchor: "middle", dy: 4 }),
  }));
  const column = [0, 1].map((j) => [
    p.text("generated", { anchor: "middle" }),
    `from ${["West", "East"][j]} ${there[j]}`,
  ]);
  const row = [0, 1].map((i) => [p.text("real", { anchor: "end", dy: 4 }), `to ${["West", "East"][i]} ${wanted[i]}`]);
  const side = (share) => (SIDE * Math.sqrt(Math.max(0, share))) / 2;
  p.handle({
    ...{ trait: "back", colour: "critic", hint: true, label: "share that East sends to West", tip: "more, less" },
    at: (v) => [1 + side(v), 1],
    from: (x) => (Math.max(0, x - 1) / (SIDE / 2)) ** 2,
    step: 0.01,
  });
  w.draw(() => {
    const half = ((p.width - 24) / (p.height - 16)) * 1.12;
    p.extent({ x: [0.25 - half, 0.25 + half] });
    const s = w.get("back"),
      plan = [wanted[0] - s, s, there[0] - wanted[0] + s, there[1] - s];
    cells.forEach(({ square, text }, k) => {
      const [x, y, r] = [k % 2, 1 - Math.floor(k / 2), side(plan[k])];
      square.set([x - r, x + r], [y + r, y + r], [y - r, y - r]);
      text.node.setAttribute("text-anchor", k === 1 ? "start" : "middle"); // beside its knob
      text.set(x + (k === 1 ? r + 0.14 : 0), y, fixed(plan[k]));
    });
    column.forEach(([text, words], j) => text.set(j, -0.55, words));
    row.forEach(([text, words], i) => text.set(-0.52, 1 - i, words));
    const work = road * (plan[1] + plan[2]);
    p.describe(`Squares whose areas are shares: ${plan.map((v) => fixed(v)).join(", ")}, row by row`);
    w.readout([
      { trait: "work", label: "Work, km", number: work, colour: "critic" },
      {
        trait: "returned",
        label: "Paid for what East sends, km",
        number: 2 * road * s,
        note: s > 0 ? "there and back" : "",
      },
    ]);
  });
});
