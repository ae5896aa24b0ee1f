"""Articles: written here, brought to WeChat as drafts, published there."""

from typing import Any
from urllib.parse import urlsplit

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.choices import accounts
from admin.cookies import say
from admin.forms import Form
from admin.materials import words
from admin.materials.blueprint import pages
from admin.materials.showing import account_named
from admin.office import changing, find, reading, record, visitor
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.materials import bodies, jobs, publishing, uses
from bot.materials.choices import choices
from bot.materials.models import Article, ArticleAtWeChat, Kind, Lifetime, Material
from bot.materials.uses import User
from bot.users.roles import Permission

NAMES = ("author", "digest", "cover_id", "source_url", "body")
Shown = str | tuple[str, int]


@pages.get("/articles/new")
@allowed(Permission.MATERIALS_CHANGE)
def new_article() -> str:
    """Show an empty article."""
    with reading() as session:
        return _page(session, Form({"version": 0}), None, None)


@pages.post("/articles/new")
@allowed(Permission.MATERIALS_CHANGE)
def add_article() -> AnyResponse | Shown:
    """Keep a new article."""
    form = Form.sent()
    with changing() as session:
        sent = _read(session, form)
        if not form.is_right:
            return _page(session, form, None, None), 422
        now = utc_now()
        row = Material(
            kind=Kind.ARTICLE.value, title=sent.pop("title"), created_at=now, created_by=visitor.name
        )
        session.add(row)
        session.flush()
        text = Article(material_id=row.id, changed_at=now, **sent)
        session.add(text)
        _note_uses(session, row, text)
        record(session, "article.added", row, after=_said(row, text))
    say(_("Saved. Bring it to WeChat as a draft, or publish it, on the right."))
    return redirect(url_for("admin.materials.article", key=row.id), 303)


@pages.get("/articles/<int:key>")
@allowed(Permission.MATERIALS_SEE)
def article(key: int) -> str:
    """Show one article."""
    with reading() as session:
        row, text = _found(session, key)
        return _page(session, _filled(row, text), row, text)


@pages.post("/articles/<int:key>")
@allowed(Permission.MATERIALS_CHANGE)
def change_article(key: int) -> AnyResponse | Shown:
    """Change the article, unless somebody else has changed it since the form was opened."""
    form = Form.sent()
    try:
        with changing() as session:
            row, text = _found(session, key)
            sent = _read(session, form, kept=text)
            if not form.is_right:
                return _page(session, form, row, text), 422
            if str(form.values.get("version")) != str(text.version):
                return _conflict(session, form, row, text, sent)
            before = _said(row, text)
            row.title = sent.pop("title")
            for name, value in sent.items():
                setattr(text, name, value)
            text.changed_at = utc_now()
            _note_uses(session, row, text)
            record(session, "article.changed", row, before=before, after=_said(row, text))
    except StaleDataError:  # theirs was committed between our look and our write
        with reading() as session:
            row, text = _found(session, key)
            return _conflict(session, form, row, text, _read(session, form, kept=text))
    say(_("Saved. What WeChat has is older until you bring it there again."))
    return redirect(url_for("admin.materials.article", key=key), 303)


@pages.post("/articles/<int:key>/push")
@allowed(Permission.MATERIALS_CHANGE)
def push(key: int) -> AnyResponse:
    """Bring the article as it now is to an account: as a draft, or to be published."""
    served = account_named()
    is_publishing = request.form.get("publish") == "yes"
    with changing() as session:
        row, text = _found(session, key)
        if row.archived_at is not None:
            say(_("It is archived; restore it first."), "warning")
        elif text.cover_id is None:
            say(_("WeChat wants a cover. Choose one, save, then bring it there."), "warning")
        else:
            publishing.ask(session, account_id=served.id, material_id=key, publish=is_publishing)
            jobs.want(session, served.name, now=utc_now())
            action = "article.published" if is_publishing else "article.pushed"
            record(session, action, row, after={"account": served.name, "version": text.version})
            say(_("It is on its way to %(account)s. How it stands is shown here.", account=served.name))
    return redirect(url_for("admin.materials.article", key=key), 303)


