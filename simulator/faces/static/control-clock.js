// The platform's clock, always in sight: now, how far ahead, and the jumps.
import { api, clock, h, t, toast } from "./base.js";
import { ask } from "./control-redraw.js";

const HOUR = 3600;
const DAY = 86400;
const words = new Intl.DateTimeFormat(t("zh-CN", "en-GB"), {
  timeZone: "Asia/Shanghai", year: "numeric", month: "long", day: "numeric", weekday: "short",
});
const time = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit" });

export function startClock(node) {
  const hand = h("strong", { class: "clock-time" });
  const date = h("span", { class: "clock-date" });
  const ahead = h("span", { class: "pill" });
  const reset = h("button", { type: "button", class: "quiet", onclick: () => jump(-offset, t("已回到真实时间", "Back to real time")) }, t("复位", "Reset"));
  let offset = 0;
  node.append(
    h("div", { class: "clock-now", role: "timer", "aria-label": t("平台时间", "Platform time") }, hand, h("div", { class: "clock-words" }, date, ahead)),
    h("div", { class: "buttons" },
      h("button", { type: "button", onclick: () => jump(HOUR) }, t("+1 小时", "+1 hour")),
      h("button", { type: "button", onclick: () => jump(DAY) }, t("+1 天", "+1 day")),
      h("button", {
        type: "button", title: t("现在打开着的客服消息窗口都会关闭", "Every window open now will be closed"),
        onclick: () => jump(2 * DAY, t("已过 48 小时，先前的客服消息窗口都关了（45015）", "48 hours on: every earlier window is closed (45015)")),
      }, t("到 48 小时", "To 48 h")),
      h("button", { type: "button", onclick: custom }, t("自定义…", "Custom…")), reset),
  );

  function tick() {
    const now = new Date(clock.now() * 1000);
    hand.textContent = time.format(now);
    date.textContent = words.format(now);
  }

  function show(facts) {
    offset = facts.offset;
    clock.set(facts.now);
    const shifted = Math.abs(offset) >= 1;
    ahead.textContent = shifted ? distance(offset) : t("与真实时间一致", "real time");
    ahead.className = shifted ? "pill warn" : "pill";
    reset.disabled = !shifted;
    tick();
  }

  async function jump(seconds, said) {
    try {
      show(await api("clock", { body: { advance: seconds } }));
      toast(said ?? t(`已前进 ${length(seconds)}`, `Moved on ${length(seconds)}`));
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  async function custom() {
    const facts = await ask(t("移动时钟", "Move the clock"), [
      h("div", { class: "row" },
        h("label", { class: "grow" }, h("span", {}, t("前进（负数为后退）", "Move on (negative: back)")), h("input", { type: "number", name: "amount", step: "any", value: "49" })),
        h("label", {}, h("span", {}, t("单位", "Unit")), h("select", { name: "unit" },
          [[60, t("分钟", "minutes")], [HOUR, t("小时", "hours")], [DAY, t("天", "days")]].map(([value, word]) => h("option", { value, selected: value === HOUR }, word))))),
      h("label", {}, h("span", {}, t("或跳到（北京时间）", "Or go to (Beijing time)")), h("input", { type: "datetime-local", name: "moment" })),
    ], { confirm: t("移动", "Move") });
    if (!facts) return;
    if (facts.moment) await jump(Date.parse(`${facts.moment}+08:00`) / 1000 - clock.now(), t("时钟已移动", "The clock was moved"));
    else if (Number(facts.amount)) await jump(Number(facts.amount) * Number(facts.unit));
  }

  const load = async () => { try { show(await api("clock")); } catch { /* the live line says so */ } };
  setInterval(tick, 1000);
  load();
  return { hear(event) { if (event.kind === "clock") show(event); else if (event.kind === "reset" || event.kind === "missed") load(); } };
}

function length(seconds) {
  const whole = Math.round(Math.abs(seconds));
  const days = Math.floor(whole / DAY);
  const hours = Math.floor((whole % DAY) / HOUR);
  const minutes = Math.floor((whole % HOUR) / 60);
  const parts = [
    days && t(`${days} 天`, `${days} d`), hours && t(`${hours} 小时`, `${hours} h`), minutes && t(`${minutes} 分钟`, `${minutes} min`),
  ].filter(Boolean);
  return parts.join(" ") || t(`${whole} 秒`, `${whole} s`);
}

const distance = (offset) => (offset > 0 ? t(`比真实时间快 ${length(offset)}`, `${length(offset)} ahead`) : t(`比真实时间慢 ${length(offset)}`, `${length(offset)} behind`));
