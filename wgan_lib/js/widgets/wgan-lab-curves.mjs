/** The lab's curves, the reader's guess, the histogram of weights, and the algorithm beside them. Chapter: lab. */
import { html } from "../kit/elements.mjs";
import { compact, grouped } from "../kit/scales.mjs";

/** Curves of the raw estimate, the exact W1, the certified bound; the null; the guess as a handle; a swarm. */
export function labCurves(w, parent) {
  const p = w.plot({
    ...{
      parent,
      label: "What the training reads, and what is true",
      margin: { top: 14, right: 16, bottom: 38, left: 34 },
    },
    height: (_, narrow) => (narrow ? 122 : 300),
    x: { domain: [0, 100], label: "generator steps", ticks: 4, format: grouped },
    y: { domain: [0, 2], ticks: 4 },
  });
  const marks = {
    swarm: p.line("critic thin faint"),
    ...{ null: p.rule("muted dashed", "y"), estimate: p.line("critic dashed"), bound: p.line("critic dotted") },
    ...{ w1: p.line("critic bold"), now: p.rule("muted thin") },
  };
  const names = Object.fromEntries(
    ["estimate", "bound", "w1", "null"].map((key) => [
      key,
      p.text(key === "null" ? "muted halo-text" : "critic halo-text", { anchor: "end", dx: -4, dy: -5 }),
    ]),
  );
  p.handle({
    ...{ trait: "guess", axis: "y", colour: "ink", hollow: true, tip: "your guess", label: "guess of the exact W1" },
    at: (v) => [p.x.domain[0] + 0.97 * (p.x.domain[1] - p.x.domain[0]), v],
    from: (_, y) => y,
    text: (v) => `exact W₁ will end at ${compact(v)}`,
  });
  const words = { estimate: "raw estimate", bound: "certified", w1: "exact W₁", null: "same-law null" };
  return (frame, others) => {
    const history = frame?.history ?? [],
      last = Math.max(100, history.at(-1)?.step ?? 0, ...others.map((h) => h.at(-1)?.step ?? 0)),
      highest = history.reduce((most, h) => Math.max(most, h.w1), Math.max(0.2, w.get("guess"), frame?.null ?? 0));
    p.extent({ x: [0, last], y: [0, 1.35 * highest] });
    const xs = history.map(({ step }) => step),
      top = 1.35 * highest;
    marks.estimate.set(
      xs,
      history.map(({ gap }) => (gap > 1.2 * top || gap < 0 ? NaN : gap)),
    );
    marks.w1.set(
      xs,
      history.map((h) => h.w1),
    );
    marks.bound.set(
      xs,
      history.map((h) => h.bound),
    );
    marks.swarm.set(
      others.flatMap((h) => [...h.map(({ step }) => step), NaN]),
      others.flatMap((h) => [...h.map((at) => at.w1), NaN]),
    );
    marks.null.show(Boolean(frame)).set(frame?.null ?? 0);
    marks.now.show(Boolean(frame)).set(frame?.steps.generator ?? 0);
    placeNames(p, names, words, history, frame, top);
    const at = history.at(-1);
    if (at)
      p.describe(
        `After ${grouped(at.step)} generator steps the exact W1 is ${compact(at.w1)}, the raw estimate ` +
          `${compact(at.gap)}, the certified bound ${compact(at.bound)}; the null is ${compact(frame.null)}.`,
      );
  };
}

/** Names where the curves end, pushed apart; one that is off the plot says so at the top. */
function placeNames(p, names, words, history, frame, top) {
  const at = history.at(-1),
    value = at && { estimate: at.gap, bound: at.bound, w1: at.w1, null: frame.null };
  const order = value ? Object.keys(names).sort((a, b) => value[a] - value[b]) : [];
  const right = p.x.domain[0] + 0.9 * (p.x.domain[1] - p.x.domain[0]);
  let room = p.height - p.margin.bottom + 8;
  for (const key of order) {
    const off = value[key] > 1.2 * top || value[key] < -0.03 * top,
      y = Math.min(room - 13, p.y(Math.min(top, Math.max(0, value[key]))));
    room = y;
    names[key].set(right, p.y.invert(y), off ? `${words[key]} ${compact(value[key])}, off the plot` : words[key]);
  }
  for (const key of Object.keys(names)) names[key].show(Boolean(at));
}

