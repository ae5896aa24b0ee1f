"""Permanent material, drafts, published articles (protocol §8.1, §8.2, §8.6)."""

import json
from typing import Any

from simulator.api import media as media_calls
from simulator.api.gate import Answer, Call, Calls
from simulator.return_codes import Refused
from simulator.world import media, publishing
from simulator.world.publishing import Article

calls = Calls()
COUNTS = {"voice": "voice_count", "video": "video_count", "image": "image_count"}


@calls.upload("/cgi-bin/material/add_material", "material", bare=True)
def add_material(call: Call) -> Answer:
    """Keep a file for good; a video brings title and introduction."""
    kind = call.query.get("type") or call.request.form.get("type", "")
    owned = sum(each.permanent and each.type == kind for each in call.account.media.values())
    if owned >= call.settings.material_limits.get(kind, 1):
        raise Refused(45001)
    kept = media_calls.keep(call, kind, permanent=True)
    if kind == "video":
        text = call.request.form.get("description") or call.query.get("description") or "{}"
        try:
            description = json.loads(text)
        except ValueError as error:
            raise Refused(47001) from error
        kept.title, kept.introduction = (str(description.get(name, "")) for name in ("title", "introduction"))
    return {"media_id": kept.media_id, **({"url": kept.url} if kept.url else {})}


@calls.post("/cgi-bin/material/get_material", "material")
def get_material(call: Call) -> Answer:
    """The file; for a video its texts and address."""
    found = media_calls.find(call.account, call.body.get("media_id"))
    if found.type == "video":
        address = f"{call.platform.base_url}/mmbiz/{found.blob}"
        return {"title": found.title, "description": found.introduction, "down_url": address}
    return media_calls.raw(call, found)


@calls.post("/cgi-bin/material/del_material", "material")
def delete_material(call: Call) -> Answer:
    """Delete a file, unless a menu shows it."""
    found = media_calls.find(call.account, call.body.get("media_id"))
    if found.media_id in json.dumps(call.account.menu.button):
        raise Refused(48005)
    del call.account.media[found.media_id]
    return None


@calls.get("/cgi-bin/material/get_materialcount", "material", bare=True)
def count_material(call: Call) -> Answer:
    """How many files of each type are kept, and how many drafts."""
    kept = _permanent(call)
    counts = {name: sum(each.type == kind for each in kept) for kind, name in COUNTS.items()}
    return {**counts, "news_count": len(call.account.publications.drafts)}


@calls.post("/cgi-bin/material/batchget_material", "material", bare=True)
def list_material(call: Call) -> Answer:
    """A page of files of one type, newest first."""
    if call.body.get("type") not in COUNTS:
        raise Refused(40004)
    kept = [each for each in reversed(_permanent(call)) if each.type == call.body["type"]]
    rows = [
        {"media_id": each.media_id, "name": each.filename, "update_time": each.created, "url": each.url}
        for each in _page(call, kept)
    ]
    return {"total_count": len(kept), "item_count": len(rows), "item": rows}


@calls.post("/cgi-bin/draft/add", "material", bare=True)
def add_draft(call: Call) -> Answer:
    """Keep articles as a draft."""
    return {"media_id": publishing.add_draft(call.account, call.body.get("articles"), call.now).media_id}


@calls.post("/cgi-bin/draft/get", "material", bare=True)
def get_draft(call: Call) -> Answer:
    """The articles of a draft."""
    draft = publishing.draft(call.account, call.body.get("media_id"))
    times = {"create_time": draft.created, "update_time": draft.updated}
    return {"news_item": publishing.news_item(draft.articles), **times}


@calls.post("/cgi-bin/draft/delete", "material")
def delete_draft(call: Call) -> Answer:
    """Throw a draft away."""
    draft = publishing.draft(call.account, call.body.get("media_id"))
    del call.account.publications.drafts[draft.media_id]
    return None


@calls.post("/cgi-bin/draft/update", "material")
def update_draft(call: Call) -> Answer:
    """Replace one article; `articles` is one object here, not a list (protocol §8.2)."""
    draft = publishing.draft(call.account, call.body.get("media_id"))
    index = call.body.get("index")
    if not isinstance(index, int) or not 0 <= index < len(draft.articles):
        raise Refused(40060)
    draft.articles[index] = publishing.check_article(call.account, call.body.get("articles"))
    draft.updated = int(call.now)
    return None


