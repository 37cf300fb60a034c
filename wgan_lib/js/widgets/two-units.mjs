/** |x| by one hidden layer of two units, cut at zero or sorted. Python: TwoUnits. Chapter: spectral-normalisation. */
import { widget } from "../kit/kit.mjs";
import { fixed } from "../kit/scales.mjs";
import { twoUnits } from "../maths/spectral.mjs";

const EDGE = 1.7,
  TRACKS = { right: -0.42, left: -0.78 }; // heights at which the two knees are held

export default widget("One hidden layer of two units, cut at zero or sorted", (w) => {
  const p = w.plot({
    ...{ label: "", height: (_, narrow) => (narrow ? 230 : 300), margin: { top: 14 } },
    ...{ x: { domain: [-EDGE, EDGE], label: "x" }, y: { domain: [-1, 1.4], ticks: [0, 0.5, 1] } },
  });
  const best = p.line("muted dashed"),
    active = [p.line("ink faint"), p.line("ink faint")],
    curve = p.line("critic bold"),
    dots = [p.dots("real", 5), p.dots("generated", 5)],
    name = p.text("muted halo-text", { anchor: "end", dx: -16, dy: 4 });
  for (const [trait, height] of Object.entries(TRACKS))
    p.handle({
      ...{ trait, colour: "ink", hollow: true, hint: trait === "left", tip: `rises to the ${trait}`, text: fixed },
      label: `knee of the unit that rises to the ${trait}`,
      at: (v) => [v, height],
    });
  w.slider({ trait: "share", label: "Slope of the right one", step: 0.05 });
  w.choice({ trait: "unit", label: "The layer", names: { ReLU: "cuts at zero", sorted: "sorts" } });
  w.help("Drag a hollow knob: there its unit is 0; along the grey line it is positive.");
  w.draw(() => {
    const [left, right, share] = ["left", "right", "share"].map(w.get),
      sorted = w.get("unit") === "sorted",
      { f, kinks, gap } = twoUnits({ left, right, share, sorted }),
      xs = [-EDGE, ...kinks, EDGE].sort((a, b) => a - b),
      above = (x) => f(x) - f(0);
    best.set([-EDGE, 0, EDGE], [EDGE, 0, EDGE]);
    active[0].set([right, EDGE], [TRACKS.right, TRACKS.right]);
    active[1].set([-EDGE, left], [TRACKS.left, TRACKS.left]);
    curve.set(xs, xs.map(above));
    dots[0].set([-1, 1].map((x) => [x, above(x)]));
    dots[1].set([[0, 0]]);
    name.set(1.15, 1.25, "|x|");
    p.describe(`f − f(0) is ${fixed(above(-1))} at −1 and ${fixed(above(1))} at 1, where the best critic |x| is 1`);
    const note = sorted ? "at most 1" : "at most 0.50";
    w.readout([
      { trait: "gap", label: "Real mean − generated", number: gap, colour: "critic", note },
      { label: "W₁", number: 1, colour: "critic", note: "" },
    ]);
  });
});
