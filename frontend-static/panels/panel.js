/** What every panel is: a custom element that a scene's declaration places, redrawn when the language changes. */

import { fill, h } from "../core/dom.js";
import { store } from "../core/store.js";
import { words } from "../core/words/index.js";
import { Refused } from "../core/api.js";

/** @typedef {import("../core/api.js").Json} Json */

/**
 * What a page hands to its panels.
 * @typedef {object} Context
 * @property {Json} twin
 * @property {Json} scene
 * @property {Json} me
 * @property {Json[]} scenes
 * @property {Map<string, Json>} kinds
 * @property {import("../map/viewer.js").City} city
 * @property {import("../layers/host.js").LayerHost} layers
 * @property {import("../core/live.js").Live} live
 * @property {import("../core/picked.js").Picked} picked
 */

export class Panel extends HTMLElement {
  /** @type {Json} */
  panel = {};
  /** @type {Context} */
  // @ts-expect-error a panel is never on a page before `place` has given it its context
  context;
  /** @type {(() => void)[]} */
  #undo = [];

  connectedCallback() {
    this.classList.add("panel", `panel-${this.panel.form}`);
    this.dataset.panel = this.panel.id;
    this.listen(store.on("language", () => this.render()));
    this.render();
    this.start();
  }

  disconnectedCallback() {
    for (const undo of this.#undo.splice(0)) undo();
  }

  /** Keeps how to stop something until the panel goes. @param {() => void} undo */
  listen(undo) {
    this.#undo.push(undo);
  }

  /** Does something now and every so often, while the panel is there. @param {() => void} act @param {number} seconds */
  every(act, seconds) {
    act();
    if (seconds > 0) {
      const timer = setInterval(act, seconds * 1000);
      this.listen(() => clearInterval(timer));
    }
  }

  /** Called once, when the panel is on the page. */
  start() {}

  /** Draws the panel as it is now; called again for another language. */
  render() {}

  /** The panel's heading, as declared. @param {...any} more */
  heading(...more) {
    return h("header", { class: "panel-head" }, h("h2", {}, words.title(this.panel)), ...more);
  }

  /** Shows an error where the content would be. @param {unknown} error */
  fail(error) {
    console.warn(error);
    fill(this, this.heading(), trouble(error));
  }
}

/**
 * What went wrong, in the server's words: thing, reason, way out.
 * @param {unknown} error
 * @returns {HTMLElement}
 */
export function trouble(error) {
  if (!(error instanceof Refused)) return h("p", { class: "trouble", role: "alert" }, words.say("error.unreachable"));
  return h("p", { class: "trouble", role: "alert" },
    h("strong", {}, [error.thing, error.reason].filter(Boolean).join(": ")),
    error.wayOut ? h("span", {}, error.wayOut) : null);
}
