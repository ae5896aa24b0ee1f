// The administrator's half of mass sending and publishing: confirm or refuse, and decide how things end.
import { api, h, stamp, t, toast } from "./base.js";
import { redraw, soon } from "./control-redraw.js";
import { room } from "./control-room.js";

const KINDS = { text: ["文字", "Text"], mpnews: ["图文", "Articles"], image: ["图片", "Picture"], images: ["图片", "Pictures"], voice: ["语音", "Voice"], mpvideo: ["视频", "Video"], wxcard: ["卡券", "Card"] };
const PUBLISHED = [
  ["成功", "Success"], ["发布中", "Under way"], ["原创审核失败", "Originality failed"], ["常规失败", "Failed"], ["平台审核不通过", "Refused by review"],
  ["成功后文章被删除", "Deleted afterwards"], ["成功后文章被封禁", "Banned afterwards"],
];
const OUTCOMES = [
  ["send success", "发送成功", "Success"], ["send fail", "发送失败", "Failure"], ["err(10001)", "涉嫌广告", "Advertising"], ["err(20001)", "涉嫌政治", "Politics"],
  ["err(20004)", "涉嫌社会", "Society"], ["err(20002)", "涉嫌色情", "Obscenity"], ["err(22000)", "涉嫌互推", "Mutual promotion"], ["err(30001)", "原创校验出错", "Originality error"],
];

export function startSends(node) {
  let waiting = 0;
  let asked = 0;
  const load = async () => {
    const number = ++asked;
    try {
      const all = await Promise.all(room.accounts.map(async (account) => {
        const query = { account: account.app_id };
        const [{ broadcasts }, publishing] = await Promise.all([api("broadcasts", { query }), api("publications", { query })]);
        return { account, broadcasts, ...publishing };
      }));
      if (number !== asked) return;
      waiting = all.reduce((sum, each) => sum + each.broadcasts.filter((one) => one.status === "SENDING").length, 0);
      redraw(node,
        h("div", { class: "panel-head" }, h("p", { class: "muted" }, t("替公众号管理员做决定：放行或拒绝群发，安排发布的结果。要群发先等确认，请在“平台细则”里把“群发要管理员确认”设为管理员。", "Decide as the account's administrator: pass or refuse mass sends, and how publishing ends. To make mass sends wait, set their confirmation under “Fine print”."))),
        h("div", { class: "sends" }, all.map((each) => card(each, load))),
        !all.length && h("div", { class: "card empty" }, h("p", {}, t("还没有公众号。", "There is no account yet.")), h("a", { class: "button primary", href: "#accounts" }, t("去添加", "Add one"))));
      room.counted();
    } catch (error) {
      toast(error.message, "bad");
    }
  };
  const reload = soon(load, 400);
  room.on(() => { if (!node.closest("[hidden]")) load(); });
  return {
    hear(event) {
      const relevant = event.kind === "call" && /mass|publish/.test(event.call.path)
        || event.kind === "push" && /JOBFINISH/.test(event.push.event)
        || event.kind === "changed" && /broadcasts|publications/.test(event.what)
        || event.kind === "reset" || event.kind === "missed";
      if (relevant) reload();
    },
    badge: () => waiting || "",
    show: load,
  };
}

function card({ account, broadcasts, requests, drafts, next_outcome: next }, load) {
  const rows = [...broadcasts].reverse().slice(0, 50);
  return h("article", { class: "card", "aria-label": account.name },
    h("div", { class: "row wrap" }, h("h2", { class: "grow" }, account.name),
      h("label", { class: "inline" }, h("span", {}, t("下一次发布的结果", "Next publication ends in")),
        h("select", { "data-focus": `next ${account.app_id}`, onchange: (event) => tried(() => api("publications", { body: { account: account.app_id, outcome: Number(event.target.value) } }), load) },
          PUBLISHED.map(([zh, en], number) => (number === 1 ? null : h("option", { value: number, selected: number === next }, t(zh, en))))))),
    rows.length === 0 && h("p", { class: "muted" }, t("还没有群发。机器人调用群发接口后，会列在这里。", "No mass sends yet. They appear once a bot makes one.")),
    rows.map((each) => sendRow(account, each, load)),
    h("p", { class: "muted small" }, t(`草稿 ${drafts} 份，发布 ${requests.length} 次`, `${drafts} drafts, ${requests.length} publications`)));
}

function sendRow(account, each, load) {
  const under = each.status === "SENDING";
  const outcome = h("select", { "aria-label": t("结果", "Outcome"), "data-focus": `outcome ${each.msg_id}` }, OUTCOMES.map(([value, zh, en]) => h("option", { value }, t(zh, en))));
  const decide = (facts) => tried(() => api(`broadcasts/${each.msg_id}`, { body: { account: account.app_id, ...facts } }), load);
  const said = each.content?.content ?? each.content?.title ?? "";
  return h("div", { class: "send-row" },
    h("div", { class: "grow" },
      h("div", { class: "ellipsis" }, h("strong", {}, t(...(KINDS[each.msgtype] ?? [each.msgtype, each.msgtype]))), " ", typeof said === "string" ? said : ""),
      h("div", { class: "muted small" }, [`${each.msg_id}`, stamp(each.created, true),
        each.to_all ? t("全部粉丝", "all fans") : each.tag ? t(`标签 ${each.tag}`, `tag ${each.tag}`) : t(`${each.openids.length} 位`, `${each.openids.length} fans`),
        !under && t(`共 ${each.total}，过滤后 ${each.filtered}，成功 ${each.sent}，失败 ${each.failed}`, `${each.total} in all, ${each.filtered} after filtering, ${each.sent} sent, ${each.failed} failed`)].filter(Boolean).join(" · "))),
    under
      ? h("div", { class: "buttons" }, outcome,
        h("button", { type: "button", class: "primary", "data-focus": `confirm ${each.msg_id}`, onclick: () => decide({ confirm: true, outcome: outcome.value === "send success" ? undefined : outcome.value }) }, t("放行", "Pass")),
        h("button", { type: "button", class: "danger", "data-focus": `refuse ${each.msg_id}`, onclick: () => decide({ confirm: false }) }, t("拒绝", "Refuse")))
      : h("span", { class: each.outcome === "send success" || each.status === "SEND_SUCCESS" ? "pill good" : "pill bad" }, words(each)));
}

function words({ outcome, status }) {
  const known = OUTCOMES.find(([value]) => value === outcome);
  return known ? `${t(known[1], known[2])} · ${outcome}` : outcome || status;
}

async function tried(work, load) {
  try { await work(); } catch (error) { toast(error.message, "bad"); }
  await load();
}
