"""A platform with one account, its bot, its menu and codes, in the words of the faces' tests."""

import copy

import requests

from tests.faces.rich_bot import APP_ID, MENU, RichBot


class World:
    """A running simulator and a bot on it."""

    def __init__(self, server):
        self.server = server
        self.url = server.url
        self.http = requests.Session()
        self.http.trust_env = False
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
        self.http.close()

    def ask(self, method, path, body=None):
        answer = self.http.request(method, f"{self.url}/sim/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, **body):
        return self.ask("POST", path, body)

    def put(self, path, **body):
        return self.ask("PUT", path, body)

    def traveller(self, name, number, **facts):
        return self.post("travellers", id=number, name=name, **facts)

    def act(self, traveller, act, **facts):
        return self.post(f"travellers/{traveller}/{act}", account=APP_ID, **facts)

    def openid(self, traveller):
        return self.get(f"travellers/{traveller}")["accounts"][APP_ID]["openid"]
