"""Mail goes to those who asked for it, about themselves, once; it is accounted for, and its subject has no figure."""

import datetime as dt
import hashlib
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from auth.wishes import Wish
from portal import mailing
from portal.config import Config, ConfigError
from portal.mail import Mail, Mailer, MailRefused
from portal.settings import SmtpAddress

MONDAY = dt.datetime(2026, 11, 16, 5, tzinfo=dt.UTC)  # six in Berlin, after week 46


class Postbox:
    """A real SMTP server's handler that keeps what is handed in, or refuses it."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refuses = False
        self.refuses_to: str | None = None
        self.refuses_subject: str | None = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refuses or self.refuses_to in envelope.rcpt_tos:
            return "451 not now"
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        assert envelope.rcpt_tos == [parsed["To"]]
        if parsed["Subject"] == self.refuses_subject:
            return "550 not such a one"
        self.messages.append(parsed)
        return "250 taken"


@contextmanager
def listening(postbox: Postbox, host: str = "127.0.0.1") -> Iterator[int]:
    """Run a real SMTP server, without encryption, and give its port."""
    with socket.socket() as free:
        free.bind((host, 0))
        port = free.getsockname()[1]
    controller = Controller(postbox, hostname=host, port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Postbox, int]]:
    postbox = Postbox()
    with listening(postbox) as port:
        yield postbox, port


@pytest.fixture
def postbox(server: tuple[Postbox, int], office: Any) -> Postbox:
    """The server, empty, with the office's settings pointing to it; it is Monday morning."""
    found, port = server
    found.messages.clear()
    found.refuses, found.refuses_to, found.refuses_subject = False, None, None
    address = SmtpAddress("127.0.0.1", port, tls=False, user=None, password=None)
    object.__setattr__(
        office.system, "config", replace(office.system.config, smtp_url=address, mail_from="sameview@example.org")
    )
    office.clock.now = MONDAY
    return found


def send(office: Any) -> tuple[int, list[str]]:
    refused: list[str] = []
    return mailing.send_due(office.system, refused.append), refused


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_nobody_is_mailed_unasked(office: Any, postbox: Postbox) -> None:
    assert send(office) == (0, [])
    assert postbox.messages == []


def test_the_week_goes_to_whoever_asked_once_and_is_accounted_for(office: Any, postbox: Postbox) -> None:
    office.system.people.wish(office.ids["ben"], [Wish.RECAP])

    assert [send(office), send(office)] == [(1, []), (0, [])]

    (message,) = postbox.messages
    assert (message["To"], message["From"]) == ("ben@example.org", "sameview@example.org")
    assert not re.search(r"\d", message["Subject"])
    for kind in ("plain", "html"):
        assert "active on 5 days" in body(message, kind)
        assert "/me/recap/2026-W46" in body(message, kind)
    assert "<img" not in body(message, "html")
    entry = office.system.log.of_subject(office.ids["ben"])[-1]
    assert (entry.viewer, entry.outcome, entry.relation) == (None, "mailed", "operations")
    said = f"{body(message, 'plain')}{body(message, 'html')}".replace("\r\n", "\n")
    salt = message["Message-ID"].strip("<>").removesuffix("@example.org")
    assert entry.digest == f"sha256:{hashlib.sha256(f'{salt}{said}'.encode()).hexdigest()}"


def test_nobody_who_reads_the_log_finds_by_trying_what_a_mail_said(office: Any, postbox: Postbox) -> None:
    office.system.people.wish(office.ids["ben"], [Wish.RECAP])
    told = [Mail("ben@example.org", "x", "4h 30m active", "<p>4h 30m active</p>") for _ in range(2)]
    send(office)

    assert told[0].digest != told[1].digest
    salt = postbox.messages[0]["Message-ID"].strip("<>").partition("@")[0]
    assert len(salt) == 32  # 16 random bytes, which the log does not have
    assert salt not in repr(office.system.log.of_subject(office.ids["ben"]))


def test_the_mail_is_in_the_language_of_its_reader(office: Any, postbox: Postbox) -> None:
    office.system.people.wish(office.ids["ben"], [Wish.RECAP])
    office.system.people.speak(office.ids["ben"], "de")

    send(office)

    (message,) = postbox.messages
    assert '<html lang="de' in body(message, "html")


def test_the_week_goes_once_a_week_and_what_a_night_missed_goes_the_next(office: Any, postbox: Postbox) -> None:
    office.system.people.wish(office.ids["ben"], [Wish.RECAP])
    office.clock.now = MONDAY + dt.timedelta(days=1)

    assert send(office) == (1, [])
    for day in range(2, 7):
        office.clock.now = MONDAY + dt.timedelta(days=day)
        assert send(office) == (0, [])


