"""A small world for the faces: an account, a bot that hands people to the desk, a few travellers."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from simulator import xml
from simulator.crypto import sign
from tests.faces.skeleton import APP_ID, Controlled

TOKEN = "simtoken2026"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


class Bot:
    """Refuses wrong signatures, hands those who ask for 人工 to the desk, repeats what others say."""

    def __init__(self):
        self.received = []
        bot = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                query = self._query()
                right = query.get("signature") == sign(TOKEN, query["timestamp"], query["nonce"])
                self._respond(200 if right else 403, query.get("echostr", ""))

            def do_POST(self):
                query = self._query()
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if query.get("signature") != sign(TOKEN, query["timestamp"], query["nonce"]):
                    self._respond(403, "wrong signature")
                    return
                fields = xml.parse(body)
                bot.received.append(fields)
                self._respond(200, bot.answer(fields))

            def _query(self):
                return {name: each[0] for name, each in parse_qs(urlsplit(self.path).query).items()}

            def _respond(self, status, text):
                content = text.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/wechat/head"

    def answer(self, fields):
        said = fields.get("Content", "")
        if fields["MsgType"] != "text":
            return "success"
        kind = "transfer_customer_service" if "人工" in said else "text"
        return xml.render(
            {
                "ToUserName": fields["FromUserName"],
                "FromUserName": fields["ToUserName"],
                "CreateTime": int(fields["CreateTime"]),
                "MsgType": kind,
                **({"Content": f"收到：{said}"} if kind == "text" else {}),
            }
        )

    def close(self):
        self._http.shutdown()
        self._http.server_close()


class World(Controlled):
    """An account with its bot, and three travellers who follow it."""

    def __init__(self, server):
        super().__init__(server)
        self.bot = Bot()
        self.put(
            f"accounts/{APP_ID}",
            name="驿站总社",
            wechat_id="yizhan",
            token=TOKEN,
            encoding_aes_key=KEY,
            url=self.bot.url,
            oauth_domain="127.0.0.1",
        )
        for number, name in (("chen", "陈晓"), ("zhou", "周敏"), ("wu", "吴昊")):
            self.post("travellers", id=number, name=name)
            self.act(number, "follow")

    def say(self, traveller, text):
        return self.act(traveller, "say", text=text)

    def agent(self, name, nickname, status="online", **more):
        return self.put(f"agents/{name}@yizhan", account=APP_ID, nickname=nickname, status=status, **more)

    def chat(self, traveller):
        return self.get(f"travellers/{traveller}/chat?account={APP_ID}&peek=1")["bubbles"]

    def send(self, traveller, text):
        """A customer-service message by the API; return its errcode."""
        secret = self.get(f"accounts/{APP_ID}")["app_secret"]
        wanted = {"grant_type": "client_credential", "appid": APP_ID, "secret": secret}
        token = self.http.post(f"{self.url}/cgi-bin/stable_token", json=wanted).json()["access_token"]
        body = {"touser": self.openid(traveller), "msgtype": "text", "text": {"content": text}}
        answer = self.http.post(
            f"{self.url}/cgi-bin/message/custom/send", params={"access_token": token}, json=body
        )
        return answer.json()["errcode"]

    def close(self):
        super().close()
        self.bot.close()
