"""A published article as a page, for the browser inside the phone."""

import flask

from simulator.clock import beijing
from simulator.platform import Platform


def page(platform: Platform, path: str) -> str:
    """The article at `/s/<id>` or `/s/<id>_<number>`; empty when there is none."""
    name, _, number = path.removeprefix("/s/").rpartition("_")
    # An id may itself contain an underscore, so the whole is tried first.
    tried = [(path.removeprefix("/s/"), 1)] + ([(name, int(number))] if number.isdecimal() else [])
    with platform.lock:
        for article_id, place in tried:
            for account in platform.state.accounts.values():
                found = account.publications.articles.get(article_id)
                if found is not None and 1 <= place <= len(found.articles):
                    article = found.articles[place - 1]
                    day = beijing(found.updated).strftime("%Y-%m-%d")
                    return flask.render_template_string(PAGE, article=article, account=account, day=day)
    return ""


# The content is the bot's own HTML; it runs in the frame of strange pages, as it does on a real phone.
PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{{ article.title }}</title>
<link rel="stylesheet" href="/phone/in-page/article.css"></head>
<body><main><h1>{{ article.title }}</h1>
<p class="by">{{ article.author or "" }} <b>{{ account.name }}</b> {{ day }}</p>
<article>{{ (article.content or "")|safe }}</article></main></body></html>"""
