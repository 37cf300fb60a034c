/** The training of ExactAndLearned as two curves with a knob. Chapter: critic. */
import { compact, fixed, grouped } from "../kit/scales.mjs";

/** Index of the frame whose step is nearest to `step` on a logarithmic scale. */
export const nearestFrame = (steps, step) =>
  steps.reduce((best, s, k) => (Math.abs(Math.log(s / step)) < Math.abs(Math.log(steps[best] / step)) ? k : best), 0);

/** Gap and certified number against the critic's steps, with the knob of the training; returns how to draw them. */
export function timeline(w, { steps, last, w1, readings }) {
  const p = w.plot({
    ...{ height: (_, narrow) => (narrow ? 116 : 176), label: "", margin: { top: 12, right: 14, bottom: 38, left: 34 } },
    x: { domain: [steps[0], steps[last]], log: true, label: "critic steps", format: grouped },
    y: { domain: [0, 2 * w1], ticks: 4, format: (v) => fixed(v, 1) },
  });
  const marks = { truth: p.line("critic bold"), gap: p.line("ink"), certified: p.line("critic dashed") },
    now = p.rule("muted thin dashed"),
    name = (words, dy) => p.text(`${words} strong halo-text`, { anchor: "end", dy });
  const names = {
    truth: p.text("critic strong halo-text", { dx: 4, dy: -6 }),
    gap: name("ink", -6),
    certified: name("critic", 15),
  };
  p.handle({
    ...{ trait: "frame", step: 1, grain: 1, label: "training", hint: true },
    at: (v) => [steps[v], 0],
    from: (x) => nearestFrame(steps, x),
    text: (v) => `after ${grouped(steps[v])} critic ${steps[v] === 1 ? "step" : "steps"}`,
  });
  return (k, at) => {
    const list = readings[k],
      reading = list[at];
    marks.truth.set([steps[0], steps[last]], [w1, w1]);
    marks.gap.set(
      steps,
      list.map((r) => Math.min(r.gap, 3 * w1)),
    );
    marks.certified.set(
      steps,
      list.map((r) => r.certified),
    );
    now.set(steps[at]);
    names.truth.set(steps[0], w1, "exact W₁");
    const out = list.findIndex((r) => r.gap > 2 * w1);
    if (out < 0) names.gap.set(steps[last], list[last].gap, "raw gap");
    else names.gap.set(steps[Math.max(1, out)], 1.8 * w1, "raw gap ↑");
    names.certified.set(steps[last], list[last].certified, "certified");
    const [gap, certified] = [compact(reading.gap), compact(reading.certified)];
    p.describe(
      `After ${grouped(steps[at])} critic steps: raw gap ${gap}, certified ${certified}, exact W₁ ${compact(w1)}.`,
    );
  };
}
