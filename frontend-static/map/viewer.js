/** The 3D view. The only file that takes Cesium from the page; everybody else imports it from here. */

import { colour, token } from "./palette.js";
import { addGround } from "./ground.js";

/** The library, loaded by the page's script element before any module runs. */
export const Cesium = window.Cesium;

/** @typedef {import("cesium").Viewer} Viewer */

/**
 * @typedef {object} City
 * @property {Viewer} viewer
 * @property {import("cesium").Scene} scene
 * @property {number} groundM ellipsoidal height that the flat ground lies at
 * @property {[number, number]} centre lon, lat
 * @property {[number, number, number, number]} extent west, south, east, north of everything
 * @property {[number, number, number, number]} view the same of what is built: what the first view shows
 */

/**
 * Makes the view of a twin: a flat ground at the twin's height, even light, nothing from outside.
 * There is no globe: its surface is the ellipsoid, tens of metres off the ground of most cities.
 * @param {HTMLElement} element
 * @param {{extent: [number, number, number, number] | null, view: [number, number, number, number] | null, centre: [number, number] | null, ground_m: number | null}} twin
 * @returns {City}
 */
export function openCity(element, twin) {
  Cesium.Ion.defaultAccessToken = "";
  const viewer = new Cesium.Viewer(element, {
    baseLayer: false, baseLayerPicker: false, geocoder: false, homeButton: false, sceneModePicker: false,
    navigationHelpButton: false, animation: false, timeline: false, fullscreenButton: false, infoBox: false,
    selectionIndicator: false, skyBox: false, skyAtmosphere: false, globe: false, shadows: false,
    requestRenderMode: true, orderIndependentTranslucency: false, maximumRenderTimeChange: Infinity, scene3DOnly: true, showRenderLoopErrors: false,
    creditContainer: document.createElement("div"), msaaSamples: isSoftware() ? 1 : 4,
    contextOptions: { webgl: { powerPreference: "high-performance" } },
  });
  const { scene } = viewer;
  viewer.resolutionScale = resolutionScale();
  // A pixel of the page is a pixel of the picture, times the scale above.
  viewer.useBrowserRecommendedResolution = true;
  scene.backgroundColor = colour("--map-sky");
  scene.highDynamicRange = false;
  scene.fog.enabled = false;
  if (scene.sun) scene.sun.show = false;
  if (scene.moon) scene.moon.show = false;
  scene.postProcessStages.fxaa.enabled = !isSoftware();
  const extent = twin.extent ?? [114.0, 22.5, 114.1, 22.6];
  /** @type {[number, number]} */
  const centre = twin.centre ?? [(extent[0] + extent[2]) / 2, (extent[1] + extent[3]) / 2];
  const city = { viewer, scene, groundM: twin.ground_m ?? 0, centre, extent, view: twin.view ?? extent };
  steer(scene);
  addGround(city);
  return city;
}

/**
 * Draws the next frame. The view draws only when asked: a wall that shows nothing new costs nothing.
 * @param {City} city
 */
export function draw(city) {
  city.scene.requestRender();
}

/** @param {import("cesium").Scene} scene */
function steer(scene) {
  const steering = scene.screenSpaceCameraController;
  steering.minimumZoomDistance = 30;
  steering.maximumZoomDistance = 60_000;
  steering.inertiaSpin = steering.inertiaTranslate = steering.inertiaZoom = 0.7;
}

/** Fewer pixels where the URL asks for it (a weak machine), never more than the screen has. */
function resolutionScale() {
  const asked = Number(new URLSearchParams(location.search).get("scale") ?? token("--map-scale"));
  return Number.isFinite(asked) && asked >= 0.25 && asked <= 1 ? asked : 1;
}

let software = /** @type {boolean | null} */ (null);

/** Whether pixels are drawn by the processor: smoothing then costs more than it gives. */
export function isSoftware() {
  if (software === null) {
    const gl = document.createElement("canvas").getContext("webgl2");
    const names = gl?.getExtension("WEBGL_debug_renderer_info");
    const renderer = gl && names ? String(gl.getParameter(names.UNMASKED_RENDERER_WEBGL)) : "";
    software = /swiftshader|llvmpipe|software/i.test(renderer);
    gl?.getExtension("WEBGL_lose_context")?.loseContext();
  }
  return software;
}
