// Daily quotas as bars, and the access tokens each account holds.
import { api, clock, h, stamp, t, toast } from "./base.js";
import { ask, redraw, soon } from "./control-redraw.js";
import { room } from "./control-room.js";

let onlyUsed = true;

export function startQuotas(node) {
  let asked = 0;
  const load = async () => {
    const number = ++asked;
    if (!room.account) { redraw(node, none()); return; }
    try {
      const { quotas } = await api("quotas", { query: { account: room.account } });
      if (number === asked) draw(quotas);
    } catch (error) {
      toast(error.message, "bad");
    }
  };
  function draw(quotas) {
    const used = quotas.filter((each) => each.used > 0);
    const shown = (onlyUsed && used.length ? used : quotas).sort((one, other) => other.used / other.daily_limit - one.used / one.daily_limit || one.path.localeCompare(other.path));
    redraw(node,
      h("div", { class: "panel-head" }, chooser(),
        h("label", { class: "check" }, h("input", { type: "checkbox", checked: onlyUsed, "data-focus": "only", onchange: (event) => { onlyUsed = event.target.checked; load(); } }), h("span", {}, t("只看今天用过的", "Only those used today"))),
        h("span", { class: "grow" }),
        h("button", { type: "button", "data-focus": "clear all", disabled: !used.length, onclick: () => wipe("", load) }, t("全部清零", "Clear all"))),
      used.length === 0 && h("p", { class: "muted" }, t("今天还没有调用。机器人一调用，用量就出现在这里；到上限返回 45009。", "No calls today. Use appears with the first call; at the limit they answer 45009.")),
      h("div", { class: "table-frame card" }, h("table", { class: "quotas" },
        h("thead", {}, h("tr", {}, [t("接口", "Call"), t("今天", "Today"), t("上限", "Limit"), ""].map((each) => h("th", { scope: "col" }, each)))),
        h("tbody", {}, shown.map((each) => row(each, load))))));
  }
  const reload = soon(load, 500);
  room.on(() => { if (!node.closest("[hidden]")) load(); });
  return {
    hear(event) {
      if (event.kind === "call" && event.call.account === room.account || event.kind === "changed" && /quotas|settings/.test(event.what)) reload();
      else if (["clock", "reset", "missed"].includes(event.kind)) reload();
    },
    badge: () => "",
    show: load,
  };
}

function row(each, load) {
  const part = Math.min(1, each.used / Math.max(1, each.daily_limit));
  return h("tr", {},
    h("td", {}, h("code", {}, each.path)),
    h("td", {}, h("div", { class: "quota-cell" }, h("span", { class: "number" }, each.used.toLocaleString()), h("span", { class: `bar ${part >= 1 ? "full" : part > 0.8 ? "high" : ""}`, role: "img", "aria-label": t(`用了 ${Math.round(part * 100)}%`, `${Math.round(part * 100)}% used`) }, h("i", { vars: { "--part": part } })))),
    h("td", { class: "number" }, h("button", { type: "button", class: "quiet", "data-focus": `limit ${each.path}`, title: t("改上限", "Change the limit"), onclick: () => limit(each, load) }, each.daily_limit.toLocaleString())),
    h("td", { class: "number" }, h("button", { type: "button", class: "quiet", "data-focus": `clear ${each.path}`, disabled: !each.used, "aria-label": t(`清零 ${each.path}`, `Clear ${each.path}`), onclick: () => wipe(each.path, load) }, t("清零", "Clear"))));
}

async function wipe(path, load) {
  try { await api("quotas/clear", { body: { account: room.account, path } }); await load(); } catch (error) { toast(error.message, "bad"); }
}

async function limit(each, load) {
  const facts = await ask(t("每日上限", "Daily limit"), [h("p", {}, h("code", {}, each.path)), h("label", {}, h("span", {}, t("次（对所有公众号；写小一点就能看到 45009）", "calls, for all accounts; small makes 45009 come soon")), h("input", { type: "number", name: "most", min: 0, required: true, value: each.daily_limit }))], { confirm: t("保存", "Save") });
  if (!facts) return;
  try {
    const { daily_limits: limits } = await api("settings");
    await api("settings", { method: "PUT", body: { daily_limits: { ...limits, [each.path]: Number(facts.most) } } });
    await load();
  } catch (error) {
    toast(error.message, "bad");
  }
}

