/** Devices and places as dots at their own height. Thousands are one draw call. */

import { Cesium, draw } from "../map/viewer.js";
import { colour } from "../map/palette.js";
import { addBeacons } from "./beacons.js";
import { pointOf } from "./geometry.js";
import { layerNumber, layerPaint } from "./look.js";
import { shade } from "./scale.js";

/** @typedef {import("../core/api.js").Json} Json */

/** A dot on a wall or on the ground would sink half into it. */
const LIFT_M = 1;

/**
 * @param {import("../map/viewer.js").City} city
 * @param {Json} layer
 * @param {Json[]} features
 * @returns {Promise<import("./index.js").Drawn>}
 */
export async function add(city, layer, features) {
  // What a question found is few and wanted: it is not left to hide behind buildings.
  if (!layer.kind) return addBeacons(city, features);
  const dots = features.flatMap((feature) => {
    const lonlat = pointOf(feature.geometry);
    return lonlat ? [{ entity: String(feature.id), lonlat, height: heightOf(city, feature), status: feature.properties.status }] : [];
  });
  const collection = new Cesium.BufferPointCollection({ primitiveCountMax: dots.length, allowPicking: true });
  const size = layerNumber(layer, "size", 5);
  const alpha = layerNumber(layer, "alpha", 0.9);
  const one = new Cesium.BufferPoint();
  const materials = {
    plain: material(layerPaint(layer, alpha), size),
    idle: material(colour("--silent", alpha), size),
    marked: material(colour("--accent"), size * 2),
  };
  const plainOf = (/** @type {{status?: string}} */ dot) => (dot.status && dot.status !== "ok" ? materials.idle : materials.plain);
  for (const dot of dots) {
    const position = Cesium.Cartesian3.fromDegrees(dot.lonlat[0], dot.lonlat[1], dot.height);
    collection.add({ position, material: plainOf(dot), pickObject: { entity: dot.entity } }, one);
  }
  city.scene.primitives.add(collection);
  /** @param {(dot: typeof dots[number]) => any} choose */
  const repaint = (choose) => {
    dots.forEach((dot, index) => {
      collection.get(index, one);
      one.setMaterial(choose(dot));
    });
    draw(city);
  };
  return {
    show: (shown) => {
      collection.show = shown;
      draw(city);
    },
    mark: (ids) => {
      const chosen = new Set(ids);
      repaint((dot) => (chosen.has(dot.entity) ? materials.marked : plainOf(dot)));
    },
    colourBy: (values) => repaint((dot) => {
      const value = values.get(dot.entity);
      return value === undefined ? plainOf(dot) : material(shade(value), size);
    }),
    remove: () => {
      city.scene.primitives.remove(collection);
      draw(city);
    },
  };
}

/**
 * @param {import("cesium").Color} paint
 * @param {number} size pixels
 */
function material(paint, size) {
  return new Cesium.BufferPointMaterial({ color: paint, size, outlineColor: colour("--map-rim"), outlineWidth: size > 5 ? 1 : 0 });
}

/**
 * @param {import("../map/viewer.js").City} city
 * @param {Json} feature
 * @returns {number} ellipsoidal metres
 */
function heightOf(city, feature) {
  return (feature.properties.stands_m ?? city.groundM) + LIFT_M;
}
