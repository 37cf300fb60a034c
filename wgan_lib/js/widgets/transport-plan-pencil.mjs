/** Lines drawn by hand in TransportPlan. Chapter: optimal-transport. */
import { drag } from "../kit/drag.mjs";
import { svg } from "../kit/elements.mjs";

export const REACH = 30; // px from a point within which a line drawn by hand is taken to end there

/**
 * The matching after generated point i is sent to real point j (again: no longer). Whoever held j gets what i had, so
 * a full matching stays full.
 */
export function join(matching, i, j) {
  if (matching[i] === j) return matching.map((p, k) => (k === i ? -1 : p));
  return matching.map((p, k) => (k === i ? j : p === j ? matching[i] : p));
}

/** Drawing lines: from point to point with the pointer, or by choosing one after the other. */
export function drawing(w, { p, points }, now, change) {
  const it = { chosen: null, drawn: null };
  const pixelOf = ({ trait, k }) => {
    const [x, y] = w.get(trait)[k];
    return [p.x(x), p.y(y)];
  };
  const away = (point, at) => Math.hypot(pixelOf(point)[0] - at[0], pixelOf(point)[1] - at[1]);
  const nearest = (from, at) =>
    points
      .filter((q) => q.trait !== from.trait)
      .map((q) => [away(q, at), q])
      .reduce((a, b) => (b[0] < a[0] ? b : a));
  /** A first point is chosen; a second of the other colour is joined to it. */
  const press = (point) => {
    w.touched();
    if (it.chosen && it.chosen.trait !== point.trait) {
      const [i, j] = point.trait === "generated" ? [point.k, it.chosen.k] : [it.chosen.k, point.k];
      change({ matching: join(now(), i, j) });
      return;
    }
    it.chosen = it.chosen === point ? null : point;
    if (it.chosen) w.say(`${point.trait} point ${point.k + 1} is chosen; now one of the other colour.`);
    w.invalidate();
  };
  for (const point of points) drawFrom(w, p, it, point, { press, nearest });
  return { it, pixelOf, nearest };
}

function drawFrom(w, p, it, point, { press, nearest }) {
  const { node } = point,
    layer = svg("circle", { class: "me-hit", r: 18, "data-trait": "matching" });
  node.append(layer);
  // In "draw" the topmost circle takes the pointer before the handle does, which would move the point.
  drag(
    layer,
    {
      start: (at, event) => {
        if (w.get("drag") !== "draw") return false;
        event.stopPropagation();
        node.focus({ preventScroll: true });
        it.drawn = { from: point, start: [at.x, at.y], at: [at.x, at.y], moved: false };
        return true;
      },
      move: ({ x, y }) => {
        const { drawn } = it;
        drawn.at = [x, y];
        drawn.moved ||= Math.hypot(x - drawn.start[0], y - drawn.start[1]) > 5;
        w.invalidate();
      },
      end: (_, _event, dropped) => {
        const { at, moved } = it.drawn;
        it.drawn = null;
        if (!dropped) return;
        if (!moved) return press(point);
        const [far, target] = nearest(point, at);
        if (far > REACH) return w.say("No point of the other colour is near: the line was let go.");
        it.chosen = point;
        return press(target);
      },
    },
    { within: p.node, w },
  );
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") press(point);
    else if (event.key === "Escape" && it.chosen) {
      it.chosen = null;
      w.invalidate();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
}
