/** Where the person was and who was there too, with the evidence for every name and what the answer cost. */

import { fill, h } from "../core/dom.js";
import { bytes, clock, day, dayClock, duration, floor, number } from "../core/format.js";
import { nameInto } from "../core/names.js";
import { store } from "../core/store.js";
import { words } from "../core/words/index.js";
import { flyToAll } from "../map/camera.js";
import { Panel } from "./panel.js";

/** @typedef {import("../core/api.js").Json} Json */
/** @typedef {{trajectory: Json, companions: Json, purpose: string, case: string, more: (cursor: any) => Promise<Json>}} Found */

export class AnswersPanel extends Panel {
  /** @type {Found | null} */
  #found = null;
  /** @type {"trajectory" | "companions"} */
  #tab = "companions";
  /** @type {string | null} the companion whose evidence is open */
  #open = null;

  /** @param {Found | null} found */
  async show(found) {
    this.#found = found;
    this.#open = null;
    this.render();
    const rows = found?.trajectory.rows ?? [];
    await this.context.layers.give("path", rows);
    flyToAll(this.context.city, rows.map((/** @type {Json} */ row) => row.place.lonlat).filter(Boolean));
  }

  render() {
    this.classList.toggle("vacant", !this.#found);
    if (!this.#found) {
      fill(this, h("p", { class: "empty" }, words.say("answers.none")));
      return;
    }
    const { trajectory, companions, purpose } = this.#found;
    const answer = this.#tab === "trajectory" ? trajectory : companions;
    const scrolled = this.querySelector(".table-scroll")?.scrollTop ?? 0;
    fill(this,
      h("header", { class: "answer-head" },
        h("p", { class: "purpose" }, h("span", {}, words.say("investigate.purpose")), h("b", {}, [purpose, this.#found.case].filter(Boolean).join(" · "))),
        h("div", { class: "tabs", role: "tablist" }, this.#tabButton("companions", companions.total), this.#tabButton("trajectory", trajectory.total))),
      h("div", { class: "table-scroll", role: "tabpanel" },
        this.#tab === "trajectory" ? trajectoryTable(trajectory.rows) : this.#companions(companions.rows)),
      this.#tab === "companions" && companions.next ? this.#more(companions) : null,
      provenance(answer));
    const scroller = this.querySelector(".table-scroll");
    if (scroller) scroller.scrollTop = scrolled;
  }

  /** The rest of the list, a page at a time. @param {Json} companions */
  #more(companions) {
    const fetchMore = async () => {
      const found = this.#found;
      if (!found) return;
      const page = await found.more(companions.next);
      if (this.#found !== found) return;
      found.companions = { ...page, rows: [...companions.rows, ...page.rows] };
      this.render();
    };
    return h("button", { type: "button", class: "more", on: { click: () => fetchMore().catch((error) => this.fail(error)) } },
      words.say("list.more", { n: number(companions.left_out) }));
  }

  /** @param {"trajectory" | "companions"} tab @param {number} total */
  #tabButton(tab, total) {
    return h("button", {
      type: "button", role: "tab", "aria-selected": String(this.#tab === tab), data: { tab },
      on: { click: () => this.#turn(tab) },
    }, words.say(`answers.${tab}`), h("span", { class: "count" }, number(total)));
  }

  /** @param {"trajectory" | "companions"} tab */
  #turn(tab) {
    this.#tab = tab;
    this.render();
    this.querySelector(".table-scroll")?.scrollTo(0, 0);
  }

  /** @param {Json[]} rows */
  #companions(rows) {
    if (!rows.length) return h("p", { class: "empty" }, words.say("answers.nobody"));
    return h("table", { class: "companions" },
      h("thead", {}, h("tr", {}, head("person", true), head("minutes"), head("meetings"), head("last"), head("sure", true))),
      h("tbody", {}, rows.flatMap((row) => this.#companion(row))));
  }

  /** @param {Json} row */
  #companion(row) {
    const open = this.#open === row.person;
    const toggle = () => {
      this.#open = open ? null : row.person;
      this.render();
    };
    const line = h("tr", { class: "row", "aria-expanded": String(open), data: { person: row.person }, on: { click: toggle } },
      h("td", { class: "text" }, h("button", { type: "button", class: "link person", title: row.person, "aria-expanded": String(open) }, shortName(row.person))),
      h("td", {}, duration(row.minutes)), h("td", {}, number(row.meetings)), h("td", {}, dayClock(row.last)),
      h("td", { class: "text" }, sure(row.certain)));
    return open ? [line, evidence(row)] : [line];
  }
}

/** @param {string} key @param {boolean} [text] */
function head(key, text = false) {
  return h("th", { class: text ? "text" : null }, words.say(`answers.${key}`));
}

/** A pseudonym by its first and last signs: told apart at a glance, whole on hover. @param {string} person */
function shortName(person) {
  return person.length > 14 ? `${person.slice(0, 6)}…${person.slice(-4)}` : person;
}

/** @param {boolean} certain */
function sure(certain) {
  return h("span", { class: certain ? "mark certain" : "mark possible" }, words.say(certain ? "answers.certain" : "answers.possible"));
}

/** @param {Json} row */
function evidence(row) {
  return h("tr", { class: "evidence" }, h("td", { colspan: 5 },
    h("ul", {}, row.evidence.map((/** @type {Json} */ meeting) => h("li", {},
      placeName(meeting.place),
      h("span", {}, `${day(meeting.start)}  ${clock(meeting.start)}–${clock(meeting.end)}`),
      h("b", {}, duration(meeting.minutes)),
      meeting.certain ? null : sure(false)))),
    row.possible_minutes ? h("p", { class: "note" }, words.say("answers.split", {
      certain: duration(row.certain_minutes), possible: duration(row.possible_minutes),
    })) : null));
}

/** @param {Json} place */
function placeName(place) {
  const text = place.name || place.entity || place.key;
  const name = place.entity
    ? h("button", { type: "button", class: "link", on: { click: (/** @type {Event} */ event) => {
      event.stopPropagation();
      store.set("selection", place.building ?? place.entity);
    } } }, text)
    : h("span", {}, text);
  const building = h("span", { class: "building" });
  if (place.building && place.building !== place.entity) nameInto(place.building, building);
  return h("span", { class: "place" }, building, name, h("small", {}, floor(place.floor)));
}

/** @param {Json[]} rows */
function trajectoryTable(rows) {
  if (!rows.length) return h("p", { class: "empty" }, words.say("answers.nowhere"));
  let shownDay = "";
  return h("table", { class: "trajectory" },
    h("thead", {}, h("tr", {}, head("time", true), head("place", true), head("stayed"))),
    h("tbody", {}, rows.flatMap((row) => {
      const today = day(row.start);
      const first = today !== shownDay;
      shownDay = today;
      return [
        first ? h("tr", { class: "day" }, h("th", { colspan: 3, class: "text" }, today)) : null,
        h("tr", {}, h("td", { class: "text time" }, `${clock(row.start)}–${clock(row.end)}`),
          h("td", { class: "text" }, placeName(row.place)), h("td", {}, duration(row.minutes))),
      ].filter((line) => line !== null);
    })));
}

/** What the answer rests on: rule, snapshot, window, cost, and what it leaves out. @param {Json} answer */
function provenance(answer) {
  const { rule, window: asked, cost } = answer;
  return h("footer", { class: "provenance" },
    answer.left_out && !answer.next ? h("p", { class: "left-out" }, words.say("list.left_out", { n: number(answer.left_out) })) : null,
    h("p", {}, words.say("answers.rule", { id: rule.id, version: rule.version }), " · ",
      words.say("answers.snapshot", { n: answer.snapshot }), " · ",
      `${dayClock(asked.start)} – ${dayClock(asked.end)} ${asked.zone}`),
    h("p", {}, words.say("answers.cost", {
      ms: number(cost.ms, cost.ms < 10 ? 1 : 0), rows: number(cost.rows_read), bytes: bytes(cost.bytes_read),
      least: number(cost.least_rows), least_bytes: bytes(cost.least_bytes),
    })));
}
