/** The city at another moment beside the one that stands now: a copy of each of its tilesets, on the other side of a split. */

import { api, Refused } from "../core/api.js";
import { FORMS } from "./index.js";

/** @typedef {import("../core/moment.js").Moment} Moment */
/** @typedef {import("./index.js").Drawn} Drawn */
/** @typedef {import("../map/tree.js").Side} Side */
/** @typedef {Map<string, Promise<Drawn | null>>} Copies layer id -> what is drawn of it; null: nothing of it stood then */

const NOT_FOUND = 404;

/** A copy takes its place after so long even where nothing of it is in view. */
const PATIENCE_MS = 15_000;

export class Comparison {
  /** @type {Copies} */
  #copies = new Map();
  /** @type {{moment: Moment, side: Side} | null} what is seen beside now */
  #seen = null;
  /** @type {Set<Drawn>} what stands now and is cut off at the split */
  #split = new Set();
  #ticket = 0;
  #follow = () => this.#place();

  /** @param {import("./host.js").LayerHost} host */
  constructor(host) {
    this.host = host;
    host.addEventListener("change", this.#follow);
  }

  /**
   * Shows a moment on one side and now on the other, once all of it that is in view has come; until then the picture
   * stays as it is. Refused, in the server's words, where nothing of the solids stood then: then only now is seen.
   * @param {Moment} moment
   * @param {"left" | "right"} side of the moment
   * @returns {Promise<boolean>} false: another moment was asked for meanwhile
   */
  async to(moment, side) {
    const ticket = ++this.#ticket;
    /** @type {Copies} */
    const copies = new Map();
    for (const { id } of this.#timed()) copies.set(id, this.#copy(id, moment, side));
    try {
      const all = await Promise.all(copies.values());
      await Promise.race([Promise.all(all.map((drawn) => drawn?.firstPicture)), pause(PATIENCE_MS)]);
    } catch (error) {
      drop(copies);
      if (ticket !== this.#ticket) return false;
      this.#clear();
      throw error;
    }
    if (ticket !== this.#ticket) {
      drop(copies);
      return false;
    }
    drop(this.#copies);
    [this.#copies, this.#seen] = [copies, { moment, side }];
    this.#place();
    return true;
  }

  /** Now is seen alone again. */
  end() {
    this.#ticket++;
    this.host.removeEventListener("change", this.#follow);
    this.#clear();
  }

  #clear() {
    drop(this.#copies);
    [this.#copies, this.#seen] = [new Map(), null];
    for (const drawn of this.#split) drawn.split?.("both");
    this.#split.clear();
  }

  /** Layers that the server shows at any moment, and that are on. */
  #timed() {
    const shown = this.host.shown();
    return this.host.layers.filter((layer) => layer.timed && shown.includes(layer.id));
  }

  /**
   * @param {string} id
   * @param {Moment} moment
   * @param {Side} side
   * @returns {Promise<Drawn | null>}
   */
  async #copy(id, moment, side) {
    const layer = this.host.layers.find((one) => one.id === id);
    if (!layer) return null;
    try {
      const url = await api.tilesetAt(layer.url, moment);
      return await FORMS[layer.form].add(this.host.city, { ...layer, url, look: { moment, side } }, []);
    } catch (error) {
      if (layer.form === "tiles3d" || !(error instanceof Refused) || error.status !== NOT_FOUND) throw error;
      return null; // nothing stood there yet
    }
  }

  /** What is on now, on either side; layers that were switched on meanwhile get their copy. */
  #place() {
    if (!this.#seen) return;
    const { moment, side } = this.#seen;
    const timed = this.#timed();
    for (const { id } of timed) {
      if (!this.#copies.has(id)) this.#copies.set(id, this.#copy(id, moment, side));
      this.host.get(id)?.then((drawn) => this.#cutOff(drawn, side === "left" ? "right" : "left"), () => {});
    }
    for (const [id, copy] of this.#copies) {
      copy.then((drawn) => drawn?.show(timed.some((layer) => layer.id === id)), (error) => this.host.onError(error));
    }
  }

  /** @param {Drawn} drawn @param {Side} side */
  #cutOff(drawn, side) {
    if (!this.#seen) return; // it was ended while this was on its way
    this.#split.add(drawn);
    drawn.split?.(side);
  }
}

/** @param {Copies} copies */
function drop(copies) {
  for (const copy of copies.values()) copy.then((drawn) => drawn?.remove(), () => {});
}

/** @param {number} ms @returns {Promise<void>} */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
