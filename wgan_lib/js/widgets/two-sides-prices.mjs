/** The bar of TwoSides, on which plan and prices meet, and the prices along the road. */
import { svg } from "../kit/elements.mjs";
import { roving } from "../kit/handle.mjs";
import { fixed } from "../kit/scales.mjs";
import { extremes } from "../maths/shipping.mjs";

export const times = (n, words) => `${n} ${words}${n === 1 ? "" : "s"}`;

/** The bar: from the left what no plan can go below, from the right what need not be paid. Returns how to draw it. */
export function barPlot(w, it) {
  const { most } = extremes(it.problem);
  const p = w.plot({
    ...{ height: (_, narrow) => (narrow ? 60 : 84), shaped: true, label: "" },
    margin: { left: 4, right: 4, top: 0, bottom: 0 },
    x: { domain: [0, most], hide: true },
    y: { hide: true, domain: [-42, 42] },
  });
  const mark = (colour) => p.svg.appendChild(svg("path", { class: `me-marker me-${colour}` })),
    text = (words, dy) => p.text(`${words} halo-text`, { anchor: "middle", dy });
  const marks = {
    ...{
      rail: p.line("muted thin"),
      sure: p.area("critic full"),
      spare: p.area("ink half"),
      meet: p.line("critic bold"),
    },
    ...{ plan: mark("ink"), prices: mark("critic"), costs: text("ink strong", 0), earns: text("critic strong", 9) },
    between: text("muted", 4),
  };
  return (now) => drawBar(w, p, marks, { ...now, most });
}

function drawBar(w, p, marks, { cost, value, full, fair, most }) {
  const H = w.narrow ? 11 : 10,
    X = (v) => p.x(Math.min(most, Math.max(0, v))),
    met = full && fair && cost === value;
  marks.rail.set([0, most, most, 0, 0], [-H, -H, H, H, -H]);
  marks.sure.show(fair && value > 0).set([0, Math.max(0, value)], [H, H], -H);
  marks.spare.show(full).set([cost, most], [H, H], -H);
  marks.meet.show(met).set([cost, cost], [-H - 6, H + 6]);
  const triangle = (x, up) => `M${x},${p.y(up * (H + 1))}l-5,${-up * 8}h10z`;
  marks.plan.setAttribute("d", triangle(X(cost), 1));
  marks.prices.setAttribute("d", triangle(X(value), -1));
  marks.plan.classList.toggle("me-hollow-marker", !full);
  marks.prices.classList.toggle("me-hollow-marker", !fair);
  const inside = (v, half) => p.x.invert(Math.min(p.width - half, Math.max(half, X(v))));
  marks.costs.set(inside(cost, 50), w.narrow ? 28 : 25, full ? `plan costs ${cost}` : `${cost} so far`);
  marks.earns.set(
    inside(value, 54),
    w.narrow ? -28 : -25,
    fair ? `prices earn ${fixed(value, 0)}` : `${fixed(value, 0)}, not fair`,
  );
  const room = X(cost) - X(value),
    middle = met ? cost : (Math.max(0, value) + cost) / 2;
  marks.between.show(full && fair && !met && room > 60).set(middle, 0, `gap ${cost - value}`);
  p.describe(
    `Bar from 0 to ${most}. Plan ${cost}${full ? "" : ", not full"}; prices ${value}${fair ? "" : ", not fair"}.`,
  );
}

