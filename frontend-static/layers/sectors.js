/** What cameras look at: a flat sector from each, as far as its range. Shown for those in question, not for all. */

import { Cesium, draw } from "../map/viewer.js";
import { colour } from "../map/palette.js";
import { toEcef } from "./geometry.js";
import { flatHeight } from "./levels.js";

/** @typedef {import("../core/api.js").Json} Json */

const STEP_DEG = 6;
const METRES_PER_DEGREE = 111_320;
/** Where a source does not say. */
const USUAL = { fov: 90, range: 50 };

/** @type {import("cesium").BufferPolygonCollection | null} */
let shown = null;

/**
 * Shows the sectors of these cameras and of no others. Devices without a heading have none.
 * @param {{city: import("../map/viewer.js").City, layers: import("./host.js").LayerHost}} context
 * @param {string[]} ids
 */
export function showSectors({ city, layers }, ids) {
  const features = ids.map((id) => layers.feature(id)).filter((feature) => feature !== null);
  const rings = features.map(sectorOf).filter((ring) => ring !== null);
  if (shown) city.scene.primitives.remove(shown);
  shown = rings.length ? city.scene.primitives.add(collectionOf(city, rings)) : null;
  draw(city);
}

/**
 * The sector's corners, the camera first.
 * @param {Json} feature
 * @returns {[number, number][] | null}
 */
function sectorOf({ geometry, properties }) {
  const { heading_deg: heading, fov_deg: fov = USUAL.fov, range_m: range = USUAL.range } = properties;
  if (geometry?.type !== "Point" || typeof heading !== "number") return null;
  const [lon, lat] = geometry.coordinates;
  const steps = Math.max(2, Math.ceil(fov / STEP_DEG));
  const stretch = Math.cos((lat * Math.PI) / 180);
  /** @type {[number, number][]} */
  const ring = [[lon, lat]];
  for (let i = 0; i <= steps; i++) {
    const angle = ((heading - fov / 2 + (fov * i) / steps) * Math.PI) / 180;
    ring.push([
      lon + (range * Math.sin(angle)) / (METRES_PER_DEGREE * stretch), lat + (range * Math.cos(angle)) / METRES_PER_DEGREE,
    ]);
  }
  return ring;
}

/**
 * @param {import("../map/viewer.js").City} city
 * @param {[number, number][][]} rings
 */
function collectionOf(city, rings) {
  const corners = rings.reduce((sum, ring) => sum + ring.length, 0);
  const collection = new Cesium.BufferPolygonCollection({
    primitiveCountMax: rings.length, vertexCountMax: corners, holeCountMax: 0, triangleCountMax: corners, allowPicking: false,
  });
  const one = new Cesium.BufferPolygon();
  const material = new Cesium.BufferPolygonMaterial({ color: colour("--sector", 0.26) });
  for (const ring of rings) {
    const fan = Array.from({ length: ring.length - 2 }, (_, i) => [0, i + 1, i + 2]).flat();
    collection.add({
      positions: toEcef(ring, flatHeight(city, "zone")), holes: new Uint32Array(0), triangles: new Uint32Array(fan), material,
    }, one);
  }
  return collection;
}
