// Sheets over the phone's screen: one dialog at a time on top, Escape closes, focus returns where it was.
import { h, t } from "../base.js";
import { layer } from "./device.js";

const open = [];

// sheet({ title, kind: "full" | "bottom" | "centre", label }, content) → { node, close }.  onclose runs once.
export function sheet({ title = "", kind = "bottom", label = title, onclose = () => {}, tools = [] }, ...content) {
  const before = document.activeElement;
  const back = h("button", { type: "button", class: "sheet-close", "aria-label": t("关闭", "Close"), onclick: () => close() }, kind === "full" ? "✕" : "✕");
  const node = h("div", { class: `sheet ${kind}`, role: "dialog", "aria-modal": "true", "aria-label": label, tabindex: -1 },
    title ? h("div", { class: "sheet-head" }, back, h("h3", {}, title), h("span", { class: "sheet-tools" }, tools)) : null, content);
  const frame = h("div", { class: `sheet-frame ${kind}` },
    h("div", { class: "scrim", onclick: () => close() }), node);
  const close = (result) => {
    const at = open.indexOf(made);
    if (at < 0) return;
    open.splice(at, 1);
    frame.remove();
    hush();
    if (before?.isConnected) before.focus();
    onclose(result);
  };
  const made = { node, close, frame };
  open.push(made);
  layer.append(frame);
  hush();
  (node.querySelector("[autofocus], input, textarea, .sheet-body button, button:not(.sheet-close)") ?? node).focus();
  return made;
}

// What lies under the top sheet takes no part.
function hush() {
  const screen = layer.parentElement;
  for (const each of screen.children) if (each !== layer) each.inert = open.length > 0;
  open.forEach((each, index) => { each.frame.inert = index < open.length - 1; });
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && open.length && !event.defaultPrevented) open.at(-1).close();
});

// A list of choices from the bottom, as WeChat's: choices are [text, call] or [text, call, "danger"].
export function choose(label, choices, dismissed = () => {}) {
  const made = sheet({ kind: "bottom actions", label, onclose: (call) => (call ? call() : dismissed()) },
    choices.map(([text, call, look = ""]) => h("button", { type: "button", class: `plain choice ${look}`, onclick: () => made.close(call) }, text)),
    h("button", { type: "button", class: "plain choice cancel", onclick: () => made.close() }, t("取消", "Cancel")));
  return made;
}

// A question with an answer; resolves false when dismissed.
export function confirm(title, text, yes = t("确定", "OK")) {
  return new Promise((resolve) => {
    const made = sheet({ kind: "centre", label: title, onclose: (answer) => resolve(answer === true) },
      h("div", { class: "question" }, h("h3", {}, title), text ? h("p", {}, text) : null),
      h("div", { class: "answers" },
        h("button", { type: "button", class: "plain", onclick: () => made.close(false) }, t("取消", "Cancel")),
        h("button", { type: "button", class: "plain yes", onclick: () => made.close(true) }, yes)));
  });
}
