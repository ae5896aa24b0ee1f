// The four tabs of the app: chats, contacts, discover, me.
import { api, avatar, clear, h, stamp, svg, t, toast, unheld } from "../base.js";
import { accountFace } from "./faces.js";
import { albumSheet } from "./pictures.js";
import { rich, summary } from "./rich.js";
import { scan } from "./scan.js";
import { go, me, on, standing, state, unreadOf } from "./store.js";
import { smsSheet } from "./sms.js";
import { openWeb } from "./web.js";
import { choose, sheet } from "./sheets.js";

export const TABS = ["chats", "contacts", "discover", "mine"];
const TAB = {
  chats: ["消息", "Chats", "M12 4c5 0 9 3.200 9 7.300s-4 7.300-9 7.300c-1 0-2-.1-2.900-.4L5.500 20l.8-3C4.300 15.600 3 13.600 3 11.300 3 7.200 7 4 12 4z"],
  contacts: ["通讯录", "Contacts", "M9.500 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2.500 20c.5-4 3.300-6 7-6s6.500 2 7 6zM16 5h5M17 9h4M18 13h3"],
  discover: ["发现", "Discover", "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM15.500 8.500l-2 5-5 2 2-5z"],
  mine: ["我", "Me", "M12 12a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9zM4 21c.6-4.500 3.700-7 8-7s7.400 2.500 8 7z"],
};

export function tabBar(current) {
  const badge = h("span", { class: "badge" });
  const count = () => {
    const unread = me() ? unreadOf(me()) : 0;
    badge.hidden = !unread;
    badge.textContent = unread > 99 ? "99+" : unread;
  };
  count();
  const forget = on("person", (id) => { if (!badge.isConnected) forget(); else if (id === state.me) count(); });
  return h("nav", { class: "tab-bar", "aria-label": t("标签", "Tabs") }, TABS.map((name) => h("button", {
    type: "button", class: "plain", "aria-current": name === current ? "page" : null, onclick: () => go({ screen: name }),
  }, h("span", { class: "tab-sign" }, svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: TAB[name][2] })), name === "chats" ? badge : null),
  t(TAB[name][0], TAB[name][1]))));
}

function page(title, ...content) {
  return h("div", { class: "page" }, h("header", { class: "nav-bar" }, h("h1", {}, title)), h("div", { class: "page-body", tabindex: -1 }, content));
}

export function chats() {
  const list = h("ul", { class: "cells chats" });
  const show = () => {
    const rows = [...state.accounts.values()].map((account) => [account, standing(account.app_id)])
      .filter(([, mine]) => mine.last || mine.follows).sort((one, other) => (other[1].last?.id ?? 0) - (one[1].last?.id ?? 0));
    clear(list, rows.length ? rows.map(([account, mine]) => chatRow(account, mine)) : h("li", { class: "empty" },
      t("还没有消息。到「通讯录」里关注公众号，或者扫一个二维码。", "No messages yet. Follow an account in Contacts, or scan a code."),
      h("button", { type: "button", class: "green", onclick: () => scan() }, t("扫一扫", "Scan"))));
  };
  show();
  const forget = on("person", (id) => { if (id === state.me) unheld(list, show); });
  const node = page(t("消息", "Chats"), list);
  node.querySelector(".nav-bar").append(plusButton());
  return { node, leave: forget };
}

function plusButton() {
  return h("button", {
    type: "button", class: "nav-tool", "aria-label": t("更多", "More"), onclick: () => choose(t("更多", "More"), [
      [t("扫一扫", "Scan"), () => scan()],
      [t("打开网址", "Open an address"), address],
      [t("短信", "Text messages"), smsSheet],
    ]),
  }, "⊕");
}

function address() {
  const input = h("input", { type: "url", inputmode: "url", placeholder: "http://", autofocus: true, "aria-label": t("网址", "Address") });
  const made = sheet({ title: t("打开网址", "Open an address") }, h("form", {
    class: "sheet-body column", onsubmit: (event) => { event.preventDefault(); const url = input.value.trim(); if (url) { made.close(); openWeb(/^\w+:/.test(url) ? url : `http://${url}`); } },
  }, input, h("button", { class: "green", type: "submit" }, t("打开", "Open"))));
}

