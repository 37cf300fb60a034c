/** The numbers above the plots: `w.readout([{ trait, label, number, value?, note?, colour }])`. */
import { html } from "./elements.mjs";
import { compact } from "./scales.mjs";

const PAUSE = 600; // ms that numbers must rest before they are spoken

/** Gives the frame `w` its readout, which a screen reader hears once the numbers rest, and `w.say`. */
export function addReadout(w) {
  let entries = [],
    speech = 0;
  w.numbers = () => entries.map((e) => `${e.label} ${e.value} ${e.note ?? ""}`.trim()).join("; ");
  w.say = (words) => {
    clearTimeout(speech);
    // The same words twice in a row would not be spoken again.
    w.status.textContent = words === w.status.textContent ? `${words} ` : words;
  };
  w.readout = (list) => {
    const next = list.filter(Boolean).map((e) => ({ ...e, value: e.value ?? compact(e.number) }));
    if (signature(next) !== signature(entries)) {
      w.values.replaceChildren(...next.map(cell));
      w.values.style.setProperty("--me-across", next.length === 4 ? 2 : Math.min(3, next.length)); // on a phone
    }
    next.forEach((e, i) => {
      const [value, note] = w.values.children[i].querySelectorAll(".me-value, .me-note");
      if (value.textContent !== e.value) value.textContent = e.value;
      if (note && note.textContent !== e.note) note.textContent = e.note;
      if (e.trait) w.readings[e.trait] = e.number;
    });
    const spoken =
      entries.length > 0 && next.every((e, i) => e.value === entries[i].value && e.note === entries[i].note);
    const first = entries.length === 0;
    entries = next;
    if (first) w.status.textContent = w.numbers();
    if (first || spoken) return;
    // A drag must not flood a screen reader: it hears the numbers once they rest. At the start they are unannounced.
    clearTimeout(speech);
    speech = setTimeout(() => w.say(w.numbers()), PAUSE);
  };
  w.undo.push(() => clearTimeout(speech));
}

const signature = (entries) =>
  entries.map((e) => `${e.trait} ${e.label} ${e.colour} ${e.note === undefined}`).join("|");

/** One number: its name, the number under it, and a line for the note, which is kept free where one may come. */
function cell({ trait, label, colour = "ink", note }) {
  const value = html("span", { class: "me-value", "data-reading": trait });
  const shown = note === undefined ? [value] : [value, html("span", { class: "me-note" })];
  return html("div", { class: `me-${colour}` }, html("dt", {}, label), html("dd", {}, ...shown));
}
