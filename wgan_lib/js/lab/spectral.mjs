/**
 * Spectral normalisation of the reference engine: W / (uᵀ W v), u and v moved on by one power iteration at each
 * forward, as constraints.SpectralNorm does. Chapter: lab.
 */
import { countOf } from "./layers.mjs";

function unit(x) {
  const norm = Math.max(1e-12, Math.hypot(...x));
  for (let k = 0; k < x.length; k++) x[k] /= norm;
}

/** One power iteration: v ← Wᵀu, u ← Wv, both of length 1. */
function iterate(w, at, u, v) {
  const size = v.length;
  v.fill(0);
  for (let o = 0; o < u.length; o++) for (let i = 0; i < size; i++) v[i] += u[o] * w[at + o * size + i];
  unit(v);
  times(w, at, u, v);
  unit(u);
}

function times(w, at, u, v) {
  for (let o = 0; o < u.length; o++) {
    u[o] = 0;
    for (let i = 0; i < v.length; i++) u[o] += w[at + o * v.length + i] * v[i];
  }
}

/** The directions of each layer, and the two slots in which divided weights stay until their gradients are folded. */
export function division(sizes) {
  const layers = sizes.slice(1).map((out, l) => ({ out, size: sizes[l], at: countOf(sizes, l) }));
  const it = {
    u: layers.map(({ out }) => new Float64Array(out)),
    v: layers.map(({ size }) => new Float64Array(size)),
    slots: [0, 1].map(() => ({ weights: new Float64Array(countOf(sizes)), kept: [] })),
  };
  let drawn = 0;
  /** First directions: a fixed one, then 15 iterations, as torch does after its own draw. */
  it.align = (w) =>
    layers.forEach(({ at }, l) => {
      const [u, v] = [it.u[l], it.v[l]];
      for (let i = 0; i < v.length; i++) {
        drawn = (drawn * 0.7548776662466927 + 0.57) % 1;
        v[i] = drawn - 0.5;
      }
      unit(v);
      times(w, at, u, v);
      unit(u);
      for (let k = 0; k < 15; k++) iterate(w, at, u, v);
    });
  /** The weights as the next forward uses them. */
  it.effective = (w, slot, iterations) => {
    const { weights, kept } = it.slots[slot];
    weights.set(w);
    layers.forEach(({ at, out, size }, l) => {
      for (let k = 0; k < iterations; k++) iterate(w, at, it.u[l], it.v[l]);
      const [u, v] = [it.u[l].slice(), it.v[l].slice()];
      let sigma = 0;
      for (let o = 0; o < out; o++) for (let i = 0; i < size; i++) sigma += u[o] * w[at + o * size + i] * v[i];
      sigma = Math.max(1e-12, sigma);
      for (let k = at; k < at + out * size; k++) weights[k] /= sigma;
      kept[l] = { u, v, sigma };
    });
    return weights;
  };
  /** dW += (G − ⟨G, W/σ⟩ u vᵀ) / σ for the gradient G of the divided weights. */
  it.fold = (slot, G, gradient) => {
    const { weights, kept } = it.slots[slot];
    layers.forEach(({ at, out, size }, l) => {
      const { u, v, sigma } = kept[l];
      let along = 0;
      for (let k = at; k < at + out * size; k++) along += G[k] * weights[k];
      for (let o = 0, k = at; o < out; o++)
        for (let i = 0; i < size; i++, k++) gradient[k] += (G[k] - along * u[o] * v[i]) / sigma;
      for (let k = at + out * size; k < at + out * (size + 1); k++) gradient[k] += G[k];
    });
  };
  return it;
}