export function startTokens(node) {
  let asked = 0;
  const load = async () => {
    const number = ++asked;
    if (!room.accounts.length) { redraw(node, none()); return; }
    try {
      const held = await Promise.all(room.accounts.map((each) => api("tokens", { query: { account: each.app_id } })));
      if (number !== asked) return;
      redraw(node,
        h("div", { class: "panel-head" }, h("p", { class: "muted" }, t("每个公众号现在持有的凭证。作废之后，机器人下一次调用会得到 40001。", "The tokens each account holds. Once revoked, the bot's next call answers 40001."))),
        room.accounts.map((each, number) => tokenCard(each, held[number], load)));
    } catch (error) {
      toast(error.message, "bad");
    }
  };
  const reload = soon(load, 500);
  room.on(() => { if (!node.closest("[hidden]")) load(); });
  return {
    hear(event) {
      if (event.kind === "call" && /token|ticket/.test(event.call.path) || event.kind === "changed" && event.what === "tokens") reload();
      else if (["clock", "reset", "missed"].includes(event.kind)) reload();
    },
    badge: () => "",
    show: load,
  };
}

const TOKEN_KINDS = { token: ["普通 access_token", "Plain token"], stable_token: ["稳定版 access_token", "Stable token"], old: ["旧凭证", "Earlier token"], "ticket jsapi": ["jsapi_ticket", "jsapi_ticket"], "ticket wx_card": ["卡券 ticket", "Card ticket"] };

function tokenCard(account, { tokens, forced_today: forced }, load) {
  return h("article", { class: "card token-card", "aria-label": account.name },
    h("div", { class: "row wrap" }, h("h2", { class: "grow" }, account.name),
      forced > 0 && h("span", { class: "pill warn" }, t(`今天强制刷新 ${forced} 次`, `forced ${forced} times today`)),
      h("button", { type: "button", class: "danger", "data-focus": `revoke ${account.app_id}`, disabled: !tokens.some((each) => each.valid && !each.kind.startsWith("ticket")), onclick: () => revoke(account, load) }, t("作废全部凭证", "Revoke all tokens"))),
    tokens.length === 0
      ? h("p", { class: "muted" }, t("还没有人来取凭证。机器人第一次调用接口前会来取。", "Nobody has asked for one yet. A bot does before its first call."))
      : h("div", { class: "table-frame" }, h("table", {},
        h("thead", {}, h("tr", {}, [t("种类", "Kind"), t("开头", "Begins with"), t("到期", "Expires"), t("状态", "State")].map((each) => h("th", { scope: "col" }, each)))),
        h("tbody", {}, tokens.map((each) => h("tr", {},
          h("td", {}, t(...(TOKEN_KINDS[each.kind] ?? [each.kind, each.kind]))), h("td", {}, h("code", {}, each.value)),
          h("td", {}, each.expires ? `${stamp(each.expires, true)}${each.valid ? left(each.expires) : ""}` : "—"),
          h("td", {}, state(each))))))));
}

function left(expires) {
  const minutes = Math.max(0, Math.round((expires - clock.now()) / 60));
  return t(`（还有 ${minutes} 分钟）`, ` (${minutes} min left)`);
}

function state(each) {
  if (each.valid) return each.replaced ? h("span", { class: "pill warn" }, t("已换新，重叠期内可用", "replaced, still works")) : h("span", { class: "pill good" }, t("有效", "valid"));
  return each.replaced || each.expires === 0 ? h("span", { class: "pill bad" }, t("已作废（40001）", "void (40001)")) : h("span", { class: "pill" }, t("已过期（42001）", "expired (42001)"));
}

async function revoke(account, load) {
  const sure = await ask(t(`作废 ${account.name} 的全部凭证？`, `Revoke every token of ${account.name}?`), [h("p", {}, t("机器人要重新取一次才能继续调用。", "The bot has to fetch a new one before it can go on."))], { confirm: t("作废", "Revoke"), danger: true });
  if (!sure) return;
  try { await api("tokens/revoke", { body: { account: account.app_id } }); toast(t("已作废", "Revoked")); await load(); } catch (error) { toast(error.message, "bad"); }
}

function chooser() {
  return h("label", { class: "inline" }, h("span", {}, t("公众号", "Account")),
    h("select", { "data-focus": "account", onchange: (event) => room.choose(event.target.value) }, room.accounts.map((each) => h("option", { value: each.app_id, selected: each.app_id === room.account }, each.name))));
}

function none() {
  return h("div", { class: "card empty" }, h("p", {}, t("还没有公众号。", "There is no account yet.")), h("a", { class: "button primary", href: "#accounts" }, t("去添加", "Add one")));
}
