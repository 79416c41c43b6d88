/** When all of the first view was on the screen: a mark in the browser's own timeline, which any benchmark can read. */

const MARK = "first-complete-view";

/** Called once, with the frame that shows the last of it. */
export function markFirstView() {
  performance.mark(MARK);
}

/** @returns {number | null} milliseconds from the opening of the page; null: not yet */
export function firstViewMs() {
  return performance.getEntriesByName(MARK)[0]?.startTime ?? null;
}
