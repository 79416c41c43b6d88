/** A 3D Tiles layer of our own tiles. */

import { Cesium, draw, isSoftware } from "./viewer.js";
import { Editions } from "./editions.js";
import { columnsOf } from "./shadertext.js";
import { CityShader, colourFeatures } from "./shading.js";
import { joinShared } from "./shared.js";
import { openTree } from "./tree.js";

/** @typedef {import("./viewer.js").City} City */

const CACHE_BYTES = 512 * 1024 * 1024;

/**
 * @typedef {object} Painted
 * @property {(colours: {first: number, rgba: Uint8Array} | null) => void} paint colours by feature number; null: none
 * @property {(names: string[]) => void} refresh fetch these tiles again; what they show stays until the new has come
 * @property {(names: string[] | null) => Promise<void>} reread read the whole tree again, of which these tiles are others
 */

/** @typedef {import("./tree.js").Tree & Painted} Tiles */

/**
 * @param {City} city
 * @param {string} url of a tileset.json
 * @param {import("./tree.js").Look} [look]
 * @returns {Promise<Tiles>}
 */
export async function openTiles(city, url, look) {
  const shader = new CityShader(city);
  const editions = new Editions();
  let inside = false;
  let partly = false;
  const tree = await openTree(city, async () => {
    const tileset = await Cesium.Cesium3DTileset.fromUrl(url, {
      cacheBytes: CACHE_BYTES, maximumScreenSpaceError: isSoftware() ? 8 : 4, backFaceCulling: !inside,
    });
    tileset.customShader = shader.form(partly, columnsOf(tileset));
    editions.follow(tileset);
    return tileset;
  }, look);
  const leaveShared = joinShared(city, {
    shader,
    showInside: (seen) => {
      inside = seen;
      for (const tileset of tree.open) tileset.backFaceCulling = !seen;
    },
    leaveOut: (parts) => {
      partly = parts;
      for (const tileset of tree.open) tileset.customShader = shader.form(parts, columnsOf(tileset));
    },
  });
  return {
    ...tree,
    paint: (colours) => {
      colourFeatures(shader, colours);
      draw(city);
    },
    refresh: (names) => {
      editions.changed(names);
      for (const tileset of tree.open) editions.refresh(tileset, names);
      draw(city);
    },
    reread: (names) => {
      editions.changed(names);
      return tree.reload();
    },
    remove: () => {
      leaveShared();
      tree.remove();
    },
  };
}
