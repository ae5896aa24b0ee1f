"""Sowing the demo: everything in one transaction, through the functions the product itself uses.

The transaction leaves a mark; a database that bears it is left alone, and one
that holds anything else is not touched unless told to.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from bot import schema
from bot.accounts.register import enrol
from bot.channels import making
from bot.channels.models import Channel
from bot.config import Config
from bot.db import Database, utc_now
from bot.db.revisions import Revision, bump
from bot.demo import (
    broadcasts,
    codes,
    colleague,
    counter,
    coupons,
    desk_days,
    histories,
    levels,
    mall,
    materials,
    members,
    menu,
    organisation,
    people,
    platform,
    points,
    purchases,
    pushes,
    replies,
    series,
    views,
    visits,
    wechat_figures,
)
from bot.demo.organisation import ShopFacts
from bot.desk.models import Agent
from bot.errors import YizhanError
from bot.fans.models import Fan
from bot.materials.adding import Checked
from bot.members.models import Member
from bot.menus.models import Menu
from bot.organisation import hours, phones
from bot.organisation.models import Branch, Shop, Staff
from bot.outbox.promises import Wish, promise
from bot.privacy import vault_of
from bot.replies import rules
from bot.replies.models import AutoReply
from bot.tags.models import WeChatTag
from bot.users import passwords, reach
from bot.users.models import User
from bot.users.roles import Reach, Role


@dataclass(frozen=True, slots=True)
class UserFacts:
    """One person of the back office; with a shop they see that one only."""

    name: str
    role: Role
    chinese: str
    english: str
    shop: str | None = None


USERS = (
    UserFacts("admin", Role.GROUP_ADMINISTRATOR, "后台用户", "admin user"),
    UserFacts("marketer", Role.MARKETER, "营销专员", "marketer"),
    UserFacts("manager", Role.SHOP_MANAGER, "店长", "shop manager", "上海人民广场店"),
)
MARK = "demo"
OURS = (Branch, Shop, Staff, Agent, AutoReply, Channel, Fan, Member, Menu, User)


class NotForTheDemo(YizhanError):
    """The operator's move: the database or the platform is somebody's, and not the demo's to fill."""


def sow(config: Config, *, force: bool = False) -> list[str]:
    """Migrate, seed and introduce the demo, and return what to tell: `中文|English|words` lines.

    Run twice: nothing changes, and the list says so.  Raise `NotForTheDemo` for
    a database that holds other data, and for the real platform, unless `force`.
    """
    if not config.wechat.api_base and not force:
        raise NotForTheDemo(
            "[wechat] api_base is empty, so the demo's menu and codes would be made at the real WeChat; "
            "set it to a simulator's address (python -m simulator), or say --force"
        )
    db = Database(config.database)
    try:
        schema.migrate(db)
        with db.reading() as session:
            is_sown = _check(session, force=force)
        openids, simulator = _introduce(config)
        drawn = {} if is_sown else materials.draw()
        with db.transaction() as session:
            is_sown = session.get(Revision, MARK) is not None
            ids = enrol(session, config.accounts)
            told = [] if is_sown else _sow(session, config, ids, openids, drawn, now=utc_now())
            if is_sown and simulator is not None and "head" in ids:
                _make_again(session, config, ids["head"], simulator)
    finally:
        db.close()
    return told or ["示例数据|demo data|已在，未作改动  there already, nothing changed"]


def _check(session: Session, *, force: bool) -> bool:
    """Tell whether the demo was sown; raise if the database is somebody else's."""
    if session.get(Revision, MARK) is not None:
        return True
    found = [model.__tablename__ for model in OURS if session.scalar(select(exists(select(model))))]
    if found and not force:
        raise NotForTheDemo(
            f"the database holds data that is not the demo's ({', '.join(found)}); "
            "use an empty one, or say --force to add the demo beside it"
        )
    return False


