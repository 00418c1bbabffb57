"""Personal tokens and sign-ins."""

from typing import Annotated, Literal

from msgspec import Meta

from auth.tokens import LONGEST_DAYS, Scope
from portal.shapes.words import Shape


class Token(Shape):
    """A personal token; its last use is known by day."""

    id: str
    name: str
    scopes: list[Literal["ingest", "read", "volumes"]]
    created_on: str
    expires_on: str
    last_used_on: str | None
    revoked_on: str | None


class Tokens(Shape):
    tokens: list[Token]


class NewToken(Shape):
    """What a token is for, and how many days it lives."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    scopes: Annotated[list[Scope], Meta(min_length=1)]
    days: Annotated[int, Meta(ge=1, le=LONGEST_DAYS)] = 90


class TokenMade(Shape):
    token: Annotated[str, Meta(description="Shown this once.")]


class SignedIn(Shape):
    """A browser that is signed in, known by day; `current` is the one that asks."""

    id: str
    created_on: str
    current: bool


class Sessions(Shape):
    sessions: list[SignedIn]
