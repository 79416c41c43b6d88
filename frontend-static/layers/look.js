/** How a layer is coloured: the page's own token for its kind first, so that both themes stay calm; else as declared. */

import { cssColour, token } from "../map/palette.js";

/** @typedef {import("../core/api.js").Json} Json */

/**
 * @param {Json} layer
 * @returns {string} a CSS colour
 */
export function layerColour(layer) {
  return token(`--layer-${layer.kind ?? layer.form}`) || layer.colour || token("--data");
}

/**
 * @param {Json} layer
 * @param {string} part such as `fill`, `edge`, `size`
 * @param {number} otherwise
 * @returns {number}
 */
export function layerNumber(layer, part, otherwise) {
  const text = token(`--layer-${layer.kind ?? layer.form}-${part}`);
  const value = Number(text);
  return text && Number.isFinite(value) ? value : otherwise;
}

/**
 * @param {Json} layer
 * @param {number} [alpha]
 * @returns {import("cesium").Color}
 */
export function layerPaint(layer, alpha) {
  return cssColour(layerColour(layer), alpha);
}
