/**
 * The lab's engine in plain JavaScript: the readable reference of lab/engine.c, and what runs where WebAssembly does
 * not. Both are made by the same call and answer to the same names. Chapter: lab.
 */
import { accumulate, backward, countOf, forward, pass, tangent, turn, turnBack } from "./layers.mjs";
import { slopeOfGenerator, slopesOfCritic } from "./losses.mjs";
import { division } from "./spectral.mjs";

/** A network: its sizes, its numbers, their gradient, and the optimiser's two moments. */
function network(sizes, slope) {
  const room = () => new Float64Array(countOf(sizes));
  return { sizes, slope, weights: room(), gradient: room(), first: room(), second: room() };
}

/**
 * @param {{generator: number[], critic: number[], slope: number, batch: number, spectral: boolean}} options sizes as in
 *   networks.mlp, the slope of the leaky ReLU, whether the critic's weights are divided by their spectral norm
 * @returns the engine: see `wasmEngine` in engine.mjs for what its calls mean
 */
export function referenceEngine({ generator, critic, slope, batch, spectral }) {
  const nets = { generator: network(generator, slope), critic: network(critic, slope) };
  const [real, fake, between] = [0, 1, 2].map(() => pass(critic, batch)),
    made = pass(generator, batch),
    divided = spectral ? division(critic) : null,
    scores = { real: new Float32Array(batch), fake: new Float32Array(batch) },
    dims = critic[0];
  made.factor.fill(1);
  const effective = (slot, iterations) =>
    divided ? divided.effective(nets.critic.weights, slot, iterations) : nets.critic.weights;
  const generated = (latents) => {
    turn(made.h[0], latents, batch, generator[0]);
    forward(nets.generator, nets.generator.weights, made);
    fake.h[0].set(made.h.at(-1));
  };

  /** Adds one pass's part to the critic's gradient; gives the penalty and the mean slope where it is charged. */
  function backpropagate(p, w, slot, penalty) {
    const gradient = divided ? new Float64Array(nets.critic.weights.length) : nets.critic.gradient;
    backward(nets.critic, w, p, penalty ? 0 : 1);
    const charged = penalty ? penalise(p, dims, penalty) : null;
    if (penalty) tangent(nets.critic, w, p);
    accumulate(nets.critic, gradient, p, penalty !== null);
    divided?.fold(slot, gradient, nets.critic.gradient);
    return charged;
  }

  function criticGradients({ loss, penalty }, batchOf) {
    nets.critic.gradient.fill(0);
    generated(batchOf.latents);
    turn(real.h[0], batchOf.real, batch, dims);
    const w = effective(0, 1);
    forward(nets.critic, w, real);
    const w1 = effective(1, 1);
    forward(nets.critic, w1, fake);
    const [r, f] = [real.h.at(-1), fake.h.at(-1)];
    for (let b = 0; b < batch; b++)
      [real.factor[b], fake.factor[b]] = slopesOfCritic(loss, r[b], f[b]).map((v) => v / batch);
    const where = (...places) => (places.includes(penalty.at) ? penalty : null);
    const found = [
      backpropagate(real, w, 0, where("reals", "both")),
      backpropagate(fake, w1, 1, where("fakes", "both")),
    ];
    if (penalty.at === "interpolates") {
      between.h[0].forEach((_, k) => {
        const a = batchOf.alpha[k % batch];
        between.h[0][k] = a * real.h[0][k] + (1 - a) * fake.h[0][k];
      });
      forward(nets.critic, w, between);
      found.push(backpropagate(between, w, 0, penalty));
    }
    scores.real.set(r);
    scores.fake.set(f);
    const charged = found.filter(Boolean),
      mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
    return {
      estimate: mean(r) - mean(f),
      penalty: charged.reduce((sum, c) => sum + c.penalty, 0),
      slope: charged.length ? mean(charged.map((c) => c.slope)) : 0,
    };
  }

  function generatorGradients({ loss, sign = 1 }, { latents }) {
    const { sizes, gradient, weights } = nets.generator;
    gradient.fill(0);
    generated(latents);
    const w = effective(0, 1);
    forward(nets.critic, w, fake);
    if (loss === "RELATIVISTIC") forward(nets.critic, effective(1, 1), real); // the last critic step's reals
    backward(nets.critic, w, fake, 0);
    const [r, f, out] = [real.h.at(-1), fake.h.at(-1), made.d[sizes.length - 1]];
    for (let k = 0; k < out.length; k++) {
      const b = k % batch;
      out[k] = ((sign * slopeOfGenerator(loss, f[b], r[b])) / batch) * fake.d[0][k];
    }
    backward(nets.generator, weights, made, 1);
    accumulate(nets.generator, gradient, made, false);
    scores.fake.set(f);
  }

  function look(net, w, inputs) {
    const n = inputs.length / net.sizes[0],
      p = pass(net.sizes, n);
    turn(p.h[0], inputs, n, net.sizes[0]);
    forward(net, w, p);
    return p;
  }

  return {
    kind: "JavaScript",
    criticGradients,
    generatorGradients,
    update: (which, rule) => update(nets[which], rule),
    clip: (bound) => nets.critic.weights.forEach((v, k, all) => (all[k] = Math.min(bound, Math.max(-bound, v)))),
    critic: (points) => {
      const w = effective(0, 0),
        p = look(nets.critic, w, points);
      backward(nets.critic, w, p, 0);
      return { values: Float32Array.from(p.h.at(-1)), gradients: turnBack(p.d[0], p.n, dims) };
    },
    generate: (latents) => {
      const p = look(nets.generator, nets.generator.weights, latents);
      return turnBack(p.h.at(-1), p.n, generator.at(-1));
    },
    align: () => divided?.align(nets.critic.weights),
    numbers: (which, part) => nets[which][part],
    directions: () => (divided ? divided.u.flatMap((u, l) => [u, divided.v[l]]) : []),
    scores,
  };
}

/** weight · mean (‖∇f‖ − target)² at the points of a pass, whose tangent it sets; and the mean slope. */
function penalise(p, dims, { weight, target, oneSided }) {
  let sum = 0,
    slope = 0;
  for (let b = 0; b < p.n; b++) {
    let square = 0;
    for (let i = 0; i < dims; i++) square += p.d[0][i * p.n + b] ** 2;
    const norm = Math.sqrt(square),
      excess = oneSided ? Math.max(0, norm - target) : norm - target;
    for (let i = 0; i < dims; i++)
      p.q[0][i * p.n + b] = norm > 0 ? (((2 * weight) / p.n) * excess * p.d[0][i * p.n + b]) / norm : 0;
    sum += excess * excess;
    slope += norm;
  }
  return { penalty: (weight * sum) / p.n, slope: slope / p.n };
}

/** One step of Adam, or of RMSProp with alpha = beta2; the corrections are 1 − beta^t. */
function update({ weights, gradient, first, second }, { adam, rate, beta1, beta2, correction1, correction2 }) {
  const root = Math.sqrt(correction2);
  for (let k = 0; k < weights.length; k++) {
    const g = gradient[k];
    second[k] = beta2 * second[k] + (1 - beta2) * g * g;
    first[k] = beta1 * first[k] + (1 - beta1) * g;
    weights[k] -= ((rate / correction1) * (adam ? first[k] : g)) / (Math.sqrt(second[k]) / root + 1e-8);
  }
}
