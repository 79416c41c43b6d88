/** What lies under the pointer: an entity id, whatever form it is drawn in, or an element that is no entity. */

import { colour } from "./palette.js";
import { Cesium, draw } from "./viewer.js";

/** @typedef {import("./viewer.js").City} City */
/** @typedef {import("../core/api.js").Json} Json */
/** @typedef {import("../core/moment.js").Moment} Moment */

/**
 * What is picked: an entity of the model, by its id; or a feature of another tileset, such as an element of a building
 * model, with what it says of itself, in the form of an entity. `moment`: the one that is seen there; null: now.
 * @typedef {{id: string | null, moment: Moment | null, element?: Json, feature?: import("cesium").Cesium3DTileFeature}} Pick
 */

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
 * What is at a pixel: what is drawn there, or what was offered and lies before it.
 * @param {City} city
 * @param {import("cesium").Cartesian2} position pixels of the canvas
 * @returns {Pick}
 */
export function pickAt(city, position) {
  const drawn = drawnAt(city, position);
  const ray = OFFERS.get(city)?.size ? city.viewer.camera.getPickRay(position) : undefined;
  const met = ray ? [...(OFFERS.get(city) ?? [])].flatMap((offer) => offer(ray) ?? []) : [];
  if (!ray || !met.length) return drawn;
  const nearest = met.reduce((one, other) => (other.distance < one.distance ? other : one));
  const seen = drawn.id || drawn.element ? city.scene.pickPosition(position) : undefined;
  const isBefore = seen && Cesium.Cartesian3.distance(ray.origin, seen) < nearest.distance;
  return isBefore ? drawn : { id: nearest.id, moment: null };
}

/**
 * Says of a tileset that it shows the city as it stood at another moment.
 * @param {import("cesium").Cesium3DTileset} tileset
 * @param {Moment} moment
 */
export function standsAt(tileset, moment) {
  MOMENTS.set(tileset, moment);
}

/** @param {City} city @param {import("cesium").Cartesian2} position @returns {Pick} */
function drawnAt(city, position) {
  const picked = city.scene.pick(position);
  const moment = MOMENTS.get(picked?.primitive) ?? null;
  if (!picked) return { id: null, moment };
  return { ...thingOf(picked), moment };
}

/** @param {any} picked as Cesium gives it @returns {Omit<Pick, "moment">} */
function thingOf(picked) {
  const isFeature = picked instanceof Cesium.Cesium3DTileFeature;
  if (picked.primitive && STRANGERS.has(picked.primitive)) {
    const { tile } = picked.content ?? {};
    const id = tile?.metadata?.getProperty("id") ?? null;
    return id === null && isFeature ? { id, element: elementOf(picked), feature: picked } : { id };
  }
  if (isFeature) return { id: picked.getProperty("id") ?? null };
  const own = picked.pickObject ?? picked.id ?? picked;
  return { id: typeof own?.entity === "string" ? own.entity : null };
}

/**
 * A feature in the form of an entity. Its property sets, where it has any, are among its attributes.
 * @param {import("cesium").Cesium3DTileFeature} feature
 * @returns {Json}
 */
function elementOf(feature) {
  const said = Object.fromEntries(feature.getPropertyIds().map((name) => [name, feature.getProperty(name)]));
  const { id, number, type, name, properties, ...attributes } = said;
  for (const [set, values] of Object.entries(readSets(properties)))
    for (const [key, value] of Object.entries(values)) attributes[key in attributes ? `${key} (${set})` : key] = value;
  const kind = String(type ?? "");
  return { id: String(id ?? number ?? ""), kind, title: String(name || kind), attributes };
}

/** @param {unknown} text JSON: set -> name -> value @returns {{[set: string]: {[name: string]: any}}} */
function readSets(text) {
  if (typeof text !== "string" || !text.startsWith("{")) return {};
  try {
    return Object.fromEntries(Object.entries(JSON.parse(text)).filter(([, values]) => typeof values === "object" && values));
  } catch (error) {
    console.warn("property sets that cannot be read", error);
    return {};
  }
}

/** @type {any} the feature of another tileset that stands out */
let marked = null;

/**
 * Lets a feature of another tileset stand out, and no other; none: none does.
 * @param {City} city
 * @param {import("cesium").Cesium3DTileFeature | undefined} feature
 */
export function standOut(city, feature) {
  if (marked === (feature ?? null)) return;
  if (marked && !marked.content.isDestroyed()) marked.color = Cesium.Color.WHITE;
  marked = feature ?? null;
  if (marked) marked.color = colour("--accent");
  draw(city);
}

/**
 * Calls back with whatever is clicked.
 * @param {City} city
 * @param {(pick: Pick) => void} onPick
 */
export function listenForPicks(city, onPick) {
  const handler = new Cesium.ScreenSpaceEventHandler(city.viewer.canvas);
  handler.setInputAction(
    (/** @type {{position: import("cesium").Cartesian2}} */ click) => onPick(pickAt(city, click.position)),
    Cesium.ScreenSpaceEventType.LEFT_CLICK,
  );
  // Cesium flies to whatever is double-clicked and keeps it as its centre: the page does not.
  city.viewer.screenSpaceEventHandler.removeInputAction(Cesium.ScreenSpaceEventType.LEFT_DOUBLE_CLICK);
}
