"""Three hundred travellers scan, follow, leave and come back; the figures are what the platform's own log says."""

import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from xml.etree import ElementTree

from sqlalchemy import select

from bot.accounts.models import Account
from bot.channels.figures import facts, totals
from bot.channels.figures.totals import Asked, By, Unit
from bot.channels.models import Channel
from bot.db import utc_now
from bot.outbox.promises import Wish, promise
from tests import make
from tests.support.system import ROOT, eventually

TRAVELLERS = 300
CODES = 6
AGAIN = 10
TOLD = ("scans", "visitors", "repeats", "follows", "returns", "leaves", "lost_1", "lost_30")


def test_the_figures_equal_a_recount_from_the_platforms_log(deploy):
    system = deploy()
    scenes = _codes(system)
    dice = random.Random(300)
    lives = {f"t{number:03}": _life(dice, scenes) for number in range(TRAVELLERS)}
    for name in lives:
        system.sim("POST", "travellers", id=name, name=name)

    with ThreadPoolExecutor(8) as pool:
        for turn in range(max(map(len, lives.values()))):
            mine = [(name, *life[turn]) for name, life in lives.items() if turn < len(life)]
            list(pool.map(lambda one: _act(system, *one), mine))
            time.sleep(1.1)  # nobody does two things in one second, as WeChat tells them apart by it
    log = _log(system)
    assert len(log) == sum(map(len, lives.values()))
    _rebuild(system)

    today = utc_now().astimezone(facts.HERE).date()
    with system.db.reading() as session:
        asked = Asked(today - timedelta(1), today)
        told = totals.of(session, asked, by=By.CHANNEL, unit=Unit.DAY)
        names = {row.id: row.scene for row in session.scalars(select(Channel))}
    figures = {names[key]: {name: one[name] for name in TOLD} for key, one in told.rows.items()}
    recount, people, elsewhere = _recounted(log)
    assert figures == recount
    assert told.whole["visitors"] == people
    assert told.elsewhere == elsewhere
    assert sum(one["follows"] for one in recount.values()) + elsewhere["follows"] == TRAVELLERS


def _codes(system):
    """Have WeChat make codes of a shop, through the outbox, and return their scenes."""
    with system.db.reading() as session:
        account_id = session.scalars(select(Account.id)).one()
    shop = make.shop(system.db)
    scenes = [f"c:{number}" for number in range(1, CODES + 1)]
    for scene in scenes:
        key = make.channel(system.db, scene, account_id=account_id, shop_id=shop)
        now = utc_now()
        with system.db.transaction() as session:
            promise(session, Wish("channels.make_code", {"channel_id": key}, now), now=now)

    def made():
        with system.db.reading() as session:
            return all(session.scalars(select(Channel.ticket)))

    eventually(made)
    return scenes


def _life(dice, scenes):
    """Return what one traveller does, in order: whoever does not follow begins to, by a code or without."""
    done, follows = [], False
    for _ in range(dice.randint(1, 6)):
        if not follows:
            done.append(("follow", dice.choice([*scenes, None])))
            follows = True
        elif dice.random() < 0.3:
            done.append(("unfollow", None))
            follows = False
        else:
            done.append(("scan", dice.choice(scenes)))
    return done


def _act(system, name, verb, scene):
    push = system.act(verb, name, **({"scene": scene} if scene else {}))
    assert push["delivered"], push


def _log(system):
    """Return what the platform pushed: traveller, event, scene and the second of it."""
    path = f"{system.platform.url}/sim/pushes"
    pushes = system.http.get(path, params={"limit": 100_000}, timeout=60).json()["pushes"]
    found = []
    for one in pushes:
        xml = ElementTree.fromstring(one["body"])
        key = (xml.findtext("EventKey") or "").removeprefix("qrscene_")
        found.append((int(xml.findtext("CreateTime")), one["traveller"], xml.findtext("Event").lower(), key))
    return sorted(found)


def _rebuild(system):
    """Count everything anew, as an operator would."""
    config = system.folder / f"config-{system.webs[0]}.toml"
    command = [sys.executable, "-m", "bot", "figures", "rebuild", "--config", config]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    assert "days counted" in done.stdout


def _recounted(log):
    """Count the log by hand: by code, all people who scanned, and what came without a code."""
    counts = defaultdict(Counter)
    people, came, touched, last, followed = defaultdict(set), {}, {}, {}, set()
    for at, who, event, scene in log:
        if event == "unsubscribe":
            counts[last.get(who)]["leaves"] += 1
            origin = came.pop(who)
            for name in ("lost_1", "lost_30"):
                counts[origin][name] += 1
            continue
        is_follow = event == "subscribe"
        if is_follow:
            counts[scene or None]["returns" if who in followed else "follows"] += 1
            followed.add(who)
            came[who] = scene or None
        if scene:
            is_again = not is_follow and at - touched.get((who, scene), -99) <= AGAIN
            counts[scene]["repeats" if is_again else "scans"] += 1
            touched[who, scene], last[who] = at, scene
            people[scene].add(who)
    elsewhere = {name: counts[None][name] for name in ("follows", "returns", "leaves")}
    rows = {scene: {name: found[name] for name in TOLD} for scene, found in counts.items() if scene}
    for scene, row in rows.items():
        row["visitors"] = len(people[scene])
    return rows, len(set().union(*people.values())), elsewhere
