/** Layers that colour what other layers draw: a state of the features, fetched once and then followed. */

import { api } from "../core/api.js";
import { readState } from "../core/state.js";
import { colour } from "../map/palette.js";
import { shade } from "./scale.js";

/** @typedef {import("../core/state.js").StateColumn} StateColumn */
/** @typedef {{first: number, rgba: Uint8Array}} Colours */

const CLASS_TOKENS = 8;
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
 * Shares are coloured as they are, other values between their lowest and their highest.
 * @param {[number, number]} range
 * @returns {(value: number) => number}
 */
function byValue([low, high]) {
  if (low >= 0 && high <= 1) [low, high] = [0, 1];
  const colours = Array.from({ length: STEPS }, (_, i) => bytes(shade(i / (STEPS - 1))));
  const scale = (STEPS - 1) / (high - low || 1);
  return (value) => colours[Math.min(Math.max(Math.round((value - low) * scale), 0), STEPS - 1)];
}

/** @param {import("cesium").Color} made @returns {number} red first in memory */
function bytes(made) {
  const [red, green, blue, alpha] = made.toBytes();
  return (red | (green << 8) | (blue << 16) | (alpha << 24)) >>> 0;
}

/**
 * Follows one state while it is shown.
 * @param {import("../core/live.js").Live} live
 * @param {string} id
 * @param {(column: StateColumn | null) => void} tell null: it is not followed any more
 * @returns {{show: (shown: boolean) => void}}
 */
export function followState(live, id, tell) {
  /** @type {StateColumn | null} */
  let column = null;
  let wanted = false;

  async function fetchWhole() {
    column = readState(await api.state(id));
    if (!wanted) return;
    tell(column);
    live.follow("states", id, column.version);
  }

  live.addEventListener("states", (event) => {
    const { layer, ...told } = /** @type {CustomEvent} */ (event).detail;
    if (layer !== id || !wanted || !column) return;
    if (told.whole) {
      fetchWhole();
      return;
    }
    column.take(told);
    tell(column);
  });
  return {
    show: (shown) => {
      if (shown === wanted) return;
      wanted = shown;
      if (shown) fetchWhole();
      else {
        live.forget("states", id);
        tell(null);
      }
    },
  };
}
