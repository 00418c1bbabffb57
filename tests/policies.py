"""Policies and events by chance, for tests of what no policy may do."""

import datetime as dt
import json
from typing import Any

from hypothesis import strategies as st

from privacy.capture import AWAY, BROWSER, WINDOW, preset_text
from privacy.capture_policy import CapturePolicy, read
from privacy.policy_history import Said

THEN = dt.datetime(2026, 11, 19, 9, 30, tzinfo=dt.UTC)


class SaidOf:
    """A log that says of policies what it is told, and counts how often it is read."""

    def __init__(self) -> None:
        self.read, self.all = 0, dict[str, Said]()

    def of(self, digest: str, outcome: str, at: dt.datetime = THEN) -> None:
        self.all[digest] = Said(len(self.all), outcome, at)

    def __call__(self) -> dict[str, Said]:
        self.read += 1
        return dict(self.all)


STREAMS = [WINDOW, AWAY, BROWSER, "app.editor.activity"]
KEYS = ["app", "title", "url", "audible", "status", "incognito", "tabCount", "file", "project"]
APPS = ["EXCEL.EXE", "union-mail", "Clinic"]
SITES = ["https://clinic.example/visit?id=7", "https://u:p@shop.example:8443/x", "about:blank", "intranet", "http://b/"]
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | TEXTS | st.sampled_from([*APPS, *SITES]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=4,
)
DATA: st.SearchStrategy[dict[str, Any]] = st.dictionaries(st.sampled_from(KEYS) | TEXTS, VALUES, max_size=6)
CATEGORIES = st.sampled_from(["", "Work", "Work > Letters", "Work > ERP > Invoices", "Uncategorized"])

HEADER = """version = {version}
organisation = "sameview/example-mutual-0a1b2c3d"
effective = 2026-11-16T00:00:00Z
"""


def versioned(preset: str, version: int = 1, **replaced: str) -> str:
    """A whole text: a preset with a header, and lines replaced by others (`text_days="text_days = 14"`)."""
    lines = preset_text(preset).splitlines()
    for key, line in replaced.items():
        at = next(number for number, each in enumerate(lines) if each.startswith(f"{key} ="))
        lines[at] = line
    return HEADER.format(version=version) + "\n".join(lines) + "\n"


def rule(id: str, streams: list[str], keys: list[str], effect: str) -> str:
    return (
        f'[[rule]]\nid = "{id}"\nstreams = {json.dumps(streams)}\nkeys = {json.dumps(keys)}\n'
        f'effect = "{effect}"\nbecause = "It was agreed."\n'
    )


def never(id: str, **patterns: list[str]) -> str:
    lines = "".join(f"{kind} = {json.dumps(found)}\n" for kind, found in patterns.items())
    return f'[[never]]\nid = "{id}"\n{lines}because = "It is nobody\'s business."\n'


@st.composite
def _rules(draw: st.DrawFn) -> str:
    """Each stream with some keys by name, each with an effect of its own."""
    parts = []
    for number, stream in enumerate([*STREAMS[: draw(st.integers(1, 4))], "*"]):
        for key in draw(st.sets(st.sampled_from(KEYS), max_size=3)):
            effects = ["coarsen", "drop"]
            effects += ["keep"] if key != "incognito" else []
            effects += ["domain"] if key == "url" else []
            parts.append(rule(f"r{number}-{key.lower()}", [stream], [key], draw(st.sampled_from(effects))))
        parts.append(rule(f"r{number}-path", [stream], ["$category"], draw(st.sampled_from(["keep", "coarsen"]))))
        other = draw(st.sampled_from(["coarsen", "coarsen", "keep", "drop"]))
        parts.append(rule(f"r{number}-other", [stream], ["*"], other))
    return "\n".join(parts)


NEVERS = st.lists(
    st.sampled_from(
        [
            {"domains": ["clinic.example"]},
            {"apps": ["union*"]},
            {"titles": ["clinic", r"\bx"]},
            {"apps": ["EXCEL.EXE"], "domains": ["b"], "titles": ["7$"]},
        ]
    ),
    max_size=2,
)


@st.composite
def policies(draw: st.DrawFn) -> CapturePolicy:
    """Any policy that can be read: rules, never-list, grid and working time by chance."""
    lines = [never(f"never-{number}", **each) for number, each in enumerate(draw(NEVERS))]
    grid = draw(st.sampled_from([0, 0, 60, 900]))
    hours = draw(
        st.sampled_from(["", '[[schedule]]\nname = "office"\nmonday = ["08:00-18:00"]\ntuesday = ["22:00-06:00"]\n'])
    )
    return read(
        f'name = "by chance"\nsummary = "By chance."\n[time]\ngrid_seconds = {grid}\n[retention]\ntext_days = 14\n'
        + hours
        + "\n".join([draw(_rules()), *lines]),
        draft=True,
    )
