/**
 * The kit every widget of the book stands on. A widget is an anywidget module whose traits are its whole state:
 *
 *     import { frame } from "./kit.mjs";
 *     import { fixed } from "./scales.mjs";
 *
 *     function render({ model, el }) {
 *       const w = frame({ model, el, name: "parallel-lines", label: "Two parallel lines",
 *                         state: { theta: [-2, 2], unit: ["nats", "bits"], heights: [0, 1] } }); // ranges, choices
 *       w.choice({ trait: "unit", label: "Unit" });            // controls: one row above
 *       const p = w.plot({ height: 220, label: "…", x: { domain: [-2, 2], label: "θ" }, y: { hide: true } });
 *       const real = p.line("real"), fake = p.line("generated dashed");
 *       p.handle({ trait: "theta", colour: "generated", label: "position of Q", at: (theta) => [theta, 0.5] });
 *       w.draw(() => {                                 // once per frame, when a trait, the width or the theme changed
 *         real.set([0, 0], [0, 1]);
 *         fake.set([w.get("theta"), w.get("theta")], [0, 1]);
 *         w.readout([{ label: "W₁", value: fixed(Math.abs(w.get("theta")), 4), colour: "critic" }]);
 *       });
 *       return w.done;
 *     }
 *     export default { render };
 *
 * Vocabulary of the frame `w`
 *   get(trait)  set({ trait: value, … })   the state; set() saves to Python once per frame and asks for a draw
 *   choice, slider, check, button          native controls; `choice` and `slider` read choices and range from `state`
 *   plot({ height, label, x, y, margin, parent })   see plot.mjs: line, area, rule, dots, arrows, text, canvas,
 *   surface,
 *                                          handle, extent, describe
 *   columns(min)                           a row of plots that wraps below `min` px each; pass it as `parent`
 *   draw(fn)                               fn runs before each paint that needs it; `w.width` is the width in px
 *   readout([{ label, value, note, colour }])   the line of numbers below; spoken politely after a pause
 *   animate(ms, fn)                        fn(0…1) on each frame, at once fn(1) under reduced motion; returns stop()
 *   colour(name)                           the theme's colour as text, for canvases: colour("real")
 *   still                                  true when the reader asked for reduced motion
 *   done                                   the cleanup that render returns
 * Colours (classes of marks and handles, custom properties --me-… of widgets.css): real, generated, mixture, critic,
 * js,
 * non-saturating, ink, muted. "Reset" and "Copy link" come by themselves; a link needs a static page (link.mjs).
 */
import { addControls } from "./controls.mjs";
import { html } from "./elements.mjs";
import { linked } from "./link.mjs";
import { plot } from "./plot.mjs";

/**
 * The frame around one widget: state, controls, plots, readout, link, reset.
 * @param {{model: object, el: HTMLElement, name: string, label: string, state: object}} options `state` gives each
 *   trait that links and reset carry: a range [lo, hi] (of each element, where the trait is a list), choices, or true.
 */
