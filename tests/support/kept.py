"""What is compiled once a test process, though each test has an application and a database of its own."""

from types import CodeType
from typing import Any

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine, create_engine
from werkzeug.routing import Map, Rule

from bot.db import engines


class _Kept(BytecodeCache):
    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code
        self._codes[bucket.key, bucket.checksum] = bucket.code


def keep_compiled() -> None:
    """From now on, applications and databases made in this process share what they compiled."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _Kept()}
    _keep_rules()
    _keep_statements()


def _keep_rules() -> None:
    """Share what werkzeug compiles of each rule, two thirds of what making an application takes.

    What it compiles takes the rule as an argument, so it is as good for an equal one; and werkzeug's own
    converters, unlike those an application brings, know nothing of the map they are of.
    """
    compile_one = Rule.compile
    kept: dict[Any, Any] = {}

    def compiled(rule: Rule) -> None:
        assert rule.map is not None
        place = (rule.rule, rule.host, rule.subdomain, rule.map.host_matching, rule.merge_slashes)
        key = (*place, repr(rule.defaults))
        if key not in kept or rule.map.converters != Map.default_converters:
            compile_one(rule)
            builders = (rule._build.__func__, rule._build_unknown.__func__)  # type: ignore[attr-defined]
            kept[key] = (rule._parts, rule._trace, rule._converters, frozenset(rule.arguments), *builders)
            return
        rule._parts, rule._trace, rule._converters, arguments, build, build_unknown = kept[key]
        rule.arguments |= arguments
        rule._build = build.__get__(rule, None)
        rule._build_unknown = build_unknown.__get__(rule, None)

    Rule.compile = compiled  # type: ignore[method-assign]


def _keep_statements() -> None:
    """Share what SQLAlchemy compiles among the engines of one kind: a statement is compiled for a dialect.

    A dialect learns from its first connection what the server can do, so only one that has asked is shared.
    """
    first: dict[str, Engine] = {}

    def create(url: Any, **options: Any) -> Engine:
        engine = create_engine(url, **options)
        known = first.get(engine.dialect.name)
        if known is None or known.dialect.server_version_info is None:
            first[engine.dialect.name] = engine
        else:
            engine.dialect = engine.pool._dialect = known.dialect
            engine._compiled_cache = known._compiled_cache
        return engine

    engines.create_engine = create  # type: ignore[attr-defined]
