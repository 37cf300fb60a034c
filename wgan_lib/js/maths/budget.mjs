/** What a budget of tuning trials can expect, and how a ranking changes. */

/**
 * Mean of the smallest of `trials` values, over all ways to choose them: exact, by order statistics. Between two whole
 * numbers of trials it is interpolated; no trial gives `nothing`.
 */
export function expectedBest(values, trials, nothing = Infinity) {
  const whole = Math.floor(trials),
    n = values.length;
  if (whole < trials) {
    const [low, high] = [whole, whole + 1].map((k) => expectedBest(values, k, nothing));
    return low + (trials - whole) * (high - low);
  }
  if (whole === 0) return nothing;
  const ordered = [...values].sort((a, b) => a - b);
  // The chance that the ith smallest is the best: C(n − i, k − 1) / C(n, k), each from the one before.
  let chance = whole / n,
    mean = 0;
  for (let i = 1; i <= n - whole + 1; i++) {
    mean += chance * ordered[i - 1];
    chance *= (n - i - whole + 1) / (n - i);
  }
  return mean;
}

/** How many trials each pair has: the same, or as many as fit into the seconds of the cheapest pair. */
export function budgets(seconds, trials, count) {
  const least = Math.min(...seconds);
  return seconds.map((s) => (count === "CPU seconds" ? (trials * least) / s : trials));
}

/** How many couples stand in the other order than before. */
export function swaps(before, after) {
  let found = 0;
  for (let i = 0; i < before.length; i++)
    for (let j = 0; j < i; j++) if ((before[i] - before[j]) * (after[i] - after[j]) < 0) found++;
  return found;
}

/** The place of each value from the smallest, 0, on; equal ones in the order they came. */
export function places(values) {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b] || a - b);
  const found = [];
  for (const [place, i] of order.entries()) found[i] = place;
  return found;
}
