"""Template messages, subscription notices, one-time subscriptions (protocol §7)."""

from typing import Any

from simulator.api.gate import Answer, Call, Calls
from simulator.clock import month_of
from simulator.return_codes import Refused
from simulator.world import notices
from simulator.world.fans import Fan
from simulator.world.notices import Sent, Template

calls = Calls()
PAGE = 30


@calls.post("/cgi-bin/template/api_set_industry", "template")
def set_industry(call: Call) -> Answer:
    """Choose two industries, once a month."""
    book = call.account.notices
    chosen = [str(call.body.get(name, "")) for name in ("industry_id1", "industry_id2")]
    if not all(each.isdecimal() for each in chosen):
        raise Refused(40035)
    if book.industry_month == month_of(call.now):
        raise Refused(43100)
    book.industries, book.industry_month = chosen, month_of(call.now)
    return None


@calls.get("/cgi-bin/template/get_industry", "template", bare=True)
def industry(call: Call) -> Answer:
    """The chosen industries."""
    names = ("primary_industry", "secondary_industry")
    unknown = {"first_class": "其它", "second_class": "其它"}
    chosen = call.account.notices.industries or ["", ""]
    return {name: notices.INDUSTRIES.get(each, unknown) for name, each in zip(names, chosen, strict=True)}


@calls.post("/cgi-bin/template/api_add_template", "template")
def add_template(call: Call) -> Answer:
    """Take a template from the library."""
    given = (call.body.get("template_id_short"), call.body.get("keyword_name_list"))
    return {"template_id": notices.add_template(call.account, *given, call.settings).template_id}


@calls.get("/cgi-bin/template/get_all_private_template", "template", bare=True)
def templates(call: Call) -> Answer:
    """The account's templates."""
    rows = [
        {
            "template_id": each.template_id,
            "title": each.title,
            "primary_industry": "酒店旅游",
            "deputy_industry": "旅游",
            "content": each.content,
            "example": "",
        }
        for each in call.account.notices.templates.values()
    ]
    return {"template_list": rows}


@calls.post("/cgi-bin/template/del_private_template", "template")
def delete_template(call: Call) -> Answer:
    """Give a template back."""
    if call.account.notices.templates.pop(str(call.body.get("template_id")), None) is None:
        raise Refused(40037)
    return None


@calls.post("/wxa/sec/queryblocktmplmsg", "template")
def blocked_templates(_: Call) -> Answer:
    """Template messages WeChat stopped: none here."""
    return {"msginfo": []}


@calls.post("/cgi-bin/message/template/send", "template")
def send_template(call: Call) -> Answer:
    """Send a template message; how it ended comes as an event."""
    account, body = call.account, call.body
    fan = call.follower(body.get("touser"))
    template = account.notices.templates.get(str(body.get("template_id")))
    if template is None:
        raise Refused(40037)
    values = notices.check_data(template, body.get("data"))
    own_id = str(body.get("client_msg_id") or "")
    known = notices.repeated(account, own_id, call.now, call.settings)
    if known is not None:
        return {"msgid": known.msgid}
    msgid = call.platform.state.number("next_job_message")
    account.notices.recent.append(Sent(msgid, fan.openid, template.template_id, call.now, own_id))
    content = _content(template, values, body)
    facts = {"openid": fan.openid, "msgid": msgid, "content": content}
    call.platform.later(call.settings.job_seconds, "template", account, **facts)
    return {"msgid": msgid}


@calls.post("/cgi-bin/message/template/subscribe", "one-time subscription")
def send_one_time(call: Call) -> Answer:
    """Send the one message that a one-time subscription allows (protocol §7.3)."""
    body = call.body
    fan = call.fan(body.get("touser"))
    grant = f"{body.get('template_id')}#{body.get('scene')}"
    if fan.grants.get(grant, 0) < 1:
        raise Refused(43101)
    title, data = body.get("title"), body.get("data")
    text = data.get("content") if isinstance(data, dict) else None
    if not isinstance(title, str) or not 1 <= len(title) <= 15 or not isinstance(text, dict):
        raise Refused(47003)
    if not 1 <= len(str(text.get("value", ""))) <= 200:
        raise Refused(47003, "argument invalid! data.content.value invalid")
    fan.grants[grant] -= 1
    content = {"title": title, "values": {"content": str(text["value"])}, "url": body.get("url") or ""}
    call.platform.show(call.account, fan, "account", "template", content, via="template")
    return None


