// Drawing a part of the page anew without taking the keyboard's place away.
import { clear, h, t, unheld } from "./base.js";

// Replace the children; whoever held the focus, known by data-focus, gets it back.
export function redraw(node, ...children) {
  unheld(node, () => replace(node, children));
}

function replace(node, children) {
  const held = document.activeElement;
  const name = node.contains(held) ? held.dataset.focus : "";
  const [start, end] = name && "selectionStart" in held ? [held.selectionStart, held.selectionEnd] : [null, null];
  const top = node.scrollTop;
  clear(node, ...children);
  node.scrollTop = top;
  if (!name) return;
  const again = node.querySelector(`[data-focus="${CSS.escape(name)}"]`);
  again?.focus({ preventScroll: true });
  if (start !== null && again?.type === "text") again.setSelectionRange(start, end);
}

// Call `work` soon, once, however often it is asked for.
export function soon(work, wait = 200) {
  let timer = 0;
  return () => {
    if (timer) return;
    timer = setTimeout(() => { timer = 0; work(); }, wait);
  };
}

// A dialog with a form; resolves to the form's data when confirmed, null when left.
export function ask(title, parts, { confirm = t("确定", "OK"), danger = false, check = async () => {} } = {}) {
  return new Promise((resolve) => {
    const problem = h("p", { class: "error", role: "alert" });
    const go = h("button", { class: danger ? "danger" : "primary", type: "submit" }, confirm);
    const form = h(
      "form", { class: "ask column" }, h("h2", { id: "ask-title" }, title), parts, problem,
      h("div", { class: "buttons ask-buttons" },
        h("button", { type: "button", onclick: () => box.close() }, t("取消", "Cancel")), go),
    );
    const box = h("dialog", { "aria-labelledby": "ask-title" }, form);
    let answer = null;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      go.disabled = true;
      const facts = Object.fromEntries(new FormData(form));
      try {
        await check(facts);
        answer = facts;
        box.close();
      } catch (error) {
        problem.textContent = error.message;
      }
      go.disabled = false;
    });
    box.addEventListener("close", () => { box.remove(); resolve(answer); });
    document.body.append(box);
    box.showModal();
  });
}

// Copy to the clipboard; where that is forbidden, show the text to be copied by hand.
export async function copy(text, toast) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("已复制", "Copied"));
  } catch {
    const area = h("textarea", { rows: 8, class: "mono", "aria-label": t("要复制的内容", "Text to copy"), readonly: true, value: text });
    const shown = ask(t("请手动复制", "Copy by hand"), [area], { confirm: t("好", "Done") });
    area.select();
    await shown;
  }
}
