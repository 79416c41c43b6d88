/** The time in the city. */

import { fill, h } from "../core/dom.js";
import { clock, longDay } from "../core/format.js";
import { words } from "../core/words/index.js";
import { Panel } from "./panel.js";

export class ClockPanel extends Panel {
  #shown = "";

  start() {
    this.every(() => this.#tick(), 1);
    const { live } = this.context;
    const redraw = () => this.render();
    live.addEventListener("state", redraw);
    this.listen(() => live.removeEventListener("state", redraw));
  }

  #tick() {
    if (clock(Date.now() / 1000) !== this.#shown) this.render();
  }

  render() {
    const now = Date.now() / 1000;
    this.#shown = clock(now);
    const { state } = this.context.live;
    fill(this, h("time", { class: "clock-time" }, this.#shown),
      h("span", { class: "clock-day" }, longDay(now)),
      h("span", { class: "link-state", data: { state } }, words.say(`live.${state}`)));
  }
}
