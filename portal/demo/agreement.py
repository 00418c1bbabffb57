"""The synthetic employer and works council: a version that both signed, and one that waits for the council.

Their keys live as long as the seeding. Nobody can sign anything more for this office, as nobody should.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from portal import policy_record
from portal.wiring import System
from privacy.policy_note import PolicyKey, Signers
from privacy.policy_text import body_of, version_of

FIRST, NEXT = 2, 3
"""The version that both signed, and the one that waits; the settings chose the one before."""
SOON: Final = dt.timedelta(minutes=1)

_WORKING_TIME: Final = """
[[schedule]]
name = "office"
monday = ["07:30-17:00"]
tuesday = ["07:30-17:00"]
wednesday = ["07:30-17:00"]
thursday = ["07:30-17:00"]
friday = ["07:30-15:00"]
"""
_NEVER: Final = """
[[never]]
id = "health"
domains = ["clinic.example"]
titles = ["[Oo]ccupational health", "[Ss]ick note"]
because = "Your health is nobody's business here."
"""
_PROPOSED: Final = (
    ("grid_seconds = 0 ", "grid_seconds = 60 "),
    ("private_minutes = 0 ", "private_minutes = 30 "),
    ("months = 13\n", "months = 18\n"),
)


@dataclass(frozen=True, slots=True)
class Parties:
    """The keys of employer and council."""

    employer: PolicyKey
    council: PolicyKey

    @classmethod
    def new(cls) -> "Parties":
        return cls(PolicyKey.new("example-mutual/employer"), PolicyKey.new("example-mutual/council"))

    def agree(self, system: System) -> dt.datetime:
        """Agree on the keys and sign what holds; return the moment from which on it holds as signed."""
        policy_record.agree(system, Signers(str(self.employer.verifier), str(self.council.verifier)))
        since = system.clock() + SOON
        self._sign(system, FIRST, body_of(system.policies.now().text), since, self.employer, self.council)
        return since

    def propose(self, system: System, since: dt.datetime) -> None:
        """Propose the next version, which the employer has signed: in parts wider, in parts narrower."""
        body = body_of(system.policies.now().text)
        for was, becomes in _PROPOSED:
            body = body.replace(was, becomes, 1)
        self._sign(system, NEXT, f"{body}{_WORKING_TIME}{_NEVER}", since, self.employer)

    @staticmethod
    def _sign(system: System, number: int, body: str, since: dt.datetime, *keys: PolicyKey) -> None:
        text = version_of(body, number, system.organisation.origin, since)
        policy_record.propose(system, text)
        policy_record.approve(system, number, [key.sign(text) for key in keys])
