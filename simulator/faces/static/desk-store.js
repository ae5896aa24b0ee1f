// What this tab knows: the account, which agent it plays, the whole desk, and what is unread.
// The address carries account and agent, so that each tab is one agent and stays so after a reload.
import { api, clock, lineTried, live, picked } from "./base.js";
import { soon } from "./control-redraw.js";

export const state = {
  accounts: [], account: "", agent: "", desk: null, colours: {}, open: "", unread: {}, problem: "",
};
const listeners = { change: new Set(), bubble: new Set() };

export const on = (what, listener) => listeners[what].add(listener);
const tell = (what, ...facts) => { for (const each of listeners[what]) each(...facts); };

export const me = () => state.desk?.agents.find((each) => each.kf_account === state.agent) ?? null;
export const mine = () => (state.desk?.sessions ?? []).filter((each) => each.agent === state.agent);
export const sessionOf = (traveller) => state.desk?.sessions.find((each) => each.traveller === traveller) ?? null;
export const nameOf = (kf) => state.desk?.agents.find((each) => each.kf_account === kf)?.nickname ?? kf;
export const load = (kf) => (state.desk?.sessions ?? []).filter((each) => each.agent === kf).length;

const seenKey = (traveller) => `yizhan.desk.seen ${state.account} ${state.agent} ${traveller}`;

export function seen(traveller, bubble) {
  state.unread[traveller] = 0;
  try { sessionStorage.setItem(seenKey(traveller), bubble); } catch { /* not kept */ }
}

function lastSeen(traveller) {
  try { return Number(sessionStorage.getItem(seenKey(traveller)) ?? -1); } catch { return -1; }
}

export async function start() {
  [state.account, state.agent] = location.hash.slice(1).split("/").map(decodeURIComponent);
  live(hear, (line, missed) => { if (line === "on" && missed) loadAll(); });
  await lineTried;
  await loadAll();
}

export async function loadAll() {
  const [{ accounts }, { travellers }] = await Promise.all([api("accounts"), api("travellers")]);
  state.accounts = accounts;
  state.colours = Object.fromEntries(travellers.map((each) => [each.id, each.colour]));
  if (!accounts.some((each) => each.app_id === state.account)) {
    state.account = accounts[0]?.app_id ?? "";
    state.agent = "";
  }
  await loadDesk();
}

let asked = 0;
let asking = false;
let heard = []; // said while the desk is being asked for: it may or may not be in the answer

export async function loadDesk() {
  if (!state.account) {
    state.desk = null;
    return tell("change");
  }
  const number = ++asked;
  asking = true;
  heard = [];
  let desk;
  try {
    desk = await api(`desks/${encodeURIComponent(state.account)}`);
  } catch (error) {
    if (error.status === 404) return loadAll();
    if (number === asked) asking = false;
    state.problem = error.message;
    return tell("change");
  }
  if (number !== asked) return undefined;
  clock.set(desk.now);
  Object.assign(state, { desk, problem: "" });
  asking = false;
  heard.splice(0).forEach(note);
  if (state.agent && !me()) state.agent = "";
  if (state.open && !sessionOf(state.open) && !state.agent) state.open = "";
  remember();
  await countUnread();
  return tell("change");
}

// Many messages at once are drawn once.
const drawSoon = soon(() => tell("change"), 80);
const reload = soon(loadDesk, 60);
const reloadAll = soon(loadAll, 60);

async function countUnread() {
  const held = new Set(mine().map((each) => each.traveller));
  for (const traveller of Object.keys(state.unread)) if (!held.has(traveller)) delete state.unread[traveller];
  for (const each of mine()) {
    if (each.traveller in state.unread || each.said === null) continue;
    const last = lastSeen(each.traveller);
    if (last < 0) state.unread[each.traveller] = each.last?.sender === "agent" ? 0 : 1;
    else if (each.said.id <= last) state.unread[each.traveller] = 0;
    else {
      const { bubbles } = await chat(each.traveller, last);
      state.unread[each.traveller] = bubbles.filter((bubble) => bubble.sender === "traveller").length;
    }
  }
}

export const chat = (traveller, since = 0) =>
  api(`travellers/${encodeURIComponent(traveller)}/chat`, { query: { account: state.account, since, peek: 1 } });

function hear(event) {
  if (event.kind === "reset" || event.kind === "account" || event.kind === "changed" && event.what === "accounts") {
    reloadAll();
  } else if (event.kind === "traveller") {
    state.colours[event.traveller.id] = event.traveller.colour;
    reload();
  } else if (event.kind === "clock") {
    tell("change");
  } else if (event.account !== state.account && !(event.kind === "changed" && /agents|desks|settings/.test(event.what))) {
    return;
  } else if (event.kind === "chat") {
    hearBubble(event);
  } else if (["desk", "presence", "changed"].includes(event.kind)) {
    reload();
  }
}

const waiterOf = (traveller) => state.desk?.waiting.find((each) => each.traveller === traveller);

function note({ traveller, bubble }) {
  for (const each of [sessionOf(traveller), waiterOf(traveller)]) {
    if (!each || each.last?.id >= bubble.id) continue;
    each.last = bubble;
    if (bubble.sender === "traveller") each.said = bubble;
  }
}

function hearBubble(event) {
  const { traveller, bubble } = event;
  const held = sessionOf(traveller);
  const waits = waiterOf(traveller);
  note(event);
  if (asking) heard.push(event);
  const looking = state.open === traveller && !document.hidden;
  if (held?.agent === state.agent && bubble.sender === "traveller" && !looking) {
    state.unread[traveller] = (state.unread[traveller] ?? 0) + 1;
  }
  if (state.open === traveller) tell("bubble", bubble);
  if (held || waits) drawSoon();
}

export function remember() {
  const place = [state.account, state.agent].filter(Boolean).map(encodeURIComponent).join("/");
  if (location.hash.slice(1) !== place) history.replaceState(null, "", `#${place}`);
}

export async function be(agent) {
  Object.assign(state, { agent, open: "", unread: {} });
  remember();
  await loadDesk();
}

export async function turnTo(account) {
  Object.assign(state, { account, agent: "", open: "", unread: {} });
  remember();
  await loadDesk();
}

export const agentPath = (kf, act = "") => `agents/${encodeURIComponent(kf)}${act ? `/${act}` : ""}`;
export const deskPath = (kf, act = "") =>
  `desks/${encodeURIComponent(state.account)}/agents/${encodeURIComponent(kf)}${act ? `/${act}` : ""}`;

export const act = (what, facts = {}) =>
  api(agentPath(state.agent, what), { body: picked({ account: state.account, ...facts }) });

export async function change(kf, facts) {
  await api(agentPath(kf), { method: "PUT", body: { account: state.account, ...facts } });
  await loadDesk();
}

// Everyone watching: open a session's chat, or none.
export function open(traveller) {
  state.open = traveller;
  tell("change");
}
