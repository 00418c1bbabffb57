"""How this server calls itself to ActivityWatch's clients."""

from importlib.metadata import version
from typing import Final

NAME: Final = f"v{version('sameview')} (sameview)"
