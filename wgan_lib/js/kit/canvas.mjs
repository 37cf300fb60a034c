/** What a plot paints in pixels under its marks: a canvas, and surfaces of values on a grid. */
import { html } from "./elements.mjs";

/** Gives the plot `p` its canvas and its surface. */
export function addCanvas(w, p) {
  let canvas = null;
  /** Canvas under the marks, sharp on any screen: `.paint((context) => …)` in px of the plot; it is cleared first. */
  p.canvas = () => {
    if (!canvas) {
      canvas = html("canvas", { class: "me-canvas", "aria-hidden": "true" });
      p.node.prepend(canvas);
      w.onTheme();
    }
    return {
      node: canvas,
      paint: (draw) => {
        const ratio = window.devicePixelRatio || 1,
          size = { width: Math.round(p.width * ratio), height: Math.round(p.height * ratio) };
        if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
        const context = canvas.getContext("2d");
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        context.clearRect(0, 0, p.width, p.height);
        draw(context);
      },
    };
  };
  /** Picture of values on a grid that fills the axes: `.set(values, columns, rows, (v) => [r, g, b])`, row 0 lowest. */
  p.surface = () => {
    const layer = p.canvas(),
      small = document.createElement("canvas"),
      m = p.margin;
    return {
      node: layer.node,
      set: (values, columns, rows, colour) => {
        Object.assign(small, { width: columns, height: rows });
        const context = small.getContext("2d"),
          image = context.createImageData(columns, rows);
        for (let i = 0; i < columns * rows; i++) {
          const at = ((rows - 1 - Math.floor(i / columns)) * columns + (i % columns)) * 4;
          image.data.set([...colour(values[i]), 255], at);
        }
        context.putImageData(image, 0, 0);
        layer.paint((c) => {
          c.imageSmoothingEnabled = true;
          c.drawImage(small, m.left, m.top, p.width - m.left - m.right, p.height - m.top - m.bottom);
        });
      },
    };
  };
}
