/**
 * The table of clipping-depth.mjs: a cell for each depth and bound, with the exponent of the steepest slope, two knobs
 * that choose a cell, and a frame around the best bound of each depth.
 */
import { exponent, nearest } from "../maths/clipping.mjs";
import { mix } from "../maths/surfaces.mjs";

const FAR = 8; // decades from slope 1 at which the colours end

/** A cell's colours by log₁₀ of its slope: the critic's near slope 1, grey where it vanishes, red where it explodes. */
export function cellColours(paper, { muted, critic, broken }) {
  const ends = { low: mix(paper, muted, 0.5), one: mix(paper, critic, 0.5), high: mix(paper, broken, 0.5) };
  return (log) => {
    if (Math.abs(log) <= Math.log10(2)) return ends.one;
    return mix(paper, log < 0 ? ends.low : ends.high, Math.min(1, 0.15 + (0.85 * Math.abs(log)) / FAR));
  };
}

/** The table in a plot of its own: { p, draw(row, column) }; a press on a cell chooses it. */
export function table(w, { depths, bounds, cells, best }) {
  const columns = bounds.length,
    logs = cells.map(({ slopes }) => (slopes[0] > 0 ? Math.log10(slopes[0]) : NaN));
  const p = w.plot({
    ...{ label: "", height: (_, narrow) => (narrow ? 166 : 214), margin: { top: 18, right: 30, bottom: 40, left: 26 } },
    x: {
      ...{ domain: [0, columns], ticks: bounds.map((_, k) => k + 0.5), label: "bound c" },
      format: (v) => String(bounds[Math.floor(v)]).replace(/^0/, ""),
    },
    y: {
      ...{ domain: [0, depths.length], ticks: depths.map((_, k) => k + 0.5), grid: false },
      format: (v) => String(depths[Math.floor(v)]),
    },
  });
  const paper = p.canvas(),
    frames = p.path("ink thin"),
    chosen = p.path("ink bold"),
    title = p.text("muted", { dx: -22, dy: -6 }),
    texts = depths.flatMap((_, i) =>
      bounds.map((__, j) => ({ i, j, mark: p.text("ink", { anchor: "middle", dy: 4 }) })),
    );
  const box = (i, j, inset) => {
    const [x0, x1] = [p.x(j) + inset, p.x(j + 1) - inset],
      [y0, y1] = [p.y(i + 1) + inset, p.y(i) - inset];
    return `M${x0},${y0}H${x1}V${y1}H${x0}Z`;
  };
  knobs(w, p, depths, bounds);
  p.node.addEventListener("click", (event) => {
    if (event.target.closest(".me-handle")) return;
    const corner = p.node.getBoundingClientRect(),
      j = Math.floor(p.x.invert(event.clientX - corner.left)),
      i = Math.floor(p.y.invert(event.clientY - corner.top));
    if (depths[i] && bounds[j]) w.change({ depth: depths[i], bound: bounds[j], penalty: false });
  });
  return {
    p,
    draw: (row, column, colourOf) => {
      paper.paint((c) => {
        for (const { i, j } of texts) {
          const log = logs[i * (columns + 1) + j];
          c.fillStyle = `rgb(${colourOf(Number.isNaN(log) ? -99 : log).join()})`;
          c.fillRect(p.x(j) + 1, p.y(i + 1) + 1, p.x(1) - p.x(0) - 2, p.y(0) - p.y(1) - 2);
        }
      });
      for (const { i, j, mark } of texts) mark.set(j + 0.5, i + 0.5, exponent(logs[i * (columns + 1) + j]));
      frames.set(best.map((j, i) => box(i, j, 2)).join(""));
      chosen.set(w.get("penalty") ? "" : box(row, column, 0.5));
      const words = "log₁₀ of the steepest slope; framed: the best c of each depth";
      title.set(
        0,
        depths.length,
        w.narrow ? "log₁₀ slope, by layers and c; framed: best c" : `Layers by bound: ${words}`,
      );
      p.describe(`Steepest slopes by depth and bound; chosen: ${depths[row]} layers, c = ${bounds[column]}.`);
    },
  };
}

function knobs(w, p, depths, bounds) {
  const rowOf = () => nearest(depths, w.get("depth")),
    columnOf = () => nearest(bounds, w.get("bound"));
  p.handle({
    ...{ trait: "depth", axis: "y", step: 1, grain: 1, range: [0, depths.length - 1], label: "layers", hint: true },
    value: rowOf,
    at: (i) => [p.x.invert(p.width - 14), i + 0.5],
    from: (_, y) => y - 0.5,
    set: (i) => w.change({ depth: depths[i], penalty: w.get("penalty") }),
    text: (i) => `${depths[i]} layers`,
  });
  p.handle({
    ...{ trait: "bound", step: 1, grain: 1, range: [0, bounds.length - 1], label: "bound c" },
    value: columnOf,
    at: (j) => [j + 0.5, p.y.invert(p.height - p.margin.bottom + 28)],
    from: (x) => x - 0.5,
    set: (j) => w.change({ bound: bounds[j], penalty: false }),
    text: (j) => `c = ${bounds[j]}`,
  });
}
