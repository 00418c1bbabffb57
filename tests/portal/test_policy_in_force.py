"""What a policy says holds for whom it is about: who reads what, from which week on, and on whose clock."""

import datetime as dt

from portal import policy_record
from privacy.capture import preset_text
from tests.portal.conftest import Office


def test_a_teams_working_time_holds_for_its_members_on_their_own_clock(office: Office) -> None:
    shifts = (
        '\n[[schedule]]\nname = "office"\nmonday = ["08:00-18:00"]\n'
        '\n[[schedule]]\nname = "claims"\nteams = ["Claims"]\nmonday = ["06:00-14:00"]\n'
    )
    office.system.policies._chosen = lambda: preset_text("coaching") + shifts
    policy_record.settle(office.system)

    held = {who: office.system.policies.of(office.ids[who]) for who in ("ben", "dan")}

    assert {who: each.now.schedule().name for who, each in held.items()} == {"ben": "claims", "dan": "office"}
    history = office.system.teams(office.ids["ben"])
    assert history[-1].names == {"Claims"}
    assert history[-1].since == dt.datetime(2026, 8, 31, 22, tzinfo=dt.UTC)  # the first of September in Berlin
    assert "Working time of Claims" in office.client("ben").get("/me/recorded").text


class TestSharing:
    """What managers may read is part of the policy: less at once, and more only for weeks that begin after it."""

    def shared(self, office: Office, fields: str) -> None:
        """Record a version under which managers may read these fields, from now on."""
        body = preset_text("coaching").replace('"active_time", "categories", "focus",', fields)
        office.system.policies._chosen = lambda: body
        assert policy_record.settle(office.system) is not None

    def read(self, office: Office, week: str = "2026-W46") -> tuple[int, set[str]]:
        """What Ana is answered, which Ben sees as it is."""
        path = f"/api/v1/team/claims/people/{office.ids['ben']}/weeks/{week}?purpose=one_to_one"
        answer = office.client("ana").get(path)
        mirror = f"/api/v1/me/as-seen-by-manager?week={week}&purpose=one_to_one&viewer={office.ids['ana']}"
        seen = office.client("ben").get(mirror)
        assert (answer.status_code == 200) == (seen.status_code == 200)
        if answer.status_code != 200:
            return answer.status_code, set()
        assert answer.json["payload"] == seen.json["payload"]
        return 200, set(answer.json["payload"]["fields"])

    def test_a_narrower_policy_shows_less_at_once_and_a_receipt_shows_what_was_shown(self, office: Office) -> None:
        assert self.read(office) == (200, {"active_time", "categories", "focus"})
        self.shared(office, '"active_time",')

        assert self.read(office) == (200, {"active_time"})
        for entry in [each for each in office.entries("ben") if each.outcome == "shown"]:
            again = office.client("ben").get(f"/api/v1/me/access/shown/{entry.index}").json
            assert again["state"] == "same"

    def test_a_policy_that_shares_nothing_refuses_managers(self, office: Office) -> None:
        body = preset_text("coaching").replace('purposes = ["one_to_one", "target_setting"]\n', "")
        office.system.policies._chosen = lambda: body
        policy_record.settle(office.system)

        assert self.read(office)[0] == 403

    def test_what_was_not_shared_then_is_not_shared_later(self, office: Office) -> None:
        self.shared(office, '"active_time",')
        office.clock.now += dt.timedelta(hours=1)
        self.shared(office, '"active_time", "categories", "focus",')

        assert self.read(office) == (200, {"active_time"})
