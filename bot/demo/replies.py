"""What the demo's accounts say by themselves: rules by follow, keyword, event key and default."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.replies.models import Match, Trigger

PLACE = "{门店}\n地址：{地址}\n电话：{电话}\n营业时间：{营业时间}"


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """One rule. Without an account it holds for both."""

    title: str
    trigger: Trigger
    reply: dict[str, Any]
    words: tuple[str, ...] = ()
    match: Match = Match.EXACT
    follow_ups: tuple[dict[str, Any], ...] = ()
    account: str | None = None
    shop: str | None = None
    priority: int = 0
    from_time: str | None = None
    until_time: str | None = None
    notify_desk: bool = False
    asks_helped: bool = False


def with_ids(document: dict[str, Any], materials: Mapping[str, int]) -> dict[str, Any]:
    """Return the reply with the id of the material it names by title."""
    if "material" not in document:
        return document
    rest = {name: value for name, value in document.items() if name != "material"}
    material_id = materials[document["material"]]
    named = {"material_ids": [material_id]} if document["type"] == "news" else {"material_id": material_id}
    return {**rest, **named}


def _text(content: str) -> dict[str, Any]:
    return {"type": "text", "content": content}


def _keyword(title: str, words: tuple[str, ...], content: str, **more: Any) -> RuleFacts:
    return RuleFacts(title, Trigger.KEYWORD, _text(content), words, **more)


def _button(title: str, key: str, content: str, **more: Any) -> RuleFacts:
    return RuleFacts(title, Trigger.EVENT_KEY, _text(content), (key,), **more)


# With a shop's code the channel greets; this one greets whoever found the account by another way.
RULES = (
    RuleFacts(
        "关注欢迎语",
        Trigger.FOLLOW,
        _text(
            "您好，欢迎关注云程旅行。\n想去哪里、几位出行，直接留言告诉我们就好。\n"
            "回复「地址」可查门店，回复「会员」了解会员权益。"
        ),
    ),
    RuleFacts(
        "关注欢迎语（上海）",
        Trigger.FOLLOW,
        _text(
            "您好，这里是云程旅行上海。每周三我们会推荐一条周末线路。\n"
            "咨询和预订请关注服务号「云程旅行」，那里有您的专属顾问。"
        ),
        account="shanghai",
    ),
    _keyword(
        "退款与改期",
        ("退款", "改期"),
        "您好，您的申请已记下。\n出发前七天可免费改期，退款三个工作日内到账。客服看到后会联系您。",
        match=Match.CONTAINS,
        notify_desk=True,
    ),
    _keyword(
        "营业时间",
        ("营业时间", "几点开门", "几点关门", "上班时间"),
        "{门店}的营业时间是{营业时间}。\n节假日如有调整，我们会提前在这里告诉您。",
    ),
    _keyword(
        "门店地址", ("地址", "门店", "门店地址", "怎么走"), f"{PLACE}\n到店前打个电话，顾问会为您留好时间。"
    ),
    _keyword(
        "电话", ("电话", "联系电话", "电话号码"), "{门店}的电话是 {电话}，营业时间 {营业时间}，欢迎来电。"
    ),
    _keyword(
        "会员",
        ("会员", "会员权益", "怎么成为会员"),
        "成为会员很简单：点菜单「我的 → 绑定手机」，验证手机号即可。\n"
        "会员可以积分、享生日礼遇，出行信息也会保存在一处。",
    ),
    _keyword(
        "积分",
        ("积分", "查积分", "我的积分"),
        "您的积分在菜单「我的 → 会员卡」里可以看到。\n报名线路、推荐朋友、填写行程问卷都能累积积分。",
    ),
    _keyword(
        "海报",
        ("海报", "我的海报"),
        "海报由{分公司}的顾问为您生成，上面有门店的二维码。\n同事请从菜单「我的 → 员工入口」进入。",
        follow_ups=(_text("小提示：把海报发给朋友，朋友扫码关注后，推荐积分会记在您名下。"),),
    ),
    _keyword(
        "价格",
        ("价格", "多少钱", "费用", "报价"),
        "价格会随出发日期和人数变化。\n请告诉我们目的地、日期和人数，{门店}的顾问会给您一份清楚的报价。",
        match=Match.CONTAINS,
    ),
    _keyword(
        "退改签",
        ("退改签", "退款", "改期", "取消订单"),
        "出发前 7 天以上可免费改期一次；退款按合同约定办理，原路退回。\n"
        "请把订单号发给我们，顾问会为您查看这一单的具体规则。",
        match=Match.CONTAINS,
        priority=5,
        asks_helped=True,
    ),
    _keyword(
        "订单号",
        (r"^yc\d{8,12}$",),
        "订单号收到了。我们正在为您查看，稍后由{门店}的顾问回复您进度。",
        match=Match.REGEX,
        priority=10,
    ),
    _keyword(
        "停车",
        ("停车", "停车场", "怎么停车"),
        "多数门店旁有公共停车场。到店前致电 {电话}，顾问会告诉您最近的入口。",
    ),
    _keyword(
        "停车（人民广场店）",
        ("停车", "停车场", "怎么停车"),
        "{门店}地下二层可以停车，凭当日合同免两小时停车费。",
        shop="上海人民广场店",
    ),
    # Where there are agents the desk takes these words; the subscription account has none.
    _keyword(
        "夜间找客服",
        ("人工", "客服", "转人工"),
        "现在是夜间，{门店}的顾问九点上线后会第一时间回复您。\n请先留下目的地、日期和人数。",
        account="shanghai",
        priority=5,
        from_time="20:00",
        until_time="09:00",
    ),
    _keyword(
        "夜间咨询",
        ("现在有人吗", "有人吗", "几点上班"),
        "现在是夜间，{门店}的顾问九点上线后会第一时间回复您。\n发「人工」可以先留言，请写上目的地、日期和人数。",
        priority=5,
        from_time="20:00",
        until_time="09:00",
        account="head",
    ),
    RuleFacts(
        "云海图片",
        Trigger.KEYWORD,
        {"type": "image", "material": "云海日出"},
        ("云海", "日出"),
    ),
    RuleFacts(
        "海岛图片",
        Trigger.KEYWORD,
        {"type": "image", "material": "闽南海岛"},
        ("海岛",),
        follow_ups=(_text("这是闽南海岛四日，住海边民宿，每天只走一个岛。"),),
    ),
    RuleFacts(
        "徽州图文",
        Trigger.KEYWORD,
        {"type": "news", "material": "徽州古村三日：慢慢走，慢慢看"},
        ("徽州", "古村"),
        account="head",
    ),
    _keyword(
        "问候",
        ("你好", "您好", "在吗", "hi", "hello"),
        "您好，我在。请告诉我想去的地方或想问的事情，也可以点下方菜单。",
    ),
    _button(
        "菜单：本周线路",
        "ROUTES_WEEK",
        "本周推荐：\n1. 徽州古村三日\n2. 川西秋色五日\n3. 闽南海岛四日\n回复目的地名称，顾问会把行程发给您。",
    ),
    _button(
        "菜单：亲子出行",
        "ROUTES_FAMILY",
        "亲子线路都安排了较短的车程和午休。\n请告诉我们孩子的年龄和出发月份，我们为您挑两条合适的。",
    ),
    _button(
        "菜单：银发慢游",
        "ROUTES_SENIOR",
        "银发慢游全程无购物，每天行走不超过五千步，随团有健康管家。\n回复「价格」可了解费用构成。",
    ),
    _button(
        "菜单：会员专享",
        "MEMBER_OFFERS",
        "本月会员专享：福建土楼四日，两人同行第二位减 300 元。\n回复「价格」，{门店}的顾问会按您的日期报价。",
    ),
    _button("菜单：附近门店", "SHOP_NEAR", PLACE),
    _button(
        "菜单：退改签",
        "SERVICE_CHANGE",
        "请直接发来订单号（YC 开头），我们为您查看退改规则。\n急事请拨打 {电话}。",
    ),
    _button(
        "菜单：出行须知",
        "SERVICE_NOTES",
        "出发前三天，我们会把集合时间、导游电话和天气发给您。\n请带好身份证件；常用药随身带，不要托运。",
        follow_ups=(_text("如果同行有老人或孩子，也请提前告诉我们，好安排座位和餐食。"),),
    ),
    RuleFacts(
        "默认回复",
        Trigger.DEFAULT,
        _text(
            "您的留言我们收到了，{门店}的顾问上线后会尽快回复您。\n"
            "也可以回复「营业时间」「地址」「电话」，马上就有答案。"
        ),
    ),
)
WELCOME = _text(
    "您好，欢迎来到{门店}。\n地址：{地址}\n营业时间：{营业时间}\n"
    "您扫的是本店的二维码，往后由本店的顾问为您服务；有事直接留言，或致电 {电话}。"
)
