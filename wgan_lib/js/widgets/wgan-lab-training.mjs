/** The page's end of the lab's worker: one question at a time, one answer each. Chapter: lab. */

import { algorithm } from "./wgan-lab-algorithm.mjs";
import { getBeside } from "./wgan-lab-beside.mjs";

const UNREAD = { beside_w1: null, beside_estimate: null, beside_modes: null };
const FRAME = 13, // ms of training between two frames
  STILL = 700, // … where the reader wants no motion
  SLOW = 650; // ms a line of the algorithm is lit in slow motion

/** What the reader chose, as the trainer's settings (js/lab/trainer.mjs). */
export function settingsOf(get) {
  const hidden = Array(get("depth")).fill(get("width")),
    law = get("law");
  return {
    ...{ law, points: get("points"), scale: get("scale"), latent: law === "line" ? 1 : 2 },
    ...{ generator: law === "line" ? [] : [64, 64], critic: hidden, slope: 0.2 },
    ...{ loss: get("loss"), constraint: get("constraint"), weight: get("weight"), bound: get("bound") },
    ...{ flipped: get("flipped"), n_critic: get("n_critic"), batch: get("batch"), seed: get("seed") },
    ...{ optimiser: get("constraint") === "clipping" ? "RMSProp" : "Adam" },
    ...{ rate: get("rate"), generator_rate: get("generator_rate") },
  };
}

/** The settings of the lab, and of the one beside it or null: others are another training. */
export function chosen(w) {
  const other = getBeside(w);
  return { settings: settingsOf(w.get), beside: other && settingsOf(other) };
}

/** Half the side of the window that shows a law. */
export const reachOf = (get) => 2.5 * get("scale");

/**
 * A worker made from the text that Python joined; null where the browser has none. `ask(call, rest, want)` promises its
 * answer, and fails with what the trainer refused.
 */
export function connect(source) {
  let worker;
  try {
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    worker = new Worker(address);
    URL.revokeObjectURL(address);
  } catch {
    return null;
  }
  const waiting = new Map();
  let last = 0;
  worker.onmessage = ({ data: { id, error, ...rest } }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error) reject(new Error(error));
    else resolve(rest);
  };
  worker.onerror = (event) => {
    for (const { reject } of waiting.values()) reject(new Error(event.message || "the worker does not start"));
    waiting.clear();
  };
  return {
    ask: (call, rest = {}, want = null) =>
      new Promise((resolve, reject) => {
        waiting.set(++last, { resolve, reject });
        worker.postMessage({ id: last, call, want, ...rest });
      }),
    end: () => worker.terminate(),
  };
}

const another = (settings, k) => settings && { ...settings, seed: settings.seed + k };

/** Eight more seeds, in a worker of their own: `found(seed, history, beside)` as each goes on. Returns its end. */
export function swarm(source, { settings, beside }, rounds, found) {
  const link = connect(source);
  let stopped = link === null;
  const want = { reach: 1, layers: [] };
  const run = async () => {
    for (let k = 1; k <= 8; k++) {
      await link.ask("make", { settings: another(settings, k), beside: another(beside, k) });
      for (let part = 0; part < 12 && !stopped; part++) {
        const seen = await link.ask("rounds", { n: Math.max(1, Math.round(rounds / 12)) }, want);
        if (!stopped) found(k, seen.history, seen.beside?.history ?? []);
      }
      if (stopped) return;
    }
  };
  if (link) run().finally(link.end);
  return () => {
    stopped = true;
  };
}

