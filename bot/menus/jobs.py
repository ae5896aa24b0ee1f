"""Making WeChat's menus the ones we want."""

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from bot.audit import Actor, record
from bot.db import utc_now
from bot.errors import BadRequest, NotPermitted, WeChatError
from bot.menus import books, importing, strangers, versions
from bot.menus.books import Book
from bot.menus.models import Menu, MenuState
from bot.replies import menu_texts
from bot.tags import jobs as tag_jobs
from bot.tags import needs

if TYPE_CHECKING:
    from bot.runtime import Runtime

log = logging.getLogger(__name__)
NO_SUCH_MENU = 65301
TITLE = "菜单：{}"  # of the rule for a button's text
BY = Actor("menus.publish")
# The second look finds all as it was put; the third is for the case that somebody was at it meanwhile.
ROUNDS = 3
Rule = tuple[int, list[dict[str, Any]]]


def publish(runtime: "Runtime", account: str) -> None:
    """Give WeChat the version of the account's menus that shall be in force, whichever the promise was for.

    Run twice, or again after a crash in the middle: it compares with what
    WeChat has, and does the rest.  A version that WeChat does not take is marked
    refused with its words; if some of it was there by then, the version before
    is put back, and where there was none the menu is taken away.  Two that run
    at once may undo each other's calls; whichever ends last looks again, and
    goes on until WeChat has what is wanted.  What somebody made in the console
    meanwhile becomes a version before it is replaced.
    """
    while (menu := _next(runtime, account)) is not None:
        work = _Work(runtime, account)
        try:
            _keep_stranger(runtime, account, menu)
            work.put(menu.document)
        except (BadRequest, NotPermitted) as error:
            if menu.state == MenuState.PUBLISHED:
                raise  # it was taken once: someone has to look at what has changed since
            if not _refused(runtime, account, menu, error, touched=work.touched):
                return
            continue
        with runtime.db.transaction() as session:
            now = utc_now()
            versions.succeed(session, session.get_one(Menu, menu.id), now=now)
            versions.note_needs(session, account=account, account_id=menu.account_id, now=now)
            latest = versions.wanted(session, menu.account_id, now=now)
        if latest is None or latest.id == menu.id:
            return


def _next(runtime: "Runtime", account: str) -> Menu | None:
    """Take up the version that is wanted now; None if there is none."""
    with runtime.db.transaction() as session:
        menu = versions.wanted(session, runtime.accounts[account].id, now=utc_now())
        if menu is None or not versions.begin(session, menu):
            return None
        session.refresh(menu)
        session.expunge(menu)
        return menu


def _keep_stranger(runtime: "Runtime", account: str, menu: Menu) -> None:
    theirs = importing.ask(runtime.wechat.of(account))
    with runtime.db.transaction() as session:
        kept = strangers.keep(session, menu, theirs, now=utc_now())
    if kept is not None:
        log.warning("stranger_menu_kept", extra={"account": account, "version": kept.number})


def _refused(runtime: "Runtime", account: str, menu: Menu, error: WeChatError, *, touched: bool) -> bool:
    """Mark the version, and tell whether another one has to be given to WeChat."""
    with runtime.db.transaction() as session:
        versions.refuse(session, session.get_one(Menu, menu.id), error)
        following = versions.wanted(session, menu.account_id, now=utc_now())
        if following is not None:
            if following.state == MenuState.PUBLISHED and touched:
                _answer_texts(session, following)
            return touched or following.state != MenuState.PUBLISHED
    if touched:
        runtime.wechat.of(account).menu_delete()
    return False


def _answer_texts(session: Session, menu: Menu) -> None:
    """Have the keys of a menu that was the console's answer what its buttons said there."""
    texts = books.texts(menu.document)
    for row in menu_texts.answer(session, menu.account_id, texts, title=TITLE.format):
        record(session, BY, "auto_reply.added", row, after=menu_texts.said(row), now=utc_now())


class _Work:
    """One attempt at having WeChat's menus be a book's."""

    def __init__(self, runtime: "Runtime", account: str) -> None:
        self._runtime = runtime
        self._account = account
        self._line = runtime.wechat.of(account)
        self.touched = False

    def put(self, book: Book) -> None:
        self._line.menu_create({"button": books.to_wechat(book["default"])})
        self.touched = True
        wanted = self._rules(book) if book["conditional"] else []
        for _round in range(ROUNDS):
            if self._put_conditional(wanted) == 0:
                return

    def _put_conditional(self, wanted: list[Rule]) -> int:
        """Leave alone the oldest ones that are right; delete the others and add what is missing, last first.

        WeChat asks the one added last first, and counts the domains of all
        that are there, so the old ones go before the new ones come.  Returns how
        many were changed: a second look finds nothing to do, unless another
        process was at it, too.
        """
        theirs = sorted(
            self._line.menu_get().get("conditionalmenu") or [], key=lambda row: int(row.get("menuid", 0))
        )
        alike = 0
        while alike < min(len(theirs), len(wanted)) and _rule_of(theirs[alike]) == wanted[alike]:
            alike += 1
        for row in reversed(theirs[alike:]):
            self._delete(str(row["menuid"]))
        for tag, buttons in wanted[alike:]:
            self._line.menu_add_conditional({"button": buttons, "matchrule": {"tag_id": str(tag)}})
        return len(theirs) + len(wanted) - 2 * alike

    def _rules(self, book: Book) -> list[Rule]:
        """Return (WeChat's tag, buttons) in the order in which they are to be added."""
        tag_jobs.make(self._runtime, self._account)
        account_id = self._runtime.accounts[self._account].id
        with self._runtime.db.reading() as session:
            ids = needs.wechat_ids(session, account_id)
        made = []
        for one in reversed(book["conditional"]):
            if one["tag_id"] not in ids:
                raise BadRequest(None, f"WeChat does not know our tag {one['tag_id']}")
            made.append((ids[one["tag_id"]], books.to_wechat(one["buttons"])))
        return made

    def _delete(self, menuid: str) -> None:
        try:
            self._line.menu_delete_conditional(menuid)
        except BadRequest as error:
            if error.code != NO_SUCH_MENU:
                raise


def _rule_of(row: dict[str, Any]) -> Rule:
    return importing.rule_tag(row), books.to_wechat(books.from_wechat(row.get("button") or []))
