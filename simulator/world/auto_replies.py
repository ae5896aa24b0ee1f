"""The replies an owner has set in the account's console, which its API only reads.

They are kept as `get_current_autoreply_info` gives them; the platform does not
answer by them here, because a console's replies are off once a server is on.
"""

from typing import Any

MODES = ("reply_all", "random_one")
MATCHES = ("contain", "equal")
KINDS = ("text", "img", "voice", "video", "news")
FLAGS = ("is_add_friend_reply_open", "is_autoreply_open")
SINGLE = ("add_friend_autoreply_info", "message_default_autoreply_info")


def answer(kept: dict[str, Any]) -> dict[str, Any]:
    """What the API says; without any replies the two switches are off and nothing else is there."""
    return dict.fromkeys(FLAGS, 0) | kept


def checked(wanted: dict[str, Any]) -> dict[str, Any]:
    """The replies as they are kept; raise ValueError with the remedy for what no console holds."""
    known = {*FLAGS, *SINGLE, "keyword_autoreply_info"}
    if strange := set(wanted) - known:
        raise ValueError(f"{', '.join(sorted(strange))}: unknown; there are {', '.join(sorted(known))}")
    for name in FLAGS:
        if wanted.get(name, 0) not in (0, 1):
            raise ValueError(f"{name} is 0 or 1")
    for name in SINGLE:
        if name in wanted:
            _check_reply(wanted[name])
    for rule in _listed(wanted.get("keyword_autoreply_info", {}), "list"):
        _check_rule(rule)
    return wanted


def _listed(holder: Any, name: str) -> list[dict[str, Any]]:
    found = holder.get(name, []) if isinstance(holder, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError(f"{name} is a list of objects")
    return found


def _check_rule(rule: dict[str, Any]) -> None:
    if rule.get("reply_mode") not in MODES:
        raise ValueError(f"reply_mode is {' or '.join(MODES)}")
    for word in _listed(rule, "keyword_list_info"):
        if word.get("match_mode") not in MATCHES or not word.get("content"):
            raise ValueError(f"a keyword has content and a match_mode: {' or '.join(MATCHES)}")
    for reply in _listed(rule, "reply_list_info"):
        _check_reply(reply)


def _check_reply(reply: Any) -> None:
    if not isinstance(reply, dict) or reply.get("type") not in KINDS:
        raise ValueError(f"a reply has a type: {', '.join(KINDS)}")
    if reply["type"] == "news":
        _listed(reply.get("news_info"), "list")
    elif not isinstance(reply.get("content"), str):
        raise ValueError(f"a reply of type {reply['type']} has content")