def _introduce(config: Config) -> tuple[dict[str, str], platform.Platform | None]:
    shops = organisation.shops()
    agents = people.agents(shops)
    travellers = [colleague.traveller(shops), *people.travellers(shops)]
    if config.wechat.api_base:
        simulator = platform.Platform(config.wechat.api_base)
        if simulator.is_simulator():
            return platform.introduce(simulator, config, agents, travellers), simulator
    # Nobody there to ask: OpenIDs of the same shape, of people who will never write.
    return {one.id: _openid(one.id) for one in travellers}, None


def _openid(name: str) -> str:
    return "o" + hashlib.sha256(name.encode()).hexdigest()[:27]


def _sow(
    session: Session,
    config: Config,
    ids: Mapping[str, int],
    openids: Mapping[str, str],
    drawn: Mapping[str, Checked],
    *,
    now: datetime,
) -> list[str]:
    shops = organisation.shops(now.year)
    shop_ids = _put_organisation(session, shops, config, now=now)
    channel_ids: dict[str, int] = {}
    if "head" in ids:
        _put_agents(session, people.agents(shops), ids["head"], shop_ids)
        channel_ids = codes.put(session, ids["head"], shop_ids, now=now)
        channel_ids |= colleague.put_codes(session, ids["head"], shop_ids, now=now)
    _put_rules(session, ids, shop_ids, materials.put(session, drawn, ids, now=now))
    menu.put(session, config, ids, now=now)
    everybody = [colleague.traveller(shops), *people.travellers(shops)]
    travellers = [one for one in everybody if one.account in ids and one.id in openids]
    histories.put(
        session, travellers, openids=openids, accounts=ids, shops=shop_ids, channels=channel_ids, now=now
    )
    if "head" in ids:
        desk_days.put(session, ids["head"], now=now)
    if channel_ids:
        visits.put(session, channel_ids, account_id=ids["head"], now=now)
    members.put(session, config, travellers, openids=openids, shop_ids=shop_ids, now=now)
    of_staff = colleague.bind(session, config, shops, openids, now=now)
    if "head" in ids:
        series.put(session, ids["head"], now=now)
        broadcasts.put(session, ids["head"], now=now)
    levels.begin(session, now=now)
    purchases.put(session, config, shop_ids=shop_ids, now=now)
    points.put(session, now=now)
    levels.put(session, now=now)
    counter.put(session, config, now=now)
    coupons.put(session, shop_ids=shop_ids, now=now)
    mall.put(session, config, shop_ids=shop_ids, now=now)
    pushes.add_up(session, ids.values(), now=now)
    if "head" in ids:
        wechat_figures.put(session, ids["head"], now=now)
    bump(session, MARK)
    counts = {model: session.scalar(select(func.count()).select_from(model)) for model in OURS}
    told = (
        f"{counts[Branch]} branches, {counts[Shop]} shops, {counts[Staff]} staff, {counts[Agent]} agents, "
        f"{counts[AutoReply]} rules, {counts[Fan]} fans, {counts[Member]} members"
    )
    return [f"示例数据|demo data|{told}", *of_staff, *_put_users(session, now=now)]


def _put_organisation(
    session: Session, shops: list[ShopFacts], config: Config, *, now: datetime
) -> dict[str, int]:
    branches = {row.name: row for row in session.scalars(select(Branch))}
    for facts in organisation.BRANCHES:
        if facts.name not in branches:
            branches[facts.name] = Branch(name=facts.name, city=facts.city)
            session.add(branches[facts.name])
    session.flush()
    rows = {row.name: row for row in session.scalars(select(Shop))}
    for shop in shops:
        if shop.name not in rows:
            rows[shop.name] = Shop(
                branch_id=branches[shop.branch.name].id,
                name=shop.name,
                address=shop.address,
                phone=shop.phone,
                hours=hours.say(shop.hours, now.date()),
                schedule=hours.to_document(shop.hours),
                latitude=shop.latitude,
                longitude=shop.longitude,
            )
            session.add(rows[shop.name])
    session.flush()
    for one in people.staff(shops):
        row = Staff(shop_id=rows[one.shop].id, name=one.person.name, role=one.role, active=True)
        if config.privacy.keys and config.privacy.index_key:
            phones.put(row, one.phone, vault_of(config.privacy))
        session.add(row)
    bump(session, "shops")
    return {name: row.id for name, row in rows.items()}


