"""What a person can tell their relay, running or not: pause, forget, show, enrol, install, import."""

import json
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from command_line import sameview

from portal.relay import commands
from portal.relay.control import Control, ask
from portal.relay.home import Home
from privacy.policy_note import PolicyKey
from tests.relay.desks import AFK, MORNING, Desk, desk, iso, us
from tests.relay.fake_portal import TOKEN, FakePortal, fake_portal, shipped

COUNCIL, EMPLOYER = (PolicyKey.new(f"example/{name}") for name in ("council", "employer"))


@pytest.fixture
def portal() -> Iterator[FakePortal]:
    with fake_portal(shipped("coaching")) as found:
        yield found


@pytest.fixture
def here(tmp_path: Path, portal: FakePortal) -> Iterator[Desk]:
    """A running relay that takes orders."""
    with desk(tmp_path / "relay", portal, now=[time.time()]) as found:
        control = Control(found.relay.home.socket, found.relay.obey)
        yield found
        control.close()


def run(folder: Path, *words: object) -> Result:
    return sameview("relay", *words, "--home", folder)


def done(folder: Path, *words: object) -> str:
    found = run(folder, *words)
    assert found.exit_code == 0, found.output
    return found.stdout


def waiting(desk: Desk) -> str:
    return repr([entry for _, _, entry in desk.relay.queue.entries()])


# Pausing and forgetting


def test_nothing_is_captured_in_a_pause_and_it_is_told_as_a_gap(tmp_path: Path, portal: FakePortal) -> None:
    with desk(tmp_path / "relay", portal) as here:
        here.beat(here.bucket("afk", AFK), 0, {"status": "not-afk"})
        here.now[0] += 60
        here.relay.obey({"do": "pause", "seconds": 1800})
        here.beat("afk", 30, {"status": "not-afk"}, lasting=45)
        here.beat("afk", 100, {"status": "afk"}, lasting=10)
        here.beat("afk", 1850, {"status": "not-afk"}, lasting=200, pulse=5000)
        here.now[0] += 3600
        here.relay.desk.end_pause_if_over()
        here.beat("afk", 3000, {"status": "afk"})
        here.beat("afk", 9000, {"status": "not-afk"})
        here.send()

        assert portal.gaps() == [(us(60), us(1860), "paused")]
        private = [(s, s + d) for _, s, d, _ in portal.events() if s < us(1860) and s + d > us(60)]
        assert private == []
        assert (us(30), 30_000_000) in [(s, d) for _, s, d, _ in portal.events()]
        assert portal.dropped() == {}


def test_what_a_policy_drops_is_not_even_counted_in_a_pause(tmp_path: Path, portal: FakePortal) -> None:
    with desk(tmp_path / "relay", portal) as here:
        here.bucket("editor", "app.editor.activity")
        here.relay.obey({"do": "pause", "seconds": 1800})
        here.beat("editor", 100, {"file": "a"})
        here.now[0] += 3600
        here.relay.desk.end_pause_if_over()
        here.beat("editor", 3000, {"file": "b"})
        here.relay.desk.use(here.relay.desk.door)
        here.send()

        assert portal.dropped() == {"unknown-stream": 1}


def test_a_pause_outlives_the_process_and_is_ended_by_resume(tmp_path: Path, portal: FakePortal) -> None:
    with desk(tmp_path / "relay", portal) as here:
        here.relay.obey({"do": "pause", "seconds": 1800})
    with desk(tmp_path / "relay", portal, now=[MORNING + 600]) as here:
        assert here.status()["paused_until_us"] == us(1800)
        assert here.relay.obey({"do": "resume"}) == {"resumed": True}
        assert here.relay.obey({"do": "resume"}) == {"resumed": False}
        here.send()

        assert portal.gaps() == [(us(0), us(600), "paused")]


def test_what_is_forgotten_is_gone_from_the_file_and_does_not_come_back(tmp_path: Path, portal: FakePortal) -> None:
    portal.offer["policy"] = shipped("own_insight")
    with desk(tmp_path / "relay", portal) as here:
        window = here.bucket()
        for at, app in ((0, "before"), (100, "canary-cut"), (200, "canary-gone"), (400, "after")):
            here.beat(window, at, {"app": app}, lasting=90)
        sealed = [each for (each,) in here.relay.queue._rows("SELECT sealed FROM entry", ())]

        here.relay.obey({"do": "forget", "start_us": us(150), "end_us": us(300)})
        here.call("POST", f"buckets/{window}/events", [{"timestamp": iso(210), "duration": 5, "data": {"app": "late"}}])

        assert "canary-gone" not in waiting(here)
        assert "late" not in waiting(here)
        on_disk = b"".join(path.read_bytes() for path in (tmp_path / "relay").glob("queue.db*"))
        assert [each in on_disk for each in sealed[:3]] == [True, False, False]
        here.beat(window, 900, {"app": "end"})
        here.send()
        assert [(s, d) for _, s, d, _ in portal.events()] == [
            (us(0), 90_000_000),
            (us(100), 50_000_000),
            (us(400), 90_000_000),
        ]
        assert portal.gaps() == [(us(150), us(300), "forgotten")]


