/** A widget's state in the address: reading it, writing it, and the "Copy link" button. */
import { html } from "./elements.mjs";
import { admitted } from "./state.mjs";

/** Address part of a widget's state: `#name?mean_q=2.5&unit=bits`; numbers keep 4 decimals. */
export function encodeState(name, values) {
  const number = (v) => (typeof v === "number" ? String(Number(v.toFixed(4))) : String(v));
  const text = (v) => encodeURIComponent(Array.isArray(v) ? v.flat().map(number).join(",") : number(v));
  return `#${name}?${Object.entries(values)
    .map(([trait, v]) => `${trait}=${text(v)}`)
    .join("&")}`;
}

/**
 * The inverse of encodeState, for the traits in `reach` only. A value of the wrong type or not among the choices is
 * left
 * out, a number outside its range is moved to the nearest end. `now` holds the present values, whose types decide how
 * the text is read. null: not this widget's link.
 */
export function decodeState(hash, name, reach, now) {
  const [head, query] = hash.replace(/^#/, "").split("?");
  if (head !== name || query === undefined) return null;
  const found = {};
  for (const [trait, text] of new URLSearchParams(query)) {
    if (reach[trait] === undefined || now[trait] === undefined) continue;
    const value = admitted(read(text, now[trait]), reach[trait], now[trait]);
    if (value !== undefined) found[trait] = value;
  }
  return found;
}

/** The text as a value of the kind of `old`; undefined where it is none. */
function read(text, old) {
  const number = (t) => (t.trim() === "" ? NaN : Number(t));
  if (typeof old === "number") return number(text);
  if (typeof old === "boolean") return { true: true, false: false }[text];
  if (!Array.isArray(old)) return text;
  const flat = text.split(",").map(number);
  if (flat.length !== old.flat().length) return undefined;
  return Array.isArray(old[0]) ? old.map((row, i) => flat.slice(i * row.length, (i + 1) * row.length)) : flat;
}

/**
 * Lets the address of a static page carry the frame's state: follows it now and whenever it changes, and adds the
 * button that writes it. The second widget of one kind on a page answers to "name-2". Nothing happens where no host
 * script mounted the widget: a notebook has no such address.
 */
export function addLink(w) {
  const page = w.el.closest("[data-widget-host]");
  if (!page) return;
  const key = keyOf(w);
  page.dataset.widgetLink = key;
  const follow = () => {
    const found = decodeState(location.hash, key, w.reach, w.now());
    if (!found) return;
    w.change(found);
    requestAnimationFrame(() => w.root.scrollIntoView({ block: "center" }));
  };
  window.addEventListener("hashchange", follow);
  w.undo.push(() => window.removeEventListener("hashchange", follow));
  follow();
  const words = "Copy link";
  const copy = async () => {
    history.replaceState(null, "", encodeState(key, w.now()));
    button.textContent = (await copied(location.href)) ? "Link copied" : "Link is in the address bar";
    w.say(button.textContent);
    setTimeout(() => (button.textContent = words), 1800);
  };
  const button = html("button", { type: "button", class: "me-quiet", onclick: copy }, words);
  button.title = "Copy a link to this state";
  w.actions.append(button);
}

function keyOf(w) {
  const named = [...document.querySelectorAll("[data-widget-link]")].map((e) => e.dataset.widgetLink);
  const alike = named.filter((other) => other.replace(/-\d+$/, "") === w.name).length;
  return alike ? `${w.name}-${alike + 1}` : w.name;
}

/** Puts text on the clipboard; false where the browser refuses. */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
