// The traffic: every push to a bot and every call of one, live, to be filtered, opened and copied.
import { api, h, stamp, t, toast } from "./base.js";
import { LongList } from "./control-list.js";
import { OUTCOMES } from "./control-problem-words.js";
import { showRecord, spent } from "./control-record.js";
import { ask, redraw, soon } from "./control-redraw.js";
import { room } from "./control-room.js";
import { again, key, kindOf, moreSoon, onRows, passing, rows, setFilter } from "./control-rows.js";

const REPLIES = { text: ["文字", "text"], news: ["图文", "article"], image: ["图片", "picture"], transfer_customer_service: ["转客服", "to the desk"] };

export function startTraffic(node) {
  const bar = h("div", { class: "filters", role: "search" });
  const count = h("p", { class: "muted small", role: "status" });
  const detail = h("section", { class: "record", "aria-label": t("详情", "Details"), tabindex: -1, hidden: true });
  const empty = h("div", { class: "empty" });
  let frozen = 0;
  const list = new LongList(t("推送与调用", "Pushes and calls"), {
    key, draw: drawn,
    choose: (row) => {
      detail.hidden = false;
      split.classList.add("opened");
      showRecord(detail, row, close);
      // On a narrow screen the details take the list's place, and the keyboard goes with them.
      if (!list.node.checkVisibility()) detail.focus();
    },
  });
  const split = h("div", { class: "split" }, h("div", { class: "split-list" }, empty, list.node), detail);
  node.append(bar, count, split);
  split.addEventListener("keydown", (event) => { if (event.key === "Escape" && !detail.hidden) close(); });

  function close() {
    shut();
    list.close();
  }

  function shut() {
    detail.hidden = true;
    split.classList.remove("opened");
  }

  function draw() {
    const until = rows.paused ? Math.max(0, rows.all.length - rows.fresh) : rows.all.length;
    const shown = passing(until);
    list.show(shown);
    const total = t(`共 ${rows.all.length} 条`, `${rows.all.length} records`);
    count.textContent = shown.length === rows.all.length ? total : t(`${shown.length} 条，${total}`, `${shown.length} of ${total}`);
    empty.hidden = shown.length > 0;
    list.node.hidden = shown.length === 0;
    if (!shown.length) redraw(empty, nothing());
    if (!rows.all.length) shut();
    if (frozen !== rows.fresh) { frozen = rows.fresh; pauseWords(); }
  }

  const pause = h("button", { type: "button", "data-focus": "pause", "aria-pressed": "false", onclick: () => {
    rows.paused = !rows.paused;
    rows.fresh = 0;
    pauseWords();
    draw();
  } });
  function pauseWords() {
    pause.setAttribute("aria-pressed", `${rows.paused}`);
    pause.textContent = rows.paused ? t(`继续${rows.fresh ? `（${rows.fresh} 条新）` : ""}`, `Go on${rows.fresh ? ` (${rows.fresh} new)` : ""}`) : t("暂停", "Pause");
  }
  pauseWords();
  const filters = drawFilters(bar, pause);
  onRows(draw);
  room.on(() => { filters(); if (!rows.all.length) draw(); });
  again();
  return {
    hear(event) {
      if (event.kind === "push" || event.kind === "call") moreSoon();
      else if (event.kind === "reset" || event.kind === "changed" && event.what === "traffic") again();
      else if (event.kind === "missed") again();
    },
    badge: () => "",
    show: () => list.paint(),
  };
}

