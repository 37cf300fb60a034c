/**
 * A small generator to walk through: a map of all that it draws, the picture under the hand, and for each its nearest
 * training picture. The generator runs in the page (maths/generator.mjs). Python side: widgets.LatentWalk. Chapter:
 * full-models.
 */
import { widget } from "../kit/kit.mjs";
import { compact, fixed, grouped } from "../kit/scales.mjs";
import { generate, middles, nearest, rank, unpacked } from "../maths/generator.mjs";
import { channels, inflate, mix } from "../maths/surfaces.mjs";

const TURN = 350, // ms that a flip takes
  HEAD = 22, // px over a picture, for its title
  CELL = 24; // px of a picture on the map, or a little more

/** Shades of the theme for grey levels: generated pictures are orange on paper, training pictures blue. */
function palette(w) {
  const it = { theme: "" };
  it.follow = () => {
    const text = w.colour("paper");
    if (text === it.theme) return;
    it.theme = text;
    it.rim = w.colour("axis");
    const paper = channels(text);
    for (const name of ["generated", "real"]) {
      const ink = channels(w.colour(name));
      it[name] = Array.from({ length: 256 }, (_, k) => mix(paper, ink, k / 255));
    }
  };
  return it;
}

/** Paints pictures side by side, `columns` of them in a row with a line of paper between, on a small canvas. */
function sheet(pictures, columns, shades) {
  const side = Math.sqrt(pictures[0].length),
    wide = columns * (side + 1) - 1,
    small = Object.assign(document.createElement("canvas"), { width: wide, height: wide }),
    context = small.getContext("2d"),
    image = context.createImageData(wide, wide);
  pictures.forEach((picture, k) =>
    picture.forEach((v, i) => {
      const x = (k % columns) * (side + 1) + (i % side),
        y = Math.floor(k / columns) * (side + 1) + Math.floor(i / side);
      image.data.set([...shades[Math.round(255 * v)], 255], 4 * (y * wide + x));
    }),
  );
  context.putImageData(image, 0, 0);
  return small;
}

/** A square plot with a title above it; `square` is where its picture lies, in px. */
function framed(w, parent, most) {
  const p = w.plot({
    ...{ parent, label: "", shaped: true, margin: { top: HEAD, right: 0, bottom: 0, left: 0 } },
    height: (width, narrow) => Math.min(width, narrow ? 200 : most) + HEAD,
    x: { domain: [-1, 1], hide: true },
    y: { domain: [-1, 1], hide: true, grid: false },
  });
  const title = p.text("strong", { dy: -7 });
  return {
    p,
    layer: p.canvas(),
    /** Puts the title up and the scales over the square. */
    lay: (words, colour) => {
      const side = p.height - HEAD,
        half = p.width / side; // the square lies at the left: what is wider is beyond the domain
      p.extent({ x: [-1, 2 * half - 1] });
      title.dress(`strong ${colour}`);
      title.set(-1, 1, words);
      return { left: 0, top: HEAD, side };
    },
  };
}

/** The map: what the generator draws at the middles of equal cells, or the training pictures nearest to that. */
function mapOf(w, row, colours) {
  const frame = framed(w, row, 400),
    kept = { key: "", sheets: {} };
  const move = ({ x, y }) => handle.move([x, y]);
  const anywhere = frame.p.drag({
    start: (at) => {
      handle.node.focus({ preventScroll: true });
      move(at);
    },
    move,
  });
  anywhere.setAttribute("aria-hidden", "true"); // the handle is for keys
  const handle = frame.p.handle({
    ...{ trait: "latent", axis: "xy", step: 0.05, grain: 0.01, hint: true, hollow: true, label: "latent numbers z" },
    ...{ at: (v) => v, text: ([a, b]) => `${fixed(a)}, ${fixed(b)}` },
  });
  return {
    p: frame.p,
    handle,
    draw: (film, side, squash) => {
      const { left, top, side: wide } = frame.lay(side === "real" ? "the nearest to each" : "all it can draw", side),
        n = Math.max(5, Math.round(wide / CELL / 2) * 2 - 1);
      const key = `${n} ${colours.theme} ${film !== null}`;
      if (film && kept.key !== key) kept.sheets = sheets(film, n, colours);
      kept.key = key;
      frame.layer.paint((c) => film && turned(c, kept.sheets[side], { left, top, wide, squash }));
      frame.p.describe(`Map of ${n} by ${n} ${side === "real" ? "nearest training pictures" : "generated pictures"}`);
    },
  };
}

function sheets(film, n, colours) {
  const generated = middles(n).map((z) => generate(film.layers, z)),
    copies = generated.map((picture) => pictureOf(film, nearest(picture, film).index));
  return { generated: sheet(generated, n, colours.generated), real: sheet(copies, n, colours.real) };
}

const pictureOf = ({ pictures, size }, index) => pictures.subarray(index * size, (index + 1) * size);

/** Draws a small canvas into a square, as wide as a card that turns about its middle. */
function turned(c, small, { left, top, wide, squash }) {
  c.imageSmoothingEnabled = false;
  c.drawImage(small, left + (wide * (1 - squash)) / 2, top, wide * squash, wide);
}

