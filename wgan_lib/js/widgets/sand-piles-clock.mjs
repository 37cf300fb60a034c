/** When each grain of SandPiles leaves, and how far it is on its way. Chapter: wasserstein-1d. */
import { clamp } from "../kit/scales.mjs";

export const GRAINS = 720;
const LATEST = 0.55; // of the clock, when the last grain leaves

/**
 * How far, from 0 to 1, a grain at quantile u is on its way when the clock stands at `moved`: they leave one after
 * the other.
 */
export const progress = (moved, u) => {
  const t = clamp((moved - LATEST * u) / (1 - LATEST), [0, 1]);
  return t * t * (3 - 2 * t);
};

/** A number in [0, 1) that looks random but is the same for grain k in every frame. */
export const scatter = (k, salt) => Math.abs(Math.sin(12.9898 * k + 78.233 * salt) * 43758.5453) % 1;
/** When grain k leaves: in the order of the plan, give or take. */
export const late = (k) => clamp((k + 0.5) / GRAINS + 0.12 * (scatter(k, 3) - 0.5), [0, 1]);
