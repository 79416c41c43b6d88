/** A tileset that is no layer of the model's: landmarks, a point cloud, a building model, or somebody else's. */

import { ownIds } from "../map/picking.js";
import { openTree } from "../map/tree.js";
import { Cesium, isSoftware } from "../map/viewer.js";

/** Points grow with the gap between them, so that a cloud looks closed. */
const POINTS = { attenuation: true, maximumAttenuation: 4, eyeDomeLighting: false };

/**
 * @param {import("../map/viewer.js").City} city
 * @param {import("../core/api.js").Json} layer `url` of its root document; `look` where it shows another moment
 * @returns {Promise<import("./index.js").Drawn>}
 */
export async function add(city, layer) {
  const { show, split, firstPicture, reload, remove } = await openTree(city, async () => {
    const tileset = await Cesium.Cesium3DTileset.fromUrl(layer.url, {
      maximumScreenSpaceError: isSoftware() ? 16 : 8, pointCloudShading: POINTS,
    });
    ownIds(tileset);
    // What is picked has its colour mixed in: multiplied, it would be lost on what is dark.
    tileset.colorBlendMode = Cesium.Cesium3DTileColorBlendMode.MIX;
    tileset.colorBlendAmount = 0.6;
    return tileset;
  }, layer.look);
  return { show, split, firstPicture, reload, remove, mark: () => {}, colourBy: () => {} };
}
