/**
 * A recorded training to diagnose: its curve, what else the reader asks for, a guess, and what it was.
 * Python side: widgets.Diagnose, which holds the runs, the words and the rule. Chapter: reading-curves.
 */
import { html } from "../kit/elements.mjs";
import { widget } from "../kit/kit.mjs";
import { compact } from "../kit/scales.mjs";
import { fractions, median, points } from "../maths/packed.mjs";

const UNKNOWN = "cannot be told from this";
const READINGS = 100; // of the curve, a run
const BESIDE = { slope: [1, "1"], penalty: [1, "slope 0"], w1: [null, "null"] }; // dashed, to compare with
const COLOUR = { held_out: "critic", w1: "critic" };

/** The runs as Python packed them, one at a time. */
function recordOf(w) {
  const [deck, series, ends, clouds, steps, words] = ["deck", "series", "ends", "clouds", "steps", "words"].map(
    (name) => w.model.get(name),
  );
  const lines = ["estimate", ...Object.keys(words).slice(0, -1)],
    each = READINGS + (lines.length - 1) * steps.length;
  return (k) => {
    const line = (i) => {
      const at = k * each + (i ? READINGS + (i - 1) * steps.length : 0);
      return fractions(series, at, i ? steps.length : READINGS, ends[k * lines.length + i]);
    };
    const [packed, reach, count] = clouds;
    return {
      kind: deck[k][0],
      seed: deck[k][1],
      ...Object.fromEntries(lines.map((name, i) => [name, line(i)])),
      samples: points(packed, k * count, count, reach[k]),
      reach: reach[k],
    };
  };
}

/** [low, high] that shows all values and 0, with a little air. */
function extent(values) {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)],
    air = 0.07 * (high - low || 1);
  return [low - (low < 0 ? air : 0.02 * (high - low)), high + air];
}

/** A number beside an axis: runs that explode need short words. */
const tick = (v) =>
  Math.abs(v) >= 1e6
    ? `${String(v / 1e6).replace("-", "−")} M`
    : Math.abs(v) >= 1e4
      ? `${String(v / 1e3).replace("-", "−")} k`
      : compact(v).replace(/\.00$/, "");

/** The measurements as buttons: the first press buys, and every press shows. */
function shop(w, words, bought) {
  const row = html("div", { class: "me-inputs", style: "flex: 1 0 100%", role: "group", "aria-label": "Measurements" });
  row.dataset.trait = "shown";
  w.inputs.before(row);
  const buttons = Object.entries(words).map(([name, label]) => {
    const press = () => w.change({ [name]: true, shown: name });
    const button = w.button({ label: "", press, parent: row });
    button.dataset.trait = name;
    button.setAttribute("aria-label", label);
    return [name, button, label];
  });
  w.draw(() => {
    row.dataset.said = words[w.get("shown")] ?? "none";
    for (const [name, button, label] of buttons) {
      const here = bought(name);
      button.textContent = here ? `✓ ${label}` : label;
      button.dataset.said = here ? "bought" : "not bought";
      button.setAttribute("aria-pressed", String(here));
      button.style.fontWeight = w.get("shown") === name ? "600" : "";
    }
  });
}

/** The list of what may have happened. */
function answers(w, faults) {
  const option = (name) => html("option", { value: name }, name || "name what happened …");
  const pick = html("select", {
    class: "me-speed",
    "aria-label": "Your diagnosis",
    onchange: () => w.change({ guess: pick.value }),
  });
  pick.dataset.trait = "guess";
  pick.append(...["", ...Object.keys(faults), UNKNOWN].map(option));
  w.inputs.append(pick);
  w.draw(() => {
    if (pick.value !== w.get("guess")) pick.value = w.get("guess");
    pick.dataset.said = w.get("guess") || "none yet";
  });
}

function pictures(w, row) {
  const height = (_, narrow) => (narrow ? 170 : 250),
    x = (last) => ({ domain: [0, last], label: "generator step", ticks: 4 }),
    y = { ticks: 5, format: tick },
    last = w.model.get("steps").at(-1),
    margin = { top: 28, left: 50, right: 12 };
  const curve = w.plot({ parent: row, height, margin, label: "The critic's estimate", x: x(last), y }),
    other = w.plot({ parent: row, height, margin, label: "A measurement", x: x(last), y }),
    hidden = { hide: true },
    map = w.plot({ parent: row, height, label: "Samples", margin: { top: 28, left: 8 }, x: hidden, y: hidden });
  return { curve, other, map };
}

/** The sentence after a guess. */
function verdict(w, run, faults, right, recall, spent) {
  const kind = Object.keys(faults)[run.kind],
    guess = w.get("guess"),
    with_ = spent ? `the curve and ${spent} more` : "the curve alone";
  const fair = guess === UNKNOWN && right ? "Fair. " : right ? "Right. " : "No. ";
  return `${fair}It was “${kind}”, seed ${run.seed}. ${faults[kind]} A simple rule names ${recall} of the ten runs of
    this kind from ${with_}.`.replace(/\s+/g, " ");
}

