"""What menus hold as codes, in words."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bot.menus import checks
from bot.menus import outline as outlining
from bot.menus.books import Book, Button
from bot.menus.checks import Problem, Wrong
from bot.menus.diff import Change, Did

KINDS = {
    "click": _l("Answer with an auto-reply"),
    "view": _l("Open a page"),
    "miniprogram": _l("Open a mini-program"),
    "scancode_push": _l("Scan a code and open it"),
    "scancode_waitmsg": _l("Scan a code and answer"),
    "pic_sysphoto": _l("Take a photo"),
    "pic_photo_or_album": _l("Take or choose a photo"),
    "pic_weixin": _l("Choose from the album"),
    "location_select": _l("Send a location"),
    "media_id": _l("Send a material"),
    "article_id": _l("Send an article"),
    "article_view_limited": _l("Open an article"),
    "view_limited": _l("Open a material (old kind)"),
}
CONSOLE_KINDS = {
    "text": _l("A text from the console"),
    "img": _l("A picture from the console"),
    "photo": _l("A picture from the console"),
    "video": _l("A video from the console"),
    "voice": _l("A voice message from the console"),
    "news": _l("Articles from the console"),
}
FIELDS = {
    "name": _l("Button name"),
    "type": _l("What a tap does"),
    "key": _l("Key"),
    "url": _l("Address of the page"),
    "appid": _l("AppID of the mini-program"),
    "pagepath": _l("Page of the mini-program"),
    "media_id": _l("Media id"),
    "article_id": _l("Article id"),
    "tag": _l("Tag"),
    "value": _l("Content"),
}
STATES = {
    "scheduled": _l("scheduled"),
    "wanted": _l("on its way"),
    "published": _l("in force"),
    "replaced": _l("replaced"),
    "refused": _l("refused by WeChat"),
    "cancelled": _l("cancelled"),
}
PILLS = {"scheduled": "info", "wanted": "info", "published": "good", "refused": "bad"}
PAGES = {
    "me": _l("Member card"),
    "bind": _l("Bind a phone number"),
    "orders": _l("My orders"),
    "mall": _l("Points mall"),
    "staff": _l("Staff centre"),
    "staff/poster": _l("My poster"),
}
PROBLEMS = {
    Wrong.NO_BUTTONS: _l("A menu needs at least one button."),
    Wrong.TOO_MANY_BUTTONS: _l("At most %(most)s buttons; these are %(n)s."),
    Wrong.TOO_MANY_SUBS: _l("At most %(most)s buttons in a group; these are %(n)s."),
    Wrong.TOO_DEEP: _l("A group cannot stand in a group."),
    Wrong.MISSING: _l("Please fill this in."),
    Wrong.TOO_LONG: _l("At most %(most)s bytes; these are %(n)s. A Chinese character is three."),
    Wrong.KIND: _l("Choose what a tap does."),
    Wrong.CONSOLE_KIND: _l(
        "This came from WeChat's console and cannot be published from here. Choose something else."
    ),
    Wrong.URL: _l("An address such as https://www.example.com/page, without blanks."),
    Wrong.APP_ID: _l("An AppID begins with wx; the mini-program must be linked to the account."),
    Wrong.THING_ID: _l("Only letters, digits, - and _."),
    Wrong.NO_TAG: _l("Choose a tag: this menu is shown to nobody."),
    Wrong.TAG_TWICE: _l("Another menu before this one is for the same tag."),
    Wrong.TOO_MANY_MENUS: _l("At most %(most)s menus by tag; these are %(n)s."),
    Wrong.TOO_MANY_DOMAINS: _l(
        "All menus by tag together may open pages of %(most)s domains; these are %(n)s."
    ),
    Wrong.CUT_OFF: _l("Phones show about %(most)s Chinese characters and cut the rest off."),
}


def problem(found: Problem) -> str:
    """Say what is wrong."""
    return str(PROBLEMS[found.wrong]) % {"n": found.n, "most": found.most}


def kind(button: Button) -> str:
    """Say what a tap on the button does."""
    if button.get("sub_button"):
        return str(_("Opens a group"))
    code = str(button.get("type", ""))
    return str(KINDS.get(code) or CONSOLE_KINDS.get(code) or code)


def shown(name: str, *, is_sub: bool = False) -> str:
    """Return the name as phones show it, cut off where they cut."""
    most, at, made = 2 * (checks.SUB_SHOWN if is_sub else checks.SHOWN), 0, ""
    if checks.width(name) <= most:
        return name
    for letter in name:
        at += checks.width(letter)
        if at > most:
            break
        made += letter
    return made + "…"


def of_tag(tag_id: int | None, tags: Mapping[int, str]) -> str:
    """Return what a menu is called: by its tag, or the one for everybody."""
    if tag_id is None:
        return str(_("Everybody"))
    return tags.get(tag_id, f"#{tag_id}")


def change(one: Change, tags: Mapping[int, str]) -> str:
    """Say one difference in a sentence."""
    if one.did is Did.ORDER:
        return str(_("The menus by tag are asked in another order."))
    where = "" if one.menu is None else f"「{of_tag(one.menu, tags)}」"
    name, what = where + one.name, str(FIELDS.get(one.field, one.field))
    before, after = one.before, one.after
    if one.field == "type":
        before, after = _kind(before), _kind(after)
    sentences = {
        Did.ADDED: _("Added: %(name)s", name=name),
        Did.REMOVED: _("Removed: %(name)s", name=name),
        Did.MOVED: _("Moved: %(name)s", name=name),
        Did.MENU_ADDED: _("A menu for fans with the tag %(name)s was added.", name=where),
        Did.MENU_REMOVED: _("The menu for fans with the tag %(name)s was removed.", name=where),
    }
    if one.did in sentences:
        said = str(sentences[one.did])
        return f"{said} ({before})" if one.did is Did.MOVED and before else said
    if not before:
        return str(_("%(name)s: %(what)s is now %(after)s", name=name, what=what, after=after))
    if not after:
        return str(_("%(name)s: %(what)s was %(before)s", name=name, what=what, before=before))
    return str(
        _("%(name)s: %(what)s from %(before)s to %(after)s", name=name, what=what, before=before, after=after)
    )


def outline(book: Book, tags: Mapping[int, str]) -> dict[str, str]:
    """Return each menu as lines, for the audit."""
    return outlining.outline(book, lambda tag_id: of_tag(tag_id, tags))


def _kind(code: str) -> str:
    return str(_("a group")) if code == "group" else str(KINDS.get(code) or CONSOLE_KINDS.get(code) or code)


REMEDIES = {
    40007: _l("The material is not one of this account. Choose another one, and publish again."),
    40018: _l("A name on the bar is too long. Shorten it, and publish again."),
    40025: _l("A name in a group is too long. Shorten it, and publish again."),
    40054: _l("An address is not one WeChat opens. Mend it, and publish again."),
    40055: _l("An address in a group is not one WeChat opens. Mend it, and publish again."),
    45064: _l("Link the mini-program to the account in WeChat's console, then publish this version again."),
    48001: _l("The account may not have menus by interface: have it verified in WeChat's console."),
    53600: _l("The article is not published any more. Choose another one, and publish again."),
    65316: _l("The menus by tag open pages of too many domains. Use three at most, and publish again."),
}


def remedy(code: int) -> str:
    """Say what helps against WeChat's answer."""
    otherwise = _l("Mend the menu where WeChat points to, and publish again; what was in force before stays.")
    return str(REMEDIES.get(code, otherwise))
