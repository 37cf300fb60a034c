/**
 * Plots for the widgets: scales, axes, marks and handles in one SVG. Widgets reach all of it through `frame().plot()` of kit.mjs,
 * whose header shows the vocabulary at work. The functions above `plot` are pure.
 */

/** Scale from `domain` to `range` (pixels), with `.invert`. */
export function linear([d0, d1], [r0, r1]) {
  const k = (r1 - r0) / (d1 - d0);
  return Object.assign((v) => r0 + (v - d0) * k, { invert: (p) => d0 + (p - r0) / k, domain: [d0, d1], range: [r0, r1] });
}

/** Scale with a base-10 logarithm; the domain is positive. */
export function logarithmic([d0, d1], range) {
  const inner = linear([Math.log10(d0), Math.log10(d1)], range);
  return Object.assign((v) => inner(Math.log10(v)), { invert: (p) => 10 ** inner.invert(p), domain: [d0, d1], range });
}

/** About `count` round numbers (1, 2 or 5 times a power of ten) inside [lo, hi]. */
export function ticks(lo, hi, count = 6) {
  const rough = (hi - lo) / Math.max(1, count);
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= rough * 0.999) ?? 10);
  const found = [];
  for (let i = Math.ceil(lo / step - 1e-9); i * step <= hi + step * 1e-9; i++) found.push(Number((i * step).toPrecision(12)) + 0);
  return found;
}

/** Powers of ten inside [lo, hi]. */
export function powers(lo, hi) {
  const found = [];
  for (let e = Math.ceil(Math.log10(lo) - 1e-9); e <= Math.log10(hi) + 1e-9; e++) found.push(10 ** e);
  return found;
}

/** `v` forced into [lo, hi]. */
export const clamp = (v, [lo, hi]) => Math.min(hi, Math.max(lo, v));

/** `v` on the nearest multiple of `grain`, without binary dust (0.30000000000000004). */
export const snap = (v, grain) => (grain > 0 ? Number((Math.round(v / grain) * grain).toFixed(10)) + 0 : v);

/** Number with a real minus sign and a fixed count of decimals; no "−0.00". */
export function fixed(v, digits = 2) {
  const text = Math.abs(v).toFixed(digits);
  return (v < 0 && Number(text) !== 0 ? "−" : "") + text;
}

/** Number as 3.1 × 10⁻⁹ once it is smaller than `from`, else fixed to 4 decimals. */
export function scientific(v, from = 1e-3, digits = 1) {
  if (v === 0 || Math.abs(v) >= from) return fixed(v, 4);
  const [mantissa, exponent] = Math.abs(v).toExponential(digits).split("e");
  const raised = [...String(Number(exponent))].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("");
  return `${v < 0 ? "−" : ""}${mantissa} × 10${raised}`;
}

/** Key of a slider or handle → how many small steps it asks for, as [along x, along y]; null for any other key. */
export function keySteps(key, shift) {
  const n = shift ? 10 : 1;
  const moves = { ArrowRight: [n, 0], ArrowLeft: [-n, 0], ArrowUp: [0, n], ArrowDown: [0, -n], PageUp: [0, 10], PageDown: [0, -10] };
  return moves[key] ?? null;
}

/** SVG path through (xs[i], ys[i]), already in pixels; a non-finite point breaks the line. */
export function pathThrough(xs, ys) {
  let path = "", pen = "M";
  for (let i = 0; i < xs.length; i++) {
    if (!Number.isFinite(xs[i]) || !Number.isFinite(ys[i])) { pen = "M"; continue; }
    path += pen + xs[i].toFixed(2) + "," + ys[i].toFixed(2);
    pen = "L";
  }
  return path;
}

/** SVG path of arrows [x0, y0, x1, y1] in pixels with open heads; null for those shorter than a pixel. */
export function arrowPath([x0, y0, x1, y1], head = 4.5) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (!(length >= 1)) return null;
  const h = Math.min(head, length * 0.75), ux = ((x1 - x0) / length) * h, uy = ((y1 - y0) / length) * h;
  const wing = (s) => `${(x1 - ux - s * uy * 0.6).toFixed(2)},${(y1 - uy + s * ux * 0.6).toFixed(2)}`;
  const tip = `${x1.toFixed(2)},${y1.toFixed(2)}`;
  return `M${x0.toFixed(2)},${y0.toFixed(2)}L${tip}M${wing(1)}L${tip}L${wing(-1)}`;
}

