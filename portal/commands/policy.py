"""`policy show`."""

import click

from portal.commands.common import opened
from privacy.capture import PRESETS
from privacy.policy import FORBIDDEN_USES, POLICY, POLICY_VERSION


@click.group()
def policy() -> None:
    """What is captured, and who may see what, for which purpose."""


@policy.command()
def show() -> None:
    """Print the policy in force, as employees read it."""
    with opened() as system:
        preset = PRESETS[system.config.capture_preset]
    click.echo(f"Sharing, version {POLICY_VERSION}")
    for rule in POLICY:
        tiers, fields = ", ".join(sorted(rule.tiers)), ", ".join(sorted(rule.fields))
        click.echo(f"\n  {rule.relation} · {rule.purpose} · {tiers}\n    {fields}\n    {rule.because}")
    click.echo(f"\n  never for: {', '.join(FORBIDDEN_USES)}")
    click.echo(f"\nCapture, preset {preset.name}: {preset.summary}")
    for each in preset.rules:
        where, what = ", ".join(sorted(each.streams)), ", ".join(sorted(each.keys))
        click.echo(f"  {each.id} · {each.effect} · {what} of {where}\n    {each.because}")


COMMANDS = (policy,)