@calls.get("/wxaapi/newtmpl/getcategory", "subscription notice")
def categories(_: Call) -> Answer:
    """Service categories of the account."""
    return {"data": notices.CATEGORIES}


@calls.get("/wxaapi/newtmpl/getpubtemplatetitles", "subscription notice")
def titles(call: Call) -> Answer:
    """Titles in the library; all three parameters are required (protocol §7.2)."""
    ids = [each for each in call.query.get("ids", "").split(",") if each]
    if not ids or not all(each.isdecimal() for each in ids):
        raise Refused(200018)
    start, limit = call.query.get("start", ""), call.query.get("limit", "")
    if not start.isdecimal():
        raise Refused(200016)
    if not limit.isdecimal() or not 1 <= int(limit) <= PAGE:
        raise Refused(200017)
    rows = [
        {"tid": tid, **{name: each[name] for name in ("title", "type", "categoryId")}}
        for tid, each in notices.TITLES.items()
        if each["categoryId"] in ids
    ]
    return {"count": len(rows), "data": rows[int(start) :][: int(limit)]}


@calls.get("/wxaapi/newtmpl/getpubtemplatekeywords", "subscription notice")
def keywords(call: Call) -> Answer:
    """Keywords of a title."""
    tid = call.query.get("tid", "")
    title = notices.TITLES.get(int(tid)) if tid.isdecimal() else None
    if title is None:
        raise Refused(200014)
    rows = [
        {"kid": kid, "name": f"{rule}{kid}", "example": "示例", "rule": rule}
        for kid, rule in enumerate(title["keywords"], start=1)
    ]
    return {"count": len(rows), "data": rows}


@calls.post("/wxaapi/newtmpl/addtemplate", "subscription notice")
def add_subscription(call: Call) -> Answer:
    """Take a subscription template from the library."""
    return {"priTmplId": notices.add_subscription(call.account, call.body, call.settings).template_id}


@calls.get("/wxaapi/newtmpl/gettemplate", "subscription notice")
def subscriptions(call: Call) -> Answer:
    """The account's subscription templates."""
    rows = [
        {
            "priTmplId": each.template_id,
            "title": each.title,
            "content": each.content,
            "example": "",
            "type": each.type,
        }
        for each in call.account.notices.subscriptions.values()
    ]
    return {"data": rows}


@calls.post("/wxaapi/newtmpl/deltemplate", "subscription notice")
def delete_subscription(call: Call) -> Answer:
    """Give a subscription template back."""
    if call.account.notices.subscriptions.pop(str(call.body.get("priTmplId")), None) is None:
        raise Refused(40037)
    return None


@calls.post("/cgi-bin/message/subscribe/bizsend", "subscription notice")
def send_subscription(call: Call) -> Answer:
    """Send a notice; each accepted sheet is good for one, a long-term template for any number."""
    account, body = call.account, call.body
    fan = call.fan(body.get("touser"))
    template = account.notices.subscriptions.get(str(body.get("template_id")))
    if template is None:
        raise Refused(40037)
    if template.banned:
        raise Refused(200011)
    values = notices.check_data(template, body.get("data"))
    _spend_grant(fan, template)
    msgid = call.platform.state.number("next_job_message")
    content = _content(template, values, {**body, "url": body.get("page")})
    facts = {
        "openid": fan.openid,
        "msgid": str(msgid),
        "template_id": template.template_id,
        "content": content,
    }
    call.platform.later(call.settings.job_seconds, "subscription", account, **facts)
    return None


def _spend_grant(fan: Fan, template: Template) -> None:
    if fan.grants.get(template.template_id, 0) < 1:
        raise Refused(43101)
    if template.type != notices.LONG_TERM:
        fan.grants[template.template_id] -= 1


def _content(template: Template, values: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": template.title,
        "values": values,
        "url": body.get("url") or "",
        "miniprogram": body.get("miniprogram") or None,
    }
