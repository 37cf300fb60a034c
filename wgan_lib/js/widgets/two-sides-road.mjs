/** The road of TwoSides: piles, holes, buckets to drag, and an arc for each load with what it pays. */
import { drag } from "../kit/drag.mjs";
import { svg } from "../kit/elements.mjs";
import { roving } from "../kit/handle.mjs";
import { heightsApart, pathThrough } from "../kit/scales.mjs";
import { amounts, place as placed } from "../maths/shipping.mjs";

const REACH = 56; // px from a hole within which a bucket may be let go
const SIZES = { wide: { pitch: 25, block: 21 }, narrow: { pitch: 19, block: 16 } }; // px
const sizes = (w) => (w.narrow ? SIZES.narrow : SIZES.wide);
const outlineOf = (shapes) =>
  shapes
    .map((points) =>
      pathThrough(
        points.map((q) => q[0]),
        points.map((q) => q[1]),
      ),
    )
    .join("");

/** The road with its buckets; returns how to draw it. */
export function carryPlot(w, it) {
  const { problem, tall, deep } = it;
  const heights = () => {
    const { pitch } = sizes(w);
    return { above: tall * pitch + (w.narrow ? 62 : 84), below: deep * pitch + 6 };
  };
  const p = w.plot({
    ...{ height: () => heights().above + heights().below + 22, shaped: true, label: "" },
    margin: { left: 4, right: 4, top: 22, bottom: 0 },
    x: { domain: it.ends, hide: true },
    y: { hide: true, domain: [0, 1] },
  });
  const marks = {
    ...{
      title: p.text("strong", { dy: -8 }),
      rule: p.text("muted", { anchor: "end", dy: -8 }),
      ground: p.line("muted"),
    },
    ...{ pits: p.path("real"), ghosts: p.path("generated thin dotted"), target: p.path("real bold") },
    arcs: problem.piles.map(() =>
      problem.holes.map(() => ({ line: p.path(""), words: p.text("clear-text", { anchor: "middle", dy: -8 }) })),
    ),
  };
  const carry = { w, it, p, marks, heights, held: { bucket: -1 } };
  carry.blocks = problem.buckets.map((_, k) => bucket(carry, k));
  w.arrange(() => {
    const half = sizes(w).block / 2;
    for (const { block } of carry.blocks)
      for (const [name, v] of Object.entries({ x: -half, y: -half, width: 2 * half, height: 2 * half }))
        block.setAttribute(name, v);
  });
  return (now) => drawCarry(carry, now);
}

/** Where a bucket stands, in px: upon its pile, or in its hole from the bottom up. */
function stand({ w, it, p }, kind, index, level) {
  const { pitch } = sizes(w),
    [place, size] = (kind === "pile" ? it.problem.piles : it.problem.holes)[index];
  return [p.x(place), p.y((kind === "pile" ? level + 0.5 : level + 0.5 - size) * pitch)];
}

/** One bucket to drag to a hole, or to send there with the keys. */
function bucket(carry, k) {
  const { w, it, p } = carry,
    { buckets, piles, holes } = it.problem,
    pile = buckets[k];
  carry.rove ??= roving("ArrowUp", "ArrowDown");
  const name = `bucket ${buckets.slice(0, k + 1).filter((q) => q === pile).length} of the pile at ${piles[pile][0]} km`;
  const range = { "aria-valuemin": -1, "aria-valuemax": holes.length - 1 },
    block = svg("rect", { class: "me-block", rx: 4 });
  const node = svg(
    "g",
    {
      class: "me-handle me-bucket me-generated",
      role: "slider",
      tabindex: 0,
      "aria-label": name,
      "data-trait": "plan",
      ...range,
    },
    svg("title", {}, "Drag to a hole; or press its number"),
    svg("rect", { class: "me-hit", x: -18, y: -13, width: 36, height: 26 }),
    block,
  );
  carry.rove.add(node);
  const put = (hole, onto) => it.act({ plan: placed(it.problem, it.plan(), k, hole, onto) });
  drag(node, bucketDrag(carry, k, node, put), { within: p.node, w });
  node.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (carry.rove.keys(event)) return event.preventDefault();
    const now = it.plan()[k],
      step = { ArrowRight: 1, ArrowLeft: -1 }[event.key],
      digit = /^\d$/.test(event.key) ? Number(event.key) - 1 : NaN,
      named = { Home: -1, Delete: -1, Backspace: -1, End: holes.length - 1 }[event.key];
    const hole = step ? now + step : (named ?? digit);
    if (hole >= -1 && hole < holes.length) put(hole);
    else if (!Number.isNaN(hole)) w.say(`There are holes 1 to ${holes.length}.`);
    else return;
    event.preventDefault();
  });
  p.svg.append(node);
  return { k, pile, node, block, y: 0 };
}

