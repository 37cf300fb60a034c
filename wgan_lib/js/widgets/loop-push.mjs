/**
 * Three pairs in a loop: a share of each partner is passed on. Python side: widgets.LoopPush. Chapter:
 * optimal-transport.
 */
import { widget } from "../kit/kit.mjs";
import { distances } from "../maths/assignment.mjs";

const WIDEST = 7; // px of a line that carries all the mass of a pair

export default widget(
  "Three pairs of points in a loop, and the cost when a share of each partner is passed on",
  (w) => {
    const box = { left: 12, right: 12, top: 20, bottom: 12 },
      p = w.plot({
        height: (_, narrow) => (narrow ? 210 : 270),
        label: "",
        margin: box,
        x: { domain: [0, 3], hide: true },
        y: { domain: [0, 2], hide: true },
      }),
      [own, passed] = ["critic", "ink"].map((colour) => [0, 1, 2].map(() => p.line(colour)));
    for (const [trait, colour, word] of [
      ["real", "real", "real"],
      ["generated", "generated", "generated"],
    ])
      for (const k of [0, 1, 2])
        p.handle({
          ...{
            trait,
            colour,
            axis: "xy",
            step: 0.05,
            hint: trait === "real" && k === 0,
            label: `${word} point ${k + 1}`,
          },
          value: () => w.get(trait)[k],
          set: (v) => w.change({ [trait]: w.get(trait).map((u, j) => (j === k ? v : u)) }),
          range: w.reach[trait],
          at: (v) => v,
        });
    const key = [p.text("critic halo-text"), p.text("ink halo-text", { anchor: "end" })];
    w.slider({ trait: "share", label: "Passed on, t", step: 0.01 });
    w.draw(() => {
      const [x, y, t] = ["real", "generated", "share"].map(w.get),
        cost = distances(x, y),
        sum = (next) => [0, 1, 2].reduce((all, k) => all + cost[k][(k + next) % 3], 0) / 3,
        swaps = [0, 1, 2].map(
          (k) => (cost[k][(k + 1) % 3] + cost[(k + 1) % 3][k] - cost[k][k] - cost[(k + 1) % 3][(k + 1) % 3]) / 3,
        ),
        change = sum(1) - sum(0);
      for (const k of [0, 1, 2]) {
        const line = (mark, j, share) => {
          mark.set([x[k][0], y[j][0]], [x[k][1], y[j][1]]);
          mark.node.style.strokeWidth = (WIDEST * share).toFixed(2);
          mark.show(share > 0);
        };
        line(own[k], k, 1 - t);
        line(passed[k], (k + 1) % 3, t);
      }
      key[0].set(0, 2, "to the own partner: 1 − t");
      key[1].set(3, 2, "to the next one: t");
      p.describe("Lines as thick as the mass they carry join three blue and three orange points");
      w.readout([
        { trait: "cost", label: "Cost", number: (1 - t) * sum(0) + t * sum(1), colour: "critic" },
        { trait: "change", label: "Change per unit of t", number: change, note: change < 0 ? "passing on pays" : "" },
        {
          trait: "swap",
          label: "Best swap of two",
          number: Math.min(...swaps),
          note: Math.min(...swaps) < 0 ? "a swap pays" : "no swap pays",
        },
      ]);
    });
  },
);
