/**
 * Recorded runs side by side under one scrubber: a map of what each run drew and of its critic, its curves, its
 * gradient by layer. Python side: widgets.RunPlayer, whose docstring says what a run may hold. Chapters:
 * clipping-gp-sn, full-models.
 */
import { html } from "../kit/elements.mjs";
import { roving } from "../kit/handle.mjs";
import { widget } from "../kit/kit.mjs";
import { clamp, compact, grouped } from "../kit/scales.mjs";
import { restored } from "../maths/recordings.mjs";
import { inflate } from "../maths/surfaces.mjs";
import { barsOf, curvesOf } from "./run-player-curves.mjs";
import { mapOf, palettes } from "./run-player-map.mjs";

const FRAME = 260, // ms from one recorded frame to the next
  COLUMN = 130; // px below which columns wrap

/** What the page was given: each run knows the steps of its own frames. */
function given(w) {
  const [names, steps, recorded, panels] = ["names", "steps", "recorded", "panels"].map((name) => w.model.get(name));
  const entries = recorded.map((entry) => {
    const own = [];
    entry.at.forEach((frame, k) => (own[frame] ??= k === 0 ? entry.first : steps[k]));
    return { ...entry, steps: own };
  });
  return { names, steps, entries, panels, last: steps.length - 1 };
}

/** The arrays of one run, brought back from the page's bytes. */
function unpacked(bytes, { layers }) {
  const array = (form) => {
    const size = form.shape.slice(1).reduce((product, n) => product * n, 1);
    const raw = () => ({ values: bytes.subarray(form.offset, form.offset + form.shape[0] * size), size });
    return { shape: form.shape, ...(form.bits ? restored(bytes, form) : raw()) };
  };
  return Object.fromEntries(Object.entries(layers).map(([key, form]) => [key, array(form)]));
}

/** The map, the curves and the bars of run k. A single run has them in a row, several have them one under the other. */
function columnOf(w, row, data, k, palette, rove) {
  const { names, entries, panels, steps } = data,
    [entry, name] = [entries[k], names[k]],
    stack = names.length > 1 ? row.appendChild(html("div", { class: "me-run" })) : row,
    most = Math.max(1, ...entries.flatMap(({ numbers }) => numbers.layers?.map((values) => values.length) ?? []));
  const drawn = { map: null, curves: [], bars: null, stack, lower: [] };
  if (entry.layers.samples || entry.layers.critic || entry.layers.lattice)
    drawn.map = mapOf(w, stack, entry, name, palette);
  for (const panel of panels) {
    const shared = { panel, entry, name, steps, rove, most, hint: k === 0 && drawn.curves.length === 0 };
    if (!panel.lines.some(({ key }) => entry.numbers[key])) continue;
    if (panel.bars) drawn.bars = barsOf(w, stack, shared);
    else drawn.curves.push(curvesOf(w, stack, shared));
  }
  drawn.lower = [...drawn.curves.slice(1), drawn.bars].filter(Boolean); // folded on a phone
  return drawn;
}

/** The number of a run that is shown large: W₁, or else a Fréchet distance, or else the raw gap. */
function reading({ numbers }, name, k, at) {
  const key = ["w1", "frechet", "gap"].find((key) => numbers[key]),
    titles = { w1: "W₁", frechet: "Fréchet", gap: "raw gap" };
  if (!key) return null;
  const note = key !== "gap" && numbers.gap ? `raw gap ${compact(numbers.gap[at])}` : "";
  const colour = key === "gap" ? "ink" : "critic";
  return { trait: `${key}_${k + 1}`, label: `${name}: ${titles[key]}`, number: numbers[key][at], note, colour };
}

const KEYS = {
  critic: "Ground: f, orange low, blue high.",
  slope: "Ground: ‖∇f‖ from .1 to 10, the steeper the stronger; bold line: 1.",
  nothing: "",
};

/** The line under the maps that says what is drawn there. */
function keyOf(w, held) {
  const words = [KEYS[w.get("ground")] && (held.critic || held.log10_slope) ? KEYS[w.get("ground")] : ""];
  if (held.lattice && w.get("lattice")) words.push("Orange lines: a grid of latents, as the generator bends it.");
  if (held.critic && w.get("flow")) words.push("Arrows follow ∇f.");
  return words.filter(Boolean).join(" ");
}