function bucketDrag(carry, k, node, put) {
  const { w, it, held } = carry;
  return {
    start: ({ x, y }) => {
      if (held.bucket >= 0) return false;
      w.touched();
      Object.assign(held, { bucket: k, at: [x, y], moved: false });
      node.classList.add("me-held");
      node.focus({ preventScroll: true });
      return true;
    },
    move: ({ x, y }) => {
      Object.assign(held, { at: [x, y], moved: true });
      w.invalidate();
    },
    end: (_, _event, dropped) => {
      const moved = held.moved && dropped,
        aimed = moved ? aim(carry, k) : null,
        hole = aimed ?? it.plan()[k];
      held.bucket = -1;
      node.classList.remove("me-held");
      if (!moved) return;
      if (aimed === null) w.say("No hole is near: the bucket went back to where it was.");
      const there = carry.blocks.filter((b) => it.plan()[b.k] === hole && b.k !== k),
        near = there.sort((a, b) => Math.abs(a.y - held.at[1]) - Math.abs(b.y - held.at[1]));
      put(hole, near[0]?.k);
    },
  };
}

/** The hole (−1: its own pile) nearest to the bucket in hand; null if nothing is near. */
function aim({ p, it, held }, k) {
  const { piles, holes, buckets } = it.problem,
    choices = [[-1, piles[buckets[k]][0]], ...holes.map(([place], j) => [j, place])];
  const [far, hole] = choices
    .map(([j, place]) => [Math.abs(p.x(place) - held.at[0]), j])
    .reduce((best, one) => (one[0] < best[0] ? one : best));
  return far <= REACH ? hole : null;
}

function drawCarry(carry, { plan, spares, fair }) {
  const { w, it, p, marks, heights } = carry,
    { piles, holes } = it.problem,
    { pitch, block } = sizes(w),
    { above, below } = heights(),
    x = (v) => p.x.invert(v);
  it.spread(p);
  p.extent({ y: [-below, above] });
  marks.title.set(x(0), above, "Carry it: your plan");
  marks.rule.set(x(p.width), above, w.narrow ? "1 per bucket and km" : "every bucket pays 1 per km");
  const half = block / 2 + 3,
    edges = holes.map(([place]) => p.x(place)).sort((a, b) => a - b),
    surface = [4, ...edges.flatMap((e) => [e - half, NaN, e + half]), p.width - 4];
  marks.ground.set(
    surface.map(x),
    surface.map(() => 0),
  );
  const pit = ([place, n]) => {
    const [a, b, bottom] = [p.x(place) - half, p.x(place) + half, p.y(-n * pitch - 3)];
    return [
      [a, p.y(0)],
      [a, bottom],
      [b, bottom],
      [b, p.y(0)],
    ];
  };
  marks.pits.set(outlineOf(holes.map(pit)));
  const aimed = carry.held.bucket >= 0 && carry.held.moved ? aim(carry, carry.held.bucket) : null;
  marks.target.set(aimed !== null && aimed >= 0 ? outlineOf([pit(holes[aimed])]) : "");
  const onPile = placeBuckets(carry, plan);
  const box = ([bx, by], r = block / 2) => [
    [bx - r, by - r],
    [bx + r, by - r],
    [bx + r, by + r],
    [bx - r, by + r],
    [bx - r, by - r],
  ];
  const gone = piles.flatMap(([, n], i) =>
    Array.from({ length: n - onPile[i] }, (_, l) => box(stand(carry, "pile", i, onPile[i] + l))),
  );
  marks.ghosts.set(outlineOf(gone));
  drawArcs(carry, amounts(it.problem, plan), spares, fair);
}

