/** How runs are unpacked: any stretch of the packed text, wherever it begins. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fractions, median, points } from "../../wgan_lib/js/maths/packed.mjs";

const packed = (array) => Buffer.from(array.buffer).toString("base64");

test("a stretch of fractions is found wherever it begins", () => {
  const text = packed(Uint16Array.from({ length: 50 }, (_, k) => 1000 * k));
  for (const [at, count] of [
    [0, 50],
    [1, 3],
    [2, 48],
    [49, 1],
    [17, 20],
  ])
    assert.deepEqual(
      fractions(text, at, count, [0, 65535]),
      Array.from({ length: count }, (_, k) => 1000 * (at + k)),
    );
  assert.deepEqual(fractions(packed(Uint16Array.of(0, 65535)), 0, 2, [-2, 5]), [-2, 5]);
});

test("points come in pairs, scaled to their reach", () => {
  const text = packed(Int8Array.of(127, -127, 0, 127, -127, 0));
  assert.deepEqual(points(text, 0, 3, 2), [
    [2, -2],
    [0, 2],
    [-2, 0],
  ]);
  assert.deepEqual(points(text, 2, 1, 1), [[-1, 0]]);
});

test("the median of an even count lies in the middle", () => {
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([4, 1, 2, 3]), 2.5);
});
