/** What the picture costs: frames, tiles, memory, traffic. Nothing is measured while the tray is closed. */

import { fill, h } from "../core/dom.js";
import { bytes, number } from "../core/format.js";
import { median } from "../core/measures.js";
import { firstViewMs } from "../core/picture.js";
import { trafficSoFar } from "../core/traffic.js";
import { words } from "../core/words/index.js";
import { FrameWatch, KEPT_MS } from "../map/frames.js";
import { plotLine } from "../panels/plot.js";
import { Tool, action } from "./tool.js";

/** @typedef {import("../map/frames.js").Frame} Frame */

const REFRESH_MS = 500;

/** The view draws only when there is something new: after so long without a frame it is said to rest. */
const REST_MS = 1000;

/** Frames a second are counted over so many milliseconds. */
const RATE_MS = 3000;

export class PerformanceTool extends Tool {
  /** @type {FrameWatch | null} */
  #watch = null;
  /** @type {ReturnType<typeof plotLine> | null} */
  #plot = null;

  start() {
    const watch = new FrameWatch(this.context.city);
    this.#watch = watch;
    const timer = setInterval(() => this.#tell(), REFRESH_MS);
    this.listen(() => {
      clearInterval(timer);
      watch.end();
      this.#plot?.destroy();
    });
    this.#tell();
  }

  keys() {
    return [{ key: "m", word: "performance.steady", act: () => this.#setSteady() }];
  }

  #setSteady() {
    if (!this.#watch) return;
    this.#watch.steady = !this.#watch.steady;
    this.render();
  }

  render() {
    this.#plot?.destroy();
    const steady = this.#watch?.steady ?? false;
    fill(this, this.heading(),
      h("figure", { class: "tool-plot", "aria-label": words.say("performance.frames") }),
      h("p", { class: "note tool-state" }),
      h("dl", { class: "tool-facts" }),
      h("div", { class: "tool-actions" },
        action(words.say("performance.steady"), () => this.#setSteady(), { key: "m", pressed: steady, data: { act: "steady" } })));
    this.#plot = plotLine(/** @type {HTMLElement} */ (this.querySelector(".tool-plot")), [[], []], {
      along: { space: 60, incrs: [1, 2, 5], values: (_plot, places) => places.map((place) => `${number(place)} s`) },
      value: (ms) => number(ms),
      scales: { x: { time: false, range: [-KEPT_MS / 1000, 0] }, y: { range: (_plot, _low, high) => [0, Math.max(high ?? 0, 20) * 1.1] } },
    });
    this.#tell();
  }

  /** Brings figures and line to what was measured last. */
  #tell() {
    const [facts, state, watch] = [this.querySelector(".tool-facts"), this.querySelector(".tool-state"), this.#watch];
    if (!facts || !state || !watch) return;
    const now = performance.now();
    const frames = watch.frames.filter((frame) => frame.at > now - KEPT_MS);
    this.#plot?.setData([frames.map(({ at }) => (at - now) / 1000), frames.map(({ ms }) => ms)]);
    const resting = now - (frames.at(-1)?.at ?? -Infinity) > REST_MS + (frames.at(-1)?.ms ?? 0);
    fill(state, words.say(resting ? "performance.resting" : "performance.drawing"));
    const figures = { ...ofFrames(frames, now), ...ofTiles(watch), ...ofPage() };
    fill(facts, Object.entries(figures).flatMap(([name, text]) => [
      h("dt", {}, words.say(`performance.${name}`)), h("dd", { data: { fact: name } }, text)]));
  }
}

/** @param {Frame[]} frames of the last seconds @param {number} now @returns {{[name: string]: string}} */
function ofFrames(frames, now) {
  const took = frames.map(({ ms }) => ms);
  const times = (/** @type {number[]} */ all, /** @type {(all: number[]) => number} */ one) => (
    all.length ? `${number(one(all), 1)} ms` : "–");
  return {
    median: times(took, median),
    work: times(frames.map(({ work }) => work), median),
    worst: times(took, (all) => Math.max(...all)),
    rate: number(frames.filter(({ at }) => at > now - RATE_MS).length / (RATE_MS / 1000), 1),
  };
}

/** @param {FrameWatch} watch @returns {{[name: string]: string}} */
function ofTiles({ amounts }) {
  const { drawn, loaded, waiting, features, triangles, bytes: held } = amounts;
  return {
    tiles: [drawn, loaded, waiting].map((count) => number(count)).join(" / "),
    features: number(features),
    triangles: number(triangles),
    graphics: bytes(held),
  };
}

/** @returns {{[name: string]: string}} */
function ofPage() {
  const heap = /** @type {any} */ (performance).memory?.usedJSHeapSize; // Chromium tells it, and nobody else
  const { requests, bytes: fetched, kept } = trafficSoFar();
  const first = firstViewMs();
  return {
    heap: heap === undefined ? words.say("performance.untold") : bytes(heap),
    fetched: bytes(fetched),
    requests: kept ? words.say("performance.of_requests", { n: number(requests), kept: number(kept) }) : number(requests),
    first_view: first === null ? words.say("performance.not_yet") : `${number(first / 1000, 2)} s`,
  };
}
