/** The answer of any query, by the columns that it declares. */

import { api } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { dayClock, duration, number, percent } from "../core/format.js";
import { store } from "../core/store.js";
import { words } from "../core/words/index.js";
import { Panel } from "./panel.js";

/** @typedef {import("../core/api.js").Json} Json */

/** @type {{[type: string]: (value: any, row: Json) => any}} */
const PRINT = {
  text: (value) => value,
  number: (value) => number(value, Number.isInteger(value) ? 0 : 1),
  share: (value) => percent(value),
  minutes: (value) => duration(value),
  time: (value) => dayClock(value),
  place: (value) => value.name ?? value.entity ?? value.key,
  entity: (value, row) => h("button", { type: "button", class: "link", on: { click: () => store.set("selection", row.id) } }, value),
  flag: (value) => words.say(value ? "flag.yes" : "flag.no"),
};

export class TablePanel extends Panel {
  /** @type {Json[]} */
  #rows = [];
  #leftOut = 0;

  start() {
    this.every(() => {
      api.query(this.context.scene.id, this.panel.query, this.panel.params ?? {}).then((answer) => {
        this.#rows = answer.rows;
        this.#leftOut = answer.left_out ?? 0;
        this.render();
      }, (error) => this.fail(error));
    }, this.panel.refresh_s);
  }

  render() {
    const query = this.context.scene.queries.find((/** @type {Json} */ one) => one.id === this.panel.query);
    const columns = /** @type {Json[]} */ (query?.columns ?? []);
    const cell = (/** @type {Json} */ row) => (/** @type {Json} */ column) => {
      const value = row[column.id];
      const empty = value === null || value === undefined || value === "";
      return h("td", { class: column.type === "text" ? "text" : null }, empty ? "–" : (PRINT[column.type] ?? PRINT.text)(value, row));
    };
    fill(this, this.heading(h("span", { class: "count" }, number(this.#rows.length))),
      h("div", { class: "table-scroll" }, h("table", {},
        h("thead", {}, h("tr", {}, columns.map((column) => h("th", { class: column.type === "text" ? "text" : null }, words.title(column))))),
        h("tbody", {}, this.#rows.map((row) => h("tr", {}, columns.map(cell(row))))))),
      this.#leftOut ? h("p", { class: "empty" }, words.say("list.left_out", { n: number(this.#leftOut) })) : null);
  }
}
