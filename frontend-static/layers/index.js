/** The forms that a scene may draw. To add one: a file beside this one and a line in `FORMS`. */

import * as cells from "./cells.js";
import * as lines from "./lines.js";
import * as path from "./path.js";
import * as points from "./points.js";
import * as polygons from "./polygons.js";
import * as tiles3d from "./tiles3d.js";
import * as tileset from "./tileset.js";

/** @typedef {import("../map/viewer.js").City} City */
/** @typedef {import("../core/api.js").Json} Json */

/**
 * What is drawn of a layer, with the four verbs that every form has.
 * @typedef {object} Drawn
 * @property {(shown: boolean) => void} show
 * @property {(ids: string[]) => void} mark entities that stand out; empty: none
 * @property {(values: Map<string, number>) => void} colourBy a share (0..1) per entity
 * @property {() => void} remove
 * @property {(side: import("../map/tree.js").Side) => void} [split] of what can be shown at two moments beside each other
 * @property {() => Promise<void>} [reload] of what is streamed: reads it anew, and changes over without a gap
 * @property {Promise<void>} [firstPicture] of what is streamed: resolves when all that is in view has come
 */

/**
 * @typedef {object} Form
 * @property {(city: City, layer: Json, features: Json[]) => Promise<Drawn>} add
 */

/** @type {{[form: string]: Form}} */
export const FORMS = { cells, lines, path, points, polygons, tiles3d, tileset };
