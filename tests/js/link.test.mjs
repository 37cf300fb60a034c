import assert from "node:assert/strict";
import test from "node:test";
import { decodeState, encodeState } from "../../wgan_lib/js/kit/link.mjs";
import { admitted, between } from "../../wgan_lib/js/kit/state.mjs";

const state = { mean: [-3, 7], unit: ["nats", "bits"], heights: [0, 1], points: [-2, 2], on: true };
const now = {
  mean: 2,
  unit: "nats",
  heights: [0.5, 0.25, 0.25],
  points: [
    [0, 0],
    [1, 1],
  ],
  on: false,
};

test("a link brings back the state it was made from", () => {
  const there = {
    mean: -1.23456,
    unit: "bits",
    heights: [1, 0, 0.3333],
    points: [
      [-1, 2],
      [0.5, 0],
    ],
    on: true,
  };
  const hash = encodeState("piles-2", there);
  assert.equal(hash.startsWith("#piles-2?mean=-1.2346&unit=bits&"), true);
  assert.deepEqual(decodeState(hash, "piles-2", state, now), { ...there, mean: -1.2346 });
});

test("a link for another widget, or an ordinary anchor, is none of ours", () => {
  for (const hash of ["", "#", "#piles", "#piles-2?mean=1", "#section-about-piles?mean=1"])
    assert.equal(decodeState(hash, "piles", state, now), null);
});

test("values that do not fit are left out or moved to the nearest end", () => {
  const read = (query) => decodeState(`#piles?${query}`, "piles", state, now);
  assert.deepEqual(read("mean=99"), { mean: 7 });
  assert.deepEqual(read("mean=-99&unit=bits"), { mean: -3, unit: "bits" });
  for (const bad of [
    "mean=",
    "mean=x",
    "mean=NaN",
    "mean=Infinity",
    "unit=furlongs",
    "heights=1,0",
    "heights=1,0,x",
    "points=1,2,3",
    "on=yes",
    "task=hello",
    "points=1,2,3,x",
    "__proto__=1",
  ])
    assert.deepEqual(read(bad), {}, bad);
});

test("a hand sets numbers on their grain, coordinates in their ranges, choices, and nothing of another kind", () => {
  assert.equal(admitted(3.4, [0, 12, 1], 0), 3);
  assert.equal(admitted(99, [0, null], 1), 99);
  const plane = [
    [0, 3],
    [0, 2],
  ];
  assert.deepEqual(admitted([[9, 9]], plane, [[1, 1]]), [[3, 2]]);
  assert.deepEqual(admitted([5, -5], [-1, 1], [0, 0]), [1, -1]);
  for (const [value, allowed, now] of [
    ["1", [0, 2], 1],
    [Number.NaN, [0, 2], 1],
    [[1], [0, 2], [1, 1]],
    ["x", ["a", "b"], "a"],
    [1, true, false],
  ])
    assert.equal(admitted(value, allowed, now), undefined);
  assert.deepEqual(between([0, [2]], [1, [4]], 0.5), [0.5, [3]]);
});
