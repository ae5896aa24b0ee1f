"""Templates: made as a draft, opened, paused; whatever they say is changed by a new version."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.coupons import terms
from bot.coupons.models import CouponTemplate, CouponVersion, TemplateState
from bot.coupons.terms import MOST_FEN, Kind, Terms
from bot.errors import YizhanError


class TooFew(YizhanError):
    """The maker's move: more than that were issued. `issued` says how many."""

    def __init__(self, issued: int) -> None:
        super().__init__(f"{issued} were issued")
        self.issued = issued


class ChangedMeanwhile(YizhanError):
    """The maker's move: somebody saved the template since they had looked at it."""


def problems(said: Terms) -> dict[str, str]:
    """Return what is wrong with the terms, by field; the values are codes."""
    found: dict[str, str] = {}
    if said.kind is Kind.AMOUNT and not 0 < said.amount <= MOST_FEN:
        found["amount"] = "amount"
    if said.kind is Kind.AMOUNT and said.least and said.amount > said.least:
        found["least"] = "least_below_amount"
    if said.kind is Kind.PERCENT and not 0 < said.percent < 100:
        found["percent"] = "percent"
    if said.kind is Kind.GIFT and not said.gift:
        found["gift"] = "gift"
    dates = said.dates
    if dates.ends is None and dates.days is None:
        found["ends"] = "no_end"
    if dates.begins and dates.ends and dates.ends < dates.begins:
        found["ends"] = "ends_before"
    if said.scope.shops and not said.scope.shops - said.scope.not_shops:
        found["not_shops"] = "no_shop_left"
    if any(last < first for first, last in said.hours.not_days):
        found["not_days"] = "ends_before"
    return found


def add(
    session: Session,
    name: str,
    said: Terms,
    *,
    total: int | None,
    per_member: int | None,
    by: str,
    now: datetime,
) -> CouponTemplate:
    """Add a template as a draft, with its first version."""
    row = CouponTemplate(
        name=name,
        kind=said.kind.value,
        state=TemplateState.DRAFT.value,
        version=1,
        total=total,
        per_member=per_member,
        issued=0,
        created_by=by,
        created_at=now,
        changed_by=by,
        changed_at=now,
    )
    session.add(row)
    session.flush()
    _put_version(session, row, said, by=by, now=now)
    return row


def change(
    session: Session,
    template_id: int,
    name: str,
    said: Terms,
    *,
    total: int | None,
    per_member: int | None,
    seen: int,
    by: str,
    now: datetime,
) -> CouponTemplate:
    """Let the template say something else from now on; what was issued keeps what it was issued under.

    `seen` is the template's `edits` as the maker saw it.  Raise
    `ChangedMeanwhile` if it is another by now, `TooFew` for a total below what
    was issued.
    """
    row = session.get_one(CouponTemplate, template_id, with_for_update=True, populate_existing=True)
    if row.edits != seen:
        raise ChangedMeanwhile(f"template {template_id} was saved {row.edits} times, not {seen}")
    if total is not None and total < row.issued:
        raise TooFew(row.issued)
    before = in_force(session, row)
    row.name, row.kind, row.total, row.per_member = name, said.kind.value, total, per_member
    row.changed_by, row.changed_at, row.edits = by, now, row.edits + 1
    if before.name != name or terms.read(before.terms) != said:
        row.version += 1
        _put_version(session, row, said, by=by, now=now)
    session.flush()
    return row


def in_force(session: Session, row: CouponTemplate) -> CouponVersion:
    """Return the version new coupons are issued under."""
    wanted = select(CouponVersion).where(
        CouponVersion.template_id == row.id, CouponVersion.number == row.version
    )
    return session.scalars(wanted).one()


def names(session: Session) -> dict[int, str]:
    """Return what templates are called, the newest first."""
    rows = session.execute(
        select(CouponTemplate.id, CouponTemplate.name).order_by(CouponTemplate.id.desc()).limit(500)
    )
    return {row.id: row.name for row in rows}


def count_open(session: Session) -> int:
    """Return how many templates may be issued now."""
    wanted = select(func.count()).select_from(CouponTemplate)
    return session.scalar(wanted.where(CouponTemplate.state == TemplateState.OPEN.value)) or 0


def _put_version(session: Session, row: CouponTemplate, said: Terms, *, by: str, now: datetime) -> None:
    session.add(
        CouponVersion(
            template_id=row.id,
            number=row.version,
            name=row.name,
            terms=terms.write(said),
            made_by=by,
            made_at=now,
        )
    )
    session.flush()
