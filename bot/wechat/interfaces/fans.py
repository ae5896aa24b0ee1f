"""Fans, their tags, and the codes that bring them (protocol, sections 4 and 5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from bot.errors import BadRequest
from bot.wechat.interfaces.caller import Caller, needed
from bot.wechat.wire import MP

CodeAction = Literal["QR_SCENE", "QR_STR_SCENE", "QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"]

INFOS_PER_CALL: Final = 100
OPENIDS_PER_TAGGING: Final = 50
LONGEST_CODE_SECONDS: Final = 30 * 86400


@dataclass(frozen=True, slots=True)
class FollowerPage:
    """A page of followers, in order of following; `next_openid` is empty after the last."""

    total: int
    openids: list[str]
    next_openid: str


class Fans(Caller):
    """Who follows the account."""

    def user_info(self, openid: str) -> dict[str, Any]:
        """Return what WeChat says of a fan; `subscribe` is 0 for one who left, and then little else is
        there.

        Nickname and avatar are blank since 2021: never overwrite with blanks.  Raise `FanUnreachable` for
        an OpenID of another account.  Protocol 4.3.
        """
        return self.call("GET", "/cgi-bin/user/info", {"openid": openid, "lang": "zh_CN"})

    def user_infos(self, openids: Sequence[str]) -> list[dict[str, Any]]:
        """Return `user_info` of up to 100 fans in one call. Raise `BadRequest` for more. Protocol 4.3."""
        _at_most(INFOS_PER_CALL, openids)
        if not openids:
            return []
        rows = [{"openid": openid, "lang": "zh_CN"} for openid in openids]
        answer = self.call("POST", "/cgi-bin/user/info/batchget", json={"user_list": rows})
        return list(answer.get("user_info_list", ()))

    def followers(self, next_openid: str = "") -> FollowerPage:
        """Return up to 10,000 followers after `next_openid`; 500 calls a day. Protocol 4.2."""
        return _page(self.call("GET", "/cgi-bin/user/get", {"next_openid": next_openid}))

    def tag_create(self, name: str) -> int:
        """Create a tag of at most 30 bytes and return its id.

        An account has 100 tags.  Raise `BadRequest` when the name is taken.
        Using the tag at once has been seen to fail with 45159.  Protocol 4.1.
        """
        answer = self.call("POST", "/cgi-bin/tags/create", json={"tag": {"name": name}})
        return int(needed(answer, "tag", "id"))

    def tag_rename(self, tag_id: int, name: str) -> None:
        """Give a tag another name. Raise `BadRequest` when it is taken. Protocol 4.1."""
        self.call("POST", "/cgi-bin/tags/update", json={"tag": {"id": tag_id, "name": name}})

    def tag_delete(self, tag_id: int) -> None:
        """Delete a tag, and so take it off everybody. Raise `BadRequest` over 100,000 fans. Protocol 4.1."""
        self.call("POST", "/cgi-bin/tags/delete", json={"tag": {"id": tag_id}})

    def tag_list(self) -> list[dict[str, Any]]:
        """Return all tags as `{"id", "name", "count"}`; ids 0 to 2 are WeChat's own. Protocol 4.1."""
        return list(self.call("GET", "/cgi-bin/tags/get").get("tags", ()))

    def tag(self, tag_id: int, openids: Sequence[str]) -> None:
        """Put a tag on up to 50 fans; once more is no error.

        Raise `BadRequest` for more than 50, for an unknown tag, and where a fan has 20 tags already.
        Protocol 4.1.
        """
        self._tag("batchtagging", tag_id, openids)

    def untag(self, tag_id: int, openids: Sequence[str]) -> None:
        """Take a tag off up to 50 fans; raise as `tag` does. Protocol 4.1."""
        self._tag("batchuntagging", tag_id, openids)

    def tags_of(self, openid: str) -> list[int]:
        """Return the ids of a fan's tags. Protocol 4.1."""
        answer = self.call("POST", "/cgi-bin/tags/getidlist", json={"openid": openid})
        return list(answer.get("tagid_list", ()))

    def tagged(self, tag_id: int, next_openid: str = "") -> FollowerPage:
        """Return a page of the fans with a tag. Protocol 4.1."""
        body = {"tagid": tag_id, "next_openid": next_openid}
        return _page(self.call("POST", "/cgi-bin/user/tag/get", json=body))

    def blacklist(self, begin_openid: str = "") -> FollowerPage:
        """Return a page of whom the account has blocked, after `begin_openid`. Protocol 4.4."""
        body = {"begin_openid": begin_openid}
        return _page(self.call("POST", "/cgi-bin/tags/members/getblacklist", json=body))

    def create_code(
        self, action: CodeAction, scene: int | str, expire_seconds: int | None = None
    ) -> dict[str, Any]:
        """Create a QR code and return `{"ticket", "url"}`; `url` is what the picture encodes.

        A temporary code lasts `expire_seconds` (at most, and unless said, thirty days); of permanent ones
        there are 100,000.  A scene is 1-64 characters, or a number.  Raise `BadRequest` for a scene of the
        wrong kind. Protocol 5.1.
        """
        textual = "STR" in action
        if textual is not isinstance(scene, str):
            raise BadRequest(None, f"{action} needs a scene of the other kind", call="/cgi-bin/qrcode/create")
        body: dict[str, Any] = {
            "action_name": action,
            "action_info": {"scene": {"scene_str" if textual else "scene_id": scene}},
        }
        if "LIMIT" not in action:
            body["expire_seconds"] = expire_seconds or LONGEST_CODE_SECONDS
        return self.call("POST", "/cgi-bin/qrcode/create", json=body)

    def code_image(self, ticket: str) -> bytes:
        """Return the picture (JPEG) of a code.

        Raise `BadRequest` for a ticket WeChat does not know. Protocol 5.1.
        """
        return self.fetch(f"{MP}/cgi-bin/showqrcode", {"ticket": ticket}, signed=False).content

    def _tag(self, action: str, tag_id: int, openids: Sequence[str]) -> None:
        _at_most(OPENIDS_PER_TAGGING, openids)
        if not openids:
            return
        body = {"openid_list": list(openids), "tagid": tag_id}
        self.call("POST", f"/cgi-bin/tags/members/{action}", json=body)


def _at_most(limit: int, openids: Sequence[str]) -> None:
    if len(openids) > limit:
        raise BadRequest(None, f"{len(openids)} openids in one call; the limit is {limit}")


def _page(answer: dict[str, Any]) -> FollowerPage:
    # Past the end there is no `data`; the last full page still names a next_openid.
    openids = list((answer.get("data") or {}).get("openid", ()))
    following = answer.get("next_openid", "") if openids else ""
    return FollowerPage(int(answer.get("total", 0)), openids, following)
