/** The layers of a scene: what is declared, what is shown, and what of it has been fetched. */

import { api } from "../core/api.js";
import { store } from "../core/store.js";
import { FORMS } from "./index.js";
import { colourBy } from "./tiles3d.js";

/** @typedef {import("../core/api.js").Json} Json */
/** @typedef {import("./index.js").Drawn} Drawn */

/** Forms that show what a panel asked for: nothing is fetched for them by themselves. */
const GIVEN = { path: true };

/** Forms that are coloured by a state and fetch for themselves: what colours them is no list of rows. */
const STATEFUL = { tiles3d: true, cells: true };

export class LayerHost extends EventTarget {
  /** @type {Map<string, Promise<Drawn>>} layer id -> what is drawn, once asked for */
  #drawn = new Map();
  /** @type {Map<string, Json>} entity id -> feature, of what is drawn one by one: devices and areas */
  #features = new Map();
  /** @type {Drawn | null} what colours solids beside the layers */
  #colouring = null;

  /**
   * @param {import("../map/viewer.js").City} city
   * @param {string} scene
   * @param {Json[]} layers as the scene declares them
   * @param {(error: Error) => void} onError
   * @param {Map<string, Json>} kinds with the attributes that they may be coloured by
   */
  constructor(city, scene, layers, onError, kinds) {
    super();
    this.city = city;
    this.scene = scene;
    this.layers = layers;
    this.onError = onError;
    this.kinds = kinds;
    store.on("layers", () => this.#follow());
    store.on("colour", () => this.#colour());
  }

  /** Ids of the layers that are shown now. @returns {string[]} */
  shown() {
    return store.get("layers") ?? this.layers.filter((layer) => layer.visible).map((layer) => layer.id);
  }

  /** @param {string} id @param {boolean} on */
  toggle(id, on) {
    const shown = new Set(this.shown());
    if (on) shown.add(id);
    else shown.delete(id);
    store.set("layers", this.layers.map((layer) => layer.id).filter((layer) => shown.has(layer)));
  }

  /** Draws what is to be seen, the solids first: they are what people wait for. */
  async start() {
    const solids = this.layers.filter((layer) => layer.form === "tiles3d" && this.shown().includes(layer.id));
    await Promise.all(solids.map((layer) => this.get(layer.id)));
    this.#follow();
    this.#colour();
  }

  /** Colours a kind's solids by the attribute that was chosen, over what layers colour them by. */
  #colour() {
    const chosen = store.get("colour");
    this.#colouring?.remove();
    this.#colouring = null;
    const [kind, attribute] = chosen?.split(".") ?? [];
    const style = this.kinds.get(kind)?.styles.find((/** @type {Json} */ one) => one.name === attribute);
    if (!chosen || !style) return;
    const layer = { id: "colour", form: "tiles3d", kind, attribute, type: style.type, unit: style.unit, state: chosen };
    this.#colouring = colourBy(layer);
    this.#colouring.show(true);
  }

  /** @param {string} id @returns {Promise<Drawn> | null} what is drawn of a layer, drawn now if need be */
  get(id) {
    const layer = this.layers.find((one) => one.id === id);
    if (!layer) return null;
    let drawn = this.#drawn.get(id);
    if (!drawn) {
      drawn = this.#draw(layer);
      this.#drawn.set(id, drawn);
      drawn.catch((error) => {
        this.#drawn.delete(id);
        this.onError(error);
      });
    }
    return drawn;
  }

  /**
   * Draws what a panel found, in the place of what it found before. Layers of such forms wait for it.
   * @param {string} form
   * @param {Json[]} features
   */
  async give(form, features) {
    const layer = this.layers.find((one) => one.form === form) ?? { id: form, form };
    (await this.#drawn.get(layer.id))?.remove();
    this.#drawn.set(layer.id, FORMS[form].add(this.city, layer, features));
    this.#follow();
  }

  /** @param {Json} layer @returns {Promise<Drawn>} */
  async #draw(layer) {
    const form = FORMS[layer.form];
    if (!form) throw new Error(`no layer form ${layer.form}`);
    const stateful = layer.form in STATEFUL;
    const asks = layer.query && !stateful;
    const rows = asks ? (await api.query(this.scene, layer.query, layer.params ?? {})).rows : [];
    const features = stateful ? [] : layer.kind ? await api.features(layer.kind) : rows.map(featureOfRow);
    if (layer.form !== "lines") for (const feature of features) this.#features.set(String(feature.id), feature);
    const drawn = await form.add(this.city, layer, features);
    if (layer.kind && layer.value && asks) drawn.colourBy(valuesOf(rows, layer.value));
    drawn.show(this.shown().includes(layer.id));
    return drawn;
  }

  #follow() {
    const shown = this.shown();
    for (const layer of this.layers) {
      if (layer.form in GIVEN && !this.#drawn.has(layer.id)) continue;
      if (shown.includes(layer.id)) this.get(layer.id)?.then((drawn) => drawn.show(true), () => {});
      else this.#drawn.get(layer.id)?.then((drawn) => drawn.show(false), () => {});
    }
    this.dispatchEvent(new Event("change"));
  }

  /** A device or an area that is drawn, as it was fetched. @param {string} id @returns {Json | null} */
  feature(id) {
    return this.#features.get(id) ?? null;
  }

  /** Marks entities in every layer that draws them. @param {string[]} ids */
  mark(ids) {
    for (const drawn of this.#drawn.values()) drawn.then((one) => one.mark(ids), () => {});
  }

  /** Adds a layer, or, where it is there already, reads it anew. @param {Json} layer */
  async offer(layer) {
    const known = this.layers.some((one) => one.id === layer.id);
    if (known) await (await this.#drawn.get(layer.id))?.reload?.();
    else this.layers.push(layer);
    if (!known) this.#follow();
  }

  /** Takes a layer away that has nothing to show any more. @param {string} id */
  async withdraw(id) {
    this.layers = this.layers.filter((layer) => layer.id !== id);
    const drawn = this.#drawn.get(id);
    this.#drawn.delete(id);
    this.#follow();
    (await drawn)?.remove();
  }

  /** Whether a state colours the solids now. */
  coloured() {
    return this.layers.some((layer) => layer.state && this.shown().includes(layer.id));
  }

  /** Resolves when all solids in view have come. */
  async firstPicture() {
    const ids = this.layers.filter((layer) => layer.form === "tiles3d").map((layer) => layer.id);
    const all = await Promise.all(ids.map((id) => this.#drawn.get(id)));
    await Promise.all(all.map((drawn) => drawn?.firstPicture));
  }
}

/** @param {Json} row @returns {Json} a query's row as a feature */
function featureOfRow(row) {
  const geometry = row.geometry ?? (row.lonlat ? { type: "Point", coordinates: row.lonlat } : null);
  return { id: row.id, geometry, properties: row };
}

/**
 * @param {Json[]} rows
 * @param {string} column
 * @returns {Map<string, number>}
 */
export function valuesOf(rows, column) {
  return new Map(rows.filter((row) => row[column] !== null && row[column] !== undefined).map((row) => [row.id, row[column]]));
}
