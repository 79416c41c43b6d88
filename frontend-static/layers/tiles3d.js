/** Buildings and other solids, streamed as 3D Tiles; and layers that colour them by a state. */

import { api } from "../core/api.js";
import { groundBelow } from "../map/ground.js";
import { openTiles } from "../map/tiles3d.js";
import { followBy, followState, liveLink } from "./following.js";
import { explain } from "./keys.js";
import { coloursOf } from "./states.js";

/** @typedef {import("../map/tiles3d.js").Tiles} Tiles */
/** @typedef {import("../core/live.js").Live} Live */
/** @typedef {import("./states.js").Colours} Colours */

/** The kind that is the ground itself. */
const TERRAIN = "terrain";

/** @type {Map<string, Set<Tiles>>} kind -> what is open of its tiles */
const OPEN = new Map();

/** @type {Map<string, Map<string, Colours>>} kind -> the states that colour it, by layer; the last one is seen */
const PAINTED = new Map();

/**
 * @param {import("../map/viewer.js").City} city
 * @param {import("../core/api.js").Json} layer `url` where the twin names one; `state` where it only colours; `look`
 * @returns {Promise<import("./index.js").Drawn>}
 */
export async function add(city, layer) {
  if (layer.state) return colourBy(layer);
  const opened = await openTiles(city, layer.url ?? api.tileset(layer.kind), layer.look);
  const tiles = layer.kind === TERRAIN && !layer.look?.moment ? asGround(city, opened) : opened;
  const { show, split, firstPicture } = tiles;
  const verbs = { show, split, firstPicture, mark: () => {}, colourBy: () => {} };
  if (layer.look?.moment) return { ...verbs, remove: tiles.remove }; // what stood then: nothing of it changes
  const siblings = OPEN.get(layer.kind) ?? new Set();
  OPEN.set(layer.kind, siblings.add(tiles));
  tiles.paint(seen(layer.kind));
  const remove = () => {
    siblings.delete(tiles);
    tiles.remove();
  };
  return { ...verbs, remove };
}

/**
 * The flat ground keeps below these tiles while they are shown, also when they become others.
 * @param {import("../map/viewer.js").City} city
 * @param {Tiles} tiles
 * @returns {Tiles}
 */
function asGround(city, tiles) {
  let shown = true;
  const settle = () => groundBelow(city, shown ? [...tiles.open].at(-1) ?? null : null);
  return {
    ...tiles,
    show: (on) => {
      shown = on;
      tiles.show(on);
      settle();
    },
    reread: (names) => tiles.reread(names).then(settle),
    remove: () => {
      tiles.remove();
      settle();
    },
  };
}

/**
 * Colours what is drawn of a kind by a state.
 * @param {import("../core/api.js").Json} layer
 * @returns {import("./index.js").Drawn}
 */
export function colourBy(layer) {
  const states = PAINTED.get(layer.kind) ?? new Map();
  PAINTED.set(layer.kind, states);
  const state = followState(liveLink(), layer.state, (column) => {
    const colours = column && coloursOf(column);
    if (colours) states.set(layer.id, colours);
    else states.delete(layer.id);
    explain(layer, colours ? column : null);
    for (const tiles of OPEN.get(layer.kind) ?? []) tiles.paint(seen(layer.kind));
  });
  return { show: state.show, mark: () => {}, colourBy: () => {}, remove: () => state.show(false) };
}

/** @param {string} kind @returns {Colours | null} */
function seen(kind) {
  return [...(PAINTED.get(kind)?.values() ?? [])].at(-1) ?? null;
}

/**
 * Lets what is open follow the model: a changed tile is fetched again, a changed tree is read again.
 * @param {Live} live
 * @param {{kind: string, version: number}[]} layers with the version that the page started from
 * @param {(error: Error) => void} onError told where a state cannot be had
 */
export function followTiles(live, layers, onError) {
  followBy(live, onError);
  live.addEventListener("tiles", (event) => {
    const { layer, tiles, tree, whole } = /** @type {CustomEvent} */ (event).detail;
    for (const open of OPEN.get(layer) ?? []) {
      if (tree || whole) open.reread(whole ? null : tiles);
      else open.refresh(tiles);
    }
  });
  for (const { kind, version } of layers) live.follow("tiles", kind, version);
}
