/** A mesh made on the page, as a GLB in memory: what a model of the library is made from. */

const MAGIC = 0x46546c67;
const JSON_CHUNK = 0x4e4f534a;
const BINARY_CHUNK = 0x004e4942;
const [UNSIGNED_INT, FLOAT] = [5125, 5126];
const [ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER] = [34962, 34963];

/**
 * @param {object} mesh
 * @param {Float32Array} mesh.positions x, y, z of each vertex
 * @param {Float32Array} mesh.coordinates u, v of each vertex
 * @param {Uint32Array} mesh.indices three a triangle
 * @param {number} [mesh.reach] how far above its vertices a shader may lift the mesh, in z
 * @returns {Uint8Array}
 */
export function packGlb({ positions, coordinates, indices, reach = 0 }) {
  const parts = [positions, coordinates, indices];
  const starts = parts.map((_, i) => parts.slice(0, i).reduce((sum, part) => sum + part.byteLength, 0));
  const size = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const [low, high] = boundsOf(positions);
  high[2] += reach;
  const document = {
    asset: { version: "2.0" }, scene: 0, scenes: [{ nodes: [0] }], nodes: [{ mesh: 0 }],
    meshes: [{ primitives: [{ attributes: { POSITION: 0, TEXCOORD_0: 1 }, indices: 2 }] }],
    buffers: [{ byteLength: size }],
    bufferViews: parts.map((part, i) => ({
      buffer: 0, byteOffset: starts[i], byteLength: part.byteLength, target: i < 2 ? ARRAY_BUFFER : ELEMENT_ARRAY_BUFFER,
    })),
    accessors: [
      { bufferView: 0, componentType: FLOAT, count: positions.length / 3, type: "VEC3", min: low, max: high },
      { bufferView: 1, componentType: FLOAT, count: coordinates.length / 2, type: "VEC2" },
      { bufferView: 2, componentType: UNSIGNED_INT, count: indices.length, type: "SCALAR" },
    ],
  };
  return joined(new TextEncoder().encode(JSON.stringify(document)), parts, starts, size);
}

/**
 * @param {Uint8Array} text
 * @param {(Float32Array | Uint32Array)[]} parts
 * @param {number[]} starts
 * @param {number} size of all parts; a multiple of 4, as each part is
 */
function joined(text, parts, starts, size) {
  const textSize = Math.ceil(text.length / 4) * 4;
  const glb = new Uint8Array(12 + 8 + textSize + 8 + size).fill(0x20, 20, 20 + textSize);
  const head = new DataView(glb.buffer);
  [MAGIC, 2, glb.length, textSize, JSON_CHUNK].forEach((value, i) => head.setUint32(4 * i, value, true));
  glb.set(text, 20);
  [size, BINARY_CHUNK].forEach((value, i) => head.setUint32(20 + textSize + 4 * i, value, true));
  parts.forEach((part, i) => glb.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), 28 + textSize + starts[i]));
  return glb;
}

/** @param {Float32Array} positions @returns {[number[], number[]]} lowest and highest x, y, z */
function boundsOf(positions) {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < positions.length; i++) {
    const axis = i % 3;
    if (positions[i] < low[axis]) low[axis] = positions[i];
    if (positions[i] > high[axis]) high[axis] = positions[i];
  }
  return [low, high];
}
