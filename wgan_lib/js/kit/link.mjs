/** A widget's state in the address: reading it, writing it, and the "Copy link" button. */
import { html } from "./elements.mjs";
import { clamp } from "./scales.mjs";

/** Address part of a widget's state: `#name?mean_q=2.5&unit=bits`; numbers keep 4 decimals. */
export function encodeState(name, values) {
  const number = (v) => (typeof v === "number" ? String(Number(v.toFixed(4))) : String(v));
  const pairs = Object.entries(values).map(
    ([k, v]) => `${k}=${encodeURIComponent(Array.isArray(v) ? v.flat().map(number).join(",") : number(v))}`,
  );
  return `#${name}?${pairs.join("&")}`;
}

/**
 * The inverse of encodeState, for the traits in `state` only. A value of the wrong type or not among the choices is
 * left
 * out, a number outside its range is moved to the nearest end. `now` holds the present values, whose types decide how
 * the text is read. null: not this widget's link.
 */
export function decodeState(hash, name, state, now) {
  const [head, query] = hash.replace(/^#/, "").split("?");
  if (head !== name || query === undefined) return null;
  const found = {};
  for (const [trait, text] of new URLSearchParams(query)) {
    const allowed = state[trait],
      old = now[trait];
    if (allowed === undefined || old === undefined) continue;
    const range = Array.isArray(allowed) && typeof allowed[0] === "number" ? allowed : [-Infinity, Infinity];
    const number = (t) => (t.trim() === "" || !Number.isFinite(Number(t)) ? NaN : clamp(Number(t), range));
    let value;
    if (Array.isArray(old)) {
      const flat = text.split(",").map(number);
      value = Array.isArray(old[0]) ? old.map((row, i) => flat.slice(i * row.length, (i + 1) * row.length)) : flat;
      if (flat.length !== old.flat().length || flat.some(Number.isNaN)) continue;
    } else if (typeof old === "number") {
      value = number(text);
      if (Number.isNaN(value)) continue;
    } else if (typeof old === "boolean") {
      if (text !== "true" && text !== "false") continue;
      value = text === "true";
    } else {
      if (Array.isArray(allowed) && !allowed.includes(text)) continue;
      value = text;
    }
    found[trait] = value;
  }
  return found;
}

/**
 * Lets the address of a static page carry the frame's state: follows it now and whenever it changes, and returns the
 * button that writes it. The second widget of one kind on a page answers to "name-2". Returns null where no host script
 * mounted the widget: a notebook has no such address.
 */
export function linked(w, el, name, say, undo) {
  const page = el.closest("[data-widget-host]");
  if (!page) return null;
  const others = [...document.querySelectorAll("[data-widget-link]")].map((e) =>
    e.dataset.widgetLink.replace(/-\d+$/, ""),
  );
  const alike = others.filter((other) => other === name).length;
  const key = alike ? `${name}-${alike + 1}` : name;
  page.dataset.widgetLink = key;
  const now = () => Object.fromEntries(Object.keys(w.state).map((trait) => [trait, w.get(trait)]));

  const follow = () => {
    const found = decodeState(location.hash, key, w.state, now());
    if (!found) return;
    w.set(found);
    requestAnimationFrame(() => w.root.scrollIntoView({ block: "center" }));
  };
  window.addEventListener("hashchange", follow);
  undo.push(() => window.removeEventListener("hashchange", follow));
  follow();

  const words = "Copy link";
  const copy = async () => {
    history.replaceState(null, "", encodeState(key, now()));
    button.textContent = (await copied(location.href)) ? "Link copied" : "Link is in the address bar";
    say(button.textContent);
    setTimeout(() => (button.textContent = words), 1800);
  };
  const button = html(
    "button",
    { type: "button", class: "me-quiet", title: "Copy a link to this state", onclick: copy },
    words,
  );
  return button;
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
