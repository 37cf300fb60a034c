/**
 * The two sides of a transport problem on a road, in whole numbers, so that a gap of 0 is exactly 0. Piles and holes
 * stand at whole kilometres; a
 * plan gives each bucket a hole (−1: still on its pile); prices give each town a number, in order along the road.
 * Carrying a bucket costs 1 per km.
 * For every full plan and fair prices: cost − value = Σ over buckets of (fare − price difference) ≥ 0, which is all
 * of weak duality.
 * Pure; held to linear programming by the tests. Source: Villani (2009), chapter 5 (the shipper's problem); Murota
 * (2003), section 10.3 (`raise`).
 * Chapter: kantorovich-rubinstein.
 */
import { certify, solve } from "./transport.mjs";

const sum = (values) => values.reduce((total, v) => total + v, 0);

/**
 * The road: `{ piles, holes, towns, buckets, fare, length }`.
 * @param {[number, number][]} piles place and number of buckets of each pile, whole numbers, by place
 * @param {[number, number][]} holes place and room of each hole, likewise, with the same sum; no two towns at one place
 * `towns`: {place, kind: "pile" | "hole", index, size} along the road; `buckets`: the pile of each bucket;
 * `fare[i][j]`: km from pile i to hole j.
 */
export function road(piles, holes) {
  const town =
    (kind) =>
    ([place, size], index) => ({ place, kind, index, size });
  const towns = [...piles.map(town("pile")), ...holes.map(town("hole"))].sort((a, b) => a.place - b.place);
  const buckets = piles.flatMap(([, size], i) => new Array(size).fill(i));
  const fare = piles.map(([a]) => holes.map(([b]) => Math.abs(a - b)));
  return { piles, holes, towns, buckets, fare, length: towns.at(-1).place - towns[0].place };
}

/** Buckets carried from each pile to each hole. */
export function amounts({ piles, holes, buckets }, plan) {
  const table = piles.map(() => holes.map(() => 0));
  plan.forEach((hole, bucket) => {
    if (hole >= 0) table[buckets[bucket]][hole]++;
  });
  return table;
}

/** What the buckets placed so far cost, and how many are still on their piles. */
export const planCost = ({ fare, buckets }, plan) =>
  sum(plan.map((hole, k) => (hole < 0 ? 0 : fare[buckets[k]][hole])));
export const unplaced = (plan) => plan.filter((hole) => hole < 0).length;

/** Income of the prices: Σ hole size · price − Σ pile size · price. */
export const priceValue = ({ towns }, prices) =>
  sum(towns.map(({ kind, size }, k) => (kind === "hole" ? size : -size) * prices[k]));

/** Stretches k (between towns k and k + 1) on which the price changes by more than the fare. */
export const broken = ({ towns }, prices) =>
  towns
    .slice(1)
    .map((_, k) => k)
    .filter((k) => Math.abs(prices[k + 1] - prices[k]) > towns[k + 1].place - towns[k].place);

/** Fare minus price difference for each pile and hole: ≥ 0 when the prices are fair, 0 on a tight pair. */
export function slack({ piles, holes, towns, fare }, prices) {
  const at = (kind, index) => prices[towns.findIndex((t) => t.kind === kind && t.index === index)];
  return piles.map((_, i) => holes.map((_, j) => fare[i][j] - (at("hole", j) - at("pile", i))));
}

/**
 * The plan after one bucket is put into `hole` (−1: back on its pile). Into a full hole it changes places with
 * `onto`, one of the buckets there;
 * by default the one that makes the exchange cheapest.
 */
export function place(problem, plan, bucket, hole, onto = -1) {
  const next = plan.slice(),
    origin = plan[bucket],
    { fare, buckets, holes } = problem;
  if (hole === origin) return next;
  next[bucket] = hole;
  if (hole < 0) return next;
  const there = plan
    .map((h, k) => [h, k])
    .filter(([h]) => h === hole)
    .map(([, k]) => k);
  if (there.length < holes[hole][1]) return next;
  const price = (k) => (origin < 0 ? 0 : fare[buckets[k]][origin]) - fare[buckets[k]][hole];
  const out = there.includes(onto) ? onto : there.reduce((best, k) => (price(k) < price(best) ? k : best));
  next[out] = origin;
  return next;
}