/** Switches of the layers that some run has, and on a phone which two runs are shown. */
function controls(w, fold) {
  const box = fold.appendChild(html("div", { class: "me-inputs" })),
    pair = [];
  const has = (trait) => w.reach[trait] !== undefined;
  for (const [trait, label] of [
    ["left", "Left"],
    ["right", "Right"],
  ])
    if (has(trait)) pair.push(w.choice({ trait, label, parent: box }));
  if (has("ground")) w.choice({ trait: "ground", label: "Ground", parent: box });
  for (const [trait, label] of [
    ["points", "Samples"],
    ["lattice", "Generator as a grid"],
    ["flow", "Flow of ∇f"],
  ])
    if (has(trait)) w.check({ trait, label, parent: box });
  return pair;
}

/** Space plays and pauses wherever it would do nothing else. */
function addSpace(w) {
  w.root.addEventListener("keydown", (event) => {
    if (event.key !== " " || event.target.closest("button, select, summary, input:not([type=range])")) return;
    event.preventDefault();
    w.bar.querySelector(".me-play")?.click();
  });
}

export default widget("Recorded runs side by side", (w) => {
  const data = given(w),
    { names, steps, entries, last } = data,
    film = { runs: null, phase: 0 },
    held = Object.assign({}, ...entries.map((entry) => entry.layers)),
    palette = palettes(w),
    rove = roving("PageUp", "PageDown"),
    row = w.columns(names.length > 1 ? COLUMN : 150),
    columns = names.map((_, k) => columnOf(w, row, data, k, palette, rove)),
    key = w.body.appendChild(html("p", { class: "me-told" }));
  inflate(w.get("packed")).then((bytes) => {
    film.runs = entries.map((entry) => unpacked(bytes, entry));
    w.invalidate();
  });
  if (last > 0) {
    const text = (k) => `step ${grouped(steps[Math.round(k)])}`,
      between = (phase) => (film.phase = phase);
    w.transport({ trait: "frame", label: "training", ms: FRAME * last, step: 1, text, play: "Play", between });
    addSpace(w);
  }
  const fold = w.more(names.length > 2 ? "Other runs; other layers" : "Other layers"),
    pair = controls(w, fold),
    bars = fold.appendChild(html("div", { class: "me-columns", style: `--me-min:${COLUMN}px` }));
  fold.hidden = !(Object.keys(w.reach).length > 1 || columns.some(({ lower }) => lower.length));
  w.help("Space plays and pauses. Drag along any curve, or move its dot by keys; Page Up and Down go to the next run.");
  w.arrange((narrow) => {
    for (const { lower, stack } of columns) (narrow ? bars : stack).append(...lower.map(({ p }) => p.node));
    bars.style.display = bars.childElementCount ? "" : "none";
    for (const choice of pair) choice.style.display = narrow ? "" : "none";
    const across = `repeat(auto-fit, minmax(min(${COLUMN}px, 100%), 1fr))`;
    w.values.style.gridTemplateColumns = narrow || names.length < 2 ? "" : across;
  });
  const pairs = () => w.narrow && names.length > 2 && !w.root.classList.contains("me-printed"); // paper has room
  const visible = (k) => !pairs() || [w.get("left"), w.get("right")].includes(names[k]);
  let shown = "";
  w.draw(() => {
    const frame = clamp(Math.round(w.get("frame")), [0, last]),
      next = Math.min(frame + 1, last),
      step = steps[frame] + film.phase * (steps[next] - steps[frame]),
      look = Object.fromEntries(["ground", "points", "lattice", "flow"].map((trait) => [trait, w.get(trait)]));
    palette.follow();
    const order = names.map((_, k) => visible(k)).join();
    if (shown !== order) present(w, columns, visible);
    shown = order;
    if (entries.some((entry) => entry.pictures) || !w.reach.points) look.points = true;
    columns.forEach(({ map, curves, bars: own }, k) => {
      if (!visible(k)) return;
      const { at } = entries[k];
      if (map && film.runs) map.draw(film.runs[k], at[frame], at[next], film.phase, look);
      for (const curve of curves) curve.draw(at[frame], step);
      own?.draw(at[frame]);
    });
    const words = keyOf(w, held);
    if (key.textContent !== words) key.textContent = words;
    const list = names.map((name, k) => visible(k) && reading(entries[k], name, k, entries[k].at[frame]));
    w.readings.step = steps[frame];
    w.readout(list.some(Boolean) ? list : [{ trait: "step", label: "Step", number: steps[frame] }]);
  });
});

/** Shows the columns that are to be seen; a phone shows two. */
function present(w, columns, visible) {
  columns.forEach(({ map, curves, bars, stack, lower }, k) => {
    const display = visible(k) ? "" : "none";
    if (columns.length > 1) for (const node of [stack, ...lower.map(({ p }) => p.node)]) node.style.display = display;
    if (visible(k)) for (const { p } of [map, ...curves, bars].filter(Boolean)) p.measure(w.width);
  });
}
