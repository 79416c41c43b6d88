/** Names of entities that something refers to by id alone: asked for once each. */

import { api } from "./api.js";
import { words } from "./words/index.js";

/** @type {Map<string, Promise<import("./api.js").Json | null>>} */
const asked = new Map();

/**
 * Writes the name of an entity into an element as soon as it is known; leaves it empty where the entity is gone.
 * @param {string} id
 * @param {Element} element
 */
export async function nameInto(id, element) {
  let entity = asked.get(id);
  // An entity that is not there any more has no name: that is no fault of the page.
  if (!entity) asked.set(id, (entity = api.entity(id).catch(() => null)));
  const known = await entity;
  if (known) element.textContent = words.named(known);
}
