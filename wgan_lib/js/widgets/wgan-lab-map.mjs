/** The lab's map: the critic's surface or slopes, both samples, arrows, the generator's grid. Chapter: lab. */
import { channels, contour, diverging, levels, mix, sequential } from "../maths/surfaces.mjs";
import { reachOf } from "./wgan-lab-training.mjs";

const SIDE = 48, // points per side of the surface the worker sends
  DOT = 2.1, // px,
  SMALL = 220, // and less on a map as narrow as this
  STEEPEST = 2, // slope at which the colours end
  ARROW = 0.16; // length of an arrow of slope 1, as a share of the half side

/** Colours of the theme, asked for anew when the paper's changes. */
function palette(w) {
  const it = { paper: "" };
  it.follow = () => {
    const text = w.colour("paper");
    if (text === it.paper) return;
    const paper = channels(text),
      tint = (name, t) => mix(paper, channels(w.colour(name)), t);
    for (const name of ["real", "generated", "critic", "ink", "muted"]) it[name] = w.colour(name);
    it.paper = text;
    it.ofValue = diverging(tint("generated", 0.6), paper, tint("real", 0.6));
    it.ofSlope = sequential(paper, tint("critic", 0.8));
  };
  return it;
}

/** Values painted cell by cell into a small canvas, which the map then stretches. */
function paintSurface(small, values, colour) {
  Object.assign(small, { width: SIDE, height: SIDE });
  const context = small.getContext("2d"),
    image = context.createImageData(SIDE, SIDE);
  for (let k = 0; k < SIDE * SIDE; k++)
    image.data.set([...colour(values[k]), 255], 4 * ((SIDE - 1 - Math.floor(k / SIDE)) * SIDE + (k % SIDE)));
  context.putImageData(image, 0, 0);
}

