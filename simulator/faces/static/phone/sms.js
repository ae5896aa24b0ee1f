// Text messages on this phone: the sheet, and the newest code in them.
import { api, clock, h, moment, t, toast } from "../base.js";
import { sheet } from "./sheets.js";
import { me, nobody, on, state, tell } from "./store.js";

const CODE = /(?<!\d)\d{4,8}(?!\d)/;
const FRESH = 600;

export const inbox = async (traveller = state.me) => (await api(`travellers/${encodeURIComponent(traveller)}/sms`).catch(() => ({ messages: [] }))).messages;

// The digits of the newest message that has any, while a person would still look for them.
export async function newestCode(traveller) {
  const newest = (await inbox(traveller)).findLast((each) => CODE.test(each.text));
  return newest && clock.now() - newest.time < FRESH ? newest.text.match(CODE)[0] : null;
}

export function messageNode(message) {
  const code = message.text.match(CODE)?.[0];
  return h("li", { class: "sms" }, h("span", { class: "row small muted" }, h("strong", {}, message.sign || t("短信", "Message")), h("span", { class: "grow" }), h("time", {}, moment(message.time))),
    h("p", {}, message.text),
    code ? h("button", { type: "button", onclick: async () => {
      tell("fill", code);
      try { await navigator.clipboard.writeText(code); toast(t(`已填入并复制 ${code}`, `Filled in and copied ${code}`)); } catch { toast(t(`已填入 ${code}`, `Filled in ${code}`)); }
    } }, t(`填入 ${code}`, `Fill in ${code}`)) : null);
}

export function smsSheet() {
  if (!state.me) { nobody(); return; }
  const list = h("ul", { class: "messages" });
  let asked = 0;
  const show = async () => {
    const number = ++asked;
    const all = (await inbox()).reverse();
    if (number !== asked) return;
    list.replaceChildren(...(all.length ? all.slice(0, 50).map(messageNode) : [h("li", { class: "empty" }, me().phone ? t("还没有短信", "No messages yet") : t("先在「我」里填手机号，才能收短信", "Enter a phone number under Me to receive messages"))]));
  };
  const forget = on("sms", show);
  sheet({ title: t("短信", "Text messages"), kind: "tall", onclose: forget }, h("div", { class: "sheet-body" }, list));
  show();
}
