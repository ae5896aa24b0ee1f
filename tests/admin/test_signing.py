"""Signing in and out: what opens, what does not, and what an attacker learns."""

import base64
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select, update

from admin import rate
from admin.guard import is_local
from bot.config import PrivacyConfig
from bot.db import utc_now
from bot.privacy import Vault
from bot.runtime import open_runtime
from bot.users import sessions, totp
from bot.users.models import User, UserSession
from tests import make
from tests.admin.conftest import opened
from tests.support.office import PASSWORD, Office

KEY = base64.b64encode(b"k" * 32).decode()
KEYS = PrivacyConfig(keys=f"2026a:{KEY}", index_key=KEY)


@pytest.fixture
def office(empty_sqlite):
    """The back office with keys, so that two-step sign-in can be set up."""
    yield from opened(replace(make.config(empty_sqlite), privacy=KEYS))


def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_comes_back(office):
    alice = office.person("alice")

    sent = alice.get("/admin/users/?role=auditor")
    back = alice.sign_in(next="/admin/users/?role=auditor")

    assert sent.status_code == 303
    assert sent.location.startswith("/admin/login?next=")
    assert back.location == "/admin/users/?role=auditor"
    assert [entry.action for entry in office.audit()] == ["user.signed_in"]


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/admin//evil.example",
        "/admin/../h5",
        "/wechat/head",
        "/administrator",
        "javascript:alert(1)",
        "/admin/\r\nSet-Cookie: x=1",
        "",
    ],
)
def test_signing_in_leads_nowhere_else(office, path):
    assert not is_local(path)
    assert office.person("alice").sign_in(next=path).location == "/admin/"


def test_a_wrong_name_looks_like_a_wrong_password(office):
    unknown, wrong = office.person("nobody"), office.person("alice")

    answers = [unknown.sign_in("x" * 12), wrong.sign_in("x" * 12)]

    texts = {
        answer.text.replace("nobody", "alice").replace(one.token, "")
        for answer, one in zip(answers, [unknown, wrong], strict=True)
    }
    assert {answer.status_code for answer in answers} == {422}
    assert len(texts) == 1


def test_a_hundred_wrong_passwords_lock_the_name_and_the_right_one_does_not_help(
    office_anywhere, monkeypatch
):
    office = office_anywhere
    monkeypatch.setattr(rate, "MOST", 1000)  # the address's own limit is another test
    thief = office.person("alice")
    thief.get("/admin/login")
    for _ in range(100):
        assert thief.post("/admin/login", name="alice", password="guess").status_code == 422

    assert office.person("alice").sign_in().status_code == 422
    assert office.user("alice").failures == 10
    assert [entry.action for entry in office.audit()] == ["user.locked"]

    with office.db.transaction() as session:
        session.execute(update(User).values(failed_at=utc_now() - timedelta(minutes=16)))
    assert office.person("alice").sign_in().status_code == 303
    assert office.user("alice").failures == 0


def test_an_address_that_tries_many_names_is_slowed_down_while_redis_is_away(office, monkeypatch):
    monkeypatch.setattr(rate, "SECONDS", 10**9)  # the window does not end amid the test
    thief = office.person()
    thief.get("/admin/login")
    for number in range(rate.MOST):
        thief.post("/admin/login", name=f"n{number}", password="guess")

    assert "五分钟后" in thief.post("/admin/login", name="alice", password=PASSWORD).text


def test_a_session_somebody_planted_is_not_the_one_signed_in(office):
    alice = office.person("alice")
    alice.client.set_cookie("yizhan", "planted-by-somebody-else")
    alice.sign_in()
    first = alice.cookie()
    alice.post("/admin/logout")
    alice.sign_in()

    assert first != "planted-by-somebody-else"
    assert alice.cookie() not in {first, "planted-by-somebody-else"}
    with office.db.reading() as session:
        assert sessions.find(session, first, now=utc_now()) is None
        assert first.encode() not in session.scalars(select(UserSession.token_hash)).all()


def test_signing_out_ends_the_session_for_whoever_has_the_cookie(office):
    alice = office.inside("alice")
    stolen = alice.cookie()
    alice.post("/admin/logout")

    thief = office.person()
    thief.client.set_cookie("yizhan", stolen)

    assert thief.get("/admin/").status_code == 303
    assert alice.cookie() is None


