"""kill -9 in an append: what was acknowledged is there, what was not is there whole or not at all."""

import dying
from installation import NOW, Copies, subject_of

from portal.config import Config
from portal.wiring import System, build
from privacy.log_entries import Draft
from privacy.policy import Purpose, Relation

ENTRIES = 3


def draft(system: System) -> Draft:
    ana, ben = subject_of(system, "ana"), subject_of(system, "ben")
    return Draft(ana, ben, Relation.MANAGER, ("focus",), Purpose.ONE_TO_ONE, None, "refused")


def appending(config: Config) -> dying.Operation:
    def append(tell: dying.Tell) -> None:
        system = build(config, lambda: NOW)
        for _ in range(ENTRIES):
            tell(system.log.append(draft(system)).index)

    return append


def test_every_acknowledged_entry_survives_a_kill_at_any_step(copies: Copies) -> None:
    for death in dying.deaths(appending(copies())):
        config = copies()

        acknowledged, _ = dying.run(appending(config), death)

        system = build(config, lambda: NOW)
        refusals = [
            each.index for each in system.log.of_subject(subject_of(system, "ben")) if each.outcome == "refused"
        ]
        verified = system.log.verify()
        assert verified.problems == [], death
        assert refusals[: len(acknowledged)] == [int(index) for index in acknowledged], death
        assert len(refusals) - len(acknowledged) in (0, 1), death
        assert system.log.append(draft(system)).index == verified.size, death
        system.close()
