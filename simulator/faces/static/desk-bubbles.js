// What a conversation looks like from the agent's side: the traveller on the left, us on the right.
import { avatar, h, moment, t } from "./base.js";
import { nameOf, state } from "./desk-store.js";
import { gist } from "./desk-words.js";

const QUIET = 300; // after five silent minutes the time is written again

export function drawn(bubbles, name, before = 0) {
  const nodes = [];
  let last = before;
  for (const each of bubbles) {
    if (each.time - last > QUIET || each.time < last) nodes.push(h("p", { class: "when" }, moment(each.time)));
    last = each.time;
    nodes.push(one(each, name));
  }
  return nodes;
}

function one(bubble, name) {
  if (bubble.sender === "notice") return h("p", { class: "note" }, gist(bubble));
  const theirs = bubble.sender === "traveller";
  const by = bubble.sender === "agent" || bubble.agent ? nameOf(bubble.agent) : state.desk?.account.name ?? t("公众号", "Account");
  return h(
    "article", { class: `said ${theirs ? "theirs" : "ours"} by-${bubble.sender}`, "aria-label": theirs ? name : by },
    avatar(theirs ? name : by, theirs ? state.colours[state.open] : "", "small"),
    h("div", { class: "said-body" },
      !theirs && h("span", { class: "said-by" }, by, via(bubble)),
      h("div", { class: `bubble type-${bubble.type}` }, inside(bubble))),
  );
}

function via({ via: how }) {
  const words = {
    reply: t("自动回复", "auto-reply"), custom: t("客服消息接口", "by API"), mass: t("群发", "broadcast"),
    template: t("模板消息", "template"), notice: t("订阅通知", "notice"),
  }[how];
  return words ? h("em", {}, words) : null;
}

function inside({ type, content }) {
  switch (type) {
    case "text": return text(content.content ?? "");
    case "image": return picture(content.media_url);
    case "voice": return h("span", {}, "🎙 ", t(`语音 ${content.seconds ?? ""} 秒`, `Voice ${content.seconds ?? ""} s`));
    case "video": case "shortvideo": return [picture(content.thumb_url), h("span", {}, "▶ ", content.title || t("视频", "Video"))];
    case "location": return h("span", {}, "📍 ", content.label || `${content.latitude}, ${content.longitude}`);
    case "link": return card(content.title, content.description, content.url);
    case "news": return (content.articles ?? []).map((each) => card(each.title, each.description, each.url));
    case "music": return card(`♪ ${content.title}`, content.description, content.musicurl);
    case "miniprogrampage": return card(content.title, t("小程序", "Mini program"), content.pagepath);
    case "msgmenu": return [text(content.head_content), h("ul", {}, (content.list ?? []).map((each) => h("li", {}, each.content))), text(content.tail_content)];
    default: return h("span", {}, gist({ type, content }));
  }
}

// Links written as <a href="…">words</a> are shown by their words: the desk reads, it does not browse.
function text(words) {
  return String(words ?? "").split(/(<a\b[^>]*>.*?<\/a>)/gis).map((part) => {
    const link = /^<a\b[^>]*>(.*?)<\/a>$/is.exec(part);
    return link ? h("u", { title: part }, link[1]) : part;
  });
}

function picture(address) {
  if (!/^https?:\/\//.test(address ?? "")) return h("span", {}, t("[图片]", "[picture]"));
  const shown = h("img", { src: address, alt: t("图片", "Picture"), loading: "lazy" });
  return h("button", { type: "button", class: "plain", "aria-label": t("放大图片", "Enlarge the picture"), onclick: () => enlarge(address) }, shown);
}

function enlarge(address) {
  const box = h("dialog", { class: "lightbox", "aria-label": t("图片", "Picture"), onclick: () => box.close(), onclose: () => box.remove() },
    h("img", { src: address, alt: t("图片", "Picture") }),
    h("button", { type: "button", class: "quiet" }, t("关闭", "Close")));
  document.body.append(box);
  box.showModal();
}

function card(title, description, address) {
  return h("span", { class: "link-card", title: address ?? "" }, h("strong", {}, title || t("无标题", "Untitled")), description && h("span", { class: "muted small" }, description));
}
