// The left side: who I am, who waits, whom I serve.
import { avatar, clock, h, t, toast } from "./base.js";
import { redraw } from "./control-redraw.js";
import { addAgent, answerInvitation, removeAgent } from "./desk-agents.js";
import { act, be, change, load, loadDesk, me, mine, nameOf, on, open, sessionOf, state, turnTo } from "./desk-store.js";
import { explained, gist, waited } from "./desk-words.js";

const LONG = 600; // after ten minutes the ring is full
const SHOWN = 100;

export function startLine(node) {
  const parts = ["who", "waiting", "sessions"].map((name) => h("section", { class: `side-${name}` }));
  node.append(...parts);
  const draw = () => {
    redraw(parts[0], who());
    redraw(parts[1], waiting());
    redraw(parts[2], sessions());
    const unread = mine().reduce((sum, each) => sum + (state.unread[each.traveller] ?? 0), 0);
    const named = me() ? `${me().nickname} · ` : "";
    document.title = `${unread ? `(${unread}) ` : ""}${named}${t("客服台", "Service desk")}`;
  };
  on("change", draw);
  setInterval(() => { for (const each of node.querySelectorAll("[data-since]")) tick(each); }, 5000);
}

function tick(node) {
  const seconds = clock.now() - Number(node.dataset.since);
  node.textContent = waited(seconds);
  node.closest(".person")?.querySelector(".ring")?.style.setProperty("--filled", `${Math.min(1, seconds / LONG)}turn`);
}

function since(moment) {
  return h("span", { class: "muted small since", data: { since: moment } }, waited(clock.now() - moment));
}

function who() {
  if (!state.desk) return state.accounts.length ? h("p", { class: "muted" }, state.problem) : noAccount();
  const agent = me();
  const { agents } = state.desk;
  return [
    state.accounts.length > 1 && h("label", {}, h("span", {}, t("公众号", "Account")),
      h("select", { "data-focus": "account", onchange: (event) => turnTo(event.target.value) },
        state.accounts.map((each) => h("option", { value: each.app_id, selected: each.app_id === state.account }, each.name)))),
    agents.length > 0 && h("div", { class: "row chooser" },
      h("label", { class: "grow" }, h("span", {}, t("我扮演", "I play")),
        h("select", { id: "agent", "data-focus": "agent", onchange: (event) => be(event.target.value) },
          h("option", { value: "", selected: !agent }, t("请选择一位客服", "Choose an agent")),
          agents.map((each) => h("option", { value: each.kf_account, selected: each === agent }, `${each.nickname}（${each.kf_account}）`)))),
      h("button", { type: "button", class: "icon", title: t("添加客服", "Add an agent"), "aria-label": t("添加客服", "Add an agent"), "data-focus": "add", onclick: addAgent }, "+")),
    agents.length === 0 && h("div", { class: "empty" },
      h("p", {}, state.desk.kf_enabled ? t("这个公众号还没有客服。", "This account has no agents yet.") : explained({ message: "", code: 65400 })),
      state.desk.kf_enabled && h("button", { type: "button", class: "primary", "data-focus": "add", onclick: addAgent }, t("添加第一位客服", "Add the first agent"))),
    agent && card(agent),
  ];
}

function noAccount() {
  return h("div", { class: "empty" }, h("p", {}, t("还没有公众号。先建一个，客服台才有人可接待。", "There is no account yet. Make one first.")),
    h("a", { class: "button primary", href: "/control#accounts" }, t("去控制室添加公众号", "Add one in the control room")));
}

function card(agent) {
  const online = agent.status === "online";
  if (!agent.wechat_id) return unbound(agent);
  const limit = h("input", {
    type: "number", min: 0, max: 99, value: agent.auto_accept, id: "auto-accept", "data-focus": "auto",
    onchange: () => tried(() => change(agent.kf_account, { auto_accept: Math.max(0, Math.min(99, Number(limit.value) || 0)) })),
  });
  return h("div", { class: "me" },
    h("div", { class: "row" }, avatar(agent.nickname), h("div", { class: "grow" },
      h("strong", {}, agent.nickname),
      h("div", { class: "muted small" }, t(`微信 ${agent.wechat_id} · 接待 ${load(agent.kf_account)} 位`, `WeChat ${agent.wechat_id} · serving ${load(agent.kf_account)}`))),
    h("button", { type: "button", class: "quiet icon", title: t("删除这位客服", "Remove this agent"), "aria-label": t("删除这位客服", "Remove this agent"), "data-focus": "remove", onclick: () => removeAgent(agent) }, "×")),
    h("div", { class: "presence", role: "group", "aria-label": t("状态", "Presence") },
      h("button", { type: "button", class: "online", "aria-pressed": `${online}`, "data-focus": "online", onclick: () => tried(() => change(agent.kf_account, { status: "online" })) }, t("在线", "Online")),
      h("button", { type: "button", "aria-pressed": `${!online}`, "data-focus": "away", onclick: () => tried(() => change(agent.kf_account, { status: "offline" })) }, t("离开", "Away"))),
    h("label", { class: "auto" }, h("span", {}, t("自动接入，最多同时", "Take by itself, at most")), h("span", { class: "row" }, limit, h("span", { class: "muted" }, t("位（0 为手动）", "at once (0: by hand)")))),
    !online && h("p", { class: "muted small" }, t("离开时不会分到旅客，已有的会话可以继续。", "While away nobody is given to you; open sessions go on.")));
}

