/**
 * A training in the page: the twenty lines of Algorithm 1, one step at a time, on either engine. The loop is that of
 * wgan_lib.training: fresh batches, one joint gradient of loss and penalty, then the projection. Chapter: lab.
 */
import { wasmEngine } from "./engine.mjs";
import { lawOf } from "./laws.mjs";
import { CONSTRAINTS, constraintOf, criticLoss, LOSSES } from "./losses.mjs";
import { initial, normals, stream } from "./random.mjs";
import { referenceEngine } from "./reference.mjs";

/** Settings of a training; what is left out is as here. Rates and betas are those of training.Adam and RMSProp. */
export const DEFAULTS = {
  ...{ law: "ring", scale: 1, points: [], latent: 2, generator: [64, 64], critic: [64, 64], slope: 0.2 },
  ...{ loss: "WASSERSTEIN", constraint: "GP", weight: 1, bound: 0.1, flipped: false },
  ...{ n_critic: 3, optimiser: "Adam", beta1: 0, beta2: 0.9, rate: 2e-3, generator_rate: 1e-3, batch: 128, seed: 0 },
};

const NETS = ["generator", "critic"],
  PARTS = ["weights", "first", "second"];
const WIDEST = 128,
  DEEPEST = 5,
  LARGEST = 1024;

/** Refuses what the engines cannot hold, by name; gives the settings whole. */
export function checked(settings) {
  const s = { ...DEFAULTS, ...settings };
  const refuse = (name, right) => {
    throw new RangeError(`${name} is ${JSON.stringify(s[name])}: it must be ${right}`);
  };
  const whole = (v, most) => Number.isInteger(v) && v >= 1 && v <= most;
  for (const name of Object.keys(settings)) if (!(name in DEFAULTS)) refuse(name, "left out, for there is no such one");
  if (!LOSSES.includes(s.loss)) refuse("loss", `one of ${LOSSES.join(", ")}`);
  if (!CONSTRAINTS.includes(s.constraint)) refuse("constraint", `one of ${CONSTRAINTS.join(", ")}`);
  if (!["Adam", "RMSProp"].includes(s.optimiser)) refuse("optimiser", "Adam or RMSProp");
  for (const name of NETS)
    if (!Array.isArray(s[name]) || s[name].length > DEEPEST || !s[name].every((v) => whole(v, WIDEST)))
      refuse(name, `at most ${DEEPEST} widths of hidden layers, from 1 to ${WIDEST}`);
  for (const [name, most] of Object.entries({ latent: WIDEST, batch: LARGEST, n_critic: 1000 }))
    if (!whole(s[name], most)) refuse(name, `a whole number from 1 to ${most}`);
  for (const name of ["weight", "rate", "generator_rate"])
    if (!(s[name] >= 0 && Number.isFinite(s[name]))) refuse(name, "a number from 0 on");
  for (const name of ["bound", "scale"]) if (!(s[name] > 0 && Number.isFinite(s[name]))) refuse(name, "positive");
  for (const name of ["beta1", "beta2"]) if (!(s[name] >= 0 && s[name] < 1)) refuse(name, "a number in [0, 1)");
  if (!(s.slope >= 0 && s.slope <= 1)) refuse("slope", "a number in [0, 1]");
  return s;
}

/** The engine that was asked for: "wasm", "js", or "auto", which falls back on JavaScript. */
function engineOf(kind, options) {
  if (kind === "js") return referenceEngine(options);
  try {
    return wasmEngine(options);
  } catch (error) {
    if (kind === "wasm") throw error;
    return referenceEngine(options);
  }
}

/**
 * @param {object} settings see DEFAULTS; equal settings give equal trainings on one engine
 * @param {"auto" | "wasm" | "js"} kind
 * @returns criticStep(batch?), generatorStep(batch?), round(): n_critic critic steps, one generator step;
 *   critic(points) → { values, gradients }; generate(latents) → points; latents(n), reals(n): the streams' next;
 *   weights() → { generator, critic }, load(weights), with the optimisers' moments as they are; state(),
 *   restore(state): all there is, for scrubbing; readings; law, settings, engine, sizes
 */
