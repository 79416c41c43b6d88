/** The ground: a disc at the twin's height that fades into the sky, so that the model stands in a room without walls. */

import { Cesium, draw } from "./viewer.js";
import { colour } from "./palette.js";

const SOURCE = `
czm_material czm_getMaterial(czm_materialInput materialInput) {
  czm_material material = czm_getDefaultMaterial(materialInput);
  float far = distance(materialInput.st, vec2(0.5)) * 2.0;
  vec4 shade = mix(near, sky, smoothstep(inner, 1.0, far));
  material.diffuse = shade.rgb;
  material.alpha = 1.0;
  return material;
}`;

const METRES_PER_DEGREE = 111_320;

/** Metres that the ground keeps below what lies on it. */
const GAP_M = 0.5;

/** @typedef {import("./viewer.js").City} City */

/** @type {WeakMap<City, import("cesium").Primitive>} */
const DISCS = new WeakMap();

/** @param {City} city */
export function addGround(city) {
  const [west, south, east, north] = city.extent;
  const stretch = Math.cos(Cesium.Math.toRadians(city.centre[1]));
  const across = Math.max((east - west) * stretch, north - south) * METRES_PER_DEGREE;
  const radius = Math.max(across * 1.6, 6_000);
  const dLat = radius / METRES_PER_DEGREE;
  const dLon = dLat / stretch;
  const [lon, lat] = city.centre;
  DISCS.set(city, city.scene.primitives.add(new Cesium.Primitive({
    asynchronous: false,
    allowPicking: false,
    geometryInstances: new Cesium.GeometryInstance({
      geometry: new Cesium.RectangleGeometry({
        rectangle: Cesium.Rectangle.fromDegrees(lon - dLon, lat - dLat, lon + dLon, lat + dLat),
        // Just under everything that lies on the ground; fine enough to follow the ellipsoid within centimetres.
        height: city.groundM - GAP_M,
        granularity: Cesium.Math.toRadians(Math.min(0.01, dLat / 8)),
        vertexFormat: Cesium.VertexFormat.POSITION_AND_ST,
      }),
    }),
    appearance: new Cesium.MaterialAppearance({
      flat: true,
      faceForward: false,
      translucent: false,
      materialSupport: Cesium.MaterialAppearance.MaterialSupport.TEXTURED,
      material: new Cesium.Material({
        fabric: {
          uniforms: { near: colour("--map-ground"), sky: colour("--map-sky"), inner: 0.35 },
          source: SOURCE,
        },
        translucent: false,
      }),
    }),
  })));
}

/**
 * Keeps the ground below a surface that is shown, so that no valley of it is covered.
 * @param {City} city
 * @param {import("cesium").Cesium3DTileset | null} surface null: the ground lies at the city's height again
 */
export function groundBelow(city, surface) {
  const disc = DISCS.get(city);
  if (!disc) return;
  const sunk = surface ? Math.min(lowestOf(surface) - city.groundM, 0) : 0;
  const up = Cesium.Ellipsoid.WGS84.geodeticSurfaceNormal(Cesium.Cartesian3.fromDegrees(...city.centre));
  disc.modelMatrix = Cesium.Matrix4.fromTranslation(Cesium.Cartesian3.multiplyByScalar(up, sunk, up));
  draw(city);
}

/**
 * @param {import("cesium").Cesium3DTileset} surface
 * @returns {number} ellipsoidal metres of the lowest corner of what encloses it
 */
function lowestOf(surface) {
  const { boundingVolume } = /** @type {any} */ (surface.root).boundingVolume; // not in Cesium's types
  const corners = Cesium.OrientedBoundingBox.computeCorners(boundingVolume);
  return Math.min(...corners.map((corner) => Cesium.Cartographic.fromCartesian(corner).height));
}
