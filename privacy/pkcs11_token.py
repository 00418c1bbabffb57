"""A PKCS#11 token: its module loaded, a session logged in, and what it refuses put into words.

Calls take turns: python-pkcs11 initialises a module without locks, which promises it (PKCS #11 v2.40, C_Initialize)
that one thread calls at a time. A token that was lost is looked for once in each call. A PIN that was refused is
never tried again by this process, and a last attempt is left to the owner: no restart loop locks a token. The login
belongs to the process and lasts as long as it does.
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import pkcs11
from pkcs11 import PKCS11Error, Session, TokenFlag

from privacy.key_provider import ProviderRefused

_T = TypeVar("_T")
_turns: dict[tuple[int, Path], threading.RLock] = {}  # by process: a fork starts with no turn taken

_PIN_FAULTS: Final[dict[type[PKCS11Error], str]] = {
    pkcs11.PinIncorrect: "the PIN is wrong: correct SAMEVIEW_PKCS11_PIN, then start again; it was tried once",
    pkcs11.PinInvalid: "the PIN has characters that the token does not know: correct SAMEVIEW_PKCS11_PIN",
    pkcs11.PinLenRange: "the PIN is too short or too long: correct SAMEVIEW_PKCS11_PIN",
    pkcs11.PinExpired: "the PIN has expired: set a new one with the token's own tool",
    pkcs11.PinLocked: "the PIN is locked after wrong attempts: unlock it with the security officer's PIN",
    pkcs11.UserPinNotInitialized: "it has no user PIN yet: set one with the token's own tool",
}
_FAULTS: Final[dict[type[PKCS11Error], str]] = {
    pkcs11.DeviceMemory: "it is full: destroy old versions with `sameview keys destroy`",
    pkcs11.MechanismInvalid: "it does not offer AES-GCM: choose a token that does",
    pkcs11.TokenWriteProtected: "it is write-protected: take the protection off",
    pkcs11.SessionCount: "it has no session left: close other programs that use it",
}


class TokenRefused(ProviderRefused):
    """A token, its module or its PIN cannot be used; the message names it and the fix."""


class Kek(NamedTuple):
    """A key in the token: the id that wrappings name it by, and the object."""

    id: bytes
    key: Any


@dataclass(slots=True)
class Opened:
    """A session that is logged in, and what was found through it: objects end with their session."""

    session: Session
    keks: dict[str, list[Kek]] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)

    def forget(self) -> None:
        """Forget what was found: it is to be looked up again."""
        self.keks.clear()
        self.newest.clear()


class Token:
    """The token `label` of a module, used by one call at a time."""

    def __init__(self, module: Path, label: str, pin: str) -> None:
        self.module = module
        self.label = label
        self._pin = pin
        self._opened: Opened | None = None
        self._process = 0
        self._refused: str | None = None

    def run(self, operation: Callable[[Opened], _T]) -> _T:
        """Run `operation` with a session, once more if the token was lost meanwhile, or raise TokenRefused."""
        with _turns.setdefault((os.getpid(), self.module), threading.RLock()):
            try:
                return operation(self._open())
            except PKCS11Error:
                self._opened = None
            try:
                return operation(self._open())
            except PKCS11Error as error:
                self._opened = None
                raise TokenRefused(f"{self} failed: {_words(error, _FAULTS)}") from error

    def __str__(self) -> str:
        return f"token {self.label!r}"

    def _open(self) -> Opened:
        if self._refused is not None:
            raise TokenRefused(self._refused)
        if self._opened is None or self._process != os.getpid():  # a session is of no use in another process
            again, self._process, self._opened = self._process != 0, os.getpid(), None
            self._opened = Opened(self._login(self._find(self._load(again))))
        return self._opened

    def _load(self, anew: bool) -> Any:
        """Load the module; `anew` starts it again, since it may look for tokens only then."""
        try:
            library = pkcs11.lib(str(self.module))
            if anew:
                with suppress(PKCS11Error):  # it may have ended by itself; then there is nothing to finish
                    library.finalize()
                library = pkcs11.lib(str(self.module))
        except PKCS11Error as error:
            raise TokenRefused(
                f"the PKCS#11 module {self.module} cannot be loaded: install it or correct SAMEVIEW_PKCS11_MODULE "
                f"({_reason(error)})"
            ) from error
        return library

    def _find(self, library: Any) -> pkcs11.Token:
        found: list[pkcs11.Token] = [token for token in library.get_tokens() if token.label == self.label]
        if len(found) == 1:
            return found[0]
        if found:
            raise TokenRefused(f"{len(found)} tokens are called {self.label!r}: remove or rename the others")
        known = sorted(token.label for token in library.get_tokens() if token.flags & TokenFlag.TOKEN_INITIALIZED)
        raise TokenRefused(
            f"there is no {self} in {self.module}: insert or initialise it, or correct SAMEVIEW_PKCS11_TOKEN "
            f"(found: {', '.join(known) or 'none'})"
        )

    def _login(self, token: pkcs11.Token) -> Session:
        self._refuse(pin_fault(token.flags))
        try:
            return token.open(rw=True, user_pin=self._pin)
        except pkcs11.UserAlreadyLoggedIn:
            return token.open(rw=True)
        except tuple(_PIN_FAULTS) as error:
            self._refuse(_words(error, _PIN_FAULTS))
            raise

    def _refuse(self, fault: str | None) -> None:
        if fault is not None:
            self._refused = f"{self}: {fault}"
            raise TokenRefused(self._refused)


def pin_fault(flags: TokenFlag) -> str | None:
    """Return why no PIN should be tried on a token with these flags, or None."""
    if flags & TokenFlag.USER_PIN_LOCKED:
        return _PIN_FAULTS[pkcs11.PinLocked]
    if flags & TokenFlag.USER_PIN_FINAL_TRY:
        return "one attempt is left before the PIN is locked: log in once with the token's own tool and the right PIN"
    return None


def _words(error: PKCS11Error, known: dict[type[PKCS11Error], str]) -> str:
    return known.get(type(error), _reason(error))


def _reason(error: PKCS11Error) -> str:
    return str(error) or type(error).__name__
