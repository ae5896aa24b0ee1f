// The faults in plain words: what goes wrong, which numbers it takes, and what a good bot does.
// name: { label, does, fields }; fields beyond account, count and probability: [name, default, label zh, label en]
const seconds = (value) => ["seconds", value, "秒", "seconds"];

export const FAULTS = {
  push_slow: {
    label: ["推送变慢", "Slow pushes"],
    does: ["每次推送先压住几秒，同一旅客后面的也跟着等。", "Each push is held back, and that traveller's later ones wait behind it."],
    fields: [seconds(3)],
  },
  push_duplicate: {
    label: ["重复推送", "Duplicate pushes"],
    does: ["回答之后同一条再推几次；好的机器人只办一次。", "The same push comes again after it was answered; a good bot acts once."],
    fields: [["times", 1, "多推几次", "times more"]],
  },
  push_reorder: {
    label: ["乱序", "Disorder"],
    does: ["这一条晚到，后面的先到。", "The push arrives late; later ones overtake it."],
    fields: [seconds(0.5)],
  },
  push_drop: {
    label: ["推送丢失", "Lost pushes"],
    does: ["推送在路上丢了，机器人什么也收不到，旅客看到“暂时无法提供服务”。", "The push is lost; the bot hears nothing and the traveller sees “cannot provide service”."],
    fields: [],
  },
  push_wrong_signature: {
    label: ["签名错误", "Wrong signature"],
    does: ["用别的 Token 签名；好的机器人拒绝，于是重试三次后失败。", "Signed with another token; a good bot refuses, so it fails after three attempts."],
    fields: [],
  },
  push_wrong_appid: {
    label: ["密文里的 AppID 不对", "Foreign app id in the cipher text"],
    does: ["安全与兼容模式下，密文末尾换成别人的 AppID。", "In safe and compatible mode the cipher text ends in somebody else's app id."],
    fields: [],
  },
  push_bad_padding: {
    label: ["补位错误", "Bad padding"],
    does: ["安全与兼容模式下，补位字节写成 0。", "In safe and compatible mode the padding byte is 0."],
    fields: [],
  },
  push_unknown_event: {
    label: ["没见过的事件", "An unheard-of event"],
    does: ["每次推送前先来一个谁也不认识的事件；好的机器人照常回答。", "An event nobody knows comes first; a good bot answers calmly."],
    fields: [],
  },
  api_error: {
    label: ["接口报错", "Calls refused"],
    does: ["不执行，直接返回错误码：-1 繁忙、45009 超限、40164 IP 不在白名单……", "The call is not performed and answers a code: -1 busy, 45009 quota, 40164 IP…"],
    fields: [["code", -1, "错误码", "code"]],
  },
  api_hang: {
    label: ["接口卡住", "Calls hang"],
    does: ["先卡几秒再执行；没设超时的机器人会一直等。", "The call waits before it is performed; a bot without a timeout waits too."],
    fields: [seconds(10)],
  },
  api_http: {
    label: ["网关出错", "Gateway errors"],
    does: ["返回一张 HTML 错误页，不是 JSON。", "The answer is an HTML error page instead of JSON."],
    fields: [["status", 502, "HTTP 状态", "HTTP status"]],
  },
  api_token_revoked: {
    label: ["凭证突然作废", "Token voided"],
    does: ["调用前一刻作废它的 access_token，得到 40001。", "The caller's token is voided just before the call: 40001."],
    fields: [],
  },
  api_answer_lost: {
    label: ["执行了却断线", "Answer lost"],
    does: ["事情办了，连接却断了；重试要防办两次。", "The call is performed, then the connection drops; a retry must not do it twice."],
    fields: [],
  },
};

export const KNOWN_CODES = [
  [-1, "系统繁忙", "busy"], [40001, "凭证无效", "token invalid"], [42001, "凭证过期", "token expired"],
  [40164, "IP 不在白名单", "IP not allowed"], [45009, "今日次数用完", "daily quota used"],
  [45011, "每分钟次数用完", "minute quota used"], [45015, "超出回复时限", "outside the window"],
  [45047, "客服消息条数用完", "messages used up"], [48001, "没有权限", "not authorised"],
];
