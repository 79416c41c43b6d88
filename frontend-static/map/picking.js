/** What lies under the pointer: an entity id, whatever form it is drawn in. */

import { Cesium } from "./viewer.js";

/** @typedef {import("./viewer.js").City} City */
/** @typedef {import("../core/moment.js").Moment} Moment */

/** @type {WeakSet<object>} tilesets whose features are not entities of the model */
const STRANGERS = new WeakSet();

/**
 * Says of a tileset that its features have ids of their own; a tile of it may name an entity (a landmark).
 * @param {import("cesium").Cesium3DTileset} tileset
 */
export function ownIds(tileset) {
  STRANGERS.add(tileset);
}

/** @type {WeakMap<object, Moment>} tilesets that show another moment than now */
const MOMENTS = new WeakMap();

/**
 * Says of a tileset that it shows the city as it stood at another moment.
 * @param {import("cesium").Cesium3DTileset} tileset
 * @param {Moment} moment
 */
export function standsAt(tileset, moment) {
  MOMENTS.set(tileset, moment);
}

/**
 * What is at a pixel: the id of an entity, or null, and the moment that is seen there (null: now).
 * @param {City} city
 * @param {import("cesium").Cartesian2} position pixels of the canvas
 * @returns {{id: string | null, moment: Moment | null}}
 */
export function pickEntity(city, position) {
  const picked = city.scene.pick(position);
  return { id: picked ? idOf(picked) : null, moment: MOMENTS.get(picked?.primitive) ?? null };
}

/** @param {any} picked as Cesium gives it @returns {string | null} */
function idOf(picked) {
  if (picked.primitive && STRANGERS.has(picked.primitive)) {
    const { tile } = picked.content ?? {};
    return tile?.metadata?.getProperty("id") ?? null;
  }
  if (picked instanceof Cesium.Cesium3DTileFeature) return picked.getProperty("id") ?? null;
  const own = picked.pickObject ?? picked.id ?? picked;
  return typeof own?.entity === "string" ? own.entity : null;
}

/**
 * Calls back with the id (or null) of whatever is clicked, and the moment that it is seen at.
 * @param {City} city
 * @param {(id: string | null, moment: Moment | null) => void} onPick
 */
export function listenForPicks(city, onPick) {
  const handler = new Cesium.ScreenSpaceEventHandler(city.viewer.canvas);
  handler.setInputAction(
    (/** @type {{position: import("cesium").Cartesian2}} */ click) => {
      const { id, moment } = pickEntity(city, click.position);
      onPick(id, moment);
    },
    Cesium.ScreenSpaceEventType.LEFT_CLICK,
  );
  // Cesium flies to whatever is double-clicked and keeps it as its centre: the page does not.
  city.viewer.screenSpaceEventHandler.removeInputAction(Cesium.ScreenSpaceEventType.LEFT_DOUBLE_CLICK);
}
