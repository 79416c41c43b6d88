/** The case: why it is asked, who, when and how near. Asks where the person was and who was there too. */

import { api } from "../core/api.js";
import { fill, find, h } from "../core/dom.js";
import { toField, shownZone } from "../core/format.js";
import { words } from "../core/words/index.js";
import { AnswersPanel } from "./answers.js";
import { Panel, trouble } from "./panel.js";

/** @typedef {import("../core/api.js").Json} Json */

const SCALES = /** @type {const} */ (["unit", "floor", "cell"]);
const LOOK_BACK_S = 14 * 86_400;
/** Companions that are fetched at a time. */
const PAGE = 200;

export class InvestigatePanel extends Panel {
  /** What is typed, kept over a change of language; a person never goes into the URL. @type {{[name: string]: string}} */
  #typed = {};
  /** @type {AnswersPanel | null} */
  #answers = null;

  start() {
    this.#answers = new AnswersPanel();
    this.#answers.context = this.context;
    this.#answers.panel = { id: "answers", form: "answers" };
    // The answer has a column of its own: the question stays in sight beside it.
    find("[data-slot=right]").prepend(this.#answers);
  }

  render() {
    const { presence } = this.context.twin;
    if (!presence) {
      fill(this, this.heading(), h("p", { class: "empty" }, words.say("investigate.no_stays")));
      return;
    }
    const end = presence.last;
    const from = Math.max(presence.first, end - LOOK_BACK_S);
    const form = h("form", { class: "case", on: { submit: (/** @type {SubmitEvent} */ event) => this.#submit(event), input: () => this.#keep() } },
      field("purpose", h("input", { name: "purpose", required: true, maxlength: 200, autocomplete: "off" })),
      field("case", h("input", { name: "case", maxlength: 80, autocomplete: "off" })),
      field("person", h("input", { name: "person", required: true, autocomplete: "off", spellcheck: "false" }), this.#example()),
      h("div", { class: "pair" },
        field("from", moment("from", from)),
        field("to", moment("to", end))),
      h("div", { class: "pair" },
        field("scale", h("select", { name: "scale" }, SCALES.map((scale) => h("option", { value: scale }, words.say(`scale.${scale}`))))),
        field("overlap", h("input", { name: "overlap", type: "number", min: 0, max: 1440, step: 1, value: 10, required: true }))),
      h("button", { type: "submit", class: "primary" }, words.say("investigate.ask")),
      h("p", { class: "note" }, words.say("investigate.note", { zone: shownZone() })),
      h("div", { class: "form-trouble" }));
    for (const [name, value] of Object.entries(this.#typed)) {
      const input = /** @type {HTMLInputElement | null} */ (form.querySelector(`[name="${name}"]`));
      if (input) input.value = value;
    }
    fill(this, this.heading(), form);
  }

  /** A person who has stays, where the twin is synthetic and may say so. */
  #example() {
    const { example } = this.context.twin.presence;
    if (!example) return null;
    return h("button", { type: "button", class: "link hint", on: { click: () => {
      /** @type {HTMLInputElement} */ (this.querySelector("[name=person]")).value = example;
      this.#keep();
    } } }, words.say("investigate.example"));
  }

  #keep() {
    const form = this.querySelector("form");
    if (form) this.#typed = /** @type {any} */ (Object.fromEntries(new FormData(form)));
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    this.#keep();
    const { purpose, case: name, person, from, to, scale, overlap } = this.#typed;
    const asked = { purpose, case: name, person: person.trim(), from: from.replace(" ", "T"), to: to.replace(" ", "T") };
    const button = /** @type {HTMLButtonElement} */ (this.querySelector("button.primary"));
    const place = /** @type {HTMLElement} */ (this.querySelector(".form-trouble"));
    button.disabled = true;
    fill(place);
    try {
      const near = { ...asked, scale, min_overlap_minutes: Number(overlap), limit: PAGE };
      const [trajectory, companions] = await Promise.all([api.trajectory(asked), api.companions(near)]);
      const more = (/** @type {any} */ cursor) => api.companions({ ...near, cursor });
      this.#answers?.show({ trajectory, companions, purpose, case: name, more });
    } catch (error) {
      this.#answers?.show(null);
      fill(place, trouble(error));
    } finally {
      button.disabled = false;
    }
  }
}

/**
 * A time as text: the browser's own field follows the machine's locale, not the page's, and counts to twelve.
 * @param {string} name
 * @param {number} instant
 */
function moment(name, instant) {
  return h("input", {
    name, required: true, value: toField(instant), pattern: "\\d{4}-\\d{2}-\\d{2}[ T]\\d{2}:\\d{2}",
    title: words.say("investigate.moment"), autocomplete: "off", spellcheck: "false",
  });
}

/**
 * @param {string} name
 * @param {HTMLElement} input
 * @param {HTMLElement | null} [more]
 */
function field(name, input, more = null) {
  input.id = `case-${name}`;
  return h("div", { class: "field" },
    h("div", { class: "field-label" }, h("label", { for: input.id }, words.say(`investigate.${name}`)), more), input);
}
