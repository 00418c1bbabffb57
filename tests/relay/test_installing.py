"""`relay install` and `relay uninstall`: for one account, once it is enrolled."""

import os
from pathlib import Path

import pytest
from click.testing import Result
from command_line import sameview

from portal.relay import installing, peer
from portal.relay.home import Enrolment, Home
from tests.relay.fake_portal import TOKEN


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A systemctl that writes down what it is told, and the home of an account that is not root's."""
    told = tmp_path / "told"
    program = tmp_path / "bin" / "systemctl"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho "$@" >> "{told}"\n[ ! -e "{tmp_path}/broken" ] || {{ echo no bus >&2; exit 1; }}\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(installing.os, "getuid", lambda: 1000)
    return told


def install(folder: Path, *options: str) -> Result:
    return sameview("relay", "install", *options, "--home", folder)


def enrolled(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    Home(folder).enrol(Enrolment("https://portal.example", TOKEN, "desk"))
    return folder


def test_it_is_set_up_for_this_account_and_taken_away_again(tmp_path: Path, systemctl: Path) -> None:
    folder = enrolled(tmp_path / 'my "100%" $relay')
    unit = tmp_path / "home" / ".config" / "systemd" / "user" / "sameview-relay.service"

    assert str(unit) in install(folder, "--port", "5601").stdout
    written = unit.read_text()
    assert sameview("relay", "uninstall").exit_code == 0

    start = next(line for line in written.splitlines() if line.startswith("ExecStart="))
    assert '"-m" "portal.relay" "run" "--home"' in start
    assert 'my \\"100%%\\" $$relay"' in start
    assert start.endswith('"--port" "5601"')
    assert systemctl.read_text().splitlines() == [
        "--user daemon-reload",
        "--user enable --now sameview-relay.service",
        "--user disable --now sameview-relay.service",
        "--user daemon-reload",
    ]
    assert not unit.exists()
    assert (folder / "enrolment.json").exists()
    assert "not installed" in sameview("relay", "uninstall").stdout


def test_a_systemctl_that_fails_is_told(tmp_path: Path, systemctl: Path) -> None:
    (tmp_path / "broken").touch()

    found = install(enrolled(tmp_path / "relay"))

    assert found.exit_code == 1
    assert "no bus" in found.stderr


def test_it_is_not_set_up_where_accounts_cannot_be_told_apart(
    tmp_path: Path, systemctl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peer, "_TABLES", (tmp_path / "none", tmp_path / "none"))

    found = install(enrolled(tmp_path / "relay"))

    assert found.exit_code == 1
    assert "does not tell whose process" in found.stderr
    assert not systemctl.exists()


def test_it_is_not_set_up_before_it_is_enrolled_nor_for_root(
    tmp_path: Path, systemctl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "enrol" in install(tmp_path / "relay").stderr
    monkeypatch.setattr(installing.os, "getuid", lambda: 0)
    assert "not as root" in install(enrolled(tmp_path / "other")).stderr
    assert not systemctl.exists()


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_what_the_system_would_be_told_is_well_formed(platform: str) -> None:
    from xml.etree import ElementTree

    start = installing.Start("/opt/a & b/python", Path("/home/ann/<relay>"), 5600)

    found = installing.definition(start, platform)

    assert "portal.relay" in found
    if platform != "linux":
        assert "Untested" in found
        text = found.partition("?>")[2]
        assert "/opt/a & b/python" in [each.text for each in ElementTree.fromstring(text).iter()]  # noqa: S314 - our own
