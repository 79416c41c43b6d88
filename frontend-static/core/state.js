/** A state: one value or class a feature, by the feature's stable number. `docs/tiles.md` has the form on the wire. */

const MAGIC = "QST1";
const HEAD_BYTES = 32;

/**
 * @typedef {object} Delta
 * @property {number} version
 * @property {number[]} numbers
 * @property {(number | null)[]} values null: nothing is known any more
 * @property {string[]} classes
 */

export class StateColumn {
  /**
   * @param {number} version
   * @param {string[] | null} classes names of class 1, 2, …; null: the values are numbers
   * @param {Map<number, number>} values of those that are known
   * @param {[number, number]} range lowest and highest value
   */
  constructor(version, classes, values, range) {
    this.version = version;
    this.classes = classes;
    this.values = values;
    this.range = range;
  }

  /** @param {Delta} delta */
  take({ version, numbers, values, classes }) {
    this.version = version;
    if (this.classes) this.classes = classes;
    numbers.forEach((number, i) => {
      const value = values[i];
      if (value === null || (this.classes && value === 0)) this.values.delete(number);
      else this.values.set(number, value);
    });
  }
}

/**
 * @param {ArrayBuffer} data
 * @returns {StateColumn}
 */
export function readState(data) {
  const head = new DataView(data);
  const magic = String.fromCharCode(...new Uint8Array(data, 0, 4));
  if (magic !== MAGIC) throw new Error(`a state begins with ${MAGIC}, not ${JSON.stringify(magic)}`);
  const [byClass, listed] = [head.getUint8(4) === 0, head.getUint8(5) === 1];
  const aboutBytes = head.getUint16(6, true);
  const [version, first, count] = [8, 12, 16].map((at) => head.getUint32(at, true));
  const about = JSON.parse(new TextDecoder().decode(new Uint8Array(data, HEAD_BYTES, aboutBytes)));
  let at = HEAD_BYTES + aboutBytes;
  const numbers = listed ? new Uint32Array(data, at, count) : null;
  if (listed) at += 4 * count;
  const stored = byClass ? new Uint8Array(data, at, count) : new Float32Array(data, at, count);
  const values = new Map();
  for (let i = 0; i < count; i++) {
    if (byClass ? stored[i] !== 0 : !Number.isNaN(stored[i])) values.set(numbers ? numbers[i] : first + i, stored[i]);
  }
  return new StateColumn(version, byClass ? about.classes : null, values, [head.getFloat32(20, true), head.getFloat32(24, true)]);
}
