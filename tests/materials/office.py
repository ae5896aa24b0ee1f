"""What tests of materials do again and again."""

from dataclasses import dataclass
from typing import Any

import requests
from sqlalchemy import select

from bot.db import utc_now
from bot.materials import adding, jobs
from bot.materials.models import Article, ArticleAtWeChat, Kind, Material, MaterialAtWeChat
from bot.runtime import Runtime
from tests.materials import files


@dataclass
class Studio:
    """A runtime before a platform."""

    runtime: Runtime
    url: str

    @property
    def db(self):
        return self.runtime.db

    def account_id(self, name="head") -> int:
        return self.runtime.accounts[name].id

    def add(self, kind=Kind.IMAGE, sent=None, title="云海") -> int:
        """Keep a material and return its id."""
        checked = adding.check(kind, sent or files.picture())
        with self.db.transaction() as session:
            return adding.put(session, checked, title=title, by="mei", now=utc_now()).id

    def write(self, body="<h2>云海</h2><p>看日出。</p>", *, cover_id=None, title="云海日出") -> int:
        """Keep an article and return its id."""
        now = utc_now()
        with self.db.transaction() as session:
            row = Material(kind=Kind.ARTICLE.value, title=title, created_at=now)
            session.add(row)
            session.flush()
            session.add(
                Article(
                    material_id=row.id,
                    author="梅",
                    digest="早起值得",
                    cover_id=cover_id,
                    body=body,
                    changed_at=now,
                )
            )
            return row.id

    def supply(self, account="head") -> None:
        jobs.supply(self.runtime, account)

    def places(self, **facts: Any) -> list[MaterialAtWeChat]:
        with self.db.reading() as session:
            wanted = select(MaterialAtWeChat).filter_by(**facts).order_by(MaterialAtWeChat.id)
            return list(session.scalars(wanted))

    def article(self) -> ArticleAtWeChat:
        with self.db.reading() as session:
            return session.scalars(select(ArticleAtWeChat)).one()

    def change(self, model, **values: Any) -> None:
        """Set values of the only row, as a crash or the passing of time would leave it."""
        with self.db.transaction() as session:
            row = session.scalars(select(model)).one()
            for name, value in values.items():
                setattr(row, name, value)

    def sim(self, method: str, path: str, **facts: Any) -> Any:
        answer = requests.request(method, f"{self.url}/sim/{path}", json=facts, timeout=20)
        assert answer.status_code < 400, answer.text
        return answer.json()

    def calls(self, path: str) -> int:
        """Return how often WeChat was asked that."""
        found = requests.get(f"{self.url}/sim/calls", params={"path": path, "limit": 1000}, timeout=20)
        return len(found.json()["calls"])

    def line(self, account="head"):
        return self.runtime.wechat.of(account)