function unbound(agent) {
  const open = agent.invitation_status === "waiting";
  const words = {
    waiting: t(`已邀请微信 ${agent.invitation?.wechat_id}，等待确认。`, `WeChat ${agent.invitation?.wechat_id} is invited and has to confirm.`),
    rejected: t("对方拒绝了邀请。", "The invitation was refused."), expired: t("邀请已过期。", "The invitation has expired."),
    "": t("还没有绑定微信，不能接待。", "Not bound to a WeChat yet, so cannot serve."),
  }[agent.invitation_status];
  return h("div", { class: "me" },
    h("div", { class: "row" }, avatar(agent.nickname), h("strong", { class: "grow" }, agent.nickname),
      h("button", { type: "button", class: "quiet icon", "aria-label": t("删除这位客服", "Remove this agent"), onclick: () => removeAgent(agent) }, "×")),
    h("p", {}, words),
    h("div", { class: "buttons" },
      open && h("button", { type: "button", class: "primary", "data-focus": "confirm", onclick: () => answerInvitation(agent, true) }, t("以对方身份确认", "Confirm for them")),
      open && h("button", { type: "button", "data-focus": "refuse", onclick: () => answerInvitation(agent, false) }, t("拒绝", "Refuse")),
      !open && h("button", { type: "button", class: "primary", "data-focus": "invite", onclick: () => addAgent(agent) }, t("邀请绑定", "Invite"))));
}

function waiting() {
  const line = state.desk?.waiting ?? [];
  return [
    h("h2", {}, t("等待中", "Waiting"), h("span", { class: line.length ? "pill warn" : "pill" }, line.length)),
    line.length === 0 && h("p", { class: "empty small" }, t("没有人等待。旅客要找人工，或机器人回复“转接客服”，就会出现在这里。", "Nobody waits. Travellers appear here when the bot hands them to the desk.")),
    h("ul", {}, line.slice(0, SHOWN).map((each) => h("li", { class: "person" },
      h("span", { class: "ring", vars: { "--filled": `${Math.min(1, (clock.now() - each.since) / LONG)}turn` } }, avatar(each.name, state.colours[each.traveller], "small")),
      h("span", { class: "grow" }, h("span", { class: "row" }, h("strong", { class: "ellipsis" }, each.name), since(each.since)),
        h("span", { class: "ellipsis muted small" }, gist(each.said)),
        each.wanted && h("span", { class: "small wanted" }, t(`指定${nameOf(each.wanted)}`, `for ${nameOf(each.wanted)}`))),
      h("button", { type: "button", class: "primary", disabled: !state.agent, "data-focus": `accept ${each.traveller}`, "aria-label": t(`接待${each.name}`, `Accept ${each.name}`), onclick: () => accept(each) }, t("接待", "Accept"))))),
    line.length > SHOWN && h("p", { class: "muted small" }, t(`后面还有 ${line.length - SHOWN} 位`, `${line.length - SHOWN} more behind`)),
  ];
}

function sessions() {
  const own = mine();
  const others = (state.desk?.sessions ?? []).filter((each) => each.agent !== state.agent);
  return [
    state.agent && h("h2", {}, t("我的会话", "My sessions"), h("span", { class: "pill" }, own.length)),
    state.agent && own.length === 0 && h("p", { class: "empty small" }, t("还没有会话。", "No sessions yet.")),
    state.agent && h("ul", { id: "mine" }, own.map(person)),
    others.length > 0 && h("details", { class: "others", open: state.agent ? null : true },
      h("summary", { "data-focus": "others" }, t(`别人的会话 ${others.length}`, `Others' sessions ${others.length}`)),
      h("ul", {}, others.slice(0, SHOWN).map(person))),
  ];
}

function person(each) {
  const unread = each.agent === state.agent ? state.unread[each.traveller] ?? 0 : 0;
  return h("li", {}, h("button", {
    type: "button", class: "person plain", "data-focus": `open ${each.traveller}`,
    "aria-current": state.open === each.traveller ? "true" : null, onclick: () => { state.unread[each.traveller] = 0; open(each.traveller); },
  },
  avatar(each.name, state.colours[each.traveller], "small"),
  h("span", { class: "grow" }, h("span", { class: "row" }, h("strong", { class: "ellipsis" }, each.name),
    each.agent === state.agent ? since(each.since) : h("span", { class: "muted small since" }, nameOf(each.agent))),
  h("span", { class: "ellipsis muted small" }, gist(each.last?.sender === "notice" ? each.said : each.last))),
  unread > 0 && h("span", { class: "badge", "aria-label": t(`${unread} 条未读`, `${unread} unread`) }, unread > 99 ? "99+" : unread)));
}

async function accept(each) {
  try {
    await act("accept", { traveller: each.traveller });
    await loadDesk();
    open(each.traveller);
  } catch (error) {
    await loadDesk();
    const held = sessionOf(each.traveller);
    toast(explained(error, { holder: held && nameOf(held.agent), own: true, agent: me()?.nickname }), "bad");
  }
}

async function tried(work) {
  try { await work(); } catch (error) { toast(explained(error, { agent: me()?.nickname }), "bad"); }
}
