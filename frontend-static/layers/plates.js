/** Flat plates in a building's outline, where it is cut between floors. */

import { draw } from "../map/viewer.js";
import { colour } from "../map/palette.js";
import { fillCollection } from "./fills.js";
import { piecesOf } from "./polygons.js";

/**
 * @param {import("../map/viewer.js").City} city
 * @param {import("../core/api.js").Json} feature with a (multi)polygon
 * @param {number[]} heights metres above the city's ground
 * @returns {() => void} how to take them away
 */
export function showPlates(city, feature, heights) {
  const pieces = heights.flatMap((height) => piecesOf(feature, city.groundM + height));
  if (!pieces.length) return () => {};
  const plates = city.scene.primitives.add(fillCollection(pieces, colour("--plate")));
  draw(city);
  return () => {
    city.scene.primitives.remove(plates);
    draw(city);
  };
}
