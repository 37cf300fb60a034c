/**
 * A ranking of pairs of constraint and loss under a budget of tuning trials: each row a pair, its expected best W1 with
 * an interval; rows change places as the budget grows.
 * Python side: widgets.BudgetSlider. Chapter: clipping-gp-sn.
 */
import { html } from "../kit/elements.mjs";
import { widget } from "../kit/kit.mjs";
import { clamp, compact, fixed } from "../kit/scales.mjs";
import { budgets, expectedBest, places, swaps } from "../maths/budget.mjs";

const GLIDE = 260; // ms in which rows go to their new places
const LOSSES = { Wasserstein: "W", "non-saturating": "NS", hinge: "hinge", relativistic: "Rp" };
const COLOURS = { Wasserstein: "critic", "non-saturating": "non-saturating" };

const lossOf = (name) => name.split(", ")[1];
const SHORT = { "one-sided GP": "1-sided GP", orthonormal: "orthon." };
const short = (name) => {
  const [constraint, loss] = name.split(", ");
  return `${SHORT[constraint] ?? constraint}, ${LOSSES[loss] ?? loss}`;
};
const brief = (v) => String(v).replace(/^0\./, ".");

/** Everything that the page shows at one budget. */
export function ranking(law, trials, count) {
  const k = Math.min(trials, law.draws),
    { pairs, ceiling } = law,
    own = budgets(
      pairs.map(({ seconds }) => seconds),
      k,
      count,
    ),
    values = pairs.map(({ w1 }, i) => expectedBest(w1, own[i], ceiling)),
    once = pairs.map(({ w1 }) => expectedBest(w1, 1, ceiling)),
    level = law.level[count][k - 1];
  return {
    ...{ k, values, own, level, low: law.low[count][k - 1], high: law.high[count][k - 1] },
    place: places(values),
    swaps: swaps(once, values),
    others: level.filter(Boolean).length - 1,
  };
}

/** The rows' marks, and how to draw them at places that may lie between two rows. */
function rowsOf(w, p, pairs) {
  const made = pairs.map(({ name }) => {
    const colour = COLOURS[lossOf(name)] ?? "ink";
    return {
      ...{ colour, name: p.text("ink", { anchor: "end", dx: -8, dy: 4 }) },
      ...{ reach: p.line(`${colour} thin`), full: p.dots(colour, 4.5), open: p.path(`${colour} thin`) },
    };
  });
  return (at, now, ends) => {
    pairs.forEach(({ name }, i) => {
      const y = pairs.length - 0.5 - at[i],
        mark = made[i],
        x = clamp(now.values[i], ends),
        level = now.level[i];
      mark.name.set(ends[0], y, w.narrow ? short(name) : name);
      mark.name.node.style.opacity = level ? 1 : 0.6;
      mark.reach.set([clamp(now.low[i], ends), clamp(now.high[i], ends)], [y, y]);
      mark.full.set(level ? [[x, y]] : []);
      const [px, py, r] = [p.x(x), p.y(y), 4];
      mark.open.set(level ? "" : `M${px - r},${py}a${r},${r} 0 1 0 ${2 * r},0a${r},${r} 0 1 0 ${-2 * r},0`);
    });
  };
}

const TICKS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** Places that glide to where they should be; `at` is where they are now. */
function gliding(w) {
  let at = [],
    goal = "";
  return (wanted) => {
    const key = wanted.join();
    if (at.length !== wanted.length) at = wanted;
    else if (key !== goal) {
      const from = at;
      const move = (u) => {
        const s = u * u * (3 - 2 * u);
        at = wanted.map((v, i) => from[i] + s * (v - from[i]));
        w.invalidate();
      };
      if (w.still) at = wanted;
      else requestAnimationFrame(() => glide(w, move));
    }
    goal = key;
    return at;
  };
}

