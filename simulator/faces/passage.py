"""One request of the phone's browser on its way to a bot's site and back."""

import base64
from collections.abc import Iterator
from urllib.parse import parse_qs, urljoin, urlsplit

import flask
import requests

from simulator.faces import articles, reach, rewriting
from simulator.faces.browser import GO, WEB, Browser, Visit, asked_path, rest

LONGEST_PAGE = 16 * 1024 * 1024
NOT_SENT = {
    *("host", "cookie", "origin", "referer", "accept-encoding", "connection", "keep-alive", "content-length"),
    *("transfer-encoding", "upgrade", "te", "user-agent", "x-sim-traveller", "upgrade-insecure-requests"),
    *("if-none-match", "if-modified-since"),  # a page kept by the browser would show yesterday's links
}
NOT_RETURNED = {
    *("connection", "keep-alive", "transfer-encoding", "content-encoding", "content-length", "set-cookie"),
    *("x-frame-options", "content-security-policy", "content-security-policy-report-only", "location"),
    *("strict-transport-security", "referrer-policy", "clear-site-data", "link", "refresh", "server", "date"),
    *("cross-origin-opener-policy", "cross-origin-embedder-policy", "cross-origin-resource-policy", "etag"),
    *("service-worker-allowed", "report-to", "nel", "alt-svc", "cache-control", "expires", "last-modified"),
}


