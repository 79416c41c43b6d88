/** What the colours on the map mean. */

import { fill, h } from "../core/dom.js";
import { number, percent, reading } from "../core/format.js";
import { words } from "../core/words/index.js";
import { keys } from "../layers/keys.js";
import { STOPS } from "../layers/scale.js";
import { CLASS_TOKENS, scaleOf } from "../layers/states.js";
import { Panel } from "./panel.js";

/** @typedef {import("../layers/keys.js").Key} Key */

/** Classes that are named; the others are counted. */
const MOST_CLASSES = 10;

export class LegendPanel extends Panel {
  start() {
    const redraw = () => this.render();
    keys.addEventListener("change", redraw);
    this.listen(() => keys.removeEventListener("change", redraw));
  }

  render() {
    const shares = this.context.scene.layers.filter((/** @type {any} */ layer) => layer.value && layer.form === "polygons");
    const shown = keys.shown();
    this.classList.toggle("vacant", !shares.length && !shown.length);
    fill(this, this.heading(),
      shares.map((/** @type {any} */ layer) => figure(words.title(layer), ...ramp(STOPS, percent(0), percent(0.5), percent(1)))),
      shown.map((key) => figure(titleOf(key), ...(key.column.classes ? classes(key) : scale(key)))),
      h("ul", { class: "legend-list" },
        h("li", {}, h("i", { class: "ramp-height" }), words.say("legend.height")),
        h("li", {}, h("i", { class: "dot accent" }), words.say("legend.picked")),
        h("li", {}, h("i", { class: "dot idle" }), words.say("legend.silent"))));
  }
}

/** @param {string} title @param {...any} content */
const figure = (title, ...content) => h("figure", { class: "legend" }, h("figcaption", {}, title), ...content);

/** @param {Key} key */
function titleOf({ layer }) {
  const title = layer.attribute ? words.ofData("fact", layer.attribute) : words.title(layer);
  return layer.unit ? `${title} (${layer.unit})` : title;
}

/** @param {string[]} stops @param {...string} ends */
function ramp(stops, ...ends) {
  return [
    h("div", { class: "ramp", style: { background: `linear-gradient(to right, ${stops.map((stop) => `var(${stop})`).join(", ")})` } }),
    h("div", { class: "ramp-ends" }, ends.map((end) => h("span", {}, end))),
  ];
}

/** @param {Key} key */
function scale({ layer, column }) {
  const { low, high, clipped, stops } = scaleOf(column);
  if (layer.type === "bool") return [list([["yes", stops.at(-1)], ["no", stops[0]]].map(([word, paint]) => [words.say(`flag.${word}`), paint, ""]))];
  const said = stops === STOPS ? percent : layer.type === "year" ? String : reading;
  const middle = layer.type === "year" || high - low > 10 ? Math.round((low + high) / 2) : (low + high) / 2;
  return ramp(stops, said(low), said(middle), `${clipped ? "≥ " : ""}${said(high)}`);
}

/** The classes with how many there are of each, most first. @param {Key} key */
function classes({ layer, column }) {
  const names = column.classes ?? [];
  const counts = names.map(() => 0);
  for (const place of column.values.values()) counts[place - 1]++;
  const there = names.map((name, i) => ({ name, count: counts[i], paint: `--class-${i % CLASS_TOKENS}` }))
    .filter(({ count }) => count).sort((a, b) => b.count - a.count);
  const said = there.slice(0, MOST_CLASSES)
    .map(({ name, count, paint }) => [words.ofData(layer.attribute ?? layer.value, name), paint, number(count)]);
  const left = there.length - said.length;
  return [list(said), left > 0 ? h("p", { class: "empty" }, words.say("list.left_out", { n: left })) : null];
}

/** @param {any[][]} entries name, token of the colour, what stands behind */
function list(entries) {
  return h("ul", { class: "legend-classes" }, entries.map(([name, paint, more]) => h("li", {},
    h("i", { class: "swatch", style: { "--swatch": `var(${paint})` } }), h("span", {}, name), h("span", { class: "count" }, more))));
}
