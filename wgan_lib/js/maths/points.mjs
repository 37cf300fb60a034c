/**
 * Laws on a few points of a line. Pure functions, held to wgan_lib.transport and scipy by the tests. Chapter:
 * wasserstein-1d.
 */

const sorted = (values) => [...values].sort((a, b) => a - b);

/** W₁ of two sets of equally many points of equal mass: sort both, and take the mean distance. */
export function w1Points(x, y) {
  const [a, b] = [sorted(x), sorted(y)];
  return a.reduce((sum, v, i) => sum + Math.abs(v - b[i]), 0) / a.length;
}

/** JS in nats of the same two laws: it asks only which places they share. */
export function jsPoints(x, y) {
  const share = (points, at) => points.filter((v) => v === at).length / points.length;
  const term = (a, m) => (a > 0 ? (a * Math.log(a / m)) / 2 : 0);
  return [...new Set([...x, ...y])].reduce((sum, at) => {
    const [p, q] = [share(x, at), share(y, at)];
    return sum + term(p, (p + q) / 2) + term(q, (p + q) / 2);
  }, 0);
}

/** What two grains cost on straight and on crossed ways to two holes: `{ straight, crossed }`, sums of distances. */
export function exchange(grains, holes) {
  const [[a, b], [c, d]] = [sorted(grains), sorted(holes)];
  return { straight: Math.abs(a - c) + Math.abs(b - d), crossed: Math.abs(a - d) + Math.abs(b - c) };
}
