"""All materials as a grid, and how full the accounts are."""

from flask import render_template, request
from sqlalchemy import select

from admin.access import allowed
from admin.choices import accounts
from admin.materials import words
from admin.materials.blueprint import pages
from admin.office import reading
from admin.paging import page
from bot.materials import uses
from bot.materials.models import Kind, Material, MaterialAtWeChat, MaterialCount, PlaceState
from bot.users.roles import Permission

SIZE = 36
# What WeChat keeps for good at one account (protocol §8.1).
MOST = {"images": 100_000, "voices": 1_000, "videos": 1_000}


@pages.get("/")
@allowed(Permission.MATERIALS_SEE)
def listing() -> str:
    """List the materials, newest first."""
    asked = request.args
    wanted = select(Material)
    if asked.get("kind") in set(Kind):
        wanted = wanted.where(Material.kind == asked["kind"])
    if text := asked.get("q", "").strip()[:64]:
        wanted = wanted.where(Material.title.contains(text, autoescape=True))
    if asked.get("state") == "archived":
        wanted = wanted.where(Material.archived_at.is_not(None))
    else:
        wanted = wanted.where(Material.archived_at.is_(None))
    if asked.get("state") == "refused":
        trouble = select(MaterialAtWeChat.material_id).where(MaterialAtWeChat.state == PlaceState.REFUSED)
        wanted = wanted.where(Material.id.in_(trouble))
    with reading() as session:
        found = page(session, wanted, by=Material.id, size=SIZE)
        names = {one.id: one.name for one in accounts()}
        counts = session.scalars(select(MaterialCount).order_by(MaterialCount.account_id)).all()
        return render_template(
            "admin/materials/list.html",
            page=found,
            uses=uses.counts(session, [row.id for row in found.rows]),
            counts=[(names[row.account_id], row) for row in counts if row.account_id in names],
            most=MOST,
            words=words,
        )
