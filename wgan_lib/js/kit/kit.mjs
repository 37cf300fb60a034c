/**
 * The kit every widget of the book stands on. A widget is one class in Python, whose traits are its whole state, and
 * one
 * module here. All of a widget with a handle, a slider and a plot (tests/test_widget_small.py has its class, and runs
 * it):
 *
 *     import { widget } from "../kit/kit.mjs";
 *
 *     export default widget("The work of moving one pile of sand to the city at 0", (w) => {
 *       const p = w.plot({ height: 120, label: "A road", x: { domain: [0, 10], label: "km" }, y: { hide: true } });
 *       const way = p.arrows("critic");
 *       p.handle({ trait: "place", colour: "generated", hint: true, label: "place of the pile", at: (v) => [v, 0.5] });
 *       w.slider({ trait: "sand", label: "Sand" });
 *       w.draw(() => {
 *         way.set([[w.get("place"), 0.5, 0, 0.5]]);
 *         w.readout([{ trait: "work", label: "Work", number: w.get("sand") * w.get("place"), colour: "critic" }]);
 *       });
 *     });
 *
 * The skeleton is always the same: the task, the readout, `plot`s, the transport bar, the controls, "How to", Reset,
 * Copy
 * link, Open larger. On a phone (below 480 px) all of it is at most 620 px high; what does not fit goes into `more`.
 *
 * The state. Python says once what a hand may set (`w.reach`): a range [lo, hi] or [lo, hi, grain] of a number or of
 * each
 * number in a list, [[lo, hi], …] of each coordinate of points, a list of choices, or true for yes or no.
 *   get(trait)            its value
 *   change({trait: v})    by the reader's hand: stops whatever runs, then sets
 *   set({trait: v})       by the program (an animation): saves to Python once per frame, and draws
 *   touched() stop()      what `change` does first; stop ends all animations
 *   animate(ms, fn)       fn(0 … 1) on each frame, at once fn(1) under reduced motion; a touch, Reset or a move ends it
 *   say(words)            puts words into the live line: why a button did nothing, what was found
 * Controls (controls.mjs); each wears its trait as `data-trait`:
 *   choice slider check number button transport       `more(words)`: a box for what a phone folds away
 * Pictures
 *   plot(options)         see plot.mjs: line area rule dots arrows text canvas surface handle drag extent describe
 *   chart(options)        a curve with its title, a dot on it and the tangent there: see chart.mjs
 *   arrange(fn)           fn(narrow) when the layout turns into a phone's or back
 *   columns(min)          a row of plots that wraps below `min` px each; pass it as `parent`
 *   draw(fn)              `w.width` is the width in px, `w.narrow` says "a phone", `w.held` "a pointer drags"
 *   colour(name)          the theme's colour as text, for canvases
 *   still                 true when the reader asked for reduced motion
 * Numbers: readout([{ trait, label, number, value?, note?, colour }]), written by `compact` unless `value` says how;
 * each
 * wears its name as `data-reading`. An entry whose note may come and go gives `note: ""` from the start: its place is
 * kept.
 * Colours (classes of marks and handles, custom properties --me-… of widgets.css): real, generated, mixture, critic,
 * js,
 * non-saturating, broken, ink, muted; a parameter takes `ramp(n)` of scales.mjs.
 *
 * For the page's own script, on the root element `[data-widget="MoveGaussians"]` (the nth of its class in page order):
 *   root.wganMove({trait: value, …}, {animate: true})  points at the handle (a ring on `[data-trait]`), moves it
 *   there in
 *       400 ms (at once under reduced motion), says the new value in the live line; scrolls nothing. A promise that is
 *       fulfilled with wganState() when it is done or was stopped; throws RangeError for what no hand could set.
 *   root.wganState()      {trait: value, …, reading: number, …}: all that can be set, and the numbers on show
 *   "wgan-change"         bubbles from the root after every draw in which the state changed; `detail` is wganState()
 * They are there from the event "widget-ready" on, which bubbles from the element around the root.
 */
import { addChart } from "./chart.mjs";
import { addControls } from "./controls.mjs";
import { holdStill, html } from "./elements.mjs";
import { addLarger, addPrint } from "./larger.mjs";
import { addLink } from "./link.mjs";
import { addPainting } from "./painting.mjs";
import { plot } from "./plot.mjs";
import { addReadout } from "./readout.mjs";
import { addState } from "./state.mjs";

/** The anywidget module of a widget: `build(w)` draws it into the frame `w`, and may return what is to be undone. */
export const widget = (label, build) => ({
  render({ model, el }) {
    const w = frame(model, el, label);
    const undo = build(w);
    return () => {
      undo?.();
      w.done();
    };
  },
});

