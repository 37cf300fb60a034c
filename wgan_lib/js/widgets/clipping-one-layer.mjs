/**
 * The box of a single layer: in the plane of the two weights clipping allows a square, spectral normalisation a disc.
 * A dial turns the shift between the two laws; beside it, both gaps over its direction. Part of clipping-depth.mjs.
 */
import { bestLinear } from "../maths/clipping.mjs";

const DIAL = 1.75, // radius on which the knob of the dial runs
  EDGE = 2.05;

const directionOf = (degrees) => [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
const circle = (r, n = 120) => Array.from({ length: n + 1 }, (_, k) => directionOf((360 * k) / n).map((v) => r * v));
const TURNS = Array.from({ length: 181 }, (_, k) => 2 * k);

/** Shows a plot with its handles, or hides it and takes them out of the way of the tab key. */
export function present(p, yes) {
  p.show(yes);
  for (const { node } of p.handles) node.setAttribute("tabindex", yes ? 0 : -1);
}

/** The two plots of the view "one layer" in a row of their own: { show, draw }. */
export function oneLayer(w) {
  const row = w.columns(150),
    plane = weightPlane(w, row),
    curve = gapCurve(w, row);
  return {
    show: (yes) => {
      for (const { p } of [plane, curve]) present(p, yes);
      row.style.display = yes ? "" : "none";
      if (yes) for (const { p } of [plane, curve]) p.measure(w.width / 2);
    },
    draw: () => {
      const turn = w.get("turn"),
        found = bestLinear(1, directionOf(turn));
      plane.draw(turn, found);
      curve.draw(turn, found);
    },
  };
}

function weightPlane(w, row) {
  const axis = { domain: [-EDGE, EDGE], hide: true };
  const p = w.plot({
    ...{ parent: row, label: "", shaped: true, height: (width, narrow) => Math.min(width, narrow ? 190 : 330) },
    ...{ margin: { top: 4, right: 4, bottom: 4, left: 4 }, x: axis, y: axis },
  });
  // The plane keeps its shape: the axis across is as much longer as the plot is wider than high.
  const square = p.line("muted bold"),
    disc = p.line("critic"),
    dial = p.line("muted thin dashed"),
    shift = p.arrows("ink"),
    corner = p.arrows("muted"),
    point = p.arrows("critic"),
    ends = { corner: p.dots("muted", 5), point: p.dots("critic", 5) };
  const names = {
    square: p.text("muted halo-text", { anchor: "start", dx: 2, dy: -5 }),
    disc: p.text("critic halo-text", { anchor: "middle", dy: -6 }),
  };
  p.handle({
    ...{ trait: "turn", axis: "xy", label: "direction of the shift", hint: true, step: 5 },
    ...{ colour: "ink", tip: "shift" },
    value: () => directionOf(w.get("turn")).map((v) => v * DIAL),
    range: [
      [-EDGE, EDGE],
      [-EDGE, EDGE],
    ],
    at: (v) => v,
    set: ([x, y]) => w.change({ turn: degreesOf(x, y) }),
    text: () => `${Math.round(w.get("turn"))} degrees`,
  });
  turnByKeys(w, p);
  return {
    p,
    draw: (turn, { square: best, disc: round }) => {
      const stretch = (p.width - 8) / (p.height - 8);
      p.extent({ x: [-EDGE * stretch, EDGE * stretch] });
      square.set([-1, 1, 1, -1, -1], [-1, -1, 1, 1, -1]);
      for (const [line, r] of [
        [disc, 1],
        [dial, DIAL],
      ]) {
        const points = circle(r);
        line.set(
          points.map(([x]) => x),
          points.map(([, y]) => y),
        );
      }
      const way = directionOf(turn).map((v) => v * DIAL);
      shift.set([[0, 0, ...way]]);
      corner.set([[0, 0, ...best]]);
      point.set([[0, 0, ...round]]);
      ends.corner.set([best]);
      ends.point.set([round]);
      names.square.set(-1, 1, w.narrow ? "clipping" : "clipping: a square");
      names.disc.set(0, -0.75, w.narrow ? "|w| ≤ 1" : "|w| ≤ 1: a disc");
      p.describe(
        `Weights of a linear critic. Shift at ${Math.round(turn)} degrees; clipping's best weights at (${best
          .map((v) => v.toFixed(0))
          .join(", ")}), the disc's at (${round.map((v) => v.toFixed(2)).join(", ")}).`,
      );
    },
  };
}

const degreesOf = (x, y) => Math.round((((Math.atan2(y, x) * 180) / Math.PI + 360) % 360) * 10) / 10;

/** Arrow keys turn the dial rather than push its knob: by five degrees, with Shift by 45. */
function turnByKeys(w, p) {
  p.node.addEventListener(
    "keydown",
    (event) => {
      const way = { ArrowUp: 1, ArrowLeft: 1, ArrowDown: -1, ArrowRight: -1 }[event.key];
      const end = { Home: 0, End: 90 }[event.key];
      if ((!way && end === undefined) || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      event.stopPropagation();
      w.change({ turn: end ?? (w.get("turn") + way * (event.shiftKey ? 45 : 5) + 360) % 360 });
    },
    { capture: true },
  );
}

function gapCurve(w, row) {
  const p = w.plot({
    ...{ parent: row, label: "", height: (width, narrow) => Math.min(width, narrow ? 190 : 330) },
    ...{ margin: { top: 24, right: 18, left: 34 } },
    x: {
      domain: [0, 360],
      ticks: [0, 90, 180, 270, 360],
      label: (width) => (width < 240 ? "degrees" : "direction of the shift, degrees"),
    },
    y: { domain: [0, 1.6], ticks: [0, 0.5, 1, 1.5], label: "" },
  });
  const square = p.line("muted bold"),
    disc = p.line("critic"),
    now = p.rule("muted thin dashed"),
    dots = { square: p.dots("muted", 5), disc: p.dots("critic", 5) };
  const names = {
    square: p.text("muted strong halo-text", { anchor: "end", dy: -8 }),
    disc: p.text("critic strong halo-text", { anchor: "end", dy: 17 }),
  };
  const gaps = TURNS.map((turn) => bestLinear(1, directionOf(turn)).squareGap);
  return {
    p,
    draw: (turn, { squareGap, discGap }) => {
      square.set(TURNS, gaps);
      disc.set([0, 360], [1, 1]);
      now.set(turn);
      dots.square.set([[turn, squareGap]]);
      dots.disc.set([[turn, discGap]]);
      names.square.set(360, Math.SQRT2, w.narrow ? "square" : "gap of the square's best");
      names.disc.set(360, 1, w.narrow ? "disc: W₁" : "gap of the disc's best: W₁");
      p.describe(`At ${Math.round(turn)} degrees: clipping ${squareGap.toFixed(2)}, the disc ${discGap.toFixed(2)}.`);
    },
  };
}