/** The prices: one number per town, and a curve that may not be steeper than the fare. Returns how to draw it. */
export function tradePlot(w, it) {
  const { towns, length } = it.problem;
  const p = w.plot({
    ...{ height: (_, narrow) => (narrow ? 142 : 236), label: "", margin: { left: 4, right: 4, top: 46, bottom: 24 } },
    y: { hide: true, domain: [0, length] },
    x: { domain: it.ends, ticks: towns.map((t) => t.place), format: (v) => (w.narrow ? String(v) : `${v} km`) },
  });
  const tag = ({ kind }) => (kind === "hole" ? ["real", -15] : ["generated", 23]);
  const marks = {
    ...{ heading: p.text("strong", { dy: -34 }), reminder: p.text("muted", { anchor: "end", dy: -34 }) },
    ...{
      allowed: p.line("critic faint bold"),
      curve: p.line("critic"),
      steep: p.line("broken bold"),
      taut: p.line("critic bold"),
    },
    over: towns.slice(1).map(() => p.text("broken strong halo-text", { anchor: "middle", dy: -9 })),
    tags: towns.map((town) => p.text(`${tag(town)[0]} halo-text`, { anchor: "middle", dy: tag(town)[1] })),
  };
  const rove = roving();
  const knobs = towns.map(({ kind, size, place }, k) =>
    p.handle({
      ...{ trait: "prices", axis: "y", step: 1, grain: 1, range: w.reach.prices, rove, colour: tag({ kind })[0] },
      hint: kind === "hole" && size === it.deep,
      label: `price at ${place} km, where ${times(size, "bucket")} can be ${kind === "hole" ? "sold" : "bought"}`,
      value: () => it.prices()[k],
      set: (v) => it.act({ prices: it.prices().map((f, l) => (l === k ? v : f)) }),
      at: (v) => [place, v],
      text: (v) => `price ${v}`,
    }),
  );
  p.svg.addEventListener("focusin", w.invalidate);
  p.svg.addEventListener("focusout", w.invalidate);
  return ({ prices, bad }) => drawTrade(w, it, p, marks, knobs, prices, bad);
}

function drawTrade(w, it, p, marks, knobs, prices, bad) {
  const { towns, length } = it.problem;
  it.spread(p);
  const xs = towns.map((t) => t.place),
    x = (px) => p.x.invert(px),
    rise = (k) => Math.abs(prices[k + 1] - prices[k]),
    far = (k) => xs[k + 1] - xs[k];
  marks.heading.set(x(0), length, "Or trade it: your prices");
  marks.reminder.set(
    x(p.width),
    length,
    w.narrow ? "at most 1 per km" : "buy on the piles, sell in the holes, at most 1 per km apart",
  );
  const pieces = (wanted) =>
    [xs, prices].map((of) => xs.slice(1).flatMap((_, k) => (wanted(k) ? [of[k], of[k + 1], NaN] : [])));
  marks.curve.set(xs, prices);
  marks.taut.set(...pieces((k) => rise(k) === far(k)));
  marks.steep.set(...pieces((k) => bad.includes(k)));
  marks.over.forEach((text, k) =>
    text.show(bad.includes(k)).set((xs[k] + xs[k + 1]) / 2, (prices[k] + prices[k + 1]) / 2, `${rise(k)} > ${far(k)}`),
  );
  towns.forEach(({ kind, size, place }, k) => {
    const low = kind === "pile" && p.y(0) - p.y(prices[k]) < 20; // below the knob stands the name of the town
    const height = low ? p.y.invert(p.y(prices[k]) - 38) : prices[k];
    marks.tags[k].set(place, height, `${kind === "hole" ? "+" : "−"}${size} × ${prices[k]}`);
  });
  // For the price in hand: how far its neighbours let it go.
  const k = knobs.findIndex(({ node }) => node === document.activeElement);
  marks.allowed.show(k >= 0);
  if (k >= 0) {
    const near = [k - 1, k + 1]
      .filter((l) => l >= 0 && l < towns.length)
      .map((l) => [prices[l], Math.abs(xs[l] - xs[k])]);
    const lo = Math.max(0, ...near.map(([f, d]) => f - d)),
      hi = Math.min(length, ...near.map(([f, d]) => f + d));
    marks.allowed.set(lo <= hi ? [xs[k], xs[k]] : [], lo <= hi ? [lo, hi] : []);
  }
  p.describe(`Prices along the road: ${towns.map((t, l) => `${prices[l]} at ${t.place} km`).join(", ")}.`);
}
