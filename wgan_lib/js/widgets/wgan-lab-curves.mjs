/** The lab's curves, of one or of both, with the null, the reader's guess and a swarm of seeds. Chapter: lab. */
import { change } from "../kit/elements.mjs";
import { compact, grouped } from "../kit/scales.mjs";
import { COLOURS, legible } from "./wgan-lab-beside.mjs";

const WORDS = { gap: "raw estimate", bound: "certified", w1: "exact W₁" };
const ONE = { w1: "critic bold", gap: "critic dashed", bound: "critic dotted" },
  TWO = { w1: "critic bold", gap: "critic dashed thin" };
const BESIDE = 112; // px beside the plot for the names of its curves; on a phone they stand in it
const MARKERS = 7; // rings on the second lab's curve, or fewer

/** Lines of one lab, each with its name where it ends; `ramp`: the colour, where there are two. */
function linesOf(p, styles, ramp = null) {
  const swarm = p.line("critic thin faint"),
    rings = p.dots("critic open", 3.5),
    lines = {},
    names = {};
  for (const [key, words] of Object.entries(styles)) {
    lines[key] = p.line(words);
    names[key] = p.text("critic halo-text", { anchor: "end", dx: -4, dy: -5 });
  }
  if (ramp !== null) {
    for (const mark of [swarm, rings, ...Object.values(lines)]) mark.node.style.setProperty("--c", COLOURS[ramp]);
    for (const { node } of Object.values(names)) node.style.setProperty("--c", legible(ramp));
  }
  const all = [swarm, rings, ...Object.values(lines), ...Object.values(names)];
  /** `keys`: the lines that are drawn, of those there are. */
  const set = (history, others, [low, top], keys) => {
    const xs = history.map(({ step }) => step);
    for (const [key, line] of Object.entries(lines))
      line.show(keys.includes(key)).set(
        xs,
        history.map((h) => (key === "gap" && (h.gap > 1.2 * top || h.gap < low) ? NaN : h[key])),
      );
    swarm.show(true).set(
      others.flatMap((h) => [...h.map(({ step }) => step), NaN]),
      others.flatMap((h) => [...h.map((at) => at.w1), NaN]),
    );
    const every = Math.ceil(history.length / MARKERS) || 1;
    const ringed = ramp === 1 ? history.filter((_, k) => k % every === 0) : [];
    rings.show(true).set(ringed.map(({ step, w1 }) => [step, w1]));
  };
  const hide = () => {
    for (const mark of all) mark.show(false);
  };
  return { names, set, hide };
}

/** Curves of the raw estimate, the exact W1, the certified bound; of two labs the first two. The guess is a handle. */
export function labCurves(w, parent, isTwo) {
  const p = w.plot({
    ...{ parent, label: "What the training reads, and what is true" },
    margin: { top: 14, right: 16, bottom: 38, left: 34 },
    height: (_, narrow) => (narrow ? 122 : isTwo() ? 208 : 300),
    x: { domain: [0, 100], label: "generator steps", ticks: 4, format: grouped },
    y: { domain: [0, 2], ticks: 4 },
  });
  const base = p.rule("muted dashed", "y"),
    now = p.rule("muted thin"),
    one = [linesOf(p, ONE)],
    two = [linesOf(p, TWO, 0), linesOf(p, TWO, 1)],
    nullName = p.text("muted halo-text", { anchor: "end", dx: -4, dy: -5 });
  p.handle({
    ...{ trait: "guess", axis: "y", colour: "ink", hollow: true, tip: "your guess" },
    label: "guess of the exact W1",
    at: (v) => [p.x.domain[0] + 0.97 * (p.x.domain[1] - p.x.domain[0]), v],
    from: (_, y) => y,
    text: (v) => `exact W₁ will end at ${compact(v)}`,
  });
  return (frame, others) => {
    const labs = frame ? [frame, frame.beside].filter(Boolean) : [],
      histories = labs.map(({ history }) => history),
      marks = labs.length > 1 ? two : one,
      keys = labs.length > 1 && w.narrow ? ["w1"] : Object.keys(marks[0].names), // a phone has no room for eight names
      swarms = marks.map((_, k) => others.map((found) => found[k] ?? []));
    const last = Math.max(100, ...[...histories, ...swarms.flat()].map((h) => h.at(-1)?.step ?? 0)),
      highest = histories
        .flat()
        .reduce((most, h) => Math.max(most, h.w1), Math.max(0.2, w.get("guess"), frame?.null ?? 0)),
      top = 1.35 * highest,
      lowest = histories.flat().reduce((least, h) => Math.min(least, h.gap), 0),
      low = lowest < -0.1 * top ? Math.max(1.1 * lowest, -0.8 * top) : 0; // room for a critic that is wrong way round
    p.margin.right = w.narrow ? 16 : BESIDE;
    p.extent({ x: [0, last], y: [low, top] });
    for (const it of [...one, ...two]) if (!marks.includes(it)) it.hide();
    marks.forEach((it, k) => it.set(histories[k] ?? [], swarms[k], [low, top], keys));
    base.show(Boolean(frame)).set(frame?.null ?? 0);
    now.show(Boolean(frame)).set(frame?.steps.generator ?? 0);
    nullName.show(Boolean(frame));
    const entries = labs
      .flatMap(({ history }, k) =>
        Object.entries(marks[k].names).map(([key, name]) => {
          const words = labs.length > 1 ? `${"AB"[k]} ${WORDS[key]}` : WORDS[key];
          return {
            name: name.show(history.length > 0 && keys.includes(key)),
            key,
            words,
            value: history.at(-1)?.[key] ?? 0,
          };
        }),
      )
      .filter(({ key }) => keys.includes(key));
    if (frame) placeNames(p, [...entries, { name: nullName, words: "same-law null", value: frame.null }], [low, top]);
    if (histories[0]?.length) p.describe(described(labs));
  };
}

const described = (labs) =>
  labs
    .map(({ history, null: base }, k) => {
      const at = history.at(-1);
      return (
        `${labs.length > 1 ? `Lab ${"AB"[k]}: after` : "After"} ${grouped(at.step)} generator steps the exact W1 is ` +
        `${compact(at.w1)}, the raw estimate ${compact(at.gap)}, the certified bound ${compact(at.bound)}; ` +
        `the null is ${compact(base)}.`
      );
    })
    .join(" ");

/** Names where the curves end, pushed apart; one that is off the plot says so. */
function placeNames(p, entries, [low, top]) {
  const inside = p.margin.right < BESIDE,
    [left, right] = p.x.range,
    x = p.x.invert(inside ? left + 0.9 * (right - left) : right + 12),
    least = p.margin.top + 13 * entries.length - 8; // the last one still has its place under the top
  let room = Math.max(least, p.height - p.margin.bottom + 8);
  for (const { name, words, value } of entries.sort((a, b) => a.value - b.value)) {
    const off = value > 1.2 * top || value < low - 0.03 * top,
      y = Math.min(room - 13, p.y(Math.min(top, Math.max(low, value))));
    room = y;
    change(name.node, "text-anchor", inside ? "end" : "start");
    // Beside the plot there is no room for more than an arrow.
    const where = inside ? ` ${compact(value)}, off the plot` : value > 0 ? " ↑" : " ↓";
    name.set(x, p.y.invert(inside ? y : y + 9), off ? words + where : words);
  }
}
