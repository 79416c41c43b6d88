/** How buildings are lit: an architect's model in even light. All of it in one shader, cheap enough for software GL. */

import { Cesium } from "./viewer.js";
import { colour } from "./palette.js";
import { STATE_WIDTH, fragmentText, varyingsOf, vertexText } from "./shadertext.js";
import { leaveOut, setShared } from "./shared.js";

/** @typedef {import("./viewer.js").City} City */
/** @typedef {import("cesium").CustomShader} Shader */

/** Metres at which a building has the lightest tone. */
const TALLEST_M = 110;

/** How much of the page's own light and shade falls on what has an image. */
const LIGHT_ON_PHOTOS = 0.4;

/** Metres that nothing reaches. */
const NO_CUT_M = 1e6;

/** The shader of a tileset in its forms: of all there is or with parts of it left out, by the columns that tiles have. */
export class CityShader {
  /** @type {Map<string, Shader>} made when first needed */
  #forms = new Map();
  /** @type {Map<string, any>} uniforms that were set */
  #values = new Map();

  /** @param {City} city */
  constructor(city) {
    this.setUniform("u_ground", city.groundM);
    followCamera(city, this);
  }

  /** @param {boolean} partly whether parts are left out @param {string[]} columns as `columnsOf` has them @returns {Shader} */
  form(partly, columns) {
    const key = [partly, ...columns].join();
    let shader = this.#forms.get(key);
    if (!shader) {
      this.#forms.set(key, (shader = makeShader(partly, columns)));
      for (const [name, value] of this.#values) shader.setUniform(name, value);
    }
    return shader;
  }

  /** @param {string} name @param {any} value */
  setUniform(name, value) {
    this.#values.set(name, value);
    for (const shader of this.#forms.values()) shader.setUniform(name, value);
  }
}

/** @param {boolean} partly @param {string[]} columns @returns {Shader} */
function makeShader(partly, columns) {
  const varyings = varyingsOf(partly, columns).map((name) => [name, Cesium.VaryingType.FLOAT]);
  const { FLOAT, INT, VEC3, SAMPLER_2D } = Cesium.UniformType;
  return new Cesium.CustomShader({
    lightingModel: Cesium.LightingModel.UNLIT,
    uniforms: {
      u_groundEC: { type: VEC3, value: new Cesium.Cartesian3() },
      u_ground: { type: FLOAT, value: 0 },
      u_upEC: { type: VEC3, value: new Cesium.Cartesian3(0, 0, 1) },
      u_sunEC: { type: VEC3, value: new Cesium.Cartesian3(0, 0, 1) },
      u_low: { type: VEC3, value: rgb("--building-low") },
      u_high: { type: VEC3, value: rgb("--building-high") },
      u_surface: { type: VEC3, value: rgb("--map-terrain") },
      u_sky: { type: VEC3, value: rgb("--map-sky") },
      u_accent: { type: VEC3, value: rgb("--accent") },
      u_shadow: { type: FLOAT, value: tokenNumber("--building-shadow", 0.55) },
      u_roof: { type: FLOAT, value: tokenNumber("--building-roof", 1) },
      u_tallest: { type: FLOAT, value: TALLEST_M },
      u_photo: { type: FLOAT, value: LIGHT_ON_PHOTOS },
      u_fade: { type: FLOAT, value: tokenNumber("--map-fade", 7000) },
      u_selected: { type: INT, value: -1 },
      u_state: { type: SAMPLER_2D, value: stateTexture(new Uint8Array(4)) },
      u_stateFirst: { type: INT, value: 0 },
      u_stateCount: { type: INT, value: 0 },
      u_mask: { type: SAMPLER_2D, value: stateTexture(new Uint8Array(4)) },
      u_maskFirst: { type: INT, value: 0 },
      u_maskCount: { type: INT, value: 0 },
      u_maskElse: { type: INT, value: 0 },
      u_cutNumber: { type: INT, value: -1 },
      u_cutFoot: { type: FLOAT, value: -NO_CUT_M },
      u_cutTop: { type: FLOAT, value: NO_CUT_M },
      u_inside: { type: VEC3, value: rgb("--building-inside") },
    },
    varyings: Object.fromEntries(varyings),
    vertexShaderText: vertexText(partly, columns),
    fragmentShaderText: fragmentText(partly, columns),
  });
}

/**
 * Colours features by their numbers: whatever tile they are in, loaded or yet to come.
 * @param {CityShader} shader
 * @param {{first: number, rgba: Uint8Array} | null} colours four bytes for each number from `first` on; null: none
 */
export function colourFeatures(shader, colours) {
  shader.setUniform("u_stateFirst", colours?.first ?? 0);
  shader.setUniform("u_stateCount", colours ? colours.rgba.length / 4 : 0);
  if (colours) shader.setUniform("u_state", stateTexture(colours.rgba));
}

/**
 * Lets one feature stand out, in every tileset.
 * @param {City} city
 * @param {number | null} number null: none
 */
export function selectFeature(city, number) {
  setShared(city, { u_selected: number ?? -1 });
}

/**
 * Hides features by their numbers, in every tileset.
 * @param {City} city
 * @param {import("../core/visibility.js").Mask | null} mask null: all are seen
 */
export function hideFeatures(city, mask) {
  leaveOut(city, "hidden", mask !== null);
  if (!mask) return setShared(city, { u_maskCount: 0, u_maskElse: 0 });
  const rgba = new Uint8Array(mask.hidden.length * 4);
  mask.hidden.forEach((hidden, i) => (rgba[4 * i] = 255 * hidden));
  return setShared(city, {
    u_mask: stateTexture(rgba), u_maskFirst: mask.first, u_maskCount: mask.hidden.length, u_maskElse: Number(mask.others),
  });
}

/**
 * Shows only what lies between two heights, of one feature or of all.
 * @param {City} city
 * @param {{foot: number, top: number, number: number | null} | null} cut metres above the city's ground; null: no cut
 */
export function cutFeatures(city, cut) {
  leaveOut(city, "cut", cut !== null);
  const { foot, top, number } = cut ?? { foot: -NO_CUT_M, top: NO_CUT_M, number: null };
  setShared(city, { u_cutFoot: Math.max(foot, -NO_CUT_M), u_cutTop: Math.min(top, NO_CUT_M), u_cutNumber: number ?? -1 });
}

/** @param {Uint8Array} rgba */
function stateTexture(rgba) {
  const rows = Math.max(1, Math.ceil(rgba.length / 4 / STATE_WIDTH));
  const texels = new Uint8Array(rows * STATE_WIDTH * 4);
  texels.set(rgba);
  const { NEAREST } = Cesium.TextureMinificationFilter;
  return new Cesium.TextureUniform({
    typedArray: texels, width: STATE_WIDTH, height: rows, repeat: false,
    minificationFilter: NEAREST, magnificationFilter: Cesium.TextureMagnificationFilter.NEAREST,
  });
}

/** @type {WeakMap<City, import("cesium").Cartesian3>} where the light comes from, where that is not the usual place */
const LIGHTS = new WeakMap();

/**
 * @param {City} city
 * @param {import("cesium").Cartesian3 | null} direction towards the light, earth-fixed, a unit long; null: the usual one
 */
export function lightFrom(city, direction) {
  if (direction) LIGHTS.set(city, direction);
  else LIGHTS.delete(city);
}

/**
 * Ground, up and light as the eye sees them: worked out here in double precision, where the shader would lose metres.
 * @param {City} city
 * @param {CityShader} shader
 */
function followCamera(city, shader) {
  const ground = Cesium.Cartesian3.fromDegrees(city.centre[0], city.centre[1], city.groundM);
  const toWorld = Cesium.Transforms.eastNorthUpToFixedFrame(ground);
  const direction = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ z) => Cesium.Cartesian3.normalize(
    Cesium.Matrix4.multiplyByPointAsVector(toWorld, new Cesium.Cartesian3(x, y, z), new Cesium.Cartesian3()),
    new Cesium.Cartesian3(),
  );
  const up = direction(0, 0, 1);
  const evenly = direction(-0.75, -0.55, 0.35);
  city.scene.preRender.addEventListener(() => {
    const view = city.viewer.camera.viewMatrix;
    shader.setUniform("u_groundEC", Cesium.Matrix4.multiplyByPoint(view, ground, new Cesium.Cartesian3()));
    shader.setUniform("u_upEC", Cesium.Matrix4.multiplyByPointAsVector(view, up, new Cesium.Cartesian3()));
    shader.setUniform("u_sunEC", Cesium.Matrix4.multiplyByPointAsVector(view, LIGHTS.get(city) ?? evenly, new Cesium.Cartesian3()));
  });
}

/** A token as the shader reckons: linear light, which is made sRGB again on its way out. @param {string} name */
function rgb(name) {
  const { red, green, blue } = colour(name);
  return new Cesium.Cartesian3(...[red, green, blue].map((part) => part ** 2.2));
}

/** @param {string} name @param {number} otherwise @returns {number} */
function tokenNumber(name, otherwise) {
  const value = Number(getComputedStyle(document.documentElement).getPropertyValue(name));
  return Number.isFinite(value) && value !== 0 ? value : otherwise;
}
