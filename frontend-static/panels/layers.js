/** What is drawn on the map: every layer of the scene, on or off, with its colour; and what solids are coloured by. */

import { fill, h } from "../core/dom.js";
import { store } from "../core/store.js";
import { words } from "../core/words/index.js";
import { layerColour } from "../layers/look.js";
import { Panel } from "./panel.js";

/** @typedef {import("../core/api.js").Json} Json */

export class LayersPanel extends Panel {
  start() {
    const redraw = () => this.render();
    this.context.layers.addEventListener("change", redraw);
    this.listen(() => this.context.layers.removeEventListener("change", redraw));
    this.listen(store.on("colour", redraw));
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
    })), this.#colouring());
  }

  /** A choice for every kind that solids are drawn of. */
  #colouring() {
    const drawn = new Set(this.context.layers.layers.filter((layer) => layer.form === "tiles3d").map((layer) => layer.kind));
    const kinds = [...drawn].flatMap((id) => this.context.kinds.get(id) ?? []).filter((kind) => kind.styles.length);
    return kinds.map((kind) => h("label", { class: "colouring" },
      words.say("layers.colour_by", { kind: words.title(kind) }),
      h("select", { data: { colouring: kind.id }, on: { change: chosen } },
        [{ name: "" }, ...kind.styles].map(({ name }) => {
          const value = name && `${kind.id}.${name}`;
          return h("option", { value, selected: (store.get("colour") ?? "") === value },
            name ? words.ofData("fact", name) : words.say("layers.colour_none"));
        }))));
  }
}

/** @param {Event} event */
function chosen(event) {
  store.set("colour", /** @type {HTMLSelectElement} */ (event.target).value || null);
}

/** @param {Json} layer */
function swatch(layer) {
  if (layer.form === "cells") return "var(--amount-3)";
  return layer.form === "tiles3d" ? "var(--building-high)" : layerColour(layer);
}
