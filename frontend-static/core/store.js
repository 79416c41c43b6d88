/** The one state of a page, mirrored to its URL. Nobody holds a copy: read `store.get`, listen with `store.on`. */

import { words } from "./words/index.js";

/**
 * @typedef {object} Camera
 * @property {number} lon degrees
 * @property {number} lat degrees
 * @property {number} height ellipsoidal metres
 * @property {number} heading degrees clockwise of north
 * @property {number} pitch degrees, negative looks down
 */

/**
 * @typedef {object} State
 * @property {Camera | null} camera
 * @property {string | null} time ISO instant that the page is looking at, null: now
 * @property {string[] | null} layers ids of the shown layers, null: as the scene declares
 * @property {string | null} colour what solids are coloured by, such as `building.use`; null: as the layers say
 * @property {string | null} selection id of the picked entity
 * @property {"zh" | "en"} language
 */

/** @typedef {keyof State} Key */

/** @type {{[K in Key]: {read: (text: string) => State[K] | undefined, write: (value: any) => string | null, param: string}}} */
const CODECS = {
  camera: { param: "camera", read: readCamera, write: writeCamera },
  time: { param: "time", read: (text) => (Number.isNaN(Date.parse(text)) ? undefined : text), write: (value) => value },
  layers: { param: "layers", read: (text) => text.split(",").filter(Boolean), write: (value) => value && value.join(",") },
  colour: { param: "colour", read: (text) => (/^\w+\.\w+$/.test(text) ? text : undefined), write: (value) => value },
  selection: { param: "selection", read: (text) => text || undefined, write: (value) => value },
  language: {
    param: "language",
    read: (text) => (text === "zh" || text === "en" ? text : undefined),
    write: (value) => value,
  },
};

/** @param {string} text @returns {Camera | undefined} */
function readCamera(text) {
  const [lon, lat, height, heading, pitch] = text.split(",").map(Number);
  const all = [lon, lat, height, heading, pitch];
  return all.every(Number.isFinite) ? { lon, lat, height, heading, pitch } : undefined;
}

/** @param {Camera | null} camera @returns {string | null} */
function writeCamera(camera) {
  if (!camera) return null;
  const { lon, lat, height, heading, pitch } = camera;
  return [lon.toFixed(6), lat.toFixed(6), height.toFixed(0), heading.toFixed(1), pitch.toFixed(1)].join(",");
}

/** @type {State} */
const state = { camera: null, time: null, layers: null, colour: null, selection: null, language: "zh" };

/** @type {Map<Key, Set<(value: any) => void>>} */
const listeners = new Map();

/** Reads what the URL says; anything that cannot be read is left as it was. */
function readUrl() {
  const params = new URLSearchParams(location.search);
  for (const [key, codec] of Object.entries(CODECS)) {
    const text = params.get(codec.param);
    const value = text === null ? undefined : codec.read(text);
    if (value !== undefined) Object.assign(state, { [key]: value });
  }
}

/** Writes the state into the URL without a new entry in the history. */
function writeUrl() {
  const url = new URL(location.href);
  for (const [key, codec] of Object.entries(CODECS)) {
    const text = codec.write(state[/** @type {Key} */ (key)]);
    if (text === null || text === undefined) url.searchParams.delete(codec.param);
    else url.searchParams.set(codec.param, text);
  }
  history.replaceState(null, "", url);
}

export const store = {
  /**
   * @template {Key} K
   * @param {K} key
   * @returns {State[K]}
   */
  get(key) {
    return state[key];
  },

  /**
   * Changes one value, mirrors it to the URL and tells whoever listens. Setting what is there already tells nobody.
   * @template {Key} K
   * @param {K} key
   * @param {State[K]} value
   */
  set(key, value) {
    if (JSON.stringify(state[key]) === JSON.stringify(value)) return;
    state[key] = value;
    if (key === "language") applyLanguage();
    writeUrl();
    for (const listen of listeners.get(key) ?? []) listen(value);
  },

  /**
   * Calls back on every change of a value. Returns how to stop.
   * @template {Key} K
   * @param {K} key
   * @param {(value: State[K]) => void} listen
   * @returns {() => void}
   */
  on(key, listen) {
    const all = listeners.get(key) ?? new Set();
    listeners.set(key, all.add(listen));
    return () => all.delete(listen);
  },
};

/** The language goes to the words, to the document and to the next visit. */
function applyLanguage() {
  words.use(state.language);
  document.documentElement.lang = state.language === "zh" ? "zh-CN" : "en";
  localStorage.setItem("language", state.language);
}

const remembered = localStorage.getItem("language") ?? document.documentElement.dataset.language ?? "";
if (remembered === "zh" || remembered === "en") state.language = remembered;
readUrl();
applyLanguage();
