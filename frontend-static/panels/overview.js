/** How much of everything there is, in big figures. */

import { api } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { number } from "../core/format.js";
import { words } from "../core/words/index.js";
import { Panel } from "./panel.js";

export class OverviewPanel extends Panel {
  /** @type {import("../core/api.js").Json[]} */
  #figures = [];

  start() {
    this.every(() => {
      api.query(this.context.scene.id, this.panel.query, this.panel.params).then((answer) => {
        this.#figures = answer.figures;
        this.render();
      }, (error) => this.fail(error));
    }, this.panel.refresh_s);
  }

  render() {
    const [first, ...others] = ordered(this.#figures);
    fill(this, this.heading(), h("dl", { class: "figures" }, first ? figure(first, "figure hero") : null,
      others.map((one) => figure(one, "figure"))));
  }
}

/** People come first where they are known: a district is its people. @param {import("../core/api.js").Json[]} figures */
function ordered(figures) {
  const people = figures.filter((one) => one.id === "people");
  return [...people, ...figures.filter((one) => one.id !== "people" && one.id !== "incidents")];
}

/**
 * @param {import("../core/api.js").Json} one
 * @param {string} style
 */
function figure(one, style) {
  return h("div", { class: style, data: { figure: one.id } },
    h("dt", {}, words.title(one)),
    h("dd", {}, number(one.value), one.unit ? h("small", {}, ` ${one.unit}`) : null));
}
