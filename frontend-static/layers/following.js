/** States that are followed: each fetched once and then told of over the live link, however many layers show it. */

import { api } from "../core/api.js";
import { readState } from "../core/state.js";

/** @typedef {import("../core/state.js").StateColumn} StateColumn */
/** @typedef {import("../core/live.js").Live} Live */

/**
 * Told with the column, or with null when it is not followed any more. `whole`: it was fetched anew.
 * @typedef {(column: StateColumn | null, whole: boolean) => void} Tell
 */

/** @type {(error: Error) => void} */
let report = console.warn;

/** @type {Live | null} */
let link = null;

/** The link that layers follow states by. @param {Live} live @param {(error: Error) => void} onError */
export function followBy(live, onError) {
  [link, report] = [live, onError];
}

/** Says what went wrong where nobody waits for it. @param {Error} error */
export function complain(error) {
  report(error);
}

/** @returns {Live} */
export function liveLink() {
  if (!link) throw new Error("no live link to follow a state by");
  return link;
}

/** One state of one link, for all who show it. */
class Source {
  /** @type {Set<Tell>} */
  listeners = new Set();
  /** @type {StateColumn | null} */
  column = null;

  /** @param {Live} live @param {string} id */
  constructor(live, id) {
    this.live = live;
    this.id = id;
    live.addEventListener("states", (event) => this.#hear(/** @type {CustomEvent} */ (event).detail));
  }

  /** @param {Tell} tell */
  join(tell) {
    this.listeners.add(tell);
    if (this.column) tell(this.column, true);
    else if (this.listeners.size === 1) this.#load();
  }

  /** @param {Tell} tell */
  leave(tell) {
    this.listeners.delete(tell);
    tell(null, false);
    if (this.listeners.size) return;
    this.column = null;
    this.live.forget("states", this.id);
  }

  /** @param {any} told */
  #hear({ layer, whole, ...delta }) {
    if (layer !== this.id || !this.column) return;
    if (whole) {
      this.#load();
      return;
    }
    this.column.take(delta);
    for (const tell of this.listeners) tell(this.column, false);
  }

  #load() {
    api.state(this.id).then((data) => {
      if (!this.listeners.size) return;
      this.column = readState(data);
      this.live.follow("states", this.id, this.column.version);
      for (const tell of this.listeners) tell(this.column, true);
    }).catch(report);
  }
}

/** @type {WeakMap<Live, Map<string, Source>>} */
const SOURCES = new WeakMap();

/**
 * Follows one state while it is shown.
 * @param {Live} live
 * @param {string} id
 * @param {Tell} tell
 * @returns {{show: (shown: boolean) => void}}
 */
export function followState(live, id, tell) {
  const sources = SOURCES.get(live) ?? new Map();
  SOURCES.set(live, sources);
  const source = sources.get(id) ?? new Source(live, id);
  sources.set(id, source);
  let wanted = false;
  return {
    show: (shown) => {
      if (shown === wanted) return;
      wanted = shown;
      if (shown) source.join(tell);
      else source.leave(tell);
    },
  };
}
