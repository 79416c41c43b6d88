/**
 * The live channel: a snapshot, then deltas with a cursor. A lost link resumes from the cursor; no gap is silent.
 * Beside live values it tells what changed in the tile layers and states that the page follows (`follow`).
 */

import { api } from "./api.js";

/** @typedef {[sensor: string, property: string, time: number | string, value: any]} Row */
/** @typedef {"connecting" | "live" | "lost"} LinkState */
/** @typedef {{bbox: number[] | null, kinds: string[]}} Interest */

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;

export class Live extends EventTarget {
  /** @type {Map<string, Map<string, {time: number | string, value: any}>>} sensor -> property -> latest */
  latest = new Map();
  /** @type {LinkState} */
  state = "connecting";
  /** @type {number | null} */
  #cursor = null;
  #retry = FIRST_RETRY_MS;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Interest} */
  #interest;
  /** @type {{tiles: {[name: string]: number}, states: {[name: string]: number}}} what is followed, with its version */
  #followed = { tiles: {}, states: {} };

  /** @param {Interest} interest */
  constructor(interest) {
    super();
    this.#interest = interest;
    this.#connect();
  }

  /**
   * Another view: a new snapshot of it is taken.
   * @param {Interest} interest
   */
  watch(interest) {
    this.#interest = interest;
    this.#cursor = null;
    this.#subscribe();
  }

  /**
   * Tells of changes as an event of this name: `tiles` or `states`. After a lost link it goes on from the last one.
   * @param {"tiles" | "states"} what
   * @param {string} name of a layer or a state
   * @param {number} version that the page has
   */
  follow(what, name, version) {
    this.#followed[what][name] = version;
    this.#subscribe();
  }

  /** @param {"tiles" | "states"} what @param {string} name */
  forget(what, name) {
    delete this.#followed[what][name];
    this.#subscribe();
  }

  /**
   * @param {string} sensor
   * @returns {Map<string, {time: number | string, value: any}>}
   */
  of(sensor) {
    return this.latest.get(sensor) ?? new Map();
  }

  #connect() {
    const socket = new WebSocket(api.liveUrl());
    this.#socket = socket;
    socket.addEventListener("open", () => this.#subscribe());
    socket.addEventListener("message", (event) => this.#hear(JSON.parse(event.data)));
    socket.addEventListener("close", () => this.#lost());
  }

  #subscribe() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    const wish = { type: "subscribe", ...this.#interest, cursor: this.#cursor, ...this.#followed };
    this.#socket.send(JSON.stringify(wish));
  }

  /** @param {{type: string, cursor?: number, rows?: Row[], layer?: string, version?: number}} message */
  #hear(message) {
    if (message.type === "tiles" || message.type === "states") {
      this.#followed[message.type][message.layer ?? ""] = message.version ?? 0;
      this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
      return;
    }
    if (message.type === "resnapshot") {
      this.#cursor = null;
      this.#subscribe();
      return;
    }
    if (message.type !== "snapshot" && message.type !== "delta") {
      this.dispatchEvent(new CustomEvent("notice", { detail: message }));
      return;
    }
    if (message.type === "snapshot") this.latest.clear();
    for (const row of message.rows ?? []) this.#keep(row);
    this.#cursor = message.cursor ?? this.#cursor;
    this.#retry = FIRST_RETRY_MS;
    this.#become("live");
    this.dispatchEvent(new CustomEvent("rows", { detail: { rows: message.rows ?? [], whole: message.type === "snapshot" } }));
  }

  /** @param {Row} row */
  #keep([sensor, property, time, value]) {
    let properties = this.latest.get(sensor);
    if (!properties) this.latest.set(sensor, (properties = new Map()));
    properties.set(property, { time, value });
  }

  #lost() {
    this.#become("lost");
    setTimeout(() => this.#connect(), this.#retry);
    this.#retry = Math.min(this.#retry * 2, LAST_RETRY_MS);
  }

  /** @param {LinkState} state */
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
