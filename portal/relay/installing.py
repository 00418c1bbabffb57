"""Starting the relay with the account's session: a systemd user unit on Linux; a launchd agent and a scheduled task.

The latter two are written here the same way and are untested. They are also refused: those systems do not tell a relay
whose process is calling (`peer`), so on a shared computer it could not keep accounts apart. `--print` shows what would
be set up.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from portal.relay import peer

NAME: Final = "sameview-relay"
_LABEL: Final = "org.sameview.relay"


class InstallRefused(Exception):
    """The relay is not set up; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Start:
    """How the relay is started."""

    python: str
    home: Path
    port: int

    @property
    def command(self) -> list[str]:
        return [self.python, "-m", "portal.relay", "run", "--home", str(self.home), "--port", str(self.port)]


def definition(start: Start, platform: str = sys.platform) -> str:
    """Return what the system is told: a unit, an agent or a task."""
    if platform == "darwin":
        return _agent(start)
    return _task(start) if platform == "win32" else _unit(start)


def install(start: Start) -> Path:
    """Set the relay up for this account and start it; returns the file that was written."""
    _refuse_where_accounts_mix()
    unit = _unit_file()
    unit.parent.mkdir(parents=True, exist_ok=True)
    unit.write_text(definition(start), encoding="utf-8")
    _systemctl("daemon-reload")
    _systemctl("enable", "--now", unit.name)
    return unit


def uninstall() -> Path | None:
    """Stop the relay and take its unit away; None if there is none. What it has queued stays."""
    unit = _unit_file()
    if not unit.exists():
        return None
    _systemctl("disable", "--now", unit.name)
    unit.unlink()
    _systemctl("daemon-reload")
    return unit


def _refuse_where_accounts_mix() -> None:
    if not peer.can_be_known():
        raise InstallRefused(
            "this system does not tell whose process calls a local port, so a relay could not keep other accounts out;"
            " import exports instead, or see `sameview relay install --print` for a computer with one account"
        )
    if os.getuid() == 0:
        raise InstallRefused("a relay belongs to one person's account: install it there, not as root")


def _unit_file() -> Path:
    configured = os.environ.get("XDG_CONFIG_HOME")
    return (Path(configured) if configured else Path.home() / ".config") / "systemd" / "user" / f"{NAME}.service"


def _systemctl(*arguments: str) -> None:
    found = shutil.which("systemctl")
    if found is None:
        raise InstallRefused("there is no systemctl: start `sameview relay run` with your session in another way")
    done = subprocess.run([found, "--user", *arguments], capture_output=True, text=True)  # noqa: S603 - our own words
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise InstallRefused(f"systemctl --user {arguments[0]} failed: {said[0] if said else done.returncode}")


def _unit(start: Start) -> str:
    command = " ".join(map(_quoted, start.command))
    return f"""[Unit]
Description=Sameview relay: the collector of this desk
After=network.target

[Service]
ExecStart={command}
Restart=always
RestartSec=2
UMask=0077
NoNewPrivileges=yes
MemoryMax=256M

[Install]
WantedBy=default.target
"""


def _quoted(word: str) -> str:
    """Quote a word as systemd reads it: specifiers and variables are what they are written as."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$") + '"'


def _agent(start: Start) -> str:
    words = "\n".join(f"    <string>{escape(word)}</string>" for word in start.command)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- Untested. For ~/Library/LaunchAgents/{_LABEL}.plist -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>{_LABEL}</string>
  <key>ProgramArguments</key>
  <array>
{words}
  </array>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <true/>
</dict>
</plist>
"""


def _task(start: Start) -> str:
    arguments = subprocess.list2cmdline(start.command[1:])
    return f"""<?xml version="1.0" encoding="UTF-16"?>
<!-- Untested. For: schtasks /Create /TN "Sameview relay" /XML FILE -->
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Triggers>
    <LogonTrigger><Enabled>true</Enabled></LogonTrigger>
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT1M</Interval><Count>999</Count></RestartOnFailure>
  </Settings>
  <Actions>
    <Exec>
      <Command>{escape(start.python)}</Command>
      <Arguments>{escape(arguments)}</Arguments>
    </Exec>
  </Actions>
</Task>
"""