def _put_agents(
    session: Session, agents: list[people.AgentFacts], account_id: int, shop_ids: Mapping[str, int]
) -> None:
    known = set(session.scalars(select(Agent.kf_account).filter_by(account_id=account_id)))
    branch_ids = {row.name: row.id for row in session.execute(select(Branch.name, Branch.id))}
    for agent in agents:
        kf_account = f"{agent.kf_name}@yizhan_head"
        if kf_account not in known:
            session.add(
                Agent(
                    account_id=account_id,
                    kf_account=kf_account,
                    nickname=agent.nickname,
                    shop_id=shop_ids[agent.shop] if agent.shop else None,
                    branch_id=branch_ids[agent.branch] if agent.branch else None,
                    tier=agent.tier,
                    seats=agent.seats,
                    online=False,  # WeChat says who is there
                )
            )
    bump(session, "agents")
    bump(session, "desks")


def _put_rules(
    session: Session, ids: Mapping[str, int], shop_ids: Mapping[str, int], named: Mapping[str, int]
) -> None:
    for facts in replies.RULES:
        if facts.account is not None and facts.account not in ids:
            continue
        rule = AutoReply(
            account_id=ids[facts.account] if facts.account else None,
            shop_id=shop_ids[facts.shop] if facts.shop else None,
            title=facts.title,
            trigger=facts.trigger.value,
            match=facts.match.value,
            words=list(facts.words),
            reply=replies.with_ids(facts.reply, named),
            follow_ups=list(facts.follow_ups),
            priority=facts.priority,
            from_time=facts.from_time,
            until_time=facts.until_time,
            notify_desk=facts.notify_desk,
            asks_helped=facts.asks_helped,
            enabled=True,
        )
        rules.save(session, rule)


def _promise_menu(session: Session, account: str, *, now: datetime) -> None:
    promise(session, Wish("menus.publish", {"account": account}, now, f"menus.publish:{account}"), now=now)


def _put_users(session: Session, *, now: datetime) -> list[str]:
    told = []
    for facts in USERS:
        if session.scalar(select(User.id).filter_by(name=facts.name)):
            continue
        password = passwords.generate()
        passwords.put(session, name=facts.name, role=facts.role, password=password, now=now)
        user = session.scalars(select(User).filter_by(name=facts.name)).one()
        shops = session.scalars(select(Shop.id).filter_by(name=facts.shop)).all() if facts.shop else []
        reach.put(session, user, Reach.SHOPS if facts.shop else Reach.ALL, shops=shops)
        views.put(session, user, now=now)
        told.append(
            f"{facts.chinese}|{facts.english}|{facts.name}  密码 password {password}"
            "  （只显示这一次 shown only now）"
        )
    return told


def _make_again(session: Session, config: Config, account_id: int, simulator: platform.Platform) -> None:
    """Have a simulator that began afresh make our codes and menus again."""
    app_id = next(account.app_id for account in config.accounts if account.name == "head")
    if not platform.has_lost_our_codes(simulator, app_id):
        return
    now = utc_now()
    for channel in session.scalars(select(Channel).filter_by(account_id=account_id)):
        channel.ticket = channel.url = None
        making.promise_code(session, channel.id, now=now)
    session.execute(update(WeChatTag).values(wechat_id=None))  # the ids were the lost simulator's
    for account in config.accounts:
        _promise_menu(session, account.name, now=now)
