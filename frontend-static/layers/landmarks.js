/** Landmarks on an open page: what is added, moved or ended is seen at once. */

/** @typedef {import("../core/api.js").Json} Json */

const NAME = "landmarks";

/** @param {Json} told what the twin says of its landmarks @returns {Json} their layer */
export function landmarkLayer({ title_en, title_zh, url }) {
  return { id: `added-${NAME}`, title_en, title_zh, form: "tileset", url, visible: true, timed: true };
}

/**
 * @param {import("../core/live.js").Live} live
 * @param {import("./host.js").LayerHost} host
 * @param {Json} told what the twin says of its landmarks
 */
export function followLandmarks(live, host, told) {
  const layer = landmarkLayer(told);
  // One after another: what was told later is what holds.
  let last = Promise.resolve();
  live.addEventListener("tiles", (event) => {
    const { layer: name, version } = /** @type {CustomEvent} */ (event).detail;
    if (name !== NAME) return;
    last = last.then(() => (version ? host.offer(layer) : host.withdraw(layer.id))).catch((error) => host.onError(error));
  });
  live.follow("tiles", NAME, told.version);
}
