// Things that go wrong on demand: a switch for each, with what it does and whom it meets.
import { api, clear, h, picked, t, toast } from "./base.js";
import { FAULTS, KNOWN_CODES } from "./control-fault-words.js";
import { redraw, soon } from "./control-redraw.js";
import { room } from "./control-room.js";

export function startFaults(node) {
  const cards = new Map();
  const off = h("button", { type: "button", class: "danger", onclick: () => tried(() => api("faults", { method: "DELETE" })) }, t("全部关闭", "Switch all off"));
  const head = h("div", { class: "panel-head" }, h("p", { class: "muted" }, t("打开一个开关，看机器人怎么应付。可以限定公众号、次数和概率。", "Switch one on and see how the bot copes. Limit it to an account, a count, a probability.")), off);
  const groups = h("div", {});
  const codes = h("datalist", { id: "known-codes" }, KNOWN_CODES.map(([code, zh, en]) => h("option", { value: code }, t(zh, en))));
  node.append(head, groups, codes);
  let active = [];
  let asked = 0;

  async function load() {
    const number = ++asked;
    try {
      const { faults, kinds } = await api("faults");
      if (number !== asked) return;
      active = faults;
      if (!cards.size) build(Object.entries(kinds));
      for (const [kind, card] of cards) card.show(faults.filter((each) => each.kind === kind));
      off.disabled = !faults.length;
      room.counted();
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  function build(kinds) {
    const group = (title, prefix) => [h("h2", {}, title), h("div", { class: "fault-grid" }, kinds.filter(([kind]) => kind.startsWith(prefix)).map(([kind, english]) => {
      const card = faultCard(kind, english, load);
      cards.set(kind, card);
      return card.node;
    }))];
    clear(groups, group(t("推送路上", "On the way to the bot"), "push_"), group(t("接口应答", "In answers to the bot"), "api_"));
  }

  const reload = soon(load, 400);
  load();
  return {
    hear(event) {
      if (event.kind === "changed" && event.what === "faults" || event.kind === "reset" || event.kind === "missed") load();
      else if ((event.kind === "push" || event.kind === "call") && active.length) reload();
    },
    badge: () => active.filter((each) => each.count !== 0).length || "",
    show: load,
  };
}

function faultCard(kind, english, changed) {
  const words = FAULTS[kind] ?? { label: [kind, kind], does: [english, english], fields: [] };
  const api_ = kind.startsWith("api_");
  const account = h("select", { name: "account" });
  const number = (name, label, facts) => h("label", {}, h("span", {}, label), h("input", { type: "number", name, step: "any", ...facts }));
  const fields = h("div", { class: "fault-fields" },
    h("label", {}, h("span", {}, t("公众号", "Account")), account),
    api_ && h("label", {}, h("span", {}, t("接口路径（开头）", "Path begins with")), h("input", { name: "path", placeholder: t("全部", "all"), autocomplete: "off" })),
    number("count", t("次数", "Count"), { min: 1, step: 1, placeholder: t("不限", "any") }),
    number("probability", t("概率 %", "Chance %"), { min: 1, max: 100, value: 100 }),
    words.fields.map(([name, value, zh, en]) => number(name, t(zh, en), { value, list: name === "code" ? "known-codes" : null })));
  const toggle = h("button", { type: "button", class: "switch", role: "switch", "aria-checked": "false", "aria-label": t(...words.label), onclick: flip }, h("i"));
  const state = h("div", { class: "fault-state" });
  const node = h("article", { class: "card fault", data: { kind } },
    h("div", { class: "row" }, h("h3", { class: "grow" }, t(...words.label)), toggle),
    h("p", { class: "muted small" }, t(...words.does)), fields, state);
  let mine = [];

  const value = (name) => fields.querySelector(`[name=${name}]`)?.value.trim() ?? "";
  const on = () => mine.some((each) => each.count !== 0);

  async function flip() {
    const was = on();
    await tried(async () => {
      for (const each of mine) await api(`faults/${each.id}`, { method: "DELETE" });
      if (!was) {
        const extra = Object.fromEntries(words.fields.map(([name]) => [name, value(name) === "" ? undefined : Number(value(name))]));
        await api("faults", { body: picked({
          kind, account: value("account"), path: value("path"), ...extra,
          count: value("count") ? Number(value("count")) : undefined,
          probability: Math.min(100, Math.max(0, Number(value("probability")) || 100)) / 100,
        }) });
      }
    });
    changed();
  }

  // While a fault is on, the fields say what it is.
  function fill(fault) {
    for (const field of fields.querySelectorAll("input, select")) {
      const set = fault[field.name];
      field.value = field.name === "probability" ? Math.round(set * 100) : set ?? "";
    }
  }

  const choices = () => {
    const chosen = account.value;
    clear(account, h("option", { value: "" }, t("全部", "all")), room.accounts.map((each) => h("option", { value: each.app_id, selected: each.app_id === chosen }, each.name)));
  };
  room.on(choices);
  choices();

  return {
    node,
    show(faults) {
      mine = faults;
      toggle.setAttribute("aria-checked", `${on()}`);
      node.classList.toggle("on", on());
      for (const each of fields.querySelectorAll("input, select")) each.disabled = on();
      if (on()) fill(mine.find((each) => each.count !== 0));
      redraw(state, faults.map((each) => h("p", { class: "small" }, described(each))));
    },
  };
}

function described(fault) {
  const name = room.accounts.find((each) => each.app_id === fault.account)?.name ?? fault.account;
  const left = fault.count === null ? t("不限次数", "any number") : fault.count === 0 ? t("已用完", "used up") : t(`还剩 ${fault.count} 次`, `${fault.count} left`);
  return [
    t(`已发生 ${fault.struck} 次`, `struck ${fault.struck} times`), left, name, fault.path,
    fault.probability < 1 && t(`概率 ${Math.round(fault.probability * 100)}%`, `${Math.round(fault.probability * 100)}%`),
  ].filter(Boolean).join(" · ");
}

async function tried(work) {
  try { await work(); } catch (error) { toast(error.message, "bad"); }
}
