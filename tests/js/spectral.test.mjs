import assert from "node:assert/strict";
import test from "node:test";
import {
  convolution,
  diagonal,
  powerIteration,
  product,
  rotation,
  svd2,
  times,
  twoUnits,
} from "../../wgan_lib/js/maths/spectral.mjs";
import { generator } from "./generator.mjs";

const near = (a, b, tolerance = 1e-12) =>
  assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b} within ${tolerance}`);
const degrees = (angle) => (angle * Math.PI) / 180;

test("two layers of norm 1 multiply to 1 only where their long axes meet", () => {
  const network = (angle, a, b) => product(product(diagonal(1, b), rotation(-degrees(angle))), diagonal(1, a));
  near(svd2(network(0, 0.3, 0.3)).s[0], 1);
  near(svd2(network(180, 0.3, 0.3)).s[0], 1);
  near(svd2(network(90, 0.3, 0.3)).s[0], 0.3);
  near(svd2(network(90, 0.2, 0.6)).s[0], 0.6);
  for (const angle of [0, 20, 63, 90]) near(svd2(network(angle, 1, 0.4)).s[0], 1);
  let before = 1.1;
  for (let angle = 0; angle <= 90; angle += 5) {
    const { s } = svd2(network(angle, 0.3, 0.5));
    near(s[0] * s[1], 0.15); // areas multiply, whatever the angle
    assert.ok(s[0] < before);
    before = s[0];
  }
});

test("a singular pair is sent onto one another, and no direction is stretched further", () => {
  const next = generator(4);
  for (let i = 0; i < 50; i++) {
    const w = [0, 1].map(() => [0, 1].map(() => 4 * next() - 2)),
      { s, left, right } = svd2(w),
      sent = times(w, [Math.cos(right), Math.sin(right)]);
    near(sent[0], s[0] * Math.cos(left));
    near(sent[1], s[0] * Math.sin(left));
    for (let k = 0; k < 20; k++) {
      const angle = 7 * next(),
        reach = Math.hypot(...times(w, [Math.cos(angle), Math.sin(angle)]));
      assert.ok(reach <= s[0] + 1e-12 && reach >= s[1] - 1e-12);
    }
  }
});

test("power iteration climbs, and never passes the norm", () => {
  const next = generator(5);
  for (let i = 0; i < 30; i++) {
    const w = [0, 1, 2].map(() => [0, 1, 2, 3].map(() => 2 * next() - 1)),
      trips = powerIteration(w, [next(), next(), -next(), next()], 400),
      limit = trips.at(-1).estimate;
    trips.slice(1).forEach(({ v, estimate }, k) => {
      assert.ok(estimate >= trips[k].estimate - 1e-14);
      assert.ok(estimate <= limit + 1e-12);
      near(Math.hypot(...v), 1);
    });
  }
});

test("a start exactly across is rescued by rounding alone", () => {
  const trips = powerIteration(diagonal(1, 0.5), [Math.cos(Math.PI / 2), 1], 60);
  near(trips[10].estimate, 0.5, 1e-9);
  near(trips[60].estimate, 1, 1e-9);
});

test("a constant kernel stretches three times as far as its row at stride 1, twice at stride 2", () => {
  const ones = Array(9).fill(1);
  const one = convolution(ones, 16);
  near(one.norm, 9);
  near(one.reshaped, 3);
  assert.equal(one.most, 3);
  for (const v of one.picture) near(v, 1);
  const two = convolution(ones, 16, 2);
  assert.equal(two.most, 2);
  assert.ok(two.norm / two.reshaped > 1 && two.norm / two.reshaped <= 2);
  near(convolution(Array(16).fill(1), 16, 2).norm / 4, 2);
  near(convolution([0, 0, 0.7, 0, 0, 0, 0, 0, 0], 16).norm, 0.7);
  assert.deepEqual([...convolution(Array(9).fill(0), 4).picture], Array(16).fill(0));
});

test("the picture shown is stretched by exactly the norm", () => {
  const next = generator(6);
  for (let i = 0; i < 40; i++) {
    const stride = 1 + (i % 2),
      size = 12,
      kernel = Array.from({ length: 9 }, () => 2 * next() - 1),
      { norm, reshaped, most, picture } = convolution(kernel, size, stride);
    const out = [];
    for (let r = 0; r < size; r += stride)
      for (let c = 0; c < size; c += stride)
        out.push(
          kernel.reduce(
            (sum, entry, k) => sum + entry * picture[((r + Math.floor(k / 3)) % size) * size + ((c + (k % 3)) % size)],
            0,
          ),
        );
    near(Math.hypot(...out) / Math.hypot(...picture), norm, 1e-9);
    assert.ok(norm <= most * reshaped + 1e-12);
    if (stride === 1) assert.ok(norm >= reshaped - 1e-12);
  }
});

test("cut at zero, two units earn at most half of W1, sorted they earn all of it", () => {
  const next = generator(8);
  let best = 0;
  for (let i = 0; i < 2000; i++) {
    const [left, right, share] = [3 * next() - 1.5, 3 * next() - 1.5, next()];
    best = Math.max(best, twoUnits({ left, right, share, sorted: false }).gap);
    assert.ok(twoUnits({ left, right, share, sorted: true }).gap <= 1 + 1e-12);
  }
  assert.ok(best <= 0.5 + 1e-12 && best > 0.45);
  near(twoUnits({ left: 0, right: 0, share: 0.3, sorted: false }).gap, 0.5);
  const absolute = twoUnits({ left: 0, right: 0, share: 0.5, sorted: true });
  near(absolute.gap, 1);
  for (const x of [-1.2, -0.4, 0, 0.9]) near(absolute.f(x), Math.abs(x));
});
