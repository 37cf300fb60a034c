/**
 * Plots for the widgets: axes and marks in one SVG, canvases under it, handles over it. Widgets reach all of it through
 * `w.plot()` of kit.mjs, whose header shows the vocabulary at work.
 */
import { addCanvas } from "./canvas.mjs";
import { drag } from "./drag.mjs";
import { change, classes, html, svg } from "./elements.mjs";
import { handle } from "./handle.mjs";
import { arrowPath, circlePath, linear, logarithmic, pathThrough, powers, ticks } from "./scales.mjs";

let serial = 0;

/**
 * One plot. Made by `w.plot(options)`; all coordinates below are data coordinates unless named px.
 * @param {object} w the frame
 * @param {Element} parent
 * @param {{height: number | ((width: number, narrow: boolean) => number), label: string, shaped?: boolean, margin?:
 *   object,
 *   x?: object, y?: object}} options
 *   `label` describes the picture to those who cannot see it. `shaped`: the height belongs to the width (a map), so the
 *   larger view does not stretch it. An axis is `{ domain, label, ticks, format, grid, log, hide }`: `ticks` a count or
 *   the numbers themselves; the label of x may be a function of the width in px.
 */
export function plot(w, parent, options) {
  const p = canvasOf(w, parent, options);
  addLayout(w, p, options);
  addMarks(p);
  addCanvas(w, p);
  /** Handle to take hold of; its options are those of handle.mjs. */
  p.handle = (wanted) => {
    const made = handle(w, p, p.top, wanted);
    p.handles.push(made);
    return made;
  };
  /**
   * Lets pointers drag anywhere in the plot, not only by handles: `{ start, move, end }` of drag.mjs with points
   * { x, y } in data coordinates and { px, py }.
   */
  p.drag = (on, { axis = "xy" } = {}) => {
    const layer = p.node.appendChild(html("div", { class: "me-brush" }));
    const data = ({ x, y }) => ({ x: p.x.invert(x), y: p.y.invert(y), px: x, py: y });
    const told = (fn) => fn && ((at, ...rest) => fn(data(at), ...rest));
    drag(layer, { start: told(on.start), move: told(on.move), end: told(on.end) }, { axis, w });
    return layer;
  };
  return p;
}

/** The elements of a plot, and its axes' settings. */
function canvasOf(w, parent, { label, margin = {}, x = {}, y = {} }) {
  const id = `me-clip-${++serial}-${Math.random().toString(36).slice(2, 7)}`;
  const p = { width: 0, height: 0, handles: [], axes: { x: { domain: [0, 1], ...x }, y: { domain: [0, 1], ...y } } };
  p.margin = { top: 8, right: 12, bottom: x.hide ? 8 : x.label ? 38 : 24, left: y.hide ? 12 : 40, ...margin };
  p.clip = svg("rect");
  p.back = svg("g", { class: "me-axes" });
  p.marks = svg("g", { "clip-path": `url(#${id})` });
  p.loose = svg("g");
  p.top = svg("g");
  p.picture = svg("g", { role: "img", "aria-label": label }, p.back, p.marks, p.loose);
  p.svg = svg("svg", { class: "me-svg", role: "none" }, svg("clipPath", { id }, p.clip), p.picture, p.top);
  p.node = parent.appendChild(html("div", { class: "me-plot" }, p.svg));
  w.undo.push(() => p.node.remove());
  return p;
}

