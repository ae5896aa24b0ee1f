"""Putting the catalogue together: pictures of items, and stock that is counted while others take from it."""

import io
from datetime import datetime

from PIL import Image
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.files import pictures, store
from bot.mall.models import MallItem, MallOrder, MallPicture
from bot.mall.refusals import MallRefused

MOST_PICTURES = 6
SMALL = 480  # pixels a side, for lists
QUALITY = 82


class TooManyPictures(MallRefused):
    """An item has at most `MOST_PICTURES`."""


class StockMoved(MallRefused):
    """More was to be taken from the stock than is left of it."""


def add_picture(session: Session, item: MallItem, sent: bytes, *, now: datetime) -> MallPicture:
    """Keep a picture, drawn anew, large and small. Raise `NotAPicture` for what is none."""
    large = pictures.renewed(sent)
    counted = select(func.count(MallPicture.id)).where(MallPicture.item_id == item.id)
    if (session.scalar(counted) or 0) >= MOST_PICTURES:
        raise TooManyPictures(f"item {item.id} has enough pictures")
    kept = [
        store.put(session, content, name=f"mall-{item.id}.jpg", media_type=pictures.MEDIA_TYPE, now=now).id
        for content in (large, _small(large))
    ]
    row = MallPicture(item_id=item.id, large_id=kept[0], small_id=kept[1])
    session.add(row)
    session.flush()
    return row


def remove_picture(session: Session, row: MallPicture) -> None:
    """Take a picture away, files and all."""
    for file_id in (row.large_id, row.small_id):
        store.remove(session, file_id)
    session.delete(row)
    session.flush()


def put_stock(session: Session, item: MallItem, *, seen: int | None, wanted: int | None) -> None:
    """Set the stock, `seen` being what whoever wants it saw: what was taken meanwhile stays taken.

    Raise `StockMoved` where less is left than is to go.
    """
    if wanted == seen:
        return
    change = update(MallItem).where(MallItem.id == item.id)
    if seen is None or wanted is None:
        change = change.values(stock=wanted)
    else:
        more = wanted - seen
        change = change.where(MallItem.stock + more >= 0).values(stock=MallItem.stock + more)
    done = session.execute(change, execution_options={"synchronize_session": False})
    if not done.rowcount:  # type: ignore[attr-defined]
        raise StockMoved("less is left than is to go")
    session.refresh(item, ["stock"])


def held_of(session: Session, item_id: int) -> int:
    """Return how many orders of the item wait to be handed over or sent."""
    wanted = select(func.count(MallOrder.id)).where(MallOrder.item_id == item_id, MallOrder.state == "held")
    return session.scalar(wanted) or 0


def _small(large: bytes) -> bytes:
    picture = Image.open(io.BytesIO(large))
    picture.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
    return pictures.jpeg(picture, QUALITY)
