/** One number pulled towards 0 by a constant force, or by one that fades. Python side: widgets.ConstantPull. */
import { widget } from "../kit/kit.mjs";
import { compact } from "../kit/scales.mjs";
import { pulled } from "../maths/dirac.mjs";

export default widget("A number that steps towards 0: does it come to rest?", (w) => {
  const p = w.plot({
    ...{ height: (_, narrow) => (narrow ? 230 : 260), label: "", margin: { top: 24 } },
    x: { domain: [-0.5, 40], label: "step", ticks: 5 },
    y: { domain: [-1.6, 1.6], ticks: 5 },
  });
  const marks = { real: p.rule("real thin", "y"), way: p.line("generated thin"), dots: p.dots("generated", 3) },
    title = p.text("generated strong", { dx: -40, dy: -9 }),
    goal = p.text("real halo-text", { anchor: "end", dy: -6 });
  p.handle({ trait: "start", axis: "y", colour: "generated", hint: true, label: "start", at: (v) => [0, v] });
  w.choice({ trait: "pull", label: "Pull" });
  w.slider({ trait: "rate", label: "Step size", step: 0.01 });
  w.help("Drag the first dot up or down.");
  w.draw(() => {
    const places = pulled(w.get("start"), w.get("rate"), w.get("pull"), 40),
      [before, end] = places.slice(-2);
    marks.real.set(0);
    marks.way.set(places.keys(), places);
    marks.dots.set(places.map((v, k) => [k, v]));
    title.set(-0.5, 1.6, "place θ");
    goal.set(40, 0, "real");
    w.readout([
      { trait: "end", label: "Place after 40 steps", number: end, colour: "generated" },
      { trait: "swing", label: "Length of the last step", number: Math.abs(end - before), colour: "generated" },
    ]);
    p.describe(`Place against step: from ${compact(places[0])}, after 40 steps at ${compact(end)}.`);
  });
});
