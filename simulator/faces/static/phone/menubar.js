// The account's menu at the bottom, the one this traveller really gets, and what each kind of button does.
import { api, h, t, toast } from "../base.js";
import { openMiniProgram } from "./cards.js";
import { sign } from "./composer.js";
import { choosePlace } from "./places.js";
import { choosePicture } from "./pictures.js";
import { scan, settle } from "./scan.js";
import { on, state } from "./store.js";
import { openWeb } from "./web.js";

export function menuBar(account, { send, toKeyboard, changed }) {
  const bar = h("div", { class: "menu-row" });
  const node = h("div", { class: "menu-bar", role: "group", "aria-label": t("公众号菜单", "Account menu") },
    h("button", { type: "button", class: "plain tool", "aria-label": t("切换到键盘", "Show the keyboard"), onclick: toKeyboard }, sign("keyboard")), bar);
  let popup = null, shown = "", asked = 0;
  let loads = 0;
  const traveller = state.me;

  async function load() {
    const number = ++loads;
    const answer = await api("menu", { query: { account: account.app_id, traveller } }).catch(() => ({ button: [] }));
    const now = JSON.stringify(answer.button);
    if (number !== loads || now === shown) return;
    shown = now;
    close();
    bar.replaceChildren(...(answer.button ?? []).map(top));
    changed(Boolean(answer.button?.length));
  }
  // Tags decide which menu somebody gets and change without a word: look again after the bot did anything to them.
  const soon = () => { clearTimeout(asked); asked = setTimeout(load, 250); };

  function top(button, index) {
    const subs = button.sub_button ?? [];
    if (!subs.length) return h("button", { type: "button", class: "plain", onclick: () => { close(); tap(button, [index]); } }, h("span", { class: "ellipsis" }, button.name));
    const opener = h("button", { type: "button", class: "plain", "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => {
      if (popup?.opener === opener) { close(); return; }
      close();
      open(opener, subs, index);
    } }, h("span", { class: "subs", "aria-hidden": "true" }, "≡"), h("span", { class: "ellipsis" }, button.name));
    return opener;
  }

  function open(opener, subs, index) {
    const list = h("div", { class: "menu-popup", role: "menu", "aria-label": opener.textContent }, subs.map((sub, number) => h("button", {
      type: "button", class: "plain", role: "menuitem", onclick: () => { close(true); tap(sub, [index, number]); },
    }, sub.name)));
    list.addEventListener("keydown", (event) => {
      const all = [...list.children], at = all.indexOf(document.activeElement);
      const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (move) { event.preventDefault(); all[(at + move + all.length) % all.length].focus(); }
      if (event.key === "Escape") { event.preventDefault(); close(true); }
    });
    popup = { opener, list };
    opener.setAttribute("aria-expanded", "true");
    node.append(list);
    const box = opener.getBoundingClientRect(), frame = node.getBoundingClientRect();
    list.style.setProperty("--middle", `${box.left + box.width / 2 - frame.left}px`);
    list.dataset.side = index === 0 ? "left" : index === bar.childElementCount - 1 && index > 1 ? "right" : "middle";
    list.firstChild.focus({ focusVisible: false });
  }

  function close(back = false) {
    if (!popup) return;
    popup.list.remove();
    popup.opener.setAttribute("aria-expanded", "false");
    if (back) popup.opener.focus({ focusVisible: false });
    popup = null;
  }

  const tap = (button, path) => pressed(button, path, send);
  const outside = (event) => { if (popup && !node.contains(event.target)) close(); };
  document.addEventListener("pointerdown", outside);
  const leaves = [
    on("menu", (event) => { if (event.account === account.app_id) soon(); }),
    on("call", (event) => { if (/tags|menu/.test(event.call?.path ?? "")) soon(); }),
    on("me-changed", soon), on("reset", soon),
    () => document.removeEventListener("pointerdown", outside),
  ];
  load();
  return { node, leave: () => { for (const each of leaves) each(); } };
}

async function pressed(button, path, send) {
  const menu = (facts = {}) => send("menu", { path, ...facts });
  switch (button.type) {
    case "view":
      menu();
      return openWeb(button.url);
    case "miniprogram":
      menu();
      return openMiniProgram(button.appid, button.pagepath, button.url);
    case "scancode_push": {
      const result = await scan({ asks: true });
      if (result === null) return null;
      await menu({ result });
      return settle(result); // the phone shows what the code leads to
    }
    case "scancode_waitmsg": {
      const result = await scan({ asks: true });
      if (result === null) return null;
      toast(t("已扫描，等待公众号处理", "Scanned; the account is working on it"));
      return menu({ result });
    }
    case "pic_sysphoto": case "pic_photo_or_album": case "pic_weixin": {
      const data = await choosePicture({ camera: button.type !== "pic_weixin", album: button.type !== "pic_sysphoto" });
      return data ? menu({ count: 1, pictures: [data] }) : null;
    }
    case "location_select": {
      const place = await choosePlace();
      return place ? menu({ ...place, name: place.name ?? "" }) : null;
    }
    default:
      return menu();
  }
}
