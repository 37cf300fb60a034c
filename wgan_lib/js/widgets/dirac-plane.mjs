/**
 * The plane of a GAN of two numbers: generator's place across, critic's slope up. Drag the start; the path of the
 * training is drawn, its radius told, and the field shows where a small step would go.
 * The mathematics is in dirac.mjs. Python side: widgets.DiracPlane. Chapter: settling.
 */
import { html } from "../kit/elements.mjs";
import { widget } from "../kit/kit.mjs";
import { clamp, compact, fixed } from "../kit/scales.mjs";
import { gradients, path, radius, rest, round, sameHere } from "../maths/dirac.mjs";

const HALF = 2.5, // half the width of the plane
  CELL = 0.5, // between arrows of the field
  LAST = 100, // rounds over which the radius is averaged
  FLOOR = 1e-4,
  CEILING = 100; // where the chart of radii ends

const NAMES = {
  loss: {
    WASSERSTEIN: "Wasserstein",
    MINIMAX: "minimax",
    NON_SATURATING: "non-saturating",
    HINGE: "hinge",
    RELATIVISTIC: "relativistic",
  },
  order: {
    simultaneous: "together",
    "critic first": "critic, then generator",
    "generator first": "generator, then critic",
  },
};

/** What the number of a constraint is called. */
export const symbol = (constraint) => ({ none: "", clipping: "c", GP: "λ", "one-sided GP": "λ" })[constraint] ?? "γ";

/** Arrow of the field at a point: against the gradients, as long as a cell where they are 2 or more. */
export function fieldArrow(at, game) {
  const [gx, gy] = gradients(at, game),
    size = Math.hypot(gx, gy),
    scale = size > 0 ? (0.8 * CELL * Math.min(1, size / 2)) / size : 0;
  return [at[0], at[1], at[0] - scale * gx, at[1] - scale * gy];
}

/** "shrinking", "growing" or "staying", from the mean radius of the last rounds and of those before them. */
export function course(now, before) {
  if (!Number.isFinite(now)) return "ran away";
  if (now < 1e-6) return "settled";
  return now < 0.98 * before ? "shrinking" : now > 1.02 * before ? "growing" : "staying";
}

function plane(w, parent) {
  const p = w.plot({
    ...{ parent, label: "", shaped: true, height: (width, narrow) => (narrow ? 236 : Math.min(width, 440)) },
    margin: { top: 22, right: 8, bottom: 38, left: 34 },
    x: { domain: [-HALF, HALF], label: "generator’s place θ", ticks: 5 },
    y: { domain: [-HALF, HALF], grid: false, ticks: 5 },
  });
  const marks = {
    ...{ real: p.rule("real thin"), flat: p.rule("muted thin", "y"), field: p.arrows("muted faint") },
    ...{ ahead: p.line("ink thin faint"), trod: p.line("ink") },
    ...{ critic: p.arrows("critic bold"), generator: p.arrows("generated bold"), now: p.dots("ink", 4.5) },
    ...{ title: p.text("critic strong", { dx: -34, dy: -9 }), goal: p.text("real halo-text", { dx: 6, dy: -9 }) },
  };
  p.handle({
    ...{ trait: "start", axis: "xy", step: 0.1, grain: 0.01, hint: true, hollow: true, tip: "start" },
    ...{ label: "start", at: (v) => v, text: ([a, b]) => `θ = ${fixed(a)}, ψ = ${fixed(b)}` },
  });
  return { p, marks };
}

function drawPlane({ p, marks }, { states, step, game }) {
  // Circles look like circles: as much of ψ is shown as the height has room for.
  const inner = { x: p.width - p.margin.left - p.margin.right, y: p.height - p.margin.top - p.margin.bottom },
    high = (HALF * inner.y) / inner.x;
  p.extent({ y: [-high, high] });
  const part = (from, to) => [0, 1].map((k) => states.slice(from, to).map((state) => state[k]));
  const along = (n) => {
    const side = Math.floor(n / CELL); // in the middles of the cells, clear of both axes
    return Array.from({ length: 2 * side }, (_, k) => (k - side + 0.5) * CELL);
  };
  marks.real.set(0);
  marks.flat.set(0);
  marks.field.set(along(HALF).flatMap((x) => along(high).map((y) => fieldArrow([x, y], game))));
  marks.ahead.set(...part(step));
  marks.trod.set(...part(0, step + 1));
  const now = states[step],
    moves = step < states.length - 1 && Number.isFinite(now[0]) ? round(now, game) : [];
  let from = now;
  const arrows = [[], []];
  for (const { player, state } of moves) {
    // Moves made together start together.
    const base = game.order === "simultaneous" && player === 0 ? now : from;
    arrows[player].push(player ? [base[0], base[1], base[0], state[1]] : [base[0], base[1], state[0], base[1]]);
    from = state;
  }
  marks.generator.set(arrows[0]);
  marks.critic.set(arrows[1]);
  marks.now.set(Number.isFinite(now[0]) ? [now] : []);
  marks.title.set(-HALF, high, "critic’s slope ψ");
  marks.goal.set(0, high, "the real point");
}

