/**
 * The Wasserstein GAN Lab: a critic and a generator that train in the page, with the truth beside them. The training
 * runs in a worker (js/lab); this module asks it for one frame after another while the lab is in view.
 * Python side: widgets.WganLab. Chapter: lab.
 */
import { change, html } from "../kit/elements.mjs";
import { widget } from "../kit/kit.mjs";
import { compact, fixed, grouped } from "../kit/scales.mjs";
import { labAlgorithm, labWeights } from "./wgan-lab-algorithm.mjs";
import { besideControls, besideOf, getBeside, LOSSES, NUMBERS, saidOf } from "./wgan-lab-beside.mjs";
import { labCurves } from "./wgan-lab-curves.mjs";
import { labMap } from "./wgan-lab-map.mjs";
import { pencil } from "./wgan-lab-pencil.mjs";
import { chosen, training } from "./wgan-lab-training.mjs";

function transportBar(w, it, parts) {
  const press = (label, fn, words = {}) => {
    const node = html("button", { type: "button", class: "me-button", onclick: fn, ...words }, label);
    w.bar.append(node);
    return node;
  };
  const step = (call) => () => {
    w.touched();
    it.ask(call).then(() => w.say(`${call === "critic" ? "Critic" : "Generator"} step taken. ${w.numbers()}`));
  };
  const play = press("Play", () => {
    if (it.playing) return w.touched();
    w.touched();
    it.play();
    return w.invalidate();
  });
  play.classList.add("me-play");
  press("+1 critic", step("critic"), { "aria-label": "+1 critic step" });
  press("+1 generator", step("generator"), { "aria-label": "+1 generator step" });
  const back = html("input", { type: "range", min: 0, max: 0, step: 1, "aria-label": "Back to an earlier step" });
  back.addEventListener("input", () => {
    w.touched();
    it.ask("back", { step: it.frame.kept[Number(back.value)] });
  });
  w.bar.append(back);
  parts.bar = () => {
    play.textContent = it.playing ? "Pause" : "Play";
    const kept = it.frame?.kept ?? [0],
      now = it.frame?.steps.generator ?? 0;
    back.max = kept.length - 1;
    const at = kept.reduce((best, v, k) => (Math.abs(v - now) < Math.abs(kept[best] - now) ? k : best), 0);
    if (document.activeElement !== back || it.playing) back.value = at;
    back.setAttribute("aria-valuetext", `generator step ${grouped(now)}`);
  };
}

function controls(w, it, maps, parent) {
  const row = () => parent.appendChild(html("div", { class: "me-inputs" }));
  const [law, method, sizes, beside, sight] = [row(), row(), row(), row(), row()];
  const laws = { ring: "ring", grid: "grid", piles: "two piles", roll: "roll", line: "a line", drawn: "draw" };
  w.choice({ parent: law, trait: "law", label: "Law", names: laws });
  w.choice({ parent: method, trait: "loss", label: "Loss", names: LOSSES });
  w.choice({ parent: method, trait: "constraint", label: "Constraint" });
  for (const [trait, [label, digits]] of Object.entries({ ...NUMBERS, scale: ["Scale of the law", 2] }))
    w.number({ parent: sizes, trait, label, digits });
  besideControls(w, beside);
  w.choice({
    parent: sight,
    trait: "layer",
    label: "Show",
    names: { surface: "surface", slope: "slopes", none: "neither" },
  });
  w.check({ parent: sight, trait: "arrows", label: "Arrows" });
  w.check({ parent: sight, trait: "flow", label: "Flow lines" });
  w.check({ parent: sight, trait: "grid", label: "Generator's grid" });
  w.check({ parent: sight, trait: "slow", label: "Slow motion" });
  w.check({ parent: sight, trait: "flipped", label: "Flip the generator's sign" });
  w.button({ parent: sight, label: "Eight more seeds", press: () => it.moreSeeds() });
  w.button({ parent: sight, label: "Save a picture", press: () => save(w, maps) });
  const label = "Hand the weights to Python";
  const hand = w.button({
    ...{ parent: sight, label },
    press: async () => {
      w.touched();
      const { taken } = (await it.ask("weights")) ?? {};
      if (!taken) return;
      w.set({ weights: Object.fromEntries(Object.entries(taken).map(([name, v]) => [name, Array.from(v)])) });
      w.say("The weights are in the widget's trait weights; in a notebook, Python has them.");
      hand.textContent = "They are in the trait weights";
      setTimeout(() => (hand.textContent = label), 1800);
    },
  });
  hand.title = "In a notebook, state_dicts() then gives them";
}

