/**
 * The lab's worker: a training, what it has been through, and what the page asks to see of it. The page drives: it asks
 * for some milliseconds of training and one look, and asks again once it has drawn; a page out of sight does not ask.
 * Chapter: lab.
 */
import { modesFound } from "./laws.mjs";
import { look } from "./looking.mjs";
import { certified, nullOf, w1 } from "./measuring.mjs";
import { stream } from "./random.mjs";
import { makeTrainer } from "./trainer.mjs";

const SHOWN = 256, // points of each law on show
  KEPT = 48, // states to go back to
  CURVE = 600; // points of a curve
const MEASURE = 350, // ms between two measures of the exact W1, or
  SHARE = 8; // as many times what the last one took, if that is more

/** Every second one, once there are too many; the last stays. */
const thinned = (list, most) => (list.length <= most ? list : list.filter((_, k) => (list.length - 1 - k) % 2 === 0));

/** A training with its past, and its law's null where it is known. Pure of the page: the tests drive it in node. */
export function session(settings, kind = "auto", known = null) {
  const t = makeTrainer(settings, kind),
    eye = stream(t.settings.seed, "eye"),
    dims = t.law.dims;
  const it = { t, states: [], history: [], measured: null };
  it.real = t.reals(SHOWN, eye);
  it.latents = t.latents(SHOWN, eye);
  it.null = known ?? nullOf(t.law, SHOWN, eye, 4);

  /** What is true of the samples on show: exact W1, what the critic certifies, modes. */
  it.measure = () => {
    const fake = t.generate(it.latents),
      [fx, fy] = [it.real, fake].map((points) => t.critic(points).values),
      mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
    it.measured = {
      step: t.steps.generator,
      w1: w1(it.real, fake, dims),
      bound: certified({ x: it.real, y: fake, fx, fy, dims }),
      gap: mean(fx) - mean(fy),
      ...modesFound(t.generate(it.latents), t.law),
    };
    if (it.history.at(-1)?.step === it.measured.step) it.history.pop();
    it.history = thinned([...it.history, { ...it.measured, critic: t.steps.critic }], CURVE);
    return it.measured;
  };
  it.now = () => t.steps.generator + t.steps.critic;
  /** `at`: the clock, which two trainings share. */
  it.keep = (at = it.now()) => {
    if (it.states.at(-1)?.at === at) return;
    it.states = thinned([...it.states, { at, step: t.steps.generator, state: t.state() }], KEPT);
  };
  /** Goes to the kept state nearest to a generator step, and forgets nothing until the training goes on. */
  it.back = (step) => {
    const kept = it.states.reduce((a, b) => (Math.abs(b.step - step) < Math.abs(a.step - step) ? b : a));
    t.restore(kept.state);
    return kept.step;
  };
  /** Cuts off what lies ahead: the training goes on from here. */
  it.branch = (clock = it.now()) => {
    it.states = it.states.filter(({ at }) => at <= clock);
    const past = it.history.filter(({ step, critic }) => step + critic <= it.now());
    if (past.length < it.history.length) it.history = past;
  };
  it.keep();
  it.measure();
  return it;
}

/** Weights that the caller gave, where the networks have their sizes; else the session's own. */
function start(it, weights) {
  const own = it.t.weights(),
    fits = Object.entries(weights).filter(([name, given]) => given.length === own[name].length);
  it.t.load({ ...own, ...Object.fromEntries(fits) });
  Object.assign(it, { states: [], history: [] });
  it.keep();
  it.measure();
}

/**
 * Answers the page's messages, each with one of the same `id`; a `history` of null is the one sent before. A second
 * training, `beside` the first, does whatever the first is asked for: as many rounds, the same way back. Its view is
 * the `beside` of the answer.
 */
export function answering(post, now = () => performance.now()) {
  let all = [],
    next = -Infinity;
  const each = (fn) => {
    for (const it of all) fn(it);
  };
  const branch = () => each((it) => it.branch(all[0].now()));
  const round = () => each(({ t }) => t.round());
  const measured = () => {
    const began = now();
    each((it) => {
      it.measure();
      it.keep(all[0].now());
    });
    next = now() + Math.max(MEASURE, SHARE * (now() - began));
  };
  const single = (step) => {
    branch();
    each(step);
    measured();
  };
  const calls = {
    make: ({ settings, beside, kind, weights }) => {
      const first = session(settings, kind),
        alike = beside && beside.seed === settings.seed; // the same eye: the same samples of the law on show
      const second = beside ? [session(beside, kind, alike ? first.null : null)] : [];
      if (weights) first.t.load(weights); // refuses what does not fit
      all = [first, ...second];
      if (weights) each((it) => start(it, weights));
      next = now() + MEASURE;
    },
    advance: ({ ms }) => {
      branch();
      const end = now() + ms;
      let rounds = 0;
      do {
        round();
        rounds++;
      } while (now() < end);
      if (now() > next) measured();
      return { rounds };
    },
    rounds: ({ n }) => {
      branch();
      for (let k = 0; k < n; k++) round();
      measured();
    },
    /** `turn`: how many critic steps of this round were taken; one that takes fewer waits for the other. */
    critic: ({ turn = 0 }) => single(({ t }) => turn < t.settings.n_critic && t.criticStep()),
    generator: () => single(({ t }) => t.generatorStep()),
    back: ({ step }) =>
      each((it) => {
        it.back(step);
        it.measured = it.history.reduce((a, b) =>
          Math.abs(b.step - it.t.steps.generator) < Math.abs(a.step - it.t.steps.generator) ? b : a,
        );
      }),
    weights: () => ({ taken: all[0].t.weights() }),
    look: () => {},
  };
  /** A curve is sent where it is another than the last one sent: frames are many, measures few. */
  const seenOf = (it, want) => {
    const known = it.sent === it.history;
    it.sent = it.history;
    return { ...look(it, want), history: known ? null : it.history };
  };
  return ({ id, call, want, ...rest }) => {
    try {
      const extra = calls[call](rest) ?? {},
        [first, second] = all;
      const seen = want ? { ...seenOf(first, want), beside: second ? seenOf(second, want) : null } : {};
      post({ id, ...extra, ...seen });
    } catch (error) {
      post({ id, error: error.message });
    }
  };
}

if (typeof WorkerGlobalScope !== "undefined") {
  const answer = answering((message) => self.postMessage(message));
  self.onmessage = ({ data }) => answer(data);
}
