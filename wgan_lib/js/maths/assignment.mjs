/**
 * The cheapest one-to-one matching of two sets of equal size: min over permutations s of Σ c[i][s(i)]. Pure; held to
 * scipy and POT by the tests.
 * Source: shortest augmenting paths with prices, Jonker & Volgenant (1987). Chapter: optimal-transport.
 */

/**
 * @param {number[][]} cost square, finite
 * @returns {{match: number[], cost: number, u: number[], v: number[]}} column of each row, its total cost, and prices
 *   with
 *   u[i] + v[j] ≤ cost[i][j] everywhere, = on the matching: their sum equals the cost, so nothing can be cheaper.
 */
export function assignment(cost) {
  const n = cost.length,
    u = new Float64Array(n + 1),
    v = new Float64Array(n + 1),
    rowOf = new Int32Array(n + 1),
    before = new Int32Array(n + 1);
  if (cost.some((row) => row.length !== n || !row.every(Number.isFinite)))
    throw new RangeError("cost must be a square table of finite numbers");
  for (let row = 1; row <= n; row++) {
    const slack = new Float64Array(n + 1).fill(Infinity),
      seen = new Uint8Array(n + 1);
    let column = 0; // column 0 stands for "free", and holds the row that looks for a place
    rowOf[0] = row;
    while (rowOf[column] !== 0) {
      seen[column] = 1;
      const from = rowOf[column],
        prices = cost[from - 1];
      let step = Infinity,
        next = 0;
      for (let j = 1; j <= n; j++) {
        if (seen[j]) continue;
        const reduced = prices[j - 1] - u[from] - v[j];
        if (reduced < slack[j]) {
          slack[j] = reduced;
          before[j] = column;
        }
        if (slack[j] < step) {
          step = slack[j];
          next = j;
        }
      }
      for (let j = 0; j <= n; j++) {
        if (seen[j]) {
          u[rowOf[j]] += step;
          v[j] -= step;
        } else slack[j] -= step;
      }
      column = next;
    }
    while (column !== 0) {
      rowOf[column] = rowOf[before[column]];
      column = before[column];
    }
  }
  const match = new Array(n).fill(-1);
  for (let j = 1; j <= n; j++) match[rowOf[j] - 1] = j - 1;
  return {
    match,
    cost: match.reduce((sum, j, i) => sum + cost[i][j], 0),
    u: Array.from(u.subarray(1)),
    v: Array.from(v.subarray(1)),
  };
}

/** Distances between points of the plane: one row per point of `from`, one column per point of `to`. */
export const distances = (from, to) => from.map(([x, y]) => to.map(([a, b]) => Math.hypot(x - a, y - b)));

/**
 * The exchange that saves most among all that only swap the partners of two rows: `{ rows: [i, k], saves }`, or null
 * when no swap saves anything.
 * A matching without one need not be the cheapest: a cycle of three may still save.
 */
export function bestSwap(cost, match, tolerance = 1e-12) {
  let best = null;
  for (let i = 0; i < match.length; i++) {
    for (let k = i + 1; k < match.length; k++) {
      if (match[i] < 0 || match[k] < 0) continue;
      const saves = cost[i][match[i]] + cost[k][match[k]] - cost[i][match[k]] - cost[k][match[i]];
      if (saves > (best?.saves ?? tolerance)) best = { rows: [i, k], saves };
    }
  }
  return best;
}
