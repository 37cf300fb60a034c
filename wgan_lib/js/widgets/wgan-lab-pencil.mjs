/** A law drawn by hand: a pointer leaves a trace, keys put blob by blob at a cursor. Chapter: lab. */
import { fixed } from "../kit/scales.mjs";

const DRAWN = 40, // points of a law drawn by hand
  NEAR = 0.15, // a blob as near as this to the cursor is the one it means
  GRAIN = 0.1; // what an arrow key moves it by

/** Evenly chosen `DRAWN` points of what was drawn, so that a link can carry them. */
const resampled = (raw) => Array.from({ length: DRAWN }, (_, k) => raw[Math.floor((k * raw.length) / DRAWN)]);

/** Lets the map `p` be drawn on while the law is "drawn"; returns what is to be called at each draw. */
export function pencil(w, p) {
  let raw = [],
    written = ""; // the law as our own hand left it: any other starts a new drawing
  const at = [0, 0]; // the cursor, in units of the law
  const rounded = (v) => Number(v.toFixed(2));
  const put = () => {
    const points = resampled(raw);
    written = JSON.stringify(points);
    w.change({ points });
  };
  /** A point of the trace; one that leaves the sheet is no part of the law. */
  const stroke = ({ x, y }) => {
    const point = [x, y].map((v) => rounded(v / w.get("scale")));
    const on = w.reach.points.every(([low, high], k) => low <= point[k] && point[k] <= high);
    if (on) raw.push(point);
    return on;
  };
  const layer = p.drag({
    start: (from) => {
      if (w.get("law") !== "drawn") return false;
      return stroke(from);
    },
    move: stroke,
    end: put,
  });
  layer.setAttribute("aria-hidden", "true");

  const near = () => raw.findIndex(([x, y]) => Math.hypot(x - at[0], y - at[1]) < NEAR);
  const place = () => `${fixed(at[0], 1)}, ${fixed(at[1], 1)}`;
  const count = (n) => `${n} ${n === 1 ? "blob" : "blobs"} now`;
  const cursor = p.handle({
    ...{ axis: "xy", colour: "ink", hollow: true, grain: GRAIN, step: GRAIN, range: () => w.reach.points },
    label: "cursor: space puts a blob or takes it away, Delete clears the sheet",
    tip: "space: a blob",
    value: () => [...at],
    set: (v) => {
      at.splice(0, 2, ...v);
      w.invalidate();
      w.say(`${place()}${near() < 0 ? "" : ", on a blob"}`);
    },
    at: (v) => v.map((u) => u * w.get("scale")),
    text: () => `${place()}${near() < 0 ? "" : ", on a blob"}`,
  });
  const keys = {
    " ": () => {
      const found = near();
      if (found >= 0 && raw.length === 1) return w.say(`The law needs one blob: this one stays. ${count(1)}.`);
      if (found < 0 && raw.length >= DRAWN) return w.say(`${DRAWN} blobs are as many as a law holds.`);
      if (found >= 0) raw.splice(found, 1);
      else raw.push(at.map(rounded));
      put();
      return w.say(`Blob ${found >= 0 ? "taken from" : "put at"} ${place()}. ${count(raw.length)}.`);
    },
    Delete: () => {
      raw = [];
      w.say("A clean sheet: the next blob begins a new law.");
    },
  };
  cursor.node.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });
  return () => {
    const drawn = w.get("law") === "drawn";
    layer.style.display = drawn ? "" : "none";
    cursor.show(drawn);
    if (!drawn || (raw.length && written && written !== JSON.stringify(w.get("points")) && !w.held)) raw = [];
  };
}
