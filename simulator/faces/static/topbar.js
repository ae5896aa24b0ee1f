// The bar on top of every face: language, theme, and whether the live line holds.
import { english, keep, kept, switchLanguage, t, translate } from "./language.js";
import { live } from "./live.js";
import { clock } from "./moments.js";

const THEMES = [["", "跟随系统", "Auto", "◐"], ["light", "浅色", "Light", "☀"], ["dark", "深色", "Dark", "☾"]];

export function startBar() {
  translate();
  const language = document.getElementById("switch-language");
  language.textContent = english ? "中文" : "EN";
  language.setAttribute("aria-label", english ? "切换到中文" : "Switch to English");
  language.addEventListener("click", switchLanguage);
  const theme = document.getElementById("switch-theme");
  theme.addEventListener("click", () => {
    const at = THEMES.findIndex(([name]) => name === (kept("yizhan.theme") ?? ""));
    const [name] = THEMES[(at + 1) % THEMES.length];
    keep("yizhan.theme", name);
    if (name) document.documentElement.dataset.theme = name;
    else delete document.documentElement.dataset.theme;
    showTheme(theme);
  });
  showTheme(theme);
  const line = document.getElementById("live");
  live(
    (event) => { if (event.kind === "clock") clock.set(event.now); },
    (state) => {
      line.dataset.state = state;
      line.textContent = state === "on" ? t("实时", "Live") : t("连接已断开，正在重连", "Disconnected, trying again");
    },
  );
}

function showTheme(button) {
  const [, zh, en, sign] = THEMES.find(([name]) => name === (kept("yizhan.theme") ?? "")) ?? THEMES[0];
  button.textContent = sign;
  button.title = t(`外观：${zh}`, `Theme: ${en}`);
  button.setAttribute("aria-label", button.title);
}
