/** What is drawn on the map: every layer of the scene, on or off, with its colour. */

import { fill, h } from "../core/dom.js";
import { words } from "../core/words/index.js";
import { layerColour } from "../layers/look.js";
import { Panel } from "./panel.js";

export class LayersPanel extends Panel {
  start() {
    const redraw = () => this.render();
    this.context.layers.addEventListener("change", redraw);
    this.listen(() => this.context.layers.removeEventListener("change", redraw));
  }

  render() {
    const shown = this.context.layers.shown();
    fill(this, this.heading(), h("ul", { class: "layers" }, this.context.layers.layers.map((layer) => {
      const on = shown.includes(layer.id);
      return h("li", {}, h("label", { class: "layer" },
        h("input", {
          type: "checkbox", checked: on, data: { layer: layer.id },
          on: { change: () => this.context.layers.toggle(layer.id, !on) },
        }),
        h("i", { class: `swatch swatch-${layer.form}`, style: { "--swatch": swatch(layer) } }),
        h("span", {}, words.title(layer))));
    })));
  }
}

/** @param {import("../core/api.js").Json} layer */
function swatch(layer) {
  return layer.form === "tiles3d" ? "var(--building-high)" : layerColour(layer);
}
