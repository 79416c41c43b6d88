/** The log-in page. */

import { api } from "../core/api.js";
import { fill, find, h } from "../core/dom.js";
import { store } from "../core/store.js";
import { words } from "../core/words/index.js";
import { trouble } from "../panels/panel.js";

/** Where to go then: an address of this server only. */
function next() {
  const asked = new URL(new URLSearchParams(location.search).get("next") ?? "/wall", location.origin);
  return asked.origin === location.origin ? asked.pathname + asked.search : "/wall";
}

/** @param {SubmitEvent} event */
async function enter(event) {
  event.preventDefault();
  const { user, password } = Object.fromEntries(new FormData(/** @type {HTMLFormElement} */ (event.target)));
  try {
    await api.login(String(user), String(password));
    location.assign(next());
  } catch (error) {
    fill(find("#trouble"), trouble(error));
  }
}

function draw() {
  document.title = words.say("login.title");
  fill(find("main"),
    h("p", { class: "login-mark", lang: "zh-CN" }, "全域"),
    h("h1", {}, words.say("login.title")),
    h("form", { on: { submit: enter } },
      h("label", {}, words.say("login.user"), h("input", { name: "user", autocomplete: "username", required: true, autofocus: true })),
      h("label", {}, words.say("login.password"),
        h("input", { name: "password", type: "password", autocomplete: "current-password", required: true })),
      h("button", { type: "submit", class: "primary" }, words.say("login.enter")),
      h("div", { id: "trouble" })),
    h("p", { class: "note" }, words.say("login.link")),
    h("div", { class: "segments", role: "group" }, (/** @type {const} */ (["zh", "en"])).map((id) => h("button", {
      type: "button", "aria-pressed": String(store.get("language") === id), on: { click: () => store.set("language", id) },
    }, id === "zh" ? "中文" : "English"))));
}

store.on("language", draw);
draw();
