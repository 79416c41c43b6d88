/** What has happened and is not closed, newest first. */

import { api } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { ago, clock, number } from "../core/format.js";
import { store } from "../core/store.js";
import { words } from "../core/words/index.js";
import { Panel } from "./panel.js";

/** @typedef {import("../core/api.js").Json} Json */

export class IncidentsPanel extends Panel {
  /** @type {Json[]} */
  #rows = [];
  #total = 0;

  start() {
    this.every(() => this.#ask(), this.panel.refresh_s || 15);
    this.listen(store.on("selection", () => this.render()));
  }

  #ask() {
    const answer = this.panel.query ? api.query(this.context.scene.id, this.panel.query, this.panel.params) : api.incidents();
    answer.then((found) => {
      this.#rows = Array.isArray(found) ? found : found.rows;
      this.#total = found.total ?? this.#rows.length;
      this.render();
    }, (error) => this.fail(error));
  }

  render() {
    fill(this, this.heading(h("span", { class: "count" }, number(this.#total))),
      this.#rows.length ? h("ol", { class: "incidents" }, this.#rows.map(incident))
        : h("p", { class: "empty" }, words.say("incidents.none")));
  }
}

/** @param {Json} row */
function incident(row) {
  return h("li", {},
    h("button", {
      type: "button", class: "incident", data: { status: row.status, entity: row.id },
      "aria-pressed": String(store.get("selection") === row.id),
      on: { click: () => store.set("selection", row.id) },
    },
    h("span", { class: "incident-title" }, (row.title ? words.title(row) : "") || words.ofData("incident", row.category)),
    h("span", { class: "incident-meta" },
      h("span", { class: "tag" }, words.ofData("status", row.status)),
      row.title ? null : h("span", {}, words.ofData("incident", row.category)),
      row.opened_at ? h("time", { title: clock(row.opened_at) }, ago(row.opened_at)) : null)));
}
