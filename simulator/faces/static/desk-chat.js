// The conversation in the middle: who it is, what was said, what to say next.
import { api, clear, h, t, toast } from "./base.js";
import { chooseColleague } from "./desk-agents.js";
import { drawn } from "./desk-bubbles.js";
import { act, chat, deskPath, loadDesk, me, nameOf, on, open, seen, sessionOf, state } from "./desk-store.js";
import { explained, PHRASES } from "./desk-words.js";

const LARGEST = 10 * 1024 * 1024;
const drafts = new Map();
let place;
let shown = "";
let asked = 0;
let heard = []; // said while a conversation is being loaded: it may or may not be in the answer
let lastTime = 0;
let who = "";

export function startChat(node) {
  place = node;
  on("change", follow);
  on("bubble", (bubble) => { if (shown === state.open) append([bubble]); else heard.push(bubble); });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && state.open) { state.unread[state.open] = 0; loadDesk(); }
  });
}

function follow() {
  const key = `${state.account} ${state.agent} ${state.open}`;
  if (place.dataset.key !== key) {
    place.dataset.key = key;
    show();
  } else if (state.open) {
    head();
    foot();
  }
}

async function show() {
  const number = ++asked;
  shown = "";
  heard = [];
  if (!state.open) {
    clear(place, h("div", { class: "empty-chat" }, lantern(), h("p", {}, hint())));
    return;
  }
  const traveller = state.open;
  clear(place, h("header", { class: "chat-head" }), h("div", { class: "bubbles", tabindex: 0, role: "log", "aria-label": t("对话", "Conversation") }), h("footer", { class: "chat-foot" }));
  head();
  foot();
  // Pictures take their height when they arrive; the newest words stay in sight.
  place.querySelector(".bubbles").addEventListener("load", ({ currentTarget: pane, target }) => {
    if (pane.scrollHeight - pane.scrollTop - pane.clientHeight < target.height + 160) pane.scrollTop = pane.scrollHeight;
  }, true);
  try {
    const [{ bubbles }, about] = await Promise.all([chat(traveller), api(`travellers/${encodeURIComponent(traveller)}`)]);
    if (number !== asked || traveller !== state.open) return;
    who = about.name;
    lastTime = 0;
    shown = traveller;
    clear(place.querySelector(".bubbles"));
    const last = bubbles.at(-1)?.id ?? -1;
    const all = bubbles.concat(heard.filter((each) => each.id > last));
    append(all);
    if (!all.length) place.querySelector(".bubbles").append(h("p", { class: "note" }, t("还没有说过话。", "Nothing was said yet.")));
  } catch (error) {
    toast(explained(error), "bad");
  }
}

function append(bubbles) {
  const pane = place.querySelector(".bubbles");
  if (!pane) return;
  const atEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight < 120;
  pane.append(...drawn(bubbles, who, lastTime));
  while (pane.childElementCount > 1200) pane.firstChild.remove();
  if (bubbles.length) {
    lastTime = bubbles.at(-1).time;
    if (!document.hidden) seen(state.open, bubbles.at(-1).id);
  }
  if (atEnd || bubbles.length > 1) pane.scrollTop = pane.scrollHeight;
}

function hint() {
  if (!state.desk?.agents.length) return t("添加一位客服，就可以在这里接待旅客。", "Add an agent, then serve travellers here.");
  if (!state.agent) return t("在左边选一位客服，由您来扮演。", "Choose on the left whom you play.");
  return t("从等待队伍里接待一位，或打开一个会话。", "Accept somebody from the line, or open a session.");
}

function head() {
  const held = sessionOf(state.open);
  const name = held?.name ?? who ?? "";
  const own = held?.agent === state.agent;
  const status = held
    ? own ? h("span", { class: "pill good" }, t("我在接待", "Mine")) : h("span", { class: "pill info" }, t(`由${nameOf(held.agent)}接待`, `With ${nameOf(held.agent)}`))
    : h("span", { class: "pill" }, t("会话已结束", "Session ended"));
  const node = place.querySelector(".chat-head");
  const facts = JSON.stringify([name, held?.agent, held?.follows, state.agent]);
  if (node.dataset.facts === facts) return;
  node.dataset.facts = facts;
  clear(
    node,
    h("button", { class: "quiet icon back", type: "button", "aria-label": t("返回列表", "Back to the list"), onclick: () => open("") }, "‹"),
    h("h2", { class: "ellipsis" }, name), status,
    held && !held.follows && h("span", { class: "pill bad" }, t("已取消关注", "Unfollowed")),
    h("span", { class: "grow" }),
    own && h("button", { type: "button", onclick: transfer }, t("转接", "Transfer")),
    own && h("button", { type: "button", class: "danger", onclick: close }, t("结束会话", "Close")),
  );
}

