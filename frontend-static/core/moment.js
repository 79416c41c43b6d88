/** Another moment of the city. */

/**
 * What stood at a moment: as it was known then, or as it is known today (corrections that came later are in it).
 * @typedef {object} Moment
 * @property {number} at epoch seconds
 * @property {boolean} knownToday
 */

/** A moment that is yet to come: the server takes it as "what is known now". */
const KNOWN_TODAY = "9999-12-31";

/**
 * A moment as the server is asked for it.
 * @param {Moment | null} moment null: now
 * @returns {{[name: string]: string | number}}
 */
export function momentParams(moment) {
  if (!moment) return {};
  return moment.knownToday ? { at: moment.at, known_at: KNOWN_TODAY } : { at: moment.at };
}

/** @param {Moment | null} one @param {Moment | null} other */
export function isSameMoment(one, other) {
  return one?.at === other?.at && one?.knownToday === other?.knownToday;
}
