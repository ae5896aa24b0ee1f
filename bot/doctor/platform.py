"""WeChat as it answers us: token and IP list, clocks, rights of the account's kind, the console's menu."""

import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime

import requests

from bot.doctor.findings import Finding, advice, failed, good, wrong
from bot.errors import BadRequest, CredentialsRefused, NotPermitted, WeChatError
from bot.runtime import Runtime
from bot.told import told
from bot.wechat.gateway import AccountGateway

SKEW = 30
SECONDS = 5
REAL = "https://api.weixin.qq.com"


def credentials(runtime: Runtime) -> Iterator[Finding]:
    """Ask for something harmless with each account's token: secret, IP list and token in one."""
    for name in runtime.accounts:
        line = runtime.wechat.of(name)
        line.reset()  # look afresh, whatever was concluded earlier
        try:
            addresses = line.callback_ips()
        except WeChatError as error:
            subject = told("%(account)s: token", account=name)
            yield failed(subject, error, error.remedy or told("see docs/operations.md"))
            continue
        seen = told("accepted; WeChat pushes from %(n)s addresses", n=len(addresses))
        yield good(told("%(account)s: token", account=name), seen)


def clock(runtime: Runtime) -> Iterator[Finding]:
    """Compare our clock with the platform's: pushes further off than the freshness window are refused."""
    base = runtime.config.wechat.api_base or REAL
    try:
        before = time.time()
        answer = requests.head(base, timeout=SECONDS, allow_redirects=False)
        theirs = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (requests.RequestException, KeyError, ValueError) as error:
        remedy = told("%(url)s does not answer: check the network, proxy, or [wechat] api_base", url=base)
        yield failed(told("clock"), error, remedy)
        return
    skew = abs(theirs - (before + time.time()) / 2)
    if skew > SKEW:
        remedy = told("start a time service (chrony, systemd-timesyncd)")
        yield wrong(told("clock"), told("%(n)s s off", n=round(skew)), remedy)
    else:
        yield good(told("clock"), told("within %(n)s s of WeChat's", n=max(round(skew), 1)))


# What this release uses, each asked for by a call that only reads.
RIGHTS: dict[str, Callable[[AccountGateway], object]] = {
    "fans (用户管理)": lambda line: line.followers(),
    "tags (标签)": lambda line: line.tag_list(),
    "customer service (客服)": lambda line: line.online_agents(),
    "menu (自定义菜单)": lambda line: line.menu_get(),
}


def rights(runtime: Runtime) -> Iterator[Finding]:
    """Ask which of the interfaces we use the account may call (protocol §11.1)."""
    for name, account in runtime.accounts.items():
        line = runtime.wechat.of(name)
        for ability, ask in RIGHTS.items():
            subject = told("%(account)s: %(right)s", account=name, right=ability)
            try:
                ask(line)
            except NotPermitted as error:
                yield advice(
                    subject,
                    told("not granted (%(code)s)", code=error.code),
                    told("have the %(kind)s account verified (微信认证), or go without", kind=account.kind),
                )
            except CredentialsRefused:
                break  # reported with the token
            except BadRequest as error:
                yield failed(subject, error, told("tell us: this release asks in a way WeChat does not take"))
            except WeChatError as error:
                yield failed(subject, error, error.remedy or told("try again in a minute"))
            else:
                yield good(subject, told("granted"))


def console_menu(runtime: Runtime) -> Iterator[Finding]:
    """Tell whether the menu was made in the console: turning the server URL on stops that one."""
    for name in runtime.accounts:
        try:
            menu = runtime.wechat.of(name).current_menu()
        except WeChatError:
            continue  # reported with the rights
        buttons = menu.get("selfmenu_info", {}).get("button", [])
        if any(button.get("type") in {"text", "img", "news", "video", "voice"} for button in buttons):
            yield advice(
                told("%(account)s: menu", account=name),
                told("made in the console; it stops working when the server URL is turned on"),
                told("write its buttons down before you turn it on"),
            )