function foot() {
  const own = sessionOf(state.open)?.agent === state.agent && Boolean(state.agent);
  const node = place.querySelector(".chat-foot");
  if (node.dataset.own === `${own}`) return;
  node.dataset.own = `${own}`;
  if (!own) {
    clear(node, h("p", { class: "muted" }, t("不是您的会话，只能看。", "This session is not yours; you can only read.")));
    return;
  }
  const words = h("textarea", {
    rows: 2, id: "say", "aria-label": t("回复", "Answer"), maxlength: 600,
    placeholder: t("输入回复，Enter 发送，Shift+Enter 换行", "Write an answer; Enter sends, Shift+Enter breaks the line"),
    value: drafts.get(state.open) ?? "",
    oninput: () => drafts.set(state.open, words.value),
    onkeydown: (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); say(words); }
    },
    onpaste: (event) => {
      const [file] = event.clipboardData.files;
      if (file) { event.preventDefault(); sendPicture(file); }
    },
  });
  const file = h("input", { type: "file", accept: "image/png,image/jpeg,image/gif,image/bmp", class: "hidden-visually", tabindex: -1, "aria-hidden": "true", onchange: () => { if (file.files[0]) sendPicture(file.files[0]); file.value = ""; } });
  clear(
    node,
    h("div", { class: "phrases", role: "group", "aria-label": t("常用语", "Canned phrases") },
      PHRASES.map(([zh, en]) => h("button", { type: "button", class: "phrase", onclick: () => insert(words, t(zh, en)) }, t(zh, en)))),
    h("div", { class: "compose" }, words,
      h("div", { class: "compose-side" }, file,
        h("button", { type: "button", onclick: () => file.click() }, t("图片", "Picture")),
        h("button", { type: "button", class: "primary", id: "send", onclick: () => say(words) }, t("发送", "Send")))),
  );
  if (matchMedia("(min-width: 821px)").matches) words.focus({ preventScroll: true });
}

function insert(words, phrase) {
  words.value = words.value ? `${words.value.trimEnd()} ${phrase}` : phrase;
  drafts.set(state.open, words.value);
  words.focus();
}

async function say(words) {
  const said = words.value.trim();
  if (!said) return;
  const traveller = state.open;
  words.value = "";
  drafts.delete(traveller);
  try {
    await act("say", { traveller, text: said });
  } catch (error) {
    if (state.open === traveller) words.value = said;
    drafts.set(traveller, said);
    failed(error);
  }
}

async function sendPicture(file) {
  if (file.size > LARGEST) {
    toast(explained({ message: "", code: 40009 }), "bad");
    return;
  }
  const data = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
  try {
    await api(deskPath(state.agent, "picture"), { body: { traveller: state.open, data } });
  } catch (error) {
    failed(error);
  }
}

async function transfer() {
  const traveller = state.open;
  const name = sessionOf(traveller)?.name;
  const to = await chooseColleague(name, (chosen) => act("transfer", { traveller, to: chosen }));
  if (!to) return;
  toast(t(`已把${name}转给${nameOf(to)}`, `${name} now is with ${nameOf(to)}`));
  open("");
  await loadDesk();
}

async function close() {
  const traveller = state.open;
  const name = sessionOf(traveller)?.name;
  try {
    await act("close", { traveller });
    toast(t(`与${name}的会话已结束`, `The session with ${name} has ended`));
    open("");
    await loadDesk();
  } catch (error) {
    failed(error);
  }
}

function failed(error) {
  const held = sessionOf(state.open);
  toast(explained(error, { holder: held && nameOf(held.agent), agent: me()?.nickname }), "bad");
  loadDesk();
}

function lantern() {
  return document.querySelector(".brand .mark").cloneNode(true);
}
