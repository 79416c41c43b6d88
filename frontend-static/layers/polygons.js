/** Areas on the ground: grids, zones, greens, waters. A fill that can carry a value, and an outline. */

import { Cesium, draw } from "../map/viewer.js";
import { colour } from "../map/palette.js";
import earcut from "../vendor/earcut/earcut.js";
import { fillCollection } from "./fills.js";
import { polygonsOf, toEcef } from "./geometry.js";
import { flatHeight } from "./levels.js";
import { outlineCollection } from "./lines.js";
import { layerNumber, layerPaint } from "./look.js";
import { shade } from "./scale.js";

/** @typedef {import("../core/api.js").Json} Json */
/** @typedef {import("./fills.js").Piece} Piece */

/**
 * @param {import("../map/viewer.js").City} city
 * @param {Json} layer
 * @param {Json[]} features
 * @returns {Promise<import("./index.js").Drawn>}
 */
export async function add(city, layer, features) {
  const height = flatHeight(city, layer.kind);
  const pieces = features.flatMap((feature) => piecesOf(feature, height));
  const fillAlpha = layerNumber(layer, "fill", 0.12);
  const fill = fillCollection(pieces, layerPaint(layer, fillAlpha));
  const primitives = [city.scene.primitives.add(fill)];
  const edge = layerNumber(layer, "edge", 1);
  if (edge > 0) {
    const rims = outlineCollection(features, height + 1, layerPaint(layer, layerNumber(layer, "edge-alpha", 0.5)), edge);
    primitives.push(city.scene.primitives.add(rims));
  }
  return drawn(city, layer, primitives, fill, pieces);
}

/**
 * @param {Json} feature
 * @param {number} height ellipsoidal metres
 * @returns {Piece[]} one for each of its polygons
 */
export function piecesOf(feature, height) {
  return polygonsOf(feature.geometry).filter((rings) => rings[0].length >= 3).map((rings) => {
    const lonlats = rings.flat();
    let end = 0;
    const starts = rings.map((ring) => (end += ring.length) - ring.length);
    const holes = new Uint32Array(starts.slice(1));
    const triangles = earcut(lonlats.flatMap(([lon, lat]) => [lon, lat]), [...holes], 2);
    return { entity: feature.id, positions: toEcef(lonlats, height), holes, triangles: new Uint32Array(triangles) };
  });
}

/**
 * @param {import("../map/viewer.js").City} city
 * @param {Json} layer
 * @param {any[]} primitives
 * @param {import("cesium").BufferPolygonCollection} fill
 * @param {Piece[]} pieces
 * @returns {import("./index.js").Drawn}
 */
function drawn(city, layer, primitives, fill, pieces) {
  const plain = layerPaint(layer, layerNumber(layer, "fill", 0.12));
  /** @type {Map<string, number>} */
  let values = new Map();
  /** @type {Set<string>} */
  let marked = new Set();

  const paintOf = (/** @type {string} */ entity) => {
    if (marked.has(entity)) return colour("--accent", 0.5);
    const value = values.get(entity);
    return value === undefined ? plain : shade(value).withAlpha(layerNumber(layer, "value-alpha", 0.6));
  };
  const repaint = () => {
    const one = new Cesium.BufferPolygon();
    for (let i = 0; i < pieces.length; i++) {
      fill.get(i, one);
      one.setMaterial(new Cesium.BufferPolygonMaterial({ color: paintOf(pieces[i].entity) }));
    }
    draw(city);
  };
  return {
    show: (shown) => {
      for (const primitive of primitives) primitive.show = shown;
      draw(city);
    },
    mark: (ids) => {
      marked = new Set(ids);
      repaint();
    },
    colourBy: (given) => {
      values = given;
      repaint();
    },
    remove: () => {
      for (const primitive of primitives) city.scene.primitives.remove(primitive);
      draw(city);
    },
  };
}