/** Histogram of the critic's weights, with the box ±c where they are clipped. */
export function labWeights(w, parent) {
  const p = w.plot({
    ...{ parent, label: "Weights of the critic", height: 100, margin: { top: 22, right: 16, bottom: 24, left: 34 } },
    ...{ x: { domain: [-1, 1], ticks: 4 }, y: { domain: [0, 1], hide: true } },
  });
  const bars = p.area("critic filled"),
    box = [p.rule("broken dashed"), p.rule("broken dashed")],
    title = p.text("muted", { dx: -30, dy: -6 });
  const draw = (frame) => {
    if (!frame) return;
    const { counts, end } = frame.weights,
      bound = w.get("bound"),
      clipped = w.get("constraint") === "clipping",
      wide = clipped ? Math.max(end, 1.2 * bound) : end,
      most = Math.max(...counts);
    p.extent({ x: [-wide, wide] });
    const edges = Array.from({ length: counts.length + 1 }, (_, k) => -end + (2 * end * k) / counts.length);
    bars.set(
      edges.slice(0, -1).flatMap((edge, k) => [edge, edges[k + 1]]),
      Array.from(counts).flatMap((n) => [n / most, n / most]),
    );
    box.forEach((rule, k) => rule.show(clipped).set(k ? bound : -bound));
    title.set(-wide, 1, clipped ? "the critic's weights, and ±c" : "the critic's weights");
  };
  return { node: p.node, draw };
}

const SCORES = {
  WASSERSTEIN: ["(f_fake - f_real).mean()", "-critic(fake).mean()"],
  MINIMAX: ["(softplus(-f_real) + softplus(f_fake)).mean()", "-softplus(critic(fake)).mean()"],
  NON_SATURATING: ["(softplus(-f_real) + softplus(f_fake)).mean()", "softplus(-critic(fake)).mean()"],
  RELATIVISTIC: ["softplus(f_fake - f_real).mean()", "softplus(critic(real) - critic(fake)).mean()"],
};
const AT_INTERPOLATES = ["x = alpha * real + (1 - alpha) * fake", "penalise"],
  AT_REALS = ["x = real", "penalise"];

/** The algorithm's lines, each with the name of what it does; those of one constraint only where it is chosen. */
export function algorithm(loss, constraint, flipped) {
  const [critic, generator] = SCORES[loss],
    penalised = !["none", "clipping", "SN"].includes(constraint),
    [points] = constraint.startsWith("R1") ? AT_REALS : AT_INTERPOLATES;
  const charge = {
    GP: "lam * (slope - 1).square().mean()",
    "one-sided GP": "lam * relu(slope - 1).square().mean()",
    R1: "lam / 2 * slope.square().mean()",
    "R1 + R2": "lam / 2 * slope.square().mean()",
  }[constraint];
  return [
    ["", "for _ in range(n_critic):"],
    ["draw a batch of each law", "    real, z = law.sample(n), latent.sample(n)"],
    ["generate", "    fake = generator(z).detach()"],
    ...(constraint === "SN" ? [["one power iteration in each layer", "    critic.divide_by_spectral_norms()"]] : []),
    ["score both", "    f_real, f_fake = critic(real), critic(fake)"],
    ["compare", `    loss = ${critic}`],
    ...(penalised
      ? [
          ["choose where to ask", `    ${points}${constraint === "R1 + R2" ? "  # and again with x = fake" : ""}`],
          ["measure the slope there", "    slope = gradient(critic, x).norm(dim=1)"],
          ["charge for it", `    loss += ${charge}`],
        ]
      : []),
    ["gradient of the whole, through the slope too", "    loss.backward()"],
    ["move the critic", "    critic_optimizer.step()", "critic"],
    ...(constraint === "clipping" ? [["clip", "    for w in critic.parameters(): w.clamp_(-c, c)"]] : []),
    ["draw latents", "z = latent.sample(n)"],
    ["generate, and let the critic judge", `fake = generator(z)`],
    ["the generator's loss", `loss = ${flipped ? "-(" : ""}${generator}${flipped ? ")  # the flipped sign" : ""}`],
    ["its gradient, through the critic", "loss.backward()"],
    ["move the generator", "generator_optimizer.step()", "generator"],
  ];
}

/** The lines on the page; `draw(lit)` lights one. */
export function labAlgorithm(w, parent) {
  const list = html("ol", { class: "me-code", "aria-label": "The algorithm, line by line" });
  parent.append(list);
  let shown = "";
  return (lit) => {
    const lines = algorithm(w.get("loss"), w.get("constraint"), w.get("flipped")),
      key = JSON.stringify(lines);
    if (key !== shown)
      list.replaceChildren(...lines.map(([said, code]) => html("li", { "data-said": said }, html("code", {}, code))));
    shown = key;
    [...list.children].forEach((line, k) => line.classList.toggle("me-lit", k === lit));
  };
}
