"""The control API in the words of the tests, and the platform's API with a token in hand."""

import requests

APP_ID = "wx0123456789abcdef"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


class Control:
    """The control API, and the platform's API with a token in hand."""

    def __init__(self, server):
        self.server = server
        self.url = server.url
        self.http = requests.Session()
        self.http.trust_env = False
        self._token = None

    def ask(self, method, path, body=None, expect=200, /):
        response = self.http.request(
            method, f"{self.url}/sim/{path}", json=body if body is not None or method == "GET" else {}
        )
        assert response.status_code == expect, response.text
        return response.json()

    def get(self, path, status=200):
        return self.ask("GET", path, None, status)

    def post(self, path, expect=200, /, **body):
        return self.ask("POST", path, body, expect)

    def put(self, path, expect=200, /, **body):
        return self.ask("PUT", path, body, expect)

    def delete(self, path, status=200):
        return self.ask("DELETE", path, None, status)

    def act(self, traveller, act, expect=200, /, **body):
        return self.post(f"travellers/{traveller}/{act}", expect, account=APP_ID, **body)

    def openid(self, traveller, account=APP_ID):
        return self.get(f"travellers/{traveller}")["accounts"][account]["openid"]

    def chat(self, traveller):
        return self.get(f"travellers/{traveller}/chat?account={APP_ID}")["bubbles"]

    def token(self, account=APP_ID):
        secret = self.get(f"accounts/{account}")["app_secret"]
        query = {"grant_type": "client_credential", "appid": account, "secret": secret}
        return self.http.get(f"{self.url}/cgi-bin/token", params=query).json()["access_token"]

    def api(self, path, body=None, method=None, **query):
        """Call the platform as the default account; a body means POST."""
        if self._token is None:
            self._token = self.token()
        method = method or ("GET" if body is None else "POST")
        query = {"access_token": self._token, **query}
        answer = self.http.request(method, f"{self.url}{path}", params=query, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def code(self, path, body=None, method=None, **query):
        return self.api(path, body, method, **query).get("errcode", 0)
