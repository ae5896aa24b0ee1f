"""The back office before a test: people who sign in and send forms as their browsers would."""

import re

from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from bot.app import pages
from bot.audit.models import AuditEntry
from bot.db import utc_now
from bot.runtime import Runtime
from bot.users import reach
from bot.users.models import User
from bot.users.roles import Reach, Role

PASSWORD = "a-lantern-over-a-road"
# Hashed once, and with little effort: most tests are of what comes after the door.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


class Person:
    """One browser. `post` sends the token of the page it was given last, as a form would."""

    def __init__(self, app: Flask, name: str = "") -> None:
        self.name = name
        self.client = app.test_client()
        self.token = ""

    def get(self, path: str, **options) -> TestResponse:
        return self._keep(self.client.get(path, **options))

    def post(self, path: str, follow=False, **fields) -> TestResponse:
        answer = self.client.post(path, data={"csrf": self.token, **fields}, follow_redirects=follow)
        return self._keep(answer)

    def sign_in(self, password: str = PASSWORD, **fields) -> TestResponse:
        self.get("/admin/login")
        answer = self.post("/admin/login", name=self.name, password=password, **fields)
        if answer.status_code == 303 and "/login" not in answer.location:
            self.get("/admin/me/password")  # a light page with a token
        return answer

    def cookie(self, name: str = "yizhan") -> str | None:
        found = self.client.get_cookie(name)
        return found.value if found else None

    def _keep(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html" and (found := re.search(r'name="csrf" value="(\w+)"', answer.text)):
            self.token = found[1]
        return answer


class Office:
    """An application and the people of it."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.db = runtime.db
        self.app = pages(runtime)

    def add(
        self, name: str, role: Role = Role.GROUP_ADMINISTRATOR, *, shops=(), branches=(), own=False
    ) -> int:
        """Add a user whose password is `PASSWORD` and need not be changed."""
        with self.db.transaction() as session:
            user = User(
                name=name, role=role.value, password_hash=CHEAP, must_change=False, created_at=utc_now()
            )
            session.add(user)
            session.flush()
            how_far = (
                Reach.OWN if own else Reach.SHOPS if shops else Reach.BRANCHES if branches else Reach.ALL
            )
            reach.put(session, user, how_far, shops=shops, branches=branches)
            return user.id

    def person(self, name: str = "") -> Person:
        """Return a browser of theirs in which nobody has signed in."""
        return Person(self.app, name)

    def inside(self, name: str) -> Person:
        """Return a browser of theirs in which they have signed in."""
        person = self.person(name)
        assert person.sign_in().status_code == 303
        return person

    def user(self, name: str) -> User:
        with self.db.reading() as session:
            return session.scalars(select(User).filter_by(name=name)).one()

    def audit(self) -> list[AuditEntry]:
        with self.db.reading() as session:
            return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
