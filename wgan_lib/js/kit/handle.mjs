/** Handles: what a reader takes hold of, with mouse, pen, finger or keys. Made by `plot().handle(options)`. */
import { change, classes, svg } from "./elements.mjs";
import { clamp, fixed, keySteps, snap } from "./scales.mjs";

/**
 * Handle to drag, and to move with the keys (arrows .1, with shift 1, Page Up/Down 1, Home, End).
 * @param {object} w the frame
 * @param {object} p the plot
 * @param {Element} layer
 * @param {{trait?: string, value?: () => any, set?: (v) => void, range?: any, at: (v) => [number, number],
 *   from?: (x: number, y: number) => any, axis?: "x" | "y" | "xy", label: string, text?: (v) => string,
 *   colour?: string, hollow?: boolean, hint?: boolean, step?: number, grain?: number, grip?: {node: Element}}} options
 *   Either `trait` (value, range and set follow from the frame's state) or `value`, `set`, `range` (or its function).
 *   The value is a number, or [x, y] for axis "xy" with a range [[x0, x1], [y0, y1]]. `at(value)` says where the handle
 *   sits, `from(x, y)` which value a dragged-to point means; values snap to `grain`. `hint` lets it pulse until it is
 *   moved. `grip`: a mark that can be dragged as well, such as the area under a density.
 */
export function handle(w, p, layer, options) {
  const {
    trait,
    axis = "x",
    label,
    colour = "ink",
    hollow = false,
    hint = false,
    step = 0.1,
    grain = 0.01,
    grip,
  } = options;
  const plane = axis === "xy";
  const value = options.value ?? (() => w.get(trait));
  const range = () => (typeof options.range === "function" ? options.range() : options.range) ?? w.state[trait];
  const from = options.from ?? ((x, y) => (plane ? [x, y] : axis === "x" ? x : y));
  const text = options.text ?? ((v) => (plane ? v.map((u) => fixed(u)).join(", ") : fixed(v)));
  const fit = (v) => (plane ? v.map((u, i) => clamp(snap(u, grain), range()[i])) : clamp(snap(v, grain), range()));
  const put = options.set ?? ((v) => w.set({ [trait]: v }));
  const words = classes(`handle ${colour} ${hollow ? "hollow" : ""} ${hint ? "hint" : ""}`);
  const node = svg(
    "g",
    {
      class: words,
      role: "slider",
      tabindex: 0,
      "aria-label": label,
      "aria-orientation": axis === "y" ? "vertical" : "horizontal",
    },
    svg("circle", { class: "me-hit", r: 18 }),
    svg("circle", { class: "me-halo", r: 13 }),
    svg("circle", { class: "me-knob", r: hollow ? 5.5 : 7 }),
  );
  if (plane) node.setAttribute("aria-roledescription", "handle in the plane");
  layer.append(node);

  const move = (v) => {
    const next = fit(v);
    w.touched();
    node.classList.remove("me-hint");
    if (String(next) !== String(value())) put(next);
  };

  let held = null; // the pointer that drags, and how far from the handle's centre it took hold
  const point = (event) => {
    const corner = p.svg.getBoundingClientRect();
    return [p.x.invert(event.clientX - corner.left), p.y.invert(event.clientY - corner.top)];
  };
  const grab = (event) => {
    if (event.button !== 0 || held) return;
    const [x, y] = point(event),
      [hx, hy] = options.at(value());
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
  // A browser that pans the page takes the pointer away. touch-action would say when, but not inside an SVG (Chromium).
  node.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  grip?.node.classList.add("me-grip");
  let began = null;
  grip?.node.addEventListener(
    "touchstart",
    ({ touches: [touch] }) => {
      began = [touch.clientX, touch.clientY];
    },
    { passive: true },
  );
  grip?.node.addEventListener(
    "touchmove",
    (event) => {
      const { clientX, clientY } = event.touches[0],
        dx = Math.abs(clientX - began[0]),
        dy = Math.abs(clientY - began[1]);
      if (event.cancelable && (plane || (axis === "x" ? dx >= dy : dy >= dx))) event.preventDefault(); // else it is a scroll
    },
    { passive: false },
  );

  node.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const now = value(),
      ends = range(),
      end = { Home: 0, End: 1 }[event.key],
      steps = keySteps(event.key, event.shiftKey);
    if (end !== undefined) move(plane ? [ends[0][end], now[1]] : ends[end]);
    else if (steps)
      move(plane ? [now[0] + steps[0] * step, now[1] + steps[1] * step] : now + (steps[0] + steps[1]) * step);
    else return;
    event.preventDefault();
  });

  const place = () => {
    const v = value(),
      [x, y] = options.at(v),
      [lo, hi] = plane ? range()[0] : range();
    change(node, "transform", `translate(${p.x(x).toFixed(2)},${p.y(y).toFixed(2)})`);
    change(node, "aria-valuenow", String(plane ? v[0] : v));
    change(node, "aria-valuemin", String(lo));
    change(node, "aria-valuemax", String(hi));
    change(node, "aria-valuetext", text(v));
  };
  return {
    node,
    place,
    show: (shown) => {
      node.style.display = shown ? "" : "none";
    },
  };
}
