// The right side: what the desk knows of the traveller, and which colleagues are there.
import { api, avatar, clock, h, moment, t } from "./base.js";
import { redraw, soon } from "./control-redraw.js";
import { load, on, sessionOf, state } from "./desk-store.js";

const SCENES = {
  ADD_SCENE_SEARCH: ["搜索", "search"], ADD_SCENE_QR_CODE: ["扫码", "a code"], ADD_SCENE_PROFILE_CARD: ["名片", "a card"],
  ADD_SCENE_PAID: ["付款后", "a payment"], ADD_SCENE_PROFILE_LINK: ["文章里", "an article"], ADD_SCENE_ACCOUNT_MIGRATION: ["账号迁移", "migration"],
};

export function startAbout(node) {
  const person = h("section", {});
  const colleagues = h("section", {});
  node.append(person, colleagues);
  const look = soon(() => about(person), 150);
  on("change", () => { redraw(colleagues, others()); look(); });
}

let asked = 0;

async function about(node) {
  const traveller = state.open;
  const number = ++asked;
  if (!traveller) { redraw(node); return; }
  let facts;
  try { facts = await api(`travellers/${encodeURIComponent(traveller)}`); } catch { return; }
  if (number !== asked || traveller !== state.open) return;
  const fan = facts.accounts[state.account];
  if (!fan) return;
  const scene = SCENES[fan.subscribe_scene];
  redraw(node,
    h("div", { class: "row" }, avatar(facts.name, facts.colour), h("div", {}, h("strong", {}, facts.name), fan.remark && h("div", { class: "muted small" }, fan.remark))),
    h("dl", {},
      line(t("关注", "Follows"), fan.subscribed ? t(`${moment(fan.subscribe_time)}${scene ? `，来自${scene[0]}` : ""}`, `${moment(fan.subscribe_time)}${scene ? `, by ${scene[1]}` : ""}`) : t("未关注", "no")),
      (fan.qr_scene_str || fan.qr_scene > 0) && line(t("二维码场景", "Code scene"), h("code", {}, fan.qr_scene_str || fan.qr_scene)),
      fan.tag_names.length > 0 && line(t("标签", "Tags"), h("span", { class: "row wrap" }, fan.tag_names.map((each) => h("span", { class: "pill" }, each)))),
      facts.phone && line(t("手机", "Phone"), facts.phone.replace(/^(\d{3})\d{4}(\d{4})$/, "$1****$2")),
      line(t("接口可再发", "API may still send"), windows(fan)),
      sessionOf(traveller) && line(t("会话开始", "Session since"), moment(sessionOf(traveller).since)),
      sessionOf(traveller)?.note && line(t("机器人附言", "The bot says"), sessionOf(traveller).note),
      line("OpenID", h("code", { class: "openid" }, fan.openid))));
}

// Agents may write at any time within the session; the window is what the bot's API has left.
function windows(fan) {
  const left = Object.values(fan.allowances).filter((each) => each.until > clock.now());
  if (!left.length) return h("span", { class: "pill bad" }, t("窗口已关（45015）", "window closed (45015)"));
  const best = left.reduce((one, other) => (other.left > one.left ? other : one));
  return t(`${best.left > 1000 ? "不限" : best.left} 条，到 ${moment(best.until)}`, `${best.left > 1000 ? "any number" : best.left}, until ${moment(best.until)}`);
}

function line(name, value) {
  return [h("dt", {}, name), h("dd", {}, value)];
}

function others() {
  const colleagues = (state.desk?.agents ?? []).filter((each) => each.kf_account !== state.agent);
  if (!colleagues.length) return null;
  return [
    h("h2", {}, t("同事", "Colleagues")),
    h("ul", { class: "colleagues" }, colleagues.map((each) => h("li", { class: "row" },
      h("span", { class: `dot ${each.status}` }), h("span", { class: "grow ellipsis" }, each.nickname),
      h("span", { class: "muted small" }, each.status === "online" ? t(`接待 ${load(each.kf_account)} 位`, `serving ${load(each.kf_account)}`) : each.wechat_id ? t("离开", "away") : t("未绑定", "not bound"))))),
  ];
}
