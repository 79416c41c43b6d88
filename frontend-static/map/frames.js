/** How long frames take and what the tiles in them amount to, for as long as somebody watches. */

import { Cesium, draw } from "./viewer.js";

/** @typedef {import("./viewer.js").City} City */

/**
 * A frame that was drawn.
 * @typedef {object} Frame
 * @property {number} at when it began, milliseconds as `performance.now()` counts
 * @property {number} ms until the next could begin: what the eye waits for
 * @property {number} work milliseconds of it that the page itself was busy, without the graphics' share
 */

/**
 * @typedef {object} Amounts
 * @property {number} loaded tiles whose content is there
 * @property {number} drawn tiles in the last frame
 * @property {number} waiting tiles that are asked for or being unpacked
 * @property {number} features in the last frame
 * @property {number} triangles in the last frame
 * @property {number} bytes of graphics memory: geometry, textures and columns
 */

/** Milliseconds that frames are remembered. */
export const KEPT_MS = 10_000;

export class FrameWatch {
  /** @type {Frame[]} oldest first */
  frames = [];
  /** @type {Amounts} */
  amounts;
  /** Whether frames are drawn one after another, whether there is anything new to show or not. */
  steady = false;
  #began = 0;
  #drew = false;
  #work = 0;
  /** @type {(() => void)[]} */
  #stops;

  /** @param {City} city */
  constructor(city) {
    this.amounts = amountsOf(city.scene);
    const forget = () => (this.#drew = false); // nothing is drawn out of sight: the time until then is no frame's
    document.addEventListener("visibilitychange", forget);
    this.#stops = [
      city.scene.preUpdate.addEventListener(() => this.#begin(city)),
      city.scene.postRender.addEventListener(() => {
        [this.#drew, this.#work] = [true, performance.now() - this.#began];
        this.amounts = amountsOf(city.scene);
      }),
      () => document.removeEventListener("visibilitychange", forget),
    ];
  }

  end() {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** The browser offers a frame: the one before it, if one was drawn, is over. @param {City} city */
  #begin(city) {
    const now = performance.now();
    if (this.#drew) this.frames.push({ at: this.#began, ms: now - this.#began, work: this.#work });
    [this.#began, this.#drew] = [now, false];
    while (this.frames.length && this.frames[0].at < now - KEPT_MS) this.frames.shift();
    if (this.steady) draw(city);
  }
}

/** @param {import("cesium").Scene} scene @returns {Amounts} of all tilesets together, as of the last frame */
function amountsOf({ primitives }) {
  const amounts = { loaded: 0, drawn: 0, waiting: 0, features: 0, triangles: 0, bytes: 0 };
  for (let i = 0; i < primitives.length; i++) {
    const tileset = primitives.get(i);
    if (!(tileset instanceof Cesium.Cesium3DTileset)) continue;
    const counted = /** @type {any} */ (tileset).statistics; // Cesium's own inspector reads it, its types do not know it
    amounts.loaded += counted.numberOfTilesWithContentReady;
    amounts.waiting += counted.numberOfPendingRequests + counted.numberOfTilesProcessing;
    amounts.bytes += tileset.totalMemoryUsageInBytes;
    if (!tileset.show) continue;
    amounts.drawn += counted.selected;
    amounts.features += counted.numberOfFeaturesSelected;
    amounts.triangles += counted.numberOfTrianglesSelected;
  }
  return amounts;
}
