/** Cuts the picked building between two of its floors, or the whole city between two heights, and looks inside. */

import { api } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { between, floorsOf } from "../core/floors.js";
import { floor, number } from "../core/format.js";
import { readState } from "../core/state.js";
import { words } from "../core/words/index.js";
import { showPlates } from "../layers/plates.js";
import { cutFeatures } from "../map/shading.js";
import { showInside } from "../map/shared.js";
import { Tool, action, slider } from "./tool.js";

/** @typedef {import("../core/api.js").Json} Json */
/** @typedef {import("../core/floors.js").Floor} Floor */

/**
 * What is cut: a building by its floors, or the city (`number` is null) by metres. `from` and `to` are places in `floors`.
 * @typedef {{number: number | null, name: string, floors: Floor[], known: boolean, shape: Json | null}} Subject
 */

/** Metres of one step of the city's cut. */
const STEP_M = 3;

const KINDS = new Set(["building", "building_part"]);

export class SectionTool extends Tool {
  /** @type {Subject | null} */
  #city = null;
  /** @type {Subject | null} */
  #building = null;
  /** @type {Subject | null} the one of the two that is cut */
  #subject = null;
  #from = 0;
  #to = 0;
  #removePlates = () => {};

  async start() {
    const { picked, city } = this.context;
    const follow = () => this.#follow();
    picked.addEventListener("change", follow);
    this.listen(() => picked.removeEventListener("change", follow));
    this.listen(() => {
      this.#removePlates();
      cutFeatures(city, null);
      showInside(city, false);
    });
    showInside(city, true);
    this.#city = await cityFloors(city.groundM);
    await this.#follow();
  }

  /** What is picked is what is cut; the whole city where nothing with floors is. */
  async #follow() {
    const { entity } = this.context.picked;
    const building = entity && KINDS.has(entity.kind) ? await buildingFloors(entity, this.context.city.groundM) : null;
    if (!this.isConnected || this.context.picked.entity !== entity) return;
    this.#building = building?.floors.length ? building : null;
    this.#cut(this.#building ?? this.#city);
  }

  /** @param {Subject | null} subject uncut at first */
  #cut(subject) {
    this.#subject = subject;
    this.#move(0, (subject?.floors.length ?? 1) - 1);
    this.render();
  }

  /** @param {number} from @param {number} to places in the floors of what is cut */
  #move(from, to) {
    const subject = this.#subject;
    if (!subject) return;
    const last = subject.floors.length - 1;
    [this.#from, this.#to] = [Math.min(Math.max(from, 0), last), Math.min(Math.max(to, 0), last)];
    const { city } = this.context;
    cutFeatures(city, { ...between(subject.floors, this.#from, this.#to), number: subject.number });
    this.#removePlates();
    const whole = this.#from === 0 && this.#to === last;
    const feet = new Set([this.#from, this.#to].map((place) => subject.floors[place].foot));
    this.#removePlates = subject.shape && !whole ? showPlates(city, subject.shape, [...feet]) : () => {};
    this.#tell();
  }

  keys() {
    const step = (/** @type {number} */ by) => {
      this.#move(Math.min(this.#from, this.#to + by), this.#to + by);
      this.render();
    };
    return [
      { key: "pageup", word: "section.up", act: () => step(1) },
      { key: "pagedown", word: "section.down", act: () => step(-1) },
    ];
  }

  render() {
    const subject = this.#subject;
    if (!subject) return fill(this, this.heading());
    const range = { min: 0, max: subject.floors.length - 1, step: 1 };
    fill(this, this.heading(), this.#choice(),
      slider(words.say("section.to"), { ...range, value: this.#to, name: "to" }, (to) => this.#move(Math.min(this.#from, to), to)),
      slider(words.say("section.from"), { ...range, value: this.#from, name: "from" },
        (from) => this.#move(from, Math.max(this.#to, from))),
      h("p", { class: "tool-range" }),
      subject.number === null ? null : this.#storeys(subject));
    return this.#tell();
  }

  #choice() {
    if (!this.#building || !this.#city) return h("p", { class: "tool-subject" }, words.say("section.none"));
    return h("div", { class: "tool-actions" }, [this.#building, this.#city].map((one) => action(
      one.number === null ? words.say("section.city") : one.name, () => this.#cut(one),
      { pressed: one === this.#subject, data: { subject: one.number === null ? "city" : "building" } })));
  }

  /** @param {Subject} subject */
  #storeys({ floors, known }) {
    return [
      h("p", { class: "note" }, words.say(known ? "section.known" : "section.reckoned", { n: floors.length })),
      h("ol", { class: "tool-storeys" }, floors.map((one, place) => h("li", {}, h("button", {
        type: "button", data: { level: String(one.level) }, on: { click: () => this.#only(place) },
      }, h("span", {}, floor(one.level)), h("span", { class: "count" }, metres(one))))).reverse()),
    ];
  }

  /** @param {number} place */
  #only(place) {
    this.#move(place, place);
    this.render();
  }

  /** Brings sliders, figures and the list of storeys to what is cut now. */
  #tell() {
    const subject = this.#subject;
    if (!subject) return;
    const [low, high] = [subject.floors[this.#from], subject.floors[this.#to]];
    for (const [name, value] of [["from", this.#from], ["to", this.#to]]) {
      const input = /** @type {HTMLInputElement | null} */ (this.querySelector(`input[name=${name}]`));
      if (!input) continue;
      input.value = String(value);
      const one = subject.floors[Number(value)];
      input.setAttribute("aria-valuetext", subject.number === null ? metres(one) : floor(one.level));
    }
    const range = this.querySelector(".tool-range");
    const levels = subject.number === null ? "" : `${floor(low.level)} – ${floor(high.level)} · `;
    if (range) fill(range, levels + metres({ ...low, top: high.top }));
    for (const button of this.querySelectorAll(".tool-storeys button")) {
      const level = Number(/** @type {HTMLElement} */ (button).dataset.level);
      button.setAttribute("aria-pressed", String(level >= low.level && level <= high.level));
    }
  }
}

/** @param {Floor} floor */
function metres({ foot, top }) {
  return `${number(foot, 1)} – ${number(top, 1)} m`;
}

/**
 * The city in steps of equal height, up to the top of its tallest building.
 * @param {number} groundM
 * @returns {Promise<Subject>}
 */
async function cityFloors(groundM) {
  const [heights, bases] = (await Promise.all(["building.height", "building.base"].map((id) => api.state(id)))).map(readState);
  const low = bases.values.size ? Math.min(0, bases.range[0] - groundM) : 0;
  const high = (heights.values.size ? heights.range[1] : 0) + (bases.values.size ? Math.max(0, bases.range[1] - groundM) : 0);
  const count = Math.max(1, Math.ceil((high - low) / STEP_M));
  const floors = Array.from({ length: count }, (_, i) => ({ level: i + 1, foot: low + i * STEP_M, top: low + (i + 1) * STEP_M }));
  return { number: null, name: "", floors, known: false, shape: null };
}

/**
 * @param {Json} entity
 * @param {number} groundM
 * @returns {Promise<Subject>}
 */
async function buildingFloors(entity, groundM) {
  const [shapes, storeys] = await Promise.all([entity.kind, "storey"].map((kind) => (
    entity.lonlat ? api.featuresAt(kind, entity.lonlat) : Promise.resolve([]))));
  const shape = shapes.find((/** @type {Json} */ feature) => feature.id === entity.id) ?? null;
  return { number: entity.number, name: words.named(entity), shape, ...floorsOf(entity, storeys, groundM) };
}
