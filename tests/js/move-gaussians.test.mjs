import assert from "node:assert/strict";
import test from "node:test";
import { jsNormals, LN2 } from "../../wgan_lib/js/maths/divergences.mjs";
import { describeJs, roundUp } from "../../wgan_lib/js/widgets/move-gaussians.mjs";
import { arrowScale } from "../../wgan_lib/js/widgets/move-gaussians-pulls.mjs";

test("the readout of JS says where it tends to and never that it is there", () => {
  const at = (shift, unit = "nats") => describeJs(jsNormals(0, 1, shift, 1), unit);
  assert.deepEqual(at(4), { value: "0.63", note: "" });
  assert.deepEqual(at(8), { value: "0.69305", note: "ln 2 − 9.4 × 10⁻⁵" });
  assert.deepEqual(at(4, "bits"), { value: "0.91", note: "" });
  for (const unit of ["nats", "bits"])
    for (const shift of [8, 9, 10, 20, 60, 200]) {
      const { value, note } = at(shift, unit);
      assert.ok(parseFloat(value) < (unit === "bits" ? 1 : LN2), `${value} is not below the limit`);
      assert.match(note, unit === "bits" ? /^1 bit (−|less)/ : /^ln 2 (−|less)/);
      assert.doesNotMatch(`${value} ${note}`, /=/);
    }
  assert.equal(at(200).note, "ln 2 less 10⁻³⁰⁰ or so");
});

test("arrows share one scale, the largest round one that fits", () => {
  assert.deepEqual(
    [0.1, 8, 9, 17, 20, 90, 4000].map((longest) => arrowScale(longest, 8.8)),
    [1, 1, 0.5, 0.5, 0.2, 0.05, 0.002],
  );
  for (let longest = 0.01; longest < 1e6; longest *= 1.7) {
    const scale = arrowScale(longest, 8.8);
    assert.ok(longest * scale <= 8.8 && (scale === 1 || longest * scale >= 8.8 / 2.6), `${longest}: ${scale}`);
  }
});

test("axes end at 1, 2 or 5 times a power of ten", () => {
  assert.deepEqual(
    [3, 10, 11, 21, 51, 130].map((v) => roundUp(v, 10)),
    [10, 10, 20, 50, 100, 200],
  );
});
