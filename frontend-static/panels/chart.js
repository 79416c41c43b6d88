/** What the sensors say now: for the properties that most of them observe, the median of the readings as they come in. */

import { fill, h } from "../core/dom.js";
import { clock, reading } from "../core/format.js";
import { median } from "../core/measures.js";
import { words } from "../core/words/index.js";
import { api } from "../core/api.js";
import { Panel } from "./panel.js";
import { plotLine } from "./plot.js";

/** @typedef {import("../core/live.js").Row} Row */
/** @typedef {{property: string, values: Map<number, number[]>, plot: ReturnType<typeof plotLine> | null}} Series */

const BUCKET_S = 60;
const KEPT_S = 30 * 60;
const MOST = 2;
/** What people ask about first; then whatever most sensors observe. */
const FIRST = ["pm25", "noise", "water_level", "temperature", "humidity"];
const REDRAW_MS = 1000;

export class ChartPanel extends Panel {
  /** @type {Map<string, Series>} */
  #series = new Map();
  /** @type {Map<string, string>} */
  #units = new Map();
  #dirty = false;

  start() {
    const { live } = this.context;
    const hear = (/** @type {any} */ event) => this.#take(event.detail.rows);
    live.addEventListener("rows", hear);
    this.listen(() => live.removeEventListener("rows", hear));
    this.#take([...live.latest].flatMap(([sensor, all]) => [...all].map(([property, { time, value }]) => (
      /** @type {Row} */ ([sensor, property, time, value])))));
    const timer = setInterval(() => this.#dirty && this.#update(), REDRAW_MS);
    this.listen(() => clearInterval(timer));
    if (this.context.scene.queries.some((/** @type {{id: string}} */ query) => query.id === "properties")) this.#askUnits();
  }

  async #askUnits() {
    try {
      const { rows } = await api.query(this.context.scene.id, "properties");
      this.#units = new Map(rows.map((/** @type {any} */ row) => [row.property, row.unit]));
      this.render();
    } catch (error) {
      this.fail(error);
    }
  }

  /** @param {Row[]} rows */
  #take(rows) {
    for (const [, property, time, value] of rows) {
      if (typeof value !== "number") continue;
      let series = this.#series.get(property);
      if (!series) this.#series.set(property, (series = { property, values: new Map(), plot: null }));
      const seconds = typeof time === "number" ? time : Date.parse(time) / 1000;
      const bucket = Math.floor(seconds / BUCKET_S) * BUCKET_S;
      const values = series.values.get(bucket) ?? [];
      values.push(value);
      series.values.set(bucket, values);
    }
    this.#dirty = true;
  }

  #shown() {
    const wanted = this.panel.params?.properties;
    const all = [...this.#series.values()];
    if (wanted) return all.filter((series) => wanted.includes(series.property));
    const size = (/** @type {Series} */ series) => [...series.values.values()].reduce((sum, list) => sum + list.length, 0);
    // A property that is all but always the same (a door, an alarm) says nothing as a line.
    const rank = (/** @type {Series} */ series) => (FIRST.includes(series.property) ? FIRST.indexOf(series.property) : FIRST.length);
    return all.filter(varies).sort((a, b) => rank(a) - rank(b) || size(b) - size(a)).slice(0, MOST);
  }

  #update() {
    this.#dirty = false;
    const newest = Math.max(...[...this.#series.values()].flatMap((series) => [...series.values.keys()]));
    for (const { values } of this.#series.values()) {
      for (const bucket of values.keys()) if (bucket < newest - KEPT_S) values.delete(bucket);
    }
    const shown = this.#shown();
    const drawn = [...this.querySelectorAll("[data-property]")].map((row) => /** @type {HTMLElement} */ (row).dataset.property);
    if (shown.map((series) => series.property).join() !== drawn.join()) this.render();
    else for (const series of shown) this.#redraw(series);
  }

  render() {
    for (const series of this.#series.values()) {
      series.plot?.destroy();
      series.plot = null;
    }
    const shown = this.#shown();
    fill(this, this.heading(h("span", { class: "count" }, words.say("chart.median"))),
      shown.length ? shown.map((series) => this.#row(series)) : h("p", { class: "empty" }, words.say("chart.waiting")));
    for (const series of shown) this.#plot(series);
  }

  /** @param {Series} series */
  #row(series) {
    return h("figure", { class: "spark", data: { property: series.property } },
      h("figcaption", {}, h("span", {}, words.ofData("property", series.property)),
        h("b", { class: "spark-value" }, reading(last(medians(series)[1]))),
        h("small", {}, this.#units.get(series.property) ?? "")),
      h("div", { class: "spark-plot" }));
  }

  /** @param {Series} series */
  #plot(series) {
    const place = /** @type {HTMLElement | null} */ (this.querySelector(`[data-property="${CSS.escape(series.property)}"] .spark-plot`));
    if (!place) return;
    series.plot = plotLine(place, medians(series), {
      along: { space: 90, incrs: [60, 120, 300, 600, 900], values: (_plot, times) => times.map((time) => clock(time)) },
      value: reading,
    });
  }

  /** @param {Series} series */
  #redraw(series) {
    const data = medians(series);
    series.plot?.setData(data);
    const value = this.querySelector(`[data-property="${CSS.escape(series.property)}"] .spark-value`);
    if (value) fill(value, reading(last(data[1])));
  }
}

/** @param {Series} series */
function varies(series) {
  const all = [...series.values.values()].flat();
  return all.length > 1 && new Set(all).size > 2;
}

/** @param {Series} series @returns {[number[], number[]]} */
function medians(series) {
  const times = [...series.values.keys()].sort((a, b) => a - b);
  return [times, times.map((time) => median(/** @type {number[]} */ (series.values.get(time))))];
}

/** @param {number[]} values @returns {number | null} */
function last(values) {
  return values.length ? values[values.length - 1] : null;
}
