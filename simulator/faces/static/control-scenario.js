// The whole world as one file: taken out, put back, or begun anew.
import { api, clock, h, t, toast } from "./base.js";
import { ask, redraw } from "./control-redraw.js";
import { room } from "./control-room.js";

export function startScenario(node) {
  const file = h("input", { type: "file", accept: "application/json,.json", id: "scenario-file", class: "hidden-visually", onchange: () => { if (file.files[0]) bring(file.files[0]); file.value = ""; } });
  const sums = h("p", { class: "muted" });
  const drop = h("div", { class: "drop" }, h("p", {}, t("把导出的 JSON 拖到这里，或", "Drop an exported JSON here, or")), h("label", { class: "button", for: "scenario-file" }, t("选择文件…", "Choose a file…")), file);
  for (const kind of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files[0]) bring(event.dataTransfer.files[0]);
    });
  }
  node.append(h("div", { class: "scenario-grid" },
    h("section", { class: "card column" }, h("h2", {}, t("导出", "Export")), h("p", { class: "muted" }, t("公众号、旅客、聊天、菜单、二维码、设置和图片，都在一个 JSON 文件里。", "Accounts, travellers, chats, menus, codes, settings and pictures, in one JSON file.")), sums,
      h("div", {}, h("button", { type: "button", class: "primary", onclick: take }, t("下载场景", "Download the scenario")))),
    h("section", { class: "card column" }, h("h2", {}, t("导入", "Import")), h("p", { class: "muted" }, t("用文件里的世界替换现在的。", "Replaces the present world by the one in the file.")), drop),
    h("section", { class: "card column" }, h("h2", {}, t("重新开始", "Begin anew")), h("p", { class: "muted" }, t("清掉所有公众号、旅客、聊天和流量，时钟复位。先导出一份更稳妥。", "Forgets all accounts, travellers, chats and traffic, and resets the clock. Better export first.")),
      h("div", {}, h("button", { type: "button", class: "danger", onclick: wipe }, t("重置…", "Reset…"))))));

  let asked = 0;

  async function load() {
    const number = ++asked;
    try {
      const facts = await api("");
      if (number !== asked) return;
      const fans = facts.accounts.reduce((sum, each) => sum + each.followers, 0);
      redraw(sums, t(`现在有 ${facts.accounts.length} 个公众号、${facts.travellers} 位旅客、${fans} 个关注。`, `Now: ${facts.accounts.length} accounts, ${facts.travellers} travellers, ${fans} follows.`));
    } catch { /* the live line says so */ }
  }
  room.on(() => { if (!node.closest("[hidden]")) load(); });
  return { hear(event) { if (["reset", "traveller", "missed"].includes(event.kind)) load(); }, badge: () => "", show: load };
}

async function take() {
  try {
    // As text, there and back: a message's number is larger than JavaScript can count.
    const response = await fetch("/sim/export", { cache: "no-store" });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const address = URL.createObjectURL(new Blob([await response.text()], { type: "application/json" }));
    const moment = new Date((clock.now() + 8 * 3600) * 1000).toISOString().slice(0, 16).replaceAll(/[-:]/g, "").replace("T", "-");
    h("a", { href: address, download: `yizhan-scenario-${moment}.json` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  } catch (error) {
    toast(error.message, "bad");
  }
}

async function bring(file) {
  const text = await file.text();
  let world;
  try {
    world = JSON.parse(text);
  } catch {
    toast(t("这不是 JSON 文件。", "This is no JSON file."), "bad");
    return;
  }
  const accounts = Object.keys(world?.accounts ?? {}).length;
  const travellers = Object.keys(world?.travellers ?? {}).length;
  const sure = await ask(t("用这个场景替换现在的？", "Replace the present world?"), [h("p", {}, t(`${file.name}：${accounts} 个公众号，${travellers} 位旅客。现在的内容会丢失。`, `${file.name}: ${accounts} accounts, ${travellers} travellers. What is here now is lost.`))], {
    confirm: t("导入", "Import"), danger: true, check: () => send(text),
  });
  if (sure) toast(t("已导入", "Imported"));
}

async function send(text) {
  const response = await fetch("/sim/import", { method: "POST", headers: { "Content-Type": "application/json" }, body: text });
  if (!response.ok) throw new Error((await response.json().catch(() => ({}))).error ?? `HTTP ${response.status}`);
}

async function wipe() {
  const sure = await ask(t("重置整个模拟平台？", "Reset the whole simulator?"), [
    h("p", {}, t("所有公众号、旅客、聊天和流量都会清空，不能撤销。", "All accounts, travellers, chats and traffic go. This cannot be undone.")),
    h("label", { class: "check" }, h("input", { type: "checkbox", name: "settings" }), h("span", {}, t("平台细则也恢复默认", "Restore the settings too"))),
  ], { confirm: t("全部清空", "Reset everything"), danger: true, check: (facts) => api("reset", { body: { settings: facts.settings === "on" } }) });
  if (sure) toast(t("已重置", "Reset"));
}
