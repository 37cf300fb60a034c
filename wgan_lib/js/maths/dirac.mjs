/**
 * A GAN of two numbers: the real point sits at 0, the generator's at theta, the critic is f(x) = psi · x. One path of
 * their training, its radius, and what differs in words but not in numbers. Nothing here touches the page.
 * Python side: widgets.DiracPlane, which has the same formulas; both are held to the library's losses and constraints.
 */

/** 1 / (1 + e^−t). */
export const sigmoid = (t) => 1 / (1 + Math.exp(-t));

/** Slopes of the two losses by the score t = psi · theta of the generated point; the real point's score is 0. */
const LOSSES = {
  WASSERSTEIN: () => [1, -1],
  MINIMAX: (t) => [sigmoid(t), -sigmoid(t)],
  NON_SATURATING: (t) => [sigmoid(t), -sigmoid(-t)],
  HINGE: (t) => [t > -1 ? 1 : 0, -1],
  RELATIVISTIC: (t) => [sigmoid(t), -sigmoid(-t)],
};

/** Slope by psi of what is added to the critic's loss; `s` is lambda or gamma. */
const PENALTIES = {
  none: () => 0,
  clipping: () => 0,
  GP: (psi, s) => 2 * s * (Math.abs(psi) - 1) * Math.sign(psi),
  "one-sided GP": (psi, s) => 2 * s * Math.max(0, Math.abs(psi) - 1) * Math.sign(psi),
  R1: (psi, s) => s * psi,
  "R1 + R2": (psi, s) => 2 * s * psi,
};

/** Beyond this radius a path has run away: what follows counts as infinite. */
export const AWAY = 1e9;

/** The gradients [of the generator's loss by theta, of the critic's by psi]. */
export function gradients([theta, psi], { loss, constraint, strength }) {
  const [critic, generator] = LOSSES[loss](theta * psi);
  return [generator * psi, critic * theta + PENALTIES[constraint](psi, strength)];
}

/** One player's step from the state [theta, psi, speed of theta, speed of psi]: heavy ball, then the box. */
function moved(state, player, from, game) {
  const next = [...state],
    speed = game.momentum * state[2 + player] + gradients(from, game)[player];
  next[2 + player] = speed;
  next[player] = state[player] - game.rate * speed;
  if (player === 1 && game.constraint === "clipping")
    next[1] = Math.min(game.strength, Math.max(-game.strength, next[1]));
  return next;
}

/** The states after each move of one round: the critic's moves are n_critic, the generator's is one. */
export function round(state, game) {
  const moves = [],
    at = game.order === "simultaneous" ? state : null;
  let now = state;
  const go = (player) => {
    now = moved(now, player, at && !moves.some((m) => m.player === player) ? at : now, game);
    moves.push({ player, state: now });
  };
  if (game.order === "generator first") go(0);
  for (let k = 0; k < game.n_critic; k++) go(1);
  if (game.order !== "generator first") go(0);
  return moves;
}

/** States [theta, psi, …] before the first round and after each of `rounds`. */
export function path(start, game, rounds) {
  const states = [[...start, 0, 0]];
  for (let k = 0; k < rounds; k++) {
    const now = states.at(-1),
      next = round(now, game).at(-1).state;
    states.push(Math.hypot(now[0], now[1]) < AWAY && next.every(Number.isFinite) ? next : now.map(() => Infinity));
  }
  return states;
}

/** Distance from the goal, where the generator's point is the real one and the critic is flat. */
export const radius = ([theta, psi]) => Math.hypot(theta, psi);

/** Mean radius of the last `n` states of a path. */
export const rest = (states, n) => states.slice(-n).reduce((sum, state) => sum + radius(state), 0) / n;

/** Which choices are one and the same here, in a sentence; "" where they differ. */
export function sameHere({ loss, constraint, strength }) {
  const words = [];
  if (loss === "RELATIVISTIC") words.push("Here the relativistic loss is the non-saturating one: the real score is 0.");
  if (constraint === "R1 + R2")
    words.push(`A line has one slope: R1 is R2, and this is R1 with γ = ${(2 * strength).toFixed(2)}.`);
  return words.join(" ");
}

/** Places of one number that steps towards 0, `steps` times; to nine decimals, so that an exact landing is one. */
export function pulled(start, rate, pull, steps) {
  const places = [start];
  for (let k = 0; k < steps; k++) {
    const now = places[k],
      size = pull === "constant, steps fade" ? rate / (1 + k / 5) : rate;
    places.push(Number((now - size * (pull === "proportional" ? now : Math.sign(now))).toFixed(9)) + 0);
  }
  return places;
}
