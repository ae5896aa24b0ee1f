// The platform's refusals in the words of the desk: what happened, and what one can do.
import { t } from "./base.js";

const WORDS = {
  65400: () => t("这个公众号没有开通客服功能，请在控制室里开启。", "Customer service is off for this account; switch it on in the control room."),
  65401: () => t("没有这个客服账号，可能刚被删除。", "There is no such agent; it may just have been removed."),
  65402: ({ agent }) => t(`${agent || "这位客服"}还没有绑定微信，确认邀请后才能接待。`, `${agent || "This agent"} is not bound to a WeChat yet; confirm the invitation first.`),
  65403: () => t("昵称要有 1 到 16 个字。", "A nickname has 1 to 16 characters."),
  65404: ({ suffix }) => t(`账号名是最多 10 个字母、数字或下划线${suffix ? `，后面跟 @${suffix}` : ""}。`, `The name has up to 10 letters, digits or underscores${suffix ? `, then @${suffix}` : ""}.`),
  65405: () => t("客服人数已满，删掉一位再添加。", "There are as many agents as allowed; remove one first."),
  65406: () => t("这个账号名已经有人用了。", "This name is taken."),
  65407: () => t("这个微信号已经是客服了。", "This WeChat already is an agent."),
  65408: () => t("这个微信号已收到另一份邀请，还没有答复。", "This WeChat has another invitation open."),
  65409: () => t("请填写对方的微信号。", "Give the WeChat id to invite."),
  65411: () => t("邀请还在等对方确认，不能再发一次。", "An invitation is still open; it cannot be sent again."),
  65412: () => t("这位客服已绑定别的微信，先解绑再邀请。", "This agent is bound to another WeChat."),
  65413: () => t("这位旅客没有正在进行的会话，可能已经结束。", "This traveller has no session; it may have ended."),
  65414: ({ holder }) => (holder
    ? t(`已由${holder}接待，不用再接。`, `${holder} is already serving this traveller.`)
    : t("已由另一位客服接待，不用再接。", "Another agent is already serving this traveller.")),
  65415: ({ agent, own }) => (own
    ? t("您现在是离开状态，上线后才能接待。", "You are away; go online to serve travellers.")
    : t(`${agent || "这位客服"}现在不在线，请换一位。`, `${agent || "This agent"} is away; choose somebody else.`)),
  40003: () => t("没有这位旅客。", "There is no such traveller."),
  40009: () => t("图片太大，最多 10 MB。", "The picture is larger than 10 MB."),
  40137: () => t("只能发送 PNG、JPEG、GIF 或 BMP 图片。", "Only PNG, JPEG, GIF or BMP pictures can be sent."),
  44001: () => t("图片是空的。", "The picture is empty."),
};

// A sentence for people; `about` says who is meant.  The code stays in sight for those who look it up.
export function explained(error, about = {}) {
  const code = error.code ?? Number(/(?:^|\s)(\d{5})\b/.exec(error.message)?.[1] ?? 0);
  const words = WORDS[code];
  if (words) return `${words(about)}（${code}）`;
  if (/nobody is waiting/.test(error.message)) return t("现在没有人等待。", "Nobody is waiting.");
  if (/no open invitation/.test(error.message)) return t("没有待确认的邀请。", "No invitation is open.");
  return error.message;
}

export function waited(seconds) {
  const minutes = Math.floor(Math.max(seconds, 0) / 60);
  if (minutes < 1) return t("刚刚", "just now");
  if (minutes < 60) return t(`${minutes} 分钟`, `${minutes} min`);
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return t(`${hours} 小时`, `${hours} h`);
  return t(`${Math.floor(hours / 24)} 天`, `${Math.floor(hours / 24)} d`);
}

export const PHRASES = [
  ["您好，很高兴为您服务。", "Hello, I am glad to help."],
  ["请稍等，我查一下。", "One moment, I am looking it up."],
  ["方便留一下您的订单号吗？", "May I have your order number?"],
  ["已经为您登记，办好会通知您。", "I have noted it and will tell you when it is done."],
  ["还有别的可以帮到您吗？", "Is there anything else I can do?"],
  ["感谢您的咨询，祝您旅途愉快。", "Thank you, have a good journey."],
];

// What a bubble says, in one line.
export function gist(bubble) {
  if (!bubble) return "";
  const { type, content = {} } = bubble;
  const named = {
    image: t("[图片]", "[picture]"), voice: t("[语音]", "[voice]"), video: t("[视频]", "[video]"),
    shortvideo: t("[小视频]", "[short video]"), location: t("[位置]", "[place]"), link: t("[链接]", "[link]"),
    news: t("[图文]", "[article]"), music: t("[音乐]", "[music]"), msgmenu: t("[菜单消息]", "[menu message]"),
    miniprogrampage: t("[小程序]", "[mini program]"), wxcard: t("[卡券]", "[card]"), template: t("[模板消息]", "[template]"),
    transfer: t("已转到人工客服", "Handed to the desk"),
  }[type];
  const text = content.content ?? content.text ?? content.title ?? content.label ?? content.articles?.[0]?.title ?? content.head_content ?? "";
  return [named, typeof text === "string" ? text : ""].filter(Boolean).join(" ") || `[${type}]`;
}