/** Runs `move` from 0 to 1 by frames of its own: a touch must not leave rows between two places. */
function glide(w, move) {
  const id = (w.gliding ?? 0) + 1;
  w.gliding = id;
  let began;
  const step = (now) => {
    began ??= now;
    if (w.gliding !== id) return;
    const u = Math.min(1, (now - began) / GLIDE);
    move(u);
    if (u < 1) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

export default widget("Pairs of constraint and loss, ranked by what a budget of tuning trials can expect", (w) => {
  const laws = w.model.get("laws"),
    names = Object.keys(laws),
    first = laws[names[0]],
    rows = first.pairs.length,
    ends = (law) => [law.null[0] / 1.6, law.ceiling * 1.05];
  const p = w.plot({
    ...{ label: "", height: (_, narrow) => (narrow ? 14 : 19) * rows + 60 },
    margin: { top: 22, right: 14, bottom: 38, left: 196 },
    x: { domain: ends(first), log: true, grid: true, format: brief, label: "expected W₁ of the best setting found" },
    y: { domain: [0, rows], hide: true },
  });
  const nothing = p.rule("muted thin dashed"),
    exact = p.rule("muted thin dashed"),
    floor = p.text("muted", { anchor: "middle", dy: -6 }),
    top = p.text("muted", { anchor: "end", dx: 12, dy: -6 }),
    draw = rowsOf(w, p, first.pairs),
    place = gliding(w),
    most = w.reach.trials[1];
  w.arrange((narrow) => (p.margin.left = narrow ? 106 : 196));
  const law = () => laws[w.get("law")] ?? first;
  const told = (v) => `${Math.round(v)} of ${law().draws}`;
  if (most > 1) w.slider({ trait: "trials", label: "Tuning trials", step: 1, text: told });
  if (names.length > 1) w.choice({ trait: "law", label: "Law" });
  w.choice({ trait: "count", label: "Same number of", names: { "CPU seconds": "seconds" } });
  const key = html("p", { class: "me-note", style: "margin:2px 0" });
  w.body.append(key);
  w.help("Slide the number of settings that each pair may try. Full dots: not told from the first row.");
  w.draw(() => {
    const here = law(),
      count = w.get("count"),
      now = ranking(here, w.get("trials"), count),
      limits = ends(here);
    p.axes.x.ticks = TICKS.filter((v) => v >= limits[0] && v <= limits[1]);
    p.extent({ x: limits });
    exact.set(here.null[0]);
    nothing.set(here.ceiling);
    floor.set(here.null[0], rows, "null");
    top.set(limits[1], rows, w.narrow ? "all in the middle" : "all samples in the middle");
    draw(place(now.place), now, limits);
    const leader = now.place.indexOf(0),
      others = rows - 1,
      couples = (rows * others) / 2;
    const loss = w.narrow
      ? "Teal: Wasserstein (W). Violet: non-saturating (NS)."
      : "Teal: Wasserstein loss. Violet: non-saturating loss.";
    const words = `${loss} Full dots: not told from the first.`;
    if (key.textContent !== words) key.textContent = words;
    const name = here.pairs[leader].name;
    const number = now.values[leader];
    w.readout([
      { trait: "best", label: "First, W₁", number, note: w.narrow ? short(name) : name },
      { trait: "level", label: "Level with it", number: now.others, value: String(now.others), note: `of ${others}` },
      {
        ...{ trait: "swaps", label: "Couples swapped", number: now.swaps, value: String(now.swaps) },
        note: `of ${couples} since k = 1`,
      },
    ]);
    const order = now.place.map((_, k) => here.pairs[now.place.indexOf(k)].name);
    p.describe(
      `${w.get("law")}, ${now.k} of ${here.draws} trials, the same number of ${count}. ` +
        `Null ${compact(here.null[0])}. ` +
        `From the best: ${order.map((pair, k) => `${pair} ${fixed(now.values[now.place.indexOf(k)])}`).join("; ")}.`,
    );
  });
});
