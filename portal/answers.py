"""How JSON and CSV are answered: figures with their receipt, an entry of the log, and whatever holds no figures."""

from base64 import b64encode
from typing import Any

import msgspec
from flask import Response

from analytics.weeks import Answer
from privacy.canonical import canonical, digest_of
from privacy.log_entries import Entry
from privacy.log_gate import Counted


def answer(payload: dict[str, Any], entry: int) -> Response:
    """Answer `{"payload", "entry", "digest"}`; the payload's bytes are those that the digest is taken of."""
    encoded = canonical(payload)
    body = b'{"digest":"%b","entry":%d,"payload":%b}' % (digest_of(encoded).encode(), entry, encoded)
    return Response(body, content_type="application/json")


def week_answer(found: Answer) -> Response:
    """Answer a closed week: the same bytes for the manager and for the employee."""
    return answer(found.payload, found.entry)


def plain(value: Any, status: int = 200) -> Response:
    """Answer a value that holds no figures of anybody."""
    encoded = msgspec.json.encode(value, enc_hook=str.__str__)  # a text that remembers how it was made, as plain text
    return Response(encoded, status, content_type="application/json")


def csv_file(name: str, text: str) -> Response:
    """Answer CSV as a file to keep."""
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(text, content_type="text/csv; charset=utf-8", headers=headers)


def logged(entry: Entry) -> dict[str, Any]:
    """Return an entry as JSON: its number, and its payload as it was committed to."""
    payload = {
        "v": 1,
        "time": entry.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "viewer": entry.viewer,
        "subject": entry.subject,
        "relation": entry.relation,
        "fields": entry.fields,
        "purpose": entry.purpose,
        "period": None if entry.period is None else (entry.period.first, entry.period.end),
        "policy": entry.policy,
        "outcome": entry.outcome,
        "chain": entry.chain,
        "sequence": entry.sequence,
        "previous": entry.previous,
    }
    return {"index": entry.index, "payload": payload | ({"digest": entry.digest} if entry.digest else {})}


def counted(found: Counted) -> dict[str, Any]:
    """Return as JSON how the closing of a day counted somebody's entries."""
    chains = [
        {
            "chain": each.chain,
            "tag": each.end.tag.hex(),
            "length": each.end.length,
            "commitment": each.end.commitment.hex(),
            "index": each.index,
            "hashes": [b64encode(hash_).decode() for hash_ in each.hashes],
        }
        for each in found.closed.chains
    ]
    return {"day": found.closed.day, "size": found.closed.size, "chains": chains, "proof": found.proof}
