/**
 * A small fully connected generator, run in the page, and the picture of a set that is nearest to one of its own.
 * Nothing here touches the page. Chapter: full-models.
 */

/** Half-precision numbers, two little-endian bytes each, as the numbers they stand for; infinities and NaN are none. */
export function halves(bytes, offset, count) {
  const found = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    const bits = bytes[offset + 2 * k] | (bytes[offset + 2 * k + 1] << 8),
      exponent = (bits >> 10) & 31,
      fraction = bits & 1023;
    const size = exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024);
    found[k] = bits & 0x8000 ? -size : size;
  }
  return found;
}

/**
 * What Python packed: all weights (out × in, by rows) and biases, layer after layer, then the pictures, a byte a pixel.
 * `sizes` are those of the layers, [2, 128, 128, 64]; `count` that of the pictures, `white` their brightest byte.
 */
export function unpacked(bytes, { sizes, count, white }) {
  let offset = 0;
  const next = (n) => {
    offset += 2 * n;
    return halves(bytes, offset - 2 * n, n);
  };
  const layers = sizes.slice(1).map((out, k) => ({ weight: next(out * sizes[k]), bias: next(out) })),
    size = sizes.at(-1),
    pictures = Float64Array.from(bytes.subarray(offset, offset + count * size), (v) => v / white);
  return { layers, pictures, size, count };
}

/** The generator's picture of the latent z: ReLU between the layers, then (tanh + 1) / 2; 0 is black and 1 white. */
export function generate(layers, z) {
  let x = z;
  layers.forEach(({ weight, bias }, k) => {
    const last = k === layers.length - 1;
    x = bias.map((b, i) => {
      let sum = b;
      for (let j = 0; j < x.length; j++) sum += weight[i * x.length + j] * x[j];
      return last ? (Math.tanh(sum) + 1) / 2 : Math.max(0, sum);
    });
  });
  return x;
}

/**
 * The picture of the set that is nearest: its index, and the Euclidean distance over the pixels, to nine digits: so far
 * Python agrees, whose sums have another order.
 */
export function nearest(picture, { pictures, size, count }) {
  let index = -1,
    least = Infinity;
  for (let k = 0; k < count; k++) {
    let sum = 0;
    for (let j = 0; j < size && sum < least; j++) sum += (picture[j] - pictures[k * size + j]) ** 2;
    if (sum >= least) continue;
    [index, least] = [k, sum];
  }
  return { index, distance: Number(Math.sqrt(least).toFixed(9)) };
}

/** Per cent of sorted distances that are smaller than this one. */
export function rank(distances, distance) {
  let [low, high] = [0, distances.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (distances[middle] < distance) low = middle + 1;
    else high = middle;
  }
  return (100 * low) / distances.length;
}

/** The middles of n × n equal cells of [−1, 1]², row by row from the top left. */
export const middles = (n) =>
  Array.from({ length: n * n }, (_, k) => [(2 * (k % n) + 1) / n - 1, 1 - (2 * Math.floor(k / n) + 1) / n]);
