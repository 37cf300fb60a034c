/** The second tab of TwoEllipses: a kernel to drag, the picture that it stretches most, and two norms. */
import { roving } from "../kit/handle.mjs";
import { fixed } from "../kit/scales.mjs";
import { convolution } from "../maths/spectral.mjs";

const SIZE = 16, // pixels a side
  SHADES = 9, // greys that a picture is drawn in
  REACH = 0.38; // of a cell's side, that its knob can go up or down
export const KERNELS = {
  "All ones": [1, 1, 1, 1, 1, 1, 1, 1, 1],
  "An edge": [-1, 0, 1, -1, 0, 1, -1, 0, 1],
  "A board": [1, -1, 1, -1, 1, -1, 1, -1, 1],
  "One entry": [0, 0, 0, 0, 1, 0, 0, 0, 0],
};

/** Outlines of the pixels of each shade, SHADES lists of [column, row], darkest last; row 0 is the top one. */
export function shadesOf(picture, size) {
  const found = Array.from({ length: SHADES }, () => []);
  picture.forEach((v, k) => {
    found[Math.round(((v + 1) / 2) * (SHADES - 1))].push([k % size, Math.floor(k / size)]);
  });
  return found;
}

/** A square of `cells` × `cells`, with a line of words above it. */
function board(w, parent, cells) {
  const p = w.plot({
    ...{ parent, label: "", height: (width, narrow) => Math.min(width, narrow ? 210 : 350) + 26 },
    ...{ margin: { top: 30, right: 4, bottom: 4, left: 4 }, x: { hide: true }, y: { hide: true, grid: false } },
  });
  p.title = p.text("ink strong", { dx: 2, dy: -14 });
  p.frame = (words) => {
    const [wide, tall] = [p.width - 8, p.height - 34],
      cell = Math.min(wide, tall) / cells,
      [across, up] = [wide / cell, tall / cell];
    p.extent({ x: [(cells - across) / 2, (cells + across) / 2], y: [(cells - up) / 2, (cells + up) / 2] });
    p.title.set(p.x.domain[0], p.y.domain[1], words);
  };
  return p;
}

const square = (p, x, y) =>
  `M${p.x(x).toFixed(2)},${p.y(y).toFixed(2)}H${p.x(x + 1).toFixed(2)}V${p.y(y + 1).toFixed(2)}H${p.x(x).toFixed(2)}Z`;

/** The nine numbers of the kernel, each a bar with a knob on top. */
function kernelBoard(w, parent) {
  const p = board(w, parent, 3),
    frame = p.path("muted thin"),
    zeros = p.line("muted thin faint"),
    bars = p.path("ink half", "area"),
    words = Array.from({ length: 9 }, () => p.text("muted", { dx: 5, dy: 15 })),
    rove = roving(),
    centre = (k) => [(k % 3) + 0.5, 2.5 - Math.floor(k / 3)];
  for (let k = 0; k < 9; k++)
    p.handle({
      ...{ trait: "kernel", axis: "y", step: 0.1, grain: 0.1, range: w.reach.kernel, colour: "ink", rove },
      label: `kernel, row ${Math.floor(k / 3) + 1}, column ${(k % 3) + 1}`,
      text: (v) => fixed(v, 1),
      value: () => w.get("kernel")[k],
      at: (v) => [centre(k)[0], centre(k)[1] + REACH * v],
      from: (_, y) => (y - centre(k)[1]) / REACH,
      set: (v) => w.change({ kernel: w.get("kernel").map((old, i) => (i === k ? v : old)) }),
    });
  return (kernel) => {
    p.frame("the kernel");
    const cells = kernel.map((_, k) => [k % 3, Math.floor(k / 3)]);
    frame.set(cells.map(([x, y]) => square(p, x, y)).join(""));
    zeros.set(
      kernel.flatMap((_, k) => [centre(k)[0] - 0.5, centre(k)[0] + 0.5, NaN]),
      kernel.flatMap((_, k) => [centre(k)[1], centre(k)[1], NaN]),
    );
    const bar = (v, k) => {
      const [x, y] = centre(k);
      return `M${p.x(x - 0.2)},${p.y(y)}H${p.x(x + 0.2)}V${p.y(y + REACH * v)}H${p.x(x - 0.2)}Z`;
    };
    bars.set(kernel.map(bar).join(""));
    words.forEach((text, k) => {
      text.show(!w.narrow).set(k % 3, 3 - Math.floor(k / 3), fixed(kernel[k], 1));
    });
    p.describe(`A kernel of three rows: ${kernel.map((v) => fixed(v, 1)).join(", ")}`);
  };
}

/** The tab: `controls()` puts its controls into the row, `show(yes)`, `draw()`. */
export function convolutionView(w, parent) {
  const kernel = kernelBoard(w, parent),
    p = board(w, parent, SIZE),
    shades = Array.from({ length: SHADES }, (_, k) => {
      const shade = p.path("ink", "area");
      shade.node.style.fillOpacity = (0.7 * k) / (SHADES - 1);
      return shade;
    }),
    frame = p.path("muted thin"),
    controls = [];
  const drawPicture = (picture) => {
    p.frame(w.narrow ? "stretched most" : "the picture it stretches most");
    shadesOf(picture, SIZE).forEach((cells, k) =>
      shades[k].set(cells.map(([x, row]) => square(p, x, SIZE - 1 - row)).join("")),
    );
    const [left, right, top, bottom] = [p.x(0), p.x(SIZE), p.y(SIZE), p.y(0)];
    frame.set(`M${left},${top}H${right}V${bottom}H${left}Z`);
    p.describe("The picture of 16 by 16 pixels whose length the layer multiplies most");
  };
  return {
    controls: () => {
      controls.push(w.choice({ trait: "stride", label: "Stride" }));
      for (const [label, values] of Object.entries(KERNELS))
        controls.push(w.button({ label, press: () => w.change({ kernel: [...values] }) }));
    },
    show: (yes) => {
      for (const node of controls) node.hidden = !yes;
    },
    draw: () => {
      const found = convolution(w.get("kernel"), SIZE, Number(w.get("stride"))),
        ratio = found.reshaped > 0 ? found.norm / found.reshaped : null;
      kernel(w.get("kernel"));
      drawPicture(found.picture);
      w.readout([
        { trait: "reshaped", label: "As a matrix", number: found.reshaped, note: "what SN divides by" },
        { trait: "layer", label: "The layer's own", number: found.norm, colour: "critic", note: "" },
        { trait: "ratio", label: "Ratio", number: ratio, note: `at most ${found.most}` },
      ]);
    },
  };
}
