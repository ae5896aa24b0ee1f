"""A bot such as wechatpy's own examples are: Flask, one address, all three modes, the settings from the environment.

Prints its address once it listens.
"""

import os

from flask import Flask, Response, abort, request
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException
from wechatpy.utils import check_signature
from werkzeug.serving import make_server

TOKEN = os.environ["WECHAT_TOKEN"]
CRYPTO = WeChatCrypto(TOKEN, os.environ["WECHAT_AES_KEY"], os.environ["WECHAT_APPID"])

app = Flask(__name__)


@app.get("/wechat")
def verify() -> str:
    _check()
    return request.args["echostr"]


@app.post("/wechat")
def answer() -> Response:
    _check()
    signed = [request.args.get(name, "") for name in ("msg_signature", "timestamp", "nonce")]
    encrypted = request.args.get("encrypt_type", "raw") != "raw"
    try:
        text = CRYPTO.decrypt_message(request.data, *signed) if encrypted else request.data
    except (InvalidSignatureException, InvalidAppIdException):
        abort(403)
    message = parse_message(text)
    said = message.content if message.type == "text" else f"no words for {message.type}"
    reply = create_reply(said, message).render()
    return Response(CRYPTO.encrypt_message(reply, signed[2], signed[1]) if encrypted else reply)


def _check() -> None:
    try:
        check_signature(TOKEN, *(request.args.get(name, "") for name in ("signature", "timestamp", "nonce")))
    except InvalidSignatureException:
        abort(403)


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(f"http://127.0.0.1:{server.server_port}/wechat", flush=True)
    server.serve_forever()