/** The training behind the page: what it is asked for, and the last frame it gave. */
export function training(w) {
  const source = w.get("worker"),
    link = connect(source);
  const it = {
    link,
    frame: null,
    playing: false,
    slow: false,
    lit: -1,
    rate: 0,
    others: [],
    error: "",
    made: "",
    wide: 1,
    known: false,
  };
  const stops = [];
  let busy = Promise.resolve(),
    makes = 0,
    visible = true,
    filming = false,
    told = "",
    timer = 0;
  const layers = () => [w.get("layer"), ...["arrows", "flow", "grid"].filter(w.get)];
  const want = () => ({ reach: reachOf(w.get), wide: it.wide, layers: layers() });
  if (!link) it.error = "This browser starts no workers, so nothing trains here; the recorded runs of the chapters do.";

  /** Python and the page's words hear of each measure, not of each frame. */
  const tell = (frame) => {
    const { step, w1, gap, bound, modes = null } = frame.measured,
      { w1: beside_w1 = null, gap: beside_estimate = null, modes: beside_modes = null } = frame.beside?.measured ?? {},
      key = `${step} ${w1} ${gap} ${beside_w1} ${beside_estimate} ${frame.steps.generator === step}`;
    Object.assign(w.readings, { certified: bound, null: frame.null, beside_w1, beside_estimate, beside_modes });
    if (key === told) return;
    told = key;
    w.set({ beside_w1, beside_estimate, beside_modes });
    w.set({ w1, estimate: gap, certified: bound, null: frame.null, steps: frame.steps.generator, modes });
  };
  /** One question after the other; a refusal is shown, and stops. */
  it.ask = (call, rest = {}, still = () => true) => {
    const of = makes; // an answer about a training that was given up is drawn, and not read
    busy = busy
      .then(() => (still() ? link.ask(call, rest, want()) : null))
      .then((frame) => {
        if (!frame) return null;
        it.error = "";
        frame.history ??= it.frame.history;
        if (frame.beside) frame.beside.history ??= it.frame.beside.history;
        it.frame = frame;
        it.known = of === makes;
        if (it.known) tell(frame);
        w.invalidate();
        return frame;
      })
      .catch((error) => {
        it.error = error.message;
        w.say(it.error);
        it.halt();
        w.invalidate();
      });
    return busy;
  };
  it.make = () => {
    for (const stop of stops.splice(0)) stop();
    it.others = [];
    it.rate = 0;
    const given = w.get("start") ?? {},
      ours = Object.keys(given).length ? given : null;
    it.known = false; // what was read is of another training
    told = "";
    Object.assign(w.readings, { certified: null, null: null, ...UNREAD });
    w.set({ w1: null, estimate: null, certified: null, steps: 0, modes: null, ...UNREAD });
    const mine = ++makes; // of many in a row, as while a number slides, only the last is made
    return it.ask("make", { ...chosen(w), weights: ours }, () => mine === makes);
  };
  it.halt = () => {
    it.playing = false;
    it.lit = -1;
    clearTimeout(timer);
  };

  async function film() {
    if (filming) return;
    filming = true;
    let began = performance.now(),
      done = 0;
    while (it.playing && visible) {
      const before = it.frame?.steps.critic ?? 0;
      await it.ask("advance", { ms: w.still ? STILL : FRAME });
      done += (it.frame?.steps.critic ?? 0) - before;
      const spent = performance.now() - began;
      if (spent > 600) {
        it.rate = (1000 * done) / spent;
        began = performance.now();
        done = 0;
      }
      await new Promise((next) => requestAnimationFrame(next));
    }
    filming = false;
  }

  /** Slow motion: line after line; the steps are taken where the algorithm takes them. */
  function crawl(k, round) {
    if (!it.playing) return;
    if (!visible) {
      timer = setTimeout(() => crawl(k, round), SLOW);
      return;
    }
    const lines = algorithm(w.get("loss"), w.get("constraint"), w.get("flipped")),
      turns = Math.max(w.get("n_critic"), getBeside(w)?.("n_critic") ?? 0),
      ends = lines.findIndex(([, , step]) => step === "critic") + (w.get("constraint") === "clipping" ? 1 : 0);
    it.lit = k;
    const [words, , step] = lines[k];
    if (words) w.say(words);
    if (step) it.ask(step, { turn: round });
    w.invalidate();
    const again = k === ends && round + 1 < turns,
      next = again ? 1 : (k + 1) % lines.length;
    timer = setTimeout(() => crawl(next, again ? round + 1 : next === 0 ? 0 : round), SLOW);
  }
  it.play = () => {
    it.playing = true;
    if (w.get("slow")) crawl(0, 0);
    else film();
  };
  it.moreSeeds = () => {
    const rounds = Math.max(300, it.frame?.steps.generator ?? 0);
    it.others = [];
    stops.push(
      swarm(source, chosen(w), rounds, (k, ...histories) => {
        it.others[k - 1] = histories;
        w.invalidate();
      }),
    );
  };
  const watch = new IntersectionObserver(([entry]) => {
    const seen = entry.isIntersecting && !visible;
    visible = entry.isIntersecting;
    if (seen && it.playing && !w.get("slow")) film();
  });
  watch.observe(w.root);
  w.undo.push(() => {
    it.halt();
    watch.disconnect();
    for (const stop of stops) stop();
    link?.end();
  });
  return it;
}
