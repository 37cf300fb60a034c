/** What the page sees of a training: samples, surface, arrows, flow lines, the generator's grid. Chapter: lab. */
import { flowLines } from "./flow.mjs";

const ARROWS = 48,
  FLOWING = 40, // samples whose way is drawn,
  STRIDE = 0.8, // as long as this share of the half side at most,
  STRIDES = 32; // in so many steps

/** The critic on a grid of side² points over [−reach · wide, reach · wide] × [−reach, reach], row 0 lowest. */
function surface(t, side, reach, wide) {
  const place = (k) => -reach + ((k + 0.5) * 2 * reach) / side,
    points = new Float32Array(2 * side * side);
  for (let k = 0; k < side * side; k++) {
    points[2 * k] = wide * place(k % side);
    points[2 * k + 1] = place(Math.floor(k / side));
  }
  const { values, gradients } = t.critic(points);
  return { values, slopes: values.map((_, k) => Math.hypot(gradients[2 * k], gradients[2 * k + 1])) };
}

/** The lines z₁ = const and z₂ = const of the latent plane, sent through the generator: the plane, deformed. */
function deformed(t, lines, points) {
  if (t.sizes.generator[0] !== 2) return null;
  const at = (k, n) => -2 + (4 * k) / (n - 1),
    latents = new Float32Array(2 * 2 * lines * points);
  for (let line = 0, k = 0; line < lines; line++)
    for (const way of [0, 1])
      for (let j = 0; j < points; j++, k += 2) {
        latents[k + way] = at(j, points);
        latents[k + 1 - way] = at(line, lines);
      }
  return { points: t.generate(latents), each: points };
}

/** Counts of the critic's weights in `bins` equal bins over [−end, end]; the outermost hold what lies beyond. */
function histogram(weights, bins) {
  const end = weights.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-6),
    counts = new Float32Array(bins);
  for (const v of weights) counts[Math.min(bins - 1, Math.floor(((v / end + 1) / 2) * bins))] += 1;
  return { counts, end };
}

/** Where the first of the samples on show would go, did the critic stand still; down, where the sign is flipped. */
function flow(t, starts, reach) {
  const way = { step: (STRIDE * reach) / STRIDES, steps: STRIDES, sign: t.settings.flipped ? -1 : 1 };
  return flowLines((points) => t.critic(points).gradients, starts, way);
}

/** What the page sees of a session: `want` names layers; the window is 2 `reach` high and `wide` times as wide. */
export function look(it, { reach, wide = 1, layers = [] }) {
  const { t } = it,
    fake = t.generate(it.latents),
    on = (name) => t.law.dims === 2 && layers.includes(name);
  return {
    ...{
      steps: { ...t.steps },
      readings: { ...t.readings },
      measured: it.measured,
      null: it.null,
      engine: t.engine.kind,
    },
    ...{ real: it.real, fake, kept: it.states.map(({ step }) => step), dims: t.law.dims },
    line:
      t.law.dims === 1
        ? t.critic(Float32Array.from({ length: 201 }, (_, k) => (k / 100 - 1) * reach * wide)).values
        : null,
    surface: on("surface") || on("slope") ? surface(t, 48, reach, wide) : null,
    push: t.settings.flipped ? -1 : 1,
    arrows: on("arrows") ? t.critic(fake.subarray(0, 2 * ARROWS)).gradients : null,
    flow: on("flow") ? flow(t, fake.subarray(0, 2 * FLOWING), reach) : null,
    grid: on("grid") ? deformed(t, 13, 33) : null,
    weights: histogram(t.engine.numbers("critic", "weights"), 41),
  };
}
