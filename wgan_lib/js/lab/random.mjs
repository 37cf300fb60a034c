/**
 * Random numbers from a seed: one stream per purpose, so that another batch size moves no initialisation. Chapter: lab.
 */

/** Numbers in [0, 1) from a seed (mulberry32), with `.normal()` by Box and Muller; state in `.at`, to go back to. */
export function stream(seed, purpose) {
  let hash = 2166136261 ^ seed;
  for (const letter of `${purpose} ${seed}`) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619);
  const it = { at: hash >>> 0, spare: null };
  it.uniform = () => {
    it.at = (it.at + 0x6d2b79f5) >>> 0;
    let t = Math.imul(it.at ^ (it.at >>> 15), 1 | it.at);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  it.normal = () => {
    if (it.spare !== null) {
      const kept = it.spare;
      it.spare = null;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - it.uniform())),
      angle = 2 * Math.PI * it.uniform();
    it.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  return it;
}

/** Fills an array with normal numbers. */
export function normals(target, rng) {
  for (let k = 0; k < target.length; k++) target[k] = rng.normal();
  return target;
}

/**
 * Weights as PyTorch's `nn.Linear` draws them, W1, b1, W2, b2, … in one array: W, b ~ U(±1/√fan_in). `sizes` are those
 * of networks.mlp.
 */
export function initial(sizes, rng) {
  const found = [];
  for (let l = 0; l + 1 < sizes.length; l++) {
    const bound = 1 / Math.sqrt(sizes[l]);
    for (let k = 0; k < sizes[l + 1] * (sizes[l] + 1); k++) found.push(bound * (2 * rng.uniform() - 1));
  }
  return Float32Array.from(found);
}