class Passage:
    """One request on its way through."""

    def __init__(self, browser: Browser, token: str, visit: Visit) -> None:
        self.browser = browser
        self.token = token
        self.visit = visit
        self.url = visit.origin + asked_path().removeprefix(f"{WEB}{token}")

    def go(self) -> flask.typing.ResponseReturnValue:
        """Fetch and hand over, or say why not."""
        try:
            target = reach.target(self.browser.platform, self.url, self.browser.own_ports)
            if target.is_article:
                page = articles.page(self.browser.platform, target.shown.path)
                return self._page(page.encode(), "text/html; charset=utf-8", 200 if page else 404, {})
            answer = self.browser.fetch(
                self.visit,
                self.url,
                method=flask.request.method,
                headers=self._headers(),
                data=flask.request.get_data(),
            )
            return self._handed_over(answer)
        except reach.Refusal as refusal:
            return self._told(f"{refusal}。", 403)
        except requests.RequestException as error:
            return self._told(f"打不开这个网页：{_reason(error)}。", 502)

    def _handed_over(self, answer: requests.Response) -> flask.typing.ResponseReturnValue:
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in NOT_RETURNED}
        if answer.is_redirect:
            location = urljoin(self.url, answer.headers["Location"])
            answer.close()
            code = 307 if answer.status_code == 308 else answer.status_code
            return flask.redirect(self._moved(location), code)
        kind = answer.headers.get("Content-Type", "")
        bot_policy = answer.headers.get("Content-Security-Policy", "")
        if "html" in kind and flask.request.method != "HEAD":
            content = answer.raw.read(LONGEST_PAGE, decode_content=True)
            answer.close()
            return self._page(content, kind, answer.status_code, headers, bot_policy)
        return flask.Response(_parts(answer), answer.status_code, headers | _fresh())

    def _page(
        self, content: bytes, kind: str, status: int, headers: dict[str, str], bot_policy: str = ""
    ) -> flask.Response:
        facts = {
            "token": self.token,
            "origin": self.visit.origin,
            "parent": _parent(self.browser),
            "agent": self.browser.agent(self.visit.traveller),
            "snapshot": self.visit.snapshot,
        }
        script = flask.render_template_string(
            '<script src="/phone/in-page/page.js"'
            '{% for name, value in facts.items() %} data-{{ name }}="{{ value }}"{% endfor %}></script>',
            facts=facts,
        )
        body = rewriting.page(content, self._placed, script) if content else content
        response = flask.Response(body, status, headers | _fresh(), content_type=kind)
        own = f"frame-ancestors {_parent(self.browser)}; connect-src 'self'; form-action 'self'"
        response.headers["Content-Security-Policy"] = own
        if bot_policy:  # both hold: what the bot forbids itself stays forbidden
            response.headers.add(
                "Content-Security-Policy", rewriting.policy(bot_policy, self.visit.origin) or own
            )
        return response

    def _told(self, text: str, status: int) -> flask.Response:
        if flask.request.headers.get("Sec-Fetch-Dest", "iframe") not in ("iframe", "document", "frame"):
            return flask.Response(text, status, mimetype="text/plain")
        page = flask.render_template_string(NOTICE, text=text, url=self.url)
        return self._page(page.encode(), "text/html; charset=utf-8", status, {})

    def _headers(self) -> dict[str, str]:
        sent = {
            name: value
            for name, value in flask.request.headers.items()
            if name.lower() not in NOT_SENT and not name.lower().startswith("sec-")
        }
        referrer = urlsplit(flask.request.headers.get("Referer", ""))
        prefix = f"{WEB}{self.token}"
        if referrer.path.startswith(f"{prefix}/"):
            sent["Referer"] = f"{self.visit.origin}{referrer.path.removeprefix(prefix)}" + (
                f"?{referrer.query}" if referrer.query else ""
            )
        if "Origin" in flask.request.headers:
            sent["Origin"] = self.visit.origin
        return sent

    def _moved(self, url: str) -> str:
        """Where a redirect leads under the proxy."""
        if (
            f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" == self.visit.origin
            and not self.visit.snapshot
        ):
            return f"{WEB}{self.token}{rest(url)}"
        snapshot = self.url if self._gave_virtual_person(url) else ""
        return self.browser.open(self.visit.traveller, url, snapshot or self._still_snapshot(url))

    def _gave_virtual_person(self, url: str) -> bool:
        asked = parse_qs(urlsplit(self.url).query)
        code = parse_qs(urlsplit(url).query).get("code", [""])[0]
        with self.browser.platform.lock:
            account = self.browser.platform.state.accounts.get(asked.get("appid", [""])[0])
            given = account.grants.codes.get(code) if account else None
            return given is not None and given.snapshot

    def _still_snapshot(self, url: str) -> str:
        return self.visit.snapshot if url.startswith(f"{self.visit.origin}/") else ""

    def _placed(self, url: str, is_link: bool) -> str | None:  # noqa: FBT001  (the shape `rewriting` asks for)
        """Where an address in the page leads under the proxy; None leaves it alone."""
        if "//res.wx.qq.com/open/js/jweixin" in url or "//res2.wx.qq.com/open/js/jweixin" in url:
            return "/phone/in-page/jweixin.js"
        if url.startswith("/") and not url.startswith("//"):
            return None if url.startswith("/phone/in-page/") else f"{WEB}{self.token}{url}"
        if not url.lower().startswith(("http://", "https://", "//")):
            return None
        whole = urljoin(self.url, url)
        parts = urlsplit(whole)
        if f"{parts.scheme}://{parts.netloc}" == self.visit.origin:
            return f"{WEB}{self.token}{rest(whole)}"
        if not is_link:
            return None
        return f"{GO}{self.token}/{base64.urlsafe_b64encode(whole.encode('latin-1', 'replace')).decode()}"


NOTICE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>无法打开</title>
<link rel="stylesheet" href="/phone/in-page/notice.css"></head>
<body><main><h1>无法打开网页</h1><p>{{ text }}</p><p><code>{{ url }}</code></p></main></body></html>"""


def _parent(browser: Browser) -> str:
    """The origin of the phone: the same host as this request, the main port."""
    host = urlsplit(f"//{flask.request.host}").hostname or "127.0.0.1"
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{urlsplit(browser.platform.base_url).port or 80}"


def _fresh() -> dict[str, str]:
    # Pages that come from the browser's own cache would keep another traveller's links.
    return {"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex"}


def _parts(answer: requests.Response) -> Iterator[bytes]:
    try:
        yield from answer.iter_content(64 * 1024)
    finally:
        answer.close()


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "服务器没有在 30 秒内回答"
    if isinstance(error, requests.exceptions.SSLError):
        return "它的证书不可信"
    if isinstance(error, requests.ConnectionError):
        return "连不上服务器，它在运行吗"
    return type(error).__name__
