/** Settings of the city's tilesets that hold for all of them: those that are open and those that are yet to come. */

import { draw } from "./viewer.js";

/** @typedef {import("./viewer.js").City} City */

/**
 * What is open and follows the settings.
 * @typedef {object} Follower
 * @property {{setUniform: (name: string, value: any) => void}} shader
 * @property {(partly: boolean) => void} leaveOut whether parts of the city are left out
 * @property {(seen: boolean) => void} showInside whether walls are seen from within, too
 */

/** @type {WeakMap<City, {followers: Set<Follower>, values: Map<string, any>, leftOut: Set<string>, inside: boolean}>} */
const SHARED = new WeakMap();

/** @param {City} city */
function sharedOf(city) {
  let shared = SHARED.get(city);
  if (!shared) SHARED.set(city, (shared = { followers: new Set(), values: new Map(), leftOut: new Set(), inside: false }));
  return shared;
}

/**
 * Sets a uniform in every shader of the city.
 * @param {City} city
 * @param {{[uniform: string]: any}} values
 */
export function setShared(city, values) {
  const { followers, values: kept } = sharedOf(city);
  for (const [name, value] of Object.entries(values)) {
    kept.set(name, value);
    for (const { shader } of followers) shader.setUniform(name, value);
  }
  draw(city);
}

/**
 * Parts of the city are left out for a reason, or for that reason no more. Where there is none, no pixel is asked.
 * @param {City} city
 * @param {string} reason
 * @param {boolean} holds
 */
export function leaveOut(city, reason, holds) {
  const { followers, leftOut } = sharedOf(city);
  const before = leftOut.size > 0;
  if (holds) leftOut.add(reason);
  else leftOut.delete(reason);
  if (before === leftOut.size > 0) return;
  for (const follower of followers) follower.leaveOut(!before);
  draw(city);
}

/**
 * Walls are seen from within where something is cut away, and not otherwise: that costs.
 * @param {City} city
 * @param {boolean} seen
 */
export function showInside(city, seen) {
  const shared = sharedOf(city);
  shared.inside = seen;
  for (const follower of shared.followers) follower.showInside(seen);
  draw(city);
}

/**
 * Lets a tileset have what is set, now and from now on.
 * @param {City} city
 * @param {Follower} follower
 * @returns {() => void} how to stop
 */
export function joinShared(city, follower) {
  const { followers, values, leftOut, inside } = sharedOf(city);
  for (const [name, value] of values) follower.shader.setUniform(name, value);
  follower.leaveOut(leftOut.size > 0);
  follower.showInside(inside);
  followers.add(follower);
  return () => followers.delete(follower);
}