function drawFilters(bar, pause) {
  const fields = {};
  const gather = () => setFilter(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.value.trim()])));
  const later = soon(gather, 250);
  const select = (name, label, options) => {
    fields[name] = h("select", { onchange: gather, "data-focus": `filter ${name}` }, options.map(([value, word]) => h("option", { value }, word)));
    return h("label", {}, h("span", {}, label), fields[name]);
  };
  const input = (name, label, facts) => {
    fields[name] = h("input", { type: "search", oninput: later, "data-focus": `filter ${name}`, autocomplete: "off", ...facts });
    return h("label", {}, h("span", {}, label), fields[name]);
  };
  const accounts = select("account", t("公众号", "Account"), [["", t("全部", "All")]]);
  const seen = h("datalist", { id: "seen-what" });
  bar.append(
    accounts,
    select("kind", t("种类", "Kind"), [["", t("全部", "All")], ["message", t("推送消息", "Pushed messages")], ["event", t("推送事件", "Pushed events")], ["call", t("接口调用", "Calls")]]),
    input("what", t("事件或路径", "Event or path"), { list: "seen-what", placeholder: "subscribe、custom/send…" }), seen,
    select("outcome", t("结果", "Outcome"), [["", t("全部", "All")], ["trouble", t("只看有问题的", "Trouble only")], ...Object.entries(OUTCOMES).map(([name, [zh, en]]) => [name, t(zh, en)])]),
    input("text", t("文字", "Text"), { placeholder: t("正文、OpenID、rid…", "body, OpenID, rid…") }),
    h("div", { class: "buttons filter-buttons" },
      h("button", { type: "button", class: "filter-more", "aria-expanded": "false", onclick: ({ currentTarget }) => currentTarget.setAttribute("aria-expanded", `${bar.classList.toggle("unfolded")}`) }, t("筛选", "Filter")),
      pause,
      h("button", { type: "button", onclick: () => { for (const each of Object.values(fields)) each.value = ""; gather(); } }, t("清除筛选", "Clear filters")),
      h("button", { type: "button", class: "quiet", onclick: clearLog }, t("清空记录", "Clear the log"))),
  );
  let known = 0;
  onRows(() => {
    const names = new Set(rows.all.map((row) => row.what));
    if (names.size === known) return;
    known = names.size;
    seen.replaceChildren(...[...names].sort().map((name) => h("option", { value: name })));
  });
  return () => {
    const chosen = fields.account.value;
    fields.account.replaceChildren(...[["", t("全部", "All")], ...room.accounts.map((each) => [each.app_id, each.name])].map(([value, word]) => h("option", { value, selected: value === chosen }, word)));
  };
}

async function clearLog() {
  const sure = await ask(t("清空流量记录？", "Clear the traffic log?"), [h("p", {}, t("推送与调用的记录会忘掉，聊天与粉丝不受影响。", "Records of pushes and calls are forgotten; chats and fans stay."))], { confirm: t("清空", "Clear"), danger: true });
  if (!sure) return;
  try { await api("traffic", { method: "DELETE" }); } catch (error) { toast(error.message, "bad"); }
}

function drawn(row) {
  const [zh, en, look] = OUTCOMES[row.outcome];
  const result = row.log === "call"
    ? row.code ? `${row.code}` : row.status === 200 ? t(zh, en) : `HTTP ${row.status}`
    : row.outcome === "ok" ? t(zh, en) : t(`${zh} · ${row.attempts} 次`, `${en} · ${row.attempts}×`);
  const reply = REPLIES[row.reply];
  return [
    h("span", { class: "cell-time" }, stamp(row.time, true).split(" ").at(-1)),
    h("span", { class: `cell-way ${kindOf(row)}` }, row.log === "push" ? t("推送 →", "push →") : t("← 调用", "← call")),
    h("span", { class: "cell-what ellipsis" }, row.what),
    h("span", { class: "cell-account ellipsis" }, row.account_name || row.account || "—"),
    h("span", { class: "cell-summary ellipsis" }, row.person && h("b", {}, row.person), row.summary, reply && h("em", {}, t(` → 回${reply[0]}`, ` → ${reply[1]}`))),
    h("span", { class: "cell-outcome" }, h("span", { class: `pill ${look}` }, result)),
    h("span", { class: "cell-ms number" }, spent(row.ms)),
  ];
}

function nothing() {
  if (rows.all.length) return h("p", {}, t("没有符合筛选的记录。", "Nothing passes the filters."));
  return [
    h("p", {}, t("这里会列出每次推送与每次接口调用。", "Every push and every call will be listed here.")),
    room.accounts.length
      ? h("p", {}, h("a", { class: "button primary", href: "/phone" }, t("打开手机，发一条消息", "Open the phone and write something")))
      : h("p", {}, h("a", { class: "button primary", href: "#accounts" }, t("先添加一个公众号", "First add an account"))),
  ];
}
