/** A state as colours: what layers paint what they, or others, have drawn with. */

import { colour } from "../map/palette.js";
import { AMOUNTS, STOPS, shade } from "./scale.js";

/** @typedef {import("../core/state.js").StateColumn} StateColumn */
/** @typedef {{first: number, rgba: Uint8Array}} Colours */

/** Colours of classes, as tokens `--class-0` and on; further classes take them again. */
export const CLASS_TOKENS = 12;
const STEPS = 256;

/** Share of the values that lie above the top of a scale of amounts, and how many values there must be for it. */
const CLIPPED = 0.02;
const LEAST_CLIPPED = 200;

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
  const paint = column.classes ? byClass(column.classes.length) : byValue(scaleOf(column));
  for (const [number, value] of column.values) texels[number - first] = paint(value);
  return { first, rgba };
}

/** @param {number} count @returns {(value: number) => number} class to the four bytes of its colour */
function byClass(count) {
  const colours = Array.from({ length: count }, (_, i) => bytes(colour(`--class-${i % CLASS_TOKENS}`)));
  return (value) => colours[value - 1] ?? 0;
}

/**
 * What a scale runs between, and its colours: shares (0 to 1) are shown as they are; of amounts the highest fiftieth
 * has one colour, so that a single tower does not make all else look alike.
 * @typedef {{low: number, high: number, clipped: boolean, stops: string[]}} Scale
 */

/** @type {WeakMap<StateColumn, Scale>} the scale of a column stays while its values change one by one */
const SCALES = new WeakMap();

/** @param {StateColumn} column of values @returns {Scale} */
export function scaleOf(column) {
  const known = SCALES.get(column);
  if (known) return known;
  const [low, high] = column.range;
  const values = Float64Array.from(column.values.values()).sort();
  const most = values.length >= LEAST_CLIPPED ? values[Math.floor(values.length * (1 - CLIPPED))] : high;
  const share = low >= 0 && high <= 1;
  const scale = share ? { low: 0, high: 1, clipped: false, stops: STOPS } : { low, high: most, clipped: most < high, stops: AMOUNTS };
  SCALES.set(column, scale);
  return scale;
}

/**
 * @param {Scale} scale
 * @param {number} value
 * @returns {number} 0..1
 */
export function shareOf({ low, high }, value) {
  return high > low ? Math.min(Math.max((value - low) / (high - low), 0), 1) : 1;
}

/** @param {Scale} scale @returns {(value: number) => number} value to the four bytes of its colour */
function byValue(scale) {
  const colours = Array.from({ length: STEPS }, (_, i) => bytes(shade(i / (STEPS - 1), scale.stops)));
  return (value) => colours[Math.round(shareOf(scale, value) * (STEPS - 1))];
}

/** @param {import("cesium").Color} made @returns {number} red first in memory */
function bytes(made) {
  const [red, green, blue, alpha] = made.toBytes();
  return (red | (green << 8) | (blue << 16) | (alpha << 24)) >>> 0;
}
