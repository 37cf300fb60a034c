/** When a widget draws: once per frame where something changed, and anew where its width did. */

const NARROW = 480; // px of the widget below which it is laid out for a phone

/** Gives the frame `w` its calls for drawing: draw, arrange, invalidate, flush, paint. */
export function addPainting(w) {
  /** fn(narrow) runs at first and whenever the layout turns into a phone's or back. */
  w.arrange = (fn) => w.arranged.push(fn);
  let request = 0,
    drawing = false,
    measured = "";
  w.changed = false;
  w.invalidate = () => {
    if (!request && !drawing) request = requestAnimationFrame(w.paint);
  };
  /** Draws at once what is to be drawn in the next frame. */
  w.flush = () => {
    if (request && !drawing) w.paint();
  };
  w.draw = (fn) => {
    w.draws.push(fn);
    w.invalidate();
  };
  w.paint = () => {
    cancelAnimationFrame(request);
    request = 0;
    w.save();
    if (!(w.width > 0)) return;
    drawing = true;
    try {
      const size = `${w.width} ${w.plots.length} ${w.zoom}`;
      if (measured !== size) for (const p of w.plots) p.measure(w.width);
      measured = size;
      for (const fn of w.draws) fn();
      for (const p of w.plots) p.finish();
    } finally {
      drawing = false;
      w.root.style.visibility = "";
    }
    if (w.changed) w.root.dispatchEvent(new CustomEvent("wgan-change", { bubbles: true, detail: w.root.wganState() }));
    w.changed = false;
  };
  w.root.style.visibility = "hidden"; // until it is drawn: what is half built would be seen to move
  // Heights follow widths, never the other way, so it cannot go round in circles.
  const observer = new ResizeObserver(() => {
    const width = Math.floor(w.body.clientWidth);
    if (width === w.width) return;
    const turned = w.width === 0 || w.narrow !== width < NARROW;
    w.width = width;
    w.narrow = width < NARROW;
    w.root.classList.toggle("me-narrow", w.narrow);
    if (turned) for (const fn of w.arranged) fn(w.narrow);
    for (const fold of w.root.querySelectorAll(".me-more")) fold.open = !w.narrow || fold.dataset.chosen === "true";
    w.paint();
  });
  observer.observe(w.body);
  w.undo.push(() => {
    observer.disconnect();
    cancelAnimationFrame(request);
  });
}
