"""The first tutorial on a running demo: its words are read from the page and done, over HTTP as a browser and a phone would."""

import itertools
import re
import time
from pathlib import Path
from urllib.parse import urljoin

import requests

from tests.run.running import Running, wait_for
from tests.support.page_forms import Page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorials" / "first-bot.md"
OWN = "a-lantern-over-a-road"


class Reader:
    """Somebody with the page beside a browser."""

    def __init__(self, run: Running) -> None:
        self.run = run
        self.text = PAGE.read_text("utf-8")
        self.web = requests.Session()
        self.office = f"http://127.0.0.1:{run.port}/admin/"
        accounts = self.sim("GET", "accounts")["accounts"]
        self.account = next(one["app_id"] for one in accounts if one["kind"] == "service")
        self.address = ""
        self.page = Page("")

    def says(self, pattern: str) -> str:
        """Return what the tutorial says there; it says it once."""
        [found] = re.findall(pattern, self.text)
        return found

    # The phone

    def sim(self, method, path, **facts):
        answer = self.web.request(
            method, f"http://127.0.0.1:{self.run.simulator_port}/sim/{path}", json=facts or None, timeout=30
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def act(self, who, verb, **facts):
        push = self.sim("POST", f"travellers/{who}/{verb}", account=self.account, **facts)["push"]
        assert push["delivered"], push
        return push["reply"] or {}

    def travellers(self, *, following):
        """Yield who does, or does not, follow the head office's account."""
        for one in self.sim("GET", "travellers")["travellers"]:
            if (
                self.sim("GET", f"travellers/{one['id']}/chat?account={self.account}&peek=")["follows"]
                is following
            ):
                yield one["id"]

    # The back office

    def open(self, where):
        return self._read(self.web.get(urljoin(self.address or self.office, where), timeout=60))

    def send(self, **written):
        """Send the form of this page that has these fields, with these values in them."""
        [form] = [one for one in self.page.forms if written.keys() <= set(one.names)]
        sent = {one.name: one.values for one in form.fields} | written
        where = urljoin(self.address, form.action or self.address)
        return self._read(self.web.post(where, data=sent, timeout=60))

    def follow(self, words):
        """Follow the link that is called so; a number after it is how many there are."""
        [where] = {
            match[1]
            for match in re.finditer(r'<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>', self.html, re.DOTALL)
            if re.fullmatch(rf"{words}(\s+\d+)?", re.sub(r"<[^>]+>", "", match[2]).strip())
        }
        return self.open(where)

    def _read(self, answer):
        assert answer.status_code == 200, (answer.url, answer.status_code)
        self.address, self.html, self.page = answer.url, answer.text, Page(answer.text)
        return answer.text


def follow(run: Running) -> None:
    """Do what steps 1 to 3 say, and see what they promise."""
    reader = Reader(run)
    _start(reader)
    traveller = _be_a_traveller(reader)
    _teach_it_an_answer(reader, traveller)


def _start(reader):
    end = reader.says(r"a block that ends with `([^`]+)`")
    assert end.split() in [line.split() for line in reader.run.said().splitlines()]


def _be_a_traveller(reader):
    scene = reader.says(r"take `([^`]+)`, the code of a shop")
    who = next(reader.travellers(following=False))

    greeting = reader.act(who, "scan", scene=scene)
    hours = reader.act(who, "say", text=reader.says(r"write `([^`]+)`: a rule answers"))
    reader.act(who, "say", text=reader.says(r"Write `([^`]+)`: an agent"))

    # Outside of its hours the shop greets otherwise, but always by its name.
    shop = hours["content"].partition("的营业时间")[0]
    assert shop.endswith("店")
    assert shop in greeting["content"]
    wait_for(lambda: _agent_of(reader, who))
    reader.sim(
        "POST", f"agents/{_agent_of(reader, who)}/say", account=reader.account, traveller=who, text="您好"
    )
    # The worker's own words, that somebody is there now, may come before the agent's or after them.
    wait_for(
        lambda: (
            {"content": "您好"}
            in [
                one["content"]
                for one in reader.sim("GET", f"travellers/{who}/chat?account={reader.account}")["bubbles"]
            ]
        )
    )
    return who


def _agent_of(reader, who):
    agents = reader.sim("GET", f"agents?account={reader.account}")["agents"]
    return next(
        (one["kf_account"] for one in agents if who in [held["traveller"] for held in one["sessions"]]), None
    )


def _teach_it_an_answer(reader, first):
    [password] = re.findall(r"\badmin\s+密码 password\s+(\S+)", reader.run.said())
    title, keyword, answer = re.findall(r"\*(?:Title|Keywords|Answer)\*: `([^`]+)`", reader.text)
    reader.open("")
    reader.send(name="admin", password=password)
    reader.send(old=password, new=OWN, again=OWN)

    for words in re.findall(r"\(([^)]+)\)", reader.says(r"(?m)^2\. (\*Auto-replies.*)$")):
        reader.follow(words)
    reader.send(title=title, words=keyword, reply_content=answer)

    # Who asks before the process has heard of the rule may be given an agent, and is theirs from then on.
    others = itertools.cycle([one for one in reader.travellers(following=True) if one != first])

    def is_answered():
        time.sleep(1)  # within which a process hears of it
        return reader.act(next(others), "say", text=keyword).get("content") == answer

    wait_for(is_answered)
