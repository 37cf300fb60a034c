/**
 * Critics of many depths in boxes of many sizes: a table of slopes to choose from, the chosen critic's surface, its
 * gradient by layer and its weights; and, as another view, the square of a single layer.
 * Python side: widgets.ClippingDepth. Chapter: weight-clipping.
 */
import { html } from "../kit/elements.mjs";
import { widget } from "../kit/kit.mjs";
import { fixed } from "../kit/scales.mjs";
import { bestLinear, brief, nearest, shortest, unpackHeights } from "../maths/clipping.mjs";
import { channels, diverging, inflate, mix } from "../maths/surfaces.mjs";
import { oneLayer, present } from "./clipping-one-layer.mjs";
import { layerPlot, surfaceMap, weightPlot } from "./clipping-pictures.mjs";
import { cellColours, table } from "./clipping-table.mjs";

function palettes(w) {
  const it = { text: "" };
  it.follow = () => {
    const text = w.colour("paper");
    if (text === it.text) return;
    it.text = text;
    const paper = channels(text),
      of = (name) => channels(w.colour(name));
    it.ofValue = diverging(mix(paper, of("generated"), 0.75), paper, mix(paper, of("real"), 0.75));
    it.ofCell = cellColours(paper, { muted: of("muted"), critic: of("critic"), broken: of("broken") });
  };
  return it;
}

const range = (list, of) => [Math.min(...list), Math.max(...list)].map(of).join(" to ");

export default widget("Critics with clipped weights, by their depth and the size of the box", (w) => {
  const names = ["depths", "bounds", "cells", "best", "half", "real", "generated"],
    data = Object.fromEntries(names.map((name) => [name, w.get(name)])),
    { depths, bounds, cells } = data,
    columns = bounds.length + 1,
    palette = palettes(w);
  let heights = null,
    side = 28,
    shown = "";
  inflate(w.get("surfaces")).then((bytes) => {
    side = Math.round(Math.sqrt(bytes.length / 2 / cells.length));
    heights = unpackHeights(
      bytes,
      side,
      cells.map((cell) => cell.range),
    );
    w.invalidate();
  });
  const top = table(w, data),
    row = w.columns(150),
    map = surfaceMap(w, row, data, side),
    layers = layerPlot(w, row),
    weights = weightPlot(w, row),
    single = oneLayer(w);
  w.check({ trait: "divided", label: "Divide by its slope" });
  const fold = w.more("One layer; the weights; a penalty").appendChild(html("div", { class: "me-inputs" }));
  w.choice({ trait: "view", label: "Critic of", parent: fold });
  w.check({ trait: "penalty", label: "A gradient penalty instead", parent: fold });
  w.arrange((narrow) => (narrow ? fold.parentNode : row).append(weights.p.node));
  w.help("Drag the right knob to change the depth, the lower one to change c, or press a cell.");
  // A value that was not recorded, as a link may carry one, goes to the nearest that was.
  const follow = () => {
    const recorded = { depth: depths[nearest(depths, w.get("depth"))], bound: bounds[nearest(bounds, w.get("bound"))] };
    if (recorded.depth !== w.get("depth") || recorded.bound !== w.get("bound")) w.set(recorded);
  };
  for (const trait of ["depth", "bound"]) w.model.on(`change:${trait}`, follow);
  follow();
  const arrange = (one) => {
    for (const { p } of [top, map, layers, weights]) present(p, !one);
    row.style.display = one ? "none" : "";
    single.show(one);
    if (!one) for (const { p } of [top, map, layers, weights]) p.measure(w.width);
  };
  w.draw(() => {
    const one = w.get("view") === "one layer",
      look = `${one} ${w.width} ${w.zoom}`;
    palette.follow();
    if (look !== shown) arrange(one);
    shown = look;
    const lists = { deep: deep(), linear: linear(w.get("turn")) };
    // Both views have their numbers, whichever is on show.
    for (const { trait, number } of Object.values(lists).flat()) w.readings[trait] = number;
    w.readout(one ? lists.linear : lists.deep);
    if (!one) return;
    w.task.textContent =
      "Turn the shift. When do the square's weights point along it, and when does its gap overstate most?";
    single.draw();
  });
  function deep() {
    const i = nearest(depths, w.get("depth")),
      j = nearest(bounds, w.get("bound")),
      penalty = w.get("penalty"),
      index = i * columns + (penalty ? bounds.length : j),
      cell = cells[index],
      slope = cell.slopes[0],
      divided = w.get("divided") && slope > 0;
    if (w.get("view") !== "one layer") {
      top.draw(i, j, palette.ofCell);
      const name = divided ? `÷ ${brief(slope)}` : penalty ? "penalty" : `c = ${bounds[j]}`;
      if (heights) map.draw(heights[index], divided ? slope : 1, palette, `${depths[i]} layers, ${name}`);
      layers.draw(cell.layers, cells[i * columns + bounds.length].layers, penalty);
      const told = penalty ? "Weights" : `Weights: ${Math.round(100 * cell.at_bound)} % at ±c`;
      weights.draw(cell.weights, cell.reach, told, penalty ? null : "c");
    }
    const [slopes, shares] = [range(cell.slopes, shortest(cell.slopes)), range(cell.shares, (v) => fixed(v))],
      share = cell.shares.reduce((sum, v) => sum + v, 0) / cell.shares.length;
    return [
      { trait: "steepest", label: "Steepest slope", number: slope, value: brief(slope), note: `seeds ${slopes}` },
      { trait: "share", label: "Certified ÷ W₁", number: share, colour: "critic", note: `seeds ${shares}` },
      { trait: "at_bound", label: "Weights at ±c", number: cell.at_bound, note: `${depths[i]} layers` },
    ];
  }
  return () => {
    for (const trait of ["depth", "bound"]) w.model.off(`change:${trait}`, follow);
  };
});

/** The numbers of a linear critic for a shift of length 1 in a direction. */
function linear(degrees) {
  const turn = (degrees * Math.PI) / 180,
    { squareGap, discGap, cosine } = bestLinear(1, [Math.cos(turn), Math.sin(turn)]),
    angle = (Math.acos(Math.min(1, cosine)) * 180) / Math.PI;
  return [
    { trait: "disc_gap", label: "Disc: gap = W₁", number: discGap, colour: "critic", note: "" },
    { trait: "square_gap", label: "Square: gap", number: squareGap, note: "" },
    {
      trait: "angle",
      label: "Off the shift by",
      number: angle,
      value: `${fixed(angle, 0)}°`,
      note: "square's weights",
    },
  ];
}
