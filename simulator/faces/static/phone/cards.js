// The messages that are more than text: pictures, sounds, films, places, links, articles, cards, notices.
import { h, svg, t, toast } from "../base.js";
import { pictureViewer } from "./pictures.js";
import { sheet } from "./sheets.js";
import { state } from "./store.js";
import { openWeb } from "./web.js";

// Files lie on the platform under whatever address it had then; its path is what counts.
export function filePath(url) {
  try {
    const parsed = new URL(url, location.href);
    if (/^\/(mmbiz|sim\/avatars|sim\/phone\/album)\//.test(parsed.pathname) || parsed.pathname === "/cgi-bin/showqrcode") return parsed.pathname + parsed.search;
    return /^https?:$/.test(parsed.protocol) ? parsed.href : "";
  } catch { return ""; }
}

const broken = (node) => { node.addEventListener("error", () => node.replaceWith(h("span", { class: "broken" }, t("图片打不开", "Picture unavailable"))), { once: true }); return node; };
const picture = (url, look, alt = "") => (filePath(url) ? broken(h("img", { src: filePath(url), alt, class: look, loading: "lazy", referrerpolicy: "no-referrer" })) : h("span", { class: `${look} none`, "aria-hidden": "true" }));

function image({ media_url: url }) {
  return h("button", { type: "button", class: "plain photo", "aria-label": t("查看图片", "View picture"), onclick: () => pictureViewer(filePath(url)) }, picture(url, "", t("图片", "Picture")));
}

let playing = null;

function voice({ media_url: url, seconds = 3 }) {
  const node = h("button", {
    type: "button", class: "plain said sound", vars: { "--long": `${60 + Math.min(seconds, 60) * 3}px` },
    "aria-label": t(`语音 ${seconds} 秒`, `Voice, ${seconds} seconds`),
    onclick: () => {
      playing?.pause();
      playing = new Audio(filePath(url));
      node.classList.add("playing");
      playing.addEventListener("ended", () => node.classList.remove("playing"));
      playing.addEventListener("pause", () => node.classList.remove("playing"));
      playing.play().catch(() => { node.classList.remove("playing"); toast(t("浏览器不能播放这段语音（amr 需要真手机）", "The browser cannot play this voice (amr needs a real phone)")); });
    },
  }, svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, svg("path", { d: "M4 10h.01M8 6.500a5 5 0 0 1 0 7M12 4a9 9 0 0 1 0 12" })), `${seconds}″`);
  return node;
}

function video(content) {
  return h("button", { type: "button", class: "plain photo film", "aria-label": t(`播放视频 ${content.title ?? ""}`, `Play video ${content.title ?? ""}`), onclick: () => {
    sheet({ title: content.title || t("视频", "Video"), kind: "full dark" },
      h("div", { class: "sheet-body viewer" }, h("video", { src: filePath(content.media_url), controls: true, autoplay: true, playsinline: true })));
  } }, content.thumb_url ? picture(content.thumb_url, "") : h("span", { class: "none" }), h("span", { class: "play", "aria-hidden": "true" }, "▶"), content.title ? h("span", { class: "film-title" }, content.title) : null);
}

function music(content) {
  return h("button", { type: "button", class: "plain music-card", onclick: () => {
    sheet({ title: content.title || t("音乐", "Music") }, h("div", { class: "sheet-body" }, h("audio", { src: content.musicurl, controls: true, autoplay: true })));
  } }, picture(content.thumb_url ?? "", "thumb"), h("span", { class: "card-main" }, h("strong", { class: "ellipsis" }, content.title || t("音乐", "Music")), h("span", { class: "muted ellipsis" }, content.description)), h("span", { class: "play", "aria-hidden": "true" }, "▶"));
}

function location_({ latitude, longitude, label }) {
  return h("div", { class: "place-card" }, h("strong", {}, label || t("位置", "Location")), h("span", { class: "muted small" }, `${Number(latitude).toFixed(4)}, ${Number(longitude).toFixed(4)}`), map(latitude, longitude));
}

