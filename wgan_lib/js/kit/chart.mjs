/** A chart: one curve with its name, where the widget stands on it, and the tangent there. */
import { scientific } from "./scales.mjs";

const RUN = 30; // px of a tangent to each side of its dot

/** Gives the frame `w` its charts. */
export function addChart(w) {
  /**
   * A plot with `draw({ xs, ys, x, y, slope, words?, title?, limit?, limitName? })`: `slope` NaN draws no tangent,
   * `words`
   * stand for "slope …", `limit` is a dashed line that the curve does not pass.
   */
  w.chart = ({ colour, margin = {}, ...options }) => {
    const sides = { top: 28, right: 8, left: 34, ...margin };
    const p = w.plot({ margin: sides, ...options });
    const marks = {
      limit: p.rule("muted thin dashed", "y"),
      limitName: p.text("muted halo-text", { dy: -5 }),
      curve: p.line(colour),
      tangent: p.line("ink bold"),
      dot: p.dots(colour, 5),
      title: p.text(`${colour} strong`, { dx: -sides.left, dy: -12 }),
      slope: p.text("ink", { anchor: "end", dx: sides.right, dy: -12 }),
    };
    p.draw = (data) => drawChart(p, marks, data);
    return p;
  };
}

function drawChart(p, marks, { xs, ys, x, y, slope, words, title, limit, limitName = "" }) {
  const [left, right] = p.x.domain,
    top = p.y.domain[1];
  marks.curve.set(xs, ys);
  const run = Number.isFinite(slope) ? RUN / Math.hypot(p.x(1) - p.x(0), slope * (p.y(1) - p.y(0))) : 0;
  marks.tangent.set(run ? [x - run, x + run] : [], run ? [y - slope * run, y + slope * run] : []);
  marks.dot.set([[x, y]]);
  marks.title.set(left, top, title);
  marks.slope.set(right, top, words ?? `slope ${Number.isInteger(slope) ? slope : scientific(slope, 1e-3, 1, 3)}`);
  marks.limit.show(limit !== undefined).set(limit ?? 0);
  const away = x > (left + right) / 2; // the name keeps clear of the tangent
  marks.limitName.node.setAttribute("text-anchor", away ? "start" : "end");
  marks.limitName.show(limit !== undefined).set(away ? left : right, limit ?? 0, limitName);
}
