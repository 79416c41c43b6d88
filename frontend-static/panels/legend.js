/** What the colours on the map mean. */

import { fill, h } from "../core/dom.js";
import { percent } from "../core/format.js";
import { words } from "../core/words/index.js";
import { STOPS } from "../layers/scale.js";
import { Panel } from "./panel.js";

export class LegendPanel extends Panel {
  render() {
    const valued = this.context.scene.layers.filter((/** @type {any} */ layer) => layer.value);
    fill(this, this.heading(), valued.map((/** @type {any} */ layer) => h("figure", { class: "legend" },
      h("figcaption", {}, words.title(layer)),
      h("div", { class: "ramp", style: { background: `linear-gradient(to right, ${STOPS.map((stop) => `var(${stop})`).join(", ")})` } }),
      h("div", { class: "ramp-ends" }, h("span", {}, percent(0)), h("span", {}, percent(0.5)), h("span", {}, percent(1))))),
    h("ul", { class: "legend-list" },
      h("li", {}, h("i", { class: "ramp-height" }), words.say("legend.height")),
      h("li", {}, h("i", { class: "dot accent" }), words.say("legend.picked")),
      h("li", {}, h("i", { class: "dot idle" }), words.say("legend.silent"))));
  }
}
