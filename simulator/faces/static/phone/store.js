// What the phone knows: everybody in short, every account, who holds the phone.  One place hears the live line
// and tells the screens by kind: on("chat", …), on("people", …), on("me", …).
import { api, clock, lineTried, live, t, toast } from "../base.js";
import { keep, kept } from "../language.js";

export const state = { travellers: new Map(), accounts: new Map(), me: "", place: { screen: "chats" }, online: true };
const ears = new Map();

export function on(kind, call) {
  if (!ears.has(kind)) ears.set(kind, new Set());
  ears.get(kind).add(call);
  return () => ears.get(kind).delete(call);
}

export function tell(kind, facts) {
  for (const each of [...(ears.get(kind) ?? [])]) each(facts);
}

export const me = () => state.travellers.get(state.me);
export const standing = (account, traveller = me()) => traveller?.accounts[account] ?? { follows: false, unread: 0, last: null };
export const unreadOf = (traveller) => Object.values(traveller.accounts).reduce((sum, each) => sum + each.unread, 0);

export async function start() {
  live(hear, (line, missed) => {
    state.online = line === "on";
    if (missed) load();
  });
  await lineTried;
  await load();
}

let loads = 0;
let loading = true;
let known = false; // whether anything was ever loaded
let meanwhile = []; // heard while everything is being asked for

async function load() {
  const number = ++loads;
  loading = true;
  meanwhile = [];
  let told = 0;
  try {
    const [people, accounts] = await Promise.all([api("phone/travellers"), api("phone/accounts")]);
    if (number !== loads) return;
    told = people.event;
    clock.set(people.now);
    state.travellers = new Map(people.travellers.map((each) => [each.id, each]));
    state.accounts = new Map(accounts.accounts.map((each) => [each.app_id, each]));
  } catch (error) {
    if (number !== loads) return;
    loading = false;
    known = true;
    toast(error.message, "bad");
    return;
  }
  loading = false;
  known = true;
  const wanted = new URLSearchParams(location.hash.slice(1));
  const holder = [wanted.get("who"), state.me, kept("yizhan.phone.me")].find((each) => state.travellers.has(each));
  state.me = holder ?? state.travellers.keys().next().value ?? "";
  if (wanted.get("account") && state.accounts.has(wanted.get("account"))) {
    state.place = { screen: "chat", account: wanted.get("account") };
  } else if (state.place.account && !state.accounts.has(state.place.account)) state.place = { screen: "chats" };
  for (const event of meanwhile.splice(0)) if (event.id > told) note(event);
  tell("people");
  tell("me");
}

export function become(id) {
  if (id === state.me || !state.travellers.has(id)) return;
  state.me = id;
  keep("yizhan.phone.me", id);
  // Another phone: it shows its list of chats, or the same account if the other was looking at one.
  if (state.place.screen !== "chat") state.place = { screen: "chats" };
  remember();
  tell("me");
}

export function go(place) {
  state.place = place;
  remember();
  tell("place", place);
}

function remember() {
  const facts = new URLSearchParams({ who: state.me });
  if (state.place.screen === "chat") facts.set("account", state.place.account);
  history.replaceState(null, "", `#${facts}`);
}

// A traveller's act at an account.  Returns what came of it, or null after saying what went wrong.
export async function act(name, account, facts = {}, traveller = state.me) {
  try {
    return await api(`travellers/${encodeURIComponent(traveller)}/${name}`, { body: { account, ...facts } });
  } catch (error) {
    toast(error.message, "bad");
    return null;
  }
}

export async function read(account) {
  const mine = standing(account);
  if (!mine.unread || document.hidden) return;
  mine.unread = 0;
  tell("person", state.me);
  await api("phone/read", { body: { account, traveller: state.me } }).catch(() => {});
}

export function addTraveller(facts) {
  return api("travellers", { body: facts });
}

function hear(event) {
  if (loading) meanwhile.push(event);
  if (!known) return;
  note(event);
  tell(event.kind, event);
}

function note(event) {
  const person = state.travellers.get(event.traveller?.id ?? event.traveller);
  if (event.kind === "chat" && person) heardBubble(event, person);
  else if (event.kind === "fan" && person) {
    person.accounts[event.account] = { ...standing(event.account, person), follows: event.subscribed };
    tell("person", person.id);
  } else if (event.kind === "read" && person) {
    if (person.accounts[event.account]) person.accounts[event.account].unread = 0;
    tell("person", person.id);
  } else if (event.kind === "traveller") heardTraveller(event.traveller);
  else if (event.kind === "clock") clock.set(event.now);
  else if (event.kind === "reset") load();
  else if (event.kind === "account" || event.kind === "presence") heardAccounts();
}

function heardBubble(event, person) {
  const mine = person.accounts[event.account] ??= { follows: false, unread: 0, last: null };
  mine.last = event.bubble;
  if (event.bubble.sender === "account" || event.bubble.sender === "agent") mine.unread += 1;
  tell("person", person.id);
}

function heardTraveller(facts) {
  const { consents, ...shown } = facts;
  const known = state.travellers.get(facts.id);
  state.travellers.set(facts.id, { accounts: known?.accounts ?? {}, ...shown });
  tell("people");
  if (!state.me) become(facts.id);
  if (facts.id === state.me) tell("me-changed");
}

let asked = 0;
function heardAccounts() {
  clearTimeout(asked);
  asked = setTimeout(async () => {
    const { accounts } = await api("phone/accounts").catch(() => ({ accounts: [] }));
    state.accounts = new Map(accounts.map((each) => [each.app_id, each]));
    tell("accounts");
  }, 150);
}

export const nobody = () => toast(t("请先添加一位旅客", "Add a traveller first"));
