#!/usr/bin/env python3
"""Checks what Sameview's access log says about you, without trusting Sameview.

    python verify.py BUNDLE.json --log KEY [--witness KEY]... [--state FILE] [--closing CLOSING.json]

BUNDLE.json is what `/api/v1/me/access/proofs` answers, CLOSING.json what `/api/v1/me/access/closing` does. KEY is a
verifier key, `name+hash+base64`. Take the keys and this program from the witness that your works council runs, or from
paper, never from the portal: whoever lies in the log would also hand you a verifier that does not notice. With --state
it remembers the checkpoint, and proves next time that the log only grew. Exit code 0: what is listed as proven holds.

It needs Python 3.11 and the package `cryptography`, nothing of Sameview's. Formats: c2sp.org/signed-note, RFC 9162.
"""

import argparse
import base64
import datetime as dt
import hashlib
import itertools
import json
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LOG_KEY, WITNESS_KEY = 1, 4  # the types of keys in C2SP's signed-note
LEAF = b"sameview/audit-leaf/v1\0"
LEAF_NODE, INNER_NODE = b"\0", b"\1"  # RFC 9162 section 2.1.1
CHAINS = ("others", "self")
MISSING = "“others” is missing, and begins when your account is made (after this checkpoint? then wait for the next)"
Entry = dict[str, Any]  # what it says; its "place" in the log and its "commitment" beside that
Report = dict[str, Any]
NOT_CLOSED = "urn:sameview:problem:no-day-closed"  # the one refusal of a closing that is no alarm
FILES = {  # what each of the files has to have
    "bundle": {"checkpoint", "old", "consistency", "inclusion"},
    "closing": {"day", "size", "chains", "proof"},
    "state": {"checkpoint", "subject", "chains", "closing"},
}


class Wrong(Exception):
    """Something does not verify: the text says where and what."""


# Notes: a text, a blank line, and a line for each signature
class Key(NamedTuple):
    """A verifier key, as the user gave it."""

    name: str
    id: bytes
    public: Ed25519PublicKey


class Checkpoint(NamedTuple):
    """What the log signed: with so many entries, its tree had this root."""

    size: int
    root: bytes


def fingerprint(tree: Checkpoint) -> str:
    """Return the root as it is printed on a sheet: hex, in groups of four."""
    return re.sub("(....)(?=.)", r"\1 ", tree.root.hex())


def unbase64(text: str, length: int | None = None) -> bytes:
    decoded = base64.b64decode(text, validate=True)
    if base64.b64encode(decoded).decode() != text or length not in (None, len(decoded)):
        raise ValueError("not the base64 of as many bytes as there should be")
    return decoded


def read_key(text: str, kind: int) -> Key:
    """Read a verifier key; its hash guards against slips of the pen."""
    name, _, rest = text.strip().partition("+")
    stated, _, encoded = rest.partition("+")
    material = b""
    with suppress(ValueError):
        material = unbase64(encoded)
    key_id = sha256(name.encode(), b"\n", material)[:4]
    if len(material) != 33 or material[0] != kind or stated != key_id.hex():
        raise Wrong(f"not the verifier key of a {'log' if kind == LOG_KEY else 'witness'}: {text!r}")
    return Key(name, key_id, Ed25519PublicKey.from_public_bytes(material[1:]))


def signatures_by(key: Key, note: str) -> tuple[bytes, list[bytes]]:
    """Return a note's text and the signatures under one key's name and id; those of others are left alone."""
    text, blank, signed = note.rpartition("\n\n")
    lines = re.findall(r"(?m)^\u2014 (\S+) (\S+)$", signed)
    if not blank or signed != "".join(f"\u2014 {name} {signature}\n" for name, signature in lines):
        raise Wrong("checkpoint: not a signed note")
    if any(character < " " and character != "\n" for character in note):
        raise Wrong("checkpoint: a note holds no control characters")
    decoded = [(name, unbase64(signature)) for name, signature in lines]
    return (text + "\n").encode(), [raw[4:] for name, raw in decoded if (name, raw[:4]) == (key.name, key.id)]


def open_checkpoint(note: str, key: Key) -> Checkpoint:
    """Return the checkpoint of a note that the log's key signed."""
    text, found = signatures_by(key, note)
    if not found:
        raise Wrong(f"checkpoint: not signed by {key.name} with the key that you gave")
    for signature in found:
        key.public.verify(signature, text)
    stated = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]*)\n([^\n]+)\n", text.decode())
    if stated is None or stated[1] != key.name:
        raise Wrong(f"checkpoint: not one of {key.name}")
    return Checkpoint(int(stated[2]), unbase64(stated[3], 32))