/** Puts the buckets where the plan has them; how many are on each pile. */
function placeBuckets(carry, plan) {
  const { p, it, held } = carry,
    { piles, holes, fare } = it.problem,
    onPile = piles.map(() => 0),
    inHole = holes.map(() => 0);
  for (const one of carry.blocks) {
    const { k, pile, node } = one,
      hole = plan[k],
      [px, py] = hole < 0 ? stand(carry, "pile", pile, onPile[pile]++) : stand(carry, "hole", hole, inHole[hole]++);
    one.y = py;
    const [tx, ty] = held.bucket === k && held.moved ? held.at : [px, py];
    node.style.transform = `translate(${tx.toFixed(1)}px, ${ty.toFixed(1)}px)`;
    node.setAttribute("aria-valuenow", hole);
    const where = hole < 0 ? "on its pile" : `in the hole at ${holes[hole][0]} km, fare ${fare[pile][hole]}`;
    node.setAttribute("aria-valuetext", where);
  }
  requestAnimationFrame(() => p.svg.classList.add("me-settled")); // buckets glide, but not to their first places
  return onPile;
}

/** One arc for each pile and hole that the plan joins, with what it pays. */
function drawArcs({ w, it, p, marks, heights }, table, spares, fair) {
  const { piles, holes, fare, length } = it.problem,
    { pitch } = sizes(w),
    { above } = heights(),
    shown = []; // the words on show, each with where it stands
  table.forEach((row, i) =>
    row.forEach((amount, j) => {
      const { line, words } = marks.arcs[i][j],
        [a] = piles[i],
        [b] = holes[j],
        tight = spares[i][j] === 0 && fair;
      line.show(amount > 0);
      words.show(amount > 0);
      if (!amount) return;
      const from = piles[i][1] * pitch + 4,
        rise = from + 10 + (above - 16 - from - 10) * (fare[i][j] / length),
        end = p.y(3);
      // The top of this Bézier curve is at (from + 6·rise)/8, with both middle points where that makes it `rise`.
      const lift = p.y((8 * rise - from) / 6);
      line
        .dress(tight ? "critic" : "muted dashed")
        .set(`M${p.x(a)},${p.y(from)}C${p.x(a)},${lift} ${p.x(b)},${lift} ${p.x(b)},${end}`);
      line.node.style.strokeWidth = `${0.75 + amount * 0.9}px`;
      words.dress(`clear-text ${tight ? "critic strong" : "muted"}`);
      // The gap is the sum of what the loads pay beyond the difference of the prices.
      const extra = fair && !tight && !w.narrow ? ` · gap ${amount * spares[i][j]}` : "";
      shown.push({ words, x: p.x((a + b) / 2), height: rise, text: `${amount} × ${fare[i][j]}${extra}` });
    }),
  );
  const free = heightsApart(shown);
  shown.forEach(({ words, x, text }, k) => words.set(p.x.invert(x), free[k], text));
  const said = (row, i) =>
    row
      .map((n, j) => (n ? `${n} from ${piles[i][0]} to ${holes[j][0]} km` : ""))
      .filter(Boolean)
      .join(", ");
  const loads = table.map(said).filter(Boolean).join(", ") || "No bucket is carried yet";
  p.describe(`Road with ${piles.length} piles and ${holes.length} holes. ${loads}.`);
}
