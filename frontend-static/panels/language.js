/** Chinese or English, at once and everywhere. */

import { fill, h } from "../core/dom.js";
import { store } from "../core/store.js";
import { Panel } from "./panel.js";

const LANGUAGES = /** @type {const} */ ([["zh", "中文"], ["en", "English"]]);

export class LanguagePanel extends Panel {
  render() {
    fill(this, h("div", { class: "segments", role: "group" }, LANGUAGES.map(([id, name]) => h("button", {
      type: "button", lang: id, "aria-pressed": String(store.get("language") === id), data: { language: id },
      on: { click: () => store.set("language", id) },
    }, name))));
  }
}
