// Who works here: adding and inviting agents, answering an invitation, choosing a colleague, removing.
import { api, h, t, toast } from "./base.js";
import { ask } from "./control-redraw.js";
import { agentPath, be, deskPath, load, loadDesk, state } from "./desk-store.js";
import { explained } from "./desk-words.js";

// A form for a new agent; for one who is not bound yet, only the invitation.
export async function addAgent(known) {
  const agent = known?.kf_account ? known : null;
  const suffix = state.desk.account.wechat_id;
  const wechat = h("label", { hidden: !agent }, h("span", {}, t("对方的微信号", "Their WeChat id")),
    h("input", { name: "wechat_id", autocomplete: "off", value: "" }));
  const direct = h("label", { class: "check" },
    h("input", { type: "checkbox", name: "invited", onchange: (event) => { wechat.hidden = !event.target.checked; } }),
    h("span", {}, t("先发邀请，等对方在微信里确认（与真实平台一样）", "Send an invitation first, as on the real platform")));
  const parts = [
    !agent && h("label", {}, h("span", {}, t("账号", "Account name")),
      h("span", { class: "row" }, h("input", { name: "prefix", required: true, maxlength: 10, pattern: "[A-Za-z0-9_]{1,10}", autocomplete: "off", placeholder: "wangshan" }), h("code", { class: "muted" }, `@${suffix}`))),
    !agent && h("label", {}, h("span", {}, t("昵称（旅客看得到）", "Nickname (travellers see it)")), h("input", { name: "nickname", required: true, maxlength: 16, autocomplete: "off", placeholder: t("王珊", "Wang Shan") })),
    !agent && direct, wechat,
  ];
  let made = "";
  const check = async (facts) => {
    made = agent?.kf_account ?? `${facts.prefix.trim()}@${suffix}`;
    try {
      if (agent || facts.invited) {
        await api(deskPath(made, "invite"), { body: { nickname: facts.nickname, wechat_id: facts.wechat_id.trim() } });
      } else {
        if (state.desk.agents.some((each) => each.kf_account === made)) throw Object.assign(new Error(), { code: 65406 });
        await api(agentPath(made), { method: "PUT", body: { account: state.account, nickname: facts.nickname, status: "online" } });
      }
    } catch (error) {
      throw new Error(explained(error, { suffix, agent: made }));
    }
  };
  const title = agent ? t(`邀请绑定 ${agent.nickname}`, `Invite somebody to be ${agent.nickname}`) : t("添加客服", "Add an agent");
  if (await ask(title, parts, { confirm: agent ? t("发出邀请", "Invite") : t("添加", "Add"), check })) await be(made);
}

export async function answerInvitation(agent, accept) {
  try {
    await api(agentPath(agent.kf_account, "invitation"), { body: { account: state.account, accept } });
    toast(accept ? t(`${agent.nickname}已绑定，可以上线了`, `${agent.nickname} is bound and may go online`) : t("已拒绝邀请", "The invitation was refused"));
  } catch (error) {
    toast(explained(error), "bad");
  }
  await loadDesk();
}

export async function removeAgent(agent) {
  const held = load(agent.kf_account);
  const words = held ? t(`${agent.nickname}的 ${held} 个会话会一起结束。`, `${agent.nickname}'s ${held} sessions end with that.`) : t("可以随时重新添加。", "You can add the agent again at any time.");
  const sure = await ask(t(`删除客服 ${agent.nickname}？`, `Remove ${agent.nickname}?`), [h("p", {}, words)], { confirm: t("删除", "Remove"), danger: true });
  if (!sure) return;
  try {
    await api(deskPath(agent.kf_account), { method: "DELETE" });
    await be("");
  } catch (error) {
    toast(explained(error), "bad");
  }
}

// Ask to whom; `give` does it and may be refused, which is said in the dialog.  The account chosen, or "".
export async function chooseColleague(name, give) {
  const colleagues = state.desk.agents.filter((each) => each.kf_account !== state.agent);
  if (!colleagues.length) {
    toast(t("没有别的客服可以转接，请先添加。", "There is no colleague yet; add one first."), "bad");
    return "";
  }
  const order = (each) => (each.status === "online" && each.wechat_id ? 0 : 1);
  const rows = [...colleagues].sort((one, other) => order(one) - order(other)).map((each, number) => h("label", { class: "choice" },
    h("input", { type: "radio", name: "to", value: each.kf_account, required: true, checked: number === 0 }),
    h("strong", { class: "grow" }, each.nickname),
    h("span", { class: "muted small" }, t(`接待 ${load(each.kf_account)} 位`, `serving ${load(each.kf_account)}`)),
    h("span", { class: each.status === "online" ? "pill good" : "pill" }, each.status === "online" ? t("在线", "Online") : t("离开", "Away"))));
  const check = async ({ to }) => {
    try {
      await give(to);
    } catch (error) {
      throw new Error(explained(error, { agent: colleagues.find((each) => each.kf_account === to)?.nickname }));
    }
  };
  const answer = await ask(t(`把${name}转给`, `Transfer ${name} to`), [h("fieldset", { class: "choices" }, h("legend", { class: "hidden-visually" }, t("同事", "Colleagues")), rows)], { confirm: t("转接", "Transfer"), check });
  return answer?.to ?? "";
}
