/**
 * The cheapest one-to-one matching of two sets of a few hundred points, fast enough to run while a training goes on:
 * Jonker and Volgenant's shortest augmenting paths (1987), after their two cheap ways to match most rows.
 * js/maths/assignment.mjs is the same without them, and slower. Held to POT by the tests. Chapter: lab.
 */

/**
 * @param {Float64Array} cost n · n finite numbers, row by row
 * @returns {Int32Array} the column of each row
 */
export function matching(cost, n) {
  const columnOf = new Int32Array(n).fill(-1),
    rowOf = new Int32Array(n).fill(-1),
    price = new Float64Array(n);
  let free = reduceColumns(cost, n, { columnOf, rowOf, price });
  for (let k = 0; k < 2; k++) free = reduceRows(cost, n, { columnOf, rowOf, price }, free);
  for (const row of free) augment(cost, n, { columnOf, rowOf, price }, row);
  return columnOf;
}

/** Each column takes its cheapest row, a row at most one column; then prices fall as far as the others let them. */
function reduceColumns(cost, n, { columnOf, rowOf, price }) {
  const wanted = new Int32Array(n);
  for (let j = n - 1; j >= 0; j--) {
    let best = 0;
    for (let i = 1; i < n; i++) if (cost[i * n + j] < cost[best * n + j]) best = i;
    price[j] = cost[best * n + j];
    if (wanted[best]++ > 0) continue;
    columnOf[best] = j;
    rowOf[j] = best;
  }
  const free = [];
  for (let i = 0; i < n; i++) {
    if (wanted[i] === 0) free.push(i);
    if (wanted[i] !== 1) continue;
    const own = columnOf[i];
    let least = Infinity;
    for (let j = 0; j < n; j++) if (j !== own) least = Math.min(least, cost[i * n + j] - price[j]);
    if (n > 1) price[own] -= least;
  }
  return free;
}

/** Free rows outbid one another: each takes its best column, whose price falls by the second best's distance. */
function reduceRows(cost, n, { columnOf, rowOf, price }, waiting) {
  const free = [],
    queue = waiting.slice();
  for (let left = 20 * n; queue.length; left--) {
    const row = queue.shift();
    let [first, second, best, next] = [Infinity, Infinity, -1, -1];
    for (let j = 0; j < n; j++) {
      const reduced = cost[row * n + j] - price[j];
      if (reduced >= second) continue;
      if (reduced < first) [second, next, first, best] = [first, best, reduced, j];
      else [second, next] = [reduced, j];
    }
    const before = price[best];
    if (first < second && n > 1) price[best] -= second - first;
    const outbid = price[best] < before; // else the two are equal, up to the last digit
    if (!outbid && rowOf[best] >= 0 && next >= 0) best = next;
    const loser = rowOf[best];
    columnOf[row] = best;
    rowOf[best] = row;
    if (loser < 0) continue;
    columnOf[loser] = -1;
    if (outbid && left > 0) queue.unshift(loser);
    else free.push(loser);
  }
  return free;
}

/** The shortest way, in reduced costs, from a free row to a free column; everyone on it changes partners. */
function augment(cost, n, { columnOf, rowOf, price }, row) {
  const far = new Float64Array(n),
    before = new Int32Array(n).fill(row),
    order = Int32Array.from({ length: n }, (_, j) => j);
  for (let j = 0; j < n; j++) far[j] = cost[row * n + j] - price[j];
  let scanned = 0,
    ready = 0,
    end = -1,
    least = 0;
  while (end < 0) {
    if (scanned === ready) {
      least = Infinity;
      for (let k = ready; k < n; k++) {
        const j = order[k];
        if (far[j] > least) continue;
        if (far[j] < least) ready = scanned;
        least = far[j];
        order[k] = order[ready];
        order[ready++] = j;
      }
      for (let k = scanned; k < ready && end < 0; k++) if (rowOf[order[k]] < 0) end = order[k];
    }
    if (end >= 0) break;
    const column = order[scanned++],
      holder = rowOf[column],
      offset = cost[holder * n + column] - price[column] - least;
    for (let k = ready; k < n; k++) {
      const j = order[k],
        through = cost[holder * n + j] - price[j] - offset;
      if (through >= far[j]) continue;
      far[j] = through;
      before[j] = holder;
      if (through > least) continue;
      if (rowOf[j] < 0) {
        end = j;
        break;
      }
      order[k] = order[ready];
      order[ready++] = j;
    }
  }
  for (let k = 0; k < scanned; k++) price[order[k]] += far[order[k]] - least;
  for (let at = end, i = -1; i !== row; ) {
    i = before[at];
    rowOf[at] = i;
    [columnOf[i], at] = [at, columnOf[i]];
  }
}
