// The rows of the traffic log in this tab: bounded, fetched in pieces as they arise, filtered.
import { api } from "./base.js";
import { soon } from "./control-redraw.js";

const KEPT = 10_000;
export const rows = { all: [], paused: false, fresh: 0, filter: {}, matching: null };
const listeners = new Set();
let last = { push: 0, call: 0 };

export const onRows = (listener) => listeners.add(listener);
const tell = () => { for (const each of listeners) each(); };

export const key = (row) => `${row.log}-${row.id}`;

let running = Promise.resolve();
let asked = 0;

// Fetches wait for one another, so that no row is asked for twice.
export function more() {
  running = running.then(fetchMore, fetchMore);
  return running;
}

async function fetchMore() {
  let answer;
  try { answer = await api("traffic", { query: { ...last, limit: KEPT } }); } catch { return; }
  for (const row of answer.rows) {
    last[row.log] = Math.max(last[row.log], row.id);
    rows.all.push(row);
  }
  if (rows.all.length > KEPT) rows.all.splice(0, rows.all.length - KEPT);
  if (rows.paused) rows.fresh += answer.rows.length;
  if (rows.filter.text && answer.rows.length) await findText();
  tell();
}

export const moreSoon = soon(more, 120);

// What is being fetched comes first: it would else arrive among the new rows, and those before it never.
export function again() {
  running = running.then(() => {
    rows.all = [];
    rows.fresh = 0;
    last = { push: 0, call: 0 };
    return fetchMore();
  });
  return running;
}

export async function setFilter(filter) {
  rows.filter = filter;
  rows.matching = null;
  if (filter.text) await findText();
  tell();
}

// The text may stand anywhere in a message or an answer, which only the simulator has whole.
async function findText() {
  const { text } = rows.filter;
  const number = ++asked;
  try {
    const found = await api("traffic/matching", { query: { text } });
    if (text !== rows.filter.text || number !== asked) return;
    rows.matching = new Set(["push", "call"].flatMap((log) => found[log].map((id) => `${log}-${id}`)));
  } catch { /* the next change asks again */ }
}

// What passes the filters, newest first.
export function passing(until = rows.all.length) {
  const { account, kind, what, outcome } = rows.filter;
  const wanted = (what ?? "").toLowerCase();
  const found = [];
  for (let at = until - 1; at >= 0; at -= 1) {
    const row = rows.all[at];
    if (account && row.account !== account) continue;
    if (kind && kindOf(row) !== kind) continue;
    if (outcome && (outcome === "trouble" ? row.outcome === "ok" : row.outcome !== outcome)) continue;
    if (wanted && !row.what.toLowerCase().includes(wanted)) continue;
    if (rows.matching && !rows.matching.has(key(row))) continue;
    found.push(row);
  }
  return found;
}

export const kindOf = (row) => (row.log === "call" ? "call" : row.event ? "event" : "message");
