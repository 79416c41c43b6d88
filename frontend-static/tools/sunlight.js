/** The sun and the shadows of any day and hour, by the twin's own clock. */

import { fill, h } from "../core/dom.js";
import { clock, number } from "../core/format.js";
import { words } from "../core/words/index.js";
import { instantOf, localOf } from "../core/zoned.js";
import { openSunlight, sunPosition } from "../map/sunlight.js";
import { Tool, action, slider } from "./tool.js";

const DAY_MINUTES = 1440;

const STEP_MS = 120_000;

/** Degrees: the sun's upper edge is at the horizon, refraction included. */
const HORIZON = -0.833;

export class SunlightTool extends Tool {
  #local = localOf(new Date());
  /** @type {{day: string, between: (Date | undefined)[]}} */
  #lit = { day: "", between: [] };
  /** @type {ReturnType<typeof openSunlight> | null} */
  #sunlight = null;

  start() {
    const sunlight = openSunlight(this.context.city);
    this.#sunlight = sunlight;
    this.listen(() => sunlight.end());
    this.#move(this.#local);
  }

  keys() {
    const step = (/** @type {number} */ minutes) => this.#move({
      ...this.#local, minute: Math.min(Math.max(this.#local.minute + minutes, 0), DAY_MINUTES - 1),
    });
    return [
      { key: "[", word: "sunlight.earlier", act: () => step(-60) },
      { key: "]", word: "sunlight.later", act: () => step(60) },
    ];
  }

  /** @param {{day: string, minute: number}} local */
  #move(local) {
    this.#local = local;
    this.#sunlight?.to(instantOf(local.day, local.minute));
    this.#tell();
  }

  render() {
    const date = /** @type {HTMLInputElement} */ (h("input", { type: "date", name: "day", required: true }));
    date.value = this.#local.day;
    date.addEventListener("change", () => date.value && this.#move({ ...this.#local, day: date.value }));
    fill(this, this.heading(),
      h("label", { class: "tool-slider" }, h("span", {}, words.say("sunlight.day")), date),
      slider(words.say("sunlight.hour"), { min: 0, max: DAY_MINUTES - 1, step: 5, value: this.#local.minute, name: "minute" },
        (minute) => this.#move({ ...this.#local, minute })),
      h("dl", { class: "tool-facts" }),
      h("div", { class: "tool-actions" },
        action(words.say("sunlight.earlier"), () => this.keys()[0].act(), { key: "[" }),
        action(words.say("sunlight.later"), () => this.keys()[1].act(), { key: "]" }),
        action(words.say("sunlight.now"), () => this.#now(), { data: { act: "now" } })));
    this.#tell();
  }

  #now() {
    this.#move(localOf(new Date()));
    this.render();
  }

  #tell() {
    const [facts, input] = [this.querySelector(".tool-facts"), this.querySelector("input[name=minute]")];
    if (!facts || !(input instanceof HTMLInputElement)) return;
    const { day, minute } = this.#local;
    const instant = instantOf(day, minute);
    const { altitude, azimuth } = sunPosition(this.context.city, instant);
    input.value = String(minute);
    input.setAttribute("aria-valuetext", clock(instant.getTime() / 1000));
    const [rise, set] = this.#daylight(day);
    fill(facts,
      ...fact("time", clock(instant.getTime() / 1000)),
      ...fact("altitude", altitude > 0 ? `${number(altitude, 1)}°` : words.say("sunlight.night")),
      ...fact("azimuth", `${number(azimuth, 0)}°`),
      ...fact("daylight", rise && set ? `${clock(rise.getTime() / 1000)} – ${clock(set.getTime() / 1000)}` : "–"));
  }

  /** First and last time of a day that has the sun above the horizon. @param {string} day @returns {(Date | undefined)[]} */
  #daylight(day) {
    if (this.#lit.day !== day) this.#lit = { day, between: daylight(this.context.city, day) };
    return this.#lit.between;
  }
}

/**
 * @param {import("../map/viewer.js").City} city
 * @param {string} day
 * @returns {(Date | undefined)[]} first and last, to two minutes
 */
function daylight(city, day) {
  const [first, last] = [instantOf(day, 0), instantOf(day, DAY_MINUTES - 1)].map((instant) => instant.getTime());
  const lit = [];
  for (let at = first; at <= last; at += STEP_MS) {
    if (sunPosition(city, new Date(at)).altitude > HORIZON) lit.push(at);
  }
  return [lit[0], lit.at(-1)].map((at) => (at === undefined ? undefined : new Date(at)));
}

/** @param {string} name @param {string} value */
function fact(name, value) {
  return [h("dt", {}, words.say(`sunlight.${name}`)), h("dd", { data: { fact: name } }, value)];
}
