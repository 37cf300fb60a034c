/** A second lab beside the first, with one setting changed: which, to what, and how both are named. Chapter: lab. */
import { html } from "../kit/elements.mjs";
import { clamp, fixed, ramp, snap } from "../kit/scales.mjs";

export const LOSSES = {
  ...{ WASSERSTEIN: "Wasserstein", MINIMAX: "minimax" },
  ...{ NON_SATURATING: "non-saturating", RELATIVISTIC: "relativistic" },
};
/** Words and decimals of the settings that are numbers. */
export const NUMBERS = {
  ...{ weight: ["λ", 3], bound: ["c", 3], n_critic: ["Critic steps", 0], rate: ["Critic rate", 4] },
  ...{ generator_rate: ["Generator rate", 4], width: ["Width", 0], depth: ["Hidden layers", 0], batch: ["Batch", 0] },
  ...{ seed: ["Seed", 0] },
};
const WORDED = { loss: "Loss", constraint: "Constraint" };
const CHANGES = {
  ...{ nothing: "nothing", loss: "another loss", constraint: "another constraint", weight: "another λ" },
  ...{ bound: "another c", n_critic: "other critic steps", rate: "another critic rate", batch: "another batch" },
  ...{ generator_rate: "another generator rate", seed: "another seed", width: "another width" },
  ...{ depth: "other hidden layers", flipped: "the sign turned" },
};

/** Another value than `now`, for a start. */
const OTHERS = {
  loss: (now) => (now === "WASSERSTEIN" ? "NON_SATURATING" : "WASSERSTEIN"),
  constraint: (now) => (now === "GP" ? "one-sided GP" : "GP"),
  n_critic: (now) => (now === 1 ? 5 : 1),
  batch: (now) => (now >= 64 ? 16 : 128),
  seed: (now) => now + 1,
  width: (now) => (now > 16 ? 8 : 64),
  depth: (now) => (now === 2 ? 4 : 2),
};

/** Colours of the two, in the order A, B; `legible` for words. */
export const COLOURS = ramp(2);
export const legible = (k) => `color-mix(in srgb, ${COLOURS[k]} 55%, var(--me-ink))`;

/** The setting in which the second lab differs and its value there; null where there is no second one. */
export function besideOf({ get, reach }) {
  const trait = get("beside");
  if (trait === "nothing") return null;
  if (trait === "flipped") return { trait, value: !get("flipped") };
  if (!(trait in NUMBERS)) return { trait, value: get(`beside_${trait}`) };
  return { trait, value: clamp(snap(get("beside_number"), reach[trait][2] ?? 0), reach[trait]) };
}

/** The second lab's settings as the first's are read: `get` of one trait. */
export function getBeside(w) {
  const found = besideOf(w);
  return found && ((name) => (name === found.trait ? found.value : w.get(name)));
}

/** "λ 10", "one-sided GP", "sign flipped": what a setting is called where its lab is named. */
export function saidOf(trait, value) {
  if (trait === "flipped") return value ? "sign flipped" : "sign as it should be";
  if (trait === "constraint") return value === "none" ? "no constraint" : value;
  if (trait === "loss") return LOSSES[value];
  const [words, digits] = NUMBERS[trait];
  return `${words.toLowerCase()} ${digits ? String(Number(fixed(value, digits).replace("−", "-"))) : value}`;
}

const select = (trait, label, names, press) => {
  const node = html("select", { class: "me-speed", "data-trait": trait, "aria-label": label });
  node.append(...Object.entries(names).map(([value, words]) => html("option", { value }, words)));
  node.addEventListener("change", () => press(node.value));
  return node;
};

/** Two controls: what differs beside the lab, and the value it has there. */
export function besideControls(w, parent) {
  const names = Object.fromEntries(w.reach.beside.map((trait) => [trait, CHANGES[trait]]));
  const choose = (beside) => {
    const now = w.get(beside);
    if (beside in NUMBERS) {
      const value = OTHERS[beside]?.(now) ?? (beside === "weight" ? 10 * now || 1 : now / 10);
      w.change({ beside, beside_number: clamp(value, w.reach[beside]) });
    } else if (beside in OTHERS) w.change({ beside, [`beside_${beside}`]: OTHERS[beside](now) });
    else w.change({ beside });
    const found = besideOf(w);
    w.say(found ? `A second lab, B, beside this one, A. In B: ${saidOf(found.trait, found.value)}.` : "One lab.");
  };
  const what = select("beside", "A second lab beside it, with", names, choose);
  const row = html("label", { class: "me-slider" }, html("span", {}, "Beside it"), what);
  parent.append(row);
  const worded = Object.entries({ loss: LOSSES, constraint: sameNames(w.reach.beside_constraint) }).map(
    ([trait, words]) => {
      const own = `beside_${trait}`,
        node = select(own, `${WORDED[trait]} in B`, words, (value) => w.change({ [own]: value }));
      const shown = parent.appendChild(html("label", { class: "me-slider" }, html("span", {}, "in B"), node));
      return { trait, own, node, shown };
    },
  );
  const number = w.number({
    ...{ parent, trait: "beside_number", label: "in B" },
    digits: () => NUMBERS[w.get("beside")]?.[1] ?? 2,
    range: () => w.reach[w.get("beside")] ?? w.reach.beside_number,
  });
  w.draw(() => {
    const beside = w.get("beside");
    what.value = beside;
    what.dataset.said = names[beside];
    number.hidden = !(beside in NUMBERS);
    for (const { trait, own, node, shown } of worded) {
      shown.hidden = trait !== beside;
      node.value = w.get(own);
      node.dataset.said = saidOf(trait, node.value);
    }
  });
}

const sameNames = (values) => Object.fromEntries(values.map((v) => [v, v]));