export function makeTrainer(settings, kind = "auto") {
  const s = checked(settings),
    law = lawOf(s),
    sizes = { generator: [s.latent, ...s.generator, law.dims], critic: [law.dims, ...s.critic, 1] },
    { penalty, bound, spectral } = constraintOf(s.constraint, s),
    engine = engineOf(kind, { ...sizes, slope: s.slope, batch: s.batch, spectral });
  const rngs = Object.fromEntries(
      ["data", "latent", "penalty", "networks"].map((name) => [name, stream(s.seed, name)]),
    ),
    steps = { generator: 0, critic: 0 },
    rates = { generator: s.generator_rate, critic: s.rate },
    room = { latents: new Float32Array(s.batch * s.latent), alpha: new Float32Array(s.batch) };
  const readings = { estimate: NaN, penalty: 0, slope: 0, loss: NaN };

  function load(weights) {
    for (const which of NETS) {
      const own = engine.numbers(which, "weights");
      if (weights[which].length !== own.length)
        throw new RangeError(`${which} has ${weights[which].length} numbers: sizes ${sizes[which]} take ${own.length}`);
      own.set(weights[which]);
    }
    engine.align();
  }
  load(Object.fromEntries(NETS.map((which) => [which, initial(sizes[which], rngs.networks)])));

  function update(which) {
    const t = ++steps[which],
      adam = s.optimiser === "Adam",
      beta2 = adam ? s.beta2 : 0.99;
    const [correction1, correction2] = adam ? [1 - s.beta1 ** t, 1 - beta2 ** t] : [1, 1];
    engine.update(which, { adam, rate: rates[which], beta1: s.beta1, beta2, correction1, correction2 });
  }

  /** Adds a batch of the streams' next numbers to what the caller gave. */
  const drawn = (given) => ({
    real: given.real ?? law.sample(s.batch, rngs.data),
    latents: given.latents ?? normals(room.latents, rngs.latent),
    alpha: given.alpha ?? room.alpha.map(() => rngs.penalty.uniform()),
  });

  const it = { settings: s, law, sizes, engine, readings, steps, load };
  it.criticStep = (given = {}) => {
    Object.assign(readings, engine.criticGradients({ loss: s.loss, penalty }, drawn(given)));
    const { real, fake } = engine.scores;
    readings.loss = real.reduce((sum, r, b) => sum + criticLoss(s.loss, r, fake[b]), 0) / s.batch;
    update("critic");
    if (bound) engine.clip(bound);
    return readings;
  };
  it.generatorStep = (given = {}) => {
    const latents = given.latents ?? normals(room.latents, rngs.latent);
    engine.generatorGradients({ loss: s.loss, sign: s.flipped ? -1 : 1 }, { latents });
    update("generator");
    return readings;
  };
  it.round = () => {
    for (let k = 0; k < s.n_critic; k++) it.criticStep();
    return it.generatorStep();
  };
  it.critic = (points) => engine.critic(new Float32Array(points));
  it.generate = (latents) => engine.generate(new Float32Array(latents));
  it.latents = (n, rng = rngs.latent) => normals(new Float32Array(n * s.latent), rng);
  it.reals = (n, rng = rngs.data) => law.sample(n, rng);
  it.weights = () =>
    Object.fromEntries(NETS.map((which) => [which, Float32Array.from(engine.numbers(which, "weights"))]));
  it.state = () => ({
    numbers: NETS.map((which) => PARTS.map((part) => engine.numbers(which, part).slice())),
    directions: engine.directions().map((direction) => direction.slice()),
    steps: { ...steps },
    rngs: Object.values(rngs).map(({ at, spare }) => ({ at, spare })),
    readings: { ...readings },
  });
  it.restore = (state) => {
    NETS.forEach((which, k) => PARTS.forEach((part, j) => engine.numbers(which, part).set(state.numbers[k][j])));
    engine.directions().forEach((direction, k) => direction.set(state.directions[k]));
    Object.assign(steps, state.steps);
    Object.values(rngs).forEach((rng, k) => Object.assign(rng, state.rngs[k]));
    Object.assign(readings, state.readings);
  };
  return it;
}