export function frame({ model, el, name, label, state }) {
  const traits = Object.keys(state),
    plots = [],
    draws = [],
    undo = [],
    running = new Set();
  const initial = Object.fromEntries(traits.map((t) => [t, structuredClone(model.get(t))]));
  const motion = window.matchMedia("(prefers-reduced-motion: reduce)");
  const status = html("span", { class: "me-spoken", "aria-live": "polite" });
  const inputs = html("div", { class: "me-inputs" }),
    actions = html("div", { class: "me-actions" });
  const controls = html("div", { class: "me-controls" }, inputs, actions);
  const body = html("div", { class: "me-body" }),
    values = html("dl", { class: "me-readout" });
  const task = html("p", { class: "me-task" });
  const root = html(
    "div",
    { class: "me-widget me-bare", role: "group", "aria-label": label },
    task,
    controls,
    body,
    values,
    status,
  );
  el.append(root);

  let request = 0,
    unsaved = false,
    speech = 0,
    entries = [],
    drawing = false,
    measured = "";
  const w = { state, root, width: 0, get: (trait) => model.get(trait) };

  w.set = (changes) => {
    for (const [trait, value] of Object.entries(changes)) model.set(trait, value);
    unsaved = true;
    w.invalidate();
  };
  w.invalidate = () => {
    if (!request && !drawing) request = requestAnimationFrame(paint);
  };
  w.touched = () => {
    for (const node of root.querySelectorAll(".me-hint")) node.classList.remove("me-hint");
    root.dispatchEvent(new CustomEvent("widget-touched", { bubbles: true }));
  };
  w.draw = (fn) => {
    draws.push(fn);
    w.invalidate();
  };

  function paint() {
    cancelAnimationFrame(request);
    request = 0;
    if (unsaved) model.save_changes();
    unsaved = false;
    if (!(w.width > 0)) return;
    drawing = true;
    try {
      if (measured !== `${w.width} ${plots.length}`) for (const p of plots) p.measure(w.width);
      measured = `${w.width} ${plots.length}`;
      for (const fn of draws) fn();
      for (const p of plots) p.finish();
    } finally {
      drawing = false;
    }
  }

  // The first observation comes before the first paint, so the reader never sees an empty frame.
  // Heights follow widths, never the other way, so it cannot go round in circles.
  const observer = new ResizeObserver(() => {
    const width = Math.floor(body.clientWidth);
    if (width === w.width) return;
    w.width = width;
    paint();
  });
  observer.observe(body);
  undo.push(() => observer.disconnect());
  for (const trait of [...traits, "task"]) {
    model.on(`change:${trait}`, w.invalidate);
    undo.push(() => model.off(`change:${trait}`, w.invalidate));
  }
  w.draw(() => {
    const text = model.get("task") ?? "";
    if (task.textContent !== text) task.textContent = text;
    task.hidden = !text;
  });

  addControls(w, name, inputs);
  /** Row of plots that wraps once each would be narrower than `min` px. */
  w.columns = (min) => body.appendChild(html("div", { class: "me-columns", style: `--me-min:${min}px` }));
  w.plot = ({ parent = body, ...options }) => {
    const p = plot(w, parent, options);
    plots.push(p);
    return p;
  };

  w.readout = (next) => {
    const cells = values.children;
    if (
      next.length !== entries.length ||
      next.some((e, i) => e.label !== entries[i].label || e.colour !== entries[i].colour)
    ) {
      values.replaceChildren(
        ...next.map(({ label: words, colour }) =>
          html(
            "div",
            { class: `me-${colour ?? "ink"}` },
            html("dt", {}, words),
            html("dd", {}, html("span", { class: "me-value" }), html("span", { class: "me-note" })),
          ),
        ),
      );
      entries = next.map(() => ({}));
    }
    next.forEach((e, i) => {
      const [value, note] = cells[i].lastChild.children;
      if (e.value !== entries[i].value) value.textContent = e.value;
      if (e.note !== entries[i].note) note.textContent = e.note ?? "";
    });
    entries = next;
    clearTimeout(speech);
    const speak = () => {
      const text = next.map((e) => `${e.label} ${e.value} ${e.note ?? ""}`.trim()).join("; ");
      if (status.textContent !== text) status.textContent = text;
    };
    // A drag must not flood a screen reader: it hears the numbers once they rest. At the start they are unannounced.
    if (status.textContent) speech = setTimeout(speak, 600);
    else speak();
  };

  Object.defineProperty(w, "still", { get: () => motion.matches });
  w.animate = (ms, fn) => {
    let stopped = false,
      began;
    const stop = () => {
      stopped = true;
      running.delete(stop);
    };
    const step = (now) => {
      if (stopped) return;
      began ??= now;
      const t = Math.min(1, (now - began) / ms);
      fn(t);
      if (t < 1) requestAnimationFrame(step);
      else running.delete(stop);
    };
    if (motion.matches || !(ms > 0)) fn(1);
    else {
      running.add(stop);
      requestAnimationFrame(step);
    }
    return stop;
  };
  w.colour = (colour) => {
    const probe = root.appendChild(html("i", { style: `color:var(--me-${colour})` })),
      found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  let themed = false;
  /** Redraws when the theme changes; only canvases need it, so plots with one ask for it. */
  w.onTheme = () => {
    if (themed) return;
    themed = true;
    const watch = new MutationObserver(w.invalidate),
      dark = window.matchMedia("(prefers-color-scheme: dark)");
    for (const node of [document.documentElement, document.body])
      watch.observe(node, { attributeFilter: ["data-theme", "data-jp-theme-light", "theme", "class"] });
    dark.addEventListener("change", w.invalidate);
    undo.push(() => {
      watch.disconnect();
      dark.removeEventListener("change", w.invalidate);
    });
  };

  const reset = html(
    "button",
    { type: "button", class: "me-quiet", onclick: () => w.set(structuredClone(initial)) },
    "Reset",
  );
  actions.append(reset);
  const link = linked(w, el, name, (words) => (status.textContent = words), undo);
  if (link) actions.append(link);

  w.done = () => {
    cancelAnimationFrame(request);
    clearTimeout(speech);
    for (const stop of running) stop();
    for (const fn of undo) fn();
    root.remove();
  };
  return w;
}
