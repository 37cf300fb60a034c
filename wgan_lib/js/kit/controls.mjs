/** Native controls of the frame, each in step with its trait: w.choice, w.slider, w.check, w.button. */
import { html } from "./elements.mjs";

/** Gives the frame `w` its calls for controls, which append to the element `inputs`. */
export function addControls(w, name, inputs) {
  /** Adds a control and keeps it in step with its trait. */
  const control = (node, sync = () => {}) => {
    inputs.append(node);
    w.root.classList.remove("me-bare");
    w.draw(sync);
    return node;
  };

  /** Segmented choice: `{ trait, label, names? }`; `names` maps a choice to the words shown. */
  w.choice = ({ trait, label: legend, names = {} }) => {
    const group = `${name}-${trait}-${Math.random().toString(36).slice(2, 8)}`;
    const radios = w.state[trait].map((option) =>
      html("input", { type: "radio", name: group, value: option, onchange: () => w.set({ [trait]: option }) }),
    );
    return control(
      html(
        "fieldset",
        { class: "me-choice" },
        html("legend", {}, legend),
        ...radios.map((radio, i) =>
          html("label", {}, radio, html("span", {}, names[w.state[trait][i]] ?? w.state[trait][i])),
        ),
      ),
      () =>
        radios.forEach((radio) => {
          radio.checked = radio.value === String(w.get(trait));
        }),
    );
  };
  /** Native slider: `{ trait, label, step, text? }`; `text(v)` is what is shown and spoken. */
  w.slider = ({ trait, label: words, step = 0.1, text = (v) => String(v) }) => {
    const [min, max] = w.state[trait],
      shown = html("output", {});
    const input = html("input", {
      type: "range",
      min,
      max,
      step,
      oninput: () => w.set({ [trait]: Number(input.value) }),
    });
    return control(html("label", { class: "me-slider" }, html("span", {}, words), input, shown), () => {
      const v = w.get(trait);
      if (Number(input.value) !== v) input.value = v;
      shown.textContent = text(v);
      input.setAttribute("aria-valuetext", text(v));
    });
  };
  /** Checkbox for a boolean trait. */
  w.check = ({ trait, label: words }) => {
    const input = html("input", { type: "checkbox", onchange: () => w.set({ [trait]: input.checked }) });
    return control(html("label", { class: "me-check" }, input, html("span", {}, words)), () => {
      input.checked = Boolean(w.get(trait));
    });
  };
  /** Push button: `{ label, press }`. Returns the element, so that its text can follow the state. */
  w.button = ({ label: words, press }) =>
    control(html("button", { type: "button", class: "me-button", onclick: press }, words));
}
