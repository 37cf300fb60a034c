/**
 * Two layers of norm 1 to turn against each other, and what is left of their product; on a second tab, a convolution
 * beside its reshaped weight (two-ellipses-convolution.mjs). Python side: widgets.TwoEllipses. Chapter:
 * spectral-normalisation.
 */
import { widget } from "../kit/kit.mjs";
import { fixed, ramp } from "../kit/scales.mjs";
import { diagonal, product, rotation, svd2, times } from "../maths/spectral.mjs";
import { convolutionView } from "./two-ellipses-convolution.mjs";
import { image, plane } from "./unit-plane.mjs";

const radians = (angle) => (angle * Math.PI) / 180;

/** Where the short half-axis of layer two ends, on the side where layer one's knob is not. */
export function shortEnd(angle, length) {
  const side = Math.cos(radians(angle)) < 0 ? -1 : 1;
  return [-side * length * Math.sin(radians(angle)), side * length * Math.cos(radians(angle))];
}

/** Gives a mark or a handle the colour of layer one or two. */
function dye(it, layer) {
  it.node.style.setProperty("--c", ramp(2)[layer]);
  return it;
}

/** The plane between the layers: what layer one reaches, what layer two keeps, and their handles. */
function between(w, parent) {
  const p = plane(w, parent, "");
  const marks = {
    reach: dye(p.line("ink filled"), 0),
    keeps: dye(p.line("ink"), 1),
    axes: [0, 1].map((layer) => dye(p.line("ink thin dashed"), layer)),
    long: dye(p.arrows("ink"), 0),
    grip: p.line("ink grab"),
    names: [0, 1].map((layer) => {
      const name = p.text("ink halo-text");
      name.node.style.setProperty("--c", `color-mix(in srgb, ${ramp(2)[layer]} 55%, var(--me-ink))`); // legible
      return name;
    }),
  };
  return { p, marks };
}

function betweenHandles(w, { p, marks }) {
  const squeeze = (trait, layer, at, from) =>
    dye(
      p.handle({
        ...{ trait, at, from, hollow: true, tip: "squeeze", text: (v) => `half-axis ${fixed(v)}` },
        label: `short half-axis of layer ${["one", "two"][layer]}`,
      }),
      layer,
    );
  squeeze(
    "first",
    0,
    (v) => [0, -v],
    (_, y) => -y,
  );
  squeeze(
    "second",
    1,
    (v) => shortEnd(w.get("angle"), v),
    (x, y) => {
      const [a, b] = shortEnd(w.get("angle"), 1);
      return a * x + b * y;
    },
  );
  dye(
    p.handle({
      ...{ trait: "angle", step: 5, grain: 1, grip: marks.grip, hint: true, tip: "turn", label: "turn of layer two" },
      text: (v) => `${fixed(v, 0)} degrees`,
      at: (v) => [Math.cos(radians(v)), Math.sin(radians(v))],
      from: (x, y) => (Math.atan2(y, x) * 180) / Math.PI,
    }),
    1,
  );
}

function drawBetween({ p, marks }, { angle, first, second }) {
  p.frame("between the layers");
  const turn = rotation(radians(angle)),
    tip = times(turn, [1, 0]);
  marks.reach.set(...image(diagonal(1, first)));
  marks.keeps.set(...image(product(turn, diagonal(1, second))));
  marks.axes[0].set([0, 0], [-first, first]);
  marks.axes[1].set([-tip[0], tip[0]], [-tip[1], tip[1]]);
  marks.grip.set([0, tip[0]], [0, tip[1]]);
  marks.long.set([[0, 0, 1, 0]]);
  const [left, right] = p.x.domain,
    low = p.y.domain[0],
    narrow = p.width < 240;
  marks.names[0].set(left, low, narrow ? "one reaches" : "what layer one reaches");
  marks.names[1].node.setAttribute("text-anchor", "end");
  marks.names[1].set(right, low, narrow ? "two keeps" : "what layer two keeps");
  for (const name of marks.names) name.node.setAttribute("transform", "translate(0,-4)");
  p.describe(
    `Layer one reaches an ellipse of half-axes 1 and ${fixed(first)}; the direction that layer two keeps whole is ` +
      `turned by ${fixed(angle, 0)} degrees, and across it layer two keeps ${fixed(second)}`,
  );
}

/** The plane after both layers: the network's ellipse inside the circle of the product. */
function after(w, parent) {
  const p = plane(w, parent, "");
  const marks = {
    bound: p.line("muted dashed"),
    boundName: p.text("muted halo-text", { anchor: "middle", dy: -5 }),
    network: p.line("critic filled"),
    axis: p.line("critic bold"),
    long: dye(p.arrows("ink"), 0),
    size: p.text("critic strong halo-text", { anchor: "middle", dy: 16 }),
  };
  return (now) => {
    p.frame("after both");
    const { s, left } = svd2(now.network),
      end = [s[0] * Math.cos(left), s[0] * Math.sin(left)];
    marks.bound.set(...image(diagonal(now.bound, now.bound)));
    marks.boundName.set(0, now.bound, "product of norms");
    marks.network.set(...image(now.network));
    marks.axis.set([0, end[0]], [0, end[1]]);
    marks.long.set([[0, 0, ...times(now.network, [1, 0])]]);
    marks.size.set(0, Math.min(-s[1], -Math.abs(end[1])), `norm ${fixed(s[0])}`);
    p.describe(
      `The network sends the unit circle to an ellipse of half-axes ${fixed(s[0])} and ${fixed(s[1])}, inside the ` +
        `circle of radius ${fixed(now.bound)} that the product of norms allows`,
    );
    return s[0];
  };
}

export default widget("Two layers of norm one, turned against each other, and the network of both", (w) => {
  const rows = { layers: w.columns(150), convolution: w.columns(150) },
    scene = between(w, rows.layers),
    network = after(w, rows.layers),
    kernel = convolutionView(w, rows.convolution);
  betweenHandles(w, scene);
  w.choice({ trait: "view", label: "Show", names: { layers: "two layers", convolution: "a convolution" } });
  kernel.controls();
  w.help("Drag the end of layer two's ellipse to turn it; the hollow knobs make an ellipse slim or round.");
  let shown = null;
  w.draw(() => {
    const view = w.get("view"),
      turned = view !== shown;
    for (const [name, row] of Object.entries(rows)) row.style.display = name === view ? "" : "none";
    kernel.show(view === "convolution");
    if (turned) for (const p of w.plots) p.measure(w.width);
    shown = view;
    w.readings = {}; // of the view on show only
    if (view === "convolution") return kernel.draw();
    const [angle, first, second] = ["angle", "first", "second"].map(w.get),
      one = diagonal(1, first),
      two = product(diagonal(1, second), rotation(-radians(angle))),
      bound = svd2(one).s[0] * svd2(two).s[0];
    drawBetween(scene, { angle, first, second });
    const norm = network({ network: product(two, one), bound });
    return w.readout([
      { trait: "product", label: "Product of norms", number: bound, note: "1 × 1, however they are turned" },
      { trait: "norm", label: "The network's own", number: norm, colour: "critic", note: "" },
    ]);
  });
});