function chatRow(account, { last, unread }) {
  return h("li", {}, h("button", { type: "button", class: "plain cell", onclick: () => go({ screen: "chat", account: account.app_id }) },
    h("span", { class: "face" }, accountFace(account), unread ? h("span", { class: "badge", "aria-label": t(`${unread} 条未读`, `${unread} unread`) }, unread > 99 ? "99+" : unread) : null),
    h("span", { class: "cell-main" },
      h("span", { class: "cell-top" }, h("span", { class: "cell-title ellipsis" }, account.name), h("time", {}, last ? stamp(last.time) : "")),
      h("span", { class: "cell-text ellipsis" }, last ? summary(last, t) : t("已关注，开始聊天吧", "Followed; say hello")))));
}

export function contacts() {
  const list = h("ul", { class: "cells" });
  const show = () => clear(list, [...state.accounts.values()].map((account) => h("li", {}, h("button", {
    type: "button", class: "plain cell", onclick: () => go({ screen: "profile", account: account.app_id, from: "contacts" }),
  }, accountFace(account), h("span", { class: "cell-main" },
    h("span", { class: "cell-title ellipsis" }, account.name),
    h("span", { class: "cell-text ellipsis" }, account.kind === "service" ? t("服务号", "Service account") : t("订阅号", "Subscription account"),
      standing(account.app_id).follows ? ` · ${t("已关注", "Following")}` : "")), h("span", { class: "arrow", "aria-hidden": "true" }, "›")))),
  state.accounts.size ? null : h("li", { class: "empty" }, t("平台上还没有公众号。启动你的机器人，或到控制室添加。", "There is no account on the platform yet. Start your bot, or add one in the control room.")));
  show();
  const forget = on("person", (id) => { if (id === state.me) unheld(list, show); });
  return { node: page(t("公众号", "Accounts"), list), leave: forget };
}

export function discover() {
  const cells = [["▦", t("扫一扫", "Scan"), () => scan()], ["✉", t("短信", "Text messages"), smsSheet], ["⌂", t("打开网址", "Open an address"), address]];
  return { node: page(t("发现", "Discover"), h("ul", { class: "cells" }, cells.map(([sign, text, call]) => h("li", {}, h("button", {
    type: "button", class: "plain cell", onclick: call,
  }, h("span", { class: "sign", "aria-hidden": "true" }, sign), h("span", { class: "cell-main" }, text), h("span", { class: "arrow", "aria-hidden": "true" }, "›")))))), leave: () => {} };
}

export function mine() {
  const person = me();
  const change = async (facts) => { await api("travellers", { body: { id: person.id, ...facts } }).catch((error) => toast(error.message, "bad")); };
  const phone = h("input", { value: person.phone, inputmode: "tel", placeholder: "138…", onchange: () => change({ phone: phone.value.trim() }) });
  const deviceKind = h("select", { onchange: () => change({ device: Number(deviceKind.value) }) },
    [[1, "iOS"], [2, "Android"], [3, t("其他", "Other")]].map(([value, text]) => h("option", { value, selected: person.device === value }, text)));
  const node = page(t("我", "Me"),
    h("div", { class: "my-card" }, avatar(person.name, person.colour, "large"), h("div", { class: "cell-main" }, h("strong", { class: "ellipsis" }, person.name), h("span", { class: "cell-text ellipsis" }, `${t("微信号", "WeChat ID")}: ${person.wechat_id}`))),
    h("ul", { class: "cells" },
      h("li", {}, h("label", { class: "cell" }, h("span", {}, t("手机号", "Phone number")), phone)),
      h("li", {}, h("label", { class: "cell" }, h("span", {}, t("手机系统", "System")), deviceKind)),
      h("li", {}, h("button", { type: "button", class: "plain cell", onclick: () => albumSheet() }, h("span", { class: "cell-main" }, t("相册", "Album")), h("span", { class: "arrow", "aria-hidden": "true" }, "›"))),
      h("li", {}, h("button", { type: "button", class: "plain cell", onclick: async () => { await api("phone/web/forget", { body: { traveller: person.id } }); toast(t("浏览器的登录状态已清除", "The browser has forgotten its sign-ins")); } }, h("span", { class: "cell-main" }, t("清除浏览器登录状态", "Clear the browser's sign-ins"))))));
  const forget = on("me-changed", () => go({ screen: "mine" }));
  return { node, leave: forget };
}