def test_an_address_that_is_refused_keeps_nobody_elses_mail_back(office: Any, postbox: Postbox) -> None:
    for who in ("ana", "ben"):
        office.system.people.wish(office.ids[who], [Wish.RECAP, Wish.LOOKS])
    team = next(iter(office.system.directory.managed(office.ids["ana"]))).id
    office.client("ana").get(f"/team/{team}/people/{office.ids['ben']}/weeks/2026-W45?purpose=one_to_one")
    postbox.refuses_to = "ben@example.org"
    office.system.people.wish(office.ids["eva"], [Wish.LOOKS])
    office.clock.advance(days=1)

    _sent, refused = send(office)

    assert [office.ids["ben"] in each for each in refused] == [True, True]  # the week, and that Ana looked
    outcomes = [each.outcome for each in office.system.log.of_subject(office.ids["ben"])]
    assert outcomes[-1] == "mail-failed"
    postbox.refuses_to = None
    office.clock.advance(days=2)
    assert send(office)[0] >= 1


def look(office: Any) -> None:
    """Let Ben's manager sign in and look at a closed week of his."""
    office.clients.pop("ana", None)
    team = next(iter(office.system.directory.managed(office.ids["ana"]))).id
    office.client("ana").get(f"/team/{team}/people/{office.ids['ben']}/weeks/2026-W45?purpose=one_to_one")


def subjects(postbox: Postbox) -> list[str]:
    return [each["Subject"] for each in postbox.messages]


@pytest.mark.parametrize(
    ("refused", "other"),
    [(mailing.LOOKS_SUBJECT, mailing.RECAP_SUBJECT), (mailing.RECAP_SUBJECT, mailing.LOOKS_SUBJECT)],
)
def test_of_two_mails_only_the_one_that_was_not_taken_goes_again(
    office: Any, postbox: Postbox, refused: str, other: str
) -> None:
    office.clock.now = MONDAY - dt.timedelta(days=1)
    office.system.people.wish(office.ids["ben"], [Wish.RECAP, Wish.LOOKS])
    look(office)
    office.clock.now = MONDAY
    postbox.refuses_subject = refused

    first, (told,) = send(office)
    assert (first, subjects(postbox), office.ids["ben"] in told) == (1, [other], True)
    postbox.refuses_subject = None
    office.clock.advance(days=1)
    assert send(office) == (1, [])
    assert subjects(postbox) == [other, refused]
    office.clock.advance(days=1)
    assert send(office) == (0, [])
    outcomes = [each.outcome for each in office.system.log.of_subject(office.ids["ben"]) if "mail" in each.outcome]
    assert sorted(outcomes) == ["mail-failed", "mailed", "mailed", "mailed"]


def test_what_a_first_night_cannot_send_is_not_lost_to_who_asked_in_an_older_version(
    office: Any, postbox: Postbox
) -> None:
    ben = office.ids["ben"]
    office.clock.now = MONDAY - dt.timedelta(days=1)
    office.system.people.wish(ben, [Wish.LOOKS, Wish.RECAP])
    with office.system.people.changing(None) as changes:
        changes.write(ben, looks_mailed=None)
    look(office)
    office.clock.now = MONDAY
    postbox.refuses_subject = mailing.LOOKS_SUBJECT
    send(office)
    postbox.refuses_subject = None
    office.clock.advance(days=1)

    assert send(office) == (1, [])
    assert subjects(postbox) == [mailing.RECAP_SUBJECT, mailing.LOOKS_SUBJECT]


def test_who_asks_today_is_told_of_no_look_of_before_and_of_todays_tomorrow(office: Any, postbox: Postbox) -> None:
    look(office)
    office.clock.advance(days=1)
    office.system.people.wish(office.ids["ben"], [Wish.LOOKS])
    assert [send(office)[0], office.clock.advance(days=1), send(office)[0]] == [0, None, 0]

    look(office)
    office.clock.advance(days=1)
    assert send(office) == (1, [])


def test_the_mail_of_whoever_chose_no_language_is_in_that_of_the_installation(office: Any, postbox: Postbox) -> None:
    config = replace(office.system.config, language="de")
    object.__setattr__(office.system, "config", config)
    for who in ("ben", "ana"):
        office.system.people.wish(office.ids[who], [Wish.RECAP])
    office.system.people.speak(office.ids["ana"], "en")

    assert "They are in Deutsch until you choose a language." in office.client("ben").get("/me/settings").text
    assert "until you choose a language" not in office.client("ana").get("/me/settings").text
    send(office)

    spoken = {each["To"]: re.findall(r'<html lang="(..)', body(each, "html")) for each in postbox.messages}
    assert spoken["ben@example.org"] == ["de"]
    assert spoken.get("ana@example.org", ["en"]) == ["en"]


