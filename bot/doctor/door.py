"""The way in: would a push signed as WeChat signs it be understood, here and at the public address?"""

import secrets
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import requests

from bot.arrivals import Answer, Outcome
from bot.config import AccountConfig, WebhookConfig
from bot.doctor.findings import Finding, failed, good, wrong
from bot.router import Served
from bot.runtime import Runtime
from bot.told import told
from bot.webhook import Push, Request, Webhook, door
from bot.wechat.crypto import Cryptor, signature
from bot.wechat.replies import Text

PROBE = b"<xml><ToUserName>gh</ToUserName><FromUserName>oDoctor</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType><Content>probe</Content><MsgId>1</MsgId></xml>"  # noqa: E501
SECONDS = 5


def signatures(runtime: Runtime) -> Iterator[Finding]:
    """Send a probe through our own door in each of the three modes, with its secrets; store nothing."""
    for account in runtime.config.accounts:
        for mode in ("plain", "compatible", "safe"):
            if mode != "plain" and not account.encoding_aes_key:
                continue
            status = _try(account, mode)
            subject = told("%(account)s: signature, %(mode)s", account=account.name, mode=mode)
            if status.startswith("200"):
                yield good(subject, told("understood"))
            else:
                remedy = told("copy token and encoding_aes_key from the console again, without spaces")
                yield wrong(subject, status, remedy)


def public_address(runtime: Runtime) -> Iterator[Finding]:
    """Do at the public address what the console does when one saves the server URL (protocol §1.1)."""
    base = runtime.config.server.public_url.rstrip("/")
    if not base:
        return
    for account in runtime.config.accounts:
        subject = told("%(account)s: URL check", account=account.name)
        url = f"{base}/wechat/{account.name}"
        echo = secrets.token_hex(8)
        query = {**_signed(account.token), "echostr": echo}
        try:
            answer = requests.get(url, params=query, timeout=SECONDS, allow_redirects=False)
        except requests.RequestException as error:
            remedy = told("nothing answers at %(url)s: check DNS, firewall, proxy, and `bot web`", url=url)
            yield failed(subject, error, remedy)
            continue
        if answer.status_code == 200 and answer.text == echo:
            yield good(subject, url)
        else:
            seen = told("%(url)s answered %(status)s", url=url, status=answer.status_code)
            yield wrong(subject, seen, _meaning(answer.status_code))


def _meaning(status: int) -> str:
    if 300 <= status < 400:
        return told("WeChat does not follow redirects: give the console the final address")
    return {
        403: told("the server there has another token, or its clock is off"),
        404: told("the proxy does not pass /wechat/ on, or the server there has no such account"),
        200: told("something else answers there, or adds to the answer (BOM, line break, HTML)"),
    }.get(status, told("look at that server's log"))


def _signed(token: str) -> dict[str, str]:
    timestamp, nonce = str(int(time.time())), secrets.token_hex(4)
    return {"signature": signature(token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}


def _try(account: AccountConfig, mode: str) -> str:
    """Return the status line of a probe that goes in and is answered without a database."""
    from dataclasses import replace

    served = Served(0, account.name, account.kind)
    one = door(served, replace(account, mode=mode, original_id=""))  # type: ignore[arg-type]
    webhook = Webhook(WebhookConfig(), [one])
    query, body = _signed(account.token), PROBE
    if mode != "plain":
        encrypted = Cryptor(account.encoding_aes_key, account.app_id).encrypt(PROBE)
        query |= {
            "encrypt_type": "aes",
            "msg_signature": signature(account.token, query["timestamp"], query["nonce"], encrypted),
        }
        body = f"<xml><ToUserName>gh</ToUserName><Encrypt>{encrypted}</Encrypt></xml>".encode()
    found = webhook.receive(Request("POST", f"/wechat/{account.name}", urlencode(query), body))
    if isinstance(found, Push):
        found = webhook.respond(found, Answer(Outcome.ANSWERED, Text("probe")))
    return found.line
