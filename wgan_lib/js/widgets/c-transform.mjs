/**
 * The c-transform of fees: the lowest of the offers at every place. Python side: widgets.CTransform. Chapter:
 * kantorovich-rubinstein.
 */
import { widget } from "../kit/kit.mjs";

const ends = [-0.5, 12.5];

/** h(z) = minⱼ |z − yⱼ| + priceⱼ, and which offer it is: `{ price, best }`. */
export const lowest = (z, places, prices) => {
  const offers = places.map((y, j) => Math.abs(z - y) + prices[j]);
  const price = Math.min(...offers);
  return { price, best: offers.indexOf(price) };
};

export default widget("Offers to buy at three piles and carry, and the lowest of them at every place", (w) => {
  const [holes, piles] = ["holes", "piles"].map((name) => w.model.get(name)), // [place, size] of each
    at = piles.map(([place]) => place),
    zs = Array.from({ length: 261 }, (_, k) => ends[0] + k / 20);
  const p = w.plot({
      ...{ height: (_, narrow) => (narrow ? 240 : 300), label: "", margin: { top: 26, left: 34 } },
      x: { domain: ends, label: "place z, km" },
      y: { domain: [-1, 12], label: "price" },
    }),
    offers = at.map(() => p.line("generated thin dashed")),
    envelope = p.line("critic bold"),
    sold = p.dots("real", 5),
    lost = p.dots("critic open", 5);
  at.forEach((place, j) =>
    p.handle({
      ...{ trait: "prices", axis: "y", step: 0.5, colour: "generated", hint: j === 0 },
      label: `buying price at the pile at ${place} km`,
      value: () => w.get("prices")[j],
      set: (v) => w.change({ prices: w.get("prices").map((u, k) => (k === j ? v : u)) }),
      range: w.reach.prices,
      at: (v) => [place, v],
    }),
  );
  w.draw(() => {
    const prices = w.get("prices"),
      h = (z) => lowest(z, at, prices).price;
    offers.forEach((line, j) =>
      line.set(
        [ends[0], at[j], ends[1]],
        [ends[0], at[j], ends[1]].map((z) => Math.abs(z - at[j]) + prices[j]),
      ),
    );
    envelope.set(zs, zs.map(h));
    sold.set(holes.map(([x]) => [x, h(x)]));
    const undercut = at.filter((y, j) => h(y) < prices[j] - 1e-9);
    lost.set(undercut.map((y) => [y, h(y)]));
    const earns = (buy) =>
      holes.reduce((sum, [x, a]) => sum + a * h(x), 0) -
      piles.reduce((sum, [y, b], j) => sum + b * (buy ? prices[j] : h(y)), 0);
    p.describe("Dashed: an offer of slope one from each pile; bold: the lowest of them, the price everywhere");
    w.readout([
      { trait: "lists", label: "Two lists earn", number: earns(true), colour: "generated" },
      { trait: "earns", label: "One function earns", number: earns(false), colour: "critic" },
      {
        trait: "undercut",
        label: "Offers undercut",
        number: undercut.length,
        value: String(undercut.length),
        note: "",
      },
    ]);
  });
});
