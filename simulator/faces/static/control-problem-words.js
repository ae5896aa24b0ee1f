// What went wrong, in words; the platform's own English stays beside the number.
import { english, t } from "./base.js";

const PATTERNS = [
  [/^no answer within ([\d.]+) s$/, ([, seconds]) => `${seconds} 秒内没有回答`],
  [/^HTTP (\d+)$/, ([, code]) => `HTTP ${code}${code === "403" ? "（拒绝，多半是签名或密钥不对）" : ""}`],
  [/^not reached: (\w+)$/, ([, kind]) => `连不上（${kind}）`],
  [/^lost by a fault$/, () => "被故障开关丢弃"],
  [/^the answer is too long$/, () => "回答太长"],
  [/^no attempt was answered$/, () => "每次投递都没有得到有效回答，旅客看到“暂时无法提供服务”"],
  [/^no attempt arrived$/, () => "推送没有到达"],
  [/^the account has no server address/, () => "公众号没有填服务器地址（URL），没有推送"],
  [/^not XML: (.*)$/, ([, why]) => `回复不是 XML：${why}`],
  [/^ToUserName is not/, () => "回复的 ToUserName 不是这位旅客的 OpenID"],
  [/^FromUserName is not/, () => "回复的 FromUserName 不是公众号的原始 ID"],
  [/^CreateTime is missing/, () => "回复缺少 CreateTime"],
  [/^MsgType '(.*)' is unknown/, ([, kind]) => `回复的 MsgType ${kind} 不认识`],
  [/^safe mode wants/, () => "安全模式要求加密回复"],
  [/^MsgSignature of the reply/, () => "回复的 MsgSignature 不对"],
  [/^the server was not reached: (\w+)/, ([, kind]) => `服务器没有响应（${kind}），请检查地址、端口，以及机器人是否在运行`],
  [/^the server answered HTTP (\d+)/, ([, code]) => `服务器回了 HTTP ${code}，请检查 Token 与地址`],
  [/^the answer is not exactly/, () => "没有原样返回 echostr（不能带引号、换行或 BOM）"],
  [/^the account has no url/, () => "还没有填服务器地址，请先填写"],
  [/^Content is longer than (\d+)/, ([, bytes]) => `文字超过 ${bytes} 字节`],
];

export function inWords(problem) {
  if (english || !problem) return problem;
  for (const [pattern, words] of PATTERNS) {
    const found = pattern.exec(problem);
    if (found) return words(found);
  }
  return problem;
}

const CODES = {
  "-1": ["系统繁忙，稍候再试", "busy, try again"], 40001: ["凭证无效，或已有更新的", "token invalid or not the latest"],
  40003: ["OpenID 不对", "wrong OpenID"], 40007: ["素材 ID 无效或过期", "media id invalid or expired"],
  40013: ["AppID 不对", "wrong app id"], 40014: ["凭证格式不对", "malformed token"], 40029: ["授权 code 不对", "wrong OAuth code"],
  40032: ["一次的人数过多", "too many OpenIDs"], 40035: ["参数不对", "wrong parameters"], 40053: ["二维码参数不对或永久码用完", "wrong code parameters, or none left"],
  40125: ["AppSecret 不对", "wrong AppSecret"], 40130: ["至少要两位粉丝", "at least two OpenIDs"], 40163: ["授权 code 已用过", "OAuth code used"],
  40164: ["调用 IP 不在白名单", "IP not in the list"], 41001: ["没有带凭证", "token missing"], 42001: ["凭证过期", "token expired"],
  43001: ["应该用 GET", "use GET"], 43002: ["应该用 POST", "use POST"], 43004: ["对方没有关注", "not a follower"], 43019: ["对方在黑名单里", "blacklisted"],
  43101: ["对方没有订阅，或已用完", "no subscription left"], 44002: ["请求体是空的", "empty body"], 44004: ["内容是空的", "empty content"],
  45002: ["内容过长", "content too long"], 45008: ["图文条数过多", "too many articles"], 45009: ["今天的次数用完了", "daily quota used"],
  45011: ["这一分钟的次数用完了", "minute quota used"], 45015: ["超出回复时限：旅客太久没有互动", "outside the window: the traveller was silent too long"],
  45028: ["群发次数用完", "no mass sends left"], 45047: ["这次互动允许的条数发完了", "messages for this trigger used up"],
  45056: ["标签过多", "too many tags"], 45059: ["这位粉丝的标签过多", "too many tags on the fan"], 45065: ["同一 clientmsgid 已发过", "clientmsgid exists"],
  45157: ["标签名重复或不合法", "tag name illegal or taken"], 46003: ["没有菜单", "no menu"], 47001: ["不是合格的 JSON", "not JSON"],
  48001: ["这类公众号没有此权限", "this account may not"], 48002: ["对方关闭了接收", "the fan refuses messages"], 48006: ["清零次数用完", "no clears left this month"],
  61004: ["调用 IP 不在白名单", "IP not in the list"], 61503: ["数据还没算好", "data not ready"], 65301: ["没有个性化菜单", "no such menu"],
  65401: ["没有这个客服", "no such agent"], 65402: ["客服没有绑定微信", "agent not bound"], 65413: ["没有会话", "no session"],
  65414: ["由另一位客服接待中", "another agent serves"], 65415: ["客服不在线", "agent away"], 76021: ["没有这个接口", "no such call"],
};

export const codeInWords = (code) => (CODES[code] ? t(...CODES[code]) : "");

export const OUTCOMES = {
  ok: ["成功", "OK", "good"], retried: ["重试后成功", "After retries", "warn"], failed: ["失败", "Failed", "bad"],
  refused: ["被拒绝", "Refused", "warn"], broken: ["网络错误", "Broken", "bad"],
};
