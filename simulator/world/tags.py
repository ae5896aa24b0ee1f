"""Tags on fans and the blacklist, with WeChat's limits (protocol §4.1, §4.4)."""

from typing import Any

from simulator.return_codes import Refused
from simulator.settings import Settings
from simulator.world.accounts import Account
from simulator.world.fans import Fan

RESERVED = {0: "未分组", 1: "黑名单", 2: "星标组"}


def create(account: Account, name: Any, settings: Settings) -> dict[str, Any]:
    """Add a tag; raise 45056 when there are too many."""
    _check_name(account, name, settings)
    if len(account.tags) >= settings.tags_per_account:
        raise Refused(45056)
    account.next_tag += 1
    number = account.next_tag
    account.tags[number] = name
    return {"tag": {"id": number, "name": name}}


def rename(account: Account, number: Any, name: Any, settings: Settings) -> None:
    """Give a tag another name."""
    _own(account, number)
    _check_name(account, name, settings, besides=number)
    account.tags[number] = name


def delete(account: Account, number: Any, settings: Settings) -> None:
    """Remove a tag from the account and from its fans."""
    _own(account, number)
    bearers = [fan for fan in account.fans.values() if number in fan.tags]
    if len(bearers) > settings.tag_delete_fans:
        raise Refused(45057)
    del account.tags[number]
    for fan in bearers:
        fan.tags.remove(number)


def listing(account: Account) -> list[dict[str, Any]]:
    """All tags with the number of their fans; the star group is WeChat's own."""
    counts: dict[int, int] = {}
    for fan in account.fans.values():
        for number in fan.tags:
            counts[number] = counts.get(number, 0) + 1
    names = {2: RESERVED[2], **account.tags}
    return [{"id": number, "name": name, "count": counts.get(number, 0)} for number, name in names.items()]


def bearers(account: Account, number: Any) -> list[str]:
    """Followers who carry the tag, by the time they followed."""
    _known(account, number)
    fans = sorted(account.fans.values(), key=lambda fan: fan.subscribe_time)
    return [fan.openid for fan in fans if fan.subscribed and number in fan.tags]


def put_on(account: Account, number: Any, openids: Any, settings: Settings) -> None:
    """Tag fans, all or none; raise 45059 if one would carry too many."""
    _known(account, number)
    fans = _fans(account, openids, settings.tag_batch, settings)
    if any(number not in fan.tags and len(fan.tags) >= settings.tags_per_fan for fan in fans):
        raise Refused(45059)
    for fan in fans:
        # The tag put on last decides which conditional menu a fan sees (protocol §3.2).
        if number in fan.tags:
            fan.tags.remove(number)
        fan.tags.append(number)


def take_off(account: Account, number: Any, openids: Any, settings: Settings) -> None:
    """Untag fans; those who do not carry it stay as they are."""
    _known(account, number)
    for fan in _fans(account, openids, settings.tag_batch, settings):
        if number in fan.tags:
            fan.tags.remove(number)


def blacklist(account: Account, openids: Any, settings: Settings, *, listed: bool) -> None:
    """Put fans on the blacklist or take them off it."""
    for fan in _fans(account, openids, settings.blacklist_batch, settings):
        fan.blacklisted = listed


def _fans(account: Account, openids: Any, most: int, settings: Settings) -> list[Fan]:
    if not isinstance(openids, list) or not openids:
        raise Refused(40031)
    if len(openids) > most:
        raise Refused(40032)
    fans = [account.fans.get(each) for each in openids]
    found = [fan for fan in fans if fan is not None and fan.subscribed]
    if len(found) != len(openids):
        raise Refused(settings.unknown_openid_code)
    return found


def _check_name(account: Account, name: Any, settings: Settings, besides: int = 0) -> None:
    if not isinstance(name, str) or not name.strip():
        raise Refused(45157)
    if len(name.encode()) > settings.tag_name_bytes:
        raise Refused(45158)
    taken = {each for number, each in account.tags.items() if number != besides}
    if name in taken or name in RESERVED.values():
        raise Refused(45157)


def _known(account: Account, number: Any) -> None:
    if number != 2 and (not isinstance(number, int) or number not in account.tags):
        raise Refused(45159)


def _own(account: Account, number: Any) -> None:
    if number in RESERVED:
        raise Refused(45058)
    if not isinstance(number, int) or number not in account.tags:
        raise Refused(45159)
