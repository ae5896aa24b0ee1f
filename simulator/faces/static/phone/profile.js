// An account's profile: who it is, and Follow, which may carry the code that led here.
import { h, t, toast, unheld } from "../base.js";
import { accountFace } from "./faces.js";
import { act, go, on, standing, state } from "./store.js";
import { choose, confirm } from "./sheets.js";

export function profileScreen(account, place) {
  const actions = h("div", { class: "profile-actions" });
  const back = () => go(place.from === "chat" ? { screen: "chat", account: account.app_id } : { screen: place.from ?? "contacts" });
  const follow = h("button", { type: "button", class: "green wide", onclick: async () => {
    follow.disabled = true;
    const facts = place.ticket ? { ticket: place.ticket } : { source: place.source ?? "search" };
    const sent = act("follow", account.app_id, { ...facts, wait: false });
    if (await sent) go({ screen: "chat", account: account.app_id });
    else follow.disabled = false;
  } }, t("关注公众号", "Follow"));
  const show = () => {
    const follows = standing(account.app_id).follows;
    actions.replaceChildren(...(follows ? [
      h("button", { type: "button", class: "green wide", onclick: () => go({ screen: "chat", account: account.app_id }) }, t("进入公众号", "Open the chat")),
      h("button", { type: "button", class: "plain wide leave", onclick: leave }, t("不再关注", "Unfollow")),
    ] : [follow, standing(account.app_id).last
      ? h("button", { type: "button", class: "plain wide", onclick: () => go({ screen: "chat", account: account.app_id }) }, t("查看历史消息", "Read old messages")) : ""]));
  };
  const leave = async () => {
    if (!await confirm(t("不再关注？", "Unfollow?"), t(`不再关注“${account.name}”后将不再收到其下发的消息`, `You will get no more messages from ${account.name}`), t("不再关注", "Unfollow"))) return;
    await act("unfollow", account.app_id, { wait: false });
  };
  const more = () => choose(t("更多", "More"), [
    [t("接收消息", "Accept messages"), () => block("unblock")],
    [t("拒收消息", "Refuse messages"), () => block("block")],
    ...Object.entries(account.subscriptions).map(([id, title]) => [t(`订阅一次通知：${title}`, `Accept one notice: ${title}`), () => act("subscribe", account.app_id, { template_id: id, answer: "accept", wait: false })]),
    [t("收回昵称头像授权", "Take back the profile consent"), () => act("revoke", account.app_id, { wait: false })],
  ]);
  const block = async (name) => { if (await act(name, account.app_id)) toast(name === "block" ? t("已拒收消息", "Messages are refused") : t("已接收消息", "Messages are accepted")); };
  show();
  const forget = on("person", (id) => { if (id === state.me) unheld(actions, show); });
  const node = h("div", { class: "page profile" },
    h("header", { class: "nav-bar" },
      h("button", { type: "button", class: "nav-back", "aria-label": t("返回", "Back"), onclick: back }, "‹"),
      h("h1", { class: "hidden-visually" }, account.name),
      h("button", { type: "button", class: "nav-tool", "aria-label": t("更多", "More"), onclick: more }, "⋯")),
    h("div", { class: "page-body" },
      h("div", { class: "profile-head" }, accountFace(account, "large"),
        h("div", {}, h("h2", {}, account.name, account.verified ? h("span", { class: "verified", title: t("已认证", "Verified") }, "✓") : null),
          h("p", {}, `${t("微信号", "WeChat ID")}: ${account.wechat_id}`),
          h("p", {}, account.kind === "service" ? t("服务号", "Service account") : t("订阅号", "Subscription account"), account.verified ? t(" · 已认证", " · verified") : ""))),
      place.scene ? h("p", { class: "via" }, t(`通过二维码「${place.scene}」`, `Through the code “${place.scene}”`)) : null,
      account.connected ? null : h("p", { class: "via warn" }, t("这个公众号还没有填服务器地址，关注后没有人回答。", "This account has no server address yet: nobody will answer.")),
      actions));
  return { node, leave: forget, focus: () => actions.querySelector("button")?.focus({ preventScroll: true }) };
}
