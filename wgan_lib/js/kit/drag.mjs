/** One way to drag: with pointer capture, for mouse, pen and finger, inside an SVG and outside. */

/**
 * Lets a pointer drag `node`.
 * @param {Element} node what is taken hold of
 * @param {{start: (at: {x: number, y: number}, event) => boolean | void, move?: (at, event) => void,
 *   end?: (at, event, dropped: boolean) => void}} on `at` is in px of `within`; a start that returns false lets go;
 *   `dropped` is false where the browser took the pointer away
 * @param {{within?: Element, axis?: "x" | "y" | "xy", yields?: boolean, w?: object}} options a finger that drags along
 *   `axis` never scrolls the page; one that starts across it does, where the node `yields`. `w`: the frame to tell.
 */
export function drag(node, on, { within = node, axis = "xy", yields = false, w } = {}) {
  let pointer = null;
  const at = (event) => {
    const corner = within.getBoundingClientRect(),
      scale = (within.clientWidth || corner.width) / corner.width || 1; // shown smaller or larger
    return { x: (event.clientX - corner.left) * scale, y: (event.clientY - corner.top) * scale };
  };
  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || pointer !== null) return;
    if (on.start(at(event), event) === false) return;
    pointer = event.pointerId;
    node.setPointerCapture(pointer);
    event.preventDefault();
    if (w) w.held = true;
  });
  node.addEventListener("pointermove", (event) => {
    if (event.pointerId === pointer) on.move?.(at(event), event);
  });
  const finish = (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    if (w) w.held = false;
    on.end?.(at(event), event, event.type === "pointerup");
    w?.invalidate();
  };
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) node.addEventListener(name, finish);
  keepScrolling(node, axis, yields);
}

/** touch-action says what a finger does, but browsers ignore it inside an SVG: there the touch itself is held. */
function keepScrolling(node, axis, yields) {
  if (!(node instanceof SVGElement)) {
    node.style.touchAction = yields ? { x: "pan-y", y: "pan-x", xy: "none" }[axis] : "none";
    return;
  }
  if (!yields) {
    node.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    return;
  }
  let began = null;
  const place = ({ touches: [touch] }) => [touch.clientX, touch.clientY];
  node.addEventListener("touchstart", (event) => (began = place(event)), { passive: true });
  const held = (event) => {
    const [dx, dy] = place(event).map((v, k) => Math.abs(v - began[k]));
    const along = axis === "xy" || (axis === "x" ? dx >= dy : dy >= dx);
    if (event.cancelable && along) event.preventDefault(); // else it is a scroll
  };
  node.addEventListener("touchmove", held, { passive: false });
}
