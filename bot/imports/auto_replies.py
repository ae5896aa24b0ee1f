import re
from collections import defaultdict
from typing import Any

from sqlalchemy import select

from bot.audit import Subject
from bot.db.scope import beyond_scope
from bot.imports import notation, reply_codes
from bot.imports.looking import Cells, Kind, Look
from bot.imports.notation import Document, NotAReply
from bot.imports.reply_columns import (
    CHOOSINGS_READ,
    CHOOSINGS_SAID,
    FOLLOW_UPS,
    KINDS,
    MATCHES_READ,
    MATCHES_SAID,
    SWITCH,
    TRIGGERS_READ,
    TRIGGERS_SAID,
    VARIANTS,
    WEEK,
    columns,
    day,
    weekdays,
)
from bot.materials import documents as materials
from bot.materials.models import Material
from bot.organisation import directory
from bot.organisation.models import Shop
from bot.replies import order, rules
from bot.replies.bounds import (
    CLOCK,
    LONGEST_WORD,
    MOST_WORDS,
    TEXT_BYTES,
    longest,
)
from bot.replies.models import AutoReply, Match, Trigger
from bot.sheets import Column

ASKS = ("notify_desk", "asks_helped")
TRANSFER = "transfer_customer_service"
COLUMNS = (
    "title",
    "account_id",
    "shop_id",
    "channel_id",
    "trigger",
    "match",
    "words",
    "reply",
    "variants",
    "choosing",
    "follow_ups",
    *ASKS,
    "weekdays",
    "from_time",
    "until_time",
    "valid_from",
    "valid_until",
    "enabled",
    "priority",
)


