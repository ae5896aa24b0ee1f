// What all panels of the control room share: the accounts, which one is chosen, and news of both.
import { api } from "./base.js";

const listeners = new Set();
let asked = 0;
let newest;

// An answer that a newer question has overtaken is not taken; who waits for it waits for the newer one.
async function ask(number) {
  const { accounts } = await api("accounts");
  if (number !== asked) return newest;
  room.accounts = accounts;
  if (!accounts.some((each) => each.app_id === room.account)) room.account = accounts[0]?.app_id ?? "";
  return room.tell();
}

export const room = {
  accounts: [],
  account: "",
  on(listener) { listeners.add(listener); },
  load() {
    newest = ask(++asked);
    return newest;
  },
  choose(account) {
    room.account = account;
    room.tell();
  },
  counted() {}, // the frame puts in what redraws the numbers beside the panels' names
  tell() { for (const each of listeners) each(); },
};
