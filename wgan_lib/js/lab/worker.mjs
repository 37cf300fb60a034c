/**
 * The lab's worker: a training, what it has been through, and what the page asks to see of it. The page drives: it asks
 * for some milliseconds of training and one look, and asks again once it has drawn; a page out of sight does not ask.
 * Chapter: lab.
 */
import { modesFound } from "./laws.mjs";
import { certified, nullOf, w1 } from "./measuring.mjs";
import { stream } from "./random.mjs";
import { makeTrainer } from "./trainer.mjs";

const SHOWN = 256, // points of each law on show
  KEPT = 48, // states to go back to
  CURVE = 600, // points of a curve
  ARROWS = 48;
const MEASURE = 350, // ms between two measures of the exact W1, or
  SHARE = 8; // as many times what the last one took, if that is more

/** Every second one, once there are too many; the last stays. */
const thinned = (list, most) => (list.length <= most ? list : list.filter((_, k) => (list.length - 1 - k) % 2 === 0));

/** A training with its past. Pure of the page: the tests drive it in node. */
export function session(settings, kind = "auto") {
  const t = makeTrainer(settings, kind),
    eye = stream(t.settings.seed, "eye"),
    dims = t.law.dims;
  const it = { t, states: [], history: [], measured: null };
  it.real = t.reals(SHOWN, eye);
  it.latents = t.latents(SHOWN, eye);
  it.null = nullOf(t.law, SHOWN, eye, 4);

  /** What is true of the samples on show: exact W1, what the critic certifies, modes. */
  it.measure = () => {
    const fake = t.generate(it.latents),
      [fx, fy] = [it.real, fake].map((points) => t.critic(points).values),
      mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
    it.measured = {
      step: t.steps.generator,
      w1: w1(it.real, fake, dims),
      bound: certified({ x: it.real, y: fake, fx, fy, dims }),
      gap: mean(fx) - mean(fy),
      ...modesFound(t.generate(it.latents), t.law),
    };
    if (it.history.at(-1)?.step === it.measured.step) it.history.pop();
    it.history = thinned([...it.history, { ...it.measured, critic: t.steps.critic }], CURVE);
    return it.measured;
  };
  it.keep = () => {
    const now = t.steps.generator + t.steps.critic;
    if (it.states.at(-1)?.at === now) return;
    it.states = thinned([...it.states, { at: now, step: t.steps.generator, state: t.state() }], KEPT);
  };
  /** Goes to the kept state nearest to a generator step, and forgets nothing until the training goes on. */
  it.back = (step) => {
    const kept = it.states.reduce((a, b) => (Math.abs(b.step - step) < Math.abs(a.step - step) ? b : a));
    t.restore(kept.state);
    return kept.step;
  };
  /** Cuts off what lies ahead: the training goes on from here. */
  it.branch = () => {
    const now = t.steps.generator + t.steps.critic;
    it.states = it.states.filter(({ at }) => at <= now);
    it.history = it.history.filter(({ step, critic }) => step + critic <= now);
  };
  it.keep();
  it.measure();
  return it;
}

/** The critic on a grid of side² points over [−reach, reach]², row 0 lowest: values and slopes. */
function surface(t, side, reach) {
  const place = (k) => -reach + ((k + 0.5) * 2 * reach) / side,
    points = new Float32Array(2 * side * side);
  for (let k = 0; k < side * side; k++) points.set([place(k % side), place(Math.floor(k / side))], 2 * k);
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
      for (let j = 0; j < points; j++, k += 2)
        latents.set(way ? [at(line, lines), at(j, points)] : [at(j, points), at(line, lines)], k);
  return { points: t.generate(latents), each: points };
}

/** Counts of the critic's weights in `bins` equal bins over [−end, end]; the outermost hold what lies beyond. */
function histogram(weights, bins) {
  const end = weights.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-6),
    counts = new Float32Array(bins);
  for (const v of weights) counts[Math.min(bins - 1, Math.floor(((v / end + 1) / 2) * bins))] += 1;
  return { counts, end };
}

/** What the page sees of a session: `want` names the layers, `reach` the half side of the window. */
export function look(it, { reach, layers = [] }) {
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
    ...{ real: it.real, fake, history: it.history, kept: it.states.map(({ step }) => step), dims: t.law.dims },
    line:
      t.law.dims === 1 ? t.critic(Float32Array.from({ length: 201 }, (_, k) => (k / 100 - 1) * reach)).values : null,
    surface: on("surface") || on("slope") ? surface(t, 48, reach) : null,
    arrows: on("arrows") ? t.critic(fake.subarray(0, 2 * ARROWS)).gradients : null,
    grid: on("grid") ? deformed(t, 13, 33) : null,
    weights: histogram(t.engine.numbers("critic", "weights"), 41),
  };
}

/** Answers the page's messages, each with one of the same `id`. */
export function answering(post, now = () => performance.now()) {
  let it = null,
    next = -Infinity;
  const measured = () => {
    const began = now();
    it.measure();
    it.keep();
    next = now() + Math.max(MEASURE, SHARE * (now() - began));
  };
  const calls = {
    make: ({ settings, kind, weights }) => {
      it = session(settings, kind);
      if (weights) {
        it.t.load(weights);
        Object.assign(it, { states: [], history: [] });
        it.keep();
        it.measure();
      }
      next = now() + MEASURE;
    },
    advance: ({ ms }) => {
      it.branch();
      const end = now() + ms;
      let rounds = 0;
      do {
        it.t.round();
        rounds++;
      } while (now() < end);
      if (now() > next) measured();
      return { rounds };
    },
    rounds: ({ n }) => {
      it.branch();
      for (let k = 0; k < n; k++) it.t.round();
      measured();
    },
    critic: () => {
      it.branch();
      it.t.criticStep();
      measured();
    },
    generator: () => {
      it.branch();
      it.t.generatorStep();
      measured();
    },
    back: ({ step }) => {
      it.back(step);
      it.measured = it.history.reduce((a, b) =>
        Math.abs(b.step - it.t.steps.generator) < Math.abs(a.step - it.t.steps.generator) ? b : a,
      );
    },
    weights: () => ({ taken: it.t.weights() }),
    look: () => {},
  };
  return ({ id, call, want, ...rest }) => {
    try {
      const extra = calls[call](rest) ?? {};
      post({ id, ...extra, ...(want ? look(it, want) : {}) });
    } catch (error) {
      post({ id, error: error.message });
    }
  };
}

if (typeof WorkerGlobalScope !== "undefined") {
  const answer = answering((message) => self.postMessage(message));
  self.onmessage = ({ data }) => answer(data);
}
