// What all panels of the control room share: the accounts, which one is chosen, and news of both.
import { api } from "./base.js";

const listeners = new Set();

export const room = {
  accounts: [],
  account: "",
  on(listener) { listeners.add(listener); },
  async load() {
    const { accounts } = await api("accounts");
    room.accounts = accounts;
    if (!accounts.some((each) => each.app_id === room.account)) room.account = accounts[0]?.app_id ?? "";
    room.tell();
  },
  choose(account) {
    room.account = account;
    room.tell();
  },
  counted() {}, // the frame puts in what redraws the numbers beside the panels' names
  tell() { for (const each of listeners) each(); },
};
