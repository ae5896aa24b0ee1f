"""Fans, their profiles, tags, the blacklist (protocol §4, §11.2)."""

from typing import Any

from simulator.api.gate import Answer, Call, Calls, json_body
from simulator.return_codes import Refused
from simulator.world import fans, tags
from simulator.world.people import openid_of

calls = Calls()
LANGUAGES = ("zh_CN", "zh_TW", "en")
CHANGE_BATCH = 100


@calls.get("/cgi-bin/user/get", "fans", bare=True)
def followers(call: Call) -> Answer:
    """A page of followers (protocol §4.2)."""
    openids = fans.following(call.account.fans.values())
    page = fans.page(openids, call.query.get("next_openid", ""), call.settings.fan_page)
    return {"total": len(openids), **page}


@calls.get("/cgi-bin/user/info", "fans", bare=True)
def info(call: Call) -> Answer:
    """One profile (protocol §4.3)."""
    openid = call.query.get("openid")
    if not openid:
        raise Refused(41009)
    return _profile(call, openid, call.query.get("lang", "zh_CN"), batch=False)


@calls.post("/cgi-bin/user/info/batchget", "fans", bare=True)
def infos(call: Call) -> Answer:
    """Up to a hundred profiles."""
    wanted = call.body.get("user_list")
    if not isinstance(wanted, list) or not wanted:
        raise Refused(40031)
    if len(wanted) > call.settings.info_batch:
        raise Refused(40032)
    rows = [_profile(call, each.get("openid"), each.get("lang", "zh_CN"), batch=True) for each in wanted]
    return {"user_info_list": rows}


def _profile(call: Call, openid: Any, lang: str, *, batch: bool) -> dict[str, Any]:
    fan = call.fan(openid)
    unionid = call.account.unionid(fan.traveller) if fan.subscribed or batch else ""
    return fans.profile(fan, lang if lang in LANGUAGES else "zh_CN", unionid)


@calls.post("/cgi-bin/user/info/updateremark", "fans")
def update_remark(call: Call) -> Answer:
    """Note a remark on a fan."""
    if call.settings.remark_service_only and call.account.kind != "service":
        raise Refused(48001)
    remark = str(call.body.get("remark", ""))
    if len(remark) >= call.settings.remark_chars:
        raise Refused(40035)
    call.follower(call.body.get("openid")).remark = remark
    return None


@calls.post("/cgi-bin/tags/create", "fans", bare=True)
def create_tag(call: Call) -> Answer:
    """Add a tag."""
    return tags.create(call.account, _tag(call).get("name"), call.settings)


@calls.get("/cgi-bin/tags/get", "fans", bare=True)
def list_tags(call: Call) -> Answer:
    """All tags."""
    return {"tags": tags.listing(call.account)}


@calls.post("/cgi-bin/tags/update", "fans")
def rename_tag(call: Call) -> Answer:
    """Rename a tag."""
    tag = _tag(call)
    tags.rename(call.account, tag.get("id"), tag.get("name"), call.settings)
    return None


@calls.post("/cgi-bin/tags/delete", "fans")
def delete_tag(call: Call) -> Answer:
    """Delete a tag."""
    tags.delete(call.account, _tag(call).get("id"), call.settings)
    return None


@calls.either("/cgi-bin/user/tag/get", "fans", bare=True)
def tag_bearers(call: Call) -> Answer:
    """A page of the fans who carry a tag; older text calls it by GET (protocol §4.1)."""
    given = {**call.query, **(json_body(call.request) if call.request.body else {})}
    number = str(given.get("tagid"))
    openids = tags.bearers(call.account, int(number) if number.isdecimal() else None)
    return fans.page(openids, str(given.get("next_openid") or ""), call.settings.fan_page)


@calls.post("/cgi-bin/tags/members/batchtagging", "fans")
def tag_fans(call: Call) -> Answer:
    """Tag up to fifty fans."""
    tags.put_on(call.account, call.body.get("tagid"), call.body.get("openid_list"), call.settings)
    return None


@calls.post("/cgi-bin/tags/members/batchuntagging", "fans")
def untag_fans(call: Call) -> Answer:
    """Untag up to fifty fans."""
    tags.take_off(call.account, call.body.get("tagid"), call.body.get("openid_list"), call.settings)
    return None


@calls.post("/cgi-bin/tags/getidlist", "fans", bare=True)
def tags_of_fan(call: Call) -> Answer:
    """The tags of one fan, in the order they were put on."""
    return {"tagid_list": list(call.fan(call.body.get("openid")).tags)}


@calls.post("/cgi-bin/tags/members/getblacklist", "fans", bare=True)
def blacklist(call: Call) -> Answer:
    """A page of the blacklist (protocol §4.4)."""
    listed = [each.openid for each in call.account.fans.values() if each.blacklisted]
    page = fans.page(listed, str(call.body.get("begin_openid") or ""), call.settings.blacklist_page)
    return {"total": len(listed), **page}


@calls.post("/cgi-bin/tags/members/batchblacklist", "fans")
def blacklist_fans(call: Call) -> Answer:
    """Put up to twenty fans on the blacklist."""
    tags.blacklist(call.account, call.body.get("openid_list"), call.settings, listed=True)
    return None


@calls.post("/cgi-bin/tags/members/batchunblacklist", "fans")
def unblacklist_fans(call: Call) -> Answer:
    """Take up to twenty fans off the blacklist."""
    tags.blacklist(call.account, call.body.get("openid_list"), call.settings, listed=False)
    return None


@calls.post("/cgi-bin/changeopenid", "fans")
def change_openids(call: Call) -> Answer:
    """New OpenIDs of fans who came over from another account (protocol §11.2)."""
    source, openids = str(call.body.get("from_appid", "")), call.body.get("openid_list")
    old = call.platform.account(source)
    named_right = source.startswith("gh_") == call.settings.changeopenid_by_original_id
    if old is None or not named_right or call.account.migrated_from != old.app_id:
        raise Refused(call.settings.changeopenid_code_before)
    if not isinstance(openids, list) or not 1 <= len(openids) <= CHANGE_BATCH:
        raise Refused(40032)
    rows = []
    for each in openids:
        fan = old.fans.get(str(each))
        if fan is None:
            rows.append({"ori_openid": each, "err_msg": "ori_openid error"})
        else:
            new = openid_of(call.account.app_id, fan.traveller)
            rows.append({"ori_openid": each, "new_openid": new, "err_msg": "ok"})
    return {"result_list": rows}


def _tag(call: Call) -> dict[str, Any]:
    tag = call.body.get("tag")
    if not isinstance(tag, dict):
        raise Refused(47001)
    return tag
