// The form of an official account, new or known; what is left empty for a new one is invented.
import { api, h, t, toast } from "./base.js";
import { ask } from "./control-redraw.js";
import { room } from "./control-room.js";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

function invented(length, letters = LETTERS) {
  const numbers = crypto.getRandomValues(new Uint32Array(length));
  return Array.from(numbers, (each) => letters[each % letters.length]).join("");
}

export async function editAccount(known) {
  const facts = known ?? {
    app_id: `wx${invented(16, "0123456789abcdef")}`, name: "", kind: "service", verified: true, url: "", token: invented(20), mode: "plain",
    encoding_aes_key: invented(43), ip_whitelist: [], oauth_domain: "", wechat_id: "", open_platform: "", mini_programs: [],
    kf_enabled: true, secret_frozen: false, app_secret: "",
  };
  const text = (name, label, more = {}) => h("label", {}, h("span", {}, label), h("input", { name, value: facts[name] ?? "", autocomplete: "off", spellcheck: "false", ...more }));
  const choice = (name, label, options) => h("label", {}, h("span", {}, label), h("select", { name }, options.map(([value, word]) => h("option", { value, selected: value === facts[name] }, word))));
  const check = (name, label) => h("label", { class: "check" }, h("input", { type: "checkbox", name, checked: facts[name] }), h("span", {}, label));
  const parts = [h("div", { class: "account-form" },
    text("name", t("名称", "Name"), { required: true, placeholder: t("驿站旅行总社", "Yizhan head office") }),
    text("app_id", "AppID", known ? { readonly: true } : { required: true, pattern: "[A-Za-z0-9_]{6,64}" }),
    choice("kind", t("类型", "Kind"), [["service", t("服务号", "Service account")], ["subscription", t("订阅号", "Subscription account")]]),
    choice("mode", t("消息加密方式", "Encryption"), [["plain", t("明文", "Plain")], ["compatible", t("兼容", "Compatible")], ["safe", t("安全", "Safe")]]),
    h("div", { class: "wide" }, text("url", t("服务器地址（URL）", "Server address (URL)"), { type: "url", placeholder: "http://127.0.0.1:8000/wechat/head" })),
    text("token", "Token"),
    text("app_secret", t("AppSecret（留空自动生成）", "AppSecret (invented if empty)")),
    h("div", { class: "wide" }, text("encoding_aes_key", "EncodingAESKey", { pattern: "([A-Za-z0-9]{43})?", maxlength: 43 })),
    text("wechat_id", t("微信号（客服账号 @ 后面）", "WeChat id (behind the @ of agents)"), { placeholder: "yizhan" }),
    text("oauth_domain", t("网页授权域名", "OAuth domain"), { placeholder: "127.0.0.1:8000" }),
    text("open_platform", t("开放平台（相同则共享 UnionID）", "Open platform (same: shared UnionIDs)")),
    h("label", {}, h("span", {}, t("关联的小程序 AppID（逗号分隔）", "Mini programs (comma between)")), h("input", { name: "mini_programs", value: (facts.mini_programs ?? []).join(", "), autocomplete: "off" })),
    h("div", { class: "wide" }, h("label", {}, h("span", {}, t("IP 白名单（每行一个，空为不限）", "IP list (one a line; empty: any)")), h("textarea", { name: "ip_whitelist", rows: 2, value: facts.ip_whitelist.join("\n") }))),
    h("div", { class: "wide checks" }, check("verified", t("已认证", "Verified")), check("kf_enabled", t("开通客服", "Customer service")), check("secret_frozen", t("冻结 AppSecret", "AppSecret frozen"))))];
  const save = async (given) => {
    const list = (words, between) => words.split(between).map((each) => each.trim()).filter(Boolean);
    const body = { ...given, ip_whitelist: list(given.ip_whitelist, /[\n,，]/), mini_programs: list(given.mini_programs, /[,，]/) };
    for (const name of ["verified", "kf_enabled", "secret_frozen"]) body[name] = given[name] === "on";
    for (const name of ["app_secret", "wechat_id"]) if (!body[name]) delete body[name];
    const appId = body.app_id.trim();
    delete body.app_id;
    if (!known && room.accounts.some((each) => each.app_id === appId)) throw new Error(t("这个 AppID 已经有了。", "There is an account of this app id."));
    await api(`accounts/${encodeURIComponent(appId)}`, { method: "PUT", body });
    await room.load(); // the cards show the new account once the form is gone
  };
  const done = await ask(known ? t(`编辑 ${known.name}`, `Edit ${known.name}`) : t("添加公众号", "Add an account"), parts, { confirm: t("保存", "Save"), check: save });
  if (!done) return;
  toast(t("已保存", "Saved"));
}
