// Beside the phone: what one would do with hands (scan, wait), the messages, and what just happened.
import { api, clock, h, stamp, t, toast } from "../base.js";
import { scan } from "./scan.js";
import { inbox, messageNode } from "./sms.js";
import { me, on, state, tell } from "./store.js";

const HOUR = 3600;
const KEPT = 20;
const now = h("output", { class: "now" });
const pushes = h("ol", { class: "pushes", "aria-label": t("最近的推送", "Latest pushes") });
const sms = h("ul", { class: "messages" });
let pushesAsked = 0, smsAsked = 0;
let heard = []; // pushed while the list is being asked for: it may or may not be in the answer

export function contextPanel() {
  on("me", () => { showPushes(); showSms(); });
  on("push", ({ push }) => { if (push.traveller === state.me) { heard.push(push); pushes.querySelector(".empty")?.remove(); pushes.prepend(row(push)); while (pushes.childElementCount > KEPT) pushes.lastChild.remove(); } });
  on("sms", (event) => { if (event.travellers?.includes(state.me)) showSms(); });
  on("me-changed", showSms);
  on("reset", () => { showPushes(); showSms(); });
  on("clock", () => { tick(); showPushes(); showSms(); }); // what was today may be last week now
  setInterval(tick, 1000);
  tick();
  return h("section", { class: "panel context-panel", id: "panel-context", "aria-label": t("情况", "Events") },
    h("div", { class: "block" }, h("h2", {}, t("时间", "Time")), now,
      h("div", { class: "buttons" }, [["+1 分钟", "+1 min", 60], ["+1 小时", "+1 h", HOUR], ["+1 天", "+1 day", 24 * HOUR], ["+49 小时", "+49 h", 49 * HOUR]]
        .map(([zh, en, seconds]) => h("button", { type: "button", onclick: () => jump(seconds) }, t(zh, en))))),
    h("div", { class: "block" }, h("button", { type: "button", class: "primary wide", onclick: () => { tell("turn", "device"); scan(); } }, t("扫一扫", "Scan a code"))),
    h("div", { class: "block" }, h("h2", {}, t("短信", "Text messages")), sms),
    h("div", { class: "block" }, h("h2", {}, t("刚刚发生", "Just now")), pushes));
}

function tick() {
  const date = new Date((clock.now() + 8 * HOUR) * 1000).toISOString();
  now.textContent = `${date.slice(0, 10)} ${date.slice(11, 19)}`;
}

async function jump(seconds) {
  try {
    const answer = await api("clock", { body: { advance: seconds } });
    clock.set(answer.now);
    tick();
  } catch (error) { toast(error.message, "bad"); }
}

async function showPushes() {
  const number = ++pushesAsked;
  heard = [];
  if (!state.me) { pushes.replaceChildren(); return; }
  const answer = await api("pushes", { query: { traveller: state.me, limit: KEPT } }).catch(() => ({ pushes: [] }));
  if (number !== pushesAsked) return;
  const last = answer.pushes.at(-1)?.id ?? 0;
  const all = answer.pushes.concat(heard.filter((each) => each.id > last)).slice(-KEPT);
  pushes.replaceChildren(...(all.length ? all.reverse().map(row) : [h("li", { class: "empty" }, t("这里会列出推给公众号的每条消息和它的回答。", "Every push to the account and its answer will be listed here."))]));
}

function row(push) {
  const last = push.attempts?.at(-1);
  const took = (push.attempts ?? []).reduce((sum, each) => sum + (each.seconds ?? 0), 0);
  const look = push.delivered ? "good" : last ? "bad" : "warn";
  const status = push.delivered ? last?.status ?? 200 : last?.status ?? last?.error ?? t("未推送", "not sent");
  return h("li", {}, h("div", { class: "row" }, h("strong", { class: "ellipsis" }, push.event || push.type), h("span", { class: "grow" }), h("span", { class: `pill ${look}` }, status), h("span", { class: "small muted ms" }, `${Math.round(took * 1000)} ms`)),
    h("div", { class: "row small muted" }, h("time", {}, stamp(push.time, true)), push.attempts?.length > 1 ? h("span", {}, t(`试了 ${push.attempts.length} 次`, `${push.attempts.length} attempts`)) : null,
      h("span", { class: "ellipsis" }, push.reply ? t(`回复 ${push.reply.type}`, `reply ${push.reply.type}`) : push.delivered ? t("无回复", "no reply") : "")),
    push.problem ? h("div", { class: "small error" }, push.problem) : null);
}

async function showSms() {
  const number = ++smsAsked;
  if (!state.me) { sms.replaceChildren(); return; }
  const all = (await inbox()).reverse().slice(0, 3);
  if (number !== smsAsked) return;
  sms.replaceChildren(...(all.length ? all.map(messageNode) : [h("li", { class: "empty small" }, me()?.phone ? t(`${masked(me().phone)} 还没有短信`, `No messages for ${masked(me().phone)}`) : t("这位旅客还没有手机号", "This traveller has no phone number"))]));
}

const masked = (phone) => phone.replace(/^(\+?\d*?)(\d{3})\d{4}(\d{4})$/, "$1$2****$3");
