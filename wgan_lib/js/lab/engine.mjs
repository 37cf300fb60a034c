/** The lab's fast engine: lab/engine.c in WebAssembly, behind the same calls as reference.mjs. Chapter: lab. */
import { ENGINE } from "./engine-bytes.mjs";
import { LOSSES, PLACES } from "./losses.mjs";

const NETS = ["generator", "critic"],
  PARTS = ["weights", "gradient", "first", "second"];
const BUFFERS = ["latents", "real", "alpha", "points", "values", "slopes", "readings", "realScores", "fakeScores"];
const LOOK = 256; // points the engine looks at in one call

/** The bytes of the module. */
export const engineBytes = () => Uint8Array.from(atob(ENGINE), (letter) => letter.charCodeAt(0));

/**
 * The engine in WebAssembly; throws where there is none.
 *   criticGradients({ loss, penalty }, { real, latents, alpha }) → { estimate, penalty, slope }: of one batch
 *   generatorGradients({ loss, sign }, { latents })
 *   update(which, rule), clip(bound): one step of the optimiser, and what may follow it
 *   critic(points) → { values, gradients }, generate(latents) → points: looking, without learning
 *   align(): first directions of spectral normalisation, once the weights are there
 *   numbers(which, part), directions(): live views of the numbers, not copies; `part` "weights", "gradient", "first",
 *     "second"
 *   scores { real, fake }: of the last batch
 * Points are (n, 2) in one Float32Array; the networks "generator" and "critic".
 */
export function wasmEngine({ generator, critic, slope, batch, spectral }) {
  const c = new WebAssembly.Instance(new WebAssembly.Module(engineBytes())).exports;
  const sizes = { generator, critic };
  const view = (address, n) => new Float32Array(c.memory.buffer, address, n);
  NETS.forEach((which, k) => {
    new Int32Array(c.memory.buffer, c.sizes_at(), sizes[which].length).set(sizes[which]);
    c.network(k, sizes[which].length - 1, slope);
  });
  c.start(batch, spectral ? 1 : 0);
  const [latent, dims] = [generator[0], critic[0]],
    wide = Math.max(latent, dims);
  const lengths = [batch * latent, batch * dims, batch, LOOK * wide, LOOK, LOOK * wide, 4, batch, batch];
  const buffers = Object.fromEntries(BUFFERS.map((name, k) => [name, view(c.buffer(k), lengths[k])]));
  const numbers = Object.fromEntries(
    NETS.map((which, k) => [which, PARTS.map((_, part) => view(c.state(k, part), c.count(k)))]),
  );
  /** Runs `fn(n)` on up to 256 points at a time, and tells `take(at, n)` which they were. */
  const inPieces = (points, width, fn, take) => {
    const count = points.length / width;
    for (let at = 0; at < count; at += LOOK) {
      const n = Math.min(LOOK, count - at);
      buffers.points.set(points.subarray(at * width, (at + n) * width));
      fn(n);
      take(at, n);
    }
  };
  return {
    kind: "WebAssembly",
    criticGradients: ({ loss, penalty: { at, weight, target, oneSided } }, given) => {
      for (const name of ["real", "latents", "alpha"]) if (given[name]) buffers[name].set(given[name]);
      c.critic_gradients(LOSSES.indexOf(loss), PLACES.indexOf(at), weight, target, oneSided ? 1 : 0);
      const [estimate, penalty, slope] = buffers.readings;
      return { estimate, penalty, slope };
    },
    generatorGradients: ({ loss, sign = 1 }, { latents }) => {
      buffers.latents.set(latents);
      c.generator_gradients(LOSSES.indexOf(loss), sign);
    },
    update: (which, { adam, rate, beta1, beta2, correction1, correction2 }) =>
      c.update(NETS.indexOf(which), adam ? 1 : 0, rate, beta1, beta2, correction1, correction2),
    clip: (bound) => c.clip(bound),
    critic: (points) => {
      const values = new Float32Array(points.length / dims),
        gradients = new Float32Array(points.length);
      inPieces(points, dims, c.evaluate, (at, n) => {
        values.set(buffers.values.subarray(0, n), at);
        gradients.set(buffers.slopes.subarray(0, n * dims), at * dims);
      });
      return { values, gradients };
    },
    generate: (latents) => {
      const points = new Float32Array((latents.length / latent) * dims);
      inPieces(latents, latent, c.generate, (at, n) => points.set(buffers.slopes.subarray(0, n * dims), at * dims));
      return points;
    },
    align: () => c.align(),
    numbers: (which, part) => numbers[which][PARTS.indexOf(part)],
    directions: () =>
      spectral
        ? critic.slice(1).flatMap((out, l) => [view(c.direction(l, 0), out), view(c.direction(l, 1), critic[l])])
        : [],
    scores: { real: buffers.realScores, fake: buffers.fakeScores },
  };
}
