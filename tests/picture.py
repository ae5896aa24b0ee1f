"""The README's picture: phone, service desk and control room of a running demo, side by side.

`make run` in one terminal, then `python -m tests.picture` in another; it writes
`docs/pictures/simulator.png`. Give another address as the argument.
"""

import sys
from io import BytesIO
from pathlib import Path

import requests
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.support.chromium import CHROMIUM, QUIET

PLACE = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "simulator.png"
PAPER = "#FAF8F4"
GAP = 36


def main(base: str) -> None:
    """Play a short visit, look at it from three sides, and put the three beside each other."""
    account, traveller, agent = visit(base)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        phone = look(browser, f"{base}/phone#who={traveller}&account={account}", (1440, 940), ".device")
        desk = look(browser, f"{base}/desk#{account}/{agent}", (1180, 880), "body", press="#mine button")
        control = look(browser, f"{base}/control#traffic", (1180, 880), "body")
        browser.close()
    beside(phone, desk, control).save(PLACE, optimize=True)


def visit(base: str) -> tuple[str, str, str]:
    """Have a traveller of the demo follow, ask and talk to an agent; return account, traveller and agent."""
    account = next(
        one
        for one in requests.get(f"{base}/sim/accounts", timeout=5).json()["accounts"]
        if one["kind"] == "service"
    )
    app_id: str = account["app_id"]
    code = requests.get(f"{base}/sim/codes", params={"account": app_id}, timeout=5).json()["codes"][0]
    travellers = requests.get(f"{base}/sim/travellers", timeout=5).json()["travellers"]
    one: str = travellers[0]["id"]
    act(base, one, "unfollow", account=app_id)
    act(base, one, "scan", account=app_id, scene=code["scene"])
    for words in ("营业时间", "想带父母去看银杏，十一月合适吗"):
        act(base, one, "say", account=app_id, text=words)
    agents = requests.get(f"{base}/sim/agents", params={"account": app_id}, timeout=5).json()["agents"]
    agent: str = next(each["kf_account"] for each in agents if each["sessions"])
    said = "您好，十一月上旬正好，腾冲银杏村六日游还有名额，老人走得不累。"
    facts = {"account": app_id, "traveller": one, "text": said}
    requests.post(f"{base}/sim/agents/{agent}/say", json=facts, timeout=5)
    act(base, one, "say", account=app_id, text="太好了，两位老人怎么收费？")
    return app_id, one, agent


def act(base: str, traveller: str, verb: str, **facts: str) -> None:
    requests.post(f"{base}/sim/travellers/{traveller}/{verb}", json=facts, timeout=20)


def look(browser: Browser, address: str, size: tuple[int, int], part: str, press: str = "") -> Image.Image:
    """Return how `part` of a page looks, after pressing `press`."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, device_scale_factor=1.5)
    page = context.new_page()
    page.goto(address)
    page.wait_for_timeout(2500)
    if press:
        page.locator(press).first.click()
        page.wait_for_timeout(800)
    picture = page.locator(part).first.screenshot() if part != "body" else page.screenshot()
    context.close()
    return Image.open(BytesIO(picture)).convert("RGB")


def beside(*pictures: Image.Image) -> Image.Image:
    """Return the pictures in a row, all as tall as the first."""
    height = 1000
    scaled = [
        one.resize((round(one.width * height / one.height), height), Image.Resampling.LANCZOS)
        for one in pictures
    ]
    width = sum(one.width for one in scaled) + GAP * (len(scaled) + 1)
    row = Image.new("RGB", (width, height + 2 * GAP), PAPER)
    left = GAP
    for one in scaled:
        row.paste(one, (left, GAP))
        left += one.width + GAP
    return row


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8090")
