// The bottom of a chat: the account's menu or the input bar, and what lies behind ☺ and ⊕.
import { h, svg, t, toast } from "../base.js";
import { menuBar } from "./menubar.js";
import { choosePlace } from "./places.js";
import { choosePicture } from "./pictures.js";
import { go, standing } from "./store.js";
import { sheet } from "./sheets.js";

// Standard emoji only; WeChat's own pictures are not ours to copy.
const EMOJI = [..."😀😁😂🤣😊😍😘😜🤔😎😴😢😭😡😱😳🙄😏🤗🤭😷🤒👍👎👌👏🙏🤝💪✌👋🫶❤💔💯🎉🎁🌹🍀🌞🌙⭐🔥☕🍵🍜🍚🍎🍊🍉🏮🏯⛰🌊🏖🏝🚄✈🚢🚌🚕🏨🧳📷🎫💰🧧⏰📞📍✅❓❗"].filter((each) => each !== "\ufe0f")
  // The older signs are drawn in colour only when asked to.
  .map((each) => (each.codePointAt(0) < 0x1f000 ? `${each}\ufe0f` : each));

const SIGN = {
  keyboard: "M3 6h18v12H3zM6.500 9.500h.01M10 9.500h.01M13.500 9.500h.01M17 9.500h.01M8 14.500h8",
  menu: "M4 7h16M4 12h16M4 17h16",
  smile: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8 14c1 1.800 2.400 2.600 4 2.600s3-.8 4-2.600M9 9.500h.01M15 9.500h.01",
  plus: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 8v8M8 12h8",
};
export const sign = (name) => svg("svg", { class: "bar-sign", viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: SIGN[name] }));

export function bottomBar(account, { say, send }) {
  const node = h("div", { class: "bottom" });
  let menu = false; // whether the menu is shown rather than the keyboard
  const buttons = menuBar(account, { send, toKeyboard: () => turn(false), changed: (has) => { hasMenu = has; menu = has && menu !== "keyboard" && !input.writing() ? true : menu; show(); } });
  let hasMenu = false;
  const input = inputBar(say, send, () => turn(true));
  let shown = "";

  function turn(toMenu) {
    menu = toMenu ? true : "keyboard";
    show();
    if (!toMenu) input.focus();
    else buttons.node.querySelector("button")?.focus();
  }

  function show() {
    const wanted = !standing(account.app_id).follows ? "stranger" : hasMenu && menu === true ? "menu" : "input";
    input.toggle.hidden = !hasMenu;
    if (wanted === shown) return;
    shown = wanted;
    node.replaceChildren(wanted === "stranger" ? stranger() : wanted === "menu" ? buttons.node : input.node);
  }

  const stranger = () => h("div", { class: "stranger" }, h("span", {}, t("关注后才能发消息", "Follow to send messages")),
    h("button", { type: "button", class: "green", onclick: () => go({ screen: "profile", account: account.app_id, from: "chat" }) }, t("去关注", "Follow")));

  return {
    node, show, leave: () => { buttons.leave(); },
    focus: () => { if (shown === "input" && matchMedia("(min-width: 900px)").matches) input.focus(); },
  };
}

