/** What the three workplaces share: asks what the scene declares, opens the city, places layers and panels. */

import { api } from "../core/api.js";
import { find, h } from "../core/dom.js";
import { useZone } from "../core/format.js";
import { Live } from "../core/live.js";
import { Picked } from "../core/picked.js";
import { markFirstView } from "../core/picture.js";
import { store } from "../core/store.js";
import "../core/traffic.js"; // counts from here on
import { words } from "../core/words/index.js";
import { radiusOf } from "../layers/geometry.js";
import { LayerHost } from "../layers/host.js";
import { followLandmarks, landmarkLayer } from "../layers/landmarks.js";
import { showSectors } from "../layers/sectors.js";
import { followTiles } from "../layers/tiles3d.js";
import { flyTo, placeCamera } from "../map/camera.js";
import { listenForPicks, standOut } from "../map/picking.js";
import { selectFeature } from "../map/shading.js";
import { openCity } from "../map/viewer.js";
import { makePanel } from "../panels/index.js";
import { trouble } from "../panels/panel.js";
import { placeTools } from "../tools/index.js";
import { drawBar } from "./bar.js";

/** @typedef {import("../core/api.js").Json} Json */
/** @typedef {import("../panels/panel.js").Context} Context */

/** Metres that are seen around a picked entity, at the least. */
const AROUND_M = 150;

/** Opens the page. */
async function open() {
  const [twin, scenes, kinds, me, scene] = await Promise.all([
    api.twin(), api.scenes(), api.kinds(), api.me(), api.scene(find("body").dataset.scene ?? ""),
  ]);
  useZone(twin.zone);
  const city = openCity(find("#map"), twin);
  const byId = new Map(kinds.map((/** @type {Json} */ kind) => [kind.id, kind]));
  const layers = new LayerHost(city, scene.id, layersOf(scene, twin), report, byId);
  const live = new Live({ bbox: null, kinds: kindsOf(scene) });
  /** @type {Context} */
  const context = {
    twin, scene, scenes, me, city, layers, live, picked: new Picked(), kinds: byId,
  };
  placeCamera(city, cameraOf(find("body")));
  drawBar(context);
  placePanels(context);
  placeTools(context);
  followSelection(context);
  retitle(context);
  store.on("language", () => retitle(context));
  followTiles(live, twin.tilesets, report);
  followLandmarks(live, layers, twin.landmarks);
  await layers.start();
  await layers.firstPicture();
  markFirstView();
  find("body").dataset.state = "ready";
  document.documentElement.dataset.picture = "ready";
}

/**
 * The layers that this twin has something for: a kind that it holds none of is not offered. Tilesets are where it says;
 * a layer of tiles with a value of its own colours those that are there; the others can be shown at any moment.
 * Tilesets that were added come after these.
 * @param {Json} scene
 * @param {Json} twin
 * @returns {Json[]}
 */
function layersOf(scene, twin) {
  const addresses = new Map(twin.tilesets.map((/** @type {Json} */ one) => [one.kind, one.url]));
  const added = twin.added.map((/** @type {Json} */ one) => (one.of === "landmarks" ? landmarkLayer(twin.landmarks) : {
    id: `added-${one.name}`, title_en: one.title_en, title_zh: one.title_zh, form: "tileset", url: one.url, visible: true,
  }));
  const declared = scene.layers.flatMap((/** @type {Json} */ layer) => {
    const state = layer.value ? `${scene.id}.${layer.id}` : undefined;
    if (layer.needs && !twin[layer.needs]) return [];
    if (layer.form !== "tiles3d") return layer.kind && !twin.counts[layer.kind] ? [] : [{ ...layer, state }];
    return addresses.has(layer.kind) ? [{ ...layer, state, url: addresses.get(layer.kind), timed: !state }] : [];
  });
  return [...declared, ...added];
}

/** @param {Json} scene @returns {string[]} kinds that the page wants live values of */
function kindsOf(scene) {
  const kinds = scene.feeds.flatMap((/** @type {Json} */ feed) => feed.kinds);
  return [...new Set(kinds.length ? kinds : ["sensor"])];
}

/** The first view may be declared by the page. @param {HTMLElement} body */
function cameraOf(body) {
  const read = (/** @type {string} */ name) => (body.dataset[name] ? Number(body.dataset[name]) : undefined);
  return { heading: read("heading"), pitch: read("pitch"), near: read("near") };
}

/** On every page, whether its scene says so or not. */
const ALWAYS = [{ id: "language", form: "language", slot: "top" }];

/** @param {Context} context */
function placePanels(context) {
  const declared = context.scene.panels;
  const absent = ALWAYS.filter(({ form }) => !declared.some((/** @type {Json} */ panel) => panel.form === form));
  for (const panel of [...declared, ...absent]) {
    const slot = document.querySelector(`[data-slot="${panel.slot ?? "left"}"]`);
    if (!slot) throw new Error(`the page has no slot ${panel.slot}`);
    slot.append(makePanel(panel, context));
  }
}

/** A click on the map picks; whatever is picked, here or in a panel, stands out. @param {Context} context */
function followSelection(context) {
  const { city, layers, picked } = context;
  let fromMap = store.get("selection") !== null && store.get("camera") !== null;
  /** @type {import("../map/picking.js").Pick} */
  let clicked = { id: null, moment: null };
  listenForPicks(city, (pick) => {
    fromMap = true;
    clicked = pick;
    picked.choose(pick.id, pick);
  });
  picked.addEventListener("change", () => {
    const { entity } = picked;
    standOut(city, entity && entity === clicked.element ? clicked.feature : undefined);
    selectFeature(city, entity?.kind === "building" ? entity.number : null);
    layers.mark(entity ? [entity.id] : []);
    if (entity?.kind === "camera") showSectors(context, [entity.id]);
    if (!entity) showSectors(context, []);
    if (entity?.lonlat && !fromMap) {
      const radius = radiusOf(layers.feature(entity.id)?.geometry ?? null);
      flyTo(city, entity.lonlat, Math.max(radius * 1.3, AROUND_M));
    }
    fromMap = false;
  });
}

/** @param {Context} context */
function retitle({ twin, scene }) {
  document.title = `${twin.name} · ${words.title(scene)}`;
}

/** What goes wrong is said at the foot of the page, in the server's words. @param {unknown} error */
function report(error) {
  console.warn(error);
  const note = h("div", { class: "toast" }, trouble(error));
  find("body").append(note);
  setTimeout(() => note.remove(), 12_000);
}

open().catch((error) => {
  find("body").dataset.state = "failed";
  report(error);
});
