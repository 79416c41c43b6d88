/** Where the view looks from: flights, the first view, and the mirror in the URL. */

import { Cesium } from "./viewer.js";
import { store } from "../core/store.js";

/** @typedef {import("./viewer.js").City} City */

const FLIGHT_S = 1.2;

/**
 * The camera of the URL, or all that is built from the south.
 * @param {City} city
 * @param {{heading?: number, pitch?: number, near?: number}} [first] degrees; near: share of the whole that is shown
 */
export function placeCamera(city, first = {}) {
  const camera = store.get("camera");
  if (camera) setView(city, camera);
  else lookAtCentre(city, first);
  city.viewer.camera.moveEnd.addEventListener(() => store.set("camera", readView(city)));
}

/**
 * @param {City} city
 * @param {{heading?: number, pitch?: number, near?: number}} first
 */
function lookAtCentre(city, { heading = 18, pitch = -32, near = 1 }) {
  const [west, south, east, north] = city.view;
  const across = Math.max((east - west) * Math.cos(Cesium.Math.toRadians(south)), north - south) * 111_320;
  const range = Math.min(Math.max(across * 0.75 * near, 500), 5_200 * near);
  const target = Cesium.Cartesian3.fromDegrees(city.centre[0], city.centre[1], city.groundM);
  const offset = new Cesium.HeadingPitchRange(Cesium.Math.toRadians(heading), Cesium.Math.toRadians(pitch), range);
  city.viewer.camera.lookAt(target, offset);
  city.viewer.camera.lookAtTransform(Cesium.Matrix4.IDENTITY);
}

/**
 * @param {City} city
 * @param {import("../core/store.js").Camera} camera
 */
function setView(city, { lon, lat, height, heading, pitch }) {
  city.viewer.camera.setView({
    destination: Cesium.Cartesian3.fromDegrees(lon, lat, height),
    orientation: { heading: Cesium.Math.toRadians(heading), pitch: Cesium.Math.toRadians(pitch), roll: 0 },
  });
}

/**
 * @param {City} city
 * @returns {import("../core/store.js").Camera}
 */
function readView(city) {
  const { positionCartographic: at, heading, pitch } = city.viewer.camera;
  const degrees = Cesium.Math.toDegrees;
  return {
    lon: degrees(at.longitude), lat: degrees(at.latitude), height: at.height, heading: degrees(heading), pitch: degrees(pitch),
  };
}

/**
 * Flies to a place and keeps the view's direction.
 * @param {City} city
 * @param {[number, number]} lonlat
 * @param {number} [radius] metres that must be seen around it
 * @param {number} [height] ellipsoidal metres
 */
export function flyTo(city, lonlat, radius = 250, height = city.groundM) {
  const { camera } = city.viewer;
  const sphere = new Cesium.BoundingSphere(Cesium.Cartesian3.fromDegrees(lonlat[0], lonlat[1], height), radius);
  const pitch = Math.min(camera.pitch, Cesium.Math.toRadians(-28));
  camera.flyToBoundingSphere(sphere, {
    duration: FLIGHT_S, offset: new Cesium.HeadingPitchRange(camera.heading, pitch, radius * 2.6),
  });
}

/**
 * Flies to where all of several places are seen.
 * @param {City} city
 * @param {number[][]} lonlats
 */
export function flyToAll(city, lonlats) {
  if (!lonlats.length) return;
  const points = lonlats.map(([lon, lat]) => Cesium.Cartesian3.fromDegrees(lon, lat, city.groundM));
  const sphere = Cesium.BoundingSphere.fromPoints(points);
  const { camera } = city.viewer;
  sphere.radius = Math.max(sphere.radius, 150);
  camera.flyToBoundingSphere(sphere, {
    duration: FLIGHT_S,
    offset: new Cesium.HeadingPitchRange(camera.heading, Cesium.Math.toRadians(-42), sphere.radius * 2.3),
  });
}

/**
 * Metres on the ground that a pixel in the middle of the picture is wide.
 * @param {City} city
 * @returns {number}
 */
export function metresPerPixel(city) {
  const { camera, scene } = city.viewer;
  const ground = Cesium.Plane.fromPointNormal(
    Cesium.Cartesian3.fromDegrees(city.centre[0], city.centre[1], city.groundM),
    Cesium.Ellipsoid.WGS84.geodeticSurfaceNormal(camera.positionWC, new Cesium.Cartesian3()),
  );
  const met = Cesium.IntersectionTests.rayPlane(new Cesium.Ray(camera.positionWC, camera.directionWC), ground);
  const distance = met ? Cesium.Cartesian3.distance(camera.positionWC, met) : camera.positionCartographic.height;
  const { drawingBufferWidth: width, drawingBufferHeight: height } = scene;
  return camera.frustum.getPixelDimensions(width, height, distance, 1, new Cesium.Cartesian2()).x;
}
