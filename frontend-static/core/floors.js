/** The floors of a building as heights: those that the model holds, or else its height dealt out evenly. */

/** @typedef {import("./api.js").Json} Json */

/**
 * One floor, in metres above the city's ground. `level` counts as Chinese floors do: 1 is the ground storey, -1 is B1.
 * @typedef {{level: number, foot: number, top: number}} Floor
 */

/**
 * @param {Json} building as `/entities` tells of it
 * @param {Json[]} storeys features of kind storey that may be the building's
 * @param {number} groundM ellipsoidal height of the city's ground
 * @returns {{floors: Floor[], known: boolean}} lowest first; known: the model holds them; none where nothing is known
 */
export function floorsOf(building, storeys, groundM) {
  const held = storeys.filter(({ properties }) => properties.parent === building.id && properties.base_m !== null
    && properties.height_m && Number.isInteger(properties.level));
  if (held.length) return { floors: held.map(({ properties }) => heldFloor(properties, groundM)).sort(byLevel), known: true };
  const { height_m: height, storeys: count } = building;
  if (!height || !count) return { floors: [], known: false };
  const [foot, each] = [(building.stands_m ?? groundM) - groundM, height / count];
  const floors = Array.from({ length: count }, (_, i) => ({ level: i + 1, foot: foot + i * each, top: foot + (i + 1) * each }));
  return { floors, known: false };
}

/** @param {Json} properties @param {number} groundM @returns {Floor} */
function heldFloor({ level, base_m: base, height_m: height }, groundM) {
  return { level, foot: base - groundM, top: base - groundM + height };
}

/** @param {Floor} one @param {Floor} other */
const byLevel = (one, other) => one.level - other.level;

/**
 * What is left of a building between two of its floors: open above the highest and below the lowest, where roof and
 * foundations are.
 * @param {Floor[]} floors lowest first
 * @param {number} from place in `floors`
 * @param {number} to place in `floors`
 * @returns {{foot: number, top: number}} metres above the city's ground
 */
export function between(floors, from, to) {
  return {
    foot: from === 0 ? -Infinity : floors[from].foot,
    top: to === floors.length - 1 ? Infinity : floors[to].top,
  };
}
