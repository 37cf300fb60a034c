/**
 * Two heaps of readings of W₁, of equal laws and of shifted ones, by dimension and sample size. Python side:
 * widgets.NullHeaps. Chapter: samples.
 */
import { widget } from "../kit/kit.mjs";
import { stairs } from "../maths/stairs.mjs";

export default widget("Readings of W₁ for equal laws and for laws a shift apart", (w) => {
  const [dims, counts, shift, equal, apart] = ["dims", "counts", "shift", "equal", "apart"].map((name) =>
      w.model.get(name),
    ),
    p = w.plot({
      height: (_, narrow) => (narrow ? 210 : 250),
      label: "",
      margin: { top: 26 },
      x: { label: "W₁ of the samples" },
      y: { label: "draws", ticks: 4 },
    }),
    [grey, teal] = [p.area("muted half"), p.area("critic half")],
    truth = p.rule("critic dashed"),
    word = p.text("critic halo-text", { dy: 4 });
  const text = (name, list) => (k) => `${name} = ${list[Math.round(k)]}`;
  w.slider({ trait: "dimension", label: "Dimension", step: 1, text: text("d", dims) });
  w.slider({ trait: "size", label: "Samples", step: 1, text: text("n", counts) });
  w.draw(() => {
    const [i, j] = [w.get("dimension"), w.get("size")].map(Math.round),
      [null_, shifted] = [equal[i][j], apart[i][j]],
      mean = (v) => v.reduce((a, b) => a + b, 0) / v.length,
      told = shifted.reduce((sum, a) => sum + null_.filter((b) => a > b).length, 0) / shifted.length / null_.length,
      top = 1.08 * Math.max(shift, ...null_, ...shifted),
      heaps = [null_, shifted].map((values) => stairs(values, top)),
      tall = Math.max(...heaps.flatMap(({ ys }) => ys));
    p.extent({ x: [0, top], y: [0, 1.12 * tall] });
    grey.set(heaps[0].xs, heaps[0].ys);
    teal.set(heaps[1].xs, heaps[1].ys);
    truth.set(shift);
    const late = shift > top / 2;
    word.node.setAttribute("text-anchor", late ? "end" : "start");
    word.set(shift, 1.05 * tall, late ? "true shift " : " true shift");
    p.describe(`Grey: readings of equal laws; teal: of laws ${shift} apart; d = ${dims[i]}, n = ${counts[j]}`);
    w.readout([
      { trait: "null", label: "Mean, equal laws", number: mean(null_), colour: "muted" },
      { trait: "shifted", label: "Mean, shifted", number: mean(shifted), colour: "critic" },
      {
        trait: "told",
        label: "Shifted reads higher",
        number: told,
        value: `${Math.round(100 * told)} %`,
        note: "of all pairs of draws",
      },
    ]);
  });
});
