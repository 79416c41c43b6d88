/** Every text of the pages, in every language. `words.say` finds it; a key that is missing is an error, not a blank. */

import en from "./en.js";
import zh from "./zh.js";

/** @type {{[language: string]: {[key: string]: string}}} */
const LANGUAGES = { en, zh };

let language = "zh";

export const words = {
  /** @param {string} name */
  use(name) {
    language = name;
  },

  /**
   * The text of a key, with `{name}` replaced.
   * @param {string} key
   * @param {{[name: string]: string | number}} [values]
   * @returns {string}
   */
  say(key, values = {}) {
    const text = LANGUAGES[language][key];
    if (text === undefined) throw new Error(`no ${language} text for ${key}`);
    return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
  },

  /**
   * The text of a key that comes from data (a use, a status): the value itself where we have no word for it.
   * @param {string} group
   * @param {string | null | undefined} value
   * @returns {string}
   */
  ofData(group, value) {
    if (value === null || value === undefined || value === "") return "–";
    return LANGUAGES[language][`${group}.${value}`] ?? String(value);
  },

  /**
   * The name of a thing in the city: its own in this language where the source gives one.
   * @param {{[field: string]: any}} entity
   * @returns {string}
   */
  named(entity) {
    const { name_en: name, title_en: title } = entity.attributes ?? {};
    return (language === "en" && (name ?? title)) || entity.title || entity.id;
  },

  /**
   * The title of something that the server declares.
   * @param {{title_en?: string, title_zh?: string, title?: string, name?: string, id?: string}} declared
   * @returns {string}
   */
  title(declared) {
    const own = language === "zh" ? declared.title_zh : declared.title_en;
    return own ?? declared.title ?? declared.name ?? declared.id ?? "–";
  },
};

/**
 * Keys that one language has and another lacks, as `language: key`. Empty when complete.
 * @returns {string[]}
 */
export function missingWords() {
  const all = new Set(Object.values(LANGUAGES).flatMap((table) => Object.keys(table)));
  return Object.entries(LANGUAGES)
    .flatMap(([name, table]) => [...all].filter((key) => !(key in table)).map((key) => `${name}: ${key}`));
}
