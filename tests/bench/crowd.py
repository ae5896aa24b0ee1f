"""A travel group of a million fans in PostgreSQL: written by the server itself, a slice a transaction.

Everything comes from `generate_series` and a fixed seed, so two runs make the
same rows. The big tables are filled without their secondary indexes and
without a log (`UNLOGGED`): the figures are about reading.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, text

from bot.db import Database

BRANCHES, SHOPS, STAFF, CHANNELS, RULES, AGENTS = 12, 120, 1_800, 600, 80, 40
DAYS = 90
SLICE = 500_000
BIG = (
    "fan",
    "message",
    "outbox",
    "audit_entry",
    "desk_session",
    "agent_record",
    "desk_answer",
    "channel_event",
)


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many there are."""

    fans: int
    messages: int

    @property
    def promises(self) -> int:
        """Two months of promises; a few of them dead."""
        return max(200, self.messages // 20)

    @property
    def entries(self) -> int:
        """What people of the back office did."""
        return max(200, self.messages // 50)


SMALL = f"""
INSERT INTO branch (name, city, version)
SELECT '第' || i || '分公司', '城市' || i, 1 FROM generate_series(1, {BRANCHES}) i;
INSERT INTO shop (branch_id, name, address, phone, hours, latitude, longitude, state, version)
SELECT 1 + i % {BRANCHES}, '第' || i || '门店', '人民路' || i || '号', '021-5550' || lpad(i::text, 4, '0'),
    '9:00-20:00', 31.2, 121.4, 'open', 1 FROM generate_series(1, {SHOPS}) i;
INSERT INTO staff (shop_id, name, role, active, version)
SELECT 1 + i % {SHOPS}, '员工' || i, '店员', true, 1 FROM generate_series(1, {STAFF}) i;
INSERT INTO channel (account_id, scene, name, shop_id, kind, state, purpose, note, is_test, created_at, version)
SELECT 1, 'c:' || i, '门店海报' || i, 1 + i % {SHOPS}, 'permanent', 'active', '', '', false, now(), 1
FROM generate_series(1, {CHANNELS}) i;
INSERT INTO auto_reply (title, trigger, match, words, reply, follow_ups, priority, enabled, notify_desk, asks_helped,
    version)
SELECT '规则' || i, 'keyword', 'contains', json_build_array('词' || i), '{{"type": "text", "content": "您好"}}',
    '[]', i, true, false, false, 1 FROM generate_series(1, {RULES}) i;
INSERT INTO agent (account_id, kf_account, nickname, shop_id, seats, online, tier, weight, duty, open_count,
    accepted, picture_url, bound, invited)
SELECT 1, 'kf' || i || '@yizhan', '客服' || i, 1 + i % {SHOPS}, 5, i % 2 = 0, 'own', 100, 'on', 0, 0, '', true, ''
FROM generate_series(1, {AGENTS}) i;
INSERT INTO auto_reply_hits (rule_id, day, hits, last_at)
SELECT 1 + i % {RULES}, current_date - i / {RULES}, 100, now() FROM generate_series(0, {RULES * DAYS} - 1) i;
"""

# A few shops have most of the fans, as shops have.
FANS = f"""
INSERT INTO fan (account_id, openid, unionid, standing, created_at, followed_at, follow_count, first_touch_at,
    first_scene, first_channel_id, first_shop_id, last_touch_at, last_scene, last_channel_id, last_shop_id,
    last_interaction_at, last_message_at, message_count)
SELECT 1, 'oBench' || lpad(i::text, 22, '0'), CASE WHEN i % 3 = 0 THEN 'u' || i END,
    CASE WHEN i % 7 = 0 THEN 'left' WHEN i % 23 = 0 THEN 'unknown' ELSE 'following' END,
    at, at, 1, at, 'c:' || channel, channel, 1 + channel % {SHOPS}, at, 'c:' || channel, channel,
    CASE WHEN i % 11 > 0 THEN 1 + channel % {SHOPS} END, now() - random() * interval '{DAYS} days',
    now() - random() * interval '{DAYS} days', 10
FROM (SELECT i, 1 + floor(power(random(), 2) * {CHANNELS})::int AS channel,
    now() - interval '{DAYS} days' * (1 - i::float8 / :whole) AS at FROM generate_series(:low, :high) i) one;
"""

# Half of what comes is from a quarter of the fans; the busiest has thousands of messages.
MESSAGES = f"""
INSERT INTO message (key, account_id, fan_id, kind, fields, sent_at, received_at, answered_by, reply)
SELECT decode(md5(i::text), 'hex'), 1, fan, kind,
    CASE WHEN kind = 'text' THEN jsonb_build_object('Content',
            (ARRAY['请问云南六日游多少钱','我想去三亚','营业时间','在吗','谢谢','人工客服','几点出发','可以改期吗'])[1 + i % 8]
            || CASE WHEN i % 5000 = 0 THEN '北极光' ELSE '' END)
        WHEN kind = 'image' THEN jsonb_build_object('PicUrl', 'http://mmbiz.qpic.cn/' || i, 'MediaId', md5(i::text))
        WHEN kind = 'event.click' THEN jsonb_build_object('EventKey', 'MENU_' || i % 12)
        ELSE jsonb_build_object('EventKey', 'qrscene_c:' || 1 + i % {CHANNELS}) END,
    at, at + interval '1 second', answered,
    CASE WHEN answered = 'desk' THEN '{{"type": "transfer"}}'::jsonb
        WHEN answered <> '' THEN '{{"type": "text", "content": "您好，您的留言已收到，门店会尽快回复您。"}}'::jsonb END
FROM (SELECT i, kind, at, 1 + floor(power(random(), 2) * :fans)::bigint AS fan,
    CASE WHEN kind LIKE 'event.%' AND i % 3 = 0 THEN '' WHEN i % 10 < 6 THEN 'rule:' || 1 + i % {RULES}
        WHEN i % 10 < 8 AND kind NOT LIKE 'event.%' THEN 'desk' WHEN i % 1000 = 9 THEN '' ELSE 'default' END AS answered
    FROM (SELECT i, (ARRAY['text','text','text','text','text','text','image','event.click','event.click',
        'event.subscribe','event.unsubscribe','event.scan'])[1 + floor(random() * 12)::int] AS kind,
        now() - interval '{DAYS} days' * (1 - i::float8 / :whole) AS at FROM generate_series(:low, :high) i) one) two;
"""

DESK = """
INSERT INTO desk_session (account_id, fan_id, kf_account, opened_at, closed_at)
SELECT 1, fan_id, 'kf' || 1 + id % 40 || '@yizhan', sent_at, sent_at + interval '9 minutes'
FROM message WHERE answered_by = 'desk' AND id % 4 = 0 AND id BETWEEN :low AND :high;
INSERT INTO agent_record (key, account_id, fan_id, kf_account, said_at, words)
SELECT decode(md5('r' || id), 'hex'), 1, fan_id, 'kf' || 1 + id % 40 || '@yizhan', sent_at + interval '1 minute', '您好，马上为您查询。'
FROM message WHERE answered_by = 'desk' AND id % 2 = 0 AND id BETWEEN :low AND :high;
INSERT INTO desk_answer (message_id, account_id, fan_id, kf_account, asked_at, answered_at, seconds)
SELECT id, 1, fan_id, 'kf' || 1 + id % 40 || '@yizhan', sent_at, sent_at + interval '1 second' * (5 + id % 400), 5 + id % 400
FROM message WHERE answered_by = 'desk' AND id % 2 = 0 AND id BETWEEN :low AND :high;
INSERT INTO desk_note (message_id, account_id, fan_id, rule_id, rule_title, state, reason, created_at)
SELECT id, 1, fan_id, 1, '规则1', CASE WHEN id % 4000 = 0 THEN 'open' ELSE 'done' END, 'nobody', sent_at
FROM message WHERE id % 400 = 0 AND id BETWEEN :low AND :high;
INSERT INTO office_reply (fan_id, user_id, user_name, reply, said_at)
SELECT fan_id, 1, 'alice', '{"type": "text", "content": "您好"}', sent_at
FROM message WHERE id % 500 = 0 AND id BETWEEN :low AND :high;
INSERT INTO channel_event (at, noted_at, account_id, channel_id, fan_id, shop_id, deed, who, again)
SELECT sent_at, sent_at, 1, 1 + id % 600, fan_id, 1 + id % 120, 'scan', 'fan', false
FROM message WHERE kind = 'event.scan' AND id BETWEEN :low AND :high;
"""

OUTBOX = """
INSERT INTO outbox (job, arguments, state, due_at, attempts, created_at, finished_at, reason)
SELECT (ARRAY['replies.say', 'fans.complete', 'tags.make'])[1 + i % 3], jsonb_build_object('fan_id', i),
    CASE WHEN i % 2000 = 0 THEN 'dead' WHEN i % 5000 = 1 THEN 'waiting' ELSE 'done' END, at, 1, at, at,
    CASE WHEN i % 2000 = 0 THEN 'FanUnreachable: (errcode 45015)' END
FROM (SELECT i, now() - interval '60 days' * (1 - i::float8 / :whole) AS at FROM generate_series(:low, :high) i) one;
"""

ENTRIES = """
INSERT INTO audit_entry (id, at, actor_id, actor, address, action, subject_kind, subject_id, subject_name, after,
    previous, hash)
SELECT i, now() - interval '400 days' * (1 - i::float8 / :whole), 1, (ARRAY['alice', 'branch', 'shop'])[1 + i % 3],
    '10.0.0.1', (ARRAY['user.signed_in', 'fan.written_to', 'shop.changed', 'auto_reply.changed'])[1 + i % 4],
    (ARRAY['user', 'fan', 'shop', 'auto_reply'])[1 + i % 4], (1 + i % 1000)::text, '', '{"words": "您好"}', md5(i::text),
    md5(i::text) FROM generate_series(:low, :high) i;
UPDATE audit_head SET count = :high;
"""


def seed(database: Database, crowd: Crowd) -> None:
    """Fill an empty, migrated database that knows one account."""
    began = time.monotonic()
    with database.connection() as connection:
        connection.execute(text("SELECT setseed(0.42)"))
        _run(connection, SMALL)
    with _bare(database):
        for statement, whole in (
            (FANS, crowd.fans),
            (MESSAGES, crowd.messages),
            (DESK, crowd.messages),
            (OUTBOX, crowd.promises),
            (ENTRIES, crowd.entries),
        ):
            for low in range(1, whole + 1, SLICE):
                high = min(low + SLICE - 1, whole)
                with database.connection() as connection:
                    _run(connection, statement, low=low, high=high, whole=whole, fans=crowd.fans)
            _say(began, statement.split(None, 3)[2], whole)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    _say(began, "everything", crowd.messages)


@contextmanager
def _bare(database: Database) -> Iterator[None]:
    """Take the secondary indexes of the big tables away, and build them once the rows are there."""
    later: list[str] = []
    with database.connection() as connection:
        for table in BIG:
            named = {"table": table}
            for name, definition in connection.execute(
                text(
                    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
                    "WHERE conrelid = CAST(:table AS regclass) AND contype = 'u'"
                ),
                named,
            ).all():
                later.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
                connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
            for name, definition in connection.execute(
                text(
                    "SELECT indexname, indexdef FROM pg_indexes JOIN pg_index ON indexrelid = indexname::regclass "
                    "WHERE tablename = :table AND NOT indisprimary"
                ),
                named,
            ).all():
                later.append(definition)
                connection.execute(text(f"DROP INDEX {name}"))
            connection.execute(text(f"ALTER TABLE {table} SET UNLOGGED"))
    yield
    for statement in later:
        with database.connection() as connection:
            connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
            connection.execute(text(statement))


def _run(connection: Connection, statements: str, **values: int) -> None:
    for name, value in values.items():
        statements = statements.replace(f":{name}", str(value))
    for statement in statements.split(";\n"):
        if statement.strip():
            connection.exec_driver_sql(statement.replace("%", "%%"))


def _say(began: float, what: str, count: int) -> None:
    print(f"{time.monotonic() - began:6.0f} s  {what}: {count:,}", file=sys.stderr, flush=True)
