/** Flat pieces of ground as triangles: one draw call for a whole layer. */

import { Cesium } from "../map/viewer.js";

/** @typedef {{entity: string, positions: Float64Array, holes: Uint32Array, triangles: Uint32Array}} Piece */

/**
 * @param {Piece[]} pieces
 * @param {import("cesium").Color} paint one that lets nothing through makes the layer opaque, and not to be picked
 */
export function fillCollection(pieces, paint) {
  const total = (/** @type {(piece: Piece) => number} */ size) => pieces.reduce((sum, piece) => sum + size(piece), 0);
  const opaque = paint.alpha >= 1;
  const collection = new Cesium.BufferPolygonCollection({
    primitiveCountMax: pieces.length,
    vertexCountMax: total((piece) => piece.positions.length / 3),
    holeCountMax: total((piece) => piece.holes.length),
    triangleCountMax: total((piece) => piece.triangles.length / 3),
    allowPicking: !opaque,
    blendOption: opaque ? Cesium.BlendOption.OPAQUE : Cesium.BlendOption.TRANSLUCENT,
  });
  const one = new Cesium.BufferPolygon();
  const material = new Cesium.BufferPolygonMaterial({ color: paint });
  for (const { entity, positions, holes, triangles } of pieces) {
    collection.add({ positions, holes, triangles, material, pickObject: { entity } }, one);
  }
  return collection;
}
