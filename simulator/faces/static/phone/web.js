// The built-in browser: a sheet over the chat with a frame on the browser's own port (see faces/browser.py).
// What the page says comes by postMessage from a script the proxy put into it; it is believed only as a page.
import { api, h, t, toast } from "../base.js";
import { act, me, nobody, on, state } from "./store.js";
import { choose, sheet } from "./sheets.js";
import { newestCode } from "./sms.js";

let current = null;

export async function openWeb(url) {
  if (!state.me) { nobody(); return; }
  if (/^https?:\/\/weixin\.qq\.com\/q\//.test(url)) { (await import("./scan.js")).settle(url); return; }
  if (current && current.traveller === state.me) { current.visit(url); return; }
  current = browser();
  current.visit(url);
}

function browser() {
  const traveller = state.me;
  const history = [];
  let at = -1, share = {}, origin = "", moving = false;
  const frame = h("iframe", { class: "web-frame", title: t("网页", "Web page"), sandbox: "allow-scripts allow-same-origin allow-forms allow-modals allow-downloads", referrerpolicy: "no-referrer" });
  const title = h("span", { class: "web-title ellipsis" }, t("正在打开…", "Opening…"));
  const host = h("span", { class: "small muted ellipsis" });
  const bar = h("div", { class: "web-loading" });
  const back = h("button", { type: "button", class: "plain", "aria-label": t("后退", "Back"), disabled: true, onclick: () => step(-1) }, "‹");
  const forward = h("button", { type: "button", class: "plain", "aria-label": t("前进", "Forward"), disabled: true, onclick: () => step(1) }, "›");
  const snapshot = h("div", { class: "snapshot-bar", hidden: true });
  const code = h("div", { class: "code-bar", hidden: true });
  const made = sheet({ kind: "full web", label: t("网页", "Web page"), onclose: () => { current = null; removeEventListener("message", heard); for (const each of leaves) each(); } },
    h("div", { class: "web-head" },
      h("button", { type: "button", class: "plain", "aria-label": t("关闭网页", "Close the page"), onclick: () => made.close() }, "✕"),
      h("div", { class: "web-name" }, title, host),
      h("button", { type: "button", class: "plain", "aria-label": t("更多", "More"), onclick: () => menu() }, "⋯"), bar),
    snapshot, frame, code, h("div", { class: "web-foot" }, back, forward));

  async function visit(url) {
    try {
      const { port, path } = await api("phone/web", { body: { traveller, url } });
      origin = `${location.protocol}//${location.hostname.includes(":") ? `[${location.hostname}]` : location.hostname}:${port}`;
      title.textContent = t("正在打开…", "Opening…");
      host.textContent = "";
      bar.classList.add("on");
      frame.src = origin + path;
    } catch (error) {
      toast(error.message, "bad");
      made.close();
    }
  }

  function step(by) {
    if (!history[at + by]) return;
    at += by;
    moving = true;
    visit(history[at]);
  }

  function heard(event) {
    if (event.source !== frame.contentWindow || event.origin !== origin || event.data?.from !== "page") return;
    const { kind } = event.data;
    if (kind === "page") arrived(event.data);
    else if (kind === "image") imageMenu(String(event.data.src), event.data.data);
    else if (kind === "focus") offerCode(event.data.on === true);
    else if (kind === "call") answerCall(event.data);
  }

  function arrived({ url, title: name, snapshot: authorise }) {
    bar.classList.remove("on");
    title.textContent = name || t("网页", "Web page");
    try { host.textContent = new URL(url).host; } catch { host.textContent = ""; }
    if (!moving && history[at] !== url) { history.splice(at + 1); history.push(url); at = history.length - 1; }
    moving = false;
    share = {};
    back.disabled = at <= 0;
    forward.disabled = at >= history.length - 1;
    snapshot.hidden = !authorise;
    snapshot.replaceChildren(h("span", {}, t("当前为快照页，身份是虚拟的", "Snapshot: the identity is virtual")),
      h("button", { type: "button", class: "green", onclick: () => { const full = new URL(authorise); full.searchParams.delete("forceSnapShot"); full.searchParams.set("fullService", "true"); visit(full.href); } }, t("使用完整服务", "Use the full service")));
    offerCode(false);
  }

  const post = (facts) => frame.contentWindow?.postMessage({ from: "phone", ...facts }, origin);

  async function answerCall({ id, name, args }) {
    const { answer } = await import("./web_calls.js");
    const result = await answer(String(name), args && typeof args === "object" ? args : {}, { close: () => made.close(), shared: (facts) => { share = facts; } });
    post({ kind: "answer", id, result });
  }

  function menu() {
    const url = history[at] ?? "";
    choose(t("更多", "More"), [
      ...(state.place.screen === "chat" ? [[t("发送给当前公众号", "Send to this account"), () => act("send", state.place.account, { type: "link", title: share.title || title.textContent, description: share.desc ?? "", url: share.link || url, wait: false }, traveller)]] : []),
      [t("刷新", "Refresh"), () => { moving = true; visit(url); }],
      [t("复制链接", "Copy the link"), async () => { try { await navigator.clipboard.writeText(share.link || url); toast(t("已复制", "Copied")); } catch { sheet({ title: t("链接", "Link") }, h("p", { class: "sheet-body selectable" }, share.link || url)); } }],
      ...(share.title ? [[t(`分享卡片：${share.title}`, `Share card: ${share.title}`), () => toast([share.title, share.desc, share.link].filter(Boolean).join(" · "))]] : []),
    ]);
  }

  async function imageMenu(src, data) {
    const { saveToAlbum, dataOf } = await import("./pictures.js");
    const facts = data ? { data } : { url: src };
    choose(t("图片", "Picture"), [
      [t("保存图片", "Save the picture"), () => saveToAlbum(facts)],
      [t("识别图中的二维码", "Scan the code in the picture"), async () => {
        // The traveller's browser fetches it, so that pictures behind a sign-in work too.
        const { name } = await api(`phone/album/${encodeURIComponent(traveller)}`, { body: facts }).catch((error) => { toast(error.message, "bad"); return {}; });
        if (name) (await import("./scan.js")).scanPicture(await (await fetch(`/sim/phone/album/${encodeURIComponent(traveller)}/${name}`)).blob());
      }],
    ]);
    return dataOf;
  }

  let offers = 0;

  async function offerCode(focused) {
    const number = ++offers;
    const found = focused ? await newestCode(traveller) : null;
    if (number !== offers) return; // a message has come meanwhile, or the page has gone
    code.hidden = !found;
    if (found) code.replaceChildren(h("span", {}, t("来自短信：", "From messages: "), h("strong", {}, found)), h("button", { type: "button", class: "green", onclick: () => { post({ kind: "fill", text: found }); code.hidden = true; } }, t("填入", "Fill in")));
  }

  addEventListener("message", heard);
  const leaves = [
    on("me", () => { if (state.me !== traveller) made.close(); }),
    on("sms", (event) => { if (event.travellers?.includes(traveller)) offerCode(true); }),
    on("fill", (text) => { post({ kind: "fill", text }); frame.focus(); }),
  ];
  return { traveller, visit, name: me()?.name };
}

export const browsing = () => current !== null;
