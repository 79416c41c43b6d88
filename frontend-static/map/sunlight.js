/** The sun of an instant: the city is lit from where it stands, and buildings throw their shadows. */

import { Cesium, draw } from "./viewer.js";
import { lightFrom } from "./shading.js";

/** @typedef {import("./viewer.js").City} City */

/** @typedef {{altitude: number, azimuth: number}} SunPosition degrees above the horizon, degrees clockwise of north */

/** Metres from the eye within which shadows are drawn. */
const REACH_M = 4_000;

/** What is left of the light in a shadow. */
const DARKNESS = 0.42;

/** Metres above the ground that shadows lie at: over everything flat. */
const SHADE_M = 1.2;

/**
 * Where the sun stands, seen from the city's centre (without refraction). Source: Simon et al. 1994, as Cesium has it.
 * @param {City} city
 * @param {Date} instant
 * @returns {SunPosition}
 */
export function sunPosition(city, instant) {
  const sun = towardsSun(instant);
  const [east, north, up] = axes(city).map((axis) => Cesium.Cartesian3.dot(axis, sun));
  const degrees = Cesium.Math.toDegrees;
  return { altitude: degrees(Math.asin(up)), azimuth: (degrees(Math.atan2(east, north)) + 360) % 360 };
}

/** East, north and up at the city's centre. @param {City} city */
function axes(city) {
  const centre = Cesium.Cartesian3.fromDegrees(city.centre[0], city.centre[1], city.groundM);
  const frame = Cesium.Transforms.eastNorthUpToFixedFrame(centre);
  return [0, 1, 2].map((column) => Cesium.Cartesian3.fromCartesian4(Cesium.Matrix4.getColumn(frame, column, new Cesium.Cartesian4())));
}

/** @param {Date} instant @returns {import("cesium").Cartesian3} unit vector, earth-fixed */
function towardsSun(instant) {
  const time = Cesium.JulianDate.fromDate(instant);
  const inertial = Cesium.Simon1994PlanetaryPositions.computeSunPositionInEarthInertialFrame(time);
  // The same two frames, in the same order, as the scene's own light: shadows fall away from where walls are lit.
  const turn = Cesium.Transforms.computeIcrfToFixedMatrix(time) ?? Cesium.Transforms.computeTemeToPseudoFixedMatrix(time);
  const fixed = Cesium.Matrix3.multiplyByVector(turn, inertial, new Cesium.Cartesian3());
  return Cesium.Cartesian3.normalize(fixed, fixed);
}

/**
 * Turns shadows on.
 * @param {City} city
 * @returns {{to: (instant: Date) => void, end: () => void}} `to` moves the sun
 */
export function openSunlight(city) {
  const { viewer, scene } = city;
  Object.assign(scene.shadowMap, { maximumDistance: REACH_M, size: 2048, softShadows: true, darkness: DARKNESS });
  // Walls shade themselves in stripes with the usual margins, which are for models of a few metres; 1.145 names them so.
  Object.assign(/** @type {any} */ (scene.shadowMap)._primitiveBias, { depthBias: 0.0006, normalOffsetScale: 0.5 });
  const shade = scene.primitives.add(shadePlane(city));
  return {
    to: (instant) => {
      const day = sunPosition(city, instant).altitude > 0;
      viewer.clock.currentTime = Cesium.JulianDate.fromDate(instant);
      viewer.shadows = day;
      shade.show = day;
      lightFrom(city, day ? towardsSun(instant) : null);
      draw(city);
    },
    end: () => {
      viewer.shadows = false;
      scene.primitives.remove(shade);
      lightFrom(city, null);
      draw(city);
    },
  };
}

/**
 * What flat things have of the shadows: a plane over all of them that darkens the picture where it is in the shade.
 * @param {City} city
 */
function shadePlane(city) {
  const [west, south, east, north] = city.extent;
  const [dLon, dLat] = [(east - west) * 0.5, (north - south) * 0.5];
  const { BlendEquation, BlendFunction } = Cesium;
  return new Cesium.Primitive({
    asynchronous: false,
    allowPicking: false,
    shadows: Cesium.ShadowMode.RECEIVE_ONLY,
    geometryInstances: new Cesium.GeometryInstance({
      geometry: new Cesium.RectangleGeometry({
        rectangle: Cesium.Rectangle.fromDegrees(west - dLon, south - dLat, east + dLon, north + dLat),
        height: city.groundM + SHADE_M,
        granularity: Cesium.Math.toRadians(Math.min(0.01, dLat / 4)),
        vertexFormat: Cesium.VertexFormat.POSITION_AND_NORMAL,
      }),
    }),
    appearance: new Cesium.MaterialAppearance({
      flat: true,
      faceForward: false,
      translucent: true,
      materialSupport: Cesium.MaterialAppearance.MaterialSupport.BASIC,
      material: Cesium.Material.fromType("Color", { color: Cesium.Color.WHITE }),
      renderState: {
        depthTest: { enabled: true },
        depthMask: false,
        // What is drawn already, times white or the shadow's grey.
        blending: {
          enabled: true,
          equationRgb: BlendEquation.ADD, equationAlpha: BlendEquation.ADD,
          functionSourceRgb: BlendFunction.DESTINATION_COLOR, functionSourceAlpha: BlendFunction.ZERO,
          functionDestinationRgb: BlendFunction.ZERO, functionDestinationAlpha: BlendFunction.ONE,
        },
      },
    }),
  });
}
