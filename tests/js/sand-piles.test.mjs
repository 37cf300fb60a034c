import assert from "node:assert/strict";
import test from "node:test";
import {
  areaByColumns,
  cumulative,
  grains,
  js,
  mean,
  parcels,
  shares,
  withShare,
  work,
} from "../../wgan_lib/js/maths/sand.mjs";
import { presets } from "../../wgan_lib/js/widgets/sand-piles.mjs";
import { progress } from "../../wgan_lib/js/widgets/sand-piles-clock.mjs";
import { generator } from "./generator.mjs";

const near = (a, b, tolerance) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b} within ${tolerance}`);
const next = generator(11);
/** Random heights, about a third of them zero. */
const heights = (n) =>
  Array.from({ length: n }, () => Math.max(0, next() - 0.33)).map((v, i, all) =>
    i === 0 && all.every((u) => u === 0) ? 1 : v,
  );
const pairs = Array.from({ length: 200 }, () => {
  const n = 2 + Math.floor(14 * next());
  return [shares(heights(n)), shares(heights(n))];
});

test("one area, two readings: columns and rows agree", () => {
  for (const [p, q] of pairs) near(work(parcels(p, q)), areaByColumns(p, q), 1e-12);
});

test("the parcels are a plan: they empty the pile and fill the hole, and do not cross", () => {
  for (const [p, q] of pairs) {
    for (const reversed of [false, true]) {
      const plan = parcels(p, q, reversed),
        left = q.slice(),
        open = p.slice();
      for (const { from, to, mass } of plan) {
        left[from] -= mass;
        open[to] -= mass;
      }
      for (const rest of [...left, ...open]) near(rest, 0, 1e-10);
      plan.forEach(({ from, to }, i) => {
        if (i === 0) return;
        assert.ok(from >= plan[i - 1].from);
        assert.ok(reversed ? to <= plan[i - 1].to : to >= plan[i - 1].to);
      });
    }
  }
});

test("no plan is cheaper: neither the reversed one, nor any swap, nor does the way of the means exceed it", () => {
  for (const [p, q] of pairs) {
    const plan = parcels(p, q),
      least = work(plan);
    assert.ok(work(parcels(p, q, true)) >= least - 1e-12);
    assert.ok(Math.abs(mean(p) - mean(q)) <= least + 1e-12);
    for (const a of plan)
      for (const b of plan)
        assert.ok(
          Math.abs(a.from - b.to) + Math.abs(b.from - a.to) >= Math.abs(a.from - a.to) + Math.abs(b.from - b.to),
        );
  }
});

test("fact 60: W₁ may be flat too, and JS is ln 2 without overlap, whatever the distance", () => {
  for (const t of [1, 2, 3])
    assert.equal(areaByColumns(shares([1, 0, 0, 0, 1]), shares([0, 1, 2, 3, 4].map((i) => Number(i === t)))), 2);
  for (const at of [1, 2, 7])
    near(js(shares([1, ...new Array(7).fill(0)]), shares(new Array(8).fill(0).fill(1, at, at + 1))), Math.LN2, 1e-15);
  assert.equal(js([0.5, 0.5], [0.5, 0.5]), 0);
});

test("a drawn bar takes what it is given, the others keep their proportions, and the whole stays one", () => {
  for (const [p] of pairs) {
    const drawn = withShare(p, 1, 0.37);
    near(
      drawn.reduce((a, b) => a + b),
      1,
      1e-12,
    );
    assert.equal(drawn[1], 0.37);
    if (p.length > 3 && p[3] > 0 && p[1] < 1 - 1e-9) near(drawn[2] / drawn[3], p[2] / p[3], 1e-9);
  }
  assert.deepEqual(withShare([0, 1, 0], 1, 0.5), [0.25, 0.5, 0.25]);
  assert.equal(cumulative([0.1, 0.2, 0.3, 0.4]).at(-1), 1);
});

test("every grain lies in its bar before and after, and as many leave each bar as its share", () => {
  for (const [p, q] of pairs.slice(0, 60)) {
    const plan = parcels(p, q),
      all = grains(p, q, plan, 500);
    assert.equal(all.length, 500);
    for (const { low, high, from, to, parcel } of all) {
      assert.ok(low > -1e-9 && low < 1 + 1e-9 && high > -1e-9 && high < 1 + 1e-9);
      assert.deepEqual([plan[parcel].from, plan[parcel].to], [from, to]);
    }
    q.forEach((share, i) => near(all.filter(({ from }) => from === i).length / 500, share, 1 / 500 + 1e-9));
    p.forEach((share, i) => near(all.filter(({ to }) => to === i).length / 500, share, (plan.length + 1) / 500));
  }
});

test("grains all rest at first and have all arrived at last", () => {
  for (const u of [0, 0.3, 1]) {
    assert.equal(progress(0, u), 0);
    assert.equal(progress(1, u), 1);
    for (let t = 0; t < 1; t += 0.05) assert.ok(progress(t + 0.05, u) >= progress(t, u));
  }
});

test("the piles to start from are laws that differ, on any number of places", () => {
  for (const n of [4, 12, 20]) {
    for (const [real, generated] of Object.values(presets(n))) {
      assert.ok(
        [real, generated].every((law) => law.length === n && law.every((v) => v >= 0) && law.some((v) => v > 0)),
      );
      assert.ok(areaByColumns(shares(real), shares(generated)) > 0.1);
    }
  }
});
