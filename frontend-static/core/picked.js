/** The entity that is picked, with all that is known of it: fetched once, however many panels show it. */

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
