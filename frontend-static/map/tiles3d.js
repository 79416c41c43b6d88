/** A 3D Tiles layer of our own tiles. */

import { Cesium, draw, isSoftware } from "./viewer.js";
import { cityShader } from "./shading.js";

/** @typedef {import("./viewer.js").City} City */

const CACHE_BYTES = 512 * 1024 * 1024;

/**
 * @typedef {object} Tiles
 * @property {(number: number | null) => void} select the feature number that stands out
 * @property {(shown: boolean) => void} show
 * @property {Promise<void>} firstPicture resolves when all that is in view has come
 * @property {() => void} remove
 */

/**
 * @param {City} city
 * @param {string} url of a tileset.json
 * @returns {Promise<Tiles>}
 */
export async function openTiles(city, url) {
  const shader = cityShader(city);
  const tileset = await Cesium.Cesium3DTileset.fromUrl(url, {
    cacheBytes: CACHE_BYTES, maximumScreenSpaceError: isSoftware() ? 8 : 4,
  });
  tileset.customShader = shader;
  city.scene.primitives.add(tileset);
  tileset.tileLoad.addEventListener(() => draw(city));
  const firstPicture = wholePicture(city, tileset);
  return {
    select: (number) => {
      shader.setUniform("u_selected", number ?? -1);
      draw(city);
    },
    show: (shown) => {
      tileset.show = shown;
      draw(city);
    },
    firstPicture,
    remove: () => {
      city.scene.primitives.remove(tileset);
      draw(city);
    },
  };
}

/**
 * Resolves after the frame that first shows all that is in view.
 * @param {City} city
 * @param {import("cesium").Cesium3DTileset} tileset
 * @returns {Promise<void>}
 */
function wholePicture(city, tileset) {
  return new Promise((resolve) => {
    // A tree can call itself loaded before any content came: wait for a tile that is seen, too.
    let seen = false;
    tileset.tileVisible.addEventListener(() => (seen = true));
    tileset.allTilesLoaded.addEventListener(() => draw(city));
    const stop = city.scene.postRender.addEventListener(() => {
      if (!seen || !tileset.tilesLoaded) return;
      stop();
      resolve();
    });
  });
}