function inputBar(say, send, toMenu) {
  const text = h("textarea", { rows: 1, maxlength: 2000, enterkeyhint: "send", "aria-label": t("消息", "Message") });
  const submit = h("button", { type: "button", class: "green send", hidden: true, onclick: () => post() }, t("发送", "Send"));
  const plus = h("button", { type: "button", class: "plain tool", "aria-label": t("更多", "More"), "aria-expanded": "false", onclick: () => panel("more") }, sign("plus"));
  const toggle = h("button", { type: "button", class: "plain tool", "aria-label": t("切换到菜单", "Show the menu"), onclick: toMenu }, sign("menu"));
  const smile = h("button", { type: "button", class: "plain tool", "aria-label": t("表情", "Emoji"), "aria-expanded": "false", onclick: () => panel("emoji") }, sign("smile"));
  const drawer = h("div", { class: "drawer", hidden: true });
  let opened = "";

  const grow = () => {
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight, 112)}px`;
    submit.hidden = !text.value.trim();
    plus.hidden = !submit.hidden;
  };
  const post = () => {
    const value = text.value.trim();
    if (!value) return;
    text.value = "";
    grow();
    say(value);
    text.focus();
  };
  text.addEventListener("input", grow);
  text.addEventListener("keydown", (event) => {
    // While a Chinese input method composes, Enter belongs to it.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) { event.preventDefault(); post(); }
  });
  text.addEventListener("paste", async (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find((each) => each.type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    const { shrunk } = await import("./pictures.js");
    send("send", { type: "image", data: await shrunk(file) });
  });

  function panel(name) {
    opened = opened === name ? "" : name;
    drawer.hidden = !opened;
    smile.setAttribute("aria-expanded", String(opened === "emoji"));
    plus.setAttribute("aria-expanded", String(opened === "more"));
    drawer.className = `drawer ${opened}`;
    if (opened === "emoji") drawer.replaceChildren(...EMOJI.map((each) => h("button", { type: "button", class: "plain", "aria-label": each, onclick: () => { text.setRangeText(each, text.selectionStart, text.selectionEnd, "end"); grow(); } }, each)));
    if (opened === "more") drawer.replaceChildren(...tiles(send, () => panel("more")));
    if (opened) drawer.querySelector("button")?.focus();
  }

  return {
    toggle,
    node: h("div", { class: "input-bar" }, h("div", { class: "input-row" }, toggle, text, smile, plus, submit), drawer),
    writing: () => text.value !== "", // what somebody is writing is not taken from under their hands
    focus: () => text.focus({ preventScroll: true }),
  };
}

function tiles(send, close) {
  const all = [
    ["🖼", t("图片", "Picture"), async () => { const data = await choosePicture(); if (data) send("send", { type: "image", data }); }],
    ["📍", t("位置", "Location"), async () => { const place = await choosePlace(); if (place) send("send", { type: "location", ...place }); }],
    ["🎤", t("语音", "Voice"), () => voiceSheet(send)],
    ["🎬", t("视频", "Video"), () => send("send", { type: "video" })],
    ["🔗", t("链接", "Link"), () => linkSheet(send)],
  ];
  return all.map(([picture, text, call]) => h("button", { type: "button", class: "plain tile", onclick: () => { close(); call(); } }, h("span", { "aria-hidden": "true" }, picture), text));
}

// There is no microphone in a test; one writes what was said and how long it took.
function voiceSheet(send) {
  const words = h("input", { placeholder: t("说了什么（语音识别结果，可不填）", "What was said (recognition, optional)"), "aria-label": t("说了什么", "What was said") });
  const long = h("input", { type: "number", min: 1, max: 60, value: 3, "aria-label": t("秒数", "Seconds") });
  const made = sheet({ title: t("发送语音", "Send a voice message") }, h("form", { class: "sheet-body column", onsubmit: (event) => {
    event.preventDefault();
    made.close();
    send("send", { type: "voice", seconds: Number(long.value) || 3, ...(words.value.trim() ? { recognition: words.value.trim() } : {}) });
  } }, words, h("label", {}, h("span", {}, t("秒数", "Seconds")), long), h("button", { class: "green", type: "submit" }, t("发送", "Send"))));
}

function linkSheet(send) {
  const field = (name, label) => h("input", { name, placeholder: label, "aria-label": label, required: name !== "description" });
  const made = sheet({ title: t("发送链接", "Send a link") }, h("form", { class: "sheet-body column", onsubmit: (event) => {
    event.preventDefault();
    const facts = Object.fromEntries(new FormData(event.target));
    if (!/^https?:\/\//.test(facts.url)) { toast(t("网址要以 http:// 或 https:// 开头", "The address must begin with http:// or https://"), "bad"); return; }
    made.close();
    send("send", { type: "link", ...facts });
  } }, field("title", t("标题", "Title")), field("url", t("网址", "Address")), field("description", t("说明", "Description")), h("button", { class: "green", type: "submit" }, t("发送", "Send"))));
}
