/**
 * The slope of a network in a box over the size of the box: its bound, its typical value, what was trained.
 * Python side: widgets.BoxSlope. Chapter: weight-clipping.
 */
import { widget } from "../kit/kit.mjs";
import { clamp, fixed } from "../kit/scales.mjs";
import { brief, logBoxSlope, logCoinSlope, roomFor, sizesOf, unitBound } from "../maths/clipping.mjs";

const ENDS = [0.003, 0.5],
  LOWEST = -6,
  HIGHEST = 6;

export default widget("The largest slope of a network whose weights lie in a box, over the size of the box", (w) => {
  const ticks = [0.003, 0.01, 0.03, 0.1, 0.3];
  const p = w.plot({
    ...{ height: (_, narrow) => (narrow ? 230 : 300), label: "", margin: { top: 22, right: 16, left: 44 } },
    x: { domain: ENDS, log: true, ticks, label: "bound c" },
    y: {
      domain: [LOWEST, HIGHEST],
      ticks: [-6, -3, 0, 3, 6],
      format: (v) => (v ? brief(10 ** v).replace("1.0 × ", "") : "1"),
      label: "slope",
    },
  });
  const band = p.area("ink slight"),
    one = p.rule("muted thin dashed", "y"),
    coin = p.line("muted"),
    limit = p.line("ink bold"),
    trained = p.dots("critic", 4);
  const names = ["ink strong", "muted", "critic strong"].map((words) => p.text(`${words} halo-text`, { dy: -8 }));
  const sizes = () => sizesOf(Number(w.get("layers")), w.get("width"));
  p.handle({
    ...{ trait: "bound", grain: 0.0005, step: 0.01, label: "bound c", hint: true, text: (c) => fixed(c, 4) },
    at: (c) => [c, clamp(logBoxSlope(c, sizes()), [LOWEST, HIGHEST])],
  });
  w.choice({ trait: "layers", label: "Layers" });
  w.draw(() => {
    const layers = Number(w.get("layers")),
      c = w.get("bound"),
      room = roomFor(layers);
    const straight = (f) => ENDS.map((end) => f(end, sizes()));
    limit.set(ENDS, straight(logBoxSlope));
    coin.set(ENDS, straight(logCoinSlope));
    band.set(ENDS, [Math.log10(2), Math.log10(2)], -Math.log10(2));
    one.set(0);
    const seen = w.get("measured")[layers].filter(([, slope]) => slope > 0);
    trained.set(seen.map(([bound, slope]) => [bound, Math.log10(slope)]));
    const words = w.narrow ? ["all +c", "coins", "trained"] : ["all weights +c", "signs by coins", "trained"];
    const off = w.narrow ? [0, 54, 102] : [0, 120, 230];
    words.forEach((text, k) => names[k].set(p.x.invert(p.margin.left + off[k]), HIGHEST, text));
    const most = brief(10 ** logBoxSlope(c, sizes()));
    p.describe(`With ${layers} layers and c ${fixed(c, 4)} the steepest slope is at most ${most}.`);
    w.readout([
      {
        trait: "limit",
        label: "Largest slope",
        number: logBoxSlope(c, sizes()),
        value: brief(10 ** logBoxSlope(c, sizes())),
        note: `c = ${fixed(c, 4)}`,
      },
      {
        trait: "unit",
        label: "c of slope 1",
        number: unitBound(sizes()),
        value: fixed(unitBound(sizes()), 4),
        note: "of all +c",
      },
      { trait: "room", label: "Room for c", number: room, value: `× ${fixed(room)}`, note: "slope ½ to 2" },
    ]);
  });
});
