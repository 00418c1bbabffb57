"""What libraries make anew for every installation and application, though the same comes out: made once in a process.

A server makes it once in its life, the tests some thousand times; it was more than a third of their processor time.
Nothing of ours is kept from one test to the next: no row, no key, no answer.
"""

import gc
from collections.abc import Callable
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

STATEMENTS = 20_000


def share() -> None:
    """Let engines, templates and rules of routing share what is compiled of them."""
    _share_statements()
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _Compiled()}
    Rule._compile_builder = _later(Rule._compile_builder)


def spare_collections() -> None:
    """Let the collector pass over what was imported, and look less often for what is in a circle."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def _share_statements() -> None:
    """One cache of SQL for all engines; a statement's key there says by its dialect for which kind of server it is."""
    kept = LRUCache(STATEMENTS)
    Engine._compiled_cache = property(lambda _: kept, lambda _, __: None)
    DefaultDialect.__hash__ = lambda self: hash(type(self))
    DefaultDialect.__eq__ = lambda self, other: _kind(self) == _kind(other)


def _kind(dialect: Any) -> tuple[type, object]:
    return type(dialect), getattr(dialect, "server_version_info", None)


class _Compiled(BytecodeCache):
    """Templates by their names and files; one whose text has changed is compiled again."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if (found := self._kept.get(bucket.key)) is not None:
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


def _later(compile_builder: Callable[[Rule, bool], Callable[..., Any]]) -> Callable[..., Any]:
    """What builds a rule's address is compiled when it is first asked for: most are never asked for in a test."""

    def builder(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        made: list[Callable[..., Any]] = []

        def build(self: Rule, *given: Any, **values: Any) -> Any:
            if not made:
                made.append(compile_builder(rule, append_unknown))
            return made[0](self, *given, **values)

        return build

    return builder
