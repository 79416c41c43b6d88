/** Every address that the pages ask, and nothing else knows one. */

import { momentParams } from "./moment.js";

/** @typedef {{[name: string]: any}} Json */

/** What the server refused, in its words: the thing, the reason, the way out. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {Json} problem a problem+json body
   */
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.status = status;
    this.thing = problem.thing ?? "";
    this.reason = problem.reason ?? problem.detail ?? problem.title ?? "";
    this.wayOut = problem.way_out ?? "";
  }
}

/**
 * Asks the server. A page whose log-in has run out goes to the log-in page and comes back.
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<any>}
 */
async function ask(path, init = {}) {
  const answer = await fetch(path, { credentials: "same-origin", ...init });
  if (answer.status === 401 && !path.startsWith("/login")) {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
    return new Promise(() => {});
  }
  const isJson = (answer.headers.get("content-type") ?? "").includes("json");
  const body = isJson ? await answer.json() : {};
  if (!answer.ok) throw new Refused(answer.status, body);
  return body;
}

/**
 * @param {string} path
 * @param {Json} body
 * @returns {Promise<any>}
 */
function post(path, body) {
  return ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

/**
 * @param {string} path
 * @param {{[name: string]: string | number | null | undefined}} params
 * @returns {string}
 */
function withParams(path, params) {
  const given = Object.entries(params).filter(([, value]) => value !== null && value !== undefined);
  return given.length ? `${path}?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : path;
}

export const api = {
  me: () => ask("/me"),
  twin: () => ask("/twin"),
  kinds: () => ask("/kinds"),
  scenes: () => ask("/scenes"),
  /** @param {string} id */
  scene: (id) => ask(`/scenes/${encodeURIComponent(id)}`),
  /** @param {string} scene @param {string} query @param {Json} [params] */
  query: (scene, query, params = {}) => post(`/scenes/${encodeURIComponent(scene)}/${encodeURIComponent(query)}`, params),
  /** @param {string} id @param {import("./moment.js").Moment | null} [moment] null: now */
  entity: (id, moment = null) => ask(withParams(`/entities/${encodeURIComponent(id)}`, momentParams(moment))),
  /** @param {string} text */
  search: (text) => ask(withParams("/search", { q: text })),
  /** @param {string} id @returns {Promise<ArrayBuffer>} a column, for `readState` */
  async state(id) {
    const answer = await fetch(`/state/${encodeURIComponent(id)}`, { credentials: "same-origin" });
    if (!answer.ok) throw new Refused(answer.status, await answer.json());
    return answer.arrayBuffer();
  },
  /** @param {string} name such as `h3-10` @returns {Promise<ArrayBuffer>} a lattice, for `readCells` */
  async cells(name) {
    const answer = await fetch(`/cells/${encodeURIComponent(name)}`, { credentials: "same-origin" });
    if (!answer.ok) throw new Refused(answer.status, await answer.json());
    return answer.arrayBuffer();
  },
  incidents: () => ask(withParams("/incidents", { open: "true" })),
  /** @param {{sensor?: string, bbox?: string, kind?: string}} [params] */
  latest: (params = {}) => ask(withParams("/live/latest", params)),
  /** @param {Json} body */
  trajectory: (body) => post("/presence/trajectory", body),
  /** @param {Json} body */
  companions: (body) => post("/presence/companions", body),
  /** @param {string} user @param {string} password */
  login: (user, password) => post("/login", { user, password }),
  logout: () => post("/logout", {}),

  /**
   * Every feature of a kind, page after page.
   * @param {string} kind
   * @param {(features: Json[]) => void} [onPage] called with each page as it comes
   * @returns {Promise<Json[]>}
   */
  async features(kind, onPage) {
    const all = [];
    let cursor = null;
    do {
      const page = await ask(withParams(`/features/${encodeURIComponent(kind)}`, { limit: 5000, cursor }));
      all.push(...page.features);
      if (onPage) onPage(page.features);
      cursor = page.next ?? null;
    } while (cursor);
    return all;
  },

  /**
   * The features of a kind whose outline holds a point.
   * @param {string} kind
   * @param {[number, number]} lonlat
   * @returns {Promise<Json[]>}
   */
  async featuresAt(kind, [lon, lat]) {
    const bbox = [lon, lat, lon, lat].join(",");
    return (await ask(withParams(`/features/${encodeURIComponent(kind)}`, { bbox, limit: 10_000 }))).features;
  },

  /** The address of the live channel. */
  liveUrl() {
    const url = new URL("/live/ws", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return url.href;
  },

  /** @param {string} kind @returns {string} where the tileset of a kind begins, unless the twin says otherwise */
  tileset: (kind) => `/tiles/${encodeURIComponent(kind)}/tileset.json`,

  /**
   * Where a tileset begins as it stood at a moment; refused, in the server's words, where nothing of it stood then.
   * @param {string} url of its root document
   * @param {import("./moment.js").Moment} moment
   * @returns {Promise<string>}
   */
  async tilesetAt(url, moment) {
    const address = withParams(url, momentParams(moment));
    await ask(address);
    return address;
  },
};
