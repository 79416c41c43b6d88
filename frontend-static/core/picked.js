/** The entity that is picked, with all that is known of it: fetched once, however many panels show it. */

import { api } from "./api.js";
import { isSameMoment } from "./moment.js";
import { store } from "./store.js";

/** @typedef {import("./moment.js").Moment} Moment */

export class Picked extends EventTarget {
  /** @type {import("./api.js").Json | null} */
  entity = null;
  /** @type {Moment | null} the moment that `entity` is told of; null: now */
  moment = null;
  /** @type {unknown} */
  error = null;
  /** @type {Moment | null} the moment of the next question */
  #wanted = null;
  #asked = 0;

  /** The id of what is picked, known or not. */
  get id() {
    return store.get("selection");
  }

  constructor() {
    super();
    store.on("selection", () => this.#ask());
    this.#ask();
  }

  /**
   * Picks what was clicked, as it stood at a moment. Whoever sets the store's `selection` picks what stands now.
   * @param {string | null} id
   * @param {Moment | null} moment
   */
  pick(id, moment) {
    this.#wanted = moment;
    if (store.get("selection") !== id) store.set("selection", id);
    else if (!isSameMoment(this.moment, moment)) this.#ask();
  }

  async #ask() {
    const [id, moment, ticket] = [store.get("selection"), this.#wanted, ++this.#asked];
    [this.#wanted, this.error] = [null, null];
    try {
      const entity = id ? await api.entity(id, moment) : null;
      if (ticket !== this.#asked) return; // another was picked meanwhile
      this.entity = entity;
    } catch (error) {
      if (ticket !== this.#asked) return;
      [this.entity, this.error] = [null, error];
    }
    this.moment = id ? moment : null;
    this.dispatchEvent(new Event("change"));
  }
}
