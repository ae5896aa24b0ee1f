// What each setting decides, in both languages. Everything here is silent, contradictory or
// unconfirmed in WeChat's documentation; a setting missing here is still shown, by its name.
const day = 86400;

// name: [label zh, label en, why zh, why en, choices?]
export const GROUPS = [
  ["推送与重试", "Pushes and retries", {
    push_timeout: ["等待回答（秒）", "Wait for an answer (s)", "微信等 5 秒；测试里可以调短，不必真等。", "WeChat waits 5 seconds; shorten it so that tests need not wait."],
    push_attempts: ["最多投递几次", "Deliveries at most", "文档写“总共三次重试”：可读作共 3 次，也可读作 1+3 次。", "“Three retries in total” may mean 3 deliveries, or 1 and 3 more."],
    push_retry_delay: ["两次投递之间（秒）", "Pause between deliveries (s)", "文档没有说重试前等多久。", "The documentation does not say how long it waits before a retry."],
    push_fresh_signature: ["重试时重新签名", "Sign each retry anew", "重试的时间戳与随机数是否更换，未见说明。", "Whether retries carry a new timestamp and nonce is not documented."],
    push_openid: ["地址里带 openid", "openid in the address", "常见但未写明；别用它认人。", "Widely seen, never documented; do not identify anybody by it."],
    push_encrypt_type_raw: ["明文也带 encrypt_type=raw", "encrypt_type=raw in plain mode", "有人见过，有人没有。", "Some have seen it, some have not."],
    push_in_order: ["同一旅客按顺序推送", "One traveller's pushes in order", "真实平台不保证顺序；关掉就并发投递。", "The real platform promises no order; off delivers them side by side."],
    push_success_statuses: ["算收到的 HTTP 状态", "HTTP statuses that count", "写作 [200]；别的 2xx 算不算，未见说明。", "As [200]; whether other 2xx count is not documented."],
    failure_notice_names_kind: ["故障提示分服务号", "Failure notice names the kind", "新文档写“该服务号暂时无法提供服务”，旧的都写公众号。", "Newer pages word the notice for service accounts apart, older ones alike for all."],
    menu_id_in_view: ["VIEW 事件带 MenuId", "MenuId in VIEW events", "只有个性化菜单才有，还是总有，说法不一。", "Reports differ on whether only conditional menus carry it."],
  }],
  ["被动回复", "Passive replies", {
    reply_text_bytes: ["文字最多字节", "Bytes of a text at most", "2048 字节，中文约 680 字。", "2048 bytes, about 680 Chinese characters."],
    reply_overlong: ["超长文字", "An overlong text", "悄悄丢掉，还是提示服务故障。", "Dropped silently, or shown as a failure.", ["drop", "fail"]],
    reply_articles_to_message: ["回复消息的图文条数", "Articles answering a message", "2018 年起回复消息只能 1 条。", "Since 2018 a message may be answered with one."],
    reply_articles_to_event: ["回复事件的图文条数", "Articles answering an event", "旧文档写 8 条，新文档未提。", "8 in older pages, unsaid in newer ones."],
    reply_extra_articles: ["多出的图文", "Articles too many", "整条失败，还是截掉多余的。", "The whole reply fails, or the rest is cut.", ["fail", "cut"]],
  }],
  ["凭证与接口", "Tokens and calls", {
    token_seconds: ["access_token 有效（秒）", "Life of a token (s)", "7200 秒；调短可以试续期。", "7200; shorten it to try renewal."],
    token_overlap: ["新旧并存（秒）", "Overlap of old and new (s)", "换新后旧的还能用 5 分钟。", "After a renewal the old one works for 5 more minutes."],
    stable_force_interval: ["强制刷新最短间隔（秒）", "Pause between forced refreshes (s)", "过密的强制刷新不生效。", "Forcing more often has no effect."],
    stable_force_per_day: ["每天强制刷新次数", "Forced refreshes per day", "超出后等于没有强制。", "Beyond this it is as if nobody had forced."],
    stable_per_minute: ["稳定版每分钟次数", "stable_token calls per minute", "超出返回 45011。", "More answer 45011."],
    ip_refusal_code: ["IP 不在白名单的返回码", "Code for a foreign IP", "多数人见到 40164，2025 年的指南写 61004。", "Most see 40164; the 2025 guide says 61004.", [40164, 61004]],
    ticket_seconds: ["jsapi_ticket 有效（秒）", "Life of a jsapi_ticket (s)", "7200 秒，应全局缓存。", "7200; keep it for everybody."],
    json_content_type: ["JSON 的 Content-Type", "Content-Type of JSON", "真实平台写得不规范，有些 HTTP 库会因此用错编码。", "The real one is irregular and misleads some HTTP libraries."],
    daily_limits: ["改过的每日上限", "Daily limits changed", "路径: 次数。写小一点，就能看到 45009。", "path: count. Make one small and watch for 45009."],
  }],
  ["客服消息窗口", "Customer-message windows", {
    window_message: ["旅客发消息后", "After a message", "[条数, 秒]：5 条，48 小时（2023 年 6 月起；旧文写 20 条）。", "[count, seconds]: 5 within 48 hours since June 2023; 20 in older text."],
    window_menu: ["点菜单后", "After a menu tap", "[条数, 秒]：3 条，1 分钟。", "[count, seconds]: 3 within a minute."],
    window_follow: ["关注后", "After a follow", "[条数, 秒]：3 条，1 分钟。", "[count, seconds]: 3 within a minute."],
    window_scan: ["扫码后", "After a scan", "[条数, 秒]：3 条，1 分钟。", "[count, seconds]: 3 within a minute."],
    window_pay: ["付款后", "After a payment", "[条数, 秒]：只在介绍页提到，不限条数，48 小时。", "[count, seconds]: only the overview mentions it; unlimited for 48 hours."],
    custom_unfollowed_code: ["发给未关注者的返回码", "Code for who does not follow", "43004 或 45015，各有人见过。", "43004 or 45015; both are reported.", [43004, 45015]],
    typing_window: ["“正在输入”的时限（秒）", "Typing sign allowed for (s)", "最近一次往来之后 30 秒内才可以。", "Only within 30 seconds of an exchange."],
  }],
  ["粉丝与标签", "Fans and tags", {
    tags_per_account: ["每个公众号的标签数", "Tags per account", "超出返回 45056。", "More answer 45056."],
    tags_per_fan: ["每位粉丝的标签数", "Tags per fan", "超出返回 45059。", "More answer 45059."],
    tag_batch: ["一次打标签的人数", "Fans per tagging call", "超出返回 40032。", "More answer 40032."],
    tag_name_bytes: ["标签名最多字节", "Bytes of a tag name", "30 字节还是 30 个字，说法不一。", "30 bytes or 30 characters; sources differ."],
    tag_delete_fans: ["可删标签的粉丝上限", "Fans of a tag that may be deleted", "超过就要先清空，返回 45057。", "With more it must be emptied first: 45057."],
    fan_page: ["粉丝列表每页", "Fans per page", "改小就能用几个粉丝试翻页。", "Make it small to try paging with a few fans."],
    blacklist_page: ["黑名单每页", "Blacklist per page", "改小就能试翻页。", "Make it small to try paging."],
    blacklist_batch: ["一次拉黑人数", "Fans per blacklist call", "超出返回 40032。", "More answer 40032."],
    info_batch: ["一次查资料人数", "Fans per profile call", "超出返回 40032。", "More answer 40032."],
    remark_chars: ["备注最多字数", "Characters of a remark", "30 个字。", "30 characters."],
    unknown_openid_code: ["陌生 OpenID 的返回码", "Code for an unknown OpenID", "40003 或 49003，各有人见过。", "40003 or 49003; both are reported.", [40003, 49003]],
    remark_service_only: ["备注仅限服务号", "Remarks for service accounts only", "文档列在服务号下，订阅号似乎也行。", "Listed for service accounts; subscription accounts seem to work."],
    unfollow_clears_tags: ["取关清掉标签", "Unfollowing clears tags", "重新关注后标签还在不在，未写明。", "Whether tags survive a return is not documented."],
  }],
  ["二维码与短链", "Codes and short keys", {
    code_default_seconds: ["临时码默认有效（秒）", "Default life of a temporary code (s)", "30 还是 60 秒，文档自相矛盾。", "30 or 60 seconds; the pages contradict each other."],
    code_max_seconds: ["临时码最长有效（秒）", "Longest life of a temporary code (s)", "30 天。", "30 days."],
    code_permanent_limit: ["永久码总数", "Permanent codes", "10 万个，用完返回 40053。", "100,000, then 40053."],
    code_permanent_reused: ["同场景给同一个永久码", "Same scene, same permanent code", "多数人见到如此，文档未写。", "Most report it; undocumented."],
    short_key_unverified: ["未认证号可用短链", "Short keys without verification", "未写明。", "Not documented."],
  }],
  ["菜单", "Menus", {
    menu_unverified_service: ["未认证服务号可建菜单", "Menus for unverified service accounts", "新旧权限表不同。", "Old and new tables differ."],
    menu_platform_rule: ["支持 client_platform_type", "client_platform_type honoured", "个性化菜单按手机系统匹配是否还有效，不确定。", "Whether conditional menus still match by device is unsure."],
    menu_domains: ["个性化菜单的域名数", "Domains in conditional menus", "超出返回 65316。", "More answer 65316."],
    menu_conditional_limit: ["个性化菜单个数", "Conditional menus", "超出返回 65305。", "More answer 65305."],
  }],
  ["客服", "Customer service", {
    kf_limit: ["客服人数上限", "Agents at most", "100 人，旧文写 10 人。", "100; older text says 10."],
    kf_invite_seconds: ["邀请有效（秒）", "Life of an invitation (s)", "24 小时。", "24 hours."],
    kf_events: ["推送会话事件", "Push session events", "接入、关闭、转接事件新文档不再提，多半还在推。", "Session events are gone from newer pages, and mostly still sent."],
    kf_close_type: ["关闭事件的 CloseType", "CloseType of a closing", "取值没有公布；留空就不带这个字段。", "Its values are not published; left out when empty."],
    kf_transfer_to_absent: ["转给不在的客服", "Transfer to an absent agent", "没人接、旅客也不知道；或者排进队伍。", "Nobody takes it and nothing is said; or the traveller queues.", ["strand", "queue"]],
    kf_session_pushes: ["会话中的消息也推送", "Messages in a session are pushed", "旅客对客服说的话，机器人是否还收到。", "Whether the bot still gets what travellers write to an agent."],
    kf_record_span: ["聊天记录跨度（秒）", "Span of chat records (s)", "同一天，或 24 小时内。", "The same day, or within 24 hours."],
    kf_record_page: ["聊天记录每页", "Records per page", "改小就能试翻页。", "Make it small to try paging."],
    kf_wait_page: ["等待列表最多行", "Rows of the waiting list", "接口最多给 100 行。", "The call gives 100 at most."],
  }],
  ["网页授权", "Web sign-in", {
    oauth_code_seconds: ["code 有效（秒）", "Life of a code (s)", "5 分钟，只能用一次。", "5 minutes, once."],
    oauth_refresh_seconds: ["refresh_token 有效（秒）", "Life of a refresh_token (s)", "30 天。", "30 days."],
    oauth_silent_after_consent: ["同意过就不再问", "No second question", "同意过的旅客再次授权是否静默。", "Whether travellers who agreed are asked again."],
    oauth_refusal_redirects: ["拒绝授权也跳回", "Refusal leads back too", "拒绝后停在原页，还是不带 code 跳回网页。", "Whether a refusal stays, or leads back without a code."],
    snapshot_without_tap: ["不点就进快照页", "Snapshot without a tap", "非主动打开的页面给虚拟身份。", "Pages not opened by a tap get a virtual identity."],
    snapshot_flag_late: ["快照标记晚到", "Snapshot flag comes late", "有人见到标记只在后续接口里出现。", "Some see the flag in the later call only."],
  }],
  ["通知、群发、发布", "Notices, mass sends, publishing", {
    job_seconds: ["异步任务耗时（秒）", "Time of a background job (s)", "真实平台要几秒到几分钟。", "Seconds to minutes on the real platform."],
    template_limit: ["模板个数", "Templates", "25 个。", "25."],
    template_dedup_seconds: ["模板消息去重（秒）", "Template deduplication (s)", "同一 client_msg_id 在此时间内只发一次。", "One client_msg_id is sent once within this time."],
    subscription_bizsend: ["订阅号可发订阅通知", "Notices from subscription accounts", "是否开放给认证订阅号，不确定。", "Unsure whether verified subscription accounts may."],
    mass_confirm: ["群发要管理员确认", "Mass sends need confirmation", "自动放行，或等管理员点头。", "Pass at once, or wait for the administrator.", ["auto", "admin"]],
    mass_confirm_seconds: ["确认时限（秒）", "Time to confirm (s)", "30 分钟。", "30 minutes."],
    mass_per_fan_month: ["每人每月收群发", "Mass messages per fan and month", "服务号每人每月 4 条。", "4 from a service account."],
    mass_to_all_per_day: ["每天群发全部", "Mass sends to all per day", "服务号的上限，文档只说“有限”。", "The page only says “limited”."],
    mass_subscription_per_day: ["订阅号每天群发", "Mass sends of a subscription account", "每天 1 次。", "Once a day."],
    mass_client_id_bytes: ["clientmsgid 最长字节", "Bytes of a clientmsgid", "64 还是 32，两处写法不同。", "64 or 32; two pages differ."],
    mass_client_id_seconds: ["clientmsgid 去重（秒）", "clientmsgid deduplication (s)", "24 小时。", "24 hours."],
    mass_client_id_retry_seconds: ["重发过快的判定（秒）", "A retry is too fast within (s)", "此时间内重发返回 45066 而不是 45065；0 为不用。", "Within it a repeat answers 45066 instead of 45065; 0: never."],
    mass_per_minute: ["每分钟群发次数", "Mass sends per minute", "超出返回 45011 一类的错误。", "More are refused as too fast."],
    mass_min_openids: ["群发最少人数", "OpenIDs at least", "少于 2 个返回 40130。", "Fewer than 2 answer 40130."],
    mass_max_openids: ["群发最多人数", "OpenIDs at most", "1 万个。", "10,000."],
    material_limits: ["永久素材个数", "Permanent material", "种类: 个数。", "type: count."],
    media_seconds: ["临时素材保留（秒）", "Life of temporary media (s)", "3 天。", "3 days."],
  }],
  ["统计与迁移", "Statistics and migration", {
    datacube_ready_hour: ["昨天数据几点可查", "Hour when yesterday is ready", "早上 8 点前返回 61503。", "Before 8 in the morning: 61503."],
    changeopenid_by_original_id: ["迁移用原始 ID", "Migration by original id", "from_appid 填 appid 还是 gh_ 开头的原始 ID。", "Whether from_appid takes an app id or a gh_ id."],
    changeopenid_code_before: ["迁移前的返回码", "Code before migration", "63178 多见。", "63178 is common."],
  }],
  ["模拟器自身", "The simulator itself", {
    bubbles_kept: ["每个聊天留多少条", "Bubbles kept per chat", "更早的会被丢掉。", "Older ones go."],
    traffic_kept: ["流量记录留多少条", "Records kept of the traffic", "重启后生效。", "Takes effect after a restart."],
  }],
];

export const CHOICES = {
  drop: ["丢弃", "drop"], fail: ["失败", "fail"], cut: ["截断", "cut"],
  strand: ["无人接待", "strand"], queue: ["排队", "queue"], auto: ["自动", "auto"], admin: ["管理员", "admin"],
};

// A length of time reads better than its seconds.
export function spell(name, value, t) {
  if (typeof value !== "number" || !/(_seconds|_interval|_span|_overlap)$/.test(name) || value < 120) return "";
  if (value % day === 0) return t(`${value / day} 天`, `${value / day} d`);
  if (value % 3600 === 0) return t(`${value / 3600} 小时`, `${value / 3600} h`);
  return value % 60 === 0 ? t(`${value / 60} 分钟`, `${value / 60} min`) : "";
}
