// The device: its frame and status bar, and which screen is on it.
import { clear, clock, h, svg, t, unheld } from "../base.js";
import { chatScreen } from "./chat.js";
import { profileScreen } from "./profile.js";
import { chats, contacts, discover, mine, TABS, tabBar } from "./screens.js";
import { on, state } from "./store.js";

const view = h("div", { class: "view" });
const time = h("span", { class: "time" });
export const layer = h("div", { class: "layer" }); // sheets lie here, over the screen
const screen = h("div", { class: "screen" }, statusBar(), view, layer);
let leave = () => {};

export function device() {
  on("me", show);
  on("place", show);
  on("accounts", () => unheld(view, () => { if (state.place.screen !== "chat") show(); }));
  on("clock", tick);
  setInterval(tick, 5000);
  tick();
  return h("section", { class: "device-panel", id: "panel-device", "aria-label": t("手机", "Phone") },
    h("div", { class: "device" }, screen));
}

function show() {
  leave();
  leave = () => {};
  const { screen: name } = state.place;
  view.dataset.screen = name;
  if (!state.me) {
    clear(view, h("div", { class: "welcome" },
      svg("svg", { viewBox: "0 0 32 32", class: "mark", "aria-hidden": "true" }, svg("path", { d: LANTERN })),
      h("p", {}, t("添加一位旅客，就有一部手机。", "Add a traveller, and there is a phone."))));
    return;
  }
  if (name === "chat" || name === "profile") {
    const account = state.accounts.get(state.place.account);
    if (account) {
      const shown = name === "chat" ? chatScreen(account) : profileScreen(account, state.place);
      clear(view, shown.node);
      leave = shown.leave;
      shown.focus?.();
      return;
    }
  }
  const make = { chats, contacts, discover, mine }[name] ?? chats;
  const shown = make();
  leave = shown.leave;
  clear(view, shown.node, tabBar(TABS.includes(name) ? name : "chats"));
}

function tick() {
  time.textContent = new Date((clock.now() + 8 * 3600) * 1000).toISOString().slice(11, 16);
}

const LANTERN = "M16 2v4M11 6h10M10 8.5h12c2 3.6 2 8.400 0 12H10c-2-3.600-2-8.400 0-12zM16 8.500v12M12.500 23h7M16 23v2.500";

function statusBar() {
  return h("div", { class: "status-bar", "aria-hidden": "true" }, time, h("span", { class: "grow" }),
    svg("svg", { viewBox: "0 0 48 12", width: 48, height: 12 },
      svg("path", { d: "M1 8h2v3H1zM5 6h2v5H5zM9 4h2v7H9zM13 1h2v10h-2z" }),
      svg("path", { d: "M26 1v1h16V1a1.500 1.500 0 0 1 1.500 1.500v7A1.500 1.500 0 0 1 42 11H26a1.500 1.500 0 0 1-1.500-1.500v-7A1.500 1.500 0 0 1 26 1zM26 3h13v6H26zM45 4.500v3a1.500 1.500 0 0 0 0-3z" })));
}