/** The picture under the hand; a click flips it. */
function cardOf(w, row, colours, flip) {
  const frame = framed(w, row, 400);
  frame.p.node.style.cursor = "pointer";
  frame.p.node.addEventListener("click", flip);
  return {
    p: frame.p,
    draw: (now, side, squash) => {
      const real = side === "real",
        { left, top, side: wide } = frame.lay(real ? "nearest training picture" : "generated", side);
      frame.layer.paint((c) => {
        if (!now) return;
        const picture = sheet([real ? now.copy : now.picture], 1, colours[side]);
        turned(c, picture, { left, top, wide, squash });
        c.strokeStyle = colours.rim;
        c.strokeRect(left + (wide * (1 - squash)) / 2 + 0.5, top + 0.5, wide * squash - 1, wide - 1);
      });
      if (now) frame.p.describe(`${real ? "Nearest training picture" : "Generated picture"}: ${now.told}`);
    },
  };
}

/** Distances to the nearest training picture: of unseen digits, of generated ones, and of this one. */
function strip(w) {
  const { edges, unseen, generated } = w.model.get("shares"),
    top = 1.08 * Math.max(...unseen, ...generated);
  const p = w.plot({
    ...{ label: "", height: (_, narrow) => (narrow ? 104 : 132), margin: { top: 20, right: 8, bottom: 38, left: 8 } },
    x: { domain: [0, edges.at(-1)], label: "distance to the nearest training picture", ticks: 6 },
    y: { domain: [0, top], hide: true, grid: false },
  });
  const stairs = (values) => [edges.slice(1).flatMap((e, k) => [edges[k], e]), values.flatMap((v) => [v, v])];
  const marks = {
    ...{ unseen: p.area("real half"), rim: p.line("real thin"), generated: p.line("generated") },
    ...{ here: p.rule("ink bold"), blue: p.text("real halo-text", { dy: -4 }) },
    orange: p.text("generated halo-text", { anchor: "end", dy: -4 }),
  };
  return (distance) => {
    marks.unseen.set(...stairs(unseen));
    marks.rim.set(...stairs(unseen));
    marks.generated.set(...stairs(generated));
    marks.here.set(distance);
    marks.blue.set(0, top, "digits it never saw");
    marks.orange.set(edges.at(-1), top, "generated digits");
    p.describe(`Distances to the nearest training picture; this one: ${fixed(distance)}`);
  };
}

/** A button that says whether it is pressed. */
function flipButton(w, flip) {
  const button = w.button({ label: "Flip to the nearest training picture", press: flip });
  button.dataset.trait = "flipped";
  button.setAttribute("aria-label", "Flip to the nearest training picture");
  w.draw(() => {
    const flipped = w.get("flipped");
    button.setAttribute("aria-pressed", String(flipped));
    button.dataset.said = flipped ? "flipped" : "not flipped";
    button.textContent = flipped ? "Flip back to the generated picture" : "Flip to the nearest training picture";
  });
}

/** Enter, Space or F flips wherever these keys would do nothing else. */
function addKeys(w, flip) {
  w.root.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("button, summary, input, a")) return;
    if (!["Enter", " ", "f", "F"].includes(event.key)) return;
    event.preventDefault();
    flip();
  });
}

/** What is drawn at the latent z, and what is nearest to it. */
function look(film, z, form, unseen) {
  const picture = generate(film.layers, z),
    { index, distance } = nearest(picture, film),
    digit = form.labels[index];
  return {
    ...{ picture, nearest: index, distance, digit, rank: rank(unseen, distance), copy: pictureOf(film, index) },
    told: `nearest is training picture ${grouped(index + 1)}, a ${digit}, ${fixed(distance)} away`,
  };
}

export default widget("A small generator to walk through", (w) => {
  const [form, unseen] = ["form", "unseen"].map((name) => w.model.get(name)),
    state = { film: null, shown: w.get("flipped") ? "real" : "generated", squash: 1, goal: w.get("flipped") },
    flip = () => {
      const flipped = !w.get("flipped");
      w.change({ flipped });
      w.say(flipped ? "Shown: nearest training pictures" : "Shown: generated pictures");
    },
    colours = palette(w),
    row = w.columns(130),
    map = mapOf(w, row, colours),
    card = cardOf(w, row, colours, flip),
    heap = strip(w);
  flipButton(w, flip);
  addKeys(w, flip);
  w.help(
    "Drag anywhere on the map. A click on the large picture flips it, and so do Enter, Space and F on the handle.",
  );
  inflate(w.get("packed")).then((bytes) => {
    state.film = unpacked(bytes, form);
    w.invalidate();
  });
  const turn = (flipped) => {
    const [from, to] = flipped ? ["generated", "real"] : ["real", "generated"];
    state.goal = flipped;
    const at = (t) => {
      Object.assign(state, { shown: t < 0.5 ? from : to, squash: Math.max(0.02, Math.abs(Math.cos(Math.PI * t))) });
      w.invalidate();
    };
    w.animate(TURN, at, () => at(1));
  };
  w.draw(() => {
    colours.follow();
    if (state.goal !== w.get("flipped")) turn(w.get("flipped"));
    const now = state.film && look(state.film, w.get("latent"), form, unseen),
      told =
        now ?? Object.fromEntries(["nearest", "distance", "rank", "digit"].map((name) => [name, w.model.get(name)]));
    map.draw(state.film, state.shown, state.squash);
    card.draw(now, state.shown, state.squash);
    heap(told.distance);
    w.readings.nearest = told.nearest;
    w.readout([
      { trait: "distance", label: "Distance to the nearest", number: told.distance, value: compact(told.distance) },
      { trait: "rank", label: "Unseen digits nearer", number: told.rank, value: `${fixed(told.rank, 0)} %` },
      { trait: "digit", label: "Nearest training digit", number: told.digit, value: `a ${told.digit}`, colour: "real" },
    ]);
  });
});