# Trees (RFC 9162 section 2.1)
def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def climb(start: bytes, index: int, last: int, proof: list[bytes]) -> tuple[bytes, bytes]:
    """Return what a proof leads to: the root up to leaf `index`, and up to `last` (sections 2.1.3.2 and 2.1.4.2)."""
    before = after = start
    for sibling in proof:
        if last == 0:
            raise ValueError("the proof is too long")
        if index % 2 or index == last:
            before, after = sha256(INNER_NODE, sibling, before), sha256(INNER_NODE, sibling, after)
            while index % 2 == 0 and index:
                index, last = index // 2, last // 2
        else:
            after = sha256(INNER_NODE, after, sibling)
        index, last = index // 2, last // 2
    if last:
        raise ValueError("the proof is too short")
    return before, after


def root_above(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """Return the root that an inclusion proof of a leaf leads to."""
    if not 0 <= index < size:
        raise ValueError("beyond the end of the tree")
    return climb(sha256(LEAF_NODE, leaf), index, size - 1, proof)[1]


def check_growth(old: Checkpoint, new: Checkpoint, proof: list[bytes]) -> None:
    """Check that the tree of `old` is the beginning of that of `new`."""
    grown = old == new and not proof
    if 0 < old.size < new.size:
        index, last = old.size - 1, new.size - 1
        while index % 2:
            index, last = index // 2, last // 2
        start, rest = (proof[0], proof[1:]) if index and proof else (old.root, proof)
        with suppress(ValueError):
            grown = climb(start, index, last, rest) == (old.root, new.root)
    if not grown:
        raise Wrong(f"checkpoint: the log of {old.size} entries is not the beginning of the log of {new.size}")


# Entries
def check_entry(each: dict[str, Any], tree: Checkpoint) -> Entry | None:
    """Check that an entry is in the log and says what was committed to; None if it came without salt and payload."""
    index, leaf = int(each["index"]), unbase64(each["leaf"])
    if root_above(leaf, index, tree.size, [unbase64(one, 32) for one in each["hashes"]]) != tree.root:
        raise ValueError("is not in the log: its proof leads to another root")
    if each["payload"] is None:
        return None
    salt, payload = unbase64(each["salt"]), unbase64(each["payload"])
    commitment = sha256(salt, payload)
    if len(salt) != 32 or leaf != LEAF + commitment:
        raise ValueError("salt and payload are not what the log committed to")
    says = json.loads(payload)
    canonical = json.dumps(says, sort_keys=True, separators=(",", ":")).encode()
    if says["v"] != 1 or canonical != payload or not re.fullmatch(rb"[!-\[\]-~]+", payload):  # no blank, no escape
        raise ValueError("not a payload of version 1 in its one canonical form, or not in plain words")
    return {**says, "place": index, "commitment": commitment.hex()}


def check_entries(bundle: dict[str, Any], tree: Checkpoint) -> list[Entry | None]:
    """Check every entry of a bundle; Wrong names the first that does not verify."""
    found = []
    for each in bundle["inclusion"]:
        try:
            found.append(check_entry(each, tree))
        except (ArithmeticError, KeyError, TypeError, ValueError) as error:
            raise Wrong(f"entry {each.get('index')}: {error}") from None
    return found


# Your own numbering
def check_subject(entries: list[Entry], expected: str | None) -> str:
    """Check that all entries are about one person, and return their id."""
    subject = expected or (str(entries[0]["subject"]) if entries else "")
    for entry in entries:
        own = entry["viewer"] == subject or entry["chain"] == "others"
        if entry["subject"] != subject or entry["chain"] not in CHAINS or not own:
            raise Wrong(f"entry {entry['place']}: is not about {subject}, or in a chain where it does not belong")
        if not re.fullmatch(r'\["[0-9a-f]{32}", (null|"[0-9a-f]{32}")\]', json.dumps([subject, entry["viewer"]])):
            raise Wrong(f"entry {entry['place']}: names somebody by what is no id")
    return subject


def commitments(chain: list[Entry]) -> dict[int, str]:
    """Return the commitments by number; an entry also names that of the one before it."""
    first = chain[:1] if chain and chain[0]["sequence"] else []
    return {e["sequence"] - 1: e["previous"] for e in first} | {e["sequence"]: e["commitment"] for e in chain}


def check_chain(name: str, chain: list[Entry], seen: dict[str, Any] | None) -> None:
    """Check that a chain is numbered without a gap, and goes on from what was `seen` last time."""
    for before, here in itertools.pairwise(chain):
        number, place = before["sequence"], f"entry {here['place']}: number {here['sequence']} of “{name}”"
        if here["sequence"] != number + 1:
            raise Wrong(f"{place} comes after number {number}")
        if here["previous"] != before["commitment"]:
            raise Wrong(f"{place} does not continue from number {number}")
    if chain and chain[0]["sequence"] == 0 and chain[0]["previous"] is not None:
        raise Wrong(f"entry {chain[0]['place']}: the first of “{name}” continues from another")
    known = commitments(chain)
    if seen and max(known, default=-1) < seen["number"]:
        raise Wrong(f"“{name}” ends before number {seen['number']}, which you have seen: entries were dropped")
    if seen and known.get(seen["number"], seen["commitment"]) != seen["commitment"]:
        raise Wrong(f"number {seen['number']} of “{name}” is not the entry that you have seen: it was replaced")


def gap_before(name: str, chain: list[Entry], seen: dict[str, Any] | None, accepted: bool) -> list[str]:
    """Say why a chain may begin later than with number 0, and “others” be empty, or raise Wrong."""
    first = chain[0]["sequence"] if chain else None
    if first == 0 or (first is None and name == "self"):
        return []
    missing = f"numbers 0 to {first - 1} of “{name}” are missing" if first else MISSING
    if first and seen and seen["number"] >= first - 1:
        return [f"Why {missing}: they were erased since you checked last, and whole then."]
    if accepted:
        return [f"Why {missing}: nothing here shows that they were erased because of their age."]
    why = "The log erases what is old, but nothing here proves that this is why: ask for the entry that says so."
    raise Wrong(f"{missing}. {why} To check the rest all the same, add --accept-gap.")


# The closing of a day
def check_closing(closing: dict[str, Any], tree: Checkpoint, key: Key) -> Entry:
    """Return the entry that closed a day, after checking that it is in your log."""
    proof, day = closing["proof"], closing["day"]
    if (other := open_checkpoint(proof["checkpoint"], key)) != tree:
        if proof["old"] is None or open_checkpoint(proof["old"], key) != tree:
            raise Wrong(f"closing: fetch it with ?old={tree.size}, which proves that it is of the same log")
        check_growth(tree, other, [unbase64(one, 32) for one in proof["consistency"]])
    (entry,) = check_entries(proof, other)
    if entry is None or (entry["outcome"], entry["chain"]) != ("closed", "organisation"):
        raise Wrong("closing: this entry closes no day")
    if entry["period"][0] != day:
        raise Wrong(f"closing: entry {entry['place']} closes another day than {day}")
    if entry["place"] >= tree.size:
        raise Wrong("closing: it is newer than your bundle; fetch the bundle again")
    return entry


def check_counts(closing: dict[str, Any], entry: Entry, chains: dict[str, list[Entry]]) -> tuple[list[str], list[str]]:
    """Check how a closing counted your entries, against those that you hold; return what is proven and what not."""
    counted, day = {each["chain"]: each for each in closing["chains"]}, closing["day"]
    if missing := [n for n in CHAINS if n not in counted and any(e["place"] < entry["place"] for e in chains[n])]:
        raise Wrong(f"closing: {day} was closed without counting “{missing[0]}”")
    left = [f"That “{n}” was empty on {day}: the closing leaves it out." for n in CHAINS if n not in counted]
    return [check_count(chains[n], each, closing["size"], entry) for n, each in sorted(counted.items())], left


def check_count(chain: list[Entry], counted: dict[str, Any], size: int, entry: Entry) -> str:
    """Check that a chain was counted by a closing, and has had as many entries, up to the same one, until then."""
    name, length, day = counted["chain"], counted["length"], entry["period"][0]
    leaf = bytes.fromhex(counted["tag"]) + length.to_bytes(8, "big") + bytes.fromhex(counted["commitment"])
    root = root_above(leaf, counted["index"], size, [unbase64(one, 32) for one in counted["hashes"]])
    if entry["digest"] != f"sha256:{root.hex()}":
        raise Wrong(f"closing: this count of “{name}” is not what was committed to for {day}")
    said = f"closing: when {day} was closed, the log counted {length} entries of “{name}”"
    if commitments(chain).get(length - 1) != counted["commitment"]:
        raise Wrong(f"{said}, and the last of them is not among yours: entries were dropped or replaced")
    if wrong := [e["place"] for e in chain if (e["sequence"] >= length) != (e["place"] > entry["place"])]:
        raise Wrong(f"{said}, but entry {wrong[0]} says otherwise")
    return f"When {day} was closed, the log counted {length} entries of “{name}”, up to your last one then."


def check_past(bundle: dict[str, Any], tree: Checkpoint, kept: str | None, key: Key) -> list[str]:
    """Check that the log grew out of the checkpoint that was kept last time, and say how far."""
    old, proven = None if bundle["old"] is None else open_checkpoint(bundle["old"], key), []
    if old is not None:
        check_growth(old, tree, [unbase64(one, 32) for one in bundle["consistency"]])
        proven.append(f"It grew out of the log of {old.size} entries with the fingerprint {fingerprint(old)}.")
    if kept is None:
        return proven
    before = open_checkpoint(kept, key)
    if tree.size < before.size:
        raise Wrong(f"the log was rolled back from {before.size} to {tree.size} entries, or this is an old file")
    shown = tree if tree.size == before.size else old
    if before.size and (shown is None or shown.size != before.size):
        raise Wrong(f"fetch the bundle with ?old={before.size}: without, nothing proves that the log only grew")
    if before.size and shown != before:
        raise Wrong(f"the log was forked: it showed you other entries among its first {before.size} last time")
    return [*proven, f"The log only grew since you checked last: {before.size} entries then, {tree.size} now."]


def check_witnesses(bundle: dict[str, Any], witnesses: list[Key]) -> list[str]:
    """Check that a witness co-signed (c2sp.org/tlog-cosignature) this checkpoint, or `old`; return who and when."""
    lines = []
    for witness, note in itertools.product(witnesses, filter(None, (bundle["checkpoint"], bundle["old"]))):
        text, found = signatures_by(witness, note)
        for signature in found:
            seconds, size = int.from_bytes(signature[:8], "big"), note.split("\n")[1]
            witness.public.verify(signature[8:], b"cosignature/v1\ntime %d\n" % seconds + text)
            at = dt.datetime.fromtimestamp(seconds, dt.UTC)
            lines.append(f"{witness.name} co-signed the log of {size} entries on {at:%Y-%m-%d at %H:%M} UTC.")
    if witnesses and not lines:
        raise Wrong("checkpoint: none of your witnesses has co-signed it")
    return lines


# The report
def check(read: dict[str, Any], key: Key, witnesses: list[Key], subject: str | None, accept_gap: bool) -> Report:
    """Check the files read; return what is proven, what is not, who looked, and what to remember for next time."""
    bundle, state = read["bundle"], read.get("state", {})
    tree, seen = open_checkpoint(bundle["checkpoint"], key), state.get("chains", {})
    proven = [f"The checkpoint over {tree.size} entries is signed with the key of {key.name} that you gave."]
    proven.append(f"Its fingerprint is {fingerprint(tree)}: compare it with the sheet of {tree.size} entries, if any.")
    proven += check_witnesses(bundle, witnesses) + check_past(bundle, tree, state.get("checkpoint"), key)
    found = check_entries(bundle, tree)
    proven.append(f"{len(found)} entries are in that log, each at its place.")
    entries = sorted(filter(None, found), key=lambda entry: int(entry["place"]))
    chains = {name: [entry for entry in entries if entry["chain"] == name] for name in CHAINS}
    gaps = []
    subject = [check_subject(entries, each) for each in (subject, state.get("subject"))][-1]
    for name, chain in chains.items():
        check_chain(name, chain, seen.get(name))
        gaps += gap_before(name, chain, seen.get(name), accept_gap)
    counts = " and ".join(f"{len(chain)} of “{name}”" for name, chain in chains.items())
    proven += [f"The entries about {subject} are numbered one after the other: {counts}."] if entries else []
    closed = check_closing(read["closing"], tree, key) if "closing" in read else None
    if (last := closed["place"] if closed else -1) < state.get("closing", -1):
        raise Wrong(f"closing: you have checked that of entry {state['closing']}: give that or a later one")
    counted, uncounted = check_counts(read["closing"], closed, chains) if closed else ([], [])
    ends = {name: {"number": c[-1]["sequence"], "commitment": c[-1]["commitment"]} for name, c in chains.items() if c}
    kept = {"checkpoint": bundle["checkpoint"], "subject": subject, "chains": ends, "closing": last}
    lacking = {"state": not state, "witness": not witnesses, "contents": len(entries) < len(found)}
    lacking |= {"closing": not closed, "newer": bool(closed)}
    unproven = gaps + uncounted + [text for name, text in NOT_PROVEN.items() if lacking.get(name, True)]
    return {"proven": proven + counted, "unproven": unproven, "looks": looks(chains["others"]), "kept": kept}


NOT_PROVEN = {
    "state": "What the log was before is not known here: this is the first check with this memory.",
    "witness": "No witness was asked for: the log could show others another log.",
    "contents": "Some entries came without their contents, so that nobody can tell whom they are about.",
    "closing": "No closing of a day was given: entries after your last one may have been left out.",
    "newer": "That nothing newer than this closing was left out: the next one will count it.",
    "elsewhere": "That nobody looked in another way: in the machine's memory, with its keys, over your shoulder.",
    "truth": "That what an entry says was true: only that it was written then, and not changed since.",
}


def looks(entries: list[Entry]) -> list[str]:
    """Return a line for each entry that a person made about you, newest first."""
    lines = []
    for says in reversed([entry for entry in entries if entry["viewer"] is not None]):
        what = f"{', '.join(says['fields']) or 'no figures'}, {' to before '.join(says['period'] or ['no days'])}"
        why = f"as {says['relation']}, for {says['purpose']}, {says['outcome']}"
        lines.append(f"{says['time'][:16]}Z, entry {says['place']}: {says['viewer']} {why}: {what}")
    return [*lines, f"{len(entries) - len(lines)} more were made by the system itself."]


def visible(text: str) -> str:
    """Spell out what a terminal would not print but obey: whoever writes entries could hide lines with it."""
    return "".join(each if each.isprintable() else f"\\u{{{ord(each):x}}}" for each in text)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Checks what Sameview's access log says about you.")
    parser.add_argument("bundle", type=Path, help="the file from “Download my proofs”")
    parser.add_argument("--log", required=True, help="the log's verifier key, not taken from the portal")
    parser.add_argument("--witness", action="append", default=[], help="a witness's verifier key; one must have signed")
    parser.add_argument("--state", type=Path, help="where the last checkpoint is remembered")
    parser.add_argument("--closing", type=Path, help="the file from /api/v1/me/access/closing")
    parser.add_argument("--subject", help="your own id: 32 hexadecimal digits")
    parser.add_argument("--accept-gap", action="store_true", help="go on though your oldest entries are missing")
    return parser.parse_args()


def read_file(name: str, path: Path) -> dict[str, Any] | None:
    """Read a file; None for the answer that no day was closed yet. Wrong says what is in its place."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise Wrong(f"{path}: not a file of the kind “{name}”: it is no JSON") from None
    if isinstance(read, dict) and "status" in read and "detail" in read:
        if name == "closing" and read.get("type") == NOT_CLOSED:
            return None  # before the first night; whoever has seen a closing does not go without
        raise Wrong(f"{path}: the portal refused it: {read['detail']}")
    if not isinstance(read, dict) or not read.keys() >= FILES[name]:
        raise Wrong(f"{path}: not a file of the kind “{name}”, or only a part of it")
    return read


def run(given: argparse.Namespace) -> Report:
    """Read the files, check them, and remember: only after everything verified."""
    remembered = given.state if given.state is not None and given.state.exists() else None
    files = {"bundle": given.bundle, "closing": given.closing, "state": remembered}
    found = {name: read_file(name, path) for name, path in files.items() if path is not None}
    read = {name: content for name, content in found.items() if content is not None}
    key, witnesses = read_key(given.log, LOG_KEY), [read_key(each, WITNESS_KEY) for each in given.witness]
    report = check(read, key, witnesses, given.subject, given.accept_gap)
    if given.state is not None:
        waiting = given.state.with_name(given.state.name + ".new")
        waiting.write_text(json.dumps(report["kept"], indent=1), encoding="utf-8")
        os.replace(waiting, given.state)
    return report


def main() -> int:
    try:
        report = run(arguments())
    except (InvalidSignature, Wrong) as wrong:
        print(visible(str(wrong)) or "checkpoint: a signature is wrong", file=sys.stderr)
        return 1
    except (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError) as error:
        print(visible(f"a file is not what it should be: {type(error).__name__}: {error}"), file=sys.stderr)
        return 1
    for title, name in (("Proven:", "proven"), ("Not proven:", "unproven"), ("Who looked:", "looks")):
        print(title, *(f"  - {visible(line)}" for line in report[name]), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
