"""`jobs nightly` and `jobs close-week`."""

import click

from portal import clock_doubts, closing_weeks
from portal.commands.common import CommandRefused, opened, progress
from portal.nightly import Done, run


@click.group()
def jobs() -> None:
    """What runs on a schedule. Every job is idempotent and logs each attempt before it unwraps a key."""


@jobs.command()
@click.option("--clock-is-right", is_flag=True, help="Go by the clock, though nothing was done for over a month.")
def nightly(clock_is_right: bool) -> None:
    """Fold what came, freeze weeks, let go what is too old, replace keys, close the log's days, and verify it all."""
    with opened() as system, progress() as step:
        done = run(system, step, clock_is_right=clock_is_right)
    click.echo(f"people whose collectors' events were folded into days: {done.folded}")
    click.echo(f"weeks frozen: {done.weeks}; days of text expired: {done.text_days}; log days closed: {done.log_days}")
    click.echo(f"classes of data of which something was too old: {done.expired}")
    click.echo(f"grants and conversations whose time was over: {done.ended}")
    click.echo(f"mails sent to those who asked for them: {done.mails}")
    click.echo(f"periods of which team figures were released: {done.released}")
    click.echo(f"classes whose key was replaced: {done.keys_renewed}")
    click.echo(f"cosignatures on the published checkpoint: {done.cosignatures}")
    if done.escrowed:
        click.echo("a new escrow lies in HOME/escrow: move it to another machine or medium")
    _tell(done)


def _tell(done: Done) -> None:
    """Name what does not verify, and refuse: the exit code is what a scheduler tells somebody about."""
    for warning in done.warnings:
        click.echo(f"warning: {warning}", err=True)
    for problem in done.problems:
        click.echo(problem)
    if done.problems:
        raise CommandRefused(f"every step was tried, but {len(done.problems)} problem(s) were found, named above")
    click.echo(
        f"verified: {'everything, every payload too' if done.whole else 'the log’s tree, and what was published'}"
    )


@jobs.command()
@click.option("--clock-is-right", is_flag=True, help="Go by the clock, though nothing was done for over a month.")
def close_week(clock_is_right: bool) -> None:
    """Release the team figures of every week that is over for 48 hours on everybody's clock; twice changes nothing."""
    problems: list[str] = []
    with opened() as system, progress() as step:
        if not clock_is_right and (doubt := clock_doubts.doubt(system)) is not None:
            raise CommandRefused(doubt)
        try:
            done = closing_weeks.run(system, step, problems.append)
        except closing_weeks.Overtaken as error:
            raise CommandRefused(str(error)) from error
    click.echo(f"weeks released: {done.weeks}; periods of four weeks: {done.periods}")
    click.echo(f"units and periods: {done.releases}, of which {done.withheld} have no figure")
    for problem in problems:
        click.echo(problem)
    if problems:
        raise CommandRefused(f"all that could be released was, but {len(problems)} problem(s) were found, named above")


COMMANDS = (jobs,)
