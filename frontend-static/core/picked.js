/** What is picked, with all that is known of it: an entity, fetched once, however many panels show it; or an element. */

import { api } from "./api.js";
import { store } from "./store.js";

export class Picked extends EventTarget {
  /** @type {import("./api.js").Json | null} */
  entity = null;
  /** @type {unknown} */
  error = null;

  constructor() {
    super();
    store.on("selection", () => this.#ask());
    this.#ask();
  }

  /**
   * Picks an entity by its id, or something that is none but says the same things of itself, or nothing.
   * @param {string | null} id
   * @param {import("./api.js").Json | null} element
   */
  choose(id, element = null) {
    store.set("selection", id);
    if (id !== null || this.entity === element) return;
    [this.entity, this.error] = [element, null];
    this.dispatchEvent(new Event("change"));
  }

  async #ask() {
    const id = store.get("selection");
    this.error = null;
    try {
      const entity = id ? await api.entity(id) : null;
      if (store.get("selection") !== id) return; // another was picked meanwhile
      this.entity = entity;
    } catch (error) {
      if (store.get("selection") !== id) return;
      [this.entity, this.error] = [null, error];
    }
    this.dispatchEvent(new Event("change"));
  }
}
