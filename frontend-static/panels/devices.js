/** How many devices of each category work, are faulty, or are silent. */

import { api } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { number, percent } from "../core/format.js";
import { words } from "../core/words/index.js";
import { Panel } from "./panel.js";

/** @typedef {import("../core/api.js").Json} Json */

export class DevicesPanel extends Panel {
  /** @type {Json[]} */
  #rows = [];

  start() {
    this.every(() => {
      api.query(this.context.scene.id, this.panel.query, this.panel.params).then((answer) => {
        this.#rows = byCategory(answer.rows);
        this.render();
      }, (error) => this.fail(error));
    }, this.panel.refresh_s);
  }

  render() {
    const total = sum(this.#rows, "total");
    const share = total ? sum(this.#rows, "working") / total : null;
    fill(this,
      this.heading(h("span", { class: "count" }, total ? `${percent(share)} ${words.say("devices.working")}` : "")),
      this.#rows.length ? h("ul", { class: "devices" }, this.#rows.map(deviceRow)) : h("p", { class: "empty" }, words.say("devices.none")),
      this.#rows.length ? h("p", { class: "key" }, key("working"), key("faulty"), key("silent")) : null);
  }
}

/** Cameras are one row; sensors a row per category. @param {Json[]} rows @returns {Json[]} */
function byCategory(rows) {
  const cameras = rows.filter((row) => row.kind === "camera");
  const others = rows.filter((row) => row.kind !== "camera");
  const all = cameras.length ? [{
    kind: "camera", category: "camera", total: sum(cameras, "total"), working: sum(cameras, "working"),
    faulty: sum(cameras, "faulty"), silent: sum(cameras, "silent"),
  }] : [];
  return [...all, ...others];
}

/** @param {Json[]} rows @param {string} column */
function sum(rows, column) {
  return rows.reduce((total, row) => total + row[column], 0);
}

/** @param {Json} row */
function deviceRow(row) {
  const part = (/** @type {string} */ state) => h("i", { class: state, style: { "flex-grow": String(row[state]) } });
  return h("li", { class: "device", data: { category: row.category } },
    h("span", { class: "device-name" }, row.title_en ? words.title(row) : words.ofData("device", row.category)),
    h("span", { class: "device-count" }, h("b", {}, number(row.working)), h("span", { class: "of" }, ` / ${number(row.total)}`)),
    h("span", { class: "bar", role: "img", "aria-label": percent(row.total ? row.working / row.total : null) },
      ["working", "faulty", "silent"].filter((state) => row[state] > 0).map(part)));
}

/** @param {string} state */
function key(state) {
  return h("span", { class: "key-item" }, h("i", { class: state }), words.say(`devices.${state}`));
}
