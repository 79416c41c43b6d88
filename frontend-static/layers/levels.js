/** How high above the ground each flat kind lies, metres: what is above another is drawn over it, without flicker. */

/** @type {{[kind: string]: number}} */
const LEVELS = { landuse: -0.4, green: -0.3, water: -0.2, road: 0, grid: 0.5, community: 0.7, zone: 0.9, path: 1.5 };

const ELSE = 0.3;

/**
 * The ellipsoidal height that something flat of a kind is drawn at.
 * @param {import("../map/viewer.js").City} city
 * @param {string} kind
 * @returns {number}
 */
export function flatHeight(city, kind) {
  return city.groundM + (LEVELS[kind] ?? ELSE);
}
