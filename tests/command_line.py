"""Commands of `sameview` as somebody runs them, in this process."""

from typing import Any

from click.testing import CliRunner, Result

from portal.cli import main


def sameview(*arguments: object, **options: Any) -> Result:
    """Run a command; `options` are those of `CliRunner.invoke`, such as `env` or `input`."""
    return CliRunner().invoke(main, [str(each) for each in arguments], **options)
