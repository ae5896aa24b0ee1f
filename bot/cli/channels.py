"""`channels make`: many codes from the command line, with progress, and to be gone on with."""

import argparse
import getpass
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.audit import Actor, record
from bot.batches import work
from bot.batches.models import Batch
from bot.channels import jobs, making, plans
from bot.channels.models import Campaign, ChannelGroup, CodeKind, Purpose
from bot.channels.plans import Common, Row
from bot.cli.command import add, settings, with_config
from bot.db import utc_now
from bot.errors import YizhanError
from bot.organisation.models import Shop, ShopState, Staff

if TYPE_CHECKING:
    from bot.runtime import Runtime

PAUSE = 2.0  # seconds between looks while WeChat's quota or another worker is waited for


class WrongCall(YizhanError):
    """The caller's move: an option names something that is not there."""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = add(commands, "channels", make, "codes that lead to shops and staff")
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    making_ = with_config(actions.add_parser("make", help="make many codes; progress is shown"))
    what = making_.add_mutually_exclusive_group(required=True)
    what.add_argument("--by-shop", action="store_true", help="one code for each open shop")
    what.add_argument("--by-staff", action="store_true", help="one code for each of the staff")
    what.add_argument("--names", type=Path, metavar="FILE", help="one code for each line of FILE (UTF-8)")
    what.add_argument("--resume", type=int, metavar="NUMBER", help="go on with a batch that was stopped")
    making_.add_argument("--account", help="account of the settings (default: the first)")
    making_.add_argument(
        "--shop", action="append", default=[], help="only this shop, or that of --names; may be repeated"
    )
    making_.add_argument("--temporary", action="store_true", help="thirty days, renewed (default: permanent)")
    making_.add_argument("--suffix", default="", help="stands after the shop's or person's name")
    making_.add_argument("--group", help="group they are kept in")
    making_.add_argument("--campaign", help="campaign they are for")
    making_.add_argument("--purpose", choices=[one.value for one in Purpose], default=Purpose.WALL.value)
    making_.add_argument("--place", default="", help="where they hang")
    making_.add_argument("--note", default="")
    making_.set_defaults(run=make)


def make(options: argparse.Namespace) -> int:
    """Make the codes here and now, and say how far it is; 1 if any of them has a problem.

    Stopped, it goes on by `--resume`, or by itself where a worker runs: both count each code once.
    """
    from bot.runtime import open_runtime  # counts, and so waits (bot.metrics)

    runtime = open_runtime(settings(options))
    try:
        batch_id = options.resume or _begin(runtime, options)
        print(f"batch {batch_id} (if stopped: channels make --resume {batch_id})")
        batch = _follow(runtime, batch_id)
    finally:
        runtime.close()
    for problem in batch.problems[:20]:
        print(f"{problem['what']}: {problem['why']}")
    print(f"{batch.state}: {batch.done - batch.failed} codes made, {batch.failed} problems")
    return 1 if batch.failed or batch.state != "done" else 0


def _begin(runtime: "Runtime", options: argparse.Namespace) -> int:
    now = utc_now()
    account = (
        runtime.accounts.get(options.account)
        if options.account
        else next(iter(runtime.accounts.values()), None)
    )
    if account is None:
        raise WrongCall(f"no account is called {options.account}; [[accounts]] in the settings names them")
    with runtime.db.transaction() as session:
        common = Common(
            account_id=account.id,
            kind=(CodeKind.TEMPORARY if options.temporary else CodeKind.PERMANENT).value,
            group_id=_id(session, ChannelGroup, options.group),
            campaign_id=_id(session, Campaign, options.campaign),
            purpose=options.purpose,
            place=options.place[:200],
            note=options.note[:400],
            language="en",
        )
        rows = _rows(session, options)
        if not rows:
            raise WrongCall("there is nothing to make a code for")
        actor = Actor(f"cli:{getpass.getuser()}")
        batch = making.begin(session, common, rows, title=f"Make {len(rows)} codes", maker=actor, now=now)
        record(session, actor, "channel.batch_begun", batch, now=now, after={"rows": len(rows)})
        return batch.id


def _rows(session: Session, options: argparse.Namespace) -> list[Row]:
    shops = select(Shop.id, Shop.name).where(Shop.state == ShopState.OPEN.value).order_by(Shop.id)
    known = {name: key for key, name in session.execute(shops)}
    if unknown := [name for name in options.shop if name not in known]:
        raise WrongCall(f"no open shop is called {unknown[0]}")
    chosen = {name: key for name, key in known.items() if not options.shop or name in options.shop}
    if options.names:
        if len(options.shop) > 1:
            raise WrongCall("--names takes one --shop")
        shop_id = chosen[options.shop[0]] if options.shop else None
        return plans.by_names(options.names.read_text("utf-8-sig"), shop_id=shop_id)
    if options.by_shop:
        return plans.by_shop([(key, name) for name, key in chosen.items()], options.suffix)
    names = {key: name for name, key in chosen.items()}
    people = session.scalars(
        select(Staff).where(Staff.active.is_(True), Staff.shop_id.in_(names)).order_by(Staff.id)
    )
    return plans.by_staff(
        [(one.id, one.name, one.shop_id, names[one.shop_id]) for one in people], options.suffix
    )


def _id(session: Session, model: type[Campaign] | type[ChannelGroup], name: str | None) -> int | None:
    if not name:
        return None
    ids = session.scalars(select(model.id).where(model.name == name)).all()
    if len(ids) != 1:
        raise WrongCall(f"{len(ids)} {model.__tablename__}s are called {name}; one is needed")
    return ids[0]


def _follow(runtime: "Runtime", batch_id: int) -> Batch:
    """Work on the batch until it has ended, saying how far it is whenever that changes."""
    said = None
    while True:
        with runtime.db.reading() as session:
            batch = session.get(Batch, batch_id)
        if batch is None or batch.kind != making.KIND:
            raise WrongCall(f"there is no batch {batch_id} of codes")
        if batch.done != said:
            print(f"{batch.done}/{batch.total}", flush=True)
        elif said is not None and batch.state not in work.ENDED:
            time.sleep(PAUSE)
        said = batch.done
        if batch.state in work.ENDED:
            return batch
        jobs.make(runtime, batch_id)
