"""What a policy names, in words that a page says in its reader's language: streams, keys, fields, purposes and rules.

A policy is text, and its names are those of watchers and of the code; an unknown one stays as it is written there.
"""

from typing import Final

from privacy.messages import N_, Said
from privacy.policy_parts import ANY, AWAY, BROWSER, CATEGORY, WINDOW

_STREAMS: Final = {
    WINDOW: N_("the window in front"),
    AWAY: N_("presence at the computer"),
    BROWSER: N_("the tab of the browser"),
}
_KEYS: Final = {
    ANY: N_("What is not named"),
    CATEGORY: N_("The category"),
    "app": N_("The application"),
    "audible": N_("Whether it can be heard"),
    "incognito": N_("Whether it is a private window"),
    "status": N_("The status"),
    "tabCount": N_("The number of tabs"),
    "title": N_("The title"),
    "url": N_("The address"),
}


def known(text: str) -> str:
    """Return a text so that a page says it in its reader's language, if it is one of a preset's."""
    return text if "%" in text else Said(text)  # which a message would have twice


def plain(id: str) -> str:
    """Return the id of a rule in words."""
    return known(id.replace("-", " ").capitalize().replace("Url", "URL"))


def named(each: str) -> str:
    """Return a field or a purpose in words."""
    return known(each.replace("_", " "))


def what_of(stream: str, key: str) -> Said:
    """Return what a watcher sends under a key, in words."""
    what = _KEYS.get(key)
    said = key if what is None else Said(what)
    if stream == ANY:
        return Said(N_("%(what)s of any other watcher"), what=said)
    where = _STREAMS.get(stream)
    return Said(N_("%(what)s of %(stream)s"), what=said, stream=stream if where is None else Said(where))
