/** What watches the picked grid: the cameras that see into it, the devices that stand in it. */

import { api } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { number } from "../core/format.js";
import { store } from "../core/store.js";
import { words } from "../core/words/index.js";
import { showSectors } from "../layers/sectors.js";
import { Panel } from "./panel.js";

/** @typedef {import("../core/api.js").Json} Json */

export class WatchersPanel extends Panel {
  /** @type {Json | null} */
  #grid = null;
  /** @type {Json[]} */
  #rows = [];

  start() {
    const { picked } = this.context;
    const follow = () => this.#follow();
    picked.addEventListener("change", follow);
    this.listen(() => picked.removeEventListener("change", follow));
    follow();
  }

  /** Another grid is asked about; picking a device of this one keeps the list. */
  async #follow() {
    const { entity } = this.context.picked;
    if (entity?.kind !== "grid" || entity.id === this.#grid?.id) return this.render();
    this.#grid = entity;
    this.#rows = [];
    this.render();
    try {
      const answer = await api.query(this.context.scene.id, this.panel.query, { grid: entity.id });
      if (this.#grid !== entity) return;
      this.#rows = answer.rows;
      this.render();
      const watching = this.#rows.filter((row) => row.reason === "sees").map((row) => row.id);
      showSectors(this.context, watching);
    } catch (error) {
      this.fail(error);
    }
  }

  render() {
    if (!this.#grid) {
      fill(this, this.heading(), h("p", { class: "empty" }, words.say("watchers.none")));
      return;
    }
    const groups = /** @type {const} */ (["sees", "inside"]).map((reason) => this.#group(reason));
    fill(this,
      this.heading(h("span", { class: "count" }, this.#grid.title)),
      this.#rows.length ? groups : h("p", { class: "empty" }, words.say("watchers.nobody")));
  }

  /** @param {"sees" | "inside"} reason */
  #group(reason) {
    const rows = this.#rows.filter((row) => row.reason === reason);
    if (!rows.length) return null;
    return h("section", { class: "watchers" },
      h("h3", {}, words.say(`watchers.${reason}`), h("span", { class: "count" }, number(rows.length))),
      h("ul", {}, rows.map(watcher)));
  }
}

/** @param {Json} row */
function watcher(row) {
  return h("li", { data: { entity: row.id } }, h("button", {
    type: "button", class: "watcher", on: { click: () => store.set("selection", row.id) },
  },
  h("i", { class: `dot kind-${row.kind} ${row.status === "ok" || !row.status ? "" : "silent"}` }),
  h("span", { class: "watcher-name" }, row.name || row.id),
  h("small", {}, words.ofData("device", row.category || row.kind)),
  h("span", { class: "tag" }, words.ofData("status", row.status))));
}
