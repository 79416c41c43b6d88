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

/** @typedef {(ray: import("cesium").Ray) => {id: string, distance: number} | null} Offer what a ray meets, how far away */

/** @type {WeakMap<City, Set<Offer>>} */
const OFFERS = new WeakMap();

/**
 * Lets something be picked that the library knows no features of.
 * @param {City} city
 * @param {Offer} offer
 * @returns {() => void} how to stop
 */
export function offerPicks(city, offer) {
  const offers = OFFERS.get(city) ?? new Set();
  OFFERS.set(city, offers.add(offer));
  return () => offers.delete(offer);
}

/**
 * The id of what is at a pixel, or null: an entity, or what was offered and lies before it.
 * @param {City} city
 * @param {import("cesium").Cartesian2} position pixels of the canvas
 * @returns {string | null}
 */
export function pick(city, position) {
  const id = pickEntity(city, position);
  const ray = OFFERS.get(city)?.size ? city.viewer.camera.getPickRay(position) : undefined;
  const met = ray ? [...(OFFERS.get(city) ?? [])].flatMap((offer) => offer(ray) ?? []) : [];
  if (!ray || !met.length) return id;
  const nearest = met.reduce((one, other) => (other.distance < one.distance ? other : one));
  const seen = id ? city.scene.pickPosition(position) : undefined;
  return seen && Cesium.Cartesian3.distance(ray.origin, seen) < nearest.distance ? id : nearest.id;
}

/**
 * The id of the entity at a pixel, or null.
 * @param {City} city
 * @param {import("cesium").Cartesian2} position pixels of the canvas
 * @returns {string | null}
 */
function pickEntity(city, position) {
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
    (/** @type {{position: import("cesium").Cartesian2}} */ click) => onPick(pick(city, click.position)),
    Cesium.ScreenSpaceEventType.LEFT_CLICK,
  );
  // Cesium flies to whatever is double-clicked and keeps it as its centre: the page does not.
  city.viewer.screenSpaceEventHandler.removeInputAction(Cesium.ScreenSpaceEventType.LEFT_DOUBLE_CLICK);
}
