/** A plane around the unit circle, for the pictures of layers, and the curve that a layer sends the circle to. */
import { times } from "../maths/spectral.mjs";

const ROOM = 1.2; // half the side of a plane, in radii of the unit circle
const TURNS = Array.from({ length: 97 }, (_, k) => (k * Math.PI) / 48);

/** The curve that a matrix sends the unit circle to, as xs and ys. */
export function image(weight) {
  const points = TURNS.map((turn) => times(weight, [Math.cos(turn), Math.sin(turn)]));
  return [points.map(([x]) => x), points.map(([, y]) => y)];
}

/** A plane whose units are as long upwards as sideways. */
export function plane(w, parent, label) {
  const p = w.plot({
    ...{ parent, label, height: (width, narrow) => Math.min(width, narrow ? 210 : 350) + 26 },
    ...{ margin: { top: 30, right: 4, bottom: 4, left: 4 }, x: { hide: true }, y: { hide: true, grid: false } },
  });
  p.title = p.text("ink strong", { dx: 2, dy: -14 });
  p.frame = (title) => {
    const [wide, tall] = [p.width - 8, p.height - 34],
      unit = Math.min(wide, tall) / 2 / ROOM;
    p.extent({ x: [-wide / 2 / unit, wide / 2 / unit], y: [-tall / 2 / unit, tall / 2 / unit] });
    p.title.set(p.x.domain[0], p.y.domain[1], title);
  };
  return p;
}
