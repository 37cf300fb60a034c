import assert from "node:assert/strict";
import test from "node:test";
import { grouped } from "../../wgan_lib/js/kit/scales.mjs";
import { dimensionTicks, nearestIndex, outline, spread } from "../../wgan_lib/js/widgets/ambient-dimension.mjs";
import { generator } from "./generator.mjs";

test("the median has as many numbers below as above, in any order, and leaves its argument alone", () => {
  assert.deepEqual(spread([3, -1, 10]), { low: -1, median: 3, high: 10 });
  assert.deepEqual(spread([4, 1, 10, 2]), { low: 1, median: 3, high: 10 });
  assert.deepEqual(spread([0.25]), { low: 0.25, median: 0.25, high: 0.25 });
  const given = [100, 20, 3];
  spread(given);
  assert.deepEqual(given, [100, 20, 3]);
});

test("a dragged-to place means the dimension at the smallest ratio", () => {
  const dims = [2, 3, 16, 12288],
    next = generator(11);
  dims.forEach((dim, i) => assert.equal(nearestIndex(dims, dim), i));
  assert.deepEqual(
    [0.001, 6.8, 7, 400, 500, 1e9].map((dim) => nearestIndex(dims, dim)),
    [0, 1, 2, 2, 3, 3],
  );
  for (let k = 0; k < 200; k++) {
    const dim = 2 * 6144 ** next(),
      ratio = (d) => Math.max(d / dim, dim / d),
      found = dims[nearestIndex(dims, dim)];
    assert.ok(
      dims.every((d) => ratio(found) <= ratio(d) * (1 + 1e-12)),
      `${dim} is not nearest to ${found}`,
    );
  }
});

test("ticks are the ends and the powers of ten that leave room for them", () => {
  assert.deepEqual(dimensionTicks(2, 12288), [2, 10, 100, 1000, 12288]);
  assert.deepEqual(dimensionTicks(6, 30000), [6, 100, 1000, 10000, 30000]);
  assert.deepEqual(dimensionTicks(3, 5), [3, 5]);
});

test("thousands are set apart", () => {
  assert.deepEqual([2, 784, 3072, 12288, 1234567].map(grouped), ["2", "784", "3,072", "12,288", "1,234,567"]);
});

test("the outline encloses the shares, starts and ends on the ground, and leaves out the empty ends", () => {
  const edges = [1, 2, 4, 8, 16, 32],
    shares = [0, 0.25, 0, 0.75, 0],
    [xs, ys] = outline(edges, shares);
  assert.deepEqual(xs, [2, 2, 4, 4, 8, 8, 16, 16]);
  assert.deepEqual(ys, [0, 0.25, 0.25, 0, 0, 0.75, 0.75, 0]);
  assert.deepEqual(outline(edges, [0, 0, 0, 0, 0]), [[], []]);
  const area = xs.slice(1).reduce((sum, x, i) => sum + (Math.log2(x) - Math.log2(xs[i])) * ys[i], 0);
  assert.equal(area, 1);
});
