/**
 * One transport problem seen from both sides: a plan whose cost falls, prices whose value rises, and one bar on which
 * they meet. The rules are in maths/shipping.mjs. Python side: widgets.TwoSides. Chapter: kantorovich-rubinstein.
 */
import { widget } from "../kit/kit.mjs";
import { fixed } from "../kit/scales.mjs";
import {
  broken,
  cTransform,
  fill,
  fit as fitInto,
  improve as improved,
  planCost,
  priceValue,
  raise as raised,
  road,
  slack,
  tidy,
  unplaced,
} from "../maths/shipping.mjs";
import { barPlot, times, tradePlot } from "./two-sides-prices.mjs";
import { carryPlot } from "./two-sides-road.mjs";

/** The problem, its state and the one way to change it. */
function setting(w) {
  const problem = road(w.model.get("piles"), w.model.get("holes"));
  const it = {
    problem,
    said: {},
    plan: () => tidy(problem, w.get("plan")),
    ends: [problem.towns[0].place, problem.towns.at(-1).place],
  };
  it.prices = () => w.get("prices").map(Math.round);
  it.key = () => `${it.plan()};${it.prices()}`;
  it.fit = (prices) => fitInto(prices, w.reach.prices);
  /** Sets what a hand did; `words` say what a button found, until the next change. */
  it.act = (changes, words = {}) => {
    w.change(changes);
    it.said = { ...words, key: it.key() };
  };
  /** Room of 30 px for buckets and words beside the first and the last town. */
  it.spread = (p) => {
    const km = (problem.length * 30) / (p.width - 68);
    p.extent({ x: [it.ends[0] - km, it.ends[1] + km] });
  };
  it.tall = Math.max(...problem.piles.map(([, n]) => n));
  it.deep = Math.max(...problem.holes.map(([, n]) => n));
  return it;
}

function buttons(w, it) {
  const { problem, act } = it;
  const improve = () => {
    const plan = it.plan();
    if (unplaced(plan)) return act({ plan: fill(problem, plan) }, { plan: "each bucket to the nearest room" });
    const better = improved(problem, plan);
    if (better) return act({ plan: better.plan }, { plan: `one round of exchanges saved ${better.saves}` });
    w.say("No exchange makes the plan cheaper.");
    return act({}, { plan: "no exchange makes it cheaper" });
  };
  const raise = () => {
    const prices = it.prices();
    if (broken(problem, prices).length)
      return act({ prices: it.fit(cTransform(problem, prices)) }, { prices: "made fair first" });
    const better = raised(problem, prices);
    if (better)
      return act(
        { prices: it.fit(better.prices) },
        { prices: `${times(better.towns.length, "town")} raised: ${better.gains} more` },
      );
    w.say("No fair prices earn more.");
    return act({}, { prices: "no fair prices earn more" });
  };
  const transform = () =>
    act({ prices: it.fit(cTransform(problem, it.prices())) }, { prices: "as far as fares allow" });
  w.button({ label: "Improve plan", press: improve });
  w.button({ label: "Better prices", press: raise });
  w.button({ label: "c-transform", press: transform });
}

function readings(w, it, { cost, value, open, full, bad, fair }) {
  const { towns } = it.problem,
    steepest = bad.map((k) => `${towns[k].place}–${towns[k + 1].place} km`),
    counted = full && fair;
  const notes = {
    plan: full ? (it.said.plan ?? "") : `${times(open, "bucket")} left to carry`,
    prices: fair ? (it.said.prices ?? "") : `too steep at ${steepest.join(", ")}`,
  };
  w.readout([
    { trait: "cost", label: "Plan costs", number: cost, value: String(cost), note: notes.plan },
    {
      trait: "value",
      label: "Prices earn",
      number: value,
      value: fixed(value, 0),
      colour: "critic",
      note: notes.prices,
    },
    {
      ...{
        trait: "gap",
        label: "Gap",
        number: counted ? cost - value : NaN,
        value: counted ? String(cost - value) : "–",
      },
      note: counted && cost === value ? "both are the best" : "",
    },
  ]);
}

export default widget(
  "A transport plan and a price list for the same sand, and the gap between what they cost and earn",
  (w) => {
    const it = setting(w),
      { problem } = it;
    buttons(w, it);
    const parts = [carryPlot(w, it), barPlot(w, it), tradePlot(w, it)];
    w.help(
      "Drag a bucket to a hole, a knob to a price.",
      `With keys: up and down choose a bucket, left and right, or 1 to ${problem.holes.length}, send it to a hole;`,
      "left and right choose a price, up and down change it.",
    );
    w.draw(() => {
      const [plan, prices] = [it.plan(), it.prices()],
        bad = broken(problem, prices),
        open = unplaced(plan);
      const now = { plan, prices, bad, open, full: open === 0, fair: bad.length === 0, spares: slack(problem, prices) };
      Object.assign(now, { cost: planCost(problem, plan), value: priceValue(problem, prices) });
      if (it.said.key !== it.key()) it.said = {};
      for (const draw of parts) draw(now);
      readings(w, it, now);
    });
  },
);