/** The frame around one widget: skeleton, state, controls, plots, readout, link, reset. */
function frame(model, el, label) {
  const w = { model, el, plots: [], draws: [], arranged: [], undo: [], width: 0, narrow: false, held: false };
  w.kind = (model.get("_anywidget_id") ?? "Widget").split(".").pop();
  w.name = w.kind.replace(/(?!^)([A-Z])/g, "-$1").toLowerCase();
  addSkeleton(w, label);
  addPainting(w);
  addState(w);
  addPlots(w);
  addChart(w);
  addReadout(w);
  addControls(w);
  addColours(w);
  addTask(w);
  addHelp(w);
  w.actions.append(quiet("Reset", () => w.reset()));
  addLink(w);
  addLarger(w);
  addPrint(w);
  w.done = () => {
    w.stop();
    for (const fn of w.undo) fn();
    w.root.remove();
  };
  return w;
}

const quiet = (words, press) => html("button", { type: "button", class: "me-quiet", onclick: press }, words);

function addSkeleton(w, label) {
  const box = (name, ...children) => html("div", { class: `me-${name}` }, ...children);
  w.task = html("p", { class: "me-task" });
  w.values = html("dl", { class: "me-readout" });
  w.body = box("body");
  w.bar = box("transport");
  w.inputs = box("inputs");
  w.actions = box("actions");
  w.status = html("span", { class: "me-spoken", "aria-live": "polite" });
  w.root = html(
    "div",
    { class: "me-widget", role: "group", "aria-label": label, "data-widget": w.kind },
    ...[w.task, w.values, w.body, w.bar, box("controls", w.inputs, w.actions), w.status],
  );
  w.el.append(w.root);
}

function addPlots(w) {
  w.plot = ({ parent = w.body, ...options }) => {
    const p = plot(w, parent, options);
    w.plots.push(p);
    return p;
  };
  w.columns = (min, parent = w.body) =>
    parent.appendChild(html("div", { class: "me-columns", style: `--me-min:${min}px` }));
  /** Box for what is open on a wide page, and folded behind `words` on a phone. */
  w.more = (words) => {
    const fold = html("details", { class: "me-more" }, html("summary", {}, words));
    fold.firstChild.addEventListener("click", () => {
      fold.dataset.chosen = String(!fold.open);
      holdStill(fold);
      setTimeout(() => w.paint()); // plots in a closed box have no width to measure
    });
    fold.addEventListener("toggle", () => {
      for (const p of w.plots) p.measure(w.width);
      w.invalidate();
    });
    w.root.insertBefore(fold, w.root.querySelector(".me-controls"));
    return fold;
  };
}

function addColours(w) {
  const motion = window.matchMedia("(prefers-reduced-motion: reduce)");
  Object.defineProperty(w, "still", { get: () => motion.matches });
  w.colour = (name) => {
    const probe = w.root.appendChild(html("i", { style: `color:var(--me-${name});forced-color-adjust:none` }));
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  let watched = false;
  /** Redraws when the theme changes; only canvases need it, so plots with one ask for it. */
  w.onTheme = () => {
    if (watched) return;
    watched = true;
    const watch = new MutationObserver(w.invalidate),
      dark = window.matchMedia("(prefers-color-scheme: dark)");
    for (const node of [document.documentElement, document.body])
      watch.observe(node, { attributeFilter: ["data-theme", "data-jp-theme-light", "theme", "class"] });
    dark.addEventListener("change", w.invalidate);
    w.undo.push(() => {
      watch.disconnect();
      dark.removeEventListener("change", w.invalidate);
    });
  };
}

function addTask(w) {
  w.draw(() => {
    const text = w.get("task") ?? "";
    if (w.task.textContent !== text) w.task.textContent = text;
    w.task.hidden = !text;
  });
}

/** "How to": a line per gesture, from `w.help("…", "…")`; what holds for every widget comes last. */
function addHelp(w) {
  const common =
    "Arrow keys move by a small step, with Shift by a large one. Numbers with a line under them can be typed.";
  w.help = (...lines) => {
    const list = html("ul", {}, ...[...lines, common].map((line) => html("li", {}, line)));
    const button = quiet("How to", () => {
      holdStill(button);
      list.hidden = !list.hidden;
      button.setAttribute("aria-expanded", String(!list.hidden));
    });
    Object.assign(list, { className: "me-help", hidden: true });
    button.setAttribute("aria-expanded", "false");
    w.actions.prepend(button);
    w.actions.after(list);
  };
}
