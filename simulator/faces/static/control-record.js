// One record of the traffic, whole: attempts, request, reply, and what can be copied.
import { api, clear, h, stamp, t, toast } from "./base.js";
import { codeInWords, inWords, OUTCOMES } from "./control-problem-words.js";
import { copy } from "./control-redraw.js";

let wanted = "";

export async function showRecord(node, row, close) {
  const name = `${row.log}/${row.id}`;
  wanted = name;
  clear(node, head(row, close)); // else one copies what another row had
  let whole;
  try {
    whole = await api(`traffic/${name}`);
  } catch (error) {
    if (wanted === name) clear(node, head(row, close), h("p", { class: "empty" }, error.status === 404 ? t("这条记录已不再保留。", "This record is no longer kept.") : error.message));
    return;
  }
  if (wanted !== name) return;
  clear(node, head(row, close), buttons(whole), row.log === "push" ? push(whole) : call(whole.record));
  node.scrollTop = 0;
}

function head(row, close) {
  const [zh, en, look] = OUTCOMES[row.outcome];
  return h("header", { class: "record-head" },
    h("div", { class: "row" }, h("h2", { class: "grow" }, row.log === "call" && h("span", { class: "muted" }, `${row.method} `), row.what),
      h("span", { class: `pill ${look}` }, t(zh, en)),
      h("button", { type: "button", class: "quiet icon", "aria-label": t("关闭详情", "Close the details"), onclick: close }, "×")),
    h("p", { class: "muted small" }, [stamp(row.time, true), row.account_name || row.account, row.person].filter(Boolean).join(" · ")));
}

function buttons({ curl, payload }) {
  return h("div", { class: "buttons" },
    h("button", { type: "button", disabled: !curl, title: curl ? null : t("记录太长或账号已删，无法重放", "Too long, or the account is gone"), onclick: () => copy(curl, toast) }, t("复制 curl", "Copy as curl")),
    payload && h("button", { type: "button", onclick: () => copy(payload, toast) }, t("复制测试载荷", "Copy test payload")));
}

function push({ record, payload, answer }) {
  const longest = Math.max(...record.attempts.map((each) => each.seconds), 0.001);
  return [
    record.problem && h("p", { class: "note-bad" }, inWords(record.problem)),
    (record.warnings ?? []).map((each) => h("p", { class: "note-warn" }, inWords(each))),
    h("h3", {}, t(`投递 ${record.attempts.length} 次`, `${record.attempts.length} deliveries`)),
    record.attempts.length === 0 && h("p", { class: "muted" }, t("一次也没有投递。", "Nothing was delivered.")),
    h("ol", { class: "attempts" }, record.attempts.map((each, number) => h("li", { class: each.error ? "bad" : "good" },
      h("span", {}, t(`第 ${number + 1} 次`, `No. ${number + 1}`)),
      h("span", { class: "attempt-bar" }, h("i", { vars: { "--part": each.seconds / longest } })),
      h("span", { class: "number" }, spent(each.seconds * 1000)),
      h("span", { class: "attempt-word" }, each.error ? inWords(each.error) : `HTTP ${each.status}`)))),
    h("h3", {}, t("请求", "Request")),
    h("p", { class: "small address" }, h("code", {}, `POST ${record.url || "—"}`)),
    facts({ [t("模式", "Mode")]: record.mode, ...record.query, [t("去重键", "Key")]: record.message_key }),
    record.mode !== "plain" && h("p", { class: "muted small" }, t("下面是解密后的内容。", "Below is the decrypted message.")),
    code(payload),
    h("h3", {}, t("回复", "Reply")),
    record.reply && h("p", {}, t("生效：", "Took effect: "), h("span", { class: "pill info" }, record.reply.type)),
    record.answer ? code(answer || record.answer) : h("p", { class: "muted" }, record.delivered ? t("success 或空，什么也不显示。", "success or nothing; nothing is shown.") : t("没有可用的回复。", "No usable reply.")),
  ];
}

function call(record) {
  return [
    record.code !== 0 && h("p", { class: "note-bad" }, h("strong", {}, record.code), " ", codeInWords(record.code)),
    h("h3", {}, t("请求", "Request")),
    h("p", { class: "small address" }, h("code", {}, `${record.method} ${record.path}`)),
    facts(record.query),
    record.body ? code(pretty(record.body)) : null,
    h("h3", {}, t("回答", "Answer")),
    facts({ HTTP: record.status, [t("用时", "Took")]: spent(record.ms), [t("来自", "From")]: record.client_ip, rid: record.rid }),
    code(pretty(record.answer)),
  ];
}

function facts(values) {
  const rows = Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return rows.length ? h("dl", { class: "facts" }, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, h("code", {}, `${value}`))])) : null;
}

function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

const TOKENS = /(<!\[CDATA\[|\]\]>)|(<\/?[\w:.-]+>)|("(?:[^"\\]|\\.)*"(?=\s*:))/g;

// Tags and names of fields are coloured; what people wrote stays as it is.
function code(text) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(TOKENS)) {
    if (parts.length > 4000) break;
    parts.push(text.slice(at, found.index), h("span", { class: found[1] ? "faint" : "name" }, found[0]));
    at = found.index + found[0].length;
  }
  return h("pre", { tabindex: 0 }, parts, text.slice(at));
}

export const spent = (ms) => (ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${Math.round(ms * 10) / 10} ms`);
