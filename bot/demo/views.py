"""Lists as the demo's users like to look at them."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.users.models import User
from bot.users.views import SavedView

VIEWS = (
    ("admin.fans.listing", "近两天活跃", "active=2"),
    ("admin.messages.listing", "没人回答的", "answered=nobody"),
    ("admin.shops.listing", "停业的门店", "state=closed"),
)


def put(session: Session, user: User, *, now: datetime) -> None:
    """Give `user` the views."""
    for page, name, query in VIEWS:
        session.add(SavedView(user_id=user.id, page=page, name=name, query=query, created_at=now))
