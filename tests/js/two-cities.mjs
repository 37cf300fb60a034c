/** The smallest widget: a handle, a slider and a plot. Its class is in tests/test_widget_small.py. */
import { widget } from "../kit/kit.mjs";

export default widget("The work of moving one pile of sand to the city at 0", (w) => {
  const p = w.plot({ height: 120, label: "A road", x: { domain: [0, 10], label: "km" }, y: { hide: true } });
  const way = p.arrows("critic");
  p.handle({ trait: "place", colour: "generated", hint: true, label: "place of the pile", at: (v) => [v, 0.5] });
  w.slider({ trait: "sand", label: "Sand" });
  w.draw(() => {
    way.set([[w.get("place"), 0.5, 0, 0.5]]);
    w.readout([{ trait: "work", label: "Work", number: w.get("sand") * w.get("place"), colour: "critic" }]);
  });
});