class AutoReplies(Kind[AutoReply]):
    """自动回复: by id, else by title, trigger and account."""

    name = "auto_replies"
    model = AutoReply

    def make_columns(self) -> tuple[Column, ...]:
        """Return the columns; accounts are those of the settings, shops those in sight."""
        self._accounts = {name: key for key, name in self.around.accounts.items()}
        self._shops = {row.name: row.id for row in self.session.scalars(select(Shop).order_by(Shop.id))}
        return columns(self._accounts, self._shops)

    def load(self) -> None:
        """Remember the rules, and what shops say of themselves."""
        rows = list(self.session.scalars(select(AutoReply).order_by(AutoReply.id)))
        self._by_id = {row.id: row for row in rows}
        self._by_title: dict[Any, list[AutoReply]] = defaultdict(list)
        for row in rows:
            self._by_title[row.title, row.trigger, row.account_id].append(row)
        alive = select(Material.id, Material.kind).where(Material.archived_at.is_(None))
        self._materials = {row.id: row.kind for row in self.session.execute(alive)}
        with beyond_scope(self.session):  # every answer must fit every shop; travellers are told these facts
            self._facts = list(directory.load(self.session).values())
        self._account_names = dict(self.around.accounts)
        self._shop_names = {key: name for name, key in self._shops.items()}

    def name_of(self, cells: Cells) -> str:
        """Return the title."""
        return cells.get("title") or f"#{cells.get('id')}"

    def match(self, cells: Cells) -> AutoReply | None:
        """Return the rule with that id, else the one with that title, trigger and account."""
        is_named, row = self.by_id(cells, self._by_id)
        if is_named:
            return row
        trigger = TRIGGERS_READ.get(cells.get("trigger").casefold(), "")
        key = (cells.get("title"), trigger, self._accounts.get(cells.get("account")))
        self.once(key, cells, "title")
        found = self._by_title.get(key, [])
        if len(found) > 1:
            cells.wrong("title", "several", text=cells.get("title")[:40])
        return found[0] if found else None

    def read(self, cells: Cells, row: AutoReply | None) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the columns of the rule that the sheet gives; what it does not give stays."""
        facts: dict[str, Any] = {name: getattr(row, name) for name in COLUMNS} if row else _empty()
        facts["title"] = cells.text("title", longest=64)
        if cells.text("trigger", longest=16):
            facts["trigger"] = cells.choice("trigger", TRIGGERS_READ, facts["trigger"])
        is_keyword = facts["trigger"] == Trigger.KEYWORD
        facts["match"] = (
            cells.choice("match", MATCHES_READ, facts["match"]) if is_keyword else Match.EXACT.value
        )
        if cells.has("words"):
            facts["words"] = list(
                dict.fromkeys(filter(None, (one.strip() for one in cells.get("words").splitlines())))
            )
        self._check_words(cells, facts)
        self._messages(cells, facts)
        facts["choosing"] = (
            cells.choice("choosing", CHOOSINGS_READ, facts["choosing"] or "random")
            if facts["variants"]
            else None
        )
        self._asks(cells, facts)
        for key, known, code in (
            ("account", self._accounts, "no_such_account"),
            ("shop", self._shops, "no_such_shop"),
        ):
            if cells.has(key):
                facts[f"{key}_id"] = self._one_of(cells, key, known, code, row)
        facts["channel_id"] = reply_codes.read(self.session, cells, facts["account_id"], row)
        self._when(cells, facts)
        facts["enabled"] = cells.choice("enabled", SWITCH, facts["enabled"])
        priority = cells.number("priority")
        facts["priority"] = min(priority, 10**9) if priority is not None else facts["priority"]
        after = {key: text for key, text in self._said(facts).items() if cells.has(key) and key != "id"}
        if priority is None:
            after.pop("priority", None)
        return facts, after

    def shown(self, row: AutoReply) -> dict[str, str]:
        """Return the columns of a rule."""
        return {"id": str(row.id), **self._said({name: getattr(row, name) for name in COLUMNS})}

    def put(self, look: Look) -> AutoReply:
        """Write it; it answers within a second."""
        row = self.session.get_one(AutoReply, look.key) if look.key else AutoReply()
        facts = dict(look.facts)
        if facts["priority"] is None:
            facts["priority"] = order.first(self.session, facts["trigger"])
        with self.session.begin_nested():
            for name, value in facts.items():
                setattr(row, name, value)
            rules.save(self.session, row)
            self.session.flush()
        return row

    def said(self, row: AutoReply) -> dict[str, Any]:
        """Return the facts for the audit."""
        return {name: getattr(row, name) for name in COLUMNS}

    def _said(self, facts: dict[str, Any]) -> dict[str, str]:
        variants, after = facts["variants"] or [], facts["follow_ups"] or []
        said = {
            "title": facts["title"],
            "trigger": TRIGGERS_SAID.get(facts["trigger"], ""),
            "match": MATCHES_SAID.get(facts["match"], "") if facts["trigger"] == Trigger.KEYWORD else "",
            "words": "\n".join(facts["words"]),
            "reply": notation.said(facts["reply"]),
            "choosing": CHOOSINGS_SAID.get(facts["choosing"], ""),
            "account": self._account_names.get(facts["account_id"] or 0, ""),
            "shop": self._shop_names.get(facts["shop_id"] or 0, ""),
            "channel": reply_codes.scene_of(self.session, facts["channel_id"]),
            "weekdays": "".join(WEEK[int(digit) - 1] for digit in facts["weekdays"] or ""),
            "enabled": "是" if facts["enabled"] else "否",
            "priority": "" if facts["priority"] is None else str(facts["priority"]),
        }
        for name in ASKS:
            said[name] = "" if facts["trigger"] == Trigger.FOLLOW else "是" if facts[name] else "否"
        for name in ("from_time", "until_time", "valid_from", "valid_until"):
            said[name] = str(facts[name] or "")
        for keys, documents in ((VARIANTS, variants), (FOLLOW_UPS, after)):
            for place, key in enumerate(keys):
                said[key] = notation.said(documents[place]) if place < len(documents) else ""
        return said

    def _messages(self, cells: Cells, facts: dict[str, Any]) -> None:
        if cells.has("reply"):
            facts["reply"] = self._message(cells, "reply", may_transfer=facts["trigger"] == Trigger.KEYWORD)
        for name, keys in (("variants", VARIANTS), ("follow_ups", FOLLOW_UPS)):
            if any(cells.has(key) for key in keys):
                beyond = (facts[name] or [])[len(keys) :]  # no column can show it
                found = [self._message(cells, key, may_transfer=False) for key in keys if cells.has(key)]
                facts[name] = [one for one in found if one is not None] + beyond
        facts["variants"] = facts["variants"] or None
        if facts["variants"] and facts["reply"] is None:
            cells.wrong("reply", "first_answer")
        if facts["reply"] is None and not facts["follow_ups"]:
            cells.wrong("reply", "required")

    def _asks(self, cells: Cells, facts: dict[str, Any]) -> None:
        """Read whether the desk hears of it and the fan is asked; who merely follows has asked nothing."""
        transfers = any(
            one and one["type"] == TRANSFER for one in (facts["reply"], *(facts["variants"] or []))
        )
        for key in ASKS:
            facts[key] = facts["trigger"] != Trigger.FOLLOW and cells.choice(key, SWITCH, facts[key])
            if facts[key] and transfers:
                cells.wrong(key if cells.has(key) else "reply", "desk_has_it")

    def _message(self, cells: Cells, key: str, *, may_transfer: bool) -> Document | None:
        try:
            document = notation.read(cells.get(key))
        except NotAReply as error:
            cells.wrong(key, error.code, text=error.text)
            return None
        if document is None:
            return None
        if document["type"] == "text" and (size := longest(document["content"], self._facts)) > TEXT_BYTES:
            cells.wrong(key, "too_many_bytes", most=TEXT_BYTES, n=size)
        if document["type"] == TRANSFER and not may_transfer:
            cells.wrong(key, "no_transfer")
        kind = KINDS.get(document["type"])
        if missing := [one for one in sorted(materials.named(document)) if self._materials.get(one) != kind]:
            cells.wrong(key, "no_such_material", text=str(missing[0]))
        return document

    def _check_words(self, cells: Cells, facts: dict[str, Any]) -> None:
        needs = facts["trigger"] in {Trigger.KEYWORD, Trigger.EVENT_KEY}
        if not needs:
            facts["words"] = []
            return
        found = facts["words"]
        if not found:
            cells.wrong("words", "required")
        if len(found) > MOST_WORDS:
            cells.wrong("words", "too_many_words", most=MOST_WORDS, n=len(found))
        if long := [word for word in found if len(word) > LONGEST_WORD]:
            cells.wrong("words", "too_long", most=LONGEST_WORD, n=len(long[0]))
        if facts["match"] == Match.REGEX:
            for word in found:
                try:
                    rules.check_pattern(word)
                except ValueError as error:
                    cells.wrong("words", "bad_pattern", text=str(error)[:160])

    def _one_of(
        self, cells: Cells, key: str, known: dict[str, int], code: str, row: AutoReply | None
    ) -> int | None:
        text = cells.get(key)
        kept = getattr(row, f"{key}_id") if row is not None else None
        if not text:
            # Another shop's name is not shown to whoever may not see it, and so does not come back either.
            return kept if key == "shop" and kept not in {None, *known.values()} else None
        if text not in known:
            cells.wrong(key, code, text=text[:40])
            if key == "shop":
                self.outside.append(Subject("shop", name=text))
        return known.get(text)

    def _when(self, cells: Cells, facts: dict[str, Any]) -> None:
        if cells.has("weekdays"):
            facts["weekdays"] = weekdays(cells)
        for key in ("from_time", "until_time"):
            if cells.has(key):
                text = cells.get(key)
                text = f"0{text}" if re.fullmatch(r"\d:\d\d", text) else text
                if text and not CLOCK.fullmatch(text) and not (key == "until_time" and text == "24:00"):
                    cells.wrong(key, "not_a_time", text=text[:20])
                facts[key] = text or None
        if facts["from_time"] and facts["from_time"] == facts["until_time"]:
            cells.wrong("until_time", "same_times")
        for key in ("valid_from", "valid_until"):
            if cells.has(key):
                facts[key] = day(cells, key)
        if facts["valid_from"] and facts["valid_until"] and facts["valid_until"] < facts["valid_from"]:
            cells.wrong("valid_until", "days_backwards")


def _empty() -> dict[str, Any]:
    return {
        **dict.fromkeys(COLUMNS),
        **dict.fromkeys(ASKS, False),
        "trigger": Trigger.KEYWORD.value,
        "match": Match.EXACT.value,
        "words": [],
        "follow_ups": [],
        "enabled": True,
    }
