/** The pull of three losses on seven samples of MoveGaussians, and the axis they share with the laws. */
import { scientific } from "../kit/scales.mjs";
import { averagePulls, pulls, quantile } from "../maths/divergences.mjs";

const SAMPLES = Array.from({ length: 7 }, (_, i) => quantile((i + 0.5) / 7));
const LOSSES = [
  { key: "minimax", colour: "js", name: "Minimax, log(1 − D)" },
  { key: "nonSaturating", colour: "non-saturating", name: "Non-saturating, −log D" },
  { key: "wasserstein", colour: "critic", name: "Wasserstein, −f" },
];
export const AXIS = [-7, 11]; // holds both laws wherever a hand can put them, so that it never moves under the pointer

/**
 * Length of a pull of 1 in units of x: the largest of 1, ½, ⅕, ⅒, … with which the longest arrow stays within `room`.
 */
export function arrowScale(longest, room) {
  let scale = 1;
  for (let i = 0; longest * scale > room && i < 60; i++) scale *= i % 3 === 1 ? 0.4 : 0.5;
  return Number(scale.toPrecision(6));
}

/** The axis for laws that Python put beyond a hand's reach. */
export function axisFor(pair) {
  const ends = pair.flatMap(([mean, std]) =>
    mean < -4 || mean > 8 || std > 2.5 ? [mean - 3 * std, mean + 3 * std] : [],
  );
  return [Math.min(AXIS[0], ...ends), Math.max(AXIS[1], ...ends)];
}

/** Three rows of arrows; returns how to draw them. */
export function pullRows(w, parent) {
  const p = w.plot({
    ...{ parent, height: 204, margin: { top: 6, left: 8, right: 8, bottom: 2 } },
    x: { hide: true },
    y: { hide: true, domain: [0, 3.5] },
    label: "Arrows: the pull that each of three losses gives to seven samples of Q",
  });
  const rows = LOSSES.map(({ key, colour, name }, i) => ({
    ...{ key, name, base: 2 - i, samples: p.dots("generated", 3.5), arrows: p.arrows(colour) },
    title: p.text(`${colour} strong halo-text`, { dx: -8, dy: 14 }),
    average: p.text(`${colour} halo-text`, { anchor: "end", dx: 8, dy: 14 }),
  }));
  const heading = p.text("muted", { dx: -8, dy: 10 }),
    bar = p.line("ink"),
    legend = p.text("muted", { anchor: "end", dx: 8, dy: 10 });
  return ({ law, pair, meanQ, stdQ }) => {
    const [lo, hi] = axisFor(pair);
    p.extent({ x: [lo, hi] });
    const points = SAMPLES.map((z) => meanQ + stdQ * z),
      pull = points.map((x) => pulls(x, ...law)),
      average = averagePulls(...law);
    const scale = arrowScale(Math.max(...pull.flatMap((one) => Object.values(one).map(Math.abs))), 0.55 * (hi - lo));
    for (const { key, name, base, samples, arrows, title, average: text } of rows) {
      const heights = points.map((_, i) => base + 0.08 + 0.55 * (1 - i / (points.length - 1)));
      samples.set(points.map((x, i) => [x, heights[i]]));
      arrows.set(points.map((x, i) => [x, heights[i], x + scale * pull[i][key], heights[i]]));
      title.set(lo, base + 1, name);
      const mean = average[key],
        way = mean < 0 ? "← " : mean > 0 ? "→ " : "";
      text.set(hi, base + 1, `average ${way}${scientific(Math.abs(mean), 1e-3, 1, 3)}`);
    }
    heading.set(lo, 3.5, w.narrow ? "Pull on samples of Q" : "Pull on seven samples of Q  (○ less than a pixel)");
    legend.set(hi, 3.5, "a pull of 1");
    const start = p.x.invert(p.x(hi) - 66) - scale,
      end = start + scale;
    bar.set([start, start, NaN, start, end, NaN, end, end], [3.45, 3.33, NaN, 3.39, 3.39, NaN, 3.45, 3.33]);
  };
}