/** The empty room filled, each bucket in turn into the nearest hole that has room: full, and not always cheap. */
export function fill(problem, plan) {
  const next = plan.slice();
  next.forEach((hole, k) => {
    if (hole >= 0) return;
    const open = problem.holes.map((_, j) => j).filter((j) => next.filter((h) => h === j).length < problem.holes[j][1]);
    const fares = problem.fare[problem.buckets[k]];
    next[k] = open.reduce((best, j) => (fares[j] <= fares[best] ? j : best));
  });
  return next;
}

/** A plan that may come from a hand-written link: whole numbers, and what a hole cannot hold back on its pile. */
export function tidy({ holes }, plan) {
  const room = holes.map(([, size]) => size);
  return plan.map(Math.round).map((hole) => (hole >= 0 && room[hole]-- > 0 ? hole : -1));
}

/**
 * One cycle of exchanges that makes a full plan cheaper: `{ plan, saves, moved }` (buckets), or null when none does:
 * the plan is the cheapest.
 */
export function improve(problem, plan) {
  const { cycle, saves, amount } = certify(amounts(problem, plan), problem.fare);
  if (!cycle) return null;
  const next = plan.slice(),
    moved = [];
  for (const { row, from, to } of cycle) {
    for (let n = 0; n < amount; n++) {
      const bucket = plan.findIndex((hole, k) => hole === from && problem.buckets[k] === row && !moved.includes(k));
      next[bucket] = to;
      moved.push(bucket);
    }
  }
  return { plan: next, saves, moved };
}

/**
 * The c-transform, twice: each hole's price becomes the most that any pile's price plus fare allows, f(j) = min over
 * i of f(i) + c(i, j), then each
 * pile's the least, f(i) = max over j of f(j) − c(i, j). The result is fair; from fair prices the value never falls.
 */
export function cTransform({ towns }, prices) {
  const pull = (kind, from, choose, sign) =>
    towns.map((t, k) =>
      t.kind !== kind
        ? from[k]
        : choose(
            ...towns
              .map((s, l) => [s, l])
              .filter(([s]) => s.kind !== kind)
              .map(([s, l]) => from[l] + sign * Math.abs(t.place - s.place)),
          ),
    );
  return pull("pile", pull("hole", prices, Math.min, 1), Math.max, -1);
}

/**
 * Better fair prices: the set of towns whose prices, raised together by as much as the fares allow, gain most per
 * step; `{ prices, towns, gains }`,
 * or null when no set gains anything. Value is a concave function of whole prices for which looking at such sets is
 * enough to find the maximum.
 */
export function raise(problem, prices) {
  const { towns } = problem,
    n = towns.length,
    weight = towns.map(({ kind, size }) => (kind === "hole" ? size : -size));
  let best = null;
  for (let set = 1; set < 2 ** n - 1; set++) {
    const chosen = towns.map((_, k) => (set >> k) & 1),
      gain = sum(chosen.map((c, k) => c * weight[k]));
    if (gain <= (best?.gain ?? 0)) continue;
    let step = Infinity;
    for (let k = 0; k + 1 < n; k++) {
      if (chosen[k] !== chosen[k + 1])
        step = Math.min(
          step,
          towns[k + 1].place - towns[k].place + (chosen[k] - chosen[k + 1]) * (prices[k + 1] - prices[k]),
        );
    }
    if (step > 0) best = { gain, step, chosen };
  }
  return (
    best && {
      prices: prices.map((f, k) => f + best.chosen[k] * best.step),
      gains: best.gain * best.step,
      towns: best.chosen.map((c, k) => (c ? k : -1)).filter((k) => k >= 0),
    }
  );
}

/** The same prices moved up or down together, as little as brings them into [lo, hi]; only differences matter. */
export function fit(prices, [lo, hi]) {
  const shift = Math.max(0, lo - Math.min(...prices)) || Math.min(0, hi - Math.max(...prices));
  return prices.map((f) => f + shift);
}

/** Costs of the cheapest and of the dearest full plan. */
export function extremes({ piles, holes, fare }) {
  const supply = piles.map(([, size]) => size),
    demand = holes.map(([, size]) => size);
  const negated = fare.map((row) => row.map((c) => -c));
  return { least: solve(supply, demand, fare).cost, most: -solve(supply, demand, negated).cost };
}
