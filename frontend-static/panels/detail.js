/** What is known of the picked entity, with the live values of the devices on it. */

import { fill, h } from "../core/dom.js";
import { clockSeconds, dayClock, floor, number, reading, toField } from "../core/format.js";
import { store } from "../core/store.js";
import { words } from "../core/words/index.js";
import { Panel, trouble } from "./panel.js";

/** @typedef {import("../core/api.js").Json} Json */

/** Fields that are shown on their own lines, and so not once more among the other attributes. */
const SHOWN = new Set([
  "name", "name_en", "address", "use", "properties", "title", "title_en", "status", "category", "code", "level", "sort", "premises",
]);

/** Where the words for a category stand, by kind. @type {{[kind: string]: string}} */
const CATEGORIES = { incident: "incident", premises: "premises", resource: "resource" };

const MOST_SENSORS = 12;

export class DetailPanel extends Panel {
  start() {
    const { picked, live } = this.context;
    const redraw = () => this.render();
    picked.addEventListener("change", redraw);
    this.listen(() => picked.removeEventListener("change", redraw));
    const hear = (/** @type {any} */ event) => this.#refresh(event.detail.rows);
    live.addEventListener("rows", hear);
    this.listen(() => live.removeEventListener("rows", hear));
  }

  render() {
    const { picked } = this.context;
    const { entity, moment, error } = picked;
    this.classList.toggle("vacant", !entity && !error);
    if (error) return fill(this, this.heading(closing(picked)), trouble(error));
    if (!entity) return fill(this, this.heading(), h("p", { class: "empty" }, words.say("detail.none")));
    return fill(this,
      h("header", { class: "panel-head" },
        h("div", {},
          h("p", { class: "kicker" }, this.#kindTitle(entity.kind), moment ? stood(moment) : null),
          h("h2", {}, words.named(entity))),
        closing(picked)),
      h("dl", { class: "facts" }, facts(entity, (kind) => this.#kindTitle(kind)).map(([key, value]) => fact(key, value))),
      this.#sensors(entity));
  }

  /** @param {string} kind */
  #kindTitle(kind) {
    const declared = this.context.kinds.get(kind);
    return declared ? words.title(declared) : words.ofData("kind", kind);
  }

  /** @param {Json} entity */
  #sensors(entity) {
    // Where a panel of its own lists what watches a grid, the list is not shown twice.
    const listed = entity.kind === "grid" && this.context.scene.panels.some((/** @type {Json} */ panel) => panel.form === "watchers");
    const sensors = listed ? [] : measuringFirst(entity.sensors ?? []);
    if (!sensors.length) return entity.kind === "building" ? h("p", { class: "empty" }, words.say("detail.no_sensors")) : null;
    const shown = sensors.slice(0, MOST_SENSORS);
    return h("section", { class: "sensors" },
      h("h3", {}, words.say("detail.sensors"), h("span", { class: "count" }, number(sensors.length))),
      h("ul", {}, shown.map((/** @type {Json} */ sensor) => this.#sensor(sensor, sensor.id !== entity.id))),
      sensors.length > shown.length
        ? h("p", { class: "empty" }, words.say("list.left_out", { n: sensors.length - shown.length })) : null);
  }

  /** @param {Json} sensor @param {boolean} link */
  #sensor(sensor, link) {
    const name = sensor.name || sensor.id;
    return h("li", { class: "sensor" },
      h("div", { class: "sensor-name" },
        link ? h("button", { type: "button", class: "link", on: { click: () => store.set("selection", sensor.id) } }, name) : h("span", {}, name),
        h("small", {}, words.ofData("device", sensor.category ?? sensor.kind))),
      h("div", { class: "readings" }, sensor.latest.map((/** @type {Json} */ latest) => this.#reading(sensor.id, latest))));
  }

  /** @param {string} sensor @param {Json} latest */
  #reading(sensor, latest) {
    const now = this.context.live.of(sensor).get(latest.name) ?? latest;
    return h("div", { class: "reading", data: { datastream: latest.datastream } },
      h("span", { class: "reading-name" }, words.ofData("property", latest.name)),
      h("span", { class: "reading-value" }, shown(now.value)),
      h("span", { class: "reading-unit" }, latest.unit ?? ""),
      h("time", {}, now.time === null || now.time === undefined ? "–" : clockSeconds(now.time)));
  }

  /** Values change in place: nothing else of the panel moves. @param {import("../core/live.js").Row[]} rows */
  #refresh(rows) {
    const shownHere = new Set((this.context.picked.entity?.sensors ?? []).map((/** @type {Json} */ sensor) => sensor.id));
    for (const [sensor, property, time, value] of rows) {
      if (!shownHere.has(sensor)) continue;
      const line = this.querySelector(`[data-datastream="${CSS.escape(`${sensor}/${property}`)}"]`);
      if (!line) continue;
      fill(/** @type {Element} */ (line.querySelector(".reading-value")), shown(value));
      fill(/** @type {Element} */ (line.querySelector("time")), clockSeconds(time));
    }
  }
}

/** @param {import("../core/moment.js").Moment} moment */
function stood({ at }) {
  return h("b", { class: "stood" }, words.say("detail.stood", { time: toField(at) }));
}

/** @param {any} value */
function shown(value) {
  return typeof value === "number" ? reading(value) : value === null || value === undefined ? "–" : String(value);
}

/** @param {import("../core/picked.js").Picked} picked */
function closing(picked) {
  return h("button", {
    type: "button", class: "close", "aria-label": words.say("detail.close"), on: { click: () => picked.choose(null) },
  }, "×");
}

/**
 * @param {Json} entity
 * @param {(kind: string) => string} kindTitle
 * @returns {[string, any][]}
 */
function facts(entity, kindTitle) {
  const { attributes = {} } = entity;
  /** @type {[string, any][]} */
  const known = [
    ...(entity.values ?? []).map((/** @type {Json} */ one) => /** @type {[string, any]} */ ([
      words.title(one), `${reading(one.value)} ${one.unit}`.trim(),
    ])),
    ["address", entity.address],
    ["height", entity.height_m === null || entity.height_m === undefined ? null : `${number(entity.height_m, 1)} m`],
    ["storeys", storeys(entity)],
    ["use", entity.use ? words.ofData("use", entity.use) : null],
    ["category", attributes.category ? words.ofData(CATEGORIES[entity.kind] ?? "device", attributes.category) : null],
    ["status", attributes.status ? words.ofData("status", attributes.status) : null],
    ["level", attributes.level ? floor(attributes.level) : null],
    ["code", attributes.code],
    ["grid", entity.grid && entity.grid.id !== entity.id ? picker(entity.grid) : null],
    ["cell", entity.cells ? h("code", {}, entity.cells["12"] ?? Object.values(entity.cells).at(-1)) : null],
    ["holds", holds(entity.children, kindTitle)],
    ...Object.entries(attributes).filter(([name, value]) => !SHOWN.has(name) && isPlain(value))
      .map(([name, value]) => /** @type {[string, any]} */ ([name, attribute(name, value)])),
    ["source", entity.source],
    ["id", h("code", {}, entity.id)],
  ];
  return known.filter(([, value]) => value !== null && value !== undefined && value !== "");
}

/**
 * An attribute that has no line of its own, in the words that there are for it.
 * @param {string} name
 * @param {any} value
 */
function attribute(name, value) {
  return name.endsWith("_at") ? dayClock(value) : words.ofData(name, value);
}

/** @param {unknown} value */
function isPlain(value) {
  return typeof value === "number" || typeof value === "boolean" || (typeof value === "string" && value !== "");
}

/** @param {Json} entity */
function storeys(entity) {
  if (!entity.storeys) return null;
  return entity.storeys_below ? words.say("detail.storeys_below", { n: entity.storeys, below: entity.storeys_below })
    : number(entity.storeys);
}

/**
 * @param {{[kind: string]: number} | null | undefined} children
 * @param {(kind: string) => string} kindTitle
 */
function holds(children, kindTitle) {
  const all = Object.entries(children ?? {});
  return all.length ? all.map(([kind, count]) => `${kindTitle(kind)} ${number(count)}`).join(" · ") : null;
}

/** @param {Json} grid */
function picker(grid) {
  const label = [grid.name, grid.code].filter(Boolean).join(" · ") || grid.id;
  return h("button", { type: "button", class: "link", on: { click: () => store.set("selection", grid.id) } }, label);
}

/** @param {string} key @param {any} value */
function fact(key, value) {
  return h("div", { class: "fact", data: { fact: key } }, h("dt", {}, words.ofData("fact", key)), h("dd", {}, value));
}

/** Devices that measure come before those that only look. @param {Json[]} sensors @returns {Json[]} */
function measuringFirst(sensors) {
  return [...sensors].sort((a, b) => Math.sign(b.latest.length) - Math.sign(a.latest.length));
}
