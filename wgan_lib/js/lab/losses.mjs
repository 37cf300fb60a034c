/**
 * Losses and penalties of the lab, as wgan_lib.losses and wgan_lib.constraints define them: what a batch's scores say,
 * and the slope of each score's own loss. Chapter: lab.
 */

export const LOSSES = ["WASSERSTEIN", "MINIMAX", "NON_SATURATING", "RELATIVISTIC", "HINGE"];
export const PLACES = ["nowhere", "interpolates", "reals", "fakes", "both"];

export const sigmoid = (x) => (x > 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** d critic's loss / d [real score, fake score] of one pair, before the mean over the batch. */
export function slopesOfCritic(loss, real, fake) {
  if (loss === "MINIMAX" || loss === "NON_SATURATING") return [-sigmoid(-real), sigmoid(fake)];
  if (loss === "RELATIVISTIC") return [-sigmoid(fake - real), sigmoid(fake - real)];
  if (loss === "HINGE") return [real < 1 ? -1 : 0, fake > -1 ? 1 : 0];
  return [-1, 1];
}

/** d generator's loss / d fake score of one sample; only the relativistic one looks at the real score. */
export function slopeOfGenerator(loss, fake, real) {
  if (loss === "MINIMAX") return -sigmoid(fake);
  if (loss === "NON_SATURATING") return -sigmoid(-fake);
  return loss === "RELATIVISTIC" ? -sigmoid(real - fake) : -1;
}

/** The critic's loss of one pair of scores. */
export function criticLoss(loss, real, fake) {
  if (loss === "MINIMAX" || loss === "NON_SATURATING") return softplus(-real) + softplus(fake);
  if (loss === "RELATIVISTIC") return softplus(fake - real);
  if (loss === "HINGE") return Math.max(0, 1 - real) + Math.max(0, 1 + fake);
  return fake - real;
}

/** The reader's choice of a constraint as a penalty, a bound and a division: the fields of wgan_lib.constraints. */
export function constraintOf(method, { weight, bound }) {
  const none = { penalty: { at: "nowhere", weight: 0, target: 0, oneSided: false }, bound: 0, spectral: false };
  const penalised = (at, lambda, target, oneSided = false) => ({
    ...none,
    penalty: { at, weight: lambda, target, oneSided },
  });
  return {
    none,
    clipping: { ...none, bound },
    GP: penalised("interpolates", weight, 1),
    "one-sided GP": penalised("interpolates", weight, 1, true),
    R1: penalised("reals", weight / 2, 0),
    "R1 + R2": penalised("both", weight / 2, 0),
    SN: { ...none, spectral: true },
  }[method];
}

export const CONSTRAINTS = ["none", "clipping", "GP", "one-sided GP", "R1", "R1 + R2", "SN"];
