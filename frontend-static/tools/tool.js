/** What every tool of the 3D view is: a tray that stands over the map while the tool is in use, and keys. */

import { h } from "../core/dom.js";
import { words } from "../core/words/index.js";
import { Panel } from "../panels/panel.js";

/**
 * @typedef {object} Key
 * @property {string} key as `KeyboardEvent.key` gives it
 * @property {string} word key of the text that says what it does
 * @property {() => void} act
 */

/** The effect of a tool ends when its tray is closed, unless the tool says otherwise. */
export class Tool extends Panel {
  /** Called by the close button. */
  close = () => {};

  /** Keys that hold while the tray is open. @returns {Key[]} */
  keys() {
    return [];
  }

  heading() {
    return h("header", { class: "panel-head" }, h("h2", {}, words.say(`tool.${this.panel.id}`)),
      h("button", { type: "button", class: "close", "aria-label": words.say("detail.close"), on: { click: () => this.close() } }, "×"));
  }
}

/**
 * A button of a tray; its key, if it has one, stands beside the words.
 * @param {string} label
 * @param {() => void} act
 * @param {{key?: string, disabled?: boolean, data?: {[name: string]: string}, pressed?: boolean}} [more]
 */
export function action(label, act, { key, disabled = false, data = {}, pressed } = {}) {
  return h("button", {
    type: "button", class: "tool-action", disabled, data, "aria-keyshortcuts": key?.toUpperCase(),
    "aria-pressed": pressed === undefined ? null : String(pressed), on: { click: act },
  }, h("span", {}, label), key ? h("kbd", {}, key.toUpperCase()) : null);
}

/**
 * A labelled slider.
 * @param {string} label
 * @param {{min: number, max: number, step: number, value: number, name: string}} range
 * @param {(value: number) => void} change called while it is moved
 */
export function slider(label, { min, max, step, value, name }, change) {
  const input = h("input", { type: "range", min, max, step, name });
  /** @type {HTMLInputElement} */ (input).value = String(value);
  input.addEventListener("input", () => change(Number(/** @type {HTMLInputElement} */ (input).value)));
  return h("label", { class: "tool-slider" }, h("span", {}, label), input);
}
