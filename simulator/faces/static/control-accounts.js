// The official accounts: what each is, where its pushes go, whether that address works, its credentials.
import { api, h, t, toast } from "./base.js";
import { editAccount } from "./control-account-form.js";
import { inWords } from "./control-problem-words.js";
import { ask, copy, redraw, soon } from "./control-redraw.js";
import { room } from "./control-room.js";

export const KINDS = { service: ["服务号", "Service account"], subscription: ["订阅号", "Subscription account"] };
export const MODES = { plain: ["明文", "Plain"], compatible: ["兼容", "Compatible"], safe: ["安全", "Safe"] };

const checked = new Map(); // what the last check of each address said

export function startAccounts(node) {
  const draw = () => redraw(node,
    h("div", { class: "panel-head" },
      h("p", { class: "muted" }, t("公众号的身份、权限和服务器地址。把凭证复制到机器人的配置里，就能对上话。", "What each account is and may do, and where its pushes go. Copy its credentials into the bot's settings.")),
      h("button", { type: "button", class: "primary", "data-focus": "add", onclick: () => editAccount(null) }, t("添加公众号", "Add an account"))),
    room.accounts.length
      ? h("div", { class: "account-grid" }, room.accounts.map((each) => card(each, draw)))
      : h("div", { class: "card empty" }, h("p", {}, t("还没有公众号。添加一个，填上机器人的地址，就可以开始。", "There is no account. Add one, give it the bot's address, and begin.")),
        h("button", { type: "button", class: "primary", onclick: () => editAccount(null) }, t("添加第一个公众号", "Add the first account"))));
  room.on(draw);
  const reload = soon(() => room.load(), 800);
  return {
    hear(event) {
      // Followers and codes are counted on the cards.
      if (event.kind === "push" && /subscribe/.test(event.push.event)) reload();
    },
    badge: () => room.accounts.length || "",
    show: draw,
  };
}

function card(account, draw) {
  const result = checked.get(account.app_id);
  return h("article", { class: "card account", "aria-label": account.name },
    h("div", { class: "row wrap" }, h("h2", { class: "grow" }, account.name),
      h("span", { class: "pill" }, t(...KINDS[account.kind])),
      h("span", { class: account.verified ? "pill good" : "pill warn" }, account.verified ? t("已认证", "Verified") : t("未认证", "Unverified")),
      account.secret_frozen && h("span", { class: "pill bad" }, t("AppSecret 已冻结", "AppSecret frozen"))),
    h("dl", { class: "facts" },
      fact("AppID", h("code", {}, account.app_id)),
      fact(t("原始 ID", "Original id"), h("code", {}, account.original_id)),
      fact(t("微信号", "WeChat id"), h("code", {}, account.wechat_id)),
      fact(t("消息加密", "Encryption"), t(...MODES[account.mode])),
      fact(t("IP 白名单", "IP list"), account.ip_whitelist.length ? account.ip_whitelist.join("、") : t("不限", "any")),
      fact(t("授权域名", "OAuth domain"), account.oauth_domain || t("未设置", "none")),
      fact(t("开放平台", "Open platform"), account.open_platform || t("未绑定", "none")),
      fact(t("粉丝 / 二维码", "Fans / codes"), `${account.followers} / ${account.codes}`)),
    h("div", { class: "callback" }, h("span", { class: "small muted" }, t("服务器地址", "Server address")),
      account.url ? h("code", { class: "address" }, account.url) : h("span", {}, t("未填写，不会推送。", "None; nothing is pushed.")),
      h("div", { role: "status" }, result && h("p", { class: result.ok ? "note-good" : "note-bad" }, result.ok ? t("验证通过", "The address is right") : inWords(result.problem)))),
    h("div", { class: "buttons" },
      h("button", { type: "button", class: "primary", "data-focus": `verify ${account.app_id}`, disabled: !account.url, onclick: () => verify(account, draw) }, t("验证服务器地址", "Verify the address")),
      h("button", { type: "button", "data-focus": `toml ${account.app_id}`, onclick: () => copy(toml(account), toast) }, t("复制配置 TOML", "Copy as TOML")),
      h("button", { type: "button", "data-focus": `edit ${account.app_id}`, onclick: () => editAccount(account) }, t("编辑", "Edit")),
      h("button", { type: "button", class: "quiet", "data-focus": `remove ${account.app_id}`, onclick: () => remove(account) }, t("删除", "Remove"))));
}

const fact = (name, value) => [h("dt", {}, name), h("dd", {}, value)];

async function verify(account, draw) {
  try {
    checked.set(account.app_id, await api(`accounts/${account.app_id}/verify-url`, { body: {} }));
  } catch (error) {
    checked.set(account.app_id, { ok: false, problem: error.message });
  }
  draw();
}

async function remove(account) {
  const sure = await ask(t(`删除 ${account.name}？`, `Remove ${account.name}?`), [h("p", {}, t(`它的 ${account.followers} 位粉丝、聊天、菜单和二维码都会删除，不能撤销。`, `Its ${account.followers} fans, chats, menus and codes go too. This cannot be undone.`))], { confirm: t("删除", "Remove"), danger: true });
  if (!sure) return;
  try { await api(`accounts/${account.app_id}`, { method: "DELETE" }); await room.load(); } catch (error) { toast(error.message, "bad"); }
}

// The block a bot's settings want; its name is the last part of the server address if that can be one.
export function toml(account) {
  const last = /\/([a-z0-9][a-z0-9-]{0,31})\/?$/.exec(account.url.split("?")[0])?.[1];
  const facts = {
    name: last ?? account.app_id.toLowerCase().replaceAll(/[^a-z0-9-]/g, "-"), app_id: account.app_id, app_secret: account.app_secret,
    token: account.token, kind: account.kind, encoding_aes_key: account.encoding_aes_key, mode: account.mode, original_id: account.original_id,
  };
  // JSON's way of writing a text is also TOML's.
  const lines = Object.entries(facts).filter(([, value]) => value).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return `[[accounts]]\n${lines.join("\n")}\n`;
}
