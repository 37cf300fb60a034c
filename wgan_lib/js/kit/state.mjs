/**
 * A widget's state: what a hand may set, how it is saved, moved, stopped and put back; and what the page's script
 * reads.
 */
import { clamp, fixed, snap } from "./scales.mjs";

const MOVE = 400; // ms that a move asked for by the page's words takes
const POINTED = 1600; // ms that the ring stays on what was moved

const isRange = (allowed) => Array.isArray(allowed) && typeof allowed[0] === "number";

/** The value forced into what is allowed, in the form of `now`; undefined where it is of another kind or no choice. */
export function admitted(value, allowed, now) {
  if (Array.isArray(now)) {
    if (!Array.isArray(value) || value.length !== now.length) return undefined;
    const each = (k) => (Array.isArray(allowed?.[0]) && !Array.isArray(now[0]) ? allowed[k] : allowed);
    const found = value.map((v, k) => admitted(v, each(k), now[k]));
    return found.includes(undefined) ? undefined : found;
  }
  if (typeof value !== typeof now) return undefined;
  if (typeof now !== "number") return Array.isArray(allowed) && !allowed.includes(value) ? undefined : value;
  if (!Number.isFinite(value)) return undefined;
  return isRange(allowed) ? clamp(allowed[2] ? snap(value, allowed[2]) : value, allowed) : value;
}

/** What lies a share t of the way from a to b: numbers and lists of them. */
export const between = (a, b, t) =>
  Array.isArray(a) ? a.map((v, k) => between(v, b[k], t)) : t === 1 ? b : a + (b - a) * t;

const isNumeric = (v) => (Array.isArray(v) ? v.every(isNumeric) : typeof v === "number");

/** Gives the frame `w` its state, from the model and from what Python lets a hand set. */
export function addState(w) {
  const { model } = w;
  w.reach = model.get("reach") ?? {};
  const traits = Object.keys(w.reach);
  const snapshot = () => Object.fromEntries(traits.map((trait) => [trait, structuredClone(model.get(trait))]));
  const initial = snapshot();
  let unsaved = false;
  w.now = snapshot;
  w.get = (trait) => model.get(trait);
  w.set = (changes) => {
    for (const [trait, value] of Object.entries(changes)) model.set(trait, value);
    unsaved = true;
    w.changed = true;
    w.invalidate();
  };
  w.save = () => {
    if (unsaved) model.save_changes();
    unsaved = false;
  };
  w.touched = () => {
    w.stop();
    for (const node of w.root.querySelectorAll(".me-hint")) node.classList.remove("me-hint");
    w.root.dispatchEvent(new CustomEvent("widget-touched", { bubbles: true }));
  };
  w.change = (changes) => {
    w.touched();
    w.set(changes);
  };
  w.reset = () => w.change(structuredClone(initial));
  const heard = () => {
    w.changed = true;
    w.invalidate();
  };
  for (const trait of [...traits, "task"]) {
    model.on(`change:${trait}`, heard);
    w.undo.push(() => model.off(`change:${trait}`, heard));
  }
  addAnimation(w);
  addMoves(w);
}

function addAnimation(w) {
  const running = new Set();
  w.stop = () => {
    for (const stop of [...running]) stop();
  };
  w.animate = (ms, fn, ended = () => {}) => {
    if (w.still || !(ms > 0)) {
      fn(1);
      ended();
      return () => {};
    }
    let request, began;
    const stop = () => {
      cancelAnimationFrame(request);
      if (running.delete(stop)) ended();
    };
    const step = (now) => {
      began ??= now;
      const t = Math.min(1, (now - began) / ms);
      fn(t);
      if (t < 1) request = requestAnimationFrame(step);
      else stop();
    };
    running.add(stop);
    request = requestAnimationFrame(step);
    return stop;
  };
}

/** What the page's script may call: wganMove and wganState on the root. */
function addMoves(w) {
  w.readings = {};
  w.root.wganState = () => {
    w.flush(); // the readings belong to the traits of the last draw
    return { ...w.now(), ...w.readings };
  };
  w.root.wganMove = (changes, { animate = true } = {}) => {
    const goal = {};
    for (const [trait, value] of Object.entries(changes)) {
      const wanted = typeof value === "string" && isNumeric(w.get(trait)) ? Number(value) : value;
      goal[trait] = trait in w.reach ? admitted(wanted, w.reach[trait], w.get(trait)) : undefined;
      if (goal[trait] === undefined)
        throw new RangeError(
          `${w.kind} cannot be moved to ${trait}=${JSON.stringify(value)}; it has ${Object.keys(w.reach).join(", ")}`,
        );
    }
    w.touched();
    const from = w.now(),
      changed = Object.keys(goal).filter((trait) => JSON.stringify(goal[trait]) !== JSON.stringify(w.get(trait)));
    pointAt(w, changed.length ? changed : Object.keys(goal));
    const sliding = Object.keys(goal).filter((trait) => isNumeric(goal[trait]) && !w.reach[trait]?.[2]);
    w.set(Object.fromEntries(Object.entries(goal).filter(([trait]) => !sliding.includes(trait))));
    return new Promise((resolve) => {
      const move = (t) => {
        const s = t * t * (3 - 2 * t);
        w.set(Object.fromEntries(sliding.map((trait) => [trait, between(from[trait], goal[trait], s)])));
      };
      w.animate(animate && sliding.length ? MOVE : 0, move, () => {
        w.paint();
        w.say(
          `${Object.keys(goal)
            .map((trait) => spoken(w, trait))
            .join("; ")}. ${w.numbers?.() ?? ""}`,
        );
        resolve(w.root.wganState());
      });
    });
  };
}

const marked = (w, trait) => w.root.querySelectorAll(`[data-trait="${CSS.escape(trait)}"]`);

/** "mean of Q 8.00": the name of the handle or control, and the value as it is shown there. */
function spoken(w, trait) {
  const node = marked(w, trait)[0],
    v = w.get(trait);
  const text =
    node?.closest("[aria-valuetext]")?.getAttribute("aria-valuetext") ??
    node?.closest("[data-said]")?.dataset.said ??
    (typeof v === "number" ? fixed(v) : String(v));
  return `${node?.closest("[aria-label]")?.getAttribute("aria-label") ?? trait}: ${text}`;
}

/** A ring around what stands for the traits, for a moment. */
function pointAt(w, traits) {
  for (const node of traits.flatMap((trait) => [...marked(w, trait)])) {
    const target = node.namespaceURI.endsWith("svg") ? node : (node.closest("label, fieldset") ?? node);
    node.closest("details.me-more")?.setAttribute("open", "");
    target.classList.add("me-pointed");
    setTimeout(() => target.classList.remove("me-pointed"), POINTED);
  }
}