export function labMap(w, parent) {
  const axis = { domain: [-1, 1], hide: true, grid: false, ticks: [] };
  const p = w.plot({
    ...{ parent, shaped: true, x: axis, y: { ...axis }, margin: { top: 4, right: 4, bottom: 4, left: 4 } },
    height: (width, narrow) => Math.min(width, narrow ? 196 : 420),
    label: "The critic's surface with samples of both laws",
  });
  const layer = p.canvas(),
    title = p.text("ink strong halo-text", { dx: 6, dy: 16 }),
    small = document.createElement("canvas"),
    colours = palette(w),
    name = p.text("muted halo-text", { dx: 6, dy: -6 });
  layer.node.style.transition = "opacity 0.15s 0.25s"; // a quick answer does not flicker

  function lines(c, xs, ys, place) {
    c.beginPath();
    for (let k = 0; k < xs.length; k++) {
      if (Number.isNaN(xs[k])) continue;
      const [x, y] = place(xs[k], ys[k]);
      if (k === 0 || Number.isNaN(xs[k - 1])) c.moveTo(x, y);
      else c.lineTo(x, y);
    }
    c.stroke();
  }

  function paintCritic(c, frame, slopes) {
    const { surface } = frame,
      values = slopes ? surface.slopes : surface.values,
      [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]),
      middle = (low + high) / 2,
      half = Math.max(1e-9, (high - low) / 2);
    const [left, right] = p.x.range,
      [bottom, top] = p.y.range,
      cell = (right - left) / SIDE;
    paintSurface(small, values, (v) => (slopes ? colours.ofSlope(v / STEEPEST) : colours.ofValue((v - middle) / half)));
    c.drawImage(small, left, top, right - left, bottom - top);
    const place = (x, y) => [left + (x + 0.5) * cell, bottom - (y + 0.5) * cell * ((bottom - top) / (right - left))];
    c.strokeStyle = colours.ink;
    const found = slopes ? [1] : levels(low, high, (high - low) / 10).found;
    for (const level of found) {
      const { xs, ys } = contour(values, SIDE, SIDE, level);
      c.globalAlpha = slopes ? 0.9 : 0.35;
      c.lineWidth = slopes ? 2 : 1;
      lines(c, xs, ys, place);
    }
    c.globalAlpha = 1;
  }

  function paintGrid(c, { points, each }) {
    c.strokeStyle = colours.generated;
    c.globalAlpha = 0.55;
    c.lineWidth = 1;
    for (let start = 0; start < points.length; start += 2 * each) {
      c.beginPath();
      for (let k = 0; k < each; k++) c.lineTo(p.x(points[start + 2 * k]), p.y(points[start + 2 * k + 1]));
      c.stroke();
    }
    c.globalAlpha = 1;
  }

  /** Each way from its sample on, with a head where it ends. */
  function paintFlow(c, { points, each, lengths }) {
    c.strokeStyle = colours.ink;
    c.lineWidth = 1.2;
    c.lineJoin = "round";
    c.beginPath();
    lengths.forEach((length, k) => {
      const at = (j) => [p.x(points[2 * (k * each + j)]), p.y(points[2 * (k * each + j) + 1])];
      if (length < 2) return;
      c.moveTo(...at(0));
      for (let j = 1; j < length; j++) c.lineTo(...at(j));
      head(c, at(length - 2), at(length - 1));
    });
    c.stroke();
  }

  function head(c, [x0, y0], [x1, y1]) {
    const turn = Math.atan2(y1 - y0, x1 - x0);
    for (const side of [-1, 1]) {
      c.moveTo(x1, y1);
      c.lineTo(x1 - 4.5 * Math.cos(turn + 0.5 * side), y1 - 4.5 * Math.sin(turn + 0.5 * side));
    }
  }

  function paintArrows(c, { fake, arrows, push }, reach) {
    c.strokeStyle = colours.ink;
    c.lineWidth = 1.4;
    c.beginPath();
    for (let k = 0; k < arrows.length; k += 2) {
      const slope = Math.hypot(arrows[k], arrows[k + 1]),
        scale = push * (ARROW * Math.min(1, STEEPEST / slope) || 0) * reach;
      const [x0, y0] = [p.x(fake[k]), p.y(fake[k + 1])],
        [x1, y1] = [p.x(fake[k] + scale * arrows[k]), p.y(fake[k + 1] + scale * arrows[k + 1])];
      c.moveTo(x0, y0);
      c.lineTo(x1, y1);
      head(c, [x0, y0], [x1, y1]);
    }
    c.stroke();
  }

  function paintDots(c, points, colour, at) {
    const dot = p.width < SMALL ? 0.7 * DOT : DOT;
    c.fillStyle = colour;
    c.beginPath();
    for (let k = 0; k < points.length; k += 2) {
      const [x, y] = at(points[k], points[k + 1]);
      c.moveTo(x + dot, y);
      c.arc(x, y, dot, 0, 2 * Math.PI);
    }
    c.fill();
  }

  /** One dimension: the critic as a curve, real points above the middle, generated ones below; slope 1 fills it. */
  function paintLine(c, { real, fake, line }) {
    const middle = (p.y.range[0] + p.y.range[1]) / 2,
      rows = (points, y) => Array.from(points).flatMap((x, k) => [x, y + 1.6 * ((k % 9) - 4)]);
    const [low, high] = [Math.min(...line), Math.max(...line)],
      half = Math.max(p.x.domain[1], (high - low) / 2);
    c.strokeStyle = colours.critic;
    c.lineWidth = 2.5;
    c.beginPath();
    line.forEach((v, k) => {
      const share = k / (line.length - 1);
      c.lineTo(
        p.x.range[0] + share * (p.x.range[1] - p.x.range[0]),
        middle - ((v - (low + high) / 2) / half) * 0.4 * middle,
      );
    });
    c.stroke();
    paintDots(c, rows(real, middle - 14), colours.real, (x, y) => [p.x(x), y]);
    paintDots(c, rows(fake, middle + 14), colours.generated, (x, y) => [p.x(x), y]);
  }

  /** All that is shown of a frame, inside the axes. */
  function paint(c, frame, reach, slopes) {
    const [left, right] = p.x.range,
      [bottom, top] = p.y.range;
    c.beginPath();
    c.rect(left, top, right - left, bottom - top);
    c.clip();
    c.fillStyle = colours.paper;
    c.fillRect(left, top, right - left, bottom - top);
    if (!frame) return;
    if (frame.dims === 1) {
      paintLine(c, frame);
      return;
    }
    if (frame.surface) paintCritic(c, frame, slopes);
    if (frame.grid) paintGrid(c, frame.grid);
    paintDots(c, frame.real, colours.real, (x, y) => [p.x(x), p.y(y)]);
    paintDots(c, frame.fake, colours.generated, (x, y) => [p.x(x), p.y(y)]);
    if (frame.flow) paintFlow(c, frame.flow);
    if (frame.arrows) paintArrows(c, frame, reach);
    if (w.get("law") === "drawn") paintSheet(c);
  }

  /** The sheet that can be drawn on, where the map is wider. */
  function paintSheet(c) {
    const scale = w.get("scale"),
      [[left, right], [low, high]] = w.reach.points.map((ends) => ends.slice(0, 2).map((v) => v * scale));
    c.strokeStyle = colours.muted;
    c.lineWidth = 1;
    c.strokeRect(p.x(left), p.y(high), p.x(right) - p.x(left), p.y(low) - p.y(high));
  }

  /** How many generated samples of how many no eye can see. */
  function lost({ fake, dims }) {
    const n = fake.length / dims,
      out = Array.from({ length: n }).filter((_, k) =>
        [p.x, p.y].slice(0, dims).some(({ domain }, j) => Math.abs(fake[dims * k + j]) > domain[1]),
      ).length;
    return out > n / 4 ? `${out} of ${n} generated points are off the map` : "";
  }

  return {
    p,
    canvas: layer.node,
    /** Width of the window by its height. */
    wide: () => (p.width - 8) / (p.height - 8),
    /** `named`: the words for a lab that stands beside another. */
    draw: (frame, named = "") => {
      const reach = reachOf(w.get),
        wide = (p.width - 8) / (p.height - 8);
      p.extent({ x: [-reach * wide, reach * wide], y: [-reach, reach] });
      colours.follow();
      const slopes = w.get("layer") === "slope";
      layer.paint((c) => {
        c.save();
        paint(c, frame, reach, slopes);
        c.restore();
      });
      title.show(Boolean(named)).set(p.x.domain[0], reach, named);
      const of = frame?.dims === 1 ? "line: the critic" : slopes ? "bold line: slope 1" : "";
      name.set(p.x.domain[0], -reach, [of, frame ? lost(frame) : ""].filter(Boolean).join("; "));
      if (frame?.measured) {
        const shown = "Samples of both laws on the critic's surface; exact W1 between them";
        p.describe(`${named ? `Lab ${named}. ` : ""}${shown} ${frame.measured.w1.toFixed(2)}`);
      }
    },
  };
}