export default widget("A training to diagnose", (w) => {
  const [words, faults, rule, deck, null_, real] = ["words", "faults", "rule", "deck", "null", "real"].map((name) =>
      w.model.get(name),
    ),
    names = Object.keys(words),
    at = recordOf(w),
    bought = (name) => Boolean(w.get(name)),
    { curve, other, map } = pictures(w, w.columns(130)),
    title = [curve, other, map].map((p) => p.text("ink strong halo-text")),
    estimate = curve.line("critic"),
    [line, beside, said] = [
      other.line("ink"),
      other.rule("muted dashed", "y"),
      other.text("muted halo-text", { dy: -5 }),
    ],
    [blue, orange] = [map.dots("real", 2), map.dots("generated", 2.5)],
    told = html("p", { class: "me-told" });
  shop(w, words, bought);
  answers(w, faults);
  const fresh = Object.fromEntries(names.map((name) => [name, false]));
  const next = w.button({
    label: "New run",
    press: () => w.change({ ...fresh, case: (Math.round(w.get("case")) + 1) % deck.length, shown: "", guess: "" }),
  });
  next.dataset.trait = "case";
  next.setAttribute("aria-label", "New run");
  w.draw(() => (next.dataset.said = `run ${Math.round(w.get("case")) + 1}`));
  w.inputs.after(told);
  w.help(
    "A measurement is bought by its button and stands beside the curve; press it again to see it again.",
    "“Cannot be told from this” is right where a simple rule, given the same, names fewer than five runs of ten.",
  );
  let held = { key: -1 },
    clouded = null;
  /** The picture beside the curve: one has no width to measure while the other stands. */
  const turn = (now) => {
    if (now === clouded) return;
    clouded = now;
    map.show(now);
    other.show(!now);
    for (const p of [curve, now ? map : other]) p.measure(w.width);
  };
  turn(false);
  w.draw(() => {
    const k = Math.round(w.get("case"));
    if (held.key !== k) held = { key: k, ...at(k) };
    const shown = bought(w.get("shown")) ? w.get("shown") : "",
      spent = names.filter(bought).length,
      bits = names.reduce((sum, name, i) => sum + (bought(name) ? 1 << i : 0), 0),
      steps = w.model.get("steps"),
      every = steps.at(-1) / READINGS;
    curve.extent({ y: extent(held.estimate) });
    estimate.set(
      held.estimate.map((_, i) => (i + 1) * every),
      held.estimate,
    );
    title[0].set(0, curve.axes.y.domain[1], "the critic’s estimate");
    turn(shown === "samples");
    const values = held[shown] ?? [],
      guide = shown === "w1" ? [null_, "null"] : BESIDE[shown];
    if (shown === "samples") cloud(map, held, real, blue, orange, title[2]);
    else {
      other.extent({ y: shown ? extent([...values, guide?.[0] ?? 0]) : [0, 1] });
      line.dress(COLOUR[shown] ?? "ink").set(shown ? steps : [], values);
      beside.show(Boolean(guide)).set(guide?.[0] ?? 0);
      said.show(Boolean(guide)).set(0, guide?.[0] ?? 0, guide?.[1] ?? "");
      title[1].set(0, other.axes.y.domain[1], shown ? words[shown] : "nothing bought yet");
      other.describe(shown ? `${words[shown]} of this run` : "Nothing bought yet");
    }
    const kind = held.kind,
      named = [...rule[bits]].slice(10 * kind, 10 * kind + 10),
      recall = named.filter((digit) => parseInt(digit, 16) === kind).length,
      guess = w.get("guess"),
      right = guess === UNKNOWN ? recall < 5 : guess === Object.keys(faults)[kind];
    const words_ = guess ? verdict(w, held, faults, right, recall, spent) : "";
    if (words_ && words_ !== told.textContent) w.say(words_);
    told.textContent = words_;
    const last = shown && shown !== "samples" ? median(values.slice(values.length >> 1)) : null;
    w.readout([
      {
        trait: "estimate",
        label: "Estimate, last quarter",
        number: median(held.estimate.slice(-25)),
        colour: "critic",
      },
      {
        trait: "half",
        label: shown && shown !== "samples" ? `${words[shown]}, last half` : "Measurement",
        number: last,
        colour: COLOUR[shown] ?? "ink",
      },
      { trait: "spent", label: "Bought", number: spent, value: `${spent} of ${names.length}` },
    ]);
    w.readings.right = guess ? Number(right) : null;
    w.readings.recall = guess ? recall : null;
  });
});

/** The samples over real points; where they ran away, the ring is small in the middle. */
function cloud(map, held, real, blue, orange, title) {
  const tall = 1.08 * held.reach,
    wide = (tall * (map.width - 20)) / (map.height - 36);
  map.extent({ x: [-wide, wide], y: [-tall, tall] });
  blue.set(real);
  orange.set(held.samples);
  title.set(-wide, tall, held.reach > 3 ? `samples, to ${compact(held.reach)}` : "samples and ring");
  map.describe(`Last samples of this run over real points, as far as ${compact(held.reach)} from the middle`);
}
