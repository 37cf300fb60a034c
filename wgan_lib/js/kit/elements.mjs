/** The few calls with which the kit writes HTML and SVG. */

/** HTML element; attributes that start with "on" are listeners. */
export function html(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value != null && value !== false) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** SVG element with attributes. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) if (value != null) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Sets an attribute only where it differs: setting one costs more than reading it. */
export function change(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** "real dashed" → "me-real me-dashed". */
export const classes = (words) =>
  words
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => `me-${word}`)
    .join(" ");

/** Call it before something unfolds below `node`: a browser holds on to what stands further down, this holds `node`. */
export function holdStill(node) {
  const { top } = node.getBoundingClientRect();
  requestAnimationFrame(() => scrollBy({ top: node.getBoundingClientRect().top - top, behavior: "instant" }));
}
