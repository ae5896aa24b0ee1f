"""A small bot with a web site, for looking at the faces: it answers with every kind of reply."""

import hashlib
import io
import json
import threading
import time
from urllib.parse import quote

import flask
import qrcode
import requests
from PIL import Image, ImageDraw
from werkzeug.serving import make_server

from simulator import xml
from tests.faces.skeleton import APP_ID

HOSTILE = '<img src=x onerror="window.parent.hacked=1"><script>window.hacked=1</script><a href="javascript:window.hacked=1">点我</a>'


class RichBot:
    """Keywords: 文章 菜单 客服 图片 恶意 崩溃 链接 慢; everything else is echoed."""

    def __init__(self):
        self.received = []
        self.visits = []
        self.greeting = "欢迎来到人民广场店，王珊正在为您服务。\n回复「菜单」看看我能做什么。"
        self._http = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()
        self.session = requests.Session()
        self.session.trust_env = False
        self.platform = self.secret = self._token = ""

    def close(self):
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        self.session.close()

    def join(self, platform, secret):
        self.platform, self.secret = platform, secret

    def token(self):
        if not self._token:
            query = {"grant_type": "client_credential", "appid": APP_ID, "secret": self.secret}
            self._token = self.session.get(f"{self.platform}/cgi-bin/token", params=query).json()[
                "access_token"
            ]
        return self._token

    def call(self, path, **body):
        # WeChat refuses menus whose Chinese is escaped.
        text = json.dumps(body, ensure_ascii=False).encode()
        for _ in range(2):
            query = {"access_token": self.token()}
            answer = self.session.post(f"{self.platform}{path}", params=query, data=text).json()
            if answer.get("errcode") not in (40001, 42001):
                break
            self._token = ""  # too old
        return answer

    def send(self, openid, kind, **content):
        return self.call("/cgi-bin/message/custom/send", touser=openid, msgtype=kind, **{kind: content})

    def upload(self, kind, name, content, content_type):
        answer = self.session.post(
            f"{self.platform}/cgi-bin/media/upload",
            params={"access_token": self.token(), "type": kind},
            files={"media": (name, content, content_type)},
        ).json()
        return answer.get("media_id") or answer["thumb_media_id"]

    def code(self, scene):
        body = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": scene}}}
        return self.call("/cgi-bin/qrcode/create", **body)

    def _reply(self, fields, **content):
        whole = {
            "ToUserName": fields["FromUserName"],
            "FromUserName": fields["ToUserName"],
            "CreateTime": int(time.time()),
            **content,
        }
        return flask.Response(xml.render(whole), mimetype="text/xml")

    def _answer(self, fields):
        if fields["MsgType"] == "event":
            if fields["Event"] == "subscribe":
                return self._reply(fields, MsgType="text", Content=self.greeting)
            if fields["Event"] == "SCAN":
                return self._reply(fields, MsgType="text", Content=f"您又扫了 {fields['EventKey']}")
            if fields["Event"] == "CLICK":
                return self._reply(fields, MsgType="text", Content=f"您点了 {fields['EventKey']}")
            return "success"
        if fields["MsgType"] != "text":
            return self._reply(fields, MsgType="text", Content=f"收到{fields['MsgType']}")
        text = fields["Content"] or ""
        if text == "文章":
            article = {
                "Title": "三天两晚，江南慢行",
                "Description": "乌镇、西塘与南浔，六人成团，人民广场店可报名。",
                "PicUrl": f"{self.url}/cover.png",
                "Url": f"{self.url}/trip?id=7",
            }
            return self._reply(fields, MsgType="news", ArticleCount=1, Articles={"item": [article]})
        if text == "客服":
            return self._reply(fields, MsgType="transfer_customer_service")
        if text == "恶意":
            return self._reply(fields, MsgType="text", Content=HOSTILE)
        if text == "链接":
            content = (
                f'请<a href="{self.url}/trip?id=7&amp;from=chat">点这里查看行程</a>，或打开 {self.url}/trip'
            )
            return self._reply(fields, MsgType="text", Content=content)
        if text == "崩溃":
            return flask.Response("oops", 500)
        return self._reply(fields, MsgType="text", Content=f"您说：{text}")

    def _app(self):
        app = flask.Flask(__name__)
        app.secret_key = "not a secret"
        app.config.update(SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SECURE=True)

        @app.get("/wechat")
        def check():
            return flask.request.args.get("echostr", "")

        @app.post("/wechat")
        def push():
            fields = xml.parse(flask.request.get_data(as_text=True))
            self.received.append(fields)
            return self._answer(fields)

        @app.after_request
        def strict(response):
            response.headers["X-Frame-Options"] = "DENY"
            response.headers["Content-Security-Policy"] = (
                "default-src 'self'; frame-ancestors 'none'; script-src 'self' https://res.wx.qq.com"
            )
            return response

        @app.get("/me")
        def me():
            self.visits.append(dict(flask.request.headers))
            if "openid" not in flask.session:
                return self._authorise(flask.request.args.get("scope", "snsapi_base"), "/back")
            return PAGE.format(
                title="会员中心",
                body=f'<p id="who">{flask.session["openid"]}</p><p id="name">{flask.session.get("name", "")}</p>'
                '<form method="post" action="/bind"><label>手机号 <input name="phone"></label>'
                '<label>验证码 <input name="code" autocomplete="one-time-code"></label>'
                "<button>绑定</button></form>"
                f'<p><a href="{self.url}/trip?id=7">行程</a> <a href="/me?scope=snsapi_userinfo&again=1">完整资料</a>'
                ' <a href="http://intranet.example.com/">内网</a></p><img id="poster" src="/poster.png" alt="海报">',
            )

        @app.get("/login")
        def login():
            flask.session.clear()
            return self._authorise("snsapi_userinfo", "/back")

        @app.get("/back")
        def back():
            query = {
                "appid": APP_ID,
                "secret": self.secret,
                "code": flask.request.args["code"],
                "grant_type": "authorization_code",
            }
            grant = self.session.get(f"{self.platform}/sns/oauth2/access_token", params=query).json()
            flask.session["openid"] = grant["openid"]
            if grant["scope"] == "snsapi_userinfo":
                query = {"access_token": grant["access_token"], "openid": grant["openid"]}
                info = self.session.get(f"{self.platform}/sns/userinfo", params=query)
                info.encoding = "utf-8"
                flask.session["name"] = info.json().get("nickname", "")
            return flask.redirect("/me")

        @app.post("/bind")
        def bind():
            flask.session["phone"] = flask.request.form["phone"]
            return PAGE.format(title="绑定成功", body=f'<p id="bound">{flask.request.form["code"]}</p>')

        @app.get("/api/hello")
        def hello():
            return {"openid": flask.session.get("openid"), "agent": flask.request.headers["User-Agent"]}

        @app.get("/trip")
        def trip():
            return PAGE.format(
                title="江南慢行", body=f'<p id="trip">{flask.request.args.get("id")}</p><p id="api"></p>'
            ).replace(
                "</body>",
                '<script src="https://res.wx.qq.com/open/js/jweixin-1.6.0.js"></script><script src="/trip.js"></script></body>',
            )

        @app.get("/sdk.json")
        def sdk():
            page = flask.request.args["page"]
            ticket = self.session.get(
                f"{self.platform}/cgi-bin/ticket/getticket",
                params={"access_token": self.token(), "type": "jsapi"},
            ).json()["ticket"]
            text = f"jsapi_ticket={ticket}&noncestr=abc&timestamp=1760000000&url={page}"
            signature = hashlib.sha1(text.encode()).hexdigest()
            return {"appId": APP_ID, "timestamp": 1760000000, "nonceStr": "abc", "signature": signature}

        @app.get("/trip.js")
        def trip_script():
            return flask.Response(TRIP % self.url, mimetype="text/javascript")

        @app.get("/hostile")
        def hostile():
            return PAGE.format(title="恶意", body='<p id="said">…</p>').replace(
                "</body>", '<script src="/hostile.js"></script></body>'
            )

        @app.get("/hostile.js")
        def hostile_script():
            return flask.Response(HOSTILE_SCRIPT % self.platform, mimetype="text/javascript")

        @app.get("/poster.png")
        def poster():
            out = io.BytesIO()
            qrcode.make(self.code("shop-9")["url"]).save(out, "PNG")
            return flask.Response(out.getvalue(), mimetype="image/png")

        @app.get("/cover.png")
        def cover():
            return flask.Response(landscape(), mimetype="image/png")

        return app

    def _authorise(self, scope, back):
        target = quote(f"{self.url}{back}", safe="")
        return flask.redirect(
            f"https://open.weixin.qq.com/connect/oauth2/authorize?appid={APP_ID}&redirect_uri={target}"
            f"&response_type=code&scope={scope}&state=s1#wechat_redirect"
        )


PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title></head>
<body><h1>{title}</h1>{body}</body></html>"""

TRIP = """
(async () => {
  const answer = await (await fetch('/api/hello')).json();
  document.getElementById('api').textContent = JSON.stringify(answer) + navigator.userAgent;
  const page = '%s' + '/trip' + location.search;
  const signed = await (await fetch('/sdk.json?page=' + encodeURIComponent(page))).json();
  wx.error((problem) => { document.body.dataset.sdk = problem.errMsg; });
  wx.ready(() => {
    document.body.dataset.sdk = 'ready';
    wx.updateAppMessageShareData({ title: '江南慢行', desc: '六人成团', link: page, imgUrl: '', success: () => { document.body.dataset.shared = 'yes'; } });
  });
  wx.config({ ...signed, jsApiList: ['updateAppMessageShareData', 'scanQRCode'] });
})();
"""

HOSTILE_SCRIPT = """
(async () => {
  const said = [];
  const tries = {
    parent: async () => String(window.parent.document.title),
    control: async () => (await fetch('%s/sim/travellers')).status,
    post: async () => (await fetch('/phone/web/x/sim/reset', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' })).status,
    top: async () => { window.top.location = 'about:blank'; return 'moved'; },
  };
  for (const [name, run] of Object.entries(tries)) {
    try { said.push(name + ':' + await run()); } catch (error) { said.push(name + ':refused'); }
  }
  document.getElementById('said').textContent = said.join(' ');
})();
"""


def landscape(width=640, height=272):
    picture = Image.new("RGB", (width, height), "#bcd9d2")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((430, 40, 500, 110), fill="#fbe3b0")
    for row, colour in enumerate(("#8fb9ad", "#5f9789", "#2f6f61")):
        top = 120 + row * 45
        points = [(0, height)]
        points += [(x, top + ((x // 40 * 37 + row * 53) % 60)) for x in range(0, width + 40, 40)]
        draw.polygon([*points, (width, height)], fill=colour)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


MENU = {
    "button": [
        {"type": "click", "name": "今日特价", "key": "DEAL_TODAY"},
        {
            "name": "服务",
            "sub_button": [
                {"type": "view", "name": "会员中心", "url": ""},
                {"type": "scancode_waitmsg", "name": "扫码验货", "key": "SCAN_CHECK"},
                {"type": "pic_sysphoto", "name": "拍照报修", "key": "PHOTO_FIX"},
                {"type": "location_select", "name": "附近门店", "key": "NEAR"},
            ],
        },
        {"type": "click", "name": "人工客服", "key": "HUMAN"},
    ]
}
