/** Buildings and other solids, streamed as 3D Tiles. */

import { api } from "../core/api.js";
import { openTiles } from "../map/tiles3d.js";

/**
 * @param {import("../map/viewer.js").City} city
 * @param {import("../core/api.js").Json} layer `url` where the twin names one
 * @returns {Promise<import("./index.js").Drawn & {tiles: import("../map/tiles3d.js").Tiles}>}
 */
export async function add(city, layer) {
  const tiles = await openTiles(city, layer.url ?? api.tileset(layer.kind));
  return { tiles, show: tiles.show, mark: () => {}, colourBy: () => {}, remove: tiles.remove };
}
