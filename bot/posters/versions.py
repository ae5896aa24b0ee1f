"""Versions of a design: checked by the engine, then kept as they are, and published by their number."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import posters
from bot.audit import Actor
from bot.posters import assets
from bot.posters.designs import Design, NoSuchDesign
from bot.posters.models import DesignState, PosterDesign, PosterDesignVersion

KEPT = 64  # templates and their pictures a process remembers


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn with: a template that was read, the pictures it names, and what tells it from others."""

    template: posters.Template
    pictures: Mapping[str, bytes]
    mark: str


_lock = threading.Lock()
_remembered: "OrderedDict[tuple[int, int], Drawn]" = OrderedDict()


def add(
    session: Session,
    row: PosterDesign,
    document: Mapping[str, Any],
    *,
    assets: Mapping[str, int],
    note: str,
    maker: Actor,
    now: datetime,
) -> PosterDesignVersion:
    """Add a version; raise `posters.TemplateError` with all that is wrong with the document.

    `assets` are files by the names the document uses, without `asset:`.  Two at once get two numbers: the
    design's row is locked.
    """
    posters.read(document)
    session.refresh(row, with_for_update=True)
    last = select(func.max(PosterDesignVersion.number)).filter_by(design_id=row.id)
    found = PosterDesignVersion(
        design_id=row.id,
        number=(session.scalar(last) or 0) + 1,
        document=dict(document),
        assets=dict(assets),
        note=note[:200],
        author_id=maker.id,
        author=maker.name[:64],
        created_at=now,
    )
    session.add(found)
    session.flush()
    return found


def publish(session: Session, row: PosterDesign, number: int | None) -> None:
    """Have that version drawn from now on; None draws a built-in as it comes. A draft becomes active.

    Raise `NoSuchDesign` for a number the design has not, and for None where there is no built-in.
    """
    if number is None and row.key not in posters.builtin():
        raise NoSuchDesign(f"{row.key} is no built-in design and is drawn from a version of its own")
    if number is not None and of(session, row.id, number) is None:
        raise NoSuchDesign(f"{row.key} has no version {number}")
    row.published = number
    if row.state == DesignState.DRAFT:
        row.state = DesignState.ACTIVE.value
    session.flush()


def all_of(session: Session, design_id: int) -> Sequence[PosterDesignVersion]:
    """Return the design's versions, the newest first."""
    wanted = select(PosterDesignVersion).filter_by(design_id=design_id)
    return session.scalars(wanted.order_by(PosterDesignVersion.number.desc())).all()


def newest(session: Session, design_id: int) -> PosterDesignVersion | None:
    """Return the design's latest version, published or not; None where it has none."""
    wanted = select(PosterDesignVersion).filter_by(design_id=design_id)
    return session.scalar(wanted.order_by(PosterDesignVersion.number.desc()).limit(1))


def of(session: Session, design_id: int, number: int) -> PosterDesignVersion | None:
    """Return one version; None for a number the design has not."""
    return session.scalar(select(PosterDesignVersion).filter_by(design_id=design_id, number=number))


def drawn(session: Session, design: Design) -> Drawn:
    """Return what the design is drawn with. Versions never change, so a process reads each once.

    Raise `NoSuchDesign` for a design nothing was published of.
    """
    if design.number is None:
        template = posters.builtin().get(design.key)
        if template is None:
            raise NoSuchDesign(f"nothing of {design.key} is published")
        return Drawn(template, {}, f"{design.key}:{_fingerprint(template)}")
    assert design.row_id is not None
    key = (design.row_id, design.number)
    with _lock:
        known = _remembered.get(key)
    if known is None:
        version = of(session, *key)
        if version is None:
            raise NoSuchDesign(f"{design.key} has no version {design.number}")
        known = read(session, version)
        with _lock:
            _remembered[key] = known
            while len(_remembered) > KEPT:
                _remembered.popitem(last=False)
    return known


def read(session: Session, version: PosterDesignVersion) -> Drawn:
    """Return what that version is drawn with, published or not: for the office's preview."""
    template = posters.read(version.document)
    mark = f"{version.design_id}:{version.number}:{_fingerprint(template)}"
    return Drawn(template, assets.contents(session, version.assets), mark)


def hide(session: Session, row: PosterDesign) -> None:
    """Offer the design no longer. Posters made of it still lead where they led."""
    row.state = DesignState.ARCHIVED.value
    session.flush()


def show_again(session: Session, row: PosterDesign) -> None:
    """Offer the design again; one of which nothing is published is a draft."""
    can_be_drawn = row.published is not None or row.key in posters.builtin()
    row.state = (DesignState.ACTIVE if can_be_drawn else DesignState.DRAFT).value
    session.flush()


def _fingerprint(template: posters.Template) -> str:
    # Templates are frozen data: whoever changes a built-in design changes this.
    return hashlib.sha256(repr(template).encode()).hexdigest()[:16]