/** The map, or both side by side with their letters, as a PNG. */
function save(w, maps) {
  const shown = maps.filter(({ canvas }) => canvas.clientWidth > 0).map(({ canvas }) => canvas),
    sheet = html("canvas", { width: shown.reduce((sum, { width }) => sum + width, 0), height: shown[0].height });
  const c = sheet.getContext("2d"),
    size = Math.round(0.05 * sheet.height);
  let x = 0;
  shown.forEach((canvas, k) => {
    c.drawImage(canvas, x, 0);
    c.fillStyle = w.colour("ink");
    c.font = `600 ${size}px system-ui, sans-serif`;
    if (shown.length > 1) c.fillText("AB"[k], x + size / 2, 1.3 * size);
    x += canvas.width;
  });
  sheet.toBlob((blob) => {
    const address = URL.createObjectURL(blob);
    html("a", { href: address, download: "wasserstein-gan-lab.png" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  });
}

/** The numbers above the map, of both labs where there are two; before the first frame they are unknown. */
function numbers(frame, rate, narrow) {
  const labs = [frame, frame?.beside].filter(Boolean),
    both = (of) =>
      labs.length > 1 ? labs.map((lab, k) => `${"AB"[k]}\u00a0${of(lab.measured)}`) : labs.map((l) => of(l.measured));
  const { w1 = null, gap = null, modes = null, of } = frame?.measured ?? {},
    steps = frame?.steps.generator ?? 0,
    speed = rate ? `${grouped(Math.round(rate))} critic steps/s` : "",
    short = (v) => (labs.length > 1 && Math.abs(v) < 99.5 ? fixed(v) : compact(v)), // two of them in one place
    teal = { colour: "critic" };
  const entry = (trait, label, number, value, note, more = {}) => ({
    ...{ trait, label, number, note, ...more },
    value: frame && number !== null ? both(value).join("\u2002") : "–",
  });
  const shares = of ? both(({ quality }) => `${fixed(100 * quality, 0)} %`).join(", ") : "",
    within = of ? (labs.length > 1 ? `of ${of}; ${shares} within 3 σ` : `${shares} within 3 σ of one`) : "";
  return [
    entry("w1", "Exact W₁ of the samples", w1, (m) => short(m.w1), frame ? `null ${compact(frame.null)}` : "", teal),
    entry(
      "estimate",
      "Raw estimate",
      gap,
      (m) => short(m.gap),
      frame ? `certified ${both((m) => short(m.bound)).join(", ")}` : "",
      teal,
    ),
    {
      ...{ trait: "steps", label: "Generator steps", number: steps, value: grouped(steps) },
      note: [speed, narrow ? "" : frame?.engine].filter(Boolean).join(", "),
    },
    entry("modes", "Modes found", modes, (m) => (labs.length > 1 ? m.modes : `${m.modes} of ${of}`), within),
  ];
}

/** The guess beside what came of it, once there is something to compare; before that the question stands. */
function verdict(w, it) {
  const { frame } = it;
  it.opening ??= w.get("guess");
  if (!it.known || !frame?.steps.generator) {
    it.laid = w.get("guess"); // a knob that is moved later is no guess, nor is one that nobody moved
    return "";
  }
  const guess = it.laid === it.opening ? "No guess this time." : `Your guess: ${fixed(it.laid)}.`;
  // As long as what comes on Pause: no line of the page moves.
  if (it.playing) return `${guess} Pause, and what the exact W₁ has come to stands here, beside a perfect one.`;
  const found = [frame, frame.beside].filter(Boolean).map(({ measured }) => compact(measured.w1)),
    [after, n] = [grouped(frame.steps.generator), frame.steps.generator === 1 ? "step" : "steps"];
  const both = found.length > 1 ? `${found[0]} in A and ${found[1]} in B` : found[0];
  return `${guess} Exact W₁ after ${after} ${n}: ${both}; a perfect generator's: about ${compact(frame.null)}.`;
}

/** Where the plots stand: the map beside the curves, or two maps over them; weights beside the curves, or folded. */
function arranging(w, { columns, maps, side, second, right, weights }) {
  let placed = "";
  return (two) => {
    const key = `${two} ${w.narrow}`;
    if (key === placed) return;
    placed = key;
    columns.classList.toggle("me-two", two);
    w.values.classList.toggle("me-pair", two);
    maps[1].p.show(two);
    weights[1].p.show(two);
    second.hidden = !two || w.narrow;
    (w.narrow ? right : two ? second : side).append(...weights.map(({ node }) => node));
    for (const p of w.plots) p.measure(w.width);
  };
}

export default widget("The Wasserstein GAN Lab: a critic and a generator that train in this page", (w) => {
  const isTwo = () => w.get("beside") !== "nothing";
  const columns = w.columns(290),
    maps = [labMap(w, columns), labMap(w, columns)],
    side = columns.appendChild(html("div", { class: "me-side" })),
    second = columns.appendChild(html("div", { class: "me-side" })),
    curves = labCurves(w, side, isTwo),
    fold = w.more("Choose, and read the algorithm"),
    lower = w.columns(290, fold),
    packed = lower.appendChild(html("div", { class: "me-packed" })),
    right = lower.appendChild(html("div")),
    weights = [labWeights(w, side), labWeights(w, side)],
    lines = labAlgorithm(w, right),
    it = training(w),
    parts = {};
  const drawing = pencil(w, maps[0].p),
    arranged = arranging(w, { columns, maps, side, second, right, weights });
  transportBar(w, it, parts);
  controls(w, it, maps, packed);
  w.help(
    "Drag the hollow knob to your guess of where the exact W₁ will end, then press Play.",
    "The slider beside the steps goes back over what was trained; Play goes on from there.",
    "Under “Beside it”, choose what a second lab does differently: A and B start alike, and one clock moves both.",
    "Choose the law “draw”, and draw on the map with mouse, pen or finger. By keys: go to the map’s cursor with Tab, " +
      "move it with the arrows; space puts a blob or takes it away, Delete clears the sheet.",
  );
  const touched = w.touched;
  w.touched = () => {
    const ran = it.playing;
    it.halt();
    if (ran) it.ask("rounds", { n: 0 }); // the exact numbers of where it stands
    touched();
  };
  const reset = w.reset;
  w.reset = () => {
    it.made = ""; // the same settings, from their initialisation
    reset();
  };
  let seen = "";
  w.draw(() => {
    const other = besideOf(w);
    arranged(Boolean(other));
    it.wide = Number(maps[0].wide().toFixed(3));
    const now = JSON.stringify(chosen(w)),
      sight = JSON.stringify([it.wide, ...["layer", "arrows", "flow", "grid"].map(w.get)]);
    if (it.link && now !== it.made) it.make();
    else if (it.link && sight !== seen && !it.playing) it.ask("look");
    it.made = now;
    seen = sight;
    const { frame } = it,
      read = it.known ? frame : null, // else what there is to draw is of settings left behind
      named = (k) => `${"AB"[k]} · ${saidOf(other.trait, k ? other.value : w.get(other.trait))}`;
    change(w.root, "aria-busy", String(!read && !it.error));
    drawing();
    for (const { canvas } of maps) canvas.style.opacity = read ? 1 : 0.4;
    maps[0].draw(frame, other && named(0));
    if (other) maps[1].draw(frame?.beside, named(1));
    curves(read, it.others.filter(Boolean));
    weights[0].draw(read, other ? "A: " : "", w.get);
    if (other) weights[1].draw(read?.beside, "B: ", getBeside(w));
    lines(it.lit);
    parts.bar();
    w.readout(numbers(read, it.rate, w.narrow));
    const words = it.error || verdict(w, it);
    if (words) w.task.textContent = words;
  });
});
