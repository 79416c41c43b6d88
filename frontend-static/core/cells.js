/** A lattice of cells: which there are, where each lies, which one a point is in. `tiles/lattice.py` has the wire format. */

const MAGIC = "QCL1";
const HEAD_BYTES = 16;

/** Times that a place is sought in the net, a triangle at a time: two or three are enough. */
const MOST_STEPS = 32;

/** @typedef {[number, number]} Pair */

export class Lattice {
  /**
   * @param {{name: string, shape: "hexagon" | "square", size_m: number, columns: number, rows: number, net: Pair}} about
   * @param {BigUint64Array} ids
   * @param {Uint32Array} texels row * columns + column of each cell
   * @param {Float32Array} steps column and row of each node
   * @param {Float64Array} nodes lon and lat of each node
   */
  constructor(about, ids, texels, steps, nodes) {
    this.name = about.name;
    this.shape = about.shape;
    this.sizeM = about.size_m;
    this.columns = about.columns;
    this.rows = about.rows;
    this.across = about.net[0];
    this.along = about.net[1];
    this.ids = ids;
    this.texels = texels;
    this.steps = steps;
    this.nodes = nodes;
    /** Columns and rows between two nodes. */
    this.apart = steps[3] - steps[1];
    this.positions = new Int32Array(this.columns * this.rows).fill(-1);
    texels.forEach((texel, position) => (this.positions[texel] = position));
  }

  /** The id of the cell at a position, as the server names it. @param {number} position */
  nameAt(position) {
    const id = this.ids[position];
    if (this.shape === "hexagon") return id.toString(16);
    const half = 2n ** 31n;
    return `${(id >> 32n) - half}:${(id & 0xffffffffn) - half}`;
  }

  /** @param {string} name @returns {number} its position; -1: it is not here */
  positionOf(name) {
    if (this.shape === "hexagon") return /^[0-9a-f]+$/.test(name) ? this.ids.indexOf(BigInt(`0x${name}`)) : -1;
    if (!/^-?\d+:-?\d+$/.test(name)) return -1;
    const [x, y] = name.split(":").map((part) => BigInt(part) + 2n ** 31n);
    return this.ids.indexOf((x << 32n) | y);
  }

  /** @param {Pair} lonlat @returns {number} the position of the cell there; -1: there is none */
  at(lonlat) {
    const [column, row] = this.shape === "hexagon" ? nearestHexagon(this.stepsAt(lonlat)) : this.stepsAt(lonlat).map(Math.floor);
    const inside = column >= 0 && row >= 0 && column < this.columns && row < this.rows;
    return inside ? this.positions[row * this.columns + column] : -1;
  }

  /** Where a point lies in the lattice. @param {Pair} lonlat @returns {Pair} column and row with their fractions */
  stepsAt([lon, lat]) {
    let [u, v] = [this.across / 2, this.along / 2];
    for (let i = 0; i < MOST_STEPS; i++) {
      const { corner, one, other, lower } = this.#triangle(u, v);
      const [ax, ay] = [one[0] - corner[0], one[1] - corner[1]];
      const [bx, by] = [other[0] - one[0], other[1] - one[1]];
      const [x, y] = [lon - corner[0], lat - corner[1]];
      const part = ax * by - ay * bx;
      const [first, second] = [(x * by - y * bx) / part, (ax * y - ay * x) / part];
      // From the corner along one axis, then along the other: which axis is first is what tells the triangles apart.
      const [nextU, nextV] = lower
        ? [this.#clamped(u, this.across) + first, this.#clamped(v, this.along) + second]
        : [this.#clamped(u, this.across) + second, this.#clamped(v, this.along) + first];
      const settled = Math.abs(nextU - u) + Math.abs(nextV - v) < 1e-9;
      [u, v] = [nextU, nextV];
      if (settled) break;
    }
    return [this.steps[0] + u * this.apart, this.steps[1] + v * this.apart];
  }

  /** @param {number} at in nodes @param {number} count @returns {number} the node that begins there */
  #clamped(at, count) {
    return Math.min(Math.max(Math.floor(at), 0), count - 2);
  }

  /** The triangle of the net that a place lies in, or the one at the edge. @param {number} u @param {number} v */
  #triangle(u, v) {
    const [i, j] = [this.#clamped(u, this.across), this.#clamped(v, this.along)];
    const node = (/** @type {number} */ a, /** @type {number} */ b) => {
      const at = 2 * (a * this.along + b);
      return [this.nodes[at], this.nodes[at + 1]];
    };
    const lower = u - i >= v - j;
    return { corner: node(i, j), one: lower ? node(i + 1, j) : node(i, j + 1), other: node(i + 1, j + 1), lower };
  }
}

/**
 * The hexagon that a place is nearest to. Axes are 120 degrees apart.
 * @param {Pair} steps
 * @returns {Pair}
 */
export function nearestHexagon([i, j]) {
  const cube = [i, -j, j - i];
  const whole = cube.map(Math.round);
  const [x, y, z] = cube.map((part, axis) => Math.abs(whole[axis] - part));
  if (x > y && x > z) whole[0] = -whole[1] - whole[2];
  else if (y > z) whole[1] = -whole[0] - whole[2];
  return [whole[0], -whole[1]];
}

/**
 * @param {ArrayBuffer} data
 * @returns {Lattice}
 */
export function readCells(data) {
  const head = new DataView(data);
  const magic = String.fromCharCode(...new Uint8Array(data, 0, 4));
  if (magic !== MAGIC) throw new Error(`a lattice begins with ${MAGIC}, not ${JSON.stringify(magic)}`);
  const [aboutBytes, count, nodes] = [4, 8, 12].map((at) => head.getUint32(at, true));
  const about = JSON.parse(new TextDecoder().decode(new Uint8Array(data, HEAD_BYTES, aboutBytes)));
  let at = HEAD_BYTES + aboutBytes;
  const places = new Float64Array(data, at, 2 * nodes);
  const ids = new BigUint64Array(data, (at += 16 * nodes), count);
  const steps = new Float32Array(data, (at += 8 * count), 2 * nodes);
  const texels = new Uint32Array(data, (at += 8 * nodes), count);
  return new Lattice(about, ids, texels, steps, places);
}

const RES_0_EDGE_M = 1_281_256;

/**
 * Metres across a cell, of a kind that need not have been fetched: to choose one.
 * @param {string} name such as `h3-10` or `square-100`
 * @returns {number}
 */
export function cellSizeM(name) {
  const [kind, number] = name.split("-");
  return kind === "h3" ? (Math.sqrt(3) * RES_0_EDGE_M) / 7 ** (Number(number) / 2) : Number(number);
}
