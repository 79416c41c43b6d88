/** A lattice as a mesh: one surface that knows where in the lattice it is, or a column for each cell. Arrays in and out. */

/** @typedef {import("../core/cells.js").Lattice} Lattice */
/** @typedef {{positions: Float32Array, coordinates: Float32Array, indices: Uint32Array}} Mesh */

/** Corners of a cell from its place, in columns and rows, round it. */
const CORNERS = {
  hexagon: [[2, 1], [1, 2], [-1, 1], [-2, -1], [-1, -2], [1, -1]].map(([i, j]) => [i / 3, j / 3]),
  square: [[0, 0], [1, 0], [1, 1], [0, 1]],
};

/** Share of a cell's width that its column has: a gap lets neighbours be told apart. */
const COLUMN_WIDTH = 0.9;

/**
 * The net of nodes as triangles; each vertex has its column and row, and between them the card reckons them.
 * @param {Lattice} cells
 * @param {Float64Array} places x, y, z of each node, metres
 * @returns {Mesh}
 */
export function surfaceMesh(cells, places) {
  const { across, along } = cells;
  const indices = new Uint32Array(6 * (across - 1) * (along - 1));
  let at = 0;
  for (let i = 0; i + 1 < across; i++) {
    for (let j = 0; j + 1 < along; j++) {
      const [low, one, other, high] = [i * along + j, (i + 1) * along + j, i * along + j + 1, (i + 1) * along + j + 1];
      indices.set([low, one, high, low, high, other], at);
      at += 6;
    }
  }
  return { positions: Float32Array.from(places), coordinates: Float32Array.from(cells.steps), indices };
}

/**
 * A column for each cell, flat on the ground until a shader lifts its top. A vertex has the cell's column, plus a half at
 * the top, and its row.
 * @param {Lattice} cells
 * @param {Float64Array} places x, y, z of each node, metres
 * @returns {Mesh}
 */
export function columnMesh(cells, places) {
  const corners = CORNERS[cells.shape];
  const sides = corners.length;
  const count = cells.ids.length;
  const positions = new Float32Array(6 * sides * count);
  const coordinates = new Float32Array(4 * sides * count);
  const middle = cells.shape === "hexagon" ? 0 : 0.5;
  const point = [0, 0, 0];
  for (let cell = 0; cell < count; cell++) {
    const [row, column] = [Math.floor(cells.texels[cell] / cells.columns), cells.texels[cell] % cells.columns];
    for (let side = 0; side < sides; side++) {
      const [i, j] = corners[side].map((part) => middle + (part - middle) * COLUMN_WIDTH);
      placeOf(cells, places, column + i, row + j, point);
      for (const top of [0, 1]) {
        const vertex = 2 * (cell * sides + side) + top;
        positions.set(point, 3 * vertex);
        coordinates[2 * vertex] = column + top / 2;
        coordinates[2 * vertex + 1] = row;
      }
    }
  }
  return { positions, coordinates, indices: columnTriangles(count, sides) };
}

/** @param {number} count @param {number} sides @returns {Uint32Array} the top as a fan, and two triangles a side */
function columnTriangles(count, sides) {
  const one = [];
  for (let side = 0; side < sides; side++) {
    const [foot, next] = [2 * side, 2 * ((side + 1) % sides)];
    one.push(foot, next, next + 1, foot, next + 1, foot + 1);
    if (side > 0 && side + 1 < sides) one.push(1, foot + 1, next + 1);
  }
  const indices = new Uint32Array(one.length * count);
  for (let cell = 0; cell < count; cell++) {
    for (let i = 0; i < one.length; i++) indices[cell * one.length + i] = 2 * sides * cell + one[i];
  }
  return indices;
}

/**
 * Where a place of the lattice is, by the triangle of the net that it lies in.
 * @param {Lattice} cells
 * @param {Float64Array} places
 * @param {number} column
 * @param {number} row
 * @param {number[]} point is set to x, y, z
 */
function placeOf(cells, places, column, row, point) {
  const [u, v] = [(column - cells.steps[0]) / cells.apart, (row - cells.steps[1]) / cells.apart];
  const [i, j] = [Math.min(Math.floor(u), cells.across - 2), Math.min(Math.floor(v), cells.along - 2)];
  const [a, b] = [u - i, v - j];
  const low = 3 * (i * cells.along + j);
  const high = low + 3 * (cells.along + 1);
  const between = a >= b ? low + 3 * cells.along : low + 3;
  const [first, second] = a >= b ? [a, b] : [b, a];
  for (let axis = 0; axis < 3; axis++) {
    const [from, by, to] = [places[low + axis], places[between + axis], places[high + axis]];
    point[axis] = from + first * (by - from) + second * (to - by);
  }
}
