/** Numbers and times as people read them, in the page's language and the twin's time zone. */

import { store } from "./store.js";
import { words } from "./words/index.js";

let zone = "UTC";

/**
 * All times are shown in this zone from here on.
 * @param {string} name IANA name
 */
export function useZone(name) {
  zone = name;
}

/** @returns {string} the zone that times are shown in */
export function shownZone() {
  return zone;
}

/** @returns {string} */
function locale() {
  return store.get("language") === "zh" ? "zh-CN" : "en-GB";
}

/**
 * A number with its thousands parted; an en dash where there is none.
 * @param {number | null | undefined} value
 * @param {number} [digits] after the point
 * @returns {string}
 */
export function number(value, digits = 0) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  return new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/**
 * A measured value with as many digits as it can use.
 * @param {number | null | undefined} value
 * @returns {string}
 */
export function reading(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  return number(value, Number.isInteger(value) || size >= 1000 ? 0 : size >= 100 ? 1 : 2);
}

/**
 * A share, 0..1, as per cent.
 * @param {number | null | undefined} value
 * @returns {string}
 */
export function percent(value) {
  return value === null || value === undefined ? "–" : `${number(value * 100, value > 0 && value < 0.1 ? 1 : 0)} %`;
}

/**
 * An instant as a Date: from epoch seconds, or an ISO text.
 * @param {number | string} instant
 * @returns {Date}
 */
export function toDate(instant) {
  return typeof instant === "number" ? new Date(instant * 1000) : new Date(instant);
}

/**
 * Intl formats in the twin's zone.
 * @param {Date} date
 * @param {Intl.DateTimeFormatOptions} options
 * @returns {string}
 */
function inZone(date, options) {
  return new Intl.DateTimeFormat(locale(), { timeZone: zone, hourCycle: "h23", ...options }).format(date);
}

/** @param {number | string} instant @returns {string} hours and minutes */
export function clock(instant) {
  return inZone(toDate(instant), { hour: "2-digit", minute: "2-digit" });
}

/** @param {number | string} instant @returns {string} hours, minutes and seconds */
export function clockSeconds(instant) {
  return inZone(toDate(instant), { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** @param {number | string} instant @returns {string} weekday, day and month */
export function longDay(instant) {
  return inZone(toDate(instant), { weekday: "long", day: "numeric", month: "long", year: "numeric" });
}

/** @param {number | string} instant @returns {string} day and month */
export function day(instant) {
  return inZone(toDate(instant), { month: "2-digit", day: "2-digit" });
}

/** @param {number | string} instant @returns {string} day, month, hours and minutes */
export function dayClock(instant) {
  return `${day(instant)} ${clock(instant)}`;
}

/**
 * An instant in full, in the twin's zone: as it is typed into a field, and the same in every language.
 * @param {number | string} instant
 * @returns {string} yyyy-mm-dd hh:mm
 */
export function toField(instant) {
  const options = /** @type {const} */ ({
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
  });
  const parts = Object.fromEntries(new Intl.DateTimeFormat("en-GB", options).formatToParts(toDate(instant))
    .map((part) => [part.type, part.value]));
  return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}`;
}

/**
 * Minutes as hours and minutes.
 * @param {number} minutes
 * @returns {string}
 */
export function duration(minutes) {
  const whole = Math.round(minutes);
  if (whole < 60) return words.say("time.minutes", { n: number(whole) });
  const rest = whole % 60;
  const hours = number(Math.floor(whole / 60));
  return rest ? words.say("time.hours_minutes", { h: hours, m: String(rest).padStart(2, "0") })
    : words.say("time.hours", { h: hours });
}

/**
 * How long ago an instant was.
 * @param {number | string} instant
 * @param {number} [now] epoch milliseconds
 * @returns {string}
 */
export function ago(instant, now = Date.now()) {
  const minutes = Math.max(0, Math.floor((now - toDate(instant).getTime()) / 60000));
  if (minutes < 1) return words.say("time.now");
  if (minutes < 60) return words.say("time.minutes_ago", { n: minutes });
  if (minutes < 48 * 60) return words.say("time.hours_ago", { n: Math.floor(minutes / 60) });
  return words.say("time.days_ago", { n: number(Math.floor(minutes / 1440)) });
}

/**
 * Bytes with a unit.
 * @param {number} bytes
 * @returns {string}
 */
export function bytes(bytes) {
  const units = ["B", "kB", "MB", "GB"];
  let size = bytes;
  let step = 0;
  while (size >= 1000 && step < units.length - 1) [size, step] = [size / 1000, step + 1];
  return `${number(size, step && size < 100 ? 1 : 0)} ${units[step]}`;
}

/**
 * A floor by Chinese counting: 1 is the ground storey, below it B1, B2…
 * @param {number | null | undefined} floor
 * @returns {string}
 */
export function floor(floor) {
  if (floor === null || floor === undefined || floor === -128) return words.say("floor.unknown");
  return floor < 0 ? `B${-floor}` : `${floor}F`;
}
