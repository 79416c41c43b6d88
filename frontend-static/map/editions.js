/**
 * Tiles that have changed since the page was opened are asked for under an address of their own.
 *
 * Cesium keeps vertices by the address of the file and their place in it, for as long as anything shows them. The old
 * content is shown until the new has come: under the same address the new would be given the old one's vertices.
 */

import { Cesium } from "./viewer.js";

/** @typedef {import("cesium").Cesium3DTileset} Tileset */

export class Editions {
  #newest = 0;
  /** The edition of all tiles that have none of their own. */
  #ofAll = 0;
  /** @type {Map<string, number>} file, such as `0.glb` -> its edition */
  #names = new Map();

  /** @param {string[] | null} names of tiles that are others now; null: any may be */
  changed(names) {
    this.#newest += 1;
    if (!names) this.#ofAll = this.#newest;
    for (const name of names ?? []) this.#names.set(name, this.#newest);
  }

  /** Lets the tiles of a tree that was read just now be asked for in their newest edition. @param {Tileset} tileset */
  follow(tileset) {
    for (const tile of tilesBelow(tileset.root)) this.#address(tile);
    tileset.tileLoad.addEventListener((/** @type {any} */ tile) => {
      if (tile.hasTilesetContent) for (const below of tilesBelow(tile)) this.#address(below);
    });
  }

  /**
   * Marks tiles as out of date: the next frame that needs one fetches it, and draws what it has until then. A tile that
   * is under way is marked when it comes: it may have been sent before the change.
   * @param {Tileset} tileset
   * @param {string[]} names
   */
  refresh(tileset, names) {
    const meant = new Set(names);
    for (const tile of tilesBelow(tileset.root)) {
      if (!meant.has(nameOf(tile))) continue;
      this.#address(tile);
      if (tile.contentReady) tile.expireDate = Cesium.JulianDate.now();
      else if (!tile.contentUnloaded) expireWhenLoaded(tileset, tile);
    }
  }

  /** @param {any} tile */
  #address(tile) {
    const edition = Math.max(this.#names.get(nameOf(tile)) ?? 0, this.#ofAll);
    if (edition) tile._contentResource?.setQueryParameters({ edition });
  }
}

/** A tile and all below it that are known. @param {any} top @returns {any[]} */
function tilesBelow(top) {
  const [found, waiting] = [/** @type {any[]} */ ([]), [top]];
  while (waiting.length) {
    const tile = waiting.pop();
    found.push(tile);
    waiting.push(...tile.children);
  }
  return found;
}

/**
 * @param {Tileset} tileset
 * @param {any} tile
 */
function expireWhenLoaded(tileset, tile) {
  const stop = tileset.tileLoad.addEventListener((/** @type {any} */ loaded) => {
    if (loaded !== tile) return;
    stop();
    tile.expireDate = Cesium.JulianDate.now();
  });
}

/** The file that a tile's content is. @param {any} tile @returns {string} */
function nameOf(tile) {
  const uri = String(tile._header?.content?.uri ?? "");
  return uri.slice(uri.lastIndexOf("/") + 1);
}
