/** What the page has fetched since it was opened. */

/** @typedef {{requests: number, bytes: number, kept: number}} Traffic `kept`: answered from what the browser had kept */

/** @type {Traffic} */
const traffic = { requests: 0, bytes: 0, kept: 0 };

/** @param {PerformanceEntry[]} entries */
function count(entries) {
  for (const entry of /** @type {PerformanceResourceTiming[]} */ (entries)) {
    traffic.requests += 1;
    traffic.bytes += entry.transferSize;
    if (!entry.transferSize && entry.decodedBodySize) traffic.kept += 1;
  }
}

// The browser's own list ends at 250 entries and a city has more tiles: an observer is told of each, and keeps none.
const observer = new PerformanceObserver((list) => count(list.getEntries()));
observer.observe({ type: "resource", buffered: true });

/** @returns {Readonly<Traffic>} bytes as they went over the wire, heads included */
export function trafficSoFar() {
  count(observer.takeRecords());
  return traffic;
}
