"""The replies of an account's console, as rules of ours.

A keyword of the console's is compared wholly or as a part, ours a rule at a
time; so a rule with both kinds of keywords becomes two.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.db.revisions import bump
from bot.replies import rules
from bot.replies.bounds import LONGEST_WORD, MEDIA_ID, MOST_FOLLOW_UPS, MOST_VARIANTS, MOST_WORDS, TEXT_BYTES
from bot.replies.models import AutoReply, Choosing, Match, Trigger
from bot.replies.order import STEP
from bot.replies.rules import normal
from bot.wechat.replies import ARTICLES, FORBIDDEN

Document = dict[str, Any]
MATCHES = {"equal": Match.EXACT.value, "contain": Match.CONTAINS.value}
MEDIA = {"img": "image", "voice": "voice"}
# What a page says of a reply that is not taken over as it is.
NOTES = ("media", "video", "unknown", "too_long", "articles", "more_replies", "words", "nothing")


@dataclass(frozen=True, slots=True)
class Found:
    """One rule that would be made. `key` tells it from the others, and is the same next time."""

    key: str
    title: str
    trigger: str
    match: str
    words: tuple[str, ...]
    documents: tuple[Document, ...]
    is_random: bool
    enabled: bool
    notes: tuple[str, ...]

    @property
    def can_be_taken(self) -> bool:
        """Whether anything is left of it that we could say."""
        return bool(self.documents)


def found(info: Mapping[str, Any]) -> list[Found]:
    """Return the rules that the answer of WeChat describes; what is not understood is left out or noted."""
    made = []
    for name, flag, trigger, title in (
        ("add_friend_autoreply_info", "is_add_friend_reply_open", Trigger.FOLLOW, "关注回复（公众号后台）"),
        ("message_default_autoreply_info", "is_autoreply_open", Trigger.DEFAULT, "默认回复（公众号后台）"),
    ):
        if isinstance(info.get(name), Mapping):
            enabled = bool(info.get(flag))
            made.append(_made(title, trigger, Match.EXACT.value, (), [info[name]], enabled=enabled))
    listed = info.get("keyword_autoreply_info")
    is_open = bool(info.get("is_autoreply_open"))
    for rule in _mappings(listed.get("list") if isinstance(listed, Mapping) else None):
        made += _keyword_rules(rule, enabled=is_open)
    return made


def standing(rows: Iterable[AutoReply], one: Found, account_id: int) -> str:
    """Return `here` if a rule of ours already says this, `differs` if one says something else, else `new`."""
    same = [row for row in rows if row.account_id in {account_id, None} and _is_same_question(row, one)]
    if any(_answers(row) == list(one.documents) for row in same):
        return "here"
    return "differs" if same and one.trigger in {Trigger.KEYWORD, Trigger.EVENT_KEY} else "new"


def take(session: Session, wanted: Sequence[Found], *, account_id: int) -> list[AutoReply]:
    """Add rules for those of `wanted` that are new, after all others of their trigger, and return them.

    Called twice, even at once, it adds nothing the second time: whoever is
    second waits at the revision, and finds the first one's rules.
    """
    bump(session, "replies")
    rows = list(session.scalars(select(AutoReply)))
    added = []
    for one in wanted:
        if not one.can_be_taken or standing(rows, one, account_id) != "new":
            continue
        row = _row(one, account_id)
        lowest = select(func.min(AutoReply.priority)).where(AutoReply.trigger == one.trigger)
        row.priority = (session.scalar(lowest) or 0) - STEP
        rules.save(session, row)
        session.flush()
        rows.append(row)
        added.append(row)
    return added


def _row(one: Found, account_id: int) -> AutoReply:
    first, *others = one.documents
    return AutoReply(
        account_id=account_id,
        title=one.title,
        trigger=one.trigger,
        match=one.match,
        words=list(one.words),
        reply=first,
        variants=(others or None) if one.is_random else None,
        choosing=Choosing.RANDOM.value if one.is_random and others else None,
        follow_ups=[] if one.is_random else others,
        enabled=one.enabled,
    )


def _keyword_rules(rule: Mapping[str, Any], *, enabled: bool) -> list[Found]:
    words: dict[str, list[str]] = {}
    for word in _mappings(rule.get("keyword_list_info")):
        match, text = MATCHES.get(str(word.get("match_mode"))), str(word.get("content") or "").strip()
        if match and text:
            words.setdefault(match, []).append(text)
    replies = _mappings(rule.get("reply_list_info"))
    name = str(rule.get("rule_name") or "").strip() or "关键词回复（公众号后台）"
    is_random = rule.get("reply_mode") == "random_one"
    made = []
    for match, listed in sorted(words.items()):
        title = name if len(words) == 1 else f"{name[:56]}（{'全匹配' if match == Match.EXACT else '包含'}）"
        made.append(
            _made(title, Trigger.KEYWORD, match, listed, replies, enabled=enabled, is_random=is_random)
        )
    return made


def _made(
    title: str,
    trigger: Trigger,
    match: str,
    words: Sequence[str],
    replies: Iterable[Any],
    *,
    enabled: bool,
    is_random: bool = False,
) -> Found:
    notes: list[str] = []
    kept_words = [word for word in dict.fromkeys(words) if len(word) <= LONGEST_WORD][:MOST_WORDS]
    if len(kept_words) < len(set(words)):
        notes.append("words")
    articles = 1 if trigger is Trigger.KEYWORD else ARTICLES
    documents = [one for reply in replies if (one := _document(reply, articles, notes)) is not None]
    most = 1 + (MOST_VARIANTS if is_random else MOST_FOLLOW_UPS)
    if len(documents) > most:
        notes.append("more_replies")
    if not documents or (words and not kept_words):
        notes.append("nothing")
        documents = []
    key = hashlib.sha256(orjson.dumps([trigger.value, match, sorted(words), title])).hexdigest()[:24]
    return Found(
        key,
        title[:64],
        trigger.value,
        match,
        tuple(kept_words),
        tuple(documents[:most]),
        is_random,
        enabled,
        tuple(dict.fromkeys(notes)),
    )


def _document(reply: Any, articles: int, notes: list[str]) -> Document | None:
    """Return the reply as a document of ours; None, and a note, for what cannot be carried over."""
    kind = str(reply.get("type")) if isinstance(reply, Mapping) else ""
    content = str(reply.get("content") or "") if kind else ""
    if kind == "text" and content.strip():
        if len(content.encode()) > TEXT_BYTES:
            notes.append("too_long")
            return None
        return {"type": "text", "content": FORBIDDEN.sub("", content)}
    if kind in MEDIA and MEDIA_ID.fullmatch(content):
        notes.append("media")
        return {"type": MEDIA[kind], "media_id": content}
    if kind == "news":
        return _news(reply.get("news_info"), articles, notes)
    # A film comes as an address to download it from, without an id that a reply could name.
    notes.append("video" if kind == "video" else "unknown")
    return None


def _news(info: Any, most: int, notes: list[str]) -> Document | None:
    listed = _mappings(info.get("list") if isinstance(info, Mapping) else None)
    made = [
        {
            "title": str(one.get("title") or "")[:64],
            "description": str(one.get("digest") or "")[:120],
            "picture_url": str(one.get("cover_url") or "")[:500],
            "url": str(one.get("content_url") or "")[:500],
        }
        for one in listed
        if one.get("title") and one.get("content_url")
    ]
    if not made:
        notes.append("unknown")
        return None
    if len(made) > most or len(made) < len(listed):
        notes.append("articles")
    return {"type": "news", "articles": made[:most]}


def _is_same_question(row: AutoReply, one: Found) -> bool:
    if row.trigger != one.trigger:
        return False
    if one.trigger != Trigger.KEYWORD:
        return True
    return row.match == one.match and {normal(word) for word in row.words} == {normal(w) for w in one.words}


def _answers(row: AutoReply) -> list[Document]:
    return [*([row.reply] if row.reply else []), *(row.variants or []), *row.follow_ups]


def _mappings(listed: Any) -> list[Mapping[str, Any]]:
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
