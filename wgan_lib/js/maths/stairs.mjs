/** How many values fall where: the heaps of readings in `samples`. */

const BINS = 36;

/** Counts of values in bins over [0, top], as a staircase `{ xs, ys }`. */
export function stairs(values, top, bins = BINS) {
  const counts = new Array(bins).fill(0),
    xs = [],
    ys = [];
  for (const v of values) counts[Math.min(bins - 1, Math.floor((v / top) * bins))]++;
  counts.forEach((count, k) => {
    xs.push((k * top) / bins, ((k + 1) * top) / bins);
    ys.push(count, count);
  });
  return { xs, ys };
}
