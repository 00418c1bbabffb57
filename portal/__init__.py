"""The portal: HTTP in, HTML and JSON out. The only package that imports Flask."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from portal.wiring import System


def create_app(system: "System") -> "Flask":
    """Return the application over the parts of `system`, after finishing erasures that were interrupted."""
    # Here, because every command imports this package, and most of them need no web framework.
    from portal.app import assemble
    from portal.erasing import resume

    resume(system)
    return assemble(system)
