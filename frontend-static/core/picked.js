/** What is picked, with all that is known of it: an entity, fetched once, however many panels show it; or an element. */

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
   * Picks what was clicked: an entity by its id, as it stood at a moment; or something that is none but says the same
   * things of itself; or nothing. Whoever sets the store's `selection` picks what stands now.
   * @param {string | null} id
   * @param {{moment?: Moment | null, element?: import("./api.js").Json | null}} [seen]
   */
  choose(id, { moment = null, element = null } = {}) {
    this.#wanted = moment;
    if (store.get("selection") !== id) store.set("selection", id);
    else if (id !== null && !isSameMoment(this.moment, moment)) this.#ask();
    if (id !== null || this.entity === element) return;
    this.#asked += 1; // what was asked before is not wanted any more
    [this.entity, this.moment, this.error] = [element, null, null];
    this.dispatchEvent(new Event("change"));
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
