/** GeoJSON geometry as flat arrays of earth-centred metres at a height. */

import { Cesium } from "../map/viewer.js";

/** @typedef {import("../core/api.js").Json} Json */
/** @typedef {number[][]} Ring positions as [lon, lat] */

/**
 * Positions as x, y, z, x, y, z…
 * @param {number[][]} lonlats
 * @param {number} height ellipsoidal metres
 * @returns {Float64Array}
 */
export function toEcef(lonlats, height) {
  const packed = new Float64Array(lonlats.length * 3);
  const point = new Cesium.Cartesian3();
  lonlats.forEach(([lon, lat], index) => {
    Cesium.Cartesian3.fromDegrees(lon, lat, height, Cesium.Ellipsoid.WGS84, point);
    packed.set([point.x, point.y, point.z], index * 3);
  });
  return packed;
}

/**
 * The polygons of a geometry, each as its rings without the closing point; none for other geometries.
 * @param {Json | null} geometry
 * @returns {Ring[][]}
 */
export function polygonsOf(geometry) {
  const all = geometry?.type === "Polygon" ? [geometry.coordinates]
    : geometry?.type === "MultiPolygon" ? geometry.coordinates : [];
  return all.map((/** @type {Ring[]} */ rings) => rings.map(withoutClosing));
}

/**
 * The lines of a geometry: its own, or the outlines of its polygons.
 * @param {Json | null} geometry
 * @returns {Ring[]}
 */
export function linesOf(geometry) {
  if (geometry?.type === "LineString") return [geometry.coordinates];
  if (geometry?.type === "MultiLineString") return geometry.coordinates;
  return polygonsOf(geometry).flat().map((ring) => [...ring, ring[0]]);
}

/**
 * A point that stands for a geometry.
 * @param {Json | null} geometry
 * @returns {[number, number] | null}
 */
export function pointOf(geometry) {
  if (!geometry) return null;
  if (geometry.type === "Point") return geometry.coordinates;
  const [west, south, east, north] = boundsOf(geometry.coordinates);
  return Number.isFinite(west) ? [(west + east) / 2, (south + north) / 2] : null;
}

/**
 * Half of what a geometry spans, metres; 0 for a point.
 * @param {Json | null} geometry
 * @returns {number}
 */
export function radiusOf(geometry) {
  if (!geometry || geometry.type === "Point") return 0;
  const [west, south, east, north] = boundsOf(geometry.coordinates);
  return (Math.hypot((east - west) * Math.cos((south * Math.PI) / 180), north - south) / 2) * 111_320;
}

/**
 * @param {any} coordinates nested to any depth
 * @returns {[number, number, number, number]}
 */
export function boundsOf(coordinates) {
  /** @type {[number, number, number, number]} */
  const bounds = [Infinity, Infinity, -Infinity, -Infinity];
  const flat = coordinates.flat(Infinity);
  const step = is3d(coordinates) ? 3 : 2;
  for (let i = 0; i + 1 < flat.length; i += step) {
    bounds[0] = Math.min(bounds[0], flat[i]);
    bounds[1] = Math.min(bounds[1], flat[i + 1]);
    bounds[2] = Math.max(bounds[2], flat[i]);
    bounds[3] = Math.max(bounds[3], flat[i + 1]);
  }
  return bounds;
}

/** @param {any} coordinates @returns {boolean} */
function is3d(coordinates) {
  let inner = coordinates;
  while (Array.isArray(inner[0])) inner = inner[0];
  return inner.length === 3;
}

/** @param {Ring} ring @returns {Ring} */
function withoutClosing(ring) {
  const [first, last] = [ring[0], ring[ring.length - 1]];
  return first && last && first[0] === last[0] && first[1] === last[1] ? ring.slice(0, -1) : ring;
}
