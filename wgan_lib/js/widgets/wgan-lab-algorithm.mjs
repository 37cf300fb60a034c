/** The lab's algorithm, line by line, and the histogram of the critic's weights. Chapter: lab. */
import { html } from "../kit/elements.mjs";

/** Histogram of the critic's weights, with the box ±c where they are clipped. */
export function labWeights(w, parent) {
  const p = w.plot({
    ...{ parent, label: "Weights of the critic", height: 100, margin: { top: 22, right: 16, bottom: 24, left: 34 } },
    ...{ x: { domain: [-1, 1], ticks: 4 }, y: { domain: [0, 1], hide: true } },
  });
  const bars = p.area("critic filled"),
    box = [p.rule("broken dashed"), p.rule("broken dashed")],
    title = p.text("muted", { dx: -30, dy: -6 });
  const draw = (frame, named, get) => {
    if (!frame) return;
    const { counts, end } = frame.weights,
      bound = get("bound"),
      clipped = get("constraint") === "clipping",
      wide = clipped ? Math.max(end, 1.2 * bound) : end,
      most = Math.max(...counts);
    p.extent({ x: [-wide, wide] });
    const edges = Array.from({ length: counts.length + 1 }, (_, k) => -end + (2 * end * k) / counts.length);
    bars.set(
      edges.slice(0, -1).flatMap((edge, k) => [edge, edges[k + 1]]),
      Array.from(counts).flatMap((n) => [n / most, n / most]),
    );
    box.forEach((rule, k) => rule.show(clipped).set(k ? bound : -bound));
    title.set(-wide, 1, `${named}the critic's weights${clipped ? ", and ±c" : ""}`);
  };
  return { node: p.node, p, draw };
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
