/** A few things that must not be missed: a thin mast on the spot and a dot on its top, seen over every roof. */

import { Cesium, draw } from "../map/viewer.js";
import { colour } from "../map/palette.js";
import { pointOf, toEcef } from "./geometry.js";
import { strandCollection } from "./lines.js";

/** @typedef {import("../core/api.js").Json} Json */

const MAST_M = 70;
const DOT = 11;
const MARKED_DOT = 20;

/**
 * @param {import("../map/viewer.js").City} city
 * @param {Json[]} features
 * @returns {Promise<import("./index.js").Drawn>}
 */
export async function addBeacons(city, features) {
  const spots = features.flatMap((feature) => {
    const lonlat = pointOf(feature.geometry);
    return lonlat ? [{ entity: String(feature.id), lonlat, foot: feature.properties.stands_m ?? city.groundM }] : [];
  });
  const masts = city.scene.primitives.add(strandCollection(spots.map(mast), colour("--accent", 0.55)));
  const dots = city.scene.primitives.add(new Cesium.PointPrimitiveCollection());
  for (const { entity, lonlat, foot } of spots) {
    dots.add({
      position: Cesium.Cartesian3.fromDegrees(lonlat[0], lonlat[1], foot + MAST_M), pixelSize: DOT, color: colour("--accent"),
      outlineColor: colour("--map-rim"), outlineWidth: 2, disableDepthTestDistance: Number.POSITIVE_INFINITY, id: { entity },
    });
  }
  draw(city);
  return {
    show: (shown) => {
      masts.show = dots.show = shown;
      draw(city);
    },
    mark: (ids) => {
      spots.forEach(({ entity }, index) => (dots.get(index).pixelSize = ids.includes(entity) ? MARKED_DOT : DOT));
      draw(city);
    },
    colourBy: () => {},
    remove: () => {
      city.scene.primitives.remove(masts);
      city.scene.primitives.remove(dots);
      draw(city);
    },
  };
}

/** @param {{entity: string, lonlat: [number, number], foot: number}} spot */
function mast({ entity, lonlat, foot }) {
  const ends = [foot, foot + MAST_M].flatMap((height) => [...toEcef([lonlat], height)]);
  return { entity, width: 1.5, positions: new Float64Array(ends) };
}
