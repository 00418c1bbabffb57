"""The desk's categoriser: the policy's own rules, with a memory for few texts, since those are what nobody may keep."""

from typing import Final

import msgspec

from analytics.categories import Categoriser, Rules, load, read
from privacy.capture_policy import CapturePolicy

KEPT_TEXTS: Final = 2_000


def categoriser_of(policy: CapturePolicy) -> Categoriser:
    """Return what finds the category of an event by the rules of a policy, or by the built-in ones if it has none."""
    return Categoriser(_rules(policy) if policy.categories else load(), KEPT_TEXTS)


def _rules(policy: CapturePolicy) -> Rules:
    entries = [
        {
            "name": each.path,
            "rule": {
                "type": "none" if each.regex is None else "regex",
                "regex": each.regex,
                "ignore_case": each.ignore_case,
                "select_keys": each.select_keys,
                "priority": each.priority,
            },
        }
        for each in policy.categories
    ]
    return read(msgspec.json.encode(entries))
