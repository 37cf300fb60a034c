/**
 * Curves that Python computed or recorded, for one setting of a parameter at a time, read off at a place along x.
 * Python side: widgets.Curves, whose docstring says what `panels` and `axis` hold. Chapters: most.
 */
import { widget } from "../kit/kit.mjs";
import { clamp, grouped, ramp, scientific } from "../kit/scales.mjs";

const FEW = 12; // places up to which each is marked by a dot

/** A number beside an axis, where there is room for seven signs. */
export function written(v) {
  const size = Math.abs(v);
  if (v !== 0 && (size < 1e-3 || (size >= 1e6 && size === Number(size.toExponential(0)))))
    return scientific(v, Infinity, 0).replace(/^(−?)1 × /, "$1");
  return size >= 1000 ? grouped(v) : String(v).replace("-", "−");
}
/** A label in `width` px: all of it, else what stands before its first comma or colon, else the short one. */
const fitting = (text, short) => (width) =>
  [text, text.split(/[:,]/)[0]].find((words) => words.length * 6.3 <= width) ?? short ?? text.split(/[:,]/)[0];
const numbers = (values) => values.map((v) => v ?? NaN);

/** One panel: all settings thinly, the chosen one in its colour; returns the plot and how to draw it. */
function panelOf(w, parent, { title, lines, y, log, ticks }, { x, axis, few }) {
  const p = w.plot({
    ...{ parent, label: title, height: (_, narrow) => (narrow ? 196 : 260), margin: { top: 28, left: 48, right: 16 } },
    x: {
      domain: [x[0], x.at(-1)],
      log: axis.log,
      label: fitting(axis.label, axis.name),
      ticks: axis.ticks,
      format: written,
    },
    y: { domain: y, log, label: fitting(title), ticks, format: written },
  });
  const drawn = lines.map(({ values, colour, dashed }, first) => ({
    others: first === 0 && values.length > 1 ? values.map(() => p.line("thin")) : [],
    line: p.line(`${colour} ${dashed ? "dashed" : ""}`),
    dots: p.dots(colour, 2.5),
    here: p.dots(colour, 5),
  }));
  const rule = p.rule("muted thin");
  const colours = ramp(lines[0].values.length);
  for (const { others } of drawn) others.forEach((other, k) => (other.node.style.stroke = colours[k]));
  const draw = (place, chosen) => {
    rule.set(x[place]);
    lines.forEach(({ values }, i) => {
      const row = numbers(values[chosen % values.length]);
      drawn[i].others.forEach((other, k) => other.set(x, numbers(values[k])));
      drawn[i].line.set(x, row);
      drawn[i].dots.set(few ? x.map((v, k) => [v, row[k]]).filter(([, v]) => Number.isFinite(v)) : []);
      drawn[i].here.set(Number.isFinite(row[place]) ? [[x[place], row[place]]] : []);
    });
  };
  return { p, draw };
}

export default widget("Curves to read", (w) => {
  const [x, settings, panels, axis] = ["x", "settings", "panels", "axis"].map((name) => w.model.get(name));
  w.root.setAttribute("aria-label", `${panels.map((panel) => panel.title).join("; ")}, against ${axis.label}`);
  const parent = panels.length > 1 ? w.columns(150) : w.body,
    drawn = panels.map((panel) => panelOf(w, parent, panel, { x, axis, few: x.length <= FEW })),
    chosen = () => Math.round(w.get("chosen")),
    first = panels[0].lines[0],
    place = () => Math.round(w.get("place"));
  const height = (k) => first.values[chosen() % first.values.length][k] ?? panels[0].y[0];
  const { p } = drawn[0];
  p.handle({
    ...{ trait: "place", colour: first.colour, hint: true, step: 1, grain: 1, label: axis.label },
    text: (v) => `${axis.name} ${written(x[v])}`,
    at: (v) => [x[Math.round(v)], clamp(height(Math.round(v)), panels[0].y)],
    from: (v) => x.reduce((best, u, k) => (Math.abs(p.x(u) - p.x(v)) < Math.abs(p.x(x[best]) - p.x(v)) ? k : best), 0),
  });
  if (settings.length > 1) {
    const text = (k) => settings[Math.round(k)];
    w.slider({ trait: "chosen", label: axis.setting, step: 1, text });
  }
  w.draw(() => {
    for (const panel of drawn) panel.draw(place(), chosen());
    const read = ({ reading, label, colour, values }) => {
      const number = values[chosen() % values.length][place()] ?? NaN;
      return { trait: reading, label, number, colour };
    };
    const here = { trait: "at", label: axis.name, number: x[place()], value: written(x[place()]) };
    w.readout([here, ...panels.flatMap((panel) => panel.lines.map(read))]);
  });
});
