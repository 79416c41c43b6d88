/** Where a person was, in order: a line from place to place at the height of each floor, and a dot per place. */

import { Cesium, draw } from "../map/viewer.js";
import { colour } from "../map/palette.js";
import { strandCollection } from "./lines.js";

/** @typedef {import("../core/api.js").Json} Json */
/** @typedef {{key: string, entity: string | null, lonlat: [number, number], height: number, minutes: number, first: number}} Stop */

/** Metres that a path stands above the floor it is on. */
const LIFT_M = 1.5;
const SMALLEST_DOT = 9;
const LARGEST_DOT = 26;

/**
 * Features are trajectory rows, oldest first: `{place: {key, entity, lonlat, height_m}, minutes}`.
 * @param {import("../map/viewer.js").City} city
 * @param {Json} _layer its colour is the accent: what was asked stands out
 * @param {Json[]} features
 * @returns {Promise<import("./index.js").Drawn>}
 */
export async function add(city, _layer, features) {
  const placed = features.filter((row) => row.place.lonlat);
  const stops = stopsOf(city, placed);
  const primitives = [
    strandCollection(legsOf(city, placed), colour("--accent", 0.6)),
    strandCollection(stops.map((stop) => stem(city, stop)), colour("--path-stem", 0.8)),
    dotCollection(stops),
  ];
  for (const primitive of primitives) city.scene.primitives.add(primitive);
  draw(city);
  return {
    show: (shown) => {
      for (const primitive of primitives) primitive.show = shown;
      draw(city);
    },
    mark: () => {},
    colourBy: () => {},
    remove: () => {
      for (const primitive of primitives) city.scene.primitives.remove(primitive);
      draw(city);
    },
  };
}

/**
 * Each place once, with all its minutes.
 * @param {import("../map/viewer.js").City} city
 * @param {Json[]} rows
 * @returns {Stop[]}
 */
function stopsOf(city, rows) {
  /** @type {Map<string, Stop>} */
  const stops = new Map();
  rows.forEach(({ place, minutes }, index) => {
    const key = String(place.key);
    const stop = stops.get(key) ?? {
      key, entity: place.entity, lonlat: place.lonlat, height: heightOf(city, place), minutes: 0, first: index,
    };
    stop.minutes += minutes;
    stops.set(key, stop);
  });
  return [...stops.values()];
}

/**
 * @param {import("../map/viewer.js").City} city
 * @param {Json} place
 */
function heightOf(city, place) {
  return (place.height_m ?? city.groundM) + LIFT_M;
}

/**
 * Lines between successive places; every way is drawn once, however often it was gone.
 * @param {import("../map/viewer.js").City} city
 * @param {Json[]} rows
 */
function legsOf(city, rows) {
  const legs = new Map();
  for (let i = 1; i < rows.length; i++) {
    const [from, to] = [rows[i - 1].place, rows[i].place];
    const name = [String(from.key), String(to.key)].sort().join(" ");
    if (from.key === to.key || legs.has(name)) continue;
    legs.set(name, { entity: "", width: 2, positions: arch(point(city, from), point(city, to)) });
  }
  return [...legs.values()];
}

/**
 * @param {import("../map/viewer.js").City} city
 * @param {Json} place
 */
function point(city, place) {
  return Cesium.Cartesian3.fromDegrees(place.lonlat[0], place.lonlat[1], heightOf(city, place));
}

/**
 * A low arch, so that ways over the same ground can be told apart.
 * @param {import("cesium").Cartesian3} from
 * @param {import("cesium").Cartesian3} to
 * @returns {Float64Array}
 */
function arch(from, to) {
  const steps = 24;
  const rise = Cesium.Cartesian3.distance(from, to) * 0.16;
  const up = Cesium.Cartesian3.normalize(from, new Cesium.Cartesian3());
  const packed = new Float64Array((steps + 1) * 3);
  for (let i = 0; i <= steps; i++) {
    const t = i / steps;
    const at = Cesium.Cartesian3.lerp(from, to, t, new Cesium.Cartesian3());
    const lift = Cesium.Cartesian3.multiplyByScalar(up, rise * 4 * t * (1 - t), new Cesium.Cartesian3());
    Cesium.Cartesian3.add(at, lift, at);
    packed.set([at.x, at.y, at.z], i * 3);
  }
  return packed;
}

/**
 * A thin line down to the ground: which floor a dot is on is read from its length.
 * @param {import("../map/viewer.js").City} city
 * @param {Stop} stop
 */
function stem(city, stop) {
  const [lon, lat] = stop.lonlat;
  const ends = [stop.height, city.groundM].map((height) => Cesium.Cartesian3.fromDegrees(lon, lat, height));
  return { entity: "", width: 1, positions: new Float64Array(ends.flatMap(({ x, y, z }) => [x, y, z])) };
}

/** @param {Stop[]} stops */
function dotCollection(stops) {
  const collection = new Cesium.PointPrimitiveCollection();
  const most = Math.max(1, ...stops.map((stop) => stop.minutes));
  for (const { entity, lonlat, height, minutes } of stops) {
    collection.add({
      position: Cesium.Cartesian3.fromDegrees(lonlat[0], lonlat[1], height),
      pixelSize: SMALLEST_DOT + (LARGEST_DOT - SMALLEST_DOT) * Math.sqrt(minutes / most),
      color: colour("--accent"), outlineColor: colour("--map-rim"), outlineWidth: 2,
      disableDepthTestDistance: Number.POSITIVE_INFINITY,
      id: { entity },
    });
  }
  return collection;
}
