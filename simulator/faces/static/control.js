// The control room: one panel at a time, the clock above, everything live.
import { h, lineTried, live, t } from "./base.js";
import { startAccounts } from "./control-accounts.js";
import { startClock } from "./control-clock.js";
import { startFaults } from "./control-faults.js";
import { startQuotas, startTokens } from "./control-quotas.js";
import { soon } from "./control-redraw.js";
import { room } from "./control-room.js";
import { startScenario } from "./control-scenario.js";
import { startSends } from "./control-sends.js";
import { startSettings } from "./control-settings.js";
import { startTraffic } from "./control-traffic.js";

const PANELS = [
  ["traffic", t("流量", "Traffic"), startTraffic], ["accounts", t("公众号", "Accounts"), startAccounts], ["faults", t("故障", "Faults"), startFaults],
  ["quotas", t("配额", "Quotas"), startQuotas], ["tokens", t("凭证", "Tokens"), startTokens], ["sends", t("群发与发布", "Mass sends"), startSends], ["settings", t("平台细则", "Fine print"), startSettings],
  ["scenario", t("场景", "Scenario"), startScenario],
];

await lineTried;
const clockBar = startClock(document.getElementById("control-clock"));
const nav = document.getElementById("control-nav");
const main = document.getElementById("control-panels");
const panels = new Map();

for (const [name, title, start] of PANELS) {
  const badge = h("span", { class: "badge quiet-badge", hidden: true });
  const link = h("a", { href: `#${name}`, data: { panel: name } }, h("span", {}, title), badge);
  const inside = h("div", { class: "panel-inside" });
  const node = h("section", { id: `panel-${name}`, class: `panel panel-${name}`, "aria-label": title, hidden: true }, h("h2", { class: "panel-title" }, title), inside);
  nav.append(link);
  main.append(node);
  panels.set(name, { link, node, badge, panel: start(inside), title });
}

let shown = "";

function turn() {
  const wanted = location.hash.slice(1);
  shown = panels.has(wanted) ? wanted : "traffic";
  for (const [name, { link, node, title }] of panels) {
    node.hidden = name !== shown;
    if (name === shown) {
      link.setAttribute("aria-current", "page");
      link.scrollIntoView({ block: "nearest", inline: "center" });
      document.title = `${title} · ${t("控制室", "Control room")}`;
    } else link.removeAttribute("aria-current");
  }
  panels.get(shown).panel.show();
}

const badges = soon(() => {
  for (const { badge, panel } of panels.values()) {
    const number = panel.badge();
    badge.textContent = number;
    badge.hidden = number === "";
  }
}, 60);

// What a hidden panel missed it learns when it is shown; only those with a number beside their name listen on.
const ALWAYS = new Set(["traffic", "faults", "accounts", "settings", "sends"]);

function hear(event) {
  clockBar.hear(event);
  for (const [name, { panel }] of panels) if (name === shown || ALWAYS.has(name)) panel.hear(event);
  if (event.kind === "account" || event.kind === "reset" || event.kind === "missed" || event.kind === "changed" && event.what === "accounts") reload();
  badges();
}

const reload = soon(() => room.load().catch(() => {}), 60);
room.on(badges);
room.counted = badges;
addEventListener("hashchange", turn);
live(hear, (line, missed) => { if (line === "on" && missed) hear({ kind: "missed" }); });
await room.load().catch(() => {});
turn();
