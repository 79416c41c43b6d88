/** The tools of the 3D view. To add one: a file beside this one, a line in `TOOLS` and its words. */

import { fill, find, h } from "../core/dom.js";
import { store } from "../core/store.js";
import { words } from "../core/words/index.js";
import { CompareTool } from "./compare.js";
import { PerformanceTool } from "./performance.js";
import { SectionTool } from "./section.js";
import { SunlightTool } from "./sunlight.js";
import { VisibilityTool } from "./visibility.js";

/** @typedef {import("../panels/panel.js").Context} Context */
/** @typedef {import("./tool.js").Tool} Tool */

/** @type {{id: string, key: string, form: typeof import("./tool.js").Tool}[]} */
export const TOOLS = [
  { id: "visibility", key: "v", form: VisibilityTool },
  { id: "section", key: "f", form: SectionTool },
  { id: "sunlight", key: "s", form: SunlightTool },
  { id: "compare", key: "c", form: CompareTool },
  { id: "performance", key: "p", form: PerformanceTool },
];

for (const { id, form } of TOOLS) customElements.define(`qy-tool-${id}`, form);

/**
 * Puts the tools on the map: a bar of buttons and the trays of those that are in use.
 * @param {Context} context
 */
export function placeTools(context) {
  /** @type {Map<string, Tool>} */
  const open = new Map();
  const bar = h("div", { class: "tools-bar", role: "toolbar" });
  const trays = h("div", { class: "tools-trays" });

  const redraw = () => {
    bar.setAttribute("aria-label", words.say("tool.all"));
    fill(bar, TOOLS.map(({ id, key }) => h("button", {
      type: "button", data: { tool: id }, "aria-pressed": String(open.has(id)), "aria-keyshortcuts": key.toUpperCase(),
      on: { click: () => toggle(id) },
    }, h("span", {}, words.say(`tool.${id}`)), h("kbd", {}, key.toUpperCase()))));
  };

  /** @param {string} id */
  const toggle = (id) => {
    const opened = open.get(id);
    if (opened) {
      const held = opened.contains(document.activeElement);
      opened.remove();
      open.delete(id);
      redraw();
      if (held) find(`[data-tool="${id}"]`, bar).focus();
      return;
    }
    const found = TOOLS.find((one) => one.id === id);
    if (!found) throw new Error(`no tool ${id}`);
    const tool = new found.form();
    tool.panel = { id, form: "tool" };
    tool.context = context;
    tool.close = () => toggle(id);
    open.set(id, tool);
    trays.append(tool);
    redraw();
    find(`[data-tool="${id}"]`, bar).focus();
  };

  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.metaKey || isTyping(event.target)) return;
    if (act(event, open, toggle)) event.preventDefault();
  });
  store.on("language", redraw);
  redraw();
  find("#map").append(h("div", { class: "tools" }, bar, trays));
}

/**
 * Does what a key stands for.
 * @param {KeyboardEvent} event
 * @param {Map<string, Tool>} open
 * @param {(id: string) => void} toggle
 * @returns {boolean} whether it stands for anything
 */
function act(event, open, toggle) {
  const key = (event.ctrlKey ? "ctrl+" : "") + event.key.toLowerCase();
  if (key.startsWith("arrow") && event.target instanceof HTMLInputElement) return false; // it moves that slider
  const newest = [...open.keys()].at(-1);
  if (key === "escape" && newest) {
    toggle(newest);
    return true;
  }
  const meant = [...open.values()].reverse().flatMap((tool) => tool.keys()).find((one) => one.key === key);
  if (meant) {
    meant.act();
    return true;
  }
  const tool = TOOLS.find((one) => one.key === key);
  if (tool) toggle(tool.id);
  return tool !== undefined;
}

/** Whether letters go into a field. @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement
    && (target.isContentEditable || target.matches("select, textarea, input:not([type=range], [type=checkbox], [type=radio])"));
}