def test_a_language_of_the_installation_that_there_is_not_is_refused(tmp_path: Any) -> None:
    with pytest.raises(ConfigError, match="SAMEVIEW_LANGUAGE: 'fr' is not one of en, de"):
        Config.from_environ({"SAMEVIEW_HOME": str(tmp_path), "SAMEVIEW_LANGUAGE": "fr"})
    assert Config.from_environ({"SAMEVIEW_HOME": str(tmp_path)}).language == "en"
    assert Config.from_environ({"SAMEVIEW_HOME": str(tmp_path), "SAMEVIEW_LANGUAGE": "de"}).language == "de"


def test_that_somebody_looked_is_mailed_the_day_after_without_saying_who(office: Any, postbox: Postbox) -> None:
    office.system.people.wish(office.ids["ben"], [Wish.LOOKS])
    team = next(iter(office.system.directory.managed(office.ids["ana"]))).id
    office.client("ana").get(f"/team/{team}/people/{office.ids['ben']}/weeks/2026-W45?purpose=one_to_one")
    assert send(office)[0] == 0

    office.clock.advance(days=1)
    assert send(office)[0] == 1
    office.clock.advance(days=1)
    assert send(office)[0] == 0

    (message,) = postbox.messages
    assert "Ana" not in message.as_string()


def test_a_server_that_refuses_loses_nothing_and_says_no_word_of_the_mail(office: Any, postbox: Postbox) -> None:
    office.system.people.wish(office.ids["ben"], [Wish.RECAP])
    postbox.refuses = True

    sent, (refused,) = send(office)
    postbox.refuses = False

    assert sent == 0
    assert "did not take a mail" in refused
    assert "active" not in refused
    assert send(office) == (1, [])


def test_nothing_is_said_in_the_open_to_another_machine() -> None:
    postbox = Postbox()
    with listening(postbox, "127.0.0.2") as port:  # an address that is not known to be this machine's
        mailer = Mailer(SmtpAddress("127.0.0.2", port, tls=False, user=None, password=None), "a@example.org")
        with pytest.raises(MailRefused):
            mailer.send(Mail("b@example.org", "x", "y", "<p>y</p>"))

    assert postbox.messages == []


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"SMTP_URL": "smtp://localhost"}, "MAIL_FROM"),
        ({"MAIL_FROM": "a@example.org"}, "SMTP_URL"),
        ({"SMTP_URL": "http://localhost", "MAIL_FROM": "a@example.org"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://localhost:99999", "MAIL_FROM": "a@example.org"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://localhost", "MAIL_FROM": "Sameview <a@example.org>"}, "MAIL_FROM"),
    ],
)
def test_settings_of_mail_that_cannot_be_are_named(tmp_path: Any, given: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        Config.from_environ({"SAMEVIEW_HOME": str(tmp_path), **{f"SAMEVIEW_{k}": v for k, v in given.items()}})


def test_the_page_of_the_week_says_what_the_mail_says(office: Any, postbox: Postbox) -> None:
    office.system.people.wish(office.ids["ben"], [Wish.RECAP])
    send(office)

    page = office.client("ben").get("/me/recap/2026-W46").text

    lines = re.findall(r"^- (.+?)\r?$", body(postbox.messages[0], "plain"), re.MULTILINE)
    assert lines
    assert all(line in page for line in lines)


def test_wishes_are_kept_by_their_form(office: Any, form: Any) -> None:
    assert form("ben", "/me/settings/wishes", "/me/settings", wish="recap").status_code == 303

    person = office.system.people.get(office.ids["ben"])
    assert person.wants(Wish.RECAP)
    assert not person.wants(Wish.NUDGES)


@pytest.mark.parametrize(
    "address", ["/me/recap/2026-W47", "/me/recap/2026-W99", "/me/look-back/2026-11", "/me/look-back/x"]
)
def test_what_is_not_over_yet_is_not_looked_back_on(lasting_office: Any, address: str) -> None:
    assert lasting_office.client("ben").get(f"/me/{address}").status_code in (400, 404)


def test_a_month_stands_beside_the_one_before(lasting_office: Any) -> None:
    page = lasting_office.client("ben").get("/me/look-back/2026-10").text

    assert "September 2026" in page
    assert "October 2026" in page