// A small made-up map: streets follow from the coordinates, so that the same place always looks the same.
export function map(latitude, longitude) {
  const turn = Math.abs(Math.sin(latitude * 12.9898 + longitude * 78.233) * 43758.5453) % 1;
  const lines = [0.2, 0.45, 0.7].map((at) => `M0 ${(at + turn * 0.2) * 90} L240 ${(at - turn * 0.25) * 90 + 10}`).concat([0.25, 0.6, 0.85].map((at) => `M${(at - turn * 0.1) * 240} 0 L${(at + turn * 0.12) * 240} 90`));
  return svg("svg", { class: "map", viewBox: "0 0 240 90", "aria-hidden": "true", preserveAspectRatio: "xMidYMid slice" },
    svg("rect", { width: 240, height: 90, class: "ground" }), svg("path", { d: lines.join(""), class: "streets" }),
    svg("path", { d: `M0 ${70 + turn * 15} Q80 ${50 + turn * 30} 240 ${80 - turn * 12} L240 90 L0 90z`, class: "water" }),
    svg("path", { d: "M120 58c-9-12-14-18-14-25a14 14 0 0 1 28 0c0 7-5 13-14 25zm0-20a5 5 0 1 0 0-10 5 5 0 0 0 0 10z", class: "pin" }));
}

function linkCard({ title, description, url, picurl = "" }) {
  return h("button", { type: "button", class: "plain link-card", onclick: () => openWeb(url) },
    h("strong", {}, title || url), h("span", { class: "card-row" }, h("span", { class: "muted small clamp" }, description), picture(picurl, "thumb")));
}

function news({ articles = [] }) {
  if (articles.length === 1) {
    const [only] = articles;
    return h("button", { type: "button", class: "plain article-card", onclick: () => openWeb(only.url) },
      only.picurl ? picture(only.picurl, "cover") : null, h("strong", {}, only.title), only.description ? h("span", { class: "muted small clamp" }, only.description) : null);
  }
  return h("div", { class: "article-card several" }, articles.map((each, index) => h("button", { type: "button", class: `plain ${index ? "rest" : "first"}`, onclick: () => openWeb(each.url) },
    index ? [h("span", {}, each.title), picture(each.picurl, "thumb")] : [picture(each.picurl, "cover"), h("strong", {}, each.title)])));
}

export function openMiniProgram(appid, path, url = "") {
  sheet({ title: t("小程序", "Mini program") }, h("div", { class: "sheet-body column" },
    h("p", {}, t("模拟环境不运行小程序。这里会打开：", "The simulator runs no mini programs. This would open:")),
    h("dl", { class: "facts" }, h("dt", {}, "appid"), h("dd", {}, appid), h("dt", {}, "path"), h("dd", {}, path || "—")),
    /^https?:/.test(url) ? h("button", { type: "button", class: "green", onclick: () => openWeb(url) }, t("打开备用网页", "Open the fallback page")) : null));
}

function miniProgram({ title, appid, pagepath, thumb_url: thumb }) {
  return h("button", { type: "button", class: "plain mini-card", onclick: () => openMiniProgram(appid, pagepath) },
    h("span", { class: "small muted" }, appid), h("strong", {}, title), picture(thumb ?? "", "cover"), h("span", { class: "small muted foot" }, t("小程序", "Mini program")));
}

function voucher({ card_id: id }) {
  return h("div", { class: "music-card" }, h("span", { class: "card-main" }, h("strong", {}, t("卡券", "Card")), h("span", { class: "muted small ellipsis" }, id)));
}

// A template's keys say of what kind a value is; a phone shows words.
const KEYS = {
  thing: ["事项", "Item"], character_string: ["编号", "Number"], amount: ["金额", "Amount"], time: ["时间", "Time"], date: ["日期", "Date"],
  phrase: ["状态", "State"], phone_number: ["电话", "Phone"], name: ["姓名", "Name"], number: ["数量", "Count"], const: ["类型", "Kind"], content: ["内容", "Content"],
};

function keyName(key) {
  const known = KEYS[key.replace(/\d+$/, "")];
  return known ? t(...known) : key;
}

function template({ title, values = {}, url = "", miniprogram, page }) {
  const rows = Object.entries(values).map(([name, value]) => h("div", { class: "template-row" }, h("span", { class: "muted", title: name }, keyName(name)), h("span", {}, value)));
  const program = miniprogram?.appid ? miniprogram : null;
  const open = program ? () => openMiniProgram(program.appid, program.pagepath ?? "", url) : url ? () => openWeb(url) : page ? () => openMiniProgram("", page) : null;
  return h(open ? "button" : "div", { type: open ? "button" : null, class: "plain template-card", onclick: open },
    h("strong", {}, title), rows, open ? h("span", { class: "foot" }, t("查看详情", "Details"), h("span", { "aria-hidden": "true" }, "›")) : null);
}

export const cards = {
  image, voice, video, shortvideo: video, music, location: location_, link: linkCard, news, mpnews: news,
  miniprogrampage: miniProgram, wxcard: voucher, template, mpvideo: video,
};

export const agentName = (account, kf) => state.accounts.get(account)?.agents[kf] ?? kf;
