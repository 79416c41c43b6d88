/** The city as it stands now and as it stood at another moment, side by side, with a line to swipe between them. */

import { fill, h } from "../core/dom.js";
import { clock, shownZone, toField } from "../core/format.js";
import { words } from "../core/words/index.js";
import { instantOf, localOf } from "../core/zoned.js";
import { Comparison } from "../layers/comparison.js";
import { trouble } from "../panels/panel.js";
import { Swipe } from "./swipe.js";
import { Tool, action, slider } from "./tool.js";

/** @typedef {import("../core/moment.js").Moment} Moment */

const DAY_MINUTES = 1440;
const DAY_MS = 86_400_000;

/** While the moment is being chosen, nothing is fetched: only when it has stood still for so long. */
const PAUSE_MS = 400;

export class CompareTool extends Tool {
  /** @type {{day: string, minute: number}} this morning, before the day's work */
  #local = { day: localOf(new Date()).day, minute: 0 };
  #knownToday = false;
  /** @type {Comparison | null} */
  #comparison = null;
  /** @type {Swipe | null} */
  #swipe = null;
  /** @type {number | undefined} */
  #timer;
  /** @type {Moment | null} what is shown beside now */
  #shown = null;
  /** @type {unknown} */
  #error = null;

  start() {
    const { layers, picked } = this.context;
    this.#comparison = new Comparison(layers);
    this.listen(() => {
      clearTimeout(this.#timer);
      this.#comparison?.end();
      this.#swipe?.remove();
      if (picked.moment) picked.choose(null);
    });
    const redraw = () => this.#tell();
    layers.addEventListener("change", redraw);
    this.listen(() => layers.removeEventListener("change", redraw));
    this.every(() => this.#label(), 20);
    this.#show();
  }

  keys() {
    const day = (/** @type {number} */ by) => this.#move({
      ...this.#local, day: new Date(Date.parse(this.#local.day) + by * DAY_MS).toISOString().slice(0, 10),
    });
    return [
      { key: "[", word: "compare.day_back", act: () => day(-1) },
      { key: "]", word: "compare.day_on", act: () => day(1) },
      { key: "arrowleft", word: "compare.left", act: () => this.#swipe?.step(-1) },
      { key: "arrowright", word: "compare.right", act: () => this.#swipe?.step(1) },
    ];
  }

  /** @param {{day: string, minute: number}} local */
  #move(local) {
    this.#local = local;
    this.#wait();
  }

  /** @param {boolean} today */
  #know(today) {
    this.#knownToday = today;
    this.#wait();
    this.render();
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#show(), PAUSE_MS);
    this.#tell();
  }

  /** The moment that is chosen. @returns {Moment} */
  #moment() {
    return { at: instantOf(this.#local.day, this.#local.minute).getTime() / 1000, knownToday: this.#knownToday };
  }

  async #show() {
    const moment = this.#moment();
    this.#timer = undefined;
    try {
      if (!await this.#comparison?.to(moment, isPast(moment) ? "left" : "right")) return;
      [this.#shown, this.#error] = [moment, null];
      this.#swipe ??= new Swipe(this.context.city, 0.5);
    } catch (error) {
      [this.#shown, this.#error] = [null, error];
      this.#swipe?.remove();
      this.#swipe = null;
    }
    const { picked } = this.context;
    if (picked.moment) picked.choose(this.#shown && picked.id, { moment: this.#shown });
    this.#tell();
  }

  render() {
    const date = /** @type {HTMLInputElement} */ (h("input", { type: "date", name: "day", required: true }));
    date.addEventListener("change", () => date.value && this.#move({ ...this.#local, day: date.value }));
    const known = (/** @type {boolean} */ today) => action(
      words.say(today ? "compare.known_today" : "compare.known_then"), () => this.#know(today),
      { pressed: today === this.#knownToday, data: { known: today ? "today" : "then" } });
    fill(this, this.heading(),
      h("label", { class: "tool-slider" }, h("span", {}, words.say("compare.day")), date),
      slider(words.say("compare.hour"), { min: 0, max: DAY_MINUTES - 1, step: 5, value: this.#local.minute, name: "minute" },
        (minute) => this.#move({ ...this.#local, minute })),
      h("div", { class: "tool-actions" },
        action(words.say("compare.day_back"), () => this.keys()[0].act(), { key: "[" }),
        action(words.say("compare.day_on"), () => this.keys()[1].act(), { key: "]" })),
      h("div", { class: "tool-actions" }, known(false), known(true)),
      h("div", { class: "tool-state note", role: "status" }));
    this.#tell();
  }

  /** Brings fields and words to what is chosen and shown. */
  #tell() {
    const [state, day, minute] = [".tool-state", "input[name=day]", "input[name=minute]"].map((one) => this.querySelector(one));
    if (!state || !(day instanceof HTMLInputElement) || !(minute instanceof HTMLInputElement)) return;
    day.value = this.#local.day;
    minute.value = String(this.#local.minute);
    minute.setAttribute("aria-valuetext", clock(this.#moment().at));
    const coloured = this.context.layers.coloured();
    fill(state, this.#error ? trouble(this.#error)
      : !this.#isShown() ? words.say("compare.loading", { time: toField(this.#moment().at) })
        : words.say(coloured ? "compare.plain" : "compare.zone", { zone: shownZone() }));
    this.#label();
  }

  #isShown() {
    const { at, knownToday } = this.#moment();
    return this.#shown?.at === at && this.#shown.knownToday === knownToday;
  }

  /** What either side of the line is. */
  #label() {
    if (!this.#shown) return;
    const then = words.say(this.#shown.knownToday ? "compare.then_today" : "compare.then", { time: toField(this.#shown.at) });
    const now = words.say("compare.now", { time: toField(Date.now() / 1000) });
    if (isPast(this.#shown)) this.#swipe?.tell(then, now);
    else this.#swipe?.tell(now, then);
  }
}

/** What is earlier is on the left. @param {Moment} moment */
function isPast({ at }) {
  return at <= Date.now() / 1000;
}
