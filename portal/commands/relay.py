"""`relay` and its commands, which live with the relay: it imports nothing of the portal's other parts."""

from portal.relay.commands import COMMANDS, FAILURES

__all__ = ["COMMANDS", "FAILURES"]
