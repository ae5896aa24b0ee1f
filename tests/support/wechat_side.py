"""WeChat's side of a test: a simulated platform that knows the test's accounts, and what it shows to fans."""

import json
from dataclasses import replace
from typing import Any

import requests

from bot.config import Config, WeChatConfig
from simulator.server import Server


class WeChatSide:
    """The platform at `server`, with the accounts of `config` enrolled there."""

    def __init__(self, server: Server, config: Config) -> None:
        self.server = server
        self.http = requests.Session()
        self.app_id = config.accounts[0].app_id
        for account in config.accounts:
            self.sim(
                "PUT",
                f"accounts/{account.app_id}",
                name=account.name,
                kind=account.kind,
                verified=True,
                app_secret=account.app_secret,
                token=account.token,
                encoding_aes_key=account.encoding_aes_key,
                mode=account.mode,
                mini_programs=["wx00000000000000aa"],
            )

    @staticmethod
    def reached(config: Config, server: Server) -> Config:
        """Return the settings with which our side reaches the platform."""
        return replace(config, wechat=WeChatConfig(api_base=server.url, timeout_seconds=20.0))

    def sim(self, method: str, where: str, /, **facts: Any) -> Any:
        answer = self.http.request(method, f"{self.server.url}/sim/{where}", json=facts or None, timeout=30)
        assert answer.status_code < 400, answer.text
        return answer.json()

    def follow(self, traveller: str = "alice") -> str:
        """Have somebody follow the first account; returns their OpenID."""
        self.sim("POST", "travellers", id=traveller, name=traveller)
        self.sim("POST", f"travellers/{traveller}/follow", account=self.app_id, wait=False)
        return str(self.sim("GET", f"travellers/{traveller}")["accounts"][self.app_id]["openid"])

    def token(self) -> str:
        """Return an access token that does not put ours out of force."""
        body = {
            "grant_type": "client_credential",
            "appid": self.app_id,
            "secret": "s" * 32,
        }
        answer = self.http.post(f"{self.server.url}/cgi-bin/stable_token", json=body, timeout=30)
        return str(answer.json()["access_token"])

    def call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Call the platform's interface as another program would."""
        answer = self.http.post(
            f"{self.server.url}{path}",
            params={"access_token": self.token()},
            data=json.dumps(body, ensure_ascii=False).encode(),  # WeChat refuses escaped Chinese
            timeout=30,
        )
        made: dict[str, Any] = answer.json()
        return made

    def menu(self, traveller: str | None = None) -> list[str]:
        """Return the menu a traveller sees as lines: names, and what a tap does."""
        who = f"&traveller={traveller}" if traveller else ""
        return lines(self.sim("GET", f"menu?account={self.app_id}{who}")["button"])

    def has_from_the_console(self, buttons: list[dict[str, Any]]) -> None:
        """Let the account have a menu that somebody made in WeChat's console."""
        account = self.server.platform.account(self.app_id)
        assert account is not None
        account.menu.button = buttons

    def fails(self, path: str, *, count: int = 1, **facts: Any) -> None:
        """Let the next calls of the path go wrong: with a code, or as if nobody were there."""
        self.sim("POST", "faults", path=path, count=count, **facts)

    def calls(self, path: str) -> int:
        """Return how often the path was called so far."""
        found = self.http.get(
            f"{self.server.url}/sim/calls", params={"path": path, "limit": 10000}, timeout=30
        )
        return len(found.json()["calls"])

    def close(self) -> None:
        self.http.close()


def lines(buttons: list[dict[str, Any]]) -> list[str]:
    """Return buttons as lines, those of a group after it and indented."""
    made = []
    for button in buttons:
        does = button.get("key") or button.get("url") or button.get("media_id") or ""
        made.append(f"{button['name']} {does}".strip())
        made += [f"  {line}" for line in lines(button.get("sub_button") or [])]
    return made
