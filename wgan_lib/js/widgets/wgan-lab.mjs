/**
 * The Wasserstein GAN Lab: a critic and a generator that train in the page, with the truth beside them. The training
 * runs in a worker (js/lab); this module asks it for one frame after another while the lab is in view.
 * Python side: widgets.WganLab. Chapter: lab.
 */
import { change, html } from "../kit/elements.mjs";
import { widget } from "../kit/kit.mjs";
import { compact, fixed, grouped } from "../kit/scales.mjs";
import { labAlgorithm, labCurves, labWeights } from "./wgan-lab-curves.mjs";
import { labMap } from "./wgan-lab-map.mjs";
import { CHOSEN, training } from "./wgan-lab-training.mjs";

const DRAWN = 40; // points of a law drawn by hand

/** Evenly chosen `DRAWN` points of what was drawn, so that a link can carry them. */
const resampled = (raw) => Array.from({ length: DRAWN }, (_, k) => raw[Math.floor((k * raw.length) / DRAWN)]);

/** The law is drawn by hand: a stroke on the map adds to it. */
function pencil(w, map) {
  let raw = [];
  const stroke = ({ x, y }) => raw.push([Number(x.toFixed(2)), Number(y.toFixed(2))].map((v) => v / w.get("scale")));
  const layer = map.p.drag({
    start: (at) => {
      if (w.get("law") !== "drawn") return false;
      stroke(at);
      return true;
    },
    move: stroke,
    end: () => w.change({ points: resampled(raw) }),
  });
  layer.setAttribute("aria-hidden", "true");
  return () => {
    layer.style.display = w.get("law") === "drawn" ? "" : "none";
    if (w.get("law") !== "drawn") raw = [];
  };
}

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

function controls(w, it, map, parent) {
  const row = () => parent.appendChild(html("div", { class: "me-inputs" }));
  const [law, method, sizes, sight] = [row(), row(), row(), row()];
  const laws = { ring: "ring", grid: "grid", piles: "two piles", roll: "roll", line: "a line", drawn: "draw" };
  const named = { MINIMAX: "minimax", NON_SATURATING: "non-saturating", RELATIVISTIC: "relativistic" };
  w.choice({ parent: law, trait: "law", label: "Law", names: laws });
  w.choice({ parent: method, trait: "loss", label: "Loss", names: { WASSERSTEIN: "Wasserstein", ...named } });
  w.choice({ parent: method, trait: "constraint", label: "Constraint" });
  for (const [trait, label, digits] of [
    ...[["weight", "λ", 3], ["bound", "c", 3], ["n_critic", "Critic steps", 0], ["rate", "Critic rate", 4]],
    ...[["generator_rate", "Generator rate", 4], ["width", "Width", 0], ["depth", "Hidden layers", 0]],
    ...[["batch", "Batch", 0], ["seed", "Seed", 0], ["scale", "Scale of the law", 2]],
  ]) // biome-ignore format: a table
    w.number({ parent: sizes, trait, label, digits });
  w.choice({
    parent: sight,
    trait: "layer",
    label: "Show",
    names: { surface: "surface", slope: "slopes", none: "neither" },
  });
  w.check({ parent: sight, trait: "arrows", label: "Arrows" });
  w.check({ parent: sight, trait: "grid", label: "Generator's grid" });
  w.check({ parent: sight, trait: "slow", label: "Slow motion" });
  w.check({ parent: sight, trait: "flipped", label: "Flip the generator's sign" });
  w.button({ parent: sight, label: "Eight more seeds", press: () => it.moreSeeds() });
  w.button({ parent: sight, label: "Save a picture", press: () => save(map.canvas) });
  w.button({
    ...{ parent: sight, label: "Hand the weights to Python" },
    press: async () => {
      w.touched();
      const { taken } = (await it.ask("weights")) ?? {};
      if (!taken) return;
      w.set({ weights: Object.fromEntries(Object.entries(taken).map(([name, v]) => [name, Array.from(v)])) });
      w.say("The weights are in the widget's trait weights.");
    },
  });
}

function save(canvas) {
  canvas.toBlob((blob) => {
    const address = URL.createObjectURL(blob);
    html("a", { href: address, download: "wasserstein-gan-lab.png" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  });
}

/** The numbers above the map; before the first frame they are unknown. */
function numbers(frame, rate) {
  const { w1 = null, gap = null, bound, modes = null, of, quality } = frame?.measured ?? {},
    steps = frame?.steps.generator ?? 0,
    engine = frame?.engine ?? "",
    teal = { colour: "critic" };
  return [
    {
      trait: "w1",
      label: "Exact W₁ of the samples",
      number: w1,
      note: frame ? `null ${compact(frame.null)}` : "",
      ...teal,
    },
    {
      trait: "estimate",
      label: "Raw estimate",
      number: gap,
      note: frame ? `certified ${compact(bound)}` : "",
      ...teal,
    },
    {
      ...{ trait: "steps", label: "Generator steps", number: steps, value: grouped(steps) },
      note: rate ? `${grouped(Math.round(rate))} critic steps/s, ${engine}` : engine,
    },
    {
      ...{ trait: "modes", label: "Modes found", number: modes, value: of ? `${modes} of ${of}` : "–" },
      note: of ? `${fixed(100 * quality, 0)} % within 3 σ of one` : "",
    },
  ];
}

export default widget("The Wasserstein GAN Lab: a critic and a generator that train in this page", (w) => {
  const columns = w.columns(290),
    map = labMap(w, columns),
    side = columns.appendChild(html("div", { class: "me-side" })),
    curves = labCurves(w, side),
    fold = w.more("Choose, and read the algorithm"),
    lower = w.columns(290, fold),
    chosen = lower.appendChild(html("div", { class: "me-packed" })),
    right = lower.appendChild(html("div")),
    weights = labWeights(w, side),
    lines = labAlgorithm(w, right),
    it = training(w),
    parts = {};
  const drawing = pencil(w, map);
  transportBar(w, it, parts);
  controls(w, it, map, chosen);
  w.arrange((narrow) => (narrow ? right : side).append(weights.node));
  w.help(
    "Drag the hollow knob to your guess of where the exact W₁ will end, then press Play.",
    "The slider beside the steps goes back over what was trained; Play goes on from there.",
    "Choose the law “draw”, and draw on the map with mouse, pen or finger.",
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
    const now = JSON.stringify(CHOSEN.map(w.get)),
      sight = JSON.stringify(["layer", "arrows", "grid"].map(w.get));
    if (it.link && now !== it.made) it.make();
    else if (it.link && sight !== seen && !it.playing) it.ask("look");
    it.made = now;
    seen = sight;
    const { frame } = it;
    change(w.root, "aria-busy", String(!frame && !it.error)); // until the worker has sent its first frame
    drawing();
    map.draw(frame);
    curves(frame, it.others.filter(Boolean));
    weights.draw(frame);
    lines(it.lit);
    parts.bar();
    w.readout(numbers(frame, it.rate));
    if (it.error) w.task.textContent = it.error;
  });
});