@pytest.mark.parametrize("changed", [{"seen_at": timedelta(hours=2)}, {"created_at": timedelta(hours=12)}])
def test_sessions_end_when_idle_and_in_the_end(office, changed):
    alice = office.inside("alice")

    with office.db.transaction() as session:
        values = {name: utc_now() - age for name, age in changed.items()}
        session.execute(update(UserSession).values(**values))

    assert alice.get("/admin/").status_code == 303


def test_one_sees_and_ends_ones_own_sessions_and_nobody_elses(office):
    office.add("bob")
    here, there, bob = office.inside("alice"), office.inside("alice"), office.inside("bob")
    with office.db.reading() as session:
        ids = dict(
            session.execute(
                select(UserSession.id, User.name).join(User, User.id == UserSession.user_id)
            ).all()
        )
    [_mine, other] = [key for key, name in ids.items() if name == "alice"]
    [bobs] = [key for key, name in ids.items() if name == "bob"]

    here.get("/admin/me/")
    assert here.post(f"/admin/me/sessions/{bobs}/end").status_code == 404
    assert here.post(f"/admin/me/sessions/{other}/end").status_code == 303

    assert there.get("/admin/").status_code == 303
    assert here.get("/admin/").status_code == bob.get("/admin/").status_code == 200


def test_a_first_password_opens_nothing_but_its_own_change(office):
    with office.db.transaction() as session:
        session.execute(update(User).values(must_change=True))
    alice = office.person("alice")
    alice.sign_in()

    assert alice.get("/admin/users/").location == "/admin/me/password"
    alice.get("/admin/me/password")
    assert (
        alice.post("/admin/users/new", name="x", role="auditor", reach="all").location == "/admin/me/password"
    )
    for old, new, again in [
        ("wrong", "x" * 12, "x" * 12),
        (PASSWORD, "short", "short"),
        (PASSWORD, "x" * 12, "y" * 12),
        (PASSWORD, PASSWORD, PASSWORD),
        (PASSWORD, "alice alice", "alice alice"),
    ]:
        assert alice.post("/admin/me/password", old=old, new=new, again=again).status_code == 422
    assert alice.post("/admin/me/password", old=PASSWORD, new="x" * 12, again="x" * 12).status_code == 303
    assert alice.get("/admin/users/").status_code == 200


def test_changing_the_password_signs_the_other_browsers_out(office):
    here, there = office.inside("alice"), office.inside("alice")

    here.get("/admin/me/password")
    here.post("/admin/me/password", old=PASSWORD, new="x" * 12, again="x" * 12)

    assert here.get("/admin/").status_code == 200
    assert there.get("/admin/").status_code == 303


def enrolled(office):
    """Set two-step sign-in up for alice; her secret, her recovery codes, and the browser she did it in."""
    alice = office.inside("alice")
    page = alice.get("/admin/me/second-factor")
    secret = page.text.split('name="secret" value="')[1].split('"')[0]
    done = alice.post(
        "/admin/me/second-factor", secret=secret, code=pyotp.TOTP(secret).now(), password=PASSWORD
    )
    codes = [part.split("</code>")[0] for part in done.text.split("<li><code>")[1:]]
    assert len(codes) == 10
    return secret, codes, alice


def later(secret, steps=2):
    return pyotp.TOTP(secret).at(utc_now() + timedelta(seconds=30 * steps))


def test_the_second_step_is_asked_for_and_each_code_taken_once(office):
    secret, codes, _alice = enrolled(office)
    person = office.person("alice")

    assert person.sign_in().location.startswith("/admin/login/code")
    waiting = person.cookie()
    assert person.get("/admin/users/").status_code == 303
    person.get("/admin/login/code")
    assert person.post("/admin/login/code", code="000000").status_code == 422
    used = pyotp.TOTP(secret).generate_otp(office.user("alice").totp_step)  # for setting up
    assert person.post("/admin/login/code", code=used).status_code == 422
    assert person.post("/admin/login/code", code=codes[0]).status_code == 303
    assert person.cookie() != waiting
    assert person.get("/admin/users/").status_code == 200

    again = office.person("alice")
    again.sign_in()
    again.get("/admin/login/code")
    assert again.post("/admin/login/code", code=codes[0]).status_code == 422
    with office.db.transaction() as session:
        user = session.scalars(select(User)).one()
        now = utc_now() + timedelta(minutes=1)
        vault = Vault(office.runtime.config.privacy)
        assert totp.accept(session, user, later(secret), now=now, vault=vault)
        assert not totp.accept(session, user, later(secret), now=now, vault=vault)


