/** What lies under the pointer: an entity id, whatever form it is drawn in. */

import { Cesium } from "./viewer.js";

/** @typedef {import("./viewer.js").City} City */

/** @type {WeakSet<object>} tilesets whose features are not entities of the model */
const STRANGERS = new WeakSet();

/**
 * Says of a tileset that its features have ids of their own; a tile of it may name an entity (a landmark).
 * @param {import("cesium").Cesium3DTileset} tileset
 */
export function ownIds(tileset) {
  STRANGERS.add(tileset);
}

/**
 * The id of the entity at a pixel, or null.
 * @param {City} city
 * @param {import("cesium").Cartesian2} position pixels of the canvas
 * @returns {string | null}
 */
export function pickEntity(city, position) {
  const picked = city.scene.pick(position);
  if (!picked) return null;
  if (picked.primitive && STRANGERS.has(picked.primitive)) {
    const { tile } = picked.content ?? {};
    return tile?.metadata?.getProperty("id") ?? null;
  }
  if (picked instanceof Cesium.Cesium3DTileFeature) return picked.getProperty("id") ?? null;
  const own = picked.pickObject ?? picked.id ?? picked;
  return typeof own?.entity === "string" ? own.entity : null;
}

/**
 * Calls back with the id (or null) of whatever is clicked.
 * @param {City} city
 * @param {(id: string | null) => void} onPick
 */
export function listenForPicks(city, onPick) {
  const handler = new Cesium.ScreenSpaceEventHandler(city.viewer.canvas);
  handler.setInputAction(
    (/** @type {{position: import("cesium").Cartesian2}} */ click) => onPick(pickEntity(city, click.position)),
    Cesium.ScreenSpaceEventType.LEFT_CLICK,
  );
  // Cesium flies to whatever is double-clicked and keeps it as its centre: the page does not.
  city.viewer.screenSpaceEventHandler.removeInputAction(Cesium.ScreenSpaceEventType.LEFT_DOUBLE_CLICK);
}
