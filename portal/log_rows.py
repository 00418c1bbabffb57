"""Entries of the access log as rows of a table: what stands in each, with its number, and as a sentence."""

from collections.abc import Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from portal.csv_text import csv_lines
from portal.sentences import sentence
from privacy.log_entries import Entry

UTC: Final = ZoneInfo("UTC")
HEADING: Final = (
    "entry",
    "time",
    "viewer",
    "relation",
    "subject",
    "fields",
    "purpose",
    "first_day",
    "last_day",
    "outcome",
    "policy",
    "chain",
    "sequence",
    "digest",
    "sentence",
)


def as_csv(entries: Sequence[Entry], reader: str, names: Mapping[str, str], gone: str) -> str:
    """Return entries as CSV in their order; `names` by subject id, `gone` for whoever has none. Times are UTC."""
    return csv_lines([HEADING, *(_row(each, reader, names, gone) for each in entries)])


def _row(entry: Entry, reader: str, names: Mapping[str, str], gone: str) -> list[object]:
    def name(person: str) -> str:
        return names.get(person, gone)

    said = sentence(entry, reader, name, UTC)
    return [
        entry.index,
        entry.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "" if entry.viewer is None else name(entry.viewer),
        entry.relation,
        "" if entry.subject is None else name(entry.subject),
        " ".join(entry.fields),
        entry.purpose,
        "" if entry.period is None else entry.period.first,
        "" if entry.period is None else entry.period.last,
        entry.outcome,
        entry.policy,
        entry.chain.value,
        entry.sequence,
        entry.digest or "",
        str(said),
    ]
