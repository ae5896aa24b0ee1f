"""The way in: would a push signed as WeChat signs it be understood, here and at the public address?"""

import io
import secrets
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import requests

from bot.config import AccountConfig, WebhookConfig
from bot.doctor.findings import Finding, failed, good, wrong
from bot.intake import Answer, Arrival, Outcome
from bot.router import Served
from bot.runtime import Runtime
from bot.webhook import Webhook, door
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
            subject = f"{account.name}: signature, {mode}"
            if status.startswith("200"):
                yield good(subject, "understood")
            else:
                yield wrong(
                    subject, status, "copy token and encoding_aes_key from the console again, without spaces"
                )


def public_address(runtime: Runtime) -> Iterator[Finding]:
    """Do at the public address what the console does when one saves the server URL (protocol §1.1)."""
    base = runtime.config.server.public_url.rstrip("/")
    if not base:
        return
    for account in runtime.config.accounts:
        subject = f"{account.name}: URL check"
        url = f"{base}/wechat/{account.name}"
        echo = secrets.token_hex(8)
        query = {**_signed(account.token), "echostr": echo}
        try:
            answer = requests.get(url, params=query, timeout=SECONDS, allow_redirects=False)
        except requests.RequestException as error:
            yield failed(
                subject, error, f"nothing answers at {url}: check DNS, firewall, proxy, and `bot web`"
            )
            continue
        if answer.status_code == 200 and answer.text == echo:
            yield good(subject, url)
        else:
            yield wrong(subject, f"{url} answered {answer.status_code}", _meaning(answer.status_code))


def _meaning(status: int) -> str:
    if 300 <= status < 400:
        return "WeChat does not follow redirects: give the console the final address"
    return {
        403: "the server there has another token, or its clock is off",
        404: "the proxy does not pass /wechat/ on, or the server there has no such account",
        200: "something else answers there, or adds to the answer (BOM, line break, HTML)",
    }.get(status, "look at that server's log")


def _signed(token: str) -> dict[str, str]:
    timestamp, nonce = str(int(time.time())), secrets.token_hex(4)
    return {"signature": signature(token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}


def _try(account: AccountConfig, mode: str) -> str:
    """Return the status line of a probe that goes in and is answered without a database."""
    from dataclasses import replace

    served = Served(0, account.name, account.kind)
    webhook = Webhook(
        WebhookConfig(),
        [door(served, replace(account, mode=mode, original_id=""))],  # type: ignore[arg-type]
        _answered,
        beyond=lambda *_: [],
    )
    query, body = _signed(account.token), PROBE
    if mode != "plain":
        encrypted = Cryptor(account.encoding_aes_key, account.app_id).encrypt(PROBE)
        query |= {
            "encrypt_type": "aes",
            "msg_signature": signature(account.token, query["timestamp"], query["nonce"], encrypted),
        }
        body = f"<xml><ToUserName>gh</ToUserName><Encrypt>{encrypted}</Encrypt></xml>".encode()
    lines: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": f"/wechat/{account.name}",
        "QUERY_STRING": urlencode(query),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    webhook(environ, lambda line, _headers: lines.append(line))
    return lines[0]


def _answered(_arrival: Arrival) -> Answer:
    return Answer(Outcome.ANSWERED, Text("probe"))
