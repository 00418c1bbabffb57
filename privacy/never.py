"""The never-list: what matches it is not kept, whatever the rules say. It is asked first, at the desk and at the door.

Applications are written as names, in which `*` stands for anything. A domain stands for itself and all below it, also
where an address holds another one, as a search engine's links do. Titles are regular expressions that are looked for in
every other text of an event, since editors and other watchers say the same in other keys. Capitals do not matter. A
search that takes too long counts as a match: what cannot be judged is not kept.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from privacy.patterns import Pattern, compile_pattern
from privacy.policy_parts import ADDRESS, Never
from privacy.sites import belongs_to, host_of

_APP: Final = "app"
_OTHERS: Final = frozenset({_APP, ADDRESS, "status"})


def compiled(id: str, apps: tuple[str, ...], domains: tuple[str, ...], titles: tuple[str, ...], because: str) -> Never:
    """Return a line of the list, ready to be asked; PatternError for an expression that cannot be read."""
    named = tuple(compile_pattern(_name(each), ignore_case=True) for each in apps)
    sites = tuple(compile_pattern(_site(each), ignore_case=True) for each in domains)
    expressions = tuple(compile_pattern(each, ignore_case=True) for each in titles)
    return Never(id, apps, tuple(each.lower() for each in domains), titles, because, named, sites, expressions)


def _name(app: str) -> str:
    return r"\A" + r"(?:.|\n)*".join(map(re.escape, app.split("*"))) + r"\Z"


def _site(domain: str) -> str:
    return rf"(?:\A|[/@.=]){re.escape(domain)}(?:[:/?#&]|\Z)"


def matching(never: Iterable[Never], data: Mapping[str, Any]) -> str | None:
    """Return the id of the first line that forbids an event with this data, or None."""
    app, address = data.get(_APP), data.get(ADDRESS)
    for each in never:
        if isinstance(address, str) and each.domains and _leads_to(each, address):
            return each.id
        if isinstance(app, str) and _found(each.app_patterns, app):
            return each.id
        if each.title_patterns and any(_found(each.title_patterns, text) for text in _texts(data)):
            return each.id
    return None


def _leads_to(never: Never, address: str) -> bool:
    host = host_of(address)
    named = host is not None and any(belongs_to(host, domain) for domain in never.domains)
    return named or _found(never.domain_patterns, address)


def _texts(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield every text that is no application, address or status, however deep it lies."""
    waiting = [value for key, value in data.items() if key not in _OTHERS or not isinstance(value, str)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple):
            waiting += value


def _found(patterns: Iterable[Pattern], text: str) -> bool:
    try:
        return any(each.search(text) for each in patterns)
    except TimeoutError:
        return True
