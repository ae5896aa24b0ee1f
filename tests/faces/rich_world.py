"""A platform with one account, its bot, its menu and codes, in the words of the faces' tests."""

import copy

from tests.faces.rich_bot import APP_ID, MENU, RichBot
from tests.faces.skeleton import Controlled


class World(Controlled):
    """A running simulator and a bot on it."""

    def __init__(self, server):
        super().__init__(server)
        self.bot = RichBot()
        account = self.put(
            f"accounts/{APP_ID}",
            name="春秋旅行",
            wechat_id="spring-travel",
            token="t",
            url=f"{self.bot.url}/wechat",
            oauth_domain="127.0.0.1",
            mini_programs=["wxmini0001"],
        )
        self.bot.join(self.url, account["app_secret"])
        menu = copy.deepcopy(MENU)
        menu["button"][1]["sub_button"][0]["url"] = f"{self.bot.url}/me"
        answer = self.bot.call("/cgi-bin/menu/create", **menu)
        assert answer["errcode"] == 0, answer
        self.codes = [self.bot.code(f"shop-{number}") for number in (7, 8, 9)]

    def close(self):
        self.bot.close()
        super().close()

    def traveller(self, name, number, **facts):
        return self.post("travellers", id=number, name=name, **facts)
