/** Numbers that Python packed into text as widgets.Diagnose does. Nothing here touches the page. */

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** The `count` numbers from place `at` on of 16-bit fractions of [low, high], little-endian, in base 64. */
export function fractions(text, at, count, [low, high]) {
  const view = new DataView(bytes(text.slice(...around(2 * at, 2 * (at + count)))).buffer),
    skipped = (2 * at) % 3;
  return Array.from({ length: count }, (_, k) => low + ((high - low) * view.getUint16(skipped + 2 * k, true)) / 65535);
}

/** The `count` points from point `at` on, of signed bytes in base 64, where 127 stands for `reach`. */
export function points(text, at, count, reach) {
  const view = new DataView(bytes(text.slice(...around(2 * at, 2 * (at + count)))).buffer),
    skipped = (2 * at) % 3,
    number = (k) => (reach * view.getInt8(skipped + k)) / 127;
  return Array.from({ length: count }, (_, k) => [number(2 * k), number(2 * k + 1)]);
}

/** The stretch of base-64 text that holds the bytes [from, to): four letters are three bytes. */
const around = (from, to) => [4 * Math.floor(from / 3), 4 * Math.ceil(to / 3)];

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b),
    half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};
