// The platform's clock, and moments in WeChat's manner.  WeChat's days begin in Beijing, so ours do too.
import { english, t } from "./language.js";

const HOURS_AHEAD = 8 * 3600;
const DAY = 86400;
let offset = Number(document.documentElement.dataset.now || Date.now() / 1000) - Date.now() / 1000;

export const clock = {
  now: () => Date.now() / 1000 + offset,
  set: (now) => { offset = now - Date.now() / 1000; },
};

const WEEK = english ? ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  : ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function parts(seconds) {
  const date = new Date((seconds + HOURS_AHEAD) * 1000);
  const two = (number) => String(number).padStart(2, "0");
  return {
    day: Math.floor((seconds + HOURS_AHEAD) / DAY),
    time: `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`,
    seconds: two(date.getUTCSeconds()),
    weekday: WEEK[date.getUTCDay()],
    // Monday is where a week begins.
    week: Math.floor((seconds + HOURS_AHEAD + 3 * DAY) / (7 * DAY)),
    year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, date: date.getUTCDate(),
  };
}

function day(then, now) {
  if (then.day === now.day) return "";
  if (then.day === now.day - 1) return t("昨天", "Yesterday");
  if (then.week === now.week && then.day < now.day) return then.weekday;
  const short = english ? `${MONTHS[then.month - 1]} ${then.date}` : `${then.month}月${then.date}日`;
  if (then.year === now.year) return short;
  return english ? `${short}, ${then.year}` : `${then.year}年${short}`;
}

// Inside a chat: 14:05 · 昨天 14:05 · 星期三 09:12 · 11月3日 09:12.
export function moment(seconds) {
  const then = parts(seconds);
  return `${day(then, parts(clock.now()))} ${then.time}`.trim();
}

// In a list: 14:05 today, else the day alone; `exact` gives the second too, for logs.
export function stamp(seconds, exact = false) {
  const then = parts(seconds);
  const named = day(then, parts(clock.now()));
  if (exact) return `${named} ${then.time}:${then.seconds}`.trim();
  return named || then.time;
}
