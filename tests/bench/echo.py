"""The peer: wechatpy's documented echo under Flask, in all modes.

The body of `wechat` is wechatpy's own `examples/echo`, with this benchmark's
account and the two routes folded into one.
"""

from flask import Flask, abort, request
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException
from wechatpy.utils import check_signature

from tests.bench.pushes import AES_KEY, TOKEN, app_id

application = Flask(__name__)


@application.route("/wechat/<mode>", methods=["GET", "POST"])
def wechat(mode):
    signature = request.args.get("signature", "")
    timestamp = request.args.get("timestamp", "")
    nonce = request.args.get("nonce", "")
    encrypt_type = request.args.get("encrypt_type", "raw")
    msg_signature = request.args.get("msg_signature", "")
    try:
        check_signature(TOKEN, signature, timestamp, nonce)
    except InvalidSignatureException:
        abort(403)
    if request.method == "GET":
        return request.args.get("echostr", "")
    if encrypt_type == "raw":
        msg = parse_message(request.data)
        return create_reply(msg.content, msg).render()
    crypto = WeChatCrypto(TOKEN, AES_KEY, app_id(mode))
    try:
        decrypted = crypto.decrypt_message(request.data, msg_signature, timestamp, nonce)
    except (InvalidSignatureException, InvalidAppIdException):
        abort(403)
    msg = parse_message(decrypted)
    return crypto.encrypt_message(create_reply(msg.content, msg).render(), nonce, timestamp)