def _read(session: ScopedSession, form: Form, kept: Article | None = None) -> dict[str, Any]:
    """Return what was sent, by column, with what is wrong beside each field."""
    chosen = [kept.cover_id] if kept is not None and kept.cover_id else []
    images = {one.id for one in choices(session, [Kind.IMAGE], chosen=chosen)}
    cover = form.ids("cover", among=images)
    form.values["cover"] = cover[0] if cover else ""
    body = bodies.clean(str(form.values.get("body", "")))
    form.values["body"] = body
    if not bodies.words(body) and not bodies.pictures(body):
        form.wrong("body", _("Please fill this in."))
    elif len(body) > bodies.LONGEST or len(body.encode()) > bodies.LONGEST_BYTES:
        said = _("At most %(longest)s characters; these are %(n)s.", longest=bodies.LONGEST, n=len(body))
        form.wrong("body", said)
    elif unknown := _unknown(session, body, kept):
        form.wrong("body", _("Picture %(n)s is archived or was never there; take it out.", n=unknown))
    source = form.text("source_url", longest=500, required=False)
    if source and (urlsplit(source).scheme not in {"http", "https"} or not urlsplit(source).hostname):
        form.wrong("source_url", _("An address that begins with https://"))
    return {
        "title": form.text("title", longest=64),
        "author": form.text("author", longest=16, required=False),
        "digest": form.text("digest", longest=120, required=False) or bodies.words(body)[:54],
        "cover_id": cover[0] if cover else None,
        "source_url": source,
        "body": body,
    }


def _unknown(session: ScopedSession, body: str, kept: Article | None) -> int | None:
    named = set(bodies.pictures(body))
    there = select(Material.id).where(
        Material.id.in_(sorted(named)), Material.kind == Kind.IMAGE, Material.archived_at.is_(None)
    )
    gone = named - set(session.scalars(there)) - set(bodies.pictures(kept.body) if kept else ())
    return min(gone) if gone else None


def _note_uses(session: ScopedSession, row: Material, text: Article) -> None:
    user = User("article", row.id, row.title, lifetime=Lifetime.INLINE)
    uses.put(session, user, {*bodies.pictures(text.body), *([text.cover_id] if text.cover_id else [])})


def _found(session: ScopedSession, key: int) -> tuple[Material, Article]:
    return find(session, Material, key), find(session, Article, key)


def _filled(row: Material, text: Article) -> Form:
    values = {name: getattr(text, name) for name in ("author", "digest", "source_url", "body", "version")}
    return Form({"title": row.title, "cover": text.cover_id or "", **values})


def _said(row: Material, text: Article) -> dict[str, Any]:
    return {"title": row.title, **{name: getattr(text, name) for name in NAMES}}


def _conflict(
    session: ScopedSession, form: Form, row: Material, text: Article, sent: dict[str, Any]
) -> Shown:
    """Show both: what stands there now, and what was sent, which the form still holds."""
    theirs = _said(row, text)
    labels = {
        "title": _("Title"),
        "author": _("Author"),
        "digest": _("Summary"),
        "cover_id": _("Cover"),
        "source_url": _("Read more opens"),
        "body": _("Text"),
    }
    differing = [
        (label, *(bodies.words(one[name]) if name == "body" else one[name] or "—" for one in (theirs, sent)))
        for name, label in labels.items()
        if theirs[name] != sent[name]
    ]
    form.values["version"] = text.version
    return _page(session, form, row, text, differing=differing, is_conflict=True), 409


def _page(session: ScopedSession, form: Form, row: Material | None, text: Article | None, **more: Any) -> str:
    chosen = [text.cover_id] if text is not None and text.cover_id else []
    at = select(ArticleAtWeChat).filter_by(material_id=row.id if row else 0)
    return render_template(
        "admin/materials/article.html",
        form=form,
        row=row,
        text=text,
        covers=choices(session, [Kind.IMAGE], chosen=chosen)[:60],
        shown=bodies.for_editing(bodies.clean(str(form.values.get("body", ""))), _address),
        at={one.account_id: one for one in session.scalars(at)},
        everywhere=accounts(),
        uses=uses.of(session, row.id) if row else [],
        longest=bodies.LONGEST,
        words=words,
        **more,
    )


def _address(material_id: int) -> str:
    return url_for("admin.materials.file", key=material_id)
