"""A stand-in for somebody's bot: records what is pushed to it and answers what it is told to."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Bot:
    """Answers each push with `answer(query, body)`; a text, or a (status, text) pair."""

    def __init__(self):
        self.received = []
        self.answer = lambda query, body: "success"
        self.echo = None
        self.drip = 0.0  # seconds between single bytes of an answer
        bot = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                query = {name: each[0] for name, each in parse_qs(urlsplit(self.path).query).items()}
                self._respond(200, bot.echo or query.get("echostr", ""))

            def do_POST(self):
                query = {name: each[0] for name, each in parse_qs(urlsplit(self.path).query).items()}
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                bot.received.append((query, body))
                answer = bot.answer(query, body)
                status, text = answer if isinstance(answer, tuple) else (200, answer)
                self._respond(status, text)

            def _respond(self, status, text):
                content = text.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if not bot.drip:
                    self.wfile.write(content)
                    return
                for number in range(len(content)):
                    time.sleep(bot.drip)
                    self.wfile.write(content[number : number + 1])

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # the platform hung up, as it does after five seconds

        self._http = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/wechat"

    def close(self):
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def wait_for(self, count, timeout=60.0):
        end = time.monotonic() + timeout
        while len(self.received) < count and time.monotonic() < end:
            time.sleep(0.01)
        return self.received


def text_reply(body, content):
    """A text reply to a plain push."""
    from simulator import xml

    fields = xml.parse(body)
    return xml.render(
        {
            "ToUserName": fields["FromUserName"],
            "FromUserName": fields["ToUserName"],
            "CreateTime": int(fields["CreateTime"]),
            "MsgType": "text",
            "Content": content,
        }
    )
