/**
 * Entropic transport on a line, in nats and units of length. With the cost |x − y| on an even grid each sum over the
 * other side is two sweeps, one from the left and one from the right, so a round costs 2n steps instead of n². Pure;
 * held to POT and to the chapter's own function by the tests. Source: Cuturi (2013). Chapter: optimal-transport.
 */

const logAdd = (a, b) =>
  a > b ? a + Math.log1p(Math.exp(b - a)) : b === -Infinity ? a : b + Math.log1p(Math.exp(a - b));

/** ln Σⱼ exp(vⱼ − |i − j|·fall) for each i. */
export function swept(v, fall) {
  const n = v.length,
    right = new Float64Array(n),
    left = new Float64Array(n);
  for (let i = 0; i < n; i++) right[i] = i ? logAdd(v[i], right[i - 1] - fall) : v[i];
  for (let i = n - 1; i >= 0; i--) left[i] = i < n - 1 ? logAdd(v[i + 1] - fall, left[i + 1] - fall) : -Infinity;
  return right.map((a, i) => logAdd(a, left[i]));
}

/**
 * Sinkhorn's rounds until the rows are right to `tolerance` (in total mass), at most `most` of them.
 * @param {number[]} p masses > 0 of the rows, on a grid of step h
 * @param {number[]} q masses > 0 of the columns, on the same grid
 * @returns {{plan: Float64Array[], rounds: number, cost: number, value: number}} the plan, a row for each p; its cost
 *   ⟨C, π⟩; the value OT_ε = Σ p f + Σ q g
 */
export function sinkhorn(p, q, h, epsilon, { tolerance = 1e-4, most = 4000 } = {}) {
  const fall = h / epsilon,
    [lp, lq] = [p, q].map((law) => law.map(Math.log));
  let f = lp.map(() => 0),
    g = lq.map(() => 0),
    rounds = 0,
    wrong = Infinity;
  while (rounds < most && wrong > tolerance) {
    const over = swept(
      lq.map((v, j) => v + g[j]),
      fall,
    ); // f and g here are f/ε and g/ε
    wrong = rounds ? p.reduce((sum, v, i) => sum + Math.abs(v * Math.exp(f[i] + over[i]) - v), 0) : Infinity;
    if (wrong <= tolerance) break;
    f = [...over].map((v) => -v);
    g = [
      ...swept(
        lp.map((v, i) => v + f[i]),
        fall,
      ),
    ].map((v) => -v);
    rounds++;
  }
  const plan = p.map((_, i) =>
    Float64Array.from(q, (_, j) => Math.exp(lp[i] + lq[j] + f[i] + g[j] - Math.abs(i - j) * fall)),
  );
  const cost = plan.reduce((sum, row, i) => sum + row.reduce((s, v, j) => s + v * Math.abs(i - j) * h, 0), 0),
    paid = (law, prices) => law.reduce((sum, v, i) => sum + v * prices[i] * epsilon, 0);
  return { plan, rounds, cost, value: paid(p, f) + paid(q, g) };
}
