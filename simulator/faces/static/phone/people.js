// The travellers: whose phone is looked at, what they follow, what they have not read.
import { api, avatar, clear, h, t, toast, unheld } from "../base.js";
import { addTraveller, become, on, standing, state, tell, unreadOf } from "./store.js";

const list = h("ul", { class: "people" });
const rows = new Map();
const search = h("input", {
  type: "search", placeholder: t("搜索旅客", "Search travellers"), "aria-label": t("搜索旅客", "Search travellers"),
  oninput: () => show(),
});
const empty = h("p", { class: "empty" }, t("还没有旅客。写下名字，添加第一位。", "Nobody yet. Write a name to add the first."));

export function peoplePanel() {
  const name = h("input", {
    name: "name", required: true, maxlength: 32, autocomplete: "off",
    placeholder: t("新旅客的名字", "Name of a new traveller"), "aria-label": t("新旅客的名字", "Name of a new traveller"),
  });
  const form = h("form", { class: "row", onsubmit: (event) => { event.preventDefault(); add(name); } },
    name, h("button", { class: "primary", type: "submit" }, t("添加", "Add")));
  on("people", () => unheld(list, show));
  on("me", () => {
    for (const [id, row] of rows) mark(id, row);
    rows.get(state.me)?.scrollIntoView({ block: "nearest" });
  });
  on("person", (id) => { const row = rows.get(id); if (row) fill(row, state.travellers.get(id)); });
  return h("section", { class: "panel people-panel", id: "panel-people", "aria-labelledby": "people-title" },
    h("h2", { id: "people-title" }, t("旅客", "Travellers")), form, search, empty, list);
}

async function add(input) {
  const name = input.value.trim();
  if (!name) return;
  try {
    // Everybody gets a number of their own, so that text messages arrive.
    const phone = `1${3 + Math.floor(Math.random() * 6)}${String(Math.floor(Math.random() * 1e9)).padStart(9, "0")}`;
    const made = await addTraveller({ name, phone });
    input.value = "";
    search.value = "";
    if (!state.travellers.has(made.id)) state.travellers.set(made.id, { accounts: {}, ...made });
    tell("people");
    become(made.id);
    tell("turn", "device");
  } catch (error) { toast(error.message, "bad"); }
}

function show() {
  const wanted = search.value.trim().toLowerCase();
  const shown = [...state.travellers.values()].filter((each) => !wanted || `${each.name} ${each.phone}`.toLowerCase().includes(wanted));
  for (const id of rows.keys()) if (!state.travellers.has(id)) rows.delete(id);
  empty.hidden = state.travellers.size > 0;
  search.hidden = state.travellers.size < 8;
  clear(list, shown.map((person) => {
    if (!rows.has(person.id)) rows.set(person.id, row(person.id));
    fill(rows.get(person.id), person);
    return rows.get(person.id);
  }));
}

function row(id) {
  const open = h("button", { type: "button", class: "plain person", onclick: () => { become(id); tell("turn", "device"); } });
  const rename = h("button", {
    type: "button", class: "quiet icon rename", title: t("改名", "Rename"), onclick: () => renaming(id, item),
  }, "✎");
  const item = h("li", {}, open, rename);
  return item;
}

function fill(item, person) {
  const follows = [...state.accounts.values()].filter((each) => standing(each.app_id, person).follows);
  const unread = unreadOf(person);
  clear(item.firstChild,
    h("span", { class: "face" }, avatar(person.name, person.colour), unread ? h("span", { class: "badge", "aria-label": t(`${unread} 条未读`, `${unread} unread`) }, unread > 99 ? "99+" : unread) : null),
    h("span", { class: "who" }, h("span", { class: "ellipsis" }, person.name),
      h("span", { class: "small muted ellipsis" }, follows.length
        ? follows.map((each) => each.name).join("、") : t("还没有关注公众号", "Follows nothing yet"))));
  item.lastChild.setAttribute("aria-label", t(`给${person.name}改名`, `Rename ${person.name}`));
  mark(person.id, item);
}

function mark(id, item) {
  if (id === state.me) item.firstChild.setAttribute("aria-current", "true");
  else item.firstChild.removeAttribute("aria-current");
}

function renaming(id, item) {
  const person = state.travellers.get(id);
  const input = h("input", { value: person.name, maxlength: 32, "aria-label": t("新名字", "New name") });
  const done = async (save) => {
    const name = input.value.trim();
    form.replaceWith(item);
    item.lastChild.focus();
    if (!save || !name || name === person.name) return;
    await api("travellers", { body: { id, name } }).catch((error) => toast(error.message, "bad"));
  };
  const form = h("li", {}, h("form", { class: "row", onsubmit: (event) => { event.preventDefault(); done(true); } },
    input, h("button", { type: "submit", class: "primary" }, t("好", "OK"))));
  input.addEventListener("keydown", (event) => { if (event.key === "Escape") done(false); });
  item.replaceWith(form);
  input.focus();
  input.select();
}
