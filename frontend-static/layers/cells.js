/** H3 cells or squares with a value each: one kind of cells at a time, as fine as the view shows. */

import { api } from "../core/api.js";
import { cellSizeM, readCells } from "../core/cells.js";
import { store } from "../core/store.js";
import { CellModel } from "../map/cells.js";
import { metresPerPixel } from "../map/camera.js";
import { offerPicks } from "../map/picking.js";
import { complain, followState, liveLink } from "./following.js";
import { explain } from "./keys.js";
import { layerNumber } from "./look.js";
import { coloursOf, scaleOf, shareOf } from "./states.js";

/** @typedef {import("../core/api.js").Json} Json */
/** @typedef {import("../core/cells.js").Lattice} Lattice */
/** @typedef {import("../core/state.js").StateColumn} StateColumn */
/** @typedef {import("../map/viewer.js").City} City */

/** A finer kind of cells is taken where its cells are so many pixels wide. */
const LEAST_PIXELS = 12;

/** @type {Map<string, Promise<Lattice>>} lattices that some layer has asked for */
const FETCHED = new Map();

/** @param {string} name @param {boolean} [again] whether to ask the server for it anew */
function latticeOf(name, again = false) {
  const known = again ? undefined : FETCHED.get(name);
  const asked = known ?? api.cells(name).then(readCells);
  FETCHED.set(name, asked);
  asked.catch(() => FETCHED.delete(name));
  return asked;
}

/** One kind of cells of a layer: its model, and the state that colours it. */
class Level {
  /** @type {CellModel | null} */
  model = null;
  #chosen = "";
  #wanted = false;
  /** @type {Promise<void>} what is under way: states are painted one after the other */
  #painting = Promise.resolve();
  /** @type {(() => void)[]} told when it is seen */
  #waiting = [];

  /** @param {City} city @param {Json} layer @param {string} kind */
  constructor(city, layer, kind) {
    this.city = city;
    this.layer = layer;
    this.kind = kind;
    this.state = followState(liveLink(), `${layer.state}@${kind}`, (column, whole) => {
      this.#painting = this.#painting.then(() => this.#paint(column, whole)).catch(complain);
    });
  }

  /** @param {boolean} shown @param {() => void} [seen] called when its cells are seen */
  show(shown, seen = () => {}) {
    this.#wanted = shown;
    this.#waiting = shown ? [...this.#waiting, seen] : [];
    this.state.show(shown);
    if (!shown) this.model?.show(false);
  }

  /** @param {StateColumn | null} column @param {boolean} whole */
  async #paint(column, whole) {
    if (!column || !this.#wanted) return;
    const cells = await latticeOf(this.kind, whole && this.model !== null);
    if (!this.model || (whole && !sameCells(this.model.cells, cells))) {
      this.model?.remove();
      this.model = new CellModel(this.city, cells, {
        lift: this.layer.lift ?? 0, rise: this.layer.rise ?? 0, alpha: layerNumber(this.layer, "alpha", 0.62),
      });
      await this.model.open();
      this.choose(this.#chosen);
    }
    this.model.paint(texelsOf(cells, column));
    this.model.show(this.#wanted);
    if (!this.#wanted) return;
    explain(this.layer, column);
    for (const seen of this.#waiting.splice(0)) seen();
  }

  /** @param {string} id of the picked cell or of anything else */
  choose(id) {
    this.#chosen = id;
    const own = `cell/${this.kind}/`;
    this.model?.choose(id.startsWith(own) ? this.model.cells.positionOf(id.slice(own.length)) : -1);
  }

  /** @param {import("cesium").Ray} ray */
  meet(ray) {
    const met = this.model?.shown ? this.model.meet(ray) : null;
    return met && { id: `cell/${this.kind}/${this.model?.cells.nameAt(met.position)}`, distance: met.distance };
  }
}

/**
 * @param {City} city
 * @param {Json} layer with `cells`, coarse to fine, and `state`
 * @returns {Promise<import("./index.js").Drawn>}
 */
export async function add(city, layer) {
  const levels = /** @type {Level[]} */ (layer.cells.map((/** @type {string} */ kind) => new Level(city, layer, kind)));
  /** @type {Level | null} */
  let current = null;
  let shown = false;
  const follow = () => {
    const next = shown ? levels[suitable(layer.cells, metresPerPixel(city))] : null;
    if (next === current) return;
    const last = current;
    current = next;
    if (!next) {
      for (const level of levels) level.show(false);
      explain(layer, null);
      return;
    }
    next.choose(store.get("selection") ?? "");
    next.show(true, () => { // the last kind of cells stays until the next one is seen
      if (last && last !== current) last.show(false);
    });
  };
  const stops = [city.viewer.camera.moveEnd.addEventListener(follow), offerPicks(city, (ray) => current?.meet(ray) ?? null)];
  return {
    show: (on) => {
      shown = on;
      follow();
    },
    mark: ([id = ""]) => current?.choose(id),
    colourBy: () => {},
    remove: () => {
      shown = false;
      follow();
      for (const stop of stops) stop();
      for (const level of levels) level.model?.remove();
    },
  };
}

/**
 * @param {string[]} kinds coarse to fine
 * @param {number} metresAPixel in the middle of the view
 * @returns {number} which of them to show
 */
export function suitable(kinds, metresAPixel) {
  const fine = kinds.filter((kind) => cellSizeM(kind) >= LEAST_PIXELS * metresAPixel);
  return Math.max(fine.length - 1, 0);
}

/** @param {Lattice} one @param {Lattice} other */
function sameCells(one, other) {
  return one === other || (one.ids.length === other.ids.length && one.ids.every((id, i) => id === other.ids[i]));
}

/**
 * A state as texels: each known cell's colour, and how high it stands.
 * @param {Lattice} cells
 * @param {StateColumn} column
 * @returns {Uint8Array}
 */
export function texelsOf(cells, column) {
  const texels = new Uint8Array(4 * cells.columns * cells.rows);
  const colours = coloursOf(column);
  if (!colours) return texels;
  const scale = column.classes ? null : scaleOf(column);
  for (const [position, value] of column.values) {
    const [from, to] = [4 * (position - colours.first), 4 * cells.texels[position]];
    for (let part = 0; part < 3; part++) texels[to + part] = colours.rgba[from + part];
    texels[to + 3] = 1 + Math.round(254 * (scale ? shareOf(scale, value) : 1));
  }
  return texels;
}
