/** The line between two pictures: dragged by its grip, or moved by keys. */

import { fill, find, h } from "../core/dom.js";
import { number } from "../core/format.js";
import { words } from "../core/words/index.js";
import { draw } from "../map/viewer.js";

/** @typedef {import("../map/viewer.js").City} City */

const STEP = 0.01;
const LEAP = 0.1;

export class Swipe {
  #labels = { left: h("p", { class: "swipe-label left" }), right: h("p", { class: "swipe-label right" }) };
  #grip = h("div", {
    class: "swipe-grip", role: "slider", tabindex: 0, "aria-orientation": "horizontal", "aria-valuemin": 0, "aria-valuemax": 100,
    on: {
      pointerdown: (/** @type {PointerEvent} */ event) => this.#take(event),
      pointermove: (/** @type {PointerEvent} */ event) => this.#drag(event),
      keydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
    },
  });
  #element = h("div", { class: "swipe" }, this.#labels.left, this.#labels.right, this.#grip);

  /** @param {City} city @param {number} at share of the map's width that is left of the line */
  constructor(city, at) {
    this.city = city;
    this.at = at;
    find("#map").append(this.#element);
    this.move(at);
  }

  /** @param {number} at 0..1 */
  move(at) {
    this.at = Math.min(Math.max(at, 0), 1);
    this.city.scene.splitPosition = this.at;
    this.#element.style.setProperty("left", `${this.at * 100}%`);
    this.#grip.setAttribute("aria-valuenow", String(Math.round(this.at * 100)));
    this.#grip.setAttribute("aria-valuetext", words.say("compare.value", {
      left: number(this.at * 100), right: number(100 - this.at * 100), then: this.#labels.left.innerText, now: this.#labels.right.innerText,
    }));
    draw(this.city);
  }

  /** @param {number} by steps of a hundredth of the width */
  step(by) {
    this.move(this.at + by * STEP);
  }

  /** What either side shows. @param {string} left @param {string} right */
  tell(left, right) {
    fill(this.#labels.left, left);
    fill(this.#labels.right, right);
    this.#grip.setAttribute("aria-label", words.say("compare.grip"));
    this.move(this.at);
  }

  remove() {
    this.#element.remove();
    this.city.scene.splitPosition = 0;
    draw(this.city);
  }

  /** @param {PointerEvent} event */
  #take(event) {
    if (event.button !== 0) return;
    this.#grip.setPointerCapture(event.pointerId);
    event.preventDefault();
    this.#grip.focus();
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    if (!this.#grip.hasPointerCapture(event.pointerId)) return;
    const { left, width } = find("#map").getBoundingClientRect();
    this.move((event.clientX - left) / width);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const meant = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, PageDown: -LEAP, PageUp: LEAP, Home: -1, End: 1 }[event.key];
    if (meant === undefined) return;
    event.preventDefault();
    this.move(this.at + meant);
  }
}
