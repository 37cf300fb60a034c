// What is off the screen is laid out in quiet moments, a few blocks at a time, so that no task is long and the scrollbar soon tells the truth.
(() => {
  "use strict";
  const SLICE = 12; // ms of work before the reader has the page again
  const later = window.requestIdleCallback ?? ((work) => setTimeout(work, 60));
  function settle() {
    const waiting = [...document.querySelectorAll("#main-content section > *")].filter((e) => getComputedStyle(e).contentVisibility === "auto");
    const main = document.getElementById("main-content");
    later(function some() {
      const start = performance.now();
      while (waiting.length && performance.now() - start < SLICE) {
        for (const block of waiting.splice(0, 4)) block.style.contentVisibility = "visible";
        main.offsetHeight; // lays these out now, not all together later
      }
      if (waiting.length) later(some);
      else document.documentElement.dataset.settled = "true";
    });
  }
  if (document.readyState === "complete") settle();
  else addEventListener("load", settle, { once: true });
})();