function addLayout(w, p, { height, shaped }) {
  const { axes, margin: m } = p;
  let axesKey = "";
  /** Fits the plot to `width` px. */
  p.layout = (width) => {
    p.width = width;
    p.height = Math.round((typeof height === "function" ? height(width, w.narrow) : height) * (shaped ? 1 : w.zoom));
    const ranges = { x: [m.left, width - m.right], y: [p.height - m.bottom, m.top] };
    for (const [name, range] of Object.entries(ranges)) {
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
    if (key !== axesKey) drawAxes(p);
    axesKey = key;
    for (const made of p.handles) made.place();
  };
  p.show = (shown) => {
    p.node.style.display = shown ? "" : "none";
  };
  /** Takes the width of its column; called by the frame when the widget's own width changed. */
  p.measure = (fallback) => p.layout(Math.max(120, Math.floor(p.node.clientWidth || fallback)));
  /** Replaces the description of the picture. */
  p.describe = (text) => change(p.picture, "aria-label", text);
}

/** Where the ticks of an axis stand, with `gap` px or more from one to the next. */
function tickValues({ domain, ticks: wanted, log }, pixels, gap) {
  if (Array.isArray(wanted)) return wanted;
  return log ? powers(...domain) : ticks(...domain, Math.min(wanted ?? 6, Math.max(2, Math.floor(pixels / gap))));
}

function drawAxes(p) {
  const { width, height, margin: m, axes, back } = p;
  const inner = { left: m.left, right: width - m.right, top: m.top, bottom: height - m.bottom };
  const clip = { x: inner.left, y: m.top - 4, width: inner.right - inner.left, height: inner.bottom - m.top + 8 };
  for (const [name, v] of Object.entries({ viewBox: `0 0 ${width} ${height}`, width, height }))
    p.svg.setAttribute(name, v);
  for (const [name, v] of Object.entries(clip)) p.clip.setAttribute(name, Math.max(0, v));
  back.replaceChildren();
  const text = (x, y, anchor, value, words = "tick") =>
    back.append(svg("text", { class: classes(words), x, y, "text-anchor": anchor }, value));
  const path = (d, words) => back.append(svg("path", { class: classes(words), d }));
  const show = (axis, v) => (axis.format ?? ((u) => String(u).replace("-", "−")))(v);
  const named = (axis) => (typeof axis.label === "function" ? axis.label(width) : axis.label);
  if (!axes.y.hide) {
    for (const v of tickValues(axes.y, inner.bottom - inner.top, 28)) {
      if (axes.y.grid !== false) path(`M${inner.left},${p.y(v)}H${inner.right}`, "grid");
      text(inner.left - 7, p.y(v) + 4, "end", show(axes.y, v));
    }
    if (axes.y.label) text(0, m.top - 8 > 8 ? m.top - 10 : 10, "start", named(axes.y), "axis-label");
  }
  if (axes.x.hide) return;
  path(`M${inner.left},${inner.bottom + 0.5}H${inner.right}`, "axis");
  for (const v of tickValues(axes.x, inner.right - inner.left, 34)) {
    if (axes.x.grid) path(`M${p.x(v)},${inner.top}V${inner.bottom}`, "grid");
    path(`M${p.x(v)},${inner.bottom}v4`, "axis");
    text(p.x(v), inner.bottom + 17, "middle", show(axes.x, v));
  }
  if (!axes.x.label) return;
  const words = named(axes.x),
    half = 3.2 * words.length; // px of letters of 12 px: a long label keeps to the plot, its middle where there is room
  const middle = Math.max(half, Math.min(width - half, (inner.left + inner.right) / 2));
  text(middle, inner.bottom + 33, "middle", words, "axis-label");
}

/** A mark in `group`, with `.set(…)` for its data and `.show(yes)`; both give the mark back. */
function mark(group, node, set) {
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
    /** Other classes: `.dress("critic dashed")`. */
    dress: (words) => {
      change(node, "class", classes(`${it.kind} ${words}`));
      return it;
    },
  };
  return it;
}

function addMarks(p) {
  const path = (words, kind, data) => {
    const node = svg("path", { class: classes(`${kind} ${words}`) });
    let last; // setting an attribute costs more than building its text
    const it = mark(p.marks, node, (...values) => {
      const d = data(...values);
      if (d !== last) node.setAttribute("d", d);
      last = d;
    });
    return Object.assign(it, { kind });
  };
  const px = (scale, values) => Array.from(values, scale);
  /** Line through xs, ys. `words` are classes without their prefix: a colour, then thin, bold, dashed, dotted. */
  p.line = (words) => path(words, "line", (xs, ys) => pathThrough(px(p.x, xs), px(p.y, ys)));
  /** Any path: `.set(d)` in px of the plot. */
  p.path = (words, kind = "line") => path(words, kind, (d) => d);
  /** Area between ys and `base` (a number, 0 by default, or one per x). */
  p.area = (words) =>
    path(words, "area", (xs, ys, base = 0) => {
      if (!xs.length) return "";
      const across = px(p.x, xs),
        low = across.map((_, i) => p.y(typeof base === "number" ? base : base[i]));
      return `${pathThrough([...across, ...across.toReversed()], [...px(p.y, ys), ...low.reverse()])}Z`;
    });
  /** Line across the whole plot at x (direction "x") or at y (direction "y"). */
  p.rule = (words, direction = "x") =>
    path(words, "line", (v) =>
      direction === "x"
        ? `M${p.x(v).toFixed(2)},${p.margin.top}V${p.height - p.margin.bottom}`
        : `M${p.margin.left},${p.y(v).toFixed(2)}H${p.width - p.margin.right}`,
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
    const it = mark(p.loose, node, (x, y, value) => {
      change(node, "x", (p.x(x) + dx).toFixed(2));
      change(node, "y", (p.y(y) + dy).toFixed(2));
      if (node.textContent !== value) node.textContent = value;
    });
    return Object.assign(it, { kind: "text" });
  };
}