def kept(office):
    return office.user("alice").totp_secret


def test_the_secret_lies_sealed_and_an_unsealed_one_is_sealed_with_the_next_code(office):
    secret, _codes, _alice = enrolled(office)
    vault = Vault(KEYS)
    assert secret not in kept(office)
    assert vault.open(kept(office), totp.PLACE) == secret
    with office.db.transaction() as session:  # as a release before the sealing left it
        session.execute(update(User).values(totp_secret=secret, totp_step=0))

    person = office.person("alice")
    person.sign_in()
    person.get("/admin/login/code")
    answer = person.post("/admin/login/code", code=pyotp.TOTP(secret).now())

    assert answer.status_code == 303
    assert vault.open(kept(office), totp.PLACE) == secret


def test_without_keys_it_cannot_be_set_up_and_who_has_one_signs_in_with_a_recovery_code(
    office, empty_sqlite, caplog
):
    secret, codes, _alice = enrolled(office)
    bare = Office(open_runtime(make.config(empty_sqlite)))
    bare.add("bob")
    bob = bare.inside("bob")
    page = bob.get("/admin/me/second-factor").text
    refused = bob.post(
        "/admin/me/second-factor", secret="A" * 32, code=pyotp.TOTP("A" * 32).now(), password=PASSWORD
    )
    alice = bare.person("alice")
    alice.sign_in()
    alice.get("/admin/login/code")
    wrong = alice.post("/admin/login/code", code=later(secret))
    right = alice.post("/admin/login/code", code=codes[0])
    bare.runtime.close()

    assert "[privacy]" in page
    assert "<svg" not in page.split("<main")[1]
    assert refused.status_code == 422
    assert bare.user("bob").totp_secret is None
    assert (wrong.status_code, right.status_code) == (422, 303)
    assert "two-step secret does not open" in caplog.text


def test_guessed_codes_lock_the_name_too(office):
    enrolled(office)
    thief = office.person("alice")
    thief.sign_in()
    thief.get("/admin/login/code")
    for number in range(12):
        thief.post("/admin/login/code", code=f"{number:06}")

    assert office.user("alice").failures == 10
    assert office.person("alice").sign_in().status_code == 422


def test_two_step_sign_in_is_turned_off_with_the_password(office):
    _secret, _codes, alice = enrolled(office)
    alice.get("/admin/me/second-factor")

    assert alice.post("/admin/me/second-factor/remove", password="wrong").status_code == 422
    assert alice.post("/admin/me/second-factor/remove", password=PASSWORD).status_code == 303
    assert office.user("alice").totp_secret is None


def test_the_cookie_belongs_to_this_host_and_to_https(secure_office):
    alice = secure_office.person("alice")
    alice.get("/admin/login", base_url="https://wx.example.com")
    answer = alice.client.post(
        "/admin/login",
        data={"csrf": alice.token, "name": "alice", "password": PASSWORD},
        base_url="https://wx.example.com",
    )

    [cookie] = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("__Host-yizhan=")]
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_the_address_is_the_visitors_where_a_proxy_passes_it_on(office):
    config = replace(office.runtime.config, server=replace(office.runtime.config.server, proxies=1))
    behind = Office(replace(office.runtime, config=config)).person("alice")
    behind.get("/admin/login")
    fields = {"csrf": behind.token, "name": "alice", "password": PASSWORD}

    behind.client.post("/admin/login", data=fields, headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.7"})
    office.inside("alice").get("/admin/", headers={"X-Forwarded-For": "6.6.6.6"})

    assert [entry.address for entry in office.audit()] == ["203.0.113.7", "127.0.0.1"]