def test_the_commands_reach_the_relay_that_runs(tmp_path: Path, here: Desk) -> None:
    folder = tmp_path / "relay"
    assert done(folder, "pause", "30m").startswith("paused until ")
    assert "paused until" in done(folder, "status")
    assert done(folder, "resume") == "capturing again\n"
    assert done(folder, "resume") == "there was no pause\n"
    told = done(folder, "forget", "1h")
    assert "forgotten on this desk" in told
    assert f"{here.relay.enrolment.url}/me/forget" in told
    assert here.relay.desk.private.past


def test_the_commands_work_while_no_relay_runs(tmp_path: Path) -> None:
    folder = tmp_path / "relay"

    assert "not running" in done(folder, "status")
    assert done(folder, "pause", "2h").startswith("paused until ")
    assert "paused until" in done(folder, "status")
    assert done(folder, "resume") == "capturing again\n"
    assert run(folder, "show").exit_code == 1


@pytest.mark.parametrize("duration", ["0m", "30", "-1h", "1 h", "99999m", "forever"])
def test_a_duration_that_is_none_is_refused(tmp_path: Path, duration: str) -> None:
    assert run(tmp_path / "relay", "pause", "--", duration).exit_code == 2


def test_nobody_pauses_for_ever(tmp_path: Path) -> None:
    found = run(tmp_path / "relay", "pause", "8d")

    assert found.exit_code == 1
    assert "seven days" in found.stderr


def test_shown_is_exactly_what_is_sent(tmp_path: Path, here: Desk, portal: FakePortal) -> None:
    window = here.bucket()
    now = here.now[0] - MORNING
    for at, app in ((0, "A"), (10, "B"), (20, "C")):
        here.beat(window, now + at, {"app": app, "title": "canary"})

    shown = json.loads(done(tmp_path / "relay", "show"))
    here.send()
    sent = json.loads(portal.bodies[-1])

    assert len(shown["events"]) == 2
    for each in (shown, sent):
        del each["batch"]
        each.pop("pad", None)
    assert shown == sent


def test_orders_come_over_a_socket_of_this_account_alone(tmp_path: Path, here: Desk) -> None:
    socket = here.relay.home.socket

    assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    for path in ("pause", "status", "control", "forget"):
        assert here.call("POST", path, {"do": "pause", "seconds": 60})[0] == 404
    assert here.relay.desk.private.pause_end_us is None


@pytest.mark.parametrize("line", [b"", b"\n", b"{}\n", b"[]\n", b'{"do":"dance"}\n', b'{"do":"pause"}\n', b"\xff\n"])
def test_an_order_that_cannot_be_understood_is_refused(here: Desk, line: bytes) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(here.relay.home.socket))
        connection.sendall(line)
        connection.shutdown(socket.SHUT_WR)
        assert b"refused" in connection.recv(4096)
    assert ask(here.relay.home.socket, {"do": "status"}) is not None


# Enrolment


def confirm(portal: FakePortal, **granted: object) -> threading.Thread:
    """Confirm, as its person does in their browser, a moment after the desk has asked."""

    def act() -> None:
        while "code" not in portal.enrolments:
            time.sleep(0.01)
        time.sleep(0.1)
        portal.enrolments["code"] = {"token": TOKEN, "origin": "example", "signers": None, **granted}

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    return thread


def test_a_desk_is_enrolled_when_its_person_has_confirmed(tmp_path: Path, portal: FakePortal) -> None:
    keys = {"employer": str(EMPLOYER.verifier), "council": str(COUNCIL.verifier)}
    confirm(portal, signers=keys)

    found = run(tmp_path / "relay", "enrol", portal.url, "--name", "Ann's desk")

    assert found.exit_code == 0, found.output
    assert found.stdout == f"{portal.url}/me/devices/new?code=ABCD-EFGH\n"
    assert str(COUNCIL.verifier) in found.stderr
    assert portal.named["name"] == "Ann's desk"
    enrolment = Home(tmp_path / "relay").enrolment()
    assert enrolment is not None
    assert (enrolment.token, enrolment.signers, enrolment.single_key) == (TOKEN, keys, False)
    assert stat.S_IMODE((tmp_path / "relay" / "enrolment.json").stat().st_mode) == 0o600
    assert TOKEN not in found.output


