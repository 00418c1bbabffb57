"""The desk's categoriser: the policy's own rules, with a memory for few texts, since those are what nobody may keep."""

from typing import Final

from analytics.categories import Categoriser, of_policy
from privacy.capture_policy import CapturePolicy

KEPT_TEXTS: Final = 2_000


def categoriser_of(policy: CapturePolicy) -> Categoriser:
    """Return what finds the category of an event by the rules of a policy."""
    return Categoriser(of_policy(policy), KEPT_TEXTS)
