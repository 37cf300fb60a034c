/** Handles: what a reader takes hold of, with mouse, pen, finger or keys. Made by `plot().handle(options)`. */
import { drag } from "./drag.mjs";
import { change, classes, svg } from "./elements.mjs";
import { clamp, fixed, keySteps, snap } from "./scales.mjs";

/**
 * Handle to drag, and to move with the keys (arrows .1, with shift 1, Page Up/Down 1, Home, End).
 * @param {object} w the frame
 * @param {object} p the plot
 * @param {Element} layer
 * @param {{trait?: string, value?: () => any, set?: (v) => void, range?: any, at: (v) => [number, number],
 *   from?: (x: number, y: number) => any, axis?: "x" | "y" | "xy", label: string, text?: (v) => string, tip?: string,
 *   colour?: string, hollow?: boolean, hint?: boolean, step?: number, grain?: number, grip?: {node: Element},
 *   grips?: boolean, rove?: object}} options
 *   `trait`: value, range and set follow from the frame's state, else give `value`, `set`, `range` (or its function)
 *   and
 *   the trait it belongs to. The value is a number, or [x, y] for axis "xy" with a range [[x0, x1], [y0, y1]].
 *   `at(value)` says where the handle sits, `from(x, y)` which value a dragged-to point means; values snap to `grain`.
 *   `tip`: a word beside the handle while it is pointed at, focused, or still untouched. `hint` lets it pulse until
 *   then.
 *   `grip`: a mark that can be dragged as well, such as the area under a density. `rove`: from `roving()`, one tab stop
 *   for many handles.
 */
export function handle(w, p, layer, options) {
  const { trait, axis = "x", step = 0.1, grain = 0.01, hint = false, hollow = false } = options;
  const plane = axis === "xy";
  const value = options.value ?? (() => w.get(trait));
  const range = () => (typeof options.range === "function" ? options.range() : options.range) ?? w.reach[trait];
  const from = options.from ?? ((x, y) => (plane ? [x, y] : axis === "x" ? x : y));
  const fit = (v) => (plane ? v.map((u, i) => clamp(snap(u, grain), range()[i])) : clamp(snap(v, grain), range()));
  const put = options.set ?? ((v) => w.change({ [trait]: v }));
  const node = shape(options, hint, hollow);
  layer.append(node);
  options.rove?.add(node);
  const move = (v) => {
    const next = fit(v);
    if (String(next) !== String(value())) put(next);
    else w.touched();
  };
  dragging(w, p, node, { ...options, axis, value, from, move });
  node.addEventListener("keydown", (event) => {
    const next = keyed(event, { plane, step, now: value(), range: range(), rove: options.rove });
    if (next === undefined) return;
    event.preventDefault();
    if (next !== null) move(next);
  });
  return {
    node,
    move,
    place: () => place(p, node, { ...options, plane, value: value(), range: range() }),
    show: (shown) => {
      node.style.display = shown ? "" : "none";
    },
  };
}

function shape({ trait, label, axis, colour = "ink", tip }, hint, hollow) {
  const node = svg(
    "g",
    {
      class: classes(`handle ${colour} ${hollow ? "hollow" : ""} ${hint ? "hint" : ""}`),
      role: "slider",
      tabindex: 0,
      "aria-label": label,
      "aria-orientation": axis === "y" ? "vertical" : "horizontal",
      "data-trait": trait,
    },
    svg("title", {}, label),
    svg("circle", { class: "me-hit", r: 18 }),
    svg("circle", { class: "me-halo", r: 13 }),
    svg("circle", { class: "me-knob", r: hollow ? 5.5 : 7 }),
  );
  if (tip) node.append(svg("text", { class: "me-tip", "text-anchor": "middle", y: -17 }, tip));
  if (axis === "xy") node.setAttribute("aria-roledescription", "handle in the plane");
  return node;
}

/** A drag keeps the distance at which the pointer took hold, so that nothing jumps. */
function dragging(w, p, node, { axis, value, from, at, move, grip }) {
  let off = null;
  const on = {
    start: (px) => {
      const [x, y] = at(value());
      off = [p.x(x) - px.x, p.y(y) - px.y];
      w.touched();
      node.classList.add("me-held");
      node.focus({ preventScroll: true });
    },
    move: (px) => move(from(p.x.invert(px.x + off[0]), p.y.invert(px.y + off[1]))),
    end: () => node.classList.remove("me-held"),
  };
  drag(node, on, { within: p.node, axis, w });
  if (!grip) return;
  grip.node.classList.add("me-grip");
  drag(grip.node, on, { within: p.node, axis, yields: true, w });
}

/** The value a key asks for; null where the key was for something else here, undefined where it is not ours. */
function keyed(event, { plane, step, now, range, rove }) {
  if (event.altKey || event.ctrlKey || event.metaKey) return undefined;
  if (rove?.keys(event)) return null;
  const end = { Home: 0, End: 1 }[event.key],
    steps = keySteps(event.key, event.shiftKey);
  if (end !== undefined) return plane ? [range[0][end], now[1]] : range[end];
  if (!steps) return undefined;
  return plane ? [now[0] + steps[0] * step, now[1] + steps[1] * step] : now + (steps[0] + steps[1]) * step;
}

function place(p, node, { at, text, plane, value, range }) {
  const [x, y] = at(value),
    [lo, hi] = plane ? range[0] : range;
  const said = text ?? ((v) => (plane ? v.map((u) => fixed(u)).join(", ") : fixed(v)));
  change(node, "transform", `translate(${p.x(x).toFixed(2)},${p.y(y).toFixed(2)})`);
  change(node, "aria-valuenow", String(plane ? value[0] : value));
  change(node, "aria-valuemin", String(lo));
  change(node, "aria-valuemax", String(hi));
  change(node, "aria-valuetext", said(value));
}

/**
 * Many handles behind one tab stop: the keys named step to the next or the one before. `roving()` for handles that go
 * up
 * and down, whose left and right arrows are free; `roving("PageUp", "PageDown")` for those that use all arrows.
 */
export function roving(before = "ArrowLeft", after = "ArrowRight") {
  const nodes = [];
  const here = (node) => nodes.forEach((other) => other.setAttribute("tabindex", other === node ? 0 : -1));
  return {
    add: (node) => {
      nodes.push(node);
      here(nodes[0]);
      node.addEventListener("focus", () => here(node));
    },
    keys: (event) => {
      const way = event.key === before ? -1 : event.key === after ? 1 : 0;
      const next = nodes[nodes.indexOf(event.currentTarget) + way];
      if (way) next?.focus();
      return way !== 0;
    },
  };
}
