/** Cells over the city: one model for a whole lattice, coloured, raised and picked without a vertex being touched. */

import { surfaceMesh, columnMesh } from "./cellmesh.js";
import { cellShader, cellTexture } from "./cellshader.js";
import { packGlb } from "./glb.js";
import { Cesium, draw } from "./viewer.js";

/** @typedef {import("./viewer.js").City} City */
/** @typedef {import("../core/cells.js").Lattice} Lattice */

/** Metres between two looks along the way of a click through columns. */
const STEP_M = 4;

/** A click farther away finds no cell. */
const FARTHEST_M = 60_000;

export class CellModel {
  /** @type {Uint8Array} */
  #texels;

  /**
   * @param {City} city
   * @param {Lattice} cells
   * @param {{lift: number, rise: number, alpha: number}} look
   */
  constructor(city, cells, look) {
    this.city = city;
    this.cells = cells;
    this.look = look;
    this.#texels = new Uint8Array(4 * cells.columns * cells.rows);
    this.shader = cellShader(cells, look);
    /** @type {import("cesium").Model | null} */
    this.model = null;
    this.shown = true;
  }

  /** Makes the model; it is drawn as soon as the library has it. */
  async open() {
    const { city, cells, look } = this;
    const frame = Cesium.Transforms.eastNorthUpToFixedFrame(Cesium.Cartesian3.fromDegrees(...city.centre, city.groundM));
    const places = placesIn(frame, cells, city.groundM + (look.rise ? 0 : look.lift));
    const mesh = look.rise ? columnMesh(cells, places) : surfaceMesh(cells, places);
    const glb = packGlb({ ...mesh, reach: look.rise ? look.lift + look.rise + 2 : 0 });
    const url = URL.createObjectURL(new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (glb)]));
    const model = await Cesium.Model.fromGltfAsync({
      url, modelMatrix: frame, upAxis: Cesium.Axis.Z, forwardAxis: Cesium.Axis.X,
      customShader: this.shader, allowPicking: false, backFaceCulling: look.rise > 0, show: this.shown,
      asynchronous: false, // one long frame rather than several: each draws the whole city
    });
    this.model = model;
    city.scene.primitives.add(model);
    const again = city.scene.postRender.addEventListener(() => {
      if (!model.ready) return draw(city);
      URL.revokeObjectURL(url);
      again();
    });
    draw(city);
  }

  /** @param {boolean} on */
  show(on) {
    this.shown = on;
    if (this.model) this.model.show = on;
    draw(this.city);
  }

  /** @param {Uint8Array} texels four bytes a texel: colour, and how high from 1 to 255; 0: nothing is known */
  paint(texels) {
    this.#texels = texels;
    this.shader.setUniform("u_cells", cellTexture(this.cells, texels));
    draw(this.city);
  }

  /** @param {number} position of the cell that stands out; -1: none */
  choose(position) {
    const texel = position < 0 ? -1 : this.cells.texels[position];
    this.shader.setUniform("u_chosenColumn", texel < 0 ? -1 : texel % this.cells.columns);
    this.shader.setUniform("u_chosenRow", texel < 0 ? -1 : Math.floor(texel / this.cells.columns));
    draw(this.city);
  }

  /**
   * The coloured cell that a ray meets first.
   * @param {import("cesium").Ray} ray
   * @returns {{position: number, distance: number} | null}
   */
  meet(ray) {
    const { lift, rise } = this.look;
    const high = this.#texelTop(255);
    const enters = this.#distance(ray, high) ?? 0;
    const leaves = rise ? Math.min(this.#distance(ray, lift) ?? FARTHEST_M, FARTHEST_M) : enters;
    if (!rise && !enters) return null;
    for (let distance = enters; distance <= leaves; distance += STEP_M) {
      const at = Cesium.Cartographic.fromCartesian(Cesium.Ray.getPoint(ray, distance));
      if (!at) return null;
      const position = this.cells.at([Cesium.Math.toDegrees(at.longitude), Cesium.Math.toDegrees(at.latitude)]);
      const known = position < 0 ? 0 : this.#texels[4 * this.cells.texels[position] + 3];
      if (known && at.height - this.city.groundM <= this.#texelTop(known) + 0.5) return { position, distance };
    }
    return null;
  }

  /** @param {number} known 1 to 255 @returns {number} metres above the ground of what is drawn of a cell */
  #texelTop(known) {
    const { lift, rise } = this.look;
    return rise ? lift + 2 + (rise * (known - 1)) / 254 : lift;
  }

  /**
   * How far away a ray meets a height above the ground, on the ellipsoid.
   * @param {import("cesium").Ray} ray
   * @param {number} height
   * @returns {number | null}
   */
  #distance(ray, height) {
    const { radii } = Cesium.Ellipsoid.WGS84;
    const over = this.city.groundM + height;
    const met = Cesium.IntersectionTests.rayEllipsoid(ray, new Cesium.Ellipsoid(radii.x + over, radii.y + over, radii.z + over));
    return met && met.start > 0 ? met.start : null;
  }

  remove() {
    if (this.model) this.city.scene.primitives.remove(this.model);
    draw(this.city);
  }
}

/**
 * The nodes of a lattice in a frame of its own: with the Earth's curve in them.
 * @param {import("cesium").Matrix4} frame
 * @param {Lattice} cells
 * @param {number} height ellipsoidal metres
 * @returns {Float64Array}
 */
function placesIn(frame, cells, height) {
  const back = Cesium.Matrix4.inverseTransformation(frame, new Cesium.Matrix4());
  const places = new Float64Array((cells.nodes.length / 2) * 3);
  const point = new Cesium.Cartesian3();
  for (let i = 0; 2 * i < cells.nodes.length; i++) {
    Cesium.Cartesian3.fromDegrees(cells.nodes[2 * i], cells.nodes[2 * i + 1], height, Cesium.Ellipsoid.WGS84, point);
    Cesium.Matrix4.multiplyByPoint(back, point, point);
    places.set([point.x, point.y, point.z], 3 * i);
  }
  return places;
}