/** Radius against rounds, on a logarithmic axis; returns how to draw it. */
function radii(w, parent, rounds) {
  const p = w.plot({
    ...{
      parent,
      label: "",
      height: (_, narrow) => (narrow ? 98 : 330),
      margin: { top: 24, right: 12, bottom: 38, left: 46 },
    },
    x: { domain: [0, rounds], label: "round", ticks: 5 },
    y: { domain: [FLOOR, CEILING], log: true, ticks: [1e-4, 1], format: (v) => (v < 1 ? "10⁻⁴" : "1") },
  });
  const all = p.line("ink thin faint"),
    trod = p.line("ink"),
    last = p.line("ink bold"),
    now = p.dots("ink", 4.5),
    title = p.text("ink strong", { dx: -46, dy: -9 });
  return ({ lengths, step, mean }) => {
    const shown = lengths.map((r) => clamp(r, [FLOOR, CEILING])),
      at = shown.map((_, k) => k);
    all.set(at, shown);
    trod.set(at.slice(0, step + 1), shown.slice(0, step + 1));
    last.set(
      [rounds - LAST + 1, rounds],
      [mean, mean].map((r) => clamp(r, [FLOOR, CEILING])),
    );
    now.set([[step, shown[step]]]);
    title.set(0, CEILING, w.narrow ? "radius; bar: mean of the last 100" : "radius; bar: mean of the last 100 rounds");
    p.describe(`Radius against rounds: ${compact(lengths[0])} at the start, ${compact(lengths[step])} now.`);
  };
}

function addControls(w) {
  w.transport({ trait: "step", label: "round", ms: 8000, step: 1, text: (v) => `round ${Math.round(v)}` });
  const row = () => html("div", { class: "me-inputs" });
  const fold = w.more("Loss, constraint, order, step sizes"),
    [words, numbers] = [fold.appendChild(row()), fold.appendChild(row())];
  w.choice({ trait: "loss", label: "Loss", names: NAMES.loss, parent: words });
  w.choice({ trait: "constraint", label: "Constraint", parent: words });
  w.choice({ trait: "order", label: "Who moves", names: NAMES.order, parent: words });
  const weight = (v) => (w.get("constraint") === "none" ? "–" : `${symbol(w.get("constraint"))} = ${fixed(v)}`);
  w.slider({ trait: "strength", label: "c, λ or γ", step: 0.05, text: weight, parent: numbers });
  w.slider({ trait: "n_critic", label: "Critic steps", step: 1, text: String, parent: numbers });
  w.slider({ trait: "rate", label: "Step size", step: 0.01, text: (v) => fixed(v), parent: numbers });
  w.slider({ trait: "momentum", label: "Momentum", step: 0.05, text: (v) => fixed(v), parent: numbers });
  w.help("Drag the ring, where the training starts. Press Play to follow it; › goes on by one round.");
}

export default widget("A GAN of two numbers: the path of its training in the plane", (w) => {
  const rounds = w.reach.step[1],
    row = w.columns(270),
    scene = plane(w, row),
    side = row.appendChild(html("div", {})),
    drawRadii = radii(w, side, rounds),
    note = html("p", { class: "me-note", "data-same": "", style: "margin:4px 0;min-height:2.6em" });
  w.root.classList.add("me-shaped");
  w.arrange((narrow) => (narrow ? w.body : side).append(note));
  addControls(w);
  let made = "",
    states = [];
  w.draw(() => {
    const names = ["loss", "constraint", "strength", "order", "n_critic", "rate", "momentum"],
      game = Object.fromEntries(names.map((name) => [name, w.get(name)])),
      start = w.get("start"),
      asked = JSON.stringify([start, game]);
    if (asked !== made) states = path(start, game, rounds);
    made = asked;
    const step = clamp(Math.round(w.get("step")), [0, rounds]),
      lengths = states.map(radius),
      mean = rest(states, LAST),
      before = rest(states.slice(0, -LAST), LAST),
      [theta, psi] = states[step];
    drawPlane(scene, { states, step, game });
    drawRadii({ lengths, step, mean });
    const words = sameHere(game),
      key = "Grey arrows: where a small step would go. Teal, orange: the next round’s moves.";
    const under = w.narrow ? words : `${key} ${words}`;
    if (note.textContent !== under) note.textContent = under;
    const where = `θ ${compact(theta)}, ψ ${compact(psi)}`;
    w.readout([
      { trait: "radius", label: `Radius, round ${step}`, number: lengths[step], note: where },
      { trait: "rest", label: "Mean of the last 100", number: mean, note: course(mean, before) },
    ]);
    scene.p.describe(
      `Path from θ = ${fixed(start[0])}, ψ = ${fixed(start[1])}: after ${step} rounds at ${where}. ` +
        `The mean radius of the last ${LAST} rounds is ${compact(mean)}: ${course(mean, before)}. ${words}`,
    );
  });
});
