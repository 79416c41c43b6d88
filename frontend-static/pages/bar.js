/** The head of a page: whose twin it is, the other workplaces, who is logged in. */

import { api } from "../core/api.js";
import { fill, find, h } from "../core/dom.js";
import { store } from "../core/store.js";
import { words } from "../core/words/index.js";

/** @param {import("../panels/panel.js").Context} context */
export function drawBar(context) {
  const draw = () => fill(find("#bar"), brand(context), menu(context), account(context));
  store.on("language", draw);
  draw();
}

/** @param {import("../panels/panel.js").Context} context */
function brand({ twin }) {
  return h("div", { class: "brand" }, h("span", { class: "mark-name", lang: "zh-CN" }, "全域"), h("span", { class: "twin-name" }, twin.name));
}

/** @param {import("../panels/panel.js").Context} context */
function menu({ scenes, scene }) {
  return h("nav", {}, scenes.map((other) => h("a", {
    href: other.path, "aria-current": other.id === scene.id ? "page" : null,
  }, words.title(other))));
}

/** @param {import("../panels/panel.js").Context} context */
function account({ me }) {
  const leave = async () => {
    await api.logout();
    location.assign("/login");
  };
  return h("div", { class: "account" }, h("span", {}, me.user),
    h("button", { type: "button", class: "link", on: { click: leave } }, words.say("login.leave")));
}
