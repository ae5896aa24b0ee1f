"""Which menu a fan sees: what we expect from their tags, beside what WeChat says when it is asked."""

from typing import Any

from flask import render_template, request
from sqlalchemy import select

from admin.access import allowed
from admin.menus import desk, words
from admin.menus.blueprint import pages
from admin.office import reading, runtime
from bot.errors import WeChatError
from bot.fans.models import Fan
from bot.keys import key_in
from bot.menus import books, drafts, predicting, versions
from bot.menus.books import Book, Button
from bot.tags import needs
from bot.users.roles import Permission


@pages.get("/preview")
@allowed(Permission.MENUS_SEE)
def preview() -> str:
    """Show the menu for a tag, or for one fan, and the reason."""
    one = desk.served()
    openid, tag = request.args.get("fan", "").strip()[:64], request.args.get("tag", "")
    facts: dict[str, Any] = {"is_missing": False, "theirs": None, "error": None, "is_same": None}
    with reading() as session:
        names = desk.names_of_tags(session)
        in_force = versions.in_force(session, one.id)
        book: Book = in_force.document if in_force else drafts.load(session, one.id).book
        at_wechat = needs.wechat_ids(session, one.id)
        tags = [key] if (key := key_in(tag)) in names else []
        if openid:
            fan = session.scalars(select(Fan).filter_by(account_id=one.id, openid=openid)).first()
            facts["is_missing"] = fan is None
            tags = predicting.tags_of(session, fan.id) if fan is not None else []
    expected = predicting.predict(book, tags)
    if openid and not facts["is_missing"]:
        facts |= _asked(one.name, openid, expected.buttons)
    unknown = [
        names.get(one_tag, "") for one_tag in tags if one_tag not in at_wechat and _has_menu(book, one_tag)
    ]
    return render_template(
        "admin/menus/preview.html",
        served=one,
        names=names,
        asked_tag=tag,
        openid=openid,
        fan_tags=[names.get(one_tag, f"#{one_tag}") for one_tag in tags],
        expected=expected,
        unknown=unknown,
        in_force=in_force,
        choices=[(key, names.get(key, f"#{key}")) for key in books.tag_ids(book)],
        words=words,
        **facts,
    )


def _asked(account: str, openid: str, expected: list[Button]) -> dict[str, Any]:
    """Ask WeChat which menu the fan sees."""
    try:
        theirs = books.from_wechat(runtime.wechat.of(account).menu_try_match(openid).get("button") or [])
    except WeChatError as error:
        return {"error": error, "theirs": None}
    return {"theirs": theirs, "is_same": books.to_wechat(theirs) == books.to_wechat(expected)}


def _has_menu(book: Book, tag_id: int) -> bool:
    return tag_id in books.tag_ids(book)
