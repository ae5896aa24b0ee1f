"""What the platform does later, by its own clock: every kind of job in one table."""

from collections.abc import Callable
from typing import Any

from simulator import desk_flow
from simulator.platform import Platform
from simulator.push import messages
from simulator.world import broadcasts, publishing
from simulator.world.accounts import Account

HELPER = "mphelper"  # who MASSSENDJOBFINISH and PUBLISHJOBFINISH come from (protocol §8.5)

JobDone = Callable[[Platform, Account, dict[str, Any]], None]


def end_template_message(platform: Platform, account: Account, facts: dict[str, Any]) -> None:
    """Show a template message and report how it went (protocol §7.1)."""
    fan = account.fans[facts["openid"]]
    status = "success"
    if fan.refuses or fan.blacklisted or not fan.subscribed:
        status = "failed:user block"
    else:
        platform.show(account, fan, "account", "template", facts["content"], via="template")
    fields = messages.event("TEMPLATESENDJOBFINISH", None, MsgID=facts["msgid"], Status=status)
    platform.announce(account, fields, sender=fan.openid, fan=fan)


def end_subscription_notice(platform: Platform, account: Account, facts: dict[str, Any]) -> None:
    """Show a subscription notice and report how it went (protocol §7.2)."""
    fan = account.fans[facts["openid"]]
    code, status = ("43101", "user block") if fan.refuses else ("0", "success")
    if code == "0":
        platform.show(account, fan, "account", "template", facts["content"], via="notice")
    item = {
        "TemplateId": facts["template_id"],
        "MsgID": facts["msgid"],
        "ErrorCode": code,
        "ErrorStatus": status,
    }
    fields = messages.event("subscribe_msg_sent_event", None, SubscribeMsgSentEvent={"List": item})
    platform.announce(account, fields, sender=fan.openid, fan=fan)


def end_broadcast(platform: Platform, account: Account, facts: dict[str, Any]) -> None:
    """Deliver a mass message and report the counters (protocol §8.5)."""
    broadcast = account.broadcasts[facts["msg_id"]]
    if broadcast.status != "SENDING":
        return
    outcome = broadcast.outcome or "send success"
    if platform.settings.mass_confirm == "admin" and not broadcast.confirmed and not broadcast.outcome:
        outcome = "err(40002)"  # the admin let the half hour pass (protocol §8.3)
    if outcome == "send success":
        broadcast.status = "SEND_SUCCESS"
        for fan in broadcasts.deliver(account, broadcast, platform.now(), platform.settings):
            content = desk_flow.with_media_url(platform, account, broadcast.content)
            platform.show(account, fan, "account", broadcast.msgtype, content, via="mass")
        if broadcast.to_all and broadcast.msgtype == "mpnews":
            # A draft dies when it went to everybody (protocol §8.3).
            account.publications.drafts.pop(broadcast.content["media_id"], None)
    else:
        broadcast.status = "SEND_FAIL"
        broadcast.total = len(broadcasts.audience(account, broadcast))
    broadcast.outcome = outcome
    platform.announce(account, _mass_fields(broadcast), sender=HELPER)


def end_publication(platform: Platform, account: Account, facts: dict[str, Any]) -> None:
    """Publish a draft, or refuse to, and report it (protocol §8.7)."""
    request = account.publications.requests[facts["publish_id"]]
    article = publishing.finish(account, request, platform.now())
    info: dict[str, Any] = {"publish_id": int(request.publish_id), "publish_status": request.status}
    if article is not None:
        urls = publishing.article_urls(article.article_id, len(article.articles))
        items = [{"idx": number, "article_url": url} for number, url in enumerate(urls, start=1)]
        info |= {"article_id": article.article_id, "article_detail": {"count": len(items), "item": items}}
    elif request.status in (2, 4):
        info["fail_idx"] = [1]
    platform.announce(account, messages.event("PUBLISHJOBFINISH", None, PublishEventInfo=info), sender=HELPER)


def _mass_fields(broadcast: broadcasts.Broadcast) -> messages.Fields:
    articles = len(broadcast.content.get("articles", []))
    urls = [
        {"ArticleIdx": number, "ArticleUrl": f"http://mp.weixin.qq.com/s/M{broadcast.msg_id}_{number}"}
        for number in range(1, articles + 1)
    ]
    return messages.event(
        "MASSSENDJOBFINISH",
        None,
        MsgID=broadcast.msg_id,
        Status=broadcast.outcome,
        TotalCount=broadcast.total,
        FilterCount=broadcast.filtered,
        SentCount=broadcast.sent,
        ErrorCount=broadcast.failed,
        CopyrightCheckResult={"Count": 0, "ResultList": {}, "CheckState": 0},
        ArticleUrlResult={"Count": len(urls), "ResultList": {"item": urls} if urls else {}},
    )


JOBS: dict[str, JobDone] = {
    "template": end_template_message,
    "subscription": end_subscription_notice,
    "mass": end_broadcast,
    "publish": end_publication,
}
