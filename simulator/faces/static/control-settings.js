// Everything WeChat leaves open: what it decides, why it is open, and what it is now.
import { api, clear, h, t, toast } from "./base.js";
import { CHOICES, GROUPS, spell } from "./control-setting-words.js";

export function startSettings(node) {
  const search = h("input", { type: "search", placeholder: t("找一项：窗口、标签、token…", "Find: window, tag, token…"), "aria-label": t("找设置", "Find a setting"), oninput: sift });
  const changed = h("input", { type: "checkbox", onchange: sift });
  const all = h("button", { type: "button", onclick: () => save(defaults) }, t("全部恢复默认", "Restore all defaults"));
  const place = h("div", { class: "settings" });
  node.append(
    h("div", { class: "panel-head" }, h("p", { class: "muted" }, t("文档没说清、前后矛盾或未经证实的地方，都可以在这里改。改了立刻生效。", "Where the documentation is silent or contradicts itself, decide here. Changes take effect at once."))),
    h("div", { class: "panel-head" }, search, h("label", { class: "check" }, changed, h("span", {}, t("只看改过的", "Only changed"))), h("span", { class: "grow" }), all), place);
  let now = {};
  let defaults = {};
  const rows = new Map();
  let asked = 0;

  async function load() {
    const number = ++asked;
    try {
      const answers = await Promise.all([api("settings"), api("settings/defaults")]);
      if (number !== asked) return;
      [now, defaults] = answers;
      if (rows.size) show(); else build();
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  function build() {
    const known = new Set(GROUPS.flatMap(([, , settings]) => Object.keys(settings)));
    const others = Object.fromEntries(Object.keys(now).filter((name) => !known.has(name)).map((name) => [name, [name, name, "", ""]]));
    const groups = Object.keys(others).length ? [...GROUPS, ["其他", "Others", others]] : GROUPS;
    clear(place, groups.map(([zh, en, settings]) => h("section", { class: "card" }, h("h2", {}, t(zh, en)),
      Object.entries(settings).filter(([name]) => name in now).map(([name, words]) => {
        const row = settingRow(name, words, now[name], (value) => save({ [name]: value }), () => save({ [name]: defaults[name] }));
        rows.set(name, row);
        return row.node;
      }))));
    show();
  }

  function show() {
    let differ = 0;
    for (const [name, row] of rows) {
      const same = JSON.stringify(now[name]) === JSON.stringify(defaults[name]);
      differ += !same;
      row.show(now[name], !same, defaults[name]);
    }
    all.disabled = !differ;
    sift();
  }

  function sift() {
    const wanted = search.value.trim().toLowerCase();
    for (const row of rows.values()) row.node.hidden = !row.words.includes(wanted) || changed.checked && !row.node.classList.contains("changed");
    for (const group of place.children) group.hidden = ![...group.querySelectorAll(".setting")].some((each) => !each.hidden);
  }

  async function save(values) {
    try {
      now = await api("settings", { method: "PUT", body: values });
      asked += 1; // what is being loaded may be from before
      toast(t("已生效", "In effect"));
    } catch (error) {
      toast(error.message, "bad");
    }
    show();
  }

  load();
  return {
    hear(event) { if (event.kind === "changed" && event.what === "settings" || event.kind === "reset" || event.kind === "missed") load(); },
    badge: () => [...rows.values()].filter((each) => each.node.classList.contains("changed")).length || "",
    show: load,
  };
}

function settingRow(name, [zh, en, whyZh, whyEn, choices], value, save, restore) {
  const id = `setting-${name}`;
  const spelt = h("span", { class: "muted small" });
  const mark = h("button", { type: "button", class: "quiet small", hidden: true, onclick: restore });
  const field = input(id, value, choices, save);
  const node = h("div", { class: "setting" },
    h("div", { class: "grow" }, h("label", { for: id }, h("strong", {}, t(zh, en)), h("code", { class: "muted small" }, name)), h("p", { class: "muted small", id: `${id}-why` }, t(whyZh, whyEn))),
    h("div", { class: "setting-value" }, field.node, h("div", { class: "row" }, spelt, mark)));
  field.node.addEventListener("input", () => { field.node.dataset.writing = "yes"; });
  for (const end of ["change", "blur"]) field.node.addEventListener(end, () => { delete field.node.dataset.writing; });
  field.node.setAttribute("aria-describedby", `${id}-why`);
  return {
    node, words: [name, zh, en, whyZh, whyEn].join(" ").toLowerCase(),
    show(current, differs, usual) {
      // What somebody is just writing is not taken from under their hands.
      if (!field.node.dataset.writing) field.set(current);
      node.classList.toggle("changed", differs);
      mark.hidden = !differs;
      mark.textContent = t(`恢复默认（${brief(usual)}）`, `Restore (${brief(usual)})`);
      spelt.textContent = spell(name, current, t);
    },
  };
}

const brief = (value) => (typeof value === "boolean" ? (value ? t("开", "on") : t("关", "off")) : typeof value === "object" ? JSON.stringify(value) : CHOICES[value] ? t(...CHOICES[value]) : `${value}`);

function input(id, value, choices, save) {
  if (choices) {
    const node = h("select", { id, onchange: () => save(typeof value === "number" ? Number(node.value) : node.value) }, choices.map((each) => h("option", { value: each }, brief(each))));
    return { node, set: (now) => { node.value = now; } };
  }
  if (typeof value === "boolean") {
    const node = h("button", { type: "button", id, class: "switch", role: "switch", onclick: () => save(node.getAttribute("aria-checked") !== "true") }, h("i"));
    return { node, set: (now) => node.setAttribute("aria-checked", `${now}`) };
  }
  if (typeof value === "object") {
    const node = h("input", { id, spellcheck: "false", class: "mono", onchange: () => { try { save(JSON.parse(node.value)); } catch { toast(t("要写成 JSON，例如 [5, 172800]", "Write JSON, such as [5, 172800]"), "bad"); } } });
    return { node, set: (now) => { node.value = JSON.stringify(now); } };
  }
  const node = h("input", { id, type: typeof value === "number" ? "number" : "text", step: "any", onchange: () => save(typeof value === "number" ? Number(node.value) : node.value) });
  return { node, set: (now) => { node.value = now; } };
}
