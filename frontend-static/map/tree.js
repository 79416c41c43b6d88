/** A tileset that is open: shown or not, on either side of a split, and exchanged for a newer one without a gap. */

import { Cesium, draw } from "./viewer.js";
import { standsAt } from "./picking.js";

/** @typedef {import("./viewer.js").City} City */
/** @typedef {import("cesium").Cesium3DTileset} Tileset */

/** A new tree takes the old one's place after so long even where nothing of it is in view. */
const PATIENCE_MS = 15_000;

/** @typedef {"left" | "right" | "both"} Side */

/** @type {{[side in Side]: import("cesium").SplitDirection}} */
const SIDES = { left: Cesium.SplitDirection.LEFT, right: Cesium.SplitDirection.RIGHT, both: Cesium.SplitDirection.NONE };

/**
 * How a tileset is seen that shows another moment than now.
 * @typedef {{moment?: import("../core/moment.js").Moment, side?: Side}} Look
 */

/**
 * @typedef {object} Tree
 * @property {Set<Tileset>} open the one that is there now, and the one that is coming
 * @property {(shown: boolean) => void} show
 * @property {(side: Side) => void} split on which side of the split it is seen
 * @property {() => Promise<void>} reload read the whole tree again, and change over when its picture is whole
 * @property {Promise<void>} firstPicture resolves when all that is in view has come
 * @property {() => void} remove
 */

/**
 * @param {City} city
 * @param {() => Promise<Tileset>} make reads the tree: now, and at each reload
 * @param {Look} [look]
 * @returns {Promise<Tree>}
 */
export async function openTree(city, make, { moment, side = "both" } = {}) {
  let shown = true;
  let gone = false;
  /** @type {Set<Tileset>} */
  const open = new Set();
  const dress = () => {
    for (const one of open) [one.show, one.splitDirection] = [shown, SIDES[side]];
    draw(city);
  };
  const openOne = async () => {
    const one = await make();
    if (moment) standsAt(one, moment);
    city.scene.primitives.add(one);
    one.tileLoad.addEventListener(() => draw(city));
    open.add(one);
    dress();
    return one;
  };
  const close = (/** @type {Tileset} */ one) => {
    open.delete(one);
    city.scene.primitives.remove(one);
    draw(city);
  };
  let tileset = await openOne();
  const firstPicture = wholePicture(city, tileset);
  /** @type {Promise<void> | null} */
  let reloading = null;
  let again = false;

  async function changeOver() {
    do {
      again = false;
      const next = await openOne();
      if (shown) await Promise.race([wholePicture(city, next), pause(PATIENCE_MS)]);
      close(gone ? next : tileset);
      if (gone) return;
      tileset = next;
    } while (again);
  }

  return {
    open,
    show: (on) => {
      shown = on;
      dress();
    },
    split: (to) => {
      side = to;
      dress();
    },
    reload: () => {
      again = true; // a tree that is being read may be older than what was announced just now
      reloading ??= changeOver().finally(() => (reloading = null));
      return reloading;
    },
    firstPicture,
    remove: () => {
      gone = true;
      close(tileset);
    },
  };
}

/** @param {number} ms @returns {Promise<void>} */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Resolves after the frame that first shows all that is in view.
 * @param {City} city
 * @param {Tileset} tileset
 * @returns {Promise<void>}
 */
function wholePicture(city, tileset) {
  return new Promise((resolve) => {
    // A tree can call itself loaded before any content came: wait for a tile that is seen, too.
    let seen = false;
    tileset.tileVisible.addEventListener(() => (seen = true));
    tileset.allTilesLoaded.addEventListener(() => draw(city));
    const stop = city.scene.postRender.addEventListener(() => {
      if (tileset.isDestroyed()) stop();
      else if (seen && tileset.tilesLoaded) {
        stop();
        resolve();
      }
    });
  });
}
