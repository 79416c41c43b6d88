/** A state as colours: what layers paint what they, or others, have drawn with. */

import { colour } from "../map/palette.js";
import { shade } from "./scale.js";

/** @typedef {import("../core/state.js").StateColumn} StateColumn */
/** @typedef {{first: number, rgba: Uint8Array}} Colours */

/** Colours of classes, as tokens `--class-0` and on; further classes take them again. */
export const CLASS_TOKENS = 8;
const STEPS = 256;

/**
 * A state as colours: transparent where nothing is known.
 * @param {StateColumn} column
 * @returns {Colours | null}
 */
export function coloursOf(column) {
  let [first, last] = [Infinity, -Infinity];
  for (const number of column.values.keys()) {
    if (number < first) first = number;
    if (number > last) last = number;
  }
  if (last < first) return null;
  const rgba = new Uint8Array(4 * (last - first + 1));
  const texels = new Uint32Array(rgba.buffer);
  const paint = column.classes ? byClass(column.classes.length) : byValue(column.range);
  for (const [number, value] of column.values) texels[number - first] = paint(value);
  return { first, rgba };
}

/** @param {number} count @returns {(value: number) => number} class to the four bytes of its colour */
function byClass(count) {
  const colours = Array.from({ length: count }, (_, i) => bytes(colour(`--class-${i % CLASS_TOKENS}`)));
  return (value) => colours[value - 1] ?? 0;
}

/**
 * @param {[number, number]} range
 * @returns {(value: number) => number}
 */
function byValue(range) {
  const [low, high] = scaleEnds(range);
  const colours = Array.from({ length: STEPS }, (_, i) => bytes(shade(i / (STEPS - 1))));
  const scale = (STEPS - 1) / (high - low || 1);
  return (value) => colours[Math.min(Math.max(Math.round((value - low) * scale), 0), STEPS - 1)];
}

/**
 * The lowest and the highest value that a scale runs between: shares are shown as they are.
 * @param {[number, number]} range of the values
 * @returns {[number, number]}
 */
export function scaleEnds([low, high]) {
  return low >= 0 && high <= 1 ? [0, 1] : [low, high];
}

/** @param {import("cesium").Color} made @returns {number} red first in memory */
function bytes(made) {
  const [red, green, blue, alpha] = made.toBytes();
  return (red | (green << 8) | (blue << 16) | (alpha << 24)) >>> 0;
}
