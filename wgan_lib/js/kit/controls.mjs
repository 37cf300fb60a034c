/** Native controls of the frame, each in step with its trait: choice, slider, check, number, button, transport. */
import { html } from "./elements.mjs";
import { clamp, fixed, snap } from "./scales.mjs";

/** Gives the frame `w` its calls for controls; each takes `parent`, by default the row of controls. */
export function addControls(w) {
  /** Segmented choice: `{ trait, label, names? }`; `names` maps a choice to the words shown. */
  w.choice = (options) => choice(w, options);
  /**
   * Native slider: `{ trait, label, step?, text? }`; `text(v)` is shown and spoken, without it the number can be typed.
   */
  w.slider = (options) => slider(w, options);
  /** Checkbox for a boolean trait: `{ trait, label }`. */
  w.check = (options) => check(w, options);
  /** A number to type: `{ trait, label, digits?, range? }`, the last two by functions where they may change. */
  w.number = ({ parent = w.inputs, trait, label, digits = 2, range }) => {
    const field = typed(w, trait, label, digits, range);
    return parent.appendChild(html("label", { class: "me-slider" }, html("span", {}, label), field));
  };
  /** Push button: `{ label, press }`. Returns the element, so that its text can follow the state. */
  w.button = ({ label, press, parent = w.inputs }) =>
    parent.appendChild(html("button", { type: "button", class: "me-button", onclick: press }, label));
  /**
   * Bar for a trait that is a time: play and pause, one step, a scrubber, the speed.
   * `{ trait, label, ms, step, text, play, between? }`: `ms` from one end of the range to the other, `text(v)` shown
   * beside it. `between(u)`: in a film of frames, the share u in [0, 1) of the way from the trait's frame to the next.
   */
  w.transport = (options) => transport(w, options);
}

let serial = 0;

function choice(w, { parent = w.inputs, trait, label, names = {} }) {
  const group = `${w.name}-${trait}-${++serial}-${Math.random().toString(36).slice(2, 6)}`;
  const radios = w.reach[trait].map((value) =>
    html("input", { type: "radio", name: group, value, onchange: () => w.change({ [trait]: value }) }),
  );
  const worded = (radio) => html("label", {}, radio, html("span", {}, names[radio.value] ?? radio.value));
  const set = html("fieldset", { class: "me-choice", "data-trait": trait, "aria-label": label });
  set.append(html("legend", {}, label), ...radios.map(worded));
  w.draw(() => {
    for (const radio of radios) radio.checked = radio.value === String(w.get(trait));
    set.dataset.said = names[w.get(trait)] ?? String(w.get(trait)); // a group may have no aria-valuetext
  });
  return parent.appendChild(set);
}

function slider(w, { parent = w.inputs, trait, label, step = 0.1, text }) {
  const [min, max] = w.reach[trait];
  const press = () => w.change({ [trait]: Number(input.value) });
  const input = html("input", {
    type: "range",
    min,
    max,
    step,
    "data-trait": trait,
    "aria-label": label,
    oninput: press,
  });
  const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
  const shown = text ? html("output", {}) : typed(w, trait, `${label}, typed`, digits);
  w.draw(() => {
    const v = w.get(trait);
    if (Number(input.value) !== v) input.value = v;
    if (text) shown.textContent = text(v);
    input.setAttribute("aria-valuetext", text ? text(v) : fixed(v, digits));
  });
  return parent.appendChild(html("label", { class: "me-slider" }, html("span", {}, label), input, shown));
}

/** A field that shows a number and takes another: Enter or leaving sets it, Escape brings back the old one. */
function typed(w, trait, label, digits, range = () => w.reach[trait]) {
  const show = (v) => fixed(v, typeof digits === "function" ? digits() : digits);
  const written = () => show(w.get(trait));
  const possible = () => range().slice(0, 2).map(show).join(" to ");
  const field = html("input", { class: "me-number", inputmode: "decimal", size: 5, "aria-label": label });
  field.dataset.trait = trait;
  const commit = () => {
    const text = field.value.trim().replace("−", "-").replace(",", ".");
    if (field.value === written()) return;
    const v = text === "" ? NaN : Number(text);
    if (Number.isFinite(v)) w.change({ [trait]: clamp(snap(v, range()[2] ?? 0), range()) });
    if (!Number.isFinite(v)) w.say(`${label}: ${field.value || "nothing"} is no number; ${possible()} are possible.`);
    else if (clamp(v, range()) !== v) w.say(`${label}: only ${possible()} are possible.`);
    field.value = written();
  };
  field.addEventListener("focus", () => field.select());
  field.addEventListener("change", commit);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") commit();
    else if (event.key === "Escape") field.value = written();
    else return;
    event.preventDefault();
    event.stopPropagation(); // Escape would close the larger view as well
  });
  w.draw(() => {
    if (document.activeElement !== field || !w.root.contains(field)) field.value = written();
  });
  return field;
}

function check(w, { parent = w.inputs, trait, label }) {
  const press = () => w.change({ [trait]: input.checked });
  const input = html("input", { type: "checkbox", "data-trait": trait, "aria-label": label, onchange: press });
  w.draw(() => {
    input.checked = Boolean(w.get(trait));
    input.dataset.said = input.checked ? "on" : "off";
  });
  return parent.appendChild(html("label", { class: "me-check" }, input, html("span", {}, label)));
}

const SPEEDS = { "½ ×": 0.5, "1 ×": 1, "2 ×": 2 };

function transport(w, { trait, label, ms, step = 0.01, text = (v) => fixed(v), play: words = "Play", between }) {
  const [lo, hi] = w.reach[trait],
    whole = step >= 1;
  let playing = null,
    speed = 1;
  const ahead = () => {
    const now = w.get(trait);
    w.change({ [trait]: now >= hi ? lo : Math.min(hi, now + (whole ? step : (hi - lo) / 10)) });
  };
  const press = () => {
    if (playing) return w.stop();
    w.touched();
    const from = w.get(trait) >= hi ? lo : w.get(trait);
    if (w.still && whole) return ahead(); // a film would jump to its end
    const run = (u) => {
      const v = from + (hi - from) * u,
        frame = Math.floor(v + 1e-9);
      between?.(Math.max(0, v - frame));
      w.set({ [trait]: between ? frame : snap(v, step) });
    };
    const stop = w.animate((ms * (hi - from)) / (hi - lo) / speed, run, () => {
      playing = null;
      between?.(0);
      w.invalidate();
    });
    playing = w.still ? null : stop;
    return w.invalidate();
  };
  const play = html("button", { type: "button", class: "me-button me-play", onclick: press });
  const once = html("button", { type: "button", class: "me-button", "aria-label": "One step", onclick: ahead }, "›");
  const pick = (event) => (speed = SPEEDS[event.target.value]);
  const pace = html("select", { class: "me-speed", "aria-label": "Speed", onchange: pick });
  pace.append(...Object.keys(SPEEDS).map((name) => html("option", { selected: name === "1 ×" }, name)));
  const scrub = () => w.change({ [trait]: Number(input.value) });
  const range = { type: "range", min: lo, max: hi, step, "data-trait": trait, "aria-label": label };
  const input = html("input", { ...range, oninput: scrub }),
    shown = html("output", {});
  w.bar.append(play, once, input, shown, pace);
  w.draw(() => {
    const v = w.get(trait);
    if (Number(input.value) !== v) input.value = v;
    shown.textContent = text(v);
    input.setAttribute("aria-valuetext", text(v));
    play.textContent = playing ? "Pause" : w.still && whole ? "Next step" : v >= hi ? `${words} again` : words;
  });
  return w.bar;
}
