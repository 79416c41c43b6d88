/** Colour scales that people with any colour vision can read: lightness carries the order, hue only helps. */

import { Cesium } from "../map/viewer.js";
import { colour } from "../map/palette.js";

/** The stops of the sequential scale, low to high, as tokens. */
export const STOPS = ["--scale-0", "--scale-1", "--scale-2", "--scale-3", "--scale-4"];

/**
 * A colour for a share.
 * @param {number} share 0..1
 * @returns {import("cesium").Color}
 */
export function shade(share) {
  const at = Math.min(Math.max(share, 0), 1) * (STOPS.length - 1);
  const low = Math.min(Math.floor(at), STOPS.length - 2);
  return Cesium.Color.lerp(colour(STOPS[low]), colour(STOPS[low + 1]), at - low, new Cesium.Color());
}