const circlePath = (x, y, r) => `M${(x - r).toFixed(2)},${y.toFixed(2)}a${r},${r} 0 1 0 ${2 * r},0a${r},${r} 0 1 0 ${-2 * r},0`;

/** SVG element with attributes. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) if (value != null) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const change = (node, name, value) => { if (node.getAttribute(name) !== value) node.setAttribute(name, value); };
const classes = (words) => words.split(/\s+/).filter(Boolean).map((word) => `me-${word}`).join(" ");
let serial = 0;

/**
 * One plot. Made by `frame().plot(options)`; all coordinates below are data coordinates unless named px.
 * @param {{invalidate: () => void, get: (t: string) => any, set: (c: object) => void, state: object, touched: () => void,
 *   onTheme: () => void}} w the frame
 * @param {Element} parent
 * @param {{height: number | ((width: number) => number), label: string, margin?: object, x?: object, y?: object}} options
 *   `label` describes the picture to those who cannot see it. Axis: `{domain, label, ticks (count, or numbers), format, grid, log, hide}`; the label of x may be a function of the width in px.
 */
export function plot(w, parent, { height, label, margin = {}, x: xAxis = {}, y: yAxis = {} }) {
  const id = `me-clip-${++serial}-${Math.random().toString(36).slice(2, 7)}`;
  const box = parent.appendChild(Object.assign(document.createElement("div"), { className: "me-plot" }));
  const picture = svg("g", { role: "img", "aria-label": label });
  const clip = svg("rect"), back = svg("g", { class: "me-axes" }), marks = svg("g", { "clip-path": `url(#${id})` });
  const loose = svg("g"), top = svg("g");
  picture.append(back, marks, loose);
  const root = svg("svg", { class: "me-svg" }, svg("clipPath", { id }, clip), picture, top);
  box.append(root);
  const axes = { x: { domain: [0, 1], ...xAxis }, y: { domain: [0, 1], ...yAxis } };
  const m = { top: 8, right: 12, bottom: axes.x.hide ? 8 : axes.x.label ? 38 : 24, left: axes.y.hide ? 12 : 40, ...margin };
  const handles = [];
  let canvas = null, axesKey = "";

  const p = { node: box, svg: root, width: 0, height: 0, margin: m };

  /** Fits the plot to `width` px. */
  p.layout = (width) => {
    p.width = width;
    p.height = typeof height === "function" ? height(width) : height;
    for (const [name, range] of [["x", [m.left, width - m.right]], ["y", [p.height - m.bottom, m.top]]]) {
      const { log, domain } = axes[name];
      p[name] = (log ? logarithmic : linear)(domain, range);
    }
  };
  /** New domains, for instance `p.extent({ y: [0, 2] })`; call it first in a draw function. */
  p.extent = (domains) => {
    for (const name of Object.keys(domains)) axes[name].domain = domains[name];
    p.layout(p.width);
  };
  /** Draws axes (only when they changed) and puts the handles where they belong; called by the frame after each draw. */
  p.finish = () => {
    const key = [p.width, p.height, ...axes.x.domain, ...axes.y.domain].join();
    if (key !== axesKey) drawAxes();
    axesKey = key;
    for (const handle of handles) handle.place();
  };
  p.show = (shown) => { box.style.display = shown ? "" : "none"; };
  /** Takes the width of its column; called by the frame when the widget's own width changed. */
  p.measure = (fallback) => p.layout(Math.max(120, Math.floor(box.clientWidth || fallback)));
  /** Replaces the description of the picture. */
  p.describe = (text) => change(picture, "aria-label", text);

  function drawAxes() {
    const { width, height: h } = p, inner = { left: m.left, right: width - m.right, top: m.top, bottom: h - m.bottom };
    root.setAttribute("viewBox", `0 0 ${width} ${h}`);
    root.setAttribute("width", width);
    root.setAttribute("height", h);
    for (const [k, v] of Object.entries({ x: inner.left, y: m.top - 4, width: Math.max(0, inner.right - inner.left), height: inner.bottom - m.top + 8 })) clip.setAttribute(k, v);
    back.replaceChildren();
    const values = ({ domain, ticks: wanted, log }, pixels, gap) =>
      Array.isArray(wanted) ? wanted : log ? powers(...domain) : ticks(...domain, Math.min(wanted ?? 6, Math.max(2, Math.floor(pixels / gap))));
    const text = (x, y, anchor, value, words = "tick") => back.append(svg("text", { class: classes(words), x, y, "text-anchor": anchor }, value));
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
      if (axes.x.label) text((inner.left + inner.right) / 2, inner.bottom + 33, "middle", typeof axes.x.label === "function" ? axes.x.label(width) : axes.x.label, "axis-label");
    }
  }

  const mark = (group, node, set) => {
    group.append(node);
    const it = { node, set: (...values) => { set(...values); return it; }, show: (shown) => { node.style.display = shown ? "" : "none"; return it; } };
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
  p.area = (words) => path(words, "area", (xs, ys, base = 0) => {
    const across = px(p.x, xs), low = across.map((_, i) => p.y(typeof base === "number" ? base : base[i]));
    return across.length ? pathThrough([...across, ...across.slice().reverse()], [...px(p.y, ys), ...low.reverse()]) + "Z" : "";
  });
  /** Line across the whole plot at x (direction "x") or at y (direction "y"). */
  p.rule = (words, direction = "x") => path(words, "line", (v) => direction === "x"
    ? `M${p.x(v).toFixed(2)},${m.top}V${p.height - m.bottom}` : `M${m.left},${p.y(v).toFixed(2)}H${p.width - m.right}`);
  /** Dots at points [[x, y], ...], radius in px. */
  p.dots = (words, radius = 3) => path(words, "dots", (points) => points.map(([x, y]) => circlePath(p.x(x), p.y(y), radius)).join(""));
  /** Arrows [[x0, y0, x1, y1], ...]. One shorter than a pixel becomes a small ring, so that "nothing" can be seen. */
  p.arrows = (words) => {
    const rings = path(words, "rings", (points) => points.map(([x, y]) => circlePath(p.x(x), p.y(y), 3.2)).join(""));
    return path(words, "arrows", (arrows) => {
      const still = [];
      const drawn = arrows.map((a) => arrowPath([p.x(a[0]), p.y(a[1]), p.x(a[2]), p.y(a[3])]) ?? (still.push(a), ""));
      rings.set(still);
      return drawn.join("");
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
  /** Canvas under the marks, sharp on any screen: `layer.paint(context => ...)` in px of the plot; it is cleared first. */
  p.canvas = () => {
    if (!canvas) {
      canvas = Object.assign(document.createElement("canvas"), { className: "me-canvas" });
      canvas.setAttribute("aria-hidden", "true");
      box.prepend(canvas);
      w.onTheme();
    }
    return { node: canvas, paint: (draw) => {
      const ratio = window.devicePixelRatio || 1, wide = Math.round(p.width * ratio), tall = Math.round(p.height * ratio);
      if (canvas.width !== wide || canvas.height !== tall) {
        Object.assign(canvas, { width: wide, height: tall });
        Object.assign(canvas.style, { width: `${p.width}px`, height: `${p.height}px` });
      }
      const context = canvas.getContext("2d");
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, p.width, p.height);
      draw(context);
    } };
  };
  /** Picture of values on a regular grid that fills the axes: `.set(values, columns, rows, colour)`; row 0 is at the smallest y, `colour(v) → [r, g, b]`. */
  p.surface = () => {
    const layer = p.canvas(), small = document.createElement("canvas");
    return { node: layer.node, set: (values, columns, rows, colour) => {
      Object.assign(small, { width: columns, height: rows });
      const context = small.getContext("2d"), image = context.createImageData(columns, rows);
      for (let i = 0; i < columns * rows; i++) {
        const at = ((rows - 1 - Math.floor(i / columns)) * columns + (i % columns)) * 4;
        image.data.set([...colour(values[i]), 255], at);
      }
      context.putImageData(image, 0, 0);
      layer.paint((c) => {
        c.imageSmoothingEnabled = true;
        c.drawImage(small, m.left, m.top, p.width - m.left - m.right, p.height - m.top - m.bottom);
      });
    } };
  };

  /**
   * Handle to drag with mouse, pen or finger and to move with the keys (arrows .1, with shift 1, Home, End).
   * @param {{trait?: string, value?: () => any, set?: (v) => void, range?: any, at: (v) => [number, number],
   *   from?: (x: number, y: number) => any, axis?: "x" | "y" | "xy", label: string, text?: (v) => string, colour?: string,
   *   hollow?: boolean, hint?: boolean, step?: number, grain?: number, grip?: {node: Element}}} options
   *   Either `trait` (value, range and set follow from the frame's state) or `value`, `set`, `range`. The value is a number, or [x, y] for axis
   *   "xy" with a range [[x0, x1], [y0, y1]]. `at(value)` says where the handle sits, `from(x, y)` what value a dragged-to point means.
   *   `grip`: a mark that can be dragged as well, such as the area under a density.
   */
  p.handle = (options) => {
    const { trait, axis = "x", label: name, colour = "ink", hollow = false, step = 0.1, grain = 0.01, grip } = options;
    const plane = axis === "xy";
    const value = options.value ?? (() => w.get(trait));
    const range = () => (typeof options.range === "function" ? options.range() : options.range) ?? w.state[trait];
    const from = options.from ?? ((x, y) => (plane ? [x, y] : axis === "x" ? x : y));
    const text = options.text ?? ((v) => `${name} ${plane ? v.map((u) => fixed(u)).join(", ") : fixed(v)}`);
    const fit = (v) => (plane ? v.map((u, i) => clamp(snap(u, grain), range()[i])) : clamp(snap(v, grain), range()));
    const move = (v) => {
      const next = fit(v);
      w.touched();
      node.classList.remove("me-hint");
      if (String(next) !== String(value())) (options.set ?? ((u) => w.set({ [trait]: u })))(next);
    };
    const node = svg("g", { class: classes(`handle ${colour} ${hollow ? "hollow" : ""} drag-${axis} ${options.hint ? "hint" : ""}`), role: "slider", tabindex: 0, "aria-label": name },
      svg("circle", { class: "me-hit", r: 18 }), svg("circle", { class: "me-halo", r: 13 }), svg("circle", { class: "me-knob", r: hollow ? 5.5 : 7 }));
    node.setAttribute("aria-orientation", axis === "y" ? "vertical" : "horizontal");
    if (plane) node.setAttribute("aria-roledescription", "handle in the plane");
    top.append(node);

    let held = null;
    const point = (event) => {
      const corner = root.getBoundingClientRect();
      return [p.x.invert(event.clientX - corner.left), p.y.invert(event.clientY - corner.top)];
    };
    const grab = (event) => {
      if (event.button !== 0 || held) return;
      const [x, y] = point(event), [hx, hy] = options.at(value());
      held = { pointer: event.pointerId, dx: hx - x, dy: hy - y };
      event.currentTarget.setPointerCapture(event.pointerId);
      node.classList.add("me-held");
      node.focus({ preventScroll: true });
      event.preventDefault();
    };
    const drag = (event) => {
      if (held?.pointer !== event.pointerId) return;
      const [x, y] = point(event);
      move(from(x + held.dx, y + held.dy));
    };
    const drop = (event) => {
      if (held?.pointer !== event.pointerId) return;
      held = null;
      node.classList.remove("me-held");
    };
    for (const target of grip ? [node, grip.node] : [node]) {
      target.addEventListener("pointerdown", grab);
      target.addEventListener("pointermove", drag);
      for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) target.addEventListener(end, drop);
    }
    grip?.node.classList.add("me-grip", `me-drag-${axis}`);
    node.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const now = value(), ends = range(), end = { Home: 0, End: 1 }[event.key], steps = keySteps(event.key, event.shiftKey);
      if (end !== undefined) move(plane ? [ends[0][end], now[1]] : ends[end]);
      else if (steps) move(plane ? [now[0] + steps[0] * step, now[1] + steps[1] * step] : now + (steps[0] + steps[1]) * step);
      else return;
      event.preventDefault();
    });
    const it = {
      node,
      show: (shown) => { node.style.display = shown ? "" : "none"; return it; },
      place: () => {
        const v = value(), [x, y] = options.at(v), ends = range();
        change(node, "transform", `translate(${p.x(x).toFixed(2)},${p.y(y).toFixed(2)})`);
        const now = String(plane ? v[0] : v), [lo, hi] = plane ? ends[0] : ends;
        const aria = { "aria-valuenow": now, "aria-valuemin": lo, "aria-valuemax": hi, "aria-valuetext": text(v) };
        for (const [k, u] of Object.entries(aria)) change(node, k, String(u));
      },
    };
    handles.push(it);
    return it;
  };
  return p;
}
