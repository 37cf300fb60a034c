/**
 * The transport problem: min Σ plan[i][j]·cost[i][j] over plans ≥ 0 whose rows sum to `supply` and whose columns sum
 * to `demand`; and its dual, prices f
 * with f(j) − f(i) ≤ cost[i][j]. Pure; integers stay exact. Held to linear programming and POT by the tests.
 * Everything rests on the residual graph of a plan: an arc i → j of length cost[i][j] for every pair, and, where
 * plan[i][j] > 0, the arc back of
 * length −cost[i][j]. A cycle of negative length is a saving; without one, shortest distances are prices that prove
 * the plan optimal.
 * Source: Ahuja, Magnanti & Orlin (1993), chapters 9.3 and 9.7. Chapter: kantorovich-rubinstein.
 */

const total = (values) => values.reduce((sum, v) => sum + v, 0);

/**
 * Bellman–Ford on the residual graph: distances from `start` (0 or Infinity by node, rows first), the node before
 * each, and a node on a negative cycle.
 */
function shortest(plan, cost, start, tolerance) {
  const n = cost.length,
    m = cost[0].length,
    distance = start.slice(),
    before = new Array(n + m).fill(-1);
  for (let round = 0; round <= n + m; round++) {
    let last = -1;
    const relax = (from, to, length) => {
      if (!(distance[from] + length < distance[to] - tolerance)) return;
      distance[to] = distance[from] + length;
      before[to] = from;
      last = to;
    };
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) {
        relax(i, n + j, cost[i][j]);
        if (plan[i][j] > 0) relax(n + j, i, -cost[i][j]);
      }
    }
    if (last < 0) return { distance, before, looped: -1 };
    if (round === n + m) return { distance, before, looped: last };
  }
}

const toleranceOf = (cost) => 1e-13 * Math.max(1e-300, ...cost.flat().map(Math.abs));

/**
 * Proof that a full plan is the cheapest, or a way to make it cheaper.
 * @returns {{prices: {rows: number[], columns: number[]}} | {cycle: {row: number, from: number, to: number}[], saves:
 *   number, amount: number}}
 *   `prices`: columns[j] − rows[i] ≤ cost[i][j], equal wherever plan[i][j] > 0. `cycle`: moving `amount` of each
 *   `row` from column `from` to column
 *   `to` keeps every sum and saves `saves` in all.
 */
export function certify(plan, cost) {
  const n = cost.length,
    m = cost[0].length;
  const { distance, before, looped } = shortest(plan, cost, new Array(n + m).fill(0), toleranceOf(cost));
  if (looped < 0) return { prices: { rows: distance.slice(0, n), columns: distance.slice(n) } };
  let node = looped;
  for (let k = 0; k < n + m; k++) node = before[node];
  if (node < n) node = before[node]; // begin at a column
  const cycle = [],
    first = node;
  do {
    const row = before[node],
      from = before[row];
    cycle.push({ row, from: from - n, to: node - n });
    node = from;
  } while (node !== first);
  const amount = Math.min(...cycle.map(({ row, from }) => plan[row][from]));
  return { cycle, amount, saves: amount * total(cycle.map(({ row, from, to }) => cost[row][from] - cost[row][to])) };
}

/**
 * The cheapest plan, by successive shortest paths.
 * @param {number[]} supply ≥ 0
 * @param {number[]} demand ≥ 0, with the same sum
 * @param {number[][]} cost finite
 * @returns {{plan: number[][], cost: number, prices: {rows: number[], columns: number[]}}} with Σ demand·columns − Σ
 *   supply·rows = cost
 */
export function solve(supply, demand, cost) {
  const n = supply.length,
    m = demand.length,
    all = total(supply);
  if ([...supply, ...demand].some((v) => !(v >= 0 && Number.isFinite(v))))
    throw new RangeError("supply and demand must be finite and ≥ 0");
  if (Math.abs(all - total(demand)) > 1e-9 * Math.max(1, all))
    throw new RangeError(`supply ${all} and demand ${total(demand)} must have the same sum`);
  if (cost.length !== n || cost.some((row) => row.length !== m || !row.every(Number.isFinite)))
    throw new RangeError(`cost must be a finite ${n} × ${m} table`);
  const plan = cost.map((row) => row.map(() => 0)),
    left = supply.slice(),
    open = demand.slice(),
    tolerance = toleranceOf(cost),
    dust = 1e-14 * all;
  while (left.some((v) => v > dust) && open.some((v) => v > dust)) {
    const { distance, before } = shortest(
      plan,
      cost,
      [...left.map((v) => (v > dust ? 0 : Infinity)), ...open.map(() => Infinity)],
      tolerance,
    );
    let end = -1;
    for (let j = 0; j < m; j++) if (open[j] > dust && (end < 0 || distance[n + j] < distance[n + end])) end = j;
    const path = [n + end];
    while (before[path[0]] >= 0) path.unshift(before[path[0]]);
    let amount = Math.min(left[path[0]], open[end]);
    for (let k = 1; k + 1 < path.length; k += 2) amount = Math.min(amount, plan[path[k + 1]][path[k] - n]);
    for (let k = 0; k + 1 < path.length; k++) {
      if (k % 2 === 0) plan[path[k]][path[k + 1] - n] += amount;
      else plan[path[k + 1]][path[k] - n] = keep(plan[path[k + 1]][path[k] - n] - amount, dust);
    }
    left[path[0]] = keep(left[path[0]] - amount, dust);
    open[end] = keep(open[end] - amount, dust);
  }
  return { plan, cost: planCost(plan, cost), prices: certify(plan, cost).prices };
}

/** Rounding leaves 1e-17 where 0 is meant, and the residual graph asks whether a number is above 0. */
const keep = (v, dust) => (v > dust ? v : 0);

/** Σ plan·cost. */
export const planCost = (plan, cost) => total(plan.map((row, i) => total(row.map((v, j) => v * cost[i][j]))));
