"""What both small worlds of the faces' tests stand on: the control API in the words of the tests."""

import requests

APP_ID = "wx0123456789abcdef"


class Controlled:
    """A running simulator, asked over its control API."""

    def __init__(self, server):
        self.server = server
        self.url = server.url
        self.http = requests.Session()
        self.http.trust_env = False

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

    def act(self, traveller, act, **facts):
        return self.post(f"travellers/{traveller}/{act}", account=APP_ID, **facts)

    def openid(self, traveller):
        return self.get(f"travellers/{traveller}")["accounts"][APP_ID]["openid"]

    def close(self):
        self.http.close()
