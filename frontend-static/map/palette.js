/** The colours of the map are the colours of the page: read from `css/tokens.css`. */

import { Cesium } from "./viewer.js";

/**
 * A token's text.
 * @param {string} name such as `--accent`
 * @returns {string}
 */
export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/**
 * A token as a colour, perhaps with another opacity.
 * @param {string} name
 * @param {number} [alpha]
 * @returns {import("cesium").Color}
 */
export function colour(name, alpha) {
  return cssColour(token(name), alpha);
}

/**
 * @param {string} css
 * @param {number} [alpha]
 * @returns {import("cesium").Color}
 */
export function cssColour(css, alpha) {
  const made = Cesium.Color.fromCssColorString(css);
  if (!made) throw new Error(`${JSON.stringify(css)} is no colour`);
  return alpha === undefined ? made : made.withAlpha(alpha);
}
