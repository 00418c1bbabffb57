"""`relay` and what belongs to it. Imports nothing else of the portal: a relay runs on every desk, all day."""

import datetime as dt
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from portal.relay import control, enrolling, importing, installing
from portal.relay.control import ControlRefused, Order
from portal.relay.enrolling import EnrolmentRefused
from portal.relay.home import Home, RelayMisplaced
from portal.relay.importing import ImportFailed
from portal.relay.installing import InstallRefused
from portal.relay.portal_calls import AddressRefused, NoAnswer, Portal
from portal.relay.queue import QueueBroken
from portal.relay.status_lines import told

PORT: Final = 5600
FAILURES: Final = (
    AddressRefused,
    ControlRefused,
    EnrolmentRefused,
    ImportFailed,
    InstallRefused,
    NoAnswer,
    QueueBroken,
    RelayMisplaced,
)
"""What ends a command of the relay with one line and exit code 1."""

_DURATION: Final = re.compile(r"([1-9][0-9]{0,3})(s|m|h|d)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LONGEST_PAUSE: Final = 7 * 86_400


class _Duration(click.ParamType[int]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = _DURATION.fullmatch(str(value))
        if found is None:
            self.fail(f"{value} is no duration; write 30m, 1h or 2d", param, ctx)
        return int(found[1]) * _SECONDS[found[2]]


def _home(command: Callable[..., Any]) -> Callable[..., Any]:
    option = click.option(
        "--home", type=click.Path(file_okay=False, path_type=Path), help="The relay's folder. Default: this account's."
    )
    return option(command)


def _port(command: Callable[..., Any]) -> Callable[..., Any]:
    option = click.option(
        "--port", default=PORT, show_default=True, type=click.IntRange(1, 65535), help="Where watchers look for it."
    )
    return option(command)


def _place(home: Path | None) -> Home:
    return Home(home.absolute()) if home else Home.default()


@click.group(invoke_without_command=True)
@click.pass_context
def relay(context: click.Context) -> None:
    """The collector on the desk: stands in for ActivityWatch's server; without a word more it runs."""
    if context.invoked_subcommand is None:
        context.invoke(run, home=None, port=PORT)


@relay.command()
@_home
@_port
def run(home: Path | None, port: int) -> None:
    """Run the relay until it is stopped."""
    words = ["run", "--port", str(port), *(["--home", str(home)] if home else [])]
    if "sqlalchemy" in sys.modules:  # begun as `sameview relay`: the whole portal would stay in memory all day
        os.execv(sys.executable, [sys.executable, "-m", "portal.relay", *words])  # noqa: S606 - our own interpreter
    from portal.relay.running import serve

    try:
        serve(_place(home), port)
    except OSError as error:
        raise RelayMisplaced(
            f"127.0.0.1:{port} cannot be used ({error.strerror}): stop the ActivityWatch server that has it, or run"
            " with another --port and write it into aw-client.toml"
        ) from error


@relay.command()
@click.argument("url")
@click.option("--name", help="What the device is called. Default: this computer's name.")
@click.option(
    "--ca", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Trust only this certificate file."
)
@click.option("--keep/--discard", default=None, help="What becomes of entries that wait from an enrolment before.")
@_home
def enrol(url: str, name: str | None, ca: Path | None, keep: bool | None, home: Path | None) -> None:
    """Enrol this desk with a portal; its person confirms in their own browser."""
    place = _place(home)
    place.prepare()
    portal = Portal(url, ca=str(ca.absolute()) if ca else "")
    if control.ask(place.socket, {"do": "status"}) is not None:
        raise RelayMisplaced("the relay is running: stop it, enrol, and start it again")
    _settle_what_waits(place, keep)
    name = name or _computer()
    asked = enrolling.ask(portal, name)
    click.echo(asked.url)
    click.echo(f"Open this address in your browser, signed in as yourself, and confirm: {asked.user_code}", err=True)
    enrolment = enrolling.wait(portal, asked, url.rstrip("/"), name, str(ca.absolute()) if ca else "")
    place.enrol(enrolment)
    for role, key in enrolment.signers.items():
        click.echo(f"policies must be signed by the {role}: {key}", err=True)
    if not enrolment.signers:
        click.echo("warning: nobody signs this portal's policy; whoever runs it can change what is captured", err=True)
    click.echo(f"enrolled as {name}; start the relay with `sameview relay install` or `sameview relay run`", err=True)


def _settle_what_waits(place: Home, keep: bool | None) -> None:
    """Keep one person's entries from being sent as another's."""
    if place.enrolment() is None or keep:
        return
    with _working(place) as obey:
        waiting = obey({"do": "status"})["waiting"]
    if waiting and keep is None:
        raise RelayMisplaced(
            f"{waiting} entries wait from the enrolment before: enrol with --keep if they are yours, else --discard"
        )
    if waiting:
        for path in place.folder.glob("queue.db*"):
            path.unlink()


def _computer() -> str:
    import socket

    return socket.gethostname()


@contextmanager
def _working(place: Home) -> Iterator[Callable[[Order], Order]]:
    """Give what obeys orders: the relay that runs, or else its folder, opened for the moment."""
    if control.ask(place.socket, {"do": "status"}) is not None:
        yield lambda order: control.ask(place.socket, order) or {}
        return
    from portal.relay.running import Relay

    found = Relay(place)
    try:
        yield found.obey
    finally:
        found.close()


@relay.command()
@_home
def status(home: Path | None) -> None:
    """Say what the relay does, for whom, under which policy, and what waits."""
    place = _place(home)
    running = control.ask(place.socket, {"do": "status"}) is not None
    click.echo(f"relay: {'running' if running else 'not running'}, {place.folder}")
    with _working(place) as obey:
        for line in told(obey({"do": "status"})):
            click.echo(line)


@relay.command()
@click.argument("duration", type=_Duration())
@_home
def pause(duration: int, home: Path | None) -> None:
    """Capture nothing for DURATION, such as 30m."""
    if duration > _LONGEST_PAUSE:
        raise ControlRefused("a pause lasts at most seven days; stop the relay if you want it gone")
    with _working(_place(home)) as obey:
        until = obey({"do": "pause", "seconds": duration})["until_us"]
    click.echo(f"paused until {_moment(until)}")


@relay.command()
@_home
def resume(home: Path | None) -> None:
    """End a pause before its time."""
    with _working(_place(home)) as obey:
        click.echo("capturing again" if obey({"do": "resume"})["resumed"] else "there was no pause")


@relay.command()
@click.argument("duration", type=_Duration())
@_home
def forget(duration: int, home: Path | None) -> None:
    """Forget the last DURATION, such as 1h: gone from the queue at once."""
    now = int(time.time() * 1e6)
    with _working(_place(home)) as obey:
        done = obey({"do": "forget", "start_us": now - duration * 1_000_000, "end_us": now})
    click.echo(f"forgotten on this desk since {_moment(now - duration * 1_000_000)}: {done['changed']} entries")
    if done["portal"]:
        click.echo(f"What was sent before is at the portal: forget it there, too, at {done['portal']}/me/forget")


@relay.command()
@_home
def show(home: Path | None) -> None:
    """Print exactly what would be sent next, as JSON."""
    with _working(_place(home)) as obey:
        found = obey({"do": "show"})
    if found["upload"] is None:
        raise ControlRefused(f"nothing would be sent ({found['shut']}): see `sameview relay status`")
    click.echo(msgspec.json.format(found["upload"], indent=2))


@relay.command("import")
@click.argument("url")
@_home
def import_(url: str, home: Path | None) -> None:
    """Take over the history of an ActivityWatch server on this computer, such as http://127.0.0.1:5601."""
    with _working(_place(home)) as obey:
        if obey({"do": "status"})["shut"]:
            raise ControlRefused("nothing would be kept yet: see `sameview relay status`, and import when it captures")
        obey({"do": "history"})
        done = importing.import_from(url, obey, _progress, dt.datetime.now(dt.UTC))
    for name, count in done.items():
        click.echo(f"{name}: {count} events")


def _progress(name: str, count: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{name}: {count}", nl=False, err=True)


@relay.command()
@click.option("--print", "only_print", is_flag=True, help="Show what would be set up, and change nothing.")
@_home
@_port
def install(only_print: bool, home: Path | None, port: int) -> None:
    """Start the relay with this account's session, from now on."""
    start = installing.Start(sys.executable, _place(home).folder, port)
    if only_print:
        click.echo(installing.definition(start), nl=False)
        return
    if _place(home).enrolment() is None:
        raise RelayMisplaced("this desk is not enrolled: run `sameview relay enrol URL` first")
    click.echo(f"installed: {installing.install(start)}")


@relay.command()
def uninstall() -> None:
    """Stop the relay and take it out of this account's session; what waits stays."""
    gone = installing.uninstall()
    click.echo(f"removed: {gone}" if gone else "it was not installed")


def _moment(at_us: int) -> str:
    return dt.datetime.fromtimestamp(at_us / 1e6).astimezone().strftime("%Y-%m-%d %H:%M")


COMMANDS = (relay,)
