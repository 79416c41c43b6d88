/** Hides what is picked or all of a use, or everything else; step by step, each to be undone. No tile is fetched for it. */

import { fill, h } from "../core/dom.js";
import { number } from "../core/format.js";
import { Visibility } from "../core/visibility.js";
import { words } from "../core/words/index.js";
import { followState } from "../layers/following.js";
import { hideFeatures } from "../map/shading.js";
import { Tool, action } from "./tool.js";

/** @typedef {import("../core/state.js").StateColumn} StateColumn */
/** @typedef {import("../core/visibility.js").What} What */
/** @typedef {import("../panels/panel.js").Context} Context */

/** The state that gives features their class: any twin has it. */
const CLASSES = "building.use";

/** What lasts when the tray is closed: what is hidden stays hidden, and follows the model. */
class Hidden {
  visibility = new Visibility();
  /** @type {StateColumn | null} */
  column = null;
  /** Told when there is something else to be shown. */
  changed = new EventTarget();

  /** @param {Context} context */
  constructor(context) {
    const tell = () => {
      hideFeatures(context.city, this.visibility.mask(this.column?.values ?? new Map(), this.column?.classes ?? []));
      this.changed.dispatchEvent(new Event("change"));
    };
    this.visibility.addEventListener("change", tell);
    followState(context.live, CLASSES, (column) => {
      this.column = column;
      tell();
    }).show(true);
  }

  /** The classes with how many there are of each, most first. @returns {[string, number][]} */
  classes() {
    const names = this.column?.classes ?? [];
    const counts = names.map(() => 0);
    for (const place of this.column?.values.values() ?? []) counts[place - 1]++;
    return names.map((name, i) => /** @type {[string, number]} */ ([name, counts[i]]))
      .filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1]);
  }
}

/** @type {WeakMap<Context, Hidden>} */
const HIDDEN = new WeakMap();

export class VisibilityTool extends Tool {
  /** @type {Hidden} */
  // @ts-expect-error set by `connectedCallback`
  #hidden;

  connectedCallback() {
    this.#hidden = HIDDEN.get(this.context) ?? new Hidden(this.context);
    HIDDEN.set(this.context, this.#hidden);
    super.connectedCallback();
  }

  start() {
    const redraw = () => this.render();
    for (const source of [this.context.picked, this.#hidden.changed]) {
      source.addEventListener("change", redraw);
      this.listen(() => source.removeEventListener("change", redraw));
    }
  }

  keys() {
    const { visibility } = this.#hidden;
    return [
      { key: "x", word: "visibility.hide", act: () => this.#withPicked((what) => visibility.hide(what)) },
      { key: "i", word: "visibility.isolate", act: () => this.#withPicked((what) => visibility.isolate(what)) },
      { key: "z", word: "visibility.undo", act: () => visibility.undo() },
      { key: "ctrl+z", word: "visibility.undo", act: () => visibility.undo() },
    ];
  }

  /** @param {(what: What) => void} act */
  #withPicked(act) {
    const what = this.#picked();
    if (what) act(what);
  }

  /** What is picked, where it is drawn as a solid. @returns {{number: number, name: string} | null} */
  #picked() {
    const { entity } = this.context.picked;
    const solid = entity && this.context.kinds.get(entity.kind)?.form === "volume";
    return solid ? { number: entity.number, name: words.named(entity) } : null;
  }

  render() {
    const { visibility } = this.#hidden;
    const [picked, steps] = [this.#picked(), visibility.steps];
    fill(this, this.heading(),
      h("p", { class: "tool-subject" }, picked ? picked.name : words.say("visibility.none")),
      h("div", { class: "tool-actions" },
        action(words.say("visibility.hide"), () => this.#withPicked((what) => visibility.hide(what)),
          { key: "x", disabled: !picked, data: { act: "hide" } }),
        action(words.say("visibility.isolate"), () => this.#withPicked((what) => visibility.isolate(what)),
          { key: "i", disabled: !picked, data: { act: "isolate" } })),
      h("ul", { class: "tool-classes" }, this.#hidden.classes().map(([name, count]) => this.#class(name, count))),
      h("p", { class: "tool-steps" }, steps.map(described).join(" → ")),
      h("div", { class: "tool-actions" },
        action(words.say("visibility.undo"), () => visibility.undo(), { key: "z", disabled: !steps.length, data: { act: "undo" } }),
        action(words.say("visibility.all"), () => visibility.clear(), { disabled: !steps.length, data: { act: "all" } })));
  }

  /** @param {string} name @param {number} count */
  #class(name, count) {
    const { visibility } = this.#hidden;
    const gone = visibility.hides(-1, name);
    return h("li", { data: { class: name, seen: String(!gone) } },
      h("span", {}, words.ofData("use", name)), h("span", { class: "count" }, number(count)),
      action(words.say("visibility.hide"), () => visibility.hide({ class: name }), { disabled: gone, data: { act: "hide" } }),
      action(words.say("visibility.isolate"), () => visibility.isolate({ class: name }), { data: { act: "isolate" } }));
  }
}

/** @param {import("../core/visibility.js").Step} step @returns {string} */
function described({ verb, what }) {
  const name = "class" in what ? words.ofData("use", what.class) : what.name ?? String(what.number);
  return words.say(`visibility.did_${verb}`, { name });
}
