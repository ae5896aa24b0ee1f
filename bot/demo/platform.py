"""Telling the simulated WeChat about the demo, over its control API and nothing else."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from bot.config import Config
from bot.demo.console import CONSOLE
from bot.demo.people import AgentFacts, TravellerFacts
from bot.errors import YizhanError

SECONDS = 15.0
NAMES = {"head": "云程旅行", "shanghai": "云程旅行上海"}
ALREADY = 409  # the phone would not let the traveller do that: they follow already


class SimulatorRefused(YizhanError):
    """Our move or the simulator's: the control API did not like what we sent."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Platform:
    """The control API at `/sim`."""

    def __init__(self, base: str) -> None:
        self._base = base.rstrip("/")
        self._opener = build_opener(ProxyHandler({}))

    def is_simulator(self) -> bool:
        """Tell whether the simulator answers there. Asked before anything secret is sent."""
        try:
            return isinstance(self.ask("GET", "").get("accounts"), list)
        except SimulatorRefused:
            return False

    def ask(self, method: str, path: str, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the answer to one request; raise `SimulatorRefused` with the simulator's words."""
        body = None if facts is None else json.dumps(facts).encode()
        request = Request(  # noqa: S310 - an address from the settings, http or https
            f"{self._base}/sim/{path}", body, {"Content-Type": "application/json"}, method=method
        )
        try:
            with self._opener.open(request, timeout=SECONDS) as response:
                answer = json.load(response)
        except HTTPError as error:
            with error:
                words = error.read(500).decode("utf-8", "replace").strip()
            raise SimulatorRefused(f"simulator: {method} {path}: {error.code} {words}", error.code) from None
        except (URLError, OSError, ValueError) as error:
            raise SimulatorRefused(f"simulator: {method} {path}: {error}") from None
        return answer if isinstance(answer, dict) else {}

    def act(self, traveller: str, act: str, **facts: Any) -> dict[str, Any]:
        """Have a traveller do something with the phone, and return what came of it."""
        return self.ask("POST", f"travellers/{traveller}/{act}", facts)

    def chat(self, traveller: str, app_id: str, since: int = 0) -> list[dict[str, Any]]:
        """Return the bubbles of a chat after `since`."""
        bubbles = self.ask("GET", f"travellers/{traveller}/chat?account={app_id}&since={since}")["bubbles"]
        return list(bubbles)

    def codes(self, app_id: str) -> list[dict[str, Any]]:
        """Return the codes WeChat has made for an account."""
        return list(self.ask("GET", f"codes?account={app_id}")["codes"])


def introduce(
    platform: Platform, config: Config, agents: Sequence[AgentFacts], travellers: Sequence[TravellerFacts]
) -> dict[str, str]:
    """Make the simulator know the demo's accounts, agents and travellers; return OpenIDs by traveller.

    Run twice: the same facts are told again.  Travellers follow before the
    account has a server address, as those did who were there before us: we are
    told nothing of it.
    """
    known = {one["app_id"]: one for one in platform.ask("GET", "accounts")["accounts"]}
    app_ids = {account.name: account.app_id for account in config.accounts}
    for account in config.accounts:
        facts: dict[str, Any] = {
            "name": NAMES.get(account.name, account.name),
            "kind": account.kind,
            "verified": True,
            "app_secret": account.app_secret,
            "original_id": account.original_id,
            "wechat_id": f"yizhan_{account.name}",
            "token": account.token,
            "encoding_aes_key": account.encoding_aes_key,
            "mode": account.mode,
            "open_platform": "yizhan",
        }
        platform.ask("PUT", f"accounts/{account.app_id}", facts)
    here = [one for one in travellers if one.account in app_ids]
    met = {one["id"] for one in platform.ask("GET", "travellers")["travellers"]}
    for traveller in here:
        if traveller.id not in met or app_ids[traveller.account] not in known:
            _meet(platform, traveller, app_ids[traveller.account])
    for account in config.accounts:
        url = f"{config.server.public_url}/wechat/{account.name}"
        # As an operator registers 网页授权域名 in the console: without it nobody is signed in to our pages.
        host = urlsplit(config.server.public_url).hostname or ""
        platform.ask("PUT", f"accounts/{account.app_id}", {"url": url, "oauth_domain": host})
    if "head" in app_ids:
        platform.ask("PUT", f"accounts/{app_ids['head']}/auto-replies", CONSOLE)
        _seat(platform, agents, app_ids["head"])
    return {
        one.id: platform.ask("GET", f"travellers/{one.id}")["accounts"][app_ids[one.account]]["openid"]
        for one in here
    }


def has_lost_our_codes(platform: Platform, app_id: str) -> bool:
    """Tell whether the simulator began afresh and knows no code of this account."""
    return not platform.codes(app_id)


def _meet(platform: Platform, traveller: TravellerFacts, app_id: str) -> None:
    facts = {"id": traveller.id, "name": traveller.name}
    platform.ask("POST", "travellers", facts | ({"phone": traveller.phone} if traveller.phone else {}))
    for act in ("follow", "unfollow") if traveller.left else ("follow",):
        try:
            platform.act(traveller.id, act, account=app_id, wait=False)
        except SimulatorRefused as error:
            if error.status != ALREADY:
                raise


def _seat(platform: Platform, agents: Sequence[AgentFacts], app_id: str) -> None:
    """Seat the agents. Whether they are there is said once; later whoever plays them decides."""
    rows = platform.ask("GET", f"agents?account={app_id}")["agents"]
    seated = {row["kf_account"] for row in rows}
    for agent in agents:
        kf_account = f"{agent.kf_name}@yizhan_head"
        if kf_account not in seated:
            facts: dict[str, Any] = {
                "account": app_id,
                "nickname": agent.nickname,
                "auto_accept": 5,
                "status": "online" if agent.online else "offline",
            }
            platform.ask("PUT", f"agents/{quote(kf_account)}", facts)
