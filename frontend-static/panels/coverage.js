/** The ledger: every grid with what watches it, worst first. Any column can sort it. */

import { api } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { number, percent } from "../core/format.js";
import { store } from "../core/store.js";
import { words } from "../core/words/index.js";
import { valuesOf } from "../layers/host.js";
import { Panel } from "./panel.js";

/** @typedef {import("../core/api.js").Json} Json */

/** @type {{id: string, print: (row: Json) => any, text?: boolean}[]} */
const COLUMNS = [
  { id: "name", text: true, print: (row) => h("span", { class: "grid-name" }, row.name || row.code || row.id, row.name && row.code ? h("small", {}, row.code) : null) },
  { id: "share", print: (row) => h("span", { class: "share" }, h("i", { style: { "--share": String(row.share ?? 0) } }), percent(row.share)) },
  { id: "cameras", print: (row) => working(row.cameras_working, row.cameras) },
  { id: "sensors", print: (row) => working(row.sensors_working, row.sensors) },
  { id: "buildings", print: (row) => number(row.buildings) },
  { id: "area_m2", print: (row) => number(row.area_m2 / 10_000, 1) },
];

export class CoveragePanel extends Panel {
  /** @type {Json[]} */
  #rows = [];
  #total = 0;
  #leftOut = 0;
  #sort = "share";
  #down = false;
  #workingOnly = true;
  #text = "";

  start() {
    this.every(() => this.#ask(), this.panel.refresh_s);
    this.listen(store.on("selection", () => this.#mark()));
  }

  async #ask() {
    try {
      const params = { ...this.panel.params, working_only: this.#workingOnly };
      const answer = await api.query(this.context.scene.id, this.panel.query, params);
      [this.#rows, this.#total, this.#leftOut] = [answer.rows, answer.total, answer.left_out ?? 0];
      await this.#colourMap();
      this.render();
    } catch (error) {
      this.fail(error);
    }
  }

  /** The map says what the table says. */
  async #colourMap() {
    const layer = this.context.layers.layers.find((one) => one.query === this.panel.query && one.value);
    if (layer) (await this.context.layers.get(layer.id))?.colourBy(valuesOf(this.#rows, layer.value));
  }

  render() {
    const rows = this.#visible();
    const unseen = this.#rows.filter((row) => row.share === 0).length;
    const scroll = this.querySelector(".table-scroll")?.scrollTop ?? 0;
    fill(this, this.heading(h("span", { class: "count" }, words.say("coverage.summary", { n: number(this.#total), unseen: number(unseen) }))),
      this.#controls(),
      h("div", { class: "table-scroll" }, h("table", { class: "ledger" },
        h("thead", {}, h("tr", {}, COLUMNS.map((column) => this.#head(column)))),
        h("tbody", {}, rows.map(ledgerRow)))),
      this.#leftOut ? h("p", { class: "empty" }, words.say("list.left_out", { n: number(this.#leftOut) })) : null);
    const scroller = this.querySelector(".table-scroll");
    if (scroller) scroller.scrollTop = scroll;
    this.#mark();
  }

  #controls() {
    return h("div", { class: "controls" },
      h("input", {
        type: "search", value: this.#text, placeholder: words.say("coverage.find"), "aria-label": words.say("coverage.find"),
        on: { input: (/** @type {any} */ event) => this.#find(event.target.value) },
      }),
      h("label", { class: "check" }, h("input", {
        type: "checkbox", checked: this.#workingOnly,
        on: { change: () => { this.#workingOnly = !this.#workingOnly; this.#ask(); } },
      }), words.say("coverage.working_only")));
  }

  /** Rows are hidden in place, so that the field keeps its cursor. @param {string} text */
  #find(text) {
    this.#text = text.trim().toLowerCase();
    for (const row of this.querySelectorAll("tbody tr")) {
      /** @type {HTMLElement} */ (row).hidden = !(row.textContent ?? "").toLowerCase().includes(this.#text);
    }
  }

  #visible() {
    const column = this.#sort;
    const order = this.#down ? -1 : 1;
    const compare = (/** @type {Json} */ a, /** @type {Json} */ b) => {
      if (typeof a[column] === "string") return order * a[column].localeCompare(b[column]);
      return order * ((a[column] ?? Infinity) - (b[column] ?? Infinity));
    };
    const found = this.#text ? this.#rows.filter((row) => `${row.name} ${row.code}`.toLowerCase().includes(this.#text)) : this.#rows;
    return [...found].sort(compare);
  }

  /** @param {{id: string, text?: boolean}} column */
  #head(column) {
    const sorted = this.#sort === column.id;
    const sort = () => {
      this.#down = sorted ? !this.#down : false;
      this.#sort = column.id;
      this.render();
    };
    return h("th", { class: column.text ? "text" : null, "aria-sort": sorted ? (this.#down ? "descending" : "ascending") : "none" },
      h("button", { type: "button", on: { click: sort } }, words.say(`coverage.${column.id}`)));
  }

  #mark() {
    const id = store.get("selection");
    for (const row of this.querySelectorAll("tbody tr")) {
      row.setAttribute("aria-selected", String(/** @type {HTMLElement} */ (row).dataset.entity === id));
    }
    this.querySelector("tbody tr[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }
}

/** @param {Json} row */
function ledgerRow(row) {
  return h("tr", { data: { entity: row.id }, tabindex: "0", on: {
    click: () => store.set("selection", row.id),
    keydown: (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && store.set("selection", row.id),
  } }, COLUMNS.map((column) => h("td", { class: column.text ? "text" : null }, column.print(row))));
}

/** @param {number} good @param {number} all */
function working(good, all) {
  return h("span", { class: good < all ? "part short" : "part" }, number(good), h("small", {}, `/${number(all)}`));
}
