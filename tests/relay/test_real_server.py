"""Taking over the history of the real aw-server, where it is installed beside us (`make bench` installs it)."""

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import sameview

from portal.relay import aw_events
from portal.relay.control import Control
from tests.relay.desks import desk
from tests.relay.fake_portal import fake_portal, shipped
from tests.relay.processes import ROOT, free_port, until_it_listens

SERVER = ROOT / ".venv-peer" / "bin" / "aw-server"
EXPORT = ROOT / "tests" / "data" / "edge_cases.aw-export.json"

pytestmark = pytest.mark.skipif(not SERVER.exists(), reason="needs .venv-peer: make .venv-peer/ready")


@pytest.fixture
def aw_server(tmp_path: Path) -> Iterator[str]:
    """The real server with the edge cases that real exports hold; what it can take of them."""
    port = free_port()
    home = {"HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"}
    (tmp_path / "home").mkdir()
    process = subprocess.Popen(
        [SERVER, "--testing", "--host", "127.0.0.1", "--port", str(port)],
        env=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    until_it_listens(process, port)
    url = f"http://127.0.0.1:{port}"
    for bucket in json.loads(EXPORT.read_text(encoding="utf-8"))["buckets"].values():
        _post(f"{url}/api/0/buckets/{bucket['id']}", {key: bucket[key] for key in ("client", "type", "hostname")})
        events = [{"duration": 0, "data": {}, **each} for each in bucket["events"]]
        for each in events:
            each.pop("id", None)
            _post(f"{url}/api/0/buckets/{bucket['id']}/events", [each])
    yield url
    process.kill()
    process.wait(10)
    assert process.stderr is not None
    process.stderr.close()


def _post(url: str, content: object) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(content).encode(), headers)  # noqa: S310 - the test's own server
    try:
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - as above
    except urllib.error.HTTPError as refused:
        refused.close()  # it answers 400 or 500 to some of them


def test_everything_that_the_real_server_gives_back_arrives_unchanged(tmp_path: Path, aw_server: str) -> None:
    with fake_portal(shipped("own_insight")) as portal, desk(tmp_path / "relay", portal, now=[time.time()]) as here:
        control = Control(here.relay.home.socket, here.relay.obey)
        done = sameview("relay", "import", aw_server, "--home", tmp_path / "relay")
        control.close()
        assert done.exit_code == 0, done.output
        here.send()

        with urllib.request.urlopen(f"{aw_server}/api/0/export", timeout=30) as answer:  # noqa: S310 - as above
            exported = json.loads(answer.read())["buckets"]
        counts = dict(line.removesuffix(" events").split(": ") for line in done.stdout.splitlines())
        sent = sum(len(each.events) + len(each.dropped) for each in portal.taken)
        assert sum(map(int, counts.values())) == sent
        for name, bucket in exported.items():
            begun = [each for each in bucket["events"] if each["timestamp"] < "2099"]  # the one from a wrong clock
            assert int(counts[name]) == len(begun), name
        starts = {start for _, start, _, _ in portal.events()}
        assert aw_events.moment_us("2025-03-28T00:00:00Z") in starts
        lengths = {length for _, _, length, _ in portal.events()}
        assert {200_000_000_000, 3_601_500_000, -3_000_000} <= lengths
