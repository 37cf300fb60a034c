/**
 * The climb of a linear critic f(z) = ⟨a, z⟩ under the gradient penalty: the plane of all a with the way uphill, and
 * the profile along the line, which is all that one dimension has. The mathematics is in maths/penalties.mjs.
 * Python side: widgets.TwoSidedTrap. Chapter: gradient-penalty.
 */
import { widget } from "../kit/kit.mjs";
import { fixed } from "../kit/scales.mjs";
import { trapPath, trapValue } from "../maths/penalties.mjs";
import { channels, contour, mix, sequential } from "../maths/surfaces.mjs";

const X = [-3.2, 4.2],
  Y = [-1.75, 1.75];
const COLUMNS = 74,
  ROWS = 35,
  DEEP = 6; // how far below the best value, over λ, the map is palest
const SIDES = { left: 4, right: 4 };

function planePlot(w) {
  const axis = (domain) => ({ domain, hide: true, grid: false, ticks: [] });
  const p = w.plot({
    ...{ label: "", shaped: true, x: axis(X), y: axis(Y), margin: { ...SIDES, top: 20, bottom: 4 } },
    height: (width) => ((width - 8) * (Y[1] - Y[0])) / (X[1] - X[0]) + 24,
  });
  const marks = {
    ...{ p, surface: p.surface(), levels: p.line("ink thin faint"), ring: p.line("muted thin dashed") },
    ...{ line: p.line("muted thin"), way: p.line("critic bold"), other: p.dots("muted open", 4.5) },
    ...{
      end: p.dots("critic", 5.5),
      title: p.text("strong", { dy: -7 }),
      one: p.text("muted halo-text", { dx: 5, dy: 4 }),
    },
    stuck: p.text("broken halo-text strong", { anchor: "middle", dy: 20 }),
  };
  p.handle({
    ...{ trait: "start", axis: "xy", colour: "ink", hint: true, tip: "start", label: "start of the climb" },
    at: (v) => v,
    text: ([a, b]) => `slope ${fixed(a)} along the way, ${fixed(b)} across it`,
  });
  return marks;
}

function profilePlot(w) {
  const p = w.plot({
    ...{ label: "", height: (_, narrow) => (narrow ? 112 : 150), margin: { ...SIDES, top: 20, bottom: 38 } },
    x: { domain: X, ticks: 8, label: "slope along the way from generated to real" },
    y: { domain: [0, 1], hide: true },
  });
  return {
    ...{ p, curve: p.line("ink"), start: p.dots("ink", 5), end: p.dots("critic", 5.5) },
    title: p.text("strong", { dy: -7 }),
  };
}

const ringOf = (n) => Array.from({ length: n + 1 }, (_, k) => (2 * Math.PI * k) / n);

function drawPlane(w, it, { ratio, oneSided, path, best, trapped }) {
  const place = (k, [lo, hi], n) => lo + ((k + 0.5) * (hi - lo)) / n,
    top = trapValue([best, 0], ratio, oneSided);
  const depth = Float64Array.from(
    { length: COLUMNS * ROWS },
    (_, k) =>
      top - trapValue([place(k % COLUMNS, X, COLUMNS), place(Math.floor(k / COLUMNS), Y, ROWS)], ratio, oneSided),
  );
  const paper = channels(w.colour("paper")),
    shade = sequential(mix(paper, channels(w.colour("critic")), 0.6), paper);
  it.surface.set(depth, COLUMNS, ROWS, (v) => shade(Math.sqrt(v / DEEP)));
  const xs = [],
    ys = [];
  for (const level of [0.02, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8]) {
    const line = contour(depth, COLUMNS, ROWS, level);
    for (const v of line.xs) xs.push(place(v, X, COLUMNS));
    for (const v of line.ys) ys.push(place(v, Y, ROWS));
  }
  it.levels.set(xs, ys);
  it.ring.set(ringOf(72).map(Math.cos), ringOf(72).map(Math.sin));
  it.line.set(X, [0, 0]);
  it.one.set(Math.SQRT1_2, Math.SQRT1_2, "slope 1");
  it.way.set(
    path.map(([a]) => a),
    path.map(([, b]) => b),
  );
  const rest = -1 + ratio / 2;
  it.other.set(rest < 0 && !oneSided ? [[rest, 0]] : []);
  it.end.set([path.at(-1)]);
  it.stuck.show(trapped).set(rest, 0, "trapped");
  it.title.set(
    X[0],
    Y[1],
    w.narrow
      ? "All linear critics: height is the value"
      : "All linear critics of the plane: height is gap − penalty; the straight line is one dimension",
  );
  const [from, to] = [path[0], path.at(-1)].map((place) => place.map((v) => fixed(v)).join(", "));
  it.p.describe(`Map of all linear critics. The climb from ${from} ends at ${to}.`);
}

function drawProfile(it, { ratio, oneSided, path, best }) {
  const xs = Array.from({ length: 149 }, (_, k) => X[0] + ((X[1] - X[0]) * k) / 148),
    value = (a) => trapValue([a, 0], ratio, oneSided),
    top = value(best),
    ys = xs.map(value);
  it.p.extent({ y: [Math.max(Math.min(...ys), top - 9), top + 0.4] });
  it.curve.set(xs, ys);
  const dot = ([a, b]) => [[a, trapValue([a, b], ratio, oneSided)]];
  it.start.set(dot(path[0]));
  it.end.set(dot(path.at(-1)));
  it.title.set(X[0], top + 0.4, "The same along the line");
  it.p.describe("Profile of the value along the line, with where the climb starts and ends.");
}

export default widget("Where the climb of a linear critic ends under the gradient penalty", (w) => {
  const plane = planePlot(w),
    profile = profilePlot(w);
  w.slider({ trait: "ratio", label: "t / λ", step: 0.1 });
  w.check({ trait: "one_sided", label: "One-sided" });
  w.help("Drag the start anywhere in the plane; on the straight line it has one dimension only.");
  w.draw(() => {
    const [ratio, oneSided, start] = ["ratio", "one_sided", "start"].map(w.get),
      path = trapPath(start, ratio, oneSided),
      [end] = path.slice(-1),
      best = 1 + ratio / 2,
      lost = trapValue([best, 0], ratio, oneSided) - trapValue(end, ratio, oneSided),
      trapped = lost > 0.05;
    const now = { ratio, oneSided, path, best, trapped };
    drawPlane(w, plane, now);
    drawProfile(profile, now);
    w.readout([
      {
        trait: "slope",
        label: "Ends at slope",
        number: end[0],
        colour: trapped ? "broken" : "critic",
        note: trapped ? "a local top" : "the best",
      },
      { trait: "best", label: "Best slope", number: best, colour: "critic", note: "1 + t / 2λ" },
      { trait: "lost", label: "Value lost, over λ", number: lost, colour: "ink", note: "" },
    ]);
  });
});
