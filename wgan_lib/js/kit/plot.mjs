/**
 * Plots for the widgets: axes and marks in one SVG, canvases under it, handles over it. Widgets reach all of it through
 * `frame().plot()` of kit.mjs, whose header shows the vocabulary at work.
 */
import { change, classes, svg } from "./elements.mjs";
import { handle } from "./handle.mjs";
import { arrowPath, circlePath, linear, logarithmic, pathThrough, powers, ticks } from "./scales.mjs";

let serial = 0;

/**
 * One plot. Made by `frame().plot(options)`; all coordinates below are data coordinates unless named px.
 * @param {object} w the frame
 * @param {Element} parent
 * @param {{height: number | ((width: number) => number), label: string, margin?: object, x?: object, y?: object}}
 *   options
 *   `label` describes the picture to those who cannot see it. An axis is `{ domain, label, ticks, format, grid, log,
 *   hide }`: `ticks` a count or the numbers themselves; the label of x may be a function of the width in px.
 */
export function plot(w, parent, { height, label, margin = {}, x: xAxis = {}, y: yAxis = {} }) {
  const id = `me-clip-${++serial}-${Math.random().toString(36).slice(2, 7)}`;
  const box = parent.appendChild(Object.assign(document.createElement("div"), { className: "me-plot" }));
  const picture = svg("g", { role: "img", "aria-label": label });
  const clip = svg("rect"),
    back = svg("g", { class: "me-axes" }),
    marks = svg("g", { "clip-path": `url(#${id})` });
  const loose = svg("g"),
    top = svg("g");
  picture.append(back, marks, loose);
  const root = svg("svg", { class: "me-svg", role: "none" }, svg("clipPath", { id }, clip), picture, top);
  box.append(root);
  const axes = { x: { domain: [0, 1], ...xAxis }, y: { domain: [0, 1], ...yAxis } };
  const m = {
    top: 8,
    right: 12,
    bottom: axes.x.hide ? 8 : axes.x.label ? 38 : 24,
    left: axes.y.hide ? 12 : 40,
    ...margin,
  };
  const handles = [];
  let canvas = null,
    axesKey = "";

  const p = { node: box, svg: root, width: 0, height: 0, margin: m };

  /** Fits the plot to `width` px. */
  p.layout = (width) => {
    p.width = width;
    p.height = typeof height === "function" ? height(width) : height;
    for (const [name, range] of [
      ["x", [m.left, width - m.right]],
      ["y", [p.height - m.bottom, m.top]],
    ]) {
      const { log, domain } = axes[name];
      p[name] = (log ? logarithmic : linear)(domain, range);
    }
  };
  /** New domains, for instance `p.extent({ y: [0, 2] })`; call it first in a draw function. */
  p.extent = (domains) => {
    for (const name of Object.keys(domains)) axes[name].domain = domains[name];
    p.layout(p.width);
  };
  /** Draws the axes where they changed and puts the handles in their places; called by the frame after each draw. */
  p.finish = () => {
    const key = [p.width, p.height, ...axes.x.domain, ...axes.y.domain].join();
    if (key !== axesKey) drawAxes();
    axesKey = key;
    for (const made of handles) made.place();
  };
  p.show = (shown) => {
    box.style.display = shown ? "" : "none";
  };
  /** Takes the width of its column; called by the frame when the widget's own width changed. */
  p.measure = (fallback) => p.layout(Math.max(120, Math.floor(box.clientWidth || fallback)));
  /** Replaces the description of the picture. */
  p.describe = (text) => change(picture, "aria-label", text);

  function drawAxes() {
    const { width, height: h } = p,
      inner = { left: m.left, right: width - m.right, top: m.top, bottom: h - m.bottom };
    root.setAttribute("viewBox", `0 0 ${width} ${h}`);
    root.setAttribute("width", width);
    root.setAttribute("height", h);
    for (const [k, v] of Object.entries({
      x: inner.left,
      y: m.top - 4,
      width: Math.max(0, inner.right - inner.left),
      height: inner.bottom - m.top + 8,
    }))
      clip.setAttribute(k, v);
    back.replaceChildren();
    const values = ({ domain, ticks: wanted, log }, pixels, gap) =>
      Array.isArray(wanted)
        ? wanted
        : log
          ? powers(...domain)
          : ticks(...domain, Math.min(wanted ?? 6, Math.max(2, Math.floor(pixels / gap))));
    const text = (x, y, anchor, value, words = "tick") =>
      back.append(svg("text", { class: classes(words), x, y, "text-anchor": anchor }, value));
    const path = (d, words) => back.append(svg("path", { class: classes(words), d }));
    const show = (axis, v) => (axis.format ?? ((u) => String(u).replace("-", "−")))(v);
    if (!axes.y.hide) {
      for (const v of values(axes.y, inner.bottom - inner.top, 28)) {
        const y = p.y(v);
        if (axes.y.grid !== false) path(`M${inner.left},${y}H${inner.right}`, "grid");
        text(inner.left - 7, y + 4, "end", show(axes.y, v));
      }
      if (axes.y.label) text(0, m.top - 8 > 8 ? m.top - 10 : 10, "start", axes.y.label, "axis-label");
    }
    if (!axes.x.hide) {
      path(`M${inner.left},${inner.bottom + 0.5}H${inner.right}`, "axis");
      for (const v of values(axes.x, inner.right - inner.left, 34)) {
        if (axes.x.grid) path(`M${p.x(v)},${inner.top}V${inner.bottom}`, "grid");
        path(`M${p.x(v)},${inner.bottom}v4`, "axis");
        text(p.x(v), inner.bottom + 17, "middle", show(axes.x, v));
      }
      if (axes.x.label)
        text(
          (inner.left + inner.right) / 2,
          inner.bottom + 33,
          "middle",
          typeof axes.x.label === "function" ? axes.x.label(width) : axes.x.label,
          "axis-label",
        );
    }
  }

  const mark = (group, node, set) => {
    group.append(node);
    const it = {
      node,
      set: (...values) => {
        set(...values);
        return it;
      },
      show: (shown) => {
        node.style.display = shown ? "" : "none";
        return it;
      },
    };
    return it;
  };
  const path = (words, kind, data, group = marks) => {
    const node = svg("path", { class: classes(`${kind} ${words}`) });
    let last; // setting an attribute costs more than building its text
    return mark(group, node, (...values) => {
      const d = data(...values);
      if (d !== last) node.setAttribute("d", d);
      last = d;
    });
  };
  const px = (scale, values) => Array.from(values, scale);

  /** Line through xs, ys. `words` are classes without their prefix: a colour, then thin, bold, dashed, dotted. */
  p.line = (words) => path(words, "line", (xs, ys) => pathThrough(px(p.x, xs), px(p.y, ys)));
  /** Area between ys and `base` (a number, 0 by default, or one per x). */
  p.area = (words) =>
    path(words, "area", (xs, ys, base = 0) => {
      const across = px(p.x, xs),
        low = across.map((_, i) => p.y(typeof base === "number" ? base : base[i]));
      return across.length
        ? `${pathThrough([...across, ...across.slice().reverse()], [...px(p.y, ys), ...low.reverse()])}Z`
        : "";
    });
  /** Line across the whole plot at x (direction "x") or at y (direction "y"). */
  p.rule = (words, direction = "x") =>
    path(words, "line", (v) =>
      direction === "x"
        ? `M${p.x(v).toFixed(2)},${m.top}V${p.height - m.bottom}`
        : `M${m.left},${p.y(v).toFixed(2)}H${p.width - m.right}`,
    );
  /** Dots at points [[x, y], ...], radius in px. */
  p.dots = (words, radius = 3) =>
    path(words, "dots", (points) => points.map(([x, y]) => circlePath(p.x(x), p.y(y), radius)).join(""));
  /** Arrows [[x0, y0, x1, y1], ...]. One shorter than a pixel becomes a small ring, so that "nothing" can be seen. */
  p.arrows = (words) => {
    const rings = path(words, "rings", (points) => points.map(([x, y]) => circlePath(p.x(x), p.y(y), 3.2)).join(""));
    return path(words, "arrows", (arrows) => {
      const drawn = arrows.map((a) => arrowPath([p.x(a[0]), p.y(a[1]), p.x(a[2]), p.y(a[3])]));
      rings.set(arrows.filter((_, i) => drawn[i] === null));
      return drawn.filter(Boolean).join("");
    });
  };
  /** Text at (x, y), shifted by dx, dy px; it may lie outside the axes. */
  p.text = (words = "", { anchor = "start", dx = 0, dy = 0 } = {}) => {
    const node = svg("text", { class: classes(`text ${words}`), "text-anchor": anchor });
    return mark(loose, node, (x, y, value) => {
      change(node, "x", (p.x(x) + dx).toFixed(2));
      change(node, "y", (p.y(y) + dy).toFixed(2));
      if (node.textContent !== value) node.textContent = value;
    });
  };
  /** Canvas under the marks, sharp on any screen: `.paint((context) => …)` in px of the plot; it is cleared first. */
  p.canvas = () => {
    if (!canvas) {
      canvas = Object.assign(document.createElement("canvas"), { className: "me-canvas" });
      canvas.setAttribute("aria-hidden", "true");
      box.prepend(canvas);
      w.onTheme();
    }
    return {
      node: canvas,
      paint: (draw) => {
        const ratio = window.devicePixelRatio || 1,
          wide = Math.round(p.width * ratio),
          tall = Math.round(p.height * ratio);
        if (canvas.width !== wide || canvas.height !== tall) {
          Object.assign(canvas, { width: wide, height: tall });
          Object.assign(canvas.style, { width: `${p.width}px`, height: `${p.height}px` });
        }
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
      small = document.createElement("canvas");
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

  /** Handle to take hold of; its options are those of handle.mjs. */
  p.handle = (options) => {
    const made = handle(w, p, top, options);
    handles.push(made);
    return made;
  };
  return p;
}
