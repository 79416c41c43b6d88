/** Lines on the ground: roads and rivers as wide as they are, boundaries as thin as they can be seen. */

import { Cesium, draw } from "../map/viewer.js";
import { fillCollection } from "./fills.js";
import { linesOf, toEcef } from "./geometry.js";
import { flatHeight } from "./levels.js";
import { layerNumber, layerPaint } from "./look.js";
import { ribbon } from "./ribbon.js";

/** @typedef {import("../core/api.js").Json} Json */
/** @typedef {{entity: string, positions: Float64Array, width: number}} Strand */

/** Metres, where a source does not say how wide a road is. */
const ROAD_WIDTHS = /** @type {{[road: string]: number}} */ ({
  motorway: 22, trunk: 18, primary: 15, secondary: 12, tertiary: 9, residential: 6, service: 4, footway: 2, path: 2,
});

/**
 * @param {import("../map/viewer.js").City} city
 * @param {Json} layer
 * @param {Json[]} features
 * @returns {Promise<import("./index.js").Drawn>}
 */
export async function add(city, layer, features) {
  const height = flatHeight(city, layer.kind);
  const pieces = features.flatMap((feature) => linesOf(feature.geometry).flatMap((line) => {
    const strip = ribbon(line, widthOf(feature, layer));
    if (!strip) return [];
    return [{ entity: feature.id, positions: toEcef(strip.lonlats, height), holes: new Uint32Array(0), triangles: strip.triangles }];
  }));
  const collection = city.scene.primitives.add(fillCollection(pieces, layerPaint(layer, layerNumber(layer, "alpha", 1))));
  return {
    show: (shown) => {
      collection.show = shown;
      draw(city);
    },
    mark: () => {},
    colourBy: () => {},
    remove: () => {
      city.scene.primitives.remove(collection);
      draw(city);
    },
  };
}

/**
 * @param {Json} feature
 * @param {Json} layer
 * @returns {number} metres
 */
function widthOf(feature, layer) {
  const { width_m: width, road_class: roadClass } = feature.properties;
  return width ?? ROAD_WIDTHS[roadClass] ?? layerNumber(layer, "width", 5);
}

/**
 * Rims of polygons, in pixels.
 * @param {Json[]} features
 * @param {number} height
 * @param {import("cesium").Color} paint
 * @param {number} width pixels
 */
export function outlineCollection(features, height, paint, width) {
  const strands = features.flatMap((feature) => linesOf(feature.geometry).map((line) => ({
    entity: feature.id, positions: toEcef(line, height), width,
  })));
  return strandCollection(strands, paint);
}

/**
 * Lines as wide as they are on the screen, pixels.
 * @param {Strand[]} strands
 * @param {import("cesium").Color} paint
 */
export function strandCollection(strands, paint) {
  const drawable = strands.filter(({ positions }) => positions.length >= 6);
  const collection = new Cesium.BufferPolylineCollection({
    primitiveCountMax: drawable.length,
    vertexCountMax: drawable.reduce((sum, { positions }) => sum + positions.length / 3, 0),
    allowPicking: false,
  });
  const one = new Cesium.BufferPolyline();
  for (const { positions, width } of drawable) {
    collection.add({ positions, material: new Cesium.BufferPolylineMaterial({ color: paint, width }) }, one);
  }
  return collection;
}
