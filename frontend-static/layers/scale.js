/** Colour scales that people with any colour vision can read: lightness carries the order, hue only helps. */

import { Cesium } from "../map/viewer.js";
import { colour } from "../map/palette.js";

/** The stops of the scale of shares, from none to all, as tokens. */
export const STOPS = ["--scale-0", "--scale-1", "--scale-2", "--scale-3", "--scale-4"];

/** The stops of the scale of amounts, from little to much. */
export const AMOUNTS = ["--amount-0", "--amount-1", "--amount-2", "--amount-3", "--amount-4"];

/**
 * A colour for a share.
 * @param {number} share 0..1
 * @param {string[]} [stops]
 * @returns {import("cesium").Color}
 */
export function shade(share, stops = STOPS) {
  const at = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const low = Math.min(Math.floor(at), stops.length - 2);
  return Cesium.Color.lerp(colour(stops[low]), colour(stops[low + 1]), at - low, new Cesium.Color());
}