@calls.get("/cgi-bin/draft/count", "material", bare=True)
def count_drafts(call: Call) -> Answer:
    """How many drafts there are."""
    return {"total_count": len(call.account.publications.drafts)}


@calls.post("/cgi-bin/draft/batchget", "material", bare=True)
def list_drafts(call: Call) -> Answer:
    """A page of drafts, newest first."""
    drafts = list(reversed(call.account.publications.drafts.values()))
    rows = [
        {"media_id": each.media_id, "content": _listed(call, each.articles), "update_time": each.updated}
        for each in _page(call, drafts)
    ]
    return {"total_count": len(drafts), "item_count": len(rows), "item": rows}


@calls.post("/cgi-bin/freepublish/submit", "material")
def publish(call: Call) -> Answer:
    """Ask for a draft to be published; PUBLISHJOBFINISH tells the end."""
    request = publishing.publish(call.account, call.body.get("media_id"))
    call.platform.later(call.settings.job_seconds, "publish", call.account, publish_id=request.publish_id)
    return {"publish_id": request.publish_id}


@calls.post("/cgi-bin/freepublish/get", "material", bare=True)
def publication(call: Call) -> Answer:
    """How far a publication is."""
    request = call.account.publications.requests.get(str(call.body.get("publish_id")))
    if request is None:
        raise Refused(53502)
    answer: dict[str, Any] = {"publish_id": request.publish_id, "publish_status": request.status}
    article = call.account.publications.articles.get(request.article_id)
    if article is not None:
        urls = publishing.article_urls(article.article_id, len(article.articles))
        items = [{"idx": number, "article_url": url} for number, url in enumerate(urls, start=1)]
        answer |= {"article_id": article.article_id, "article_detail": {"count": len(items), "item": items}}
    return {**answer, "fail_idx": [1] if request.status in (2, 4) else []}


@calls.post("/cgi-bin/freepublish/delete", "material")
def delete_publication(call: Call) -> Answer:
    """Take one article back, or all with index 0."""
    article = _article(call)
    index = call.body.get("index") or 0
    if not isinstance(index, int) or not 0 <= index <= len(article.articles):
        raise Refused(40060)
    if index:
        del article.articles[index - 1]
    if not index or not article.articles:
        del call.account.publications.articles[article.article_id]
    return None


@calls.post("/cgi-bin/freepublish/getarticle", "material", bare=True)
def get_article(call: Call) -> Answer:
    """A published article."""
    return _listed(call, _article(call).articles, _article(call))


@calls.post("/cgi-bin/freepublish/batchget", "material", bare=True)
def list_publications(call: Call) -> Answer:
    """A page of published articles, newest first."""
    articles = list(reversed(call.account.publications.articles.values()))
    rows = [
        {
            "article_id": each.article_id,
            "content": _listed(call, each.articles, each),
            "update_time": each.updated,
        }
        for each in _page(call, articles)
    ]
    return {"total_count": len(articles), "item_count": len(rows), "item": rows}


def _article(call: Call) -> Article:
    found = call.account.publications.articles.get(str(call.body.get("article_id")))
    if found is None:
        raise Refused(53600)
    return found


def _listed(call: Call, articles: list[dict[str, Any]], published: Article | None = None) -> dict[str, Any]:
    urls = publishing.article_urls(published.article_id, len(articles)) if published else None
    rows = publishing.news_item(articles, urls)
    if call.body.get("no_content") == 1:
        rows = [{**each, "content": ""} for each in rows]
    return {"news_item": rows}


def _permanent(call: Call) -> list[media.Media]:
    return [each for name, each in call.account.media.items() if each.permanent and name == each.media_id]


def _page(call: Call, rows: list[Any]) -> list[Any]:
    offset, count = call.body.get("offset", 0), call.body.get("count")
    if not isinstance(offset, int) or offset < 0 or not isinstance(count, int) or not 1 <= count <= 20:
        raise Refused(40035)
    return rows[offset : offset + count]