def test_a_single_key_and_none_are_told(tmp_path: Path, portal: FakePortal) -> None:
    confirm(portal)
    unsigned = run(tmp_path / "one", "enrol", portal.url)
    portal.enrolments.clear()
    confirm(portal, signers={"employer": str(EMPLOYER.verifier), "council": None})
    run(tmp_path / "two", "enrol", portal.url)

    assert "nobody signs" in unsigned.stderr
    assert "employer alone" in done(tmp_path / "two", "status")


def test_keys_that_are_none_are_no_enrolment(tmp_path: Path, portal: FakePortal) -> None:
    confirm(portal, signers={"employer": "nonsense"})

    found = run(tmp_path / "relay", "enrol", portal.url)

    assert found.exit_code == 1
    assert Home(tmp_path / "relay").enrolment() is None


@pytest.mark.parametrize("url", ["http://portal.example", "nonsense", "http://127.0.0.1:1"])
def test_an_address_where_no_portal_can_be_is_one_line(tmp_path: Path, url: str) -> None:
    found = run(tmp_path / "relay", "enrol", url)

    assert found.exit_code == 1
    assert found.stderr.count("\n") == 1


def test_one_person_s_entries_are_not_sent_as_another_s(tmp_path: Path, portal: FakePortal) -> None:
    folder = tmp_path / "relay"
    with desk(folder, portal) as here:
        here.call("POST", f"buckets/{here.bucket()}/events", [{"timestamp": iso(0), "data": {"app": "first"}}])
    refused = run(folder, "enrol", portal.url)
    assert refused.exit_code == 1
    assert "--keep" in refused.stderr
    confirm(portal)

    assert run(folder, "enrol", portal.url, "--discard").exit_code == 0

    with desk(folder, portal) as here:
        here.send()
        assert portal.events() == []


# Taking over history


def history(source: Desk) -> None:
    """Fill a server with what real ones hold: ties, long and overlapping events, days apart."""
    window, presence = source.bucket(), source.bucket("afk", AFK)
    day = 86_400
    events = [(n * 977 % (40 * day) - 40 * day, n % 7, {"app": f"app {n % 13}"}) for n in range(1_200)]
    events += [(-5 * day, 3 * day, {"app": "left open"}), (-9 * 3600, 0, {"app": "midnight"})]
    afk = [(-30 * day + n * 7200, 9_000, {"status": ("afk", "not-afk")[n % 2]}) for n in range(300)]
    for bucket, found in ((window, events), (presence, afk)):
        content = [{"timestamp": iso(at), "duration": lasting, "data": data} for at, lasting, data in found]
        source.call("POST", f"buckets/{bucket}/events", content)


def test_the_history_of_another_server_is_taken_over_whole_and_twice_is_once(tmp_path: Path) -> None:
    with fake_portal(shipped("own_insight")) as old, fake_portal(shipped("own_insight")) as portal:
        with desk(tmp_path / "old", old, now=[time.time()]) as source:
            history(source)
            with desk(tmp_path / "relay", portal) as here:
                control = Control(here.relay.home.socket, here.relay.obey)
                said = done(tmp_path / "relay", "import", f"http://127.0.0.1:{source.port}")
                done(tmp_path / "relay", "import", f"http://127.0.0.1:{source.port}")
                control.close()
                here.send()
            source.send()

        assert "window: 1202 events" in said
        assert portal.events() == old.events()
        assert len(old.events()) > 1_200


@pytest.mark.parametrize("url", ["http://192.0.2.1:5600", "https://127.0.0.1:5600", "http://127.0.0.1:1", "nonsense"])
def test_only_a_server_of_this_computer_is_read(tmp_path: Path, here: Desk, url: str) -> None:
    found = run(tmp_path / "relay", "import", url)

    assert found.exit_code == 1
    assert found.stderr.count("\n") == 1


def test_nothing_is_imported_before_there_is_a_policy(tmp_path: Path) -> None:
    found = run(tmp_path / "relay", "import", "http://127.0.0.1:5600")

    assert found.exit_code == 1
    assert "nothing would be kept" in found.stderr


def test_every_failure_of_the_relay_is_one_line_of_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for failure in commands.FAILURES:

        def fail(*_: object, failure: type[Exception] = failure) -> None:
            raise failure("named")

        monkeypatch.setattr(commands.control, "ask", fail)
        found = run(tmp_path / "relay", "status")
        assert (found.exit_code, found.stderr) == (1, "sameview: named\n")
