/**
 * One transport problem seen from both sides: a plan whose cost falls, prices whose value rises, and one bar on which
 * they meet. The rules are in
 * shipping.mjs. Python side: widgets.TwoSides. Chapter: kantorovich-rubinstein.
 */
import { svg } from "../kit/elements.mjs";
import { frame } from "../kit/kit.mjs";
import { fixed, pathThrough } from "../kit/scales.mjs";
import {
  amounts,
  broken,
  cTransform,
  extremes,
  fill,
  fit,
  improve,
  place,
  planCost,
  priceValue,
  raise,
  road,
  slack,
  tidy,
  unplaced,
} from "../maths/shipping.mjs";

const PITCH = 25,
  BLOCK = 21,
  REACH = 56; // px: from bucket to bucket, side of a bucket, how far from a hole a bucket may be let go
const times = (n, words) => `${n} ${words}${n === 1 ? "" : "s"}`;

function render({ model, el }) {
  const problem = road(model.get("piles"), model.get("holes"));
  const { piles, holes, towns, buckets, fare, length } = problem,
    { most } = extremes(problem);
  const tall = Math.max(...piles.map(([, n]) => n)),
    deep = Math.max(...holes.map(([, n]) => n));
  const w = frame({
    model,
    el,
    name: "two-sides",
    label: "A transport plan and a price list for the same sand, and the gap between what they cost and earn",
    state: { plan: [-1, holes.length - 1], prices: [0, length] },
  });
  const planNow = () => tidy(problem, w.get("plan")),
    pricesNow = () => w.get("prices").map(Math.round);
  let said = {}; // what the last press of a button found; forgotten at the next change
  const act = (changes, words = {}) => {
    w.touched();
    w.set(changes);
    said = { ...words, key: key() };
    w.invalidate();
  };
  const key = () => `${planNow()};${pricesNow()}`;

  w.button({
    label: "Improve the plan",
    press: () => {
      const plan = planNow();
      if (unplaced(plan)) return act({ plan: fill(problem, plan) }, { plan: "each bucket to the nearest room" });
      const better = improve(problem, plan);
      return act(better ? { plan: better.plan } : {}, {
        plan: better ? `one round of exchanges saved ${better.saves}` : "no exchange makes it cheaper",
      });
    },
  });
  w.button({
    label: "Better prices",
    press: () => {
      const prices = pricesNow();
      if (broken(problem, prices).length)
        return act({ prices: fit(cTransform(problem, prices), w.state.prices) }, { prices: "made fair first" });
      const better = raise(problem, prices);
      return act(better ? { prices: fit(better.prices, w.state.prices) } : {}, {
        prices: better
          ? `${times(better.towns.length, "town")} raised together: ${better.gains} more`
          : "no fair prices earn more",
      });
    },
  });
  w.button({
    label: "c-transform",
    press: () =>
      act(
        { prices: fit(cTransform(problem, pricesNow()), w.state.prices) },
        { prices: "each town as far as the fares allow" },
      ),
  });

  const margin = { left: 4, right: 4 },
    ends = [towns[0].place, towns.at(-1).place],
    across = { domain: ends, hide: true };
  /** Room of 30 px for buckets and words beside the first and the last town. */
  const spread = (p) => {
    const km = (length * 30) / (p.width - 68);
    p.extent({ x: [ends[0] - km, ends[1] + km] });
  };
  const above = tall * PITCH + 84,
    below = deep * PITCH + 6;
  const carry = w.plot({
    height: above + below + 22,
    margin: { ...margin, top: 22, bottom: 0 },
    x: across,
    y: { hide: true, domain: [-below, above] },
    label: "",
  });
  const bar = w.plot({
    height: 96,
    margin: { left: 4, right: 4, top: 0, bottom: 0 },
    x: { domain: [0, most], hide: true },
    y: { hide: true, domain: [-48, 48] },
    label: "",
  });
  const trade = w.plot({
    height: 256,
    margin: { ...margin, top: 46, bottom: 36 },
    y: { hide: true, domain: [0, length] },
    label: "",
    x: { domain: ends, ticks: towns.map((t) => t.place), format: (v) => `${v} km` },
  });

  // The road, its holes and piles, and one arc for each pile and hole that the plan joins.
  const title = carry.text("strong", { dy: -8 }),
    rule = carry.text("muted", { anchor: "end", dy: -8 });
  const ground = carry.line("muted"),
    pits = carry.line("real"),
    ghosts = carry.line("generated thin dotted"),
    target = carry.line("real bold");
  const arcs = piles.map(() =>
    holes.map(() => ({ line: carry.line(""), words: carry.text("halo-text", { anchor: "middle", dy: -6 }) })),
  );
  const box = (x, y, half = BLOCK / 2) => [
    [x - half, y - half],
    [x + half, y - half],
    [x + half, y + half],
    [x - half, y + half],
    [x - half, y - half],
  ];
  /** Where a bucket stands, in px: upon its pile, or in its hole from the bottom up. */
  const stand = (kind, index, level) => [
    carry.x((kind === "pile" ? piles : holes)[index][0]),
    carry.y((kind === "pile" ? level + 0.5 : level + 0.5 - holes[index][1]) * PITCH),
  ];
  const lines = (shapes) =>
    shapes
      .map((points) =>
        pathThrough(
          points.map((p) => p[0]),
          points.map((p) => p[1]),
        ),
      )
      .join("");

  const held = { bucket: -1 };
  const blocks = buckets.map((pile, k) => {
    const name = `bucket ${buckets.slice(0, k + 1).filter((p) => p === pile).length} of the pile at ${piles[pile][0]} km`;
    const node = svg(
      "g",
      {
        class: "me-handle me-bucket me-generated",
        role: "slider",
        tabindex: 0,
        "aria-label": name,
        "aria-valuemin": -1,
        "aria-valuemax": holes.length - 1,
      },
      svg("rect", { class: "me-hit", x: -18, y: -PITCH / 2, width: 36, height: PITCH }),
      svg("rect", { class: "me-block", x: -BLOCK / 2, y: -BLOCK / 2, width: BLOCK, height: BLOCK, rx: 4 }),
    );
    const put = (hole, onto) => act({ plan: place(problem, planNow(), k, hole, onto) });
    const point = (event) => {
      const corner = carry.svg.getBoundingClientRect();
      return [event.clientX - corner.left, event.clientY - corner.top];
    };
    node.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || held.bucket >= 0) return;
      Object.assign(held, { bucket: k, pointer: event.pointerId, at: point(event), moved: false });
      node.setPointerCapture(event.pointerId);
      node.classList.add("me-held");
      node.focus({ preventScroll: true });
      event.preventDefault();
    });
    // As for the kit's handles: Chromium heeds no touch-action inside an SVG and would scroll the page instead.
    node.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    node.addEventListener("pointermove", (event) => {
      if (held.bucket !== k || held.pointer !== event.pointerId) return;
      Object.assign(held, { at: point(event), moved: true });
      w.invalidate();
    });
    const release = (event) => {
      if (held.bucket !== k || held.pointer !== event.pointerId) return;
      const hole = held.moved && event.type === "pointerup" ? aim(k) : planNow()[k];
      held.bucket = -1;
      node.classList.remove("me-held");
      const near = blocks
        .filter((b) => planNow()[b.k] === hole && b.k !== k)
        .sort((a, b) => Math.abs(a.y - held.at[1]) - Math.abs(b.y - held.at[1]));
      put(hole, near[0]?.k);
    };
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) node.addEventListener(end, release);
    node.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const now = planNow()[k],
        step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key],
        digit = /^\d$/.test(event.key) ? Number(event.key) - 1 : NaN;
      const hole = step
        ? now + step
        : ({ Home: -1, Delete: -1, Backspace: -1, End: holes.length - 1 }[event.key] ?? digit);
      if (!(hole >= -1 && hole < holes.length)) return;
      put(hole);
      event.preventDefault();
    });
    carry.svg.append(node);
    return { k, pile, node, y: 0 };
  });
  /** The hole (−1: its own pile) nearest to the bucket in hand; where it came from, if nothing is near. */
  function aim(k) {
    const places = [[-1, piles[buckets[k]][0]], ...holes.map(([p], j) => [j, p])].map(([j, p]) => [
      Math.abs(carry.x(p) - held.at[0]),
      j,
    ]);
    const [far, hole] = places.reduce((best, p) => (p[0] < best[0] ? p : best));
    return far <= REACH ? hole : planNow()[k];
  }

  // The bar: from the left what no plan can go below, from the right what you need not pay.
  const rail = bar.line("muted thin"),
    sure = bar.area("critic full"),
    spare = bar.area("ink half"),
    meet = bar.line("critic bold");
  const mark = (colour) => bar.svg.appendChild(svg("path", { class: `me-marker me-${colour}` }));
  const markers = { plan: mark("ink"), prices: mark("critic") };
  const costs = bar.text("ink strong large halo-text", { anchor: "middle" }),
    earns = bar.text("critic strong large halo-text", { anchor: "middle" });
  const between = bar.text("muted", { anchor: "middle", dy: 4 });

  // The prices: one number per town, and a curve that may not be steeper than the fare.
  const heading = trade.text("strong", { dy: -34 }),
    reminder = trade.text("muted", { anchor: "end", dy: -34 });
  const allowed = trade.line("critic faint bold"),
    curve = trade.line("critic"),
    steep = trade.line("broken bold"),
    taut = trade.line("critic bold");
  const over = towns.slice(1).map(() => trade.text("broken strong halo-text", { anchor: "middle", dy: -9 }));
  const tags = towns.map(({ kind }) =>
    trade.text(`${kind === "hole" ? "real" : "generated"} halo-text`, {
      anchor: "middle",
      dy: kind === "hole" ? -15 : 23,
    }),
  );
  const knobs = towns.map(({ kind, size, place: km }, k) =>
    trade.handle({
      axis: "y",
      step: 1,
      grain: 1,
      colour: kind === "hole" ? "real" : "generated",
      range: () => w.state.prices,
      hint: kind === "hole" && size === deep,
      label: `price at ${km} km, where ${times(size, "bucket")} ${size === 1 ? "is" : "are"} ${kind === "hole" ? "sold" : "bought"}`,
      value: () => pricesNow()[k],
      set: (v) => act({ prices: pricesNow().map((f, l) => (l === k ? v : f)) }),
      at: (v) => [km, v],
      text: (v) => `price ${v}`,
    }),
  );

  function drawCarry(plan, spares, fair) {
    const narrow = carry.width < 520,
      x = (v) => carry.x.invert(v),
      table = amounts(problem, plan);
    spread(carry);
    title.set(x(0), above, "Carry it: your plan");
    rule.set(x(carry.width), above, narrow ? "1 per bucket and km" : "every bucket pays 1 per km");
    const edge = [...holes].sort((a, b) => a[0] - b[0]).map(([p]) => carry.x(p)),
      half = BLOCK / 2 + 3;
    const surface = [4, ...edge.flatMap((e) => [e - half, NaN, e + half]), carry.width - 4];
    ground.set(
      surface.map(x),
      surface.map(() => 0),
    );
    const pit = ([p, n]) => [
      [carry.x(p) - half, carry.y(0)],
      [carry.x(p) - half, carry.y(-n * PITCH - 3)],
      [carry.x(p) + half, carry.y(-n * PITCH - 3)],
      [carry.x(p) + half, carry.y(0)],
    ];
    pits.node.setAttribute("d", lines(holes.map(pit)));
    const aimed = held.bucket >= 0 && held.moved ? aim(held.bucket) : -2;
    target.show(aimed >= 0).node.setAttribute("d", aimed >= 0 ? lines([pit(holes[aimed])]) : "");
    const onPile = piles.map(() => 0),
      inHole = holes.map(() => 0);
    for (const block of blocks) {
      const { k, pile, node } = block,
        hole = plan[k];
      const [px, py] = hole < 0 ? stand("pile", pile, onPile[pile]++) : stand("hole", hole, inHole[hole]++);
      block.y = py;
      const [tx, ty] = held.bucket === k && held.moved ? held.at : [px, py];
      node.style.transform = `translate(${tx.toFixed(1)}px, ${ty.toFixed(1)}px)`;
      node.setAttribute("aria-valuenow", hole);
      node.setAttribute(
        "aria-valuetext",
        hole < 0 ? "on its pile" : `in the hole at ${holes[hole][0]} km, fare ${fare[pile][hole]}`,
      );
    }
    requestAnimationFrame(() => carry.svg.classList.add("me-settled")); // buckets glide, but not to their first places
    ghosts.node.setAttribute(
      "d",
      lines(
        piles.flatMap(([, n], i) =>
          Array.from({ length: n - onPile[i] }, (_, l) => box(...stand("pile", i, onPile[i] + l))),
        ),
      ),
    );
    table.forEach((row, i) =>
      row.forEach((amount, j) => {
        const { line, words } = arcs[i][j],
          [a] = piles[i],
          [b] = holes[j],
          tight = spares[i][j] === 0 && fair;
        line.show(amount > 0);
        words.show(amount > 0);
        if (!amount) return;
        const from = piles[i][1] * PITCH + 4,
          rise = from + 8 + (above - 16 - from - 8) * (fare[i][j] / length);
        // The top of this Bézier curve is at (from + 6·rise)/8 with both middle points at the height that makes it
        // `rise`.
        const lift = (8 * rise - from) / 6,
          side = BLOCK / 2 + 3;
        line.node.setAttribute("class", `me-line ${tight ? "me-critic" : "me-muted me-dashed"}`);
        line.node.setAttribute("stroke-width", 1);
        line.node.style.strokeWidth = `${0.75 + amount * 0.9}px`;
        line.node.setAttribute(
          "d",
          `M${carry.x(a)},${carry.y(from)}C${carry.x(a)},${carry.y(lift)} ${carry.x(b)},${carry.y(lift)} ${carry.x(b)},${carry.y(side - BLOCK / 2)}`,
        );
        words.node.setAttribute("class", `me-text me-halo-text ${tight ? "me-critic me-strong" : "me-muted"}`);
        // The gap is the sum of what the loads pay beyond the difference of the prices.
        words.set(
          (a + b) / 2,
          rise,
          `${amount} × ${fare[i][j]}${fair && !tight && !narrow ? ` · gap ${amount * spares[i][j]}` : ""}`,
        );
      }),
    );
    carry.describe(
      `Road with ${piles.length} piles and ${holes.length} holes. ${
        table
          .map((row, i) =>
            row
              .map((n, j) => (n ? `${n} from ${piles[i][0]} to ${holes[j][0]} km` : ""))
              .filter(Boolean)
              .join(", "),
          )
          .filter(Boolean)
          .join(", ") || "No bucket is carried yet"
      }.`,
    );
  }

  function drawBar(cost, value, full, fair) {
    const H = 11,
      X = (v) => bar.x(Math.min(most, Math.max(0, v))),
      met = full && fair && cost === value;
    rail.set([0, most, most, 0, 0], [-H, -H, H, H, -H]);
    sure.show(fair && value > 0).set([0, Math.max(0, value)], [H, H], -H);
    spare.show(full).set([cost, most], [H, H], -H);
    meet.show(met).set([cost, cost], [-H - 7, H + 7]);
    const triangle = (x, up) => `M${x},${bar.y(up * (H + 1))}l-6,${-up * 10}h12z`;
    markers.plan.setAttribute("d", triangle(X(cost), 1));
    markers.prices.setAttribute("d", triangle(X(value), -1));
    markers.plan.classList.toggle("me-hollow-marker", !full);
    markers.prices.classList.toggle("me-hollow-marker", !fair);
    const inside = (v, half) => bar.x.invert(Math.min(bar.width - half, Math.max(half, X(v))));
    costs.set(inside(cost, 58), 28, full ? `plan costs ${cost}` : `${cost} so far`);
    earns.set(inside(value, 62), -38, fair ? `prices earn ${fixed(value, 0)}` : `${fixed(value, 0)}, not fair`);
    const room = X(cost) - X(value);
    between
      .show(full && fair && (met || room > 60))
      .set(met ? cost : (Math.max(0, value) + cost) / 2, 0, met ? "" : `gap ${cost - value}`);
    bar.describe(
      `Bar from 0 to ${most}. Plan ${cost}${full ? "" : ", not full"}; prices ${value}${fair ? "" : ", not fair"}.`,
    );
  }

  function drawTrade(prices, bad) {
    spread(trade);
    const xs = towns.map((t) => t.place),
      narrow = trade.width < 520,
      x = (px) => trade.x.invert(px);
    heading.set(x(0), length, "Or trade it: your prices");
    reminder.set(
      x(trade.width),
      length,
      narrow ? "at most 1 per km" : "buy on the piles, sell in the holes, at most 1 per km apart",
    );
    const pieces = (wanted) => [
      xs.slice(1).flatMap((_, k) => (wanted(k) ? [xs[k], xs[k + 1], NaN] : [])),
      xs.slice(1).flatMap((_, k) => (wanted(k) ? [prices[k], prices[k + 1], NaN] : [])),
    ];
    const rise = (k) => Math.abs(prices[k + 1] - prices[k]),
      far = (k) => xs[k + 1] - xs[k];
    curve.set(xs, prices);
    taut.set(...pieces((k) => rise(k) === far(k)));
    steep.set(...pieces((k) => bad.includes(k)));
    over.forEach((text, k) =>
      text
        .show(bad.includes(k))
        .set((xs[k] + xs[k + 1]) / 2, (prices[k] + prices[k + 1]) / 2, `${rise(k)} > ${far(k)}`),
    );
    towns.forEach(({ kind, size, place: km }, k) =>
      tags[k].set(km, prices[k], `${kind === "hole" ? "+" : "−"}${size} × ${prices[k]}`),
    );
    // For the price in hand: how far its neighbours let it go.
    const k = knobs.findIndex(({ node }) => node === document.activeElement);
    allowed.show(k >= 0);
    if (k >= 0) {
      const near = [k - 1, k + 1]
        .filter((l) => l >= 0 && l < towns.length)
        .map((l) => [prices[l], Math.abs(xs[l] - xs[k])]);
      const lo = Math.max(0, ...near.map(([f, d]) => f - d)),
        hi = Math.min(length, ...near.map(([f, d]) => f + d));
      allowed.set(lo <= hi ? [xs[k], xs[k]] : [], lo <= hi ? [lo, hi] : []);
    }
    trade.describe(`Prices along the road: ${towns.map((t, l) => `${prices[l]} at ${t.place} km`).join(", ")}.`);
  }
  trade.svg.addEventListener("focusin", w.invalidate);
  trade.svg.addEventListener("focusout", w.invalidate);

  w.draw(() => {
    const plan = planNow(),
      prices = pricesNow(),
      bad = broken(problem, prices),
      open = unplaced(plan);
    const cost = planCost(problem, plan),
      value = priceValue(problem, prices),
      full = open === 0,
      fair = bad.length === 0;
    if (said.key !== key()) said = {};
    drawCarry(plan, slack(problem, prices), fair);
    drawBar(cost, value, full, fair);
    drawTrade(prices, bad);
    const steepest = bad.map((k) => `${towns[k].place}–${towns[k + 1].place} km`);
    w.readout([
      {
        label: "Plan costs",
        value: String(cost),
        colour: "ink",
        note: full ? (said.plan ?? "") : `not counted: ${times(open, "bucket")} left to carry`,
      },
      {
        label: "Prices earn",
        value: fixed(value, 0),
        colour: "critic",
        note: fair ? (said.prices ?? "") : `not counted: too steep at ${steepest.join(", ")}`,
      },
      {
        label: "Gap",
        value: full && fair ? String(cost - value) : "–",
        colour: "ink",
        note: full && fair && cost === value ? "no plan is cheaper, no fair prices earn more" : "",
      },
    ]);
  });
  return w.done;
}

export default { render };
