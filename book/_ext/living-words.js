// Words that move a figure, and tasks that notice when they are done. A figure is an element [data-widget="ClassName"] with
// wganMove(traits, {animate}), wganState() and a bubbling event "wgan-change"; its handles carry data-trait. Without this script, or
// without its figure, all of it stays plain words.
(() => {
  "use strict";
  const MEMORY = "moving-earth-tasks";
  const DWELL = 300; // ms for which a condition must hold: sliding past a place is not finding it
  const COMPARE = { "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b, "==": (a, b) => Math.abs(a - b) < 1e-9 };
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const pageOf = (path) => path.split("/").pop() || "index.html";
  const figureOf = ({ dataset }) => document.querySelectorAll(`[data-widget="${dataset.figure}"]`)[dataset.index - 1];
  const element = (tag, properties) => Object.assign(document.createElement(tag), properties);

  // What the reader has done, by page; a browser that keeps nothing for files or in private windows forgets it with the page.
  let done = {};
  try {
    done = JSON.parse(localStorage.getItem(MEMORY)) ?? {};
  } catch {}
  function remember(page, entry) {
    done[page] = entry;
    try {
      localStorage.setItem(MEMORY, JSON.stringify(done));
    } catch {}
  }

  /** Brings the figure on the screen, if it is not there, and waits until the page stands still. */
  function intoView(root) {
    const { top, bottom } = root.getBoundingClientRect();
    const bar = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;
    if (top >= bar && bottom <= innerHeight) return Promise.resolve();
    const tall = bottom - top > innerHeight - bar;
    root.scrollIntoView({ block: tall ? "start" : "center", behavior: still.matches ? "instant" : "smooth" });
    if (still.matches) return Promise.resolve();
    return new Promise((resolve) => {
      addEventListener("scrollend", resolve, { once: true });
      setTimeout(resolve, 900);
    });
  }

  /** `enter`: goes to the figure with the keyboard's focus too; Escape comes back to the words. */
  async function move(words, enter = false) {
    const root = figureOf(words);
    const traits = JSON.parse(words.dataset.traits);
    await intoView(root);
    root.wganMove(traits, { animate: !still.matches }); // the figure itself rings what it moves
    if (!enter) return;
    root.tabIndex = -1; // the next Tab is the figure's first handle
    root.focus({ preventScroll: true });
    const back = (event) => {
      if (event.key !== "Escape") return;
      root.removeEventListener("keydown", back);
      words.focus();
    };
    root.addEventListener("keydown", back);
  }

  function enliven(words) {
    if (!figureOf(words)?.wganMove) return;
    words.setAttribute("role", "button");
    words.tabIndex = 0;
    words.setAttribute("aria-description", "Shift and Enter goes to the figure too, Escape comes back");
    words.addEventListener("click", () => move(words));
    words.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      move(words, event.shiftKey);
    });
  }

  // Tasks

  const here = pageOf(location.pathname);
  const tasks = [...document.querySelectorAll(".task")];

  function watch(task) {
    const root = figureOf(task);
    if (!root?.wganState) return;
    const clauses = JSON.parse(task.dataset.clauses);
    const holds = () => {
      const state = root.wganState();
      return clauses.every(([trait, sign, value]) => {
        const now = state[trait];
        if (typeof value === "string") return String(now) === value;
        return (typeof now === "number" || typeof now === "boolean") && COMPARE[sign](Number(now), value); // null is no 0
      });
    };
    const said = element("span", { className: "visually-hidden" });
    said.setAttribute("role", "status");
    task.append(said);
    if (done[here]?.done.includes(task.dataset.key)) task.classList.add("task-done");
    let waiting = 0;
    root.addEventListener("wgan-change", () => {
      if (task.classList.contains("task-done") || waiting || !holds()) return;
      waiting = setTimeout(() => {
        waiting = 0;
        if (!holds()) return;
        task.classList.add("task-done", "task-now");
        root.classList.add("task-done-here"); // the words of the task may be screens away
        setTimeout(() => root.classList.remove("task-done-here"), 4000);
        said.textContent = "Done.";
        const keys = tasks.filter((t) => t.classList.contains("task-done")).map((t) => t.dataset.key);
        remember(here, { done: keys, of: tasks.length });
        tick();
      }, DWELL);
    });
  }

  function mark(link, words) {
    if (!link || link.querySelector(".task-mark")) return;
    const sign = element("span", { className: "task-mark", textContent: "✓" });
    sign.setAttribute("aria-hidden", "true");
    link.append(sign, element("span", { className: "visually-hidden", textContent: ` (${words})` }));
  }

  /** Ticks in the contents: of chapters whose tasks are all done, and of this page's sections with a task done. */
  function tick() {
    for (const link of document.querySelectorAll(".bd-sidebar-primary nav a[href]")) {
      const entry = done[pageOf(link.pathname)];
      if (entry?.of && entry.done.length >= entry.of) mark(link, "all tasks done");
    }
    for (const task of tasks.filter((t) => t.classList.contains("task-done"))) {
      const section = task.closest("section[id]")?.id;
      mark(document.querySelector(`.bd-sidebar-secondary a[href="#${CSS.escape(section ?? "")}"]`), "task done");
    }
  }

  function begin() {
    document.querySelectorAll(".move").forEach(enliven);
    tasks.forEach(watch);
    tick();
    document.documentElement.dataset.words = "ready";
  }
  if (document.documentElement.dataset.widgets === "ready") begin();
  else document.addEventListener("widgets-ready", begin, { once: true });
})();
