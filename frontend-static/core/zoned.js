/** Local time to instants, in the zone that the page shows. */

import { toField } from "./format.js";

const MINUTE_MS = 60_000;

/**
 * The instant of a local day and minute. An hour that a clock change leaves out is the one after it.
 * @param {string} day yyyy-mm-dd
 * @param {number} minute since midnight by the clock on the wall, 0..1439
 * @returns {Date}
 */
export function instantOf(day, minute) {
  const wanted = Date.parse(`${day}T00:00Z`) + minute * MINUTE_MS;
  let instant = wanted;
  // The offset is that of the instant itself: two rounds, since the first guess may lie on the other side of a change.
  for (let round = 0; round < 2; round++) instant += wanted - clockOf(instant);
  return new Date(instant);
}

/** What the clock shows, as if it were UTC. @param {number} instant milliseconds */
function clockOf(instant) {
  return Date.parse(`${toField(instant / 1000).replace(" ", "T")}Z`);
}

/**
 * The local day and minute of an instant.
 * @param {Date} instant
 * @returns {{day: string, minute: number}}
 */
export function localOf(instant) {
  const [day, clock] = toField(instant.getTime() / 1000).split(" ");
  const [hours, minutes] = clock.split(":").map(Number);
  return { day, minute: hours * 60 + minutes };
}
