/** What the colours on the map mean just now: one key for each layer that is coloured by a state. */

/** @typedef {import("../core/api.js").Json} Json */
/** @typedef {import("../core/state.js").StateColumn} StateColumn */
/** @typedef {{layer: Json, column: StateColumn}} Key */

/** @type {Map<string, Key>} layer id -> its key, the newest last */
const SHOWN = new Map();

/** Tells, by an event `change`, that other colours are shown. */
export const keys = Object.assign(new EventTarget(), {
  /** @returns {Key[]} */
  shown: () => [...SHOWN.values()],
});

/**
 * @param {Json} layer
 * @param {StateColumn | null} column null: it is shown no more
 */
export function explain(layer, column) {
  const before = SHOWN.get(layer.id);
  if (column) SHOWN.set(layer.id, { layer, column });
  else SHOWN.delete(layer.id);
  if (column || before) keys.dispatchEvent(new Event("change"));
}
