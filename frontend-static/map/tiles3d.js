/** A 3D Tiles layer of our own tiles. */

import { Cesium, draw, isSoftware } from "./viewer.js";
import { cityShader, colourFeatures } from "./shading.js";
import { joinShared } from "./shared.js";

/** @typedef {import("./viewer.js").City} City */

const CACHE_BYTES = 512 * 1024 * 1024;

/** A new tree takes the old one's place after so long even where nothing of it is in view. */
const PATIENCE_MS = 15_000;

/**
 * @typedef {object} Tiles
 * @property {(number: number | null) => void} select the feature number that stands out
 * @property {(shown: boolean) => void} show
 * @property {(colours: {first: number, rgba: Uint8Array} | null) => void} paint colours by feature number; null: none
 * @property {(seen: boolean) => void} showInside whether walls are seen from within, too
 * @property {(names: string[]) => void} refresh fetch these tiles again; what they show stays until the new has come
 * @property {() => Promise<void>} reload read the whole tree again, and change over when its picture is whole
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
  const leaveShared = joinShared(city, shader);
  let shown = true;
  let inside = false;
  let tileset = await open(city, url, shader);
  const firstPicture = wholePicture(city, tileset);
  /** @type {Promise<void> | null} */
  let reloading = null;
  let again = false;

  async function changeOver() {
    do {
      again = false;
      const next = await open(city, url, shader);
      next.show = shown;
      next.backFaceCulling = !inside;
      if (shown) await Promise.race([wholePicture(city, next), pause(PATIENCE_MS)]);
      city.scene.primitives.remove(tileset);
      tileset = next;
      draw(city);
    } while (again);
  }

  return {
    select: (number) => {
      shader.setUniform("u_selected", number ?? -1);
      draw(city);
    },
    show: (on) => {
      shown = on;
      tileset.show = on;
      draw(city);
    },
    paint: (colours) => {
      colourFeatures(shader, colours);
      draw(city);
    },
    showInside: (seen) => {
      inside = seen;
      tileset.backFaceCulling = !seen;
      draw(city);
    },
    refresh: (names) => {
      refreshTiles(tileset, new Set(names));
      draw(city);
    },
    reload: () => {
      again = true; // a tree that is being read may be older than what was announced just now
      reloading ??= changeOver().finally(() => (reloading = null));
      return reloading;
    },
    firstPicture,
    remove: () => {
      leaveShared();
      city.scene.primitives.remove(tileset);
      draw(city);
    },
  };
}

/** @param {number} ms @returns {Promise<void>} */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @param {City} city
 * @param {string} url
 * @param {import("cesium").CustomShader} shader
 * @returns {Promise<import("cesium").Cesium3DTileset>}
 */
async function open(city, url, shader) {
  const tileset = await Cesium.Cesium3DTileset.fromUrl(url, {
    cacheBytes: CACHE_BYTES, maximumScreenSpaceError: isSoftware() ? 8 : 4,
  });
  tileset.customShader = shader;
  city.scene.primitives.add(tileset);
  tileset.tileLoad.addEventListener(() => draw(city));
  return tileset;
}

/**
 * Marks tiles as out of date: the next frame that needs one fetches it, and draws what it has until then. A tile that is
 * under way is marked when it comes: it may have been sent before the change.
 * @param {import("cesium").Cesium3DTileset} tileset
 * @param {Set<string>} names files, such as `0.glb`
 */
function refreshTiles(tileset, names) {
  const waiting = /** @type {any[]} */ ([tileset.root]);
  while (waiting.length) {
    const tile = waiting.pop();
    waiting.push(...tile.children);
    if (!names.has(nameOf(tile))) continue;
    if (tile.contentReady) tile.expireDate = Cesium.JulianDate.now();
    else if (!tile.contentUnloaded) expireWhenLoaded(tileset, tile);
  }
}

/**
 * @param {import("cesium").Cesium3DTileset} tileset
 * @param {any} tile
 */
function expireWhenLoaded(tileset, tile) {
  const stop = tileset.tileLoad.addEventListener((/** @type {any} */ loaded) => {
    if (loaded !== tile) return;
    stop();
    tile.expireDate = Cesium.JulianDate.now();
  });
}

/** The file that a tile's content is. @param {any} tile @returns {string} */
function nameOf(tile) {
  const uri = String(tile._header?.content?.uri ?? "");
  return uri.slice(uri.lastIndexOf("/") + 1);
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
