// Chinese first, English beside it where it is used: t("发送", "Send").
export const english = document.documentElement.lang === "en";

export const t = (zh, en) => (english ? en : zh);

// Text that stands in a template carries both languages in data-zh and data-en.
export function translate(root = document) {
  for (const node of root.querySelectorAll("[data-zh]")) node.textContent = t(node.dataset.zh, node.dataset.en);
  for (const node of root.querySelectorAll("[data-zh-label]")) {
    node.setAttribute("aria-label", t(node.dataset.zhLabel, node.dataset.enLabel));
  }
}

export function switchLanguage() {
  keep("yizhan.language", english ? "zh" : "en");
  location.reload();
}

// Storage can be forbidden; then a choice lasts as long as the page.
export function keep(name, value) {
  try { localStorage.setItem(name, value); } catch { /* not kept */ }
}

export function kept(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}
