/** Settings of the city's shaders that hold for every tileset: those that are open and those that are yet to come. */

import { draw } from "./viewer.js";

/** @typedef {import("./viewer.js").City} City */
/** @typedef {import("cesium").CustomShader} Shader */

/** @type {WeakMap<City, {shaders: Set<Shader>, values: Map<string, any>}>} */
const SHARED = new WeakMap();

/** @param {City} city */
function sharedOf(city) {
  let shared = SHARED.get(city);
  if (!shared) SHARED.set(city, (shared = { shaders: new Set(), values: new Map() }));
  return shared;
}

/**
 * Sets a uniform in every shader of the city.
 * @param {City} city
 * @param {{[uniform: string]: any}} values
 */
export function setShared(city, values) {
  const { shaders, values: kept } = sharedOf(city);
  for (const [name, value] of Object.entries(values)) {
    kept.set(name, value);
    for (const shader of shaders) shader.setUniform(name, value);
  }
  draw(city);
}

/**
 * Lets a shader have what is set, now and from now on.
 * @param {City} city
 * @param {Shader} shader
 * @returns {() => void} how to stop
 */
export function joinShared(city, shader) {
  const { shaders, values } = sharedOf(city);
  for (const [name, value] of values) shader.setUniform(name, value);
  shaders.add(shader);
  return () => shaders.delete(shader);
}
