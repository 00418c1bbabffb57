"""Proof bundles of one employee as they took them home, and the lies that a portal could tell with them.

Each lie is a function that changes a copy of the files. Where the portal would have to sign something anew, it does: it
holds the log's key.
"""

import copy
import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from privacy.checkpoint import Signer
from privacy.log_entries import LEAF_PREFIX
from privacy.merkle import leaf_hash

Json = dict[str, Any]
Lie = Callable[[Json, Signer], None]


@dataclass(frozen=True)
class Files:
    """What an employee has on their disk: the bundle, the closing of a day, and what the last check remembered."""

    bundle: Json
    closing: Json | None = None
    state: Json | None = None

    def copy(self) -> "Files":
        return copy.deepcopy(self)


def payload(entry: Json) -> Json:
    """Return what an entry of a bundle says."""
    said: Json = json.loads(b64decode(entry["payload"]))
    return said


def flip(text: str) -> str:
    """Return base64 of the same bytes with one bit changed."""
    raw = bytearray(b64decode(text))
    raw[len(raw) // 2] ^= 1
    return b64encode(raw).decode()


def _others(bundle: Json) -> list[Json]:
    return [each for each in bundle["inclusion"] if payload(each)["chain"] == "others"]


def _rewrite(bundle: Json, entry: Json, **changed: Any) -> None:
    """Let an entry say something else, with the leaf that fits; the tree is not the portal's to change."""
    text = json.dumps(payload(entry) | changed, sort_keys=True, separators=(",", ":")).encode()
    commitment = hashlib.sha256(b64decode(entry["salt"]) + text).digest()
    entry.update(payload=b64encode(text).decode(), leaf=b64encode(LEAF_PREFIX + commitment).decode())


def _drop(first: int, end: int | None) -> Lie:
    def drop(files: Json, _: Signer) -> None:
        for entry in _others(files["bundle"])[first:end]:
            files["bundle"]["inclusion"].remove(entry)

    return drop


def _swap_salts(files: Json, _: Signer) -> None:
    a, b = _others(files["bundle"])[:2]
    a["salt"], b["salt"] = b["salt"], a["salt"]


def _swap_entries(files: Json, _: Signer) -> None:
    a, b = _others(files["bundle"])[:2]
    for name in ("leaf", "salt", "payload"):
        a[name], b[name] = b[name], a[name]


def _fork(files: Json, signer: Signer) -> None:
    size = int(files["bundle"]["checkpoint"].split("\n")[1])
    files["bundle"]["checkpoint"] = signer.sign(size, leaf_hash(b"another log"))


def _fork_past(files: Json, signer: Signer) -> None:
    size = int(files["state"]["checkpoint"].split("\n")[1])
    files["state"]["checkpoint"] = signer.sign(size, leaf_hash(b"what was shown last time"))


def _roll_back(files: Json, signer: Signer) -> None:
    size = int(files["bundle"]["checkpoint"].split("\n")[1])
    files["state"]["checkpoint"] = signer.sign(size + 1, leaf_hash(b"what was shown last time"))


def _sign_as_another(files: Json, signer: Signer) -> None:
    text = files["bundle"]["checkpoint"].split("\n")
    files["bundle"]["checkpoint"] = Signer(signer.origin, bytes(32)).sign(int(text[1]), b64decode(text[2]))


def _hide_everybody(files: Json, _: Signer) -> None:
    """Leave out every look of others, and the closing's count of them, for somebody who remembers nothing."""
    own = [each for each in files["bundle"]["inclusion"] if payload(each)["chain"] == "self"]
    counted = [each for each in files["closing"]["chains"] if each["chain"] == "self"]
    files["bundle"].update(inclusion=own)
    files["closing"].update(chains=counted)
    files.update(state=None)


def _hide_everything(files: Json, signer: Signer) -> None:
    _hide_everybody(files, signer)
    files["bundle"].update(inclusion=[])
    files["closing"].update(chains=[])


def _hide_contents(files: Json, signer: Signer) -> None:
    for each in files["bundle"]["inclusion"]:
        each.update(salt=None, payload=None)
    files.update(closing=None, state=None)


def _closing_entry(files: Json) -> int:
    return int(files["closing"]["proof"]["inclusion"][0]["index"])


def _withhold_closing(files: Json, _: Signer) -> None:
    files["state"].update(closing=_closing_entry(files))
    files.update(closing=None)


LIES: dict[str, tuple[Lie, str]] = {
    "an entry in the middle is left out": (_drop(1, 2), "comes after number 0"),
    "the last entries are left out": (_drop(-4, None), "which you have seen: entries were dropped"),
    "the last entries are left out, for somebody who remembers nothing": (
        lambda files, signer: (_drop(-4, None)(files, signer), files.update(state=None))[-1],
        "and the last of them is not among yours: entries were dropped or replaced",
    ),
    "two salts are swapped": (_swap_salts, "salt and payload are not what the log committed to"),
    "two entries are swapped": (_swap_entries, "is not in the log"),
    "an entry says something else": (
        lambda files, _: _rewrite(files["bundle"], _others(files["bundle"])[0], purpose="own_review"),
        "is not in the log",
    ),
    "the log is another of the same size": (_fork, "is not"),
    "what was shown last time was forked": (_fork_past, "the log was forked"),
    "an older log was put back": (_roll_back, "the log was rolled back"),
    "another key signs": (_sign_as_another, "with the key that you gave"),
    "the proof of growth is left out": (
        lambda files, _: files["bundle"].update(old=None, consistency=[]),
        "fetch the bundle with ?old=",
    ),
    "own looks are counted for others": (
        lambda files, _: files["bundle"].update(inclusion=_others(files["bundle"])),
        "“self”",
    ),
    "the entries are another person's": (
        lambda files, _: files["state"].update(subject="0" * 32),
        "is not about 000000",
    ),
    "the closing is of another day": (lambda files, _: files["closing"].update(day="2026-11-11"), "closing"),
    "the closing counts fewer": (lambda files, _: _count(files, "length"), "is not what was committed to"),
    "the closing leaves a chain out": (lambda files, _: files["closing"]["chains"].pop(0), "without counting"),
    "nobody ever looked": (_hide_everybody, "“others” is missing, and begins when your account is made"),
    "there is no entry at all": (_hide_everything, "“others” is missing, and begins when your account is made"),
    "no entry has contents": (_hide_contents, "“others” is missing, and begins when your account is made"),
    "there is no closing any more": (_withhold_closing, "closing: you have checked that of entry"),
    "the closing is older than the one checked last": (
        lambda files, _: files["state"].update(closing=_closing_entry(files) + 1),
        "closing: you have checked that of entry",
    ),
    "the closing is of another log": (
        lambda files, _: files["closing"]["proof"].update(old=None, consistency=[]),
        "fetch it with ?old=",
    ),
    "the closing entry is another entry": (
        lambda files, _: files["closing"]["proof"].update(inclusion=files["bundle"]["inclusion"][:1]),
        "entry",
    ),
}


def _count(files: Json, name: str) -> None:
    files["closing"]["chains"][0][name] -= 1


def places(value: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every text and number in JSON."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, *path, key)
    elif value is not None:
        yield path


def changed_at(files: Json, path: tuple[Any, ...], chance: int) -> None:
    """Change one character or digit at a place, in hex not its case alone; `chance` says which."""
    inner = files
    for key in path[:-1]:
        inner = inner[key]
    value = inner[path[-1]]
    if isinstance(value, int):
        inner[path[-1]] = value + 1 + chance % 3
    else:
        at = chance % len(value)
        inner[path[-1]] = value[:at] + ("A" if value[at] not in "Aa" else "B") + value[at + 1 :]
