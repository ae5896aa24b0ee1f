// Text of a message as WeChat shows it: line breaks, addresses, and <a href> and nothing else.
// Whatever is not exactly an anchor with an allowed address stays the text it is.
import { h } from "../base.js";
import { openWeb } from "./web.js";

const ANCHOR = /<a\s+([^<>]*)>([\s\S]*?)<\/a\s*>/gi;
const ATTRIBUTE = /([a-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi;
const ADDRESS = /https?:\/\/[^\s<>"'，。；！？、（）]+/g;

// The signs people type in WeChat for faces, in standard emoji.
const SIGNS = {
  微笑: "🙂", 色: "😍", 发呆: "😳", 得意: "😎", 流泪: "😢", 害羞: "😊", 呲牙: "😁", 惊讶: "😮", 难过: "🙁", 偷笑: "🤭", 愉快: "😄", 再见: "👋",
  玫瑰: "🌹", 强: "👍", 握手: "🤝", 抱拳: "🙏", OK: "👌", 爱心: "❤️", 礼物: "🎁", 太阳: "☀️", 月亮: "🌙", 庆祝: "🎉", 红包: "🧧",
};
const signed = (text) => text.replace(/\[([^[\]]{1,3})\]/g, (whole, name) => SIGNS[name] ?? whole);

// `say(text, id)` sends what a weixin://bizmsgmenu link says.
export function rich(text, say) {
  const out = [];
  let done = 0;
  for (const found of text.matchAll(ANCHOR)) {
    out.push(...plain(text.slice(done, found.index)), anchor(found, say));
    done = found.index + found[0].length;
  }
  out.push(...plain(text.slice(done)));
  return out;
}

function plain(text) {
  const out = [];
  let done = 0;
  for (const found of text.matchAll(ADDRESS)) {
    out.push(signed(text.slice(done, found.index)), link(found[0], found[0]));
    done = found.index + found[0].length;
  }
  out.push(signed(text.slice(done)));
  return out.filter((each) => each !== "");
}

function anchor([whole, attributes, inside], say) {
  const facts = {};
  for (const [, name, ...values] of attributes.matchAll(ATTRIBUTE)) {
    facts[name.toLowerCase()] = (values.find((each) => each !== undefined) ?? "").replaceAll("&amp;", "&");
  }
  const text = inside.replace(/<[^>]*>/g, "");
  const href = facts.href ?? "";
  if (facts["data-miniprogram-appid"]) {
    return h("button", {
      type: "button", class: "text-link",
      onclick: async () => (await import("./cards.js")).openMiniProgram(facts["data-miniprogram-appid"], facts["data-miniprogram-path"] ?? "", href),
    }, text);
  }
  if (href.startsWith("weixin://bizmsgmenu?") && say) {
    const asked = new URLSearchParams(href.slice(href.indexOf("?") + 1));
    return h("button", { type: "button", class: "text-link", onclick: () => say(asked.get("msgmenucontent") ?? text, asked.get("msgmenuid")) }, text);
  }
  return /^https?:\/\//i.test(href) ? link(href, text) : whole;
}

export function link(href, ...text) {
  return h("a", {
    href, class: "text-link", rel: "noreferrer",
    onclick: (event) => { event.preventDefault(); openWeb(href); },
  }, text);
}

// The first line of a bubble, for lists.
export function summary(bubble, t) {
  const { type, content } = bubble;
  const named = {
    image: t("[图片]", "[Picture]"), voice: t("[语音]", "[Voice]"), video: t("[视频]", "[Video]"),
    shortvideo: t("[视频]", "[Video]"), location: t("[位置]", "[Location]"), music: t("[音乐]", "[Music]"),
    miniprogrampage: t("[小程序]", "[Mini program]"), wxcard: t("[卡券]", "[Card]"),
  }[type];
  if (named) return `${named}${content.title ? ` ${content.title}` : ""}`;
  if (type === "transfer") return t("正在为您转接客服", "Transferring you to an agent");
  const text = content.content ?? content.text ?? content.head_content ?? content.articles?.[0]?.title ?? content.title ?? "";
  return String(text).replace(/<\/?a(\s[^<>]*)?>/gi, "").replace(/\s+/g, " ");
}
