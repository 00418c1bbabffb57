"""How each setting is read from its text: a value, or a ConfigError that names the setting and the fix."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from auth.errors import PasswordRefused
from auth.passwords import check_new
from portal.locale import LANGUAGES
from privacy.checkpoint import NoteBroken
from privacy.cosignature import CosignatureVerifier
from privacy.fields import KeyClass

PREFIX: Final = "SAMEVIEW_"
PRESETS: Final = ("strict", "coaching", "own_insight")
PROVIDERS: Final = ("file", "pkcs11")
FEWEST_MONTHS: Final = 3  # a manager may read eight weeks back
FEWEST_LOG_YEARS: Final = 1


class ConfigError(ValueError):
    """A setting is unknown, unsafe or out of range; the text names it and the fix."""


class WitnessAddress(NamedTuple):
    """A witness that was agreed on: its verifier key (C2SP), and where it listens."""

    verifier_key: str
    address: str


class SmtpAddress(NamedTuple):
    """Where mail is handed in. `tls` says that the connection begins with TLS; otherwise it goes over to it."""

    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None


def _database(name: str, value: str) -> str:
    try:
        url = make_url(value)
    except ArgumentError as error:
        raise ConfigError(f"{PREFIX}{name} is not a database address such as postgresql+psycopg://…") from error
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if name == "KEY_DATABASE_URL" and url.get_backend_name() == "sqlite":
        return value
    raise ConfigError(f"{PREFIX}{name}: {url.get_backend_name()} is not supported; use PostgreSQL, or leave it out")


def _path(_name: str, value: str) -> Path:
    return Path(value).absolute()


def _rules(name: str, value: str) -> Path:
    if not Path(value).is_file():
        raise ConfigError(f"{PREFIX}{name}: there is no file {value}")
    return Path(value).absolute()


def _time(name: str, value: str) -> dt.time:
    try:
        found = dt.datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - a wall-clock time has no zone
    except ValueError as error:
        raise ConfigError(f"{PREFIX}{name}: {value!r} is not a time such as 04:00") from error
    if found.hour >= 12:
        raise ConfigError(f"{PREFIX}{name}: a day starts before noon, not at {value}")
    return found


def _preset(name: str, value: str) -> str:
    if value not in PRESETS:
        raise ConfigError(f"{PREFIX}{name}: {value!r} is not one of {', '.join(PRESETS)}")
    return value


def _language(name: str, value: str) -> str:
    if value not in LANGUAGES:
        raise ConfigError(f"{PREFIX}{name}: {value!r} is not one of {', '.join(LANGUAGES)}")
    return value


def _classes(name: str, value: str) -> frozenset[KeyClass]:
    try:
        return frozenset(KeyClass(each.strip()) for each in value.split(",") if each.strip())
    except ValueError as error:
        raise ConfigError(f"{PREFIX}{name}: {error}; classes are {', '.join(KeyClass)}") from error


def _base_url(name: str, value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ConfigError(f"{PREFIX}{name}: {value!r} does not begin with http:// or https://")
    return value.rstrip("/")


def _secret(name: str, value: str) -> str:
    if len(value) < 32:
        raise ConfigError(f"{PREFIX}{name}: at least 32 characters, from a random source")
    return value


def _number(low: int, high: int) -> Callable[[str, str], int]:
    def read(name: str, value: str) -> int:
        if not value.isdecimal() or not low <= int(value) <= high:
            raise ConfigError(f"{PREFIX}{name}: {value!r} is not a number from {low} to {high}")
        return int(value)

    return read


def _text(name: str, value: str) -> str:
    if not value:
        raise ConfigError(f"{PREFIX}{name} is empty: give it a value, or leave it out")
    return value


def _passphrase(name: str, value: str) -> str:
    try:
        check_new(value)
    except PasswordRefused as error:
        raise ConfigError(f"{PREFIX}{name}: {error} Take six or more random words.") from error
    return value


def _provider(name: str, value: str) -> str:
    if value not in PROVIDERS:
        raise ConfigError(f"{PREFIX}{name}: {value!r} is not one of {', '.join(PROVIDERS)}")
    return value


def _witnesses(name: str, value: str) -> tuple[WitnessAddress, ...]:
    found = []
    for each in filter(None, (part.strip() for part in value.split(","))):
        key, _, address = each.partition(" ")
        address = address.strip().rstrip("/")
        if not address.startswith(("http://", "https://")):
            raise ConfigError(
                f"{PREFIX}{name}: after the verifier key comes the witness's address, https://… or http://…: {each!r}"
            )
        found.append(WitnessAddress(_cosigner(name, key), address))
    names = [each.verifier_key.partition("+")[0] for each in found]
    if twice := {each for each in names if names.count(each) > 1}:
        raise ConfigError(f"{PREFIX}{name}: two witnesses are called {', '.join(sorted(twice))}; keep one of each name")
    return tuple(found)


def _cosigner(name: str, key: str) -> str:
    try:
        return str(CosignatureVerifier.parse(key))
    except NoteBroken as error:
        raise ConfigError(
            f"{PREFIX}{name}: {key!r} is not the verifier key of a witness ({error}); "
            "`sameview log witness` prints it when it starts"
        ) from error


def _smtp(name: str, value: str) -> SmtpAddress:
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError as error:
        raise ConfigError(f"{PREFIX}{name} is no address such as smtps://USER:PASSWORD@mail.example.org") from error
    if url.scheme not in ("smtp", "smtps") or not url.hostname or url.path.strip("/") or url.query:
        raise ConfigError(f"{PREFIX}{name} is no address such as smtps://USER:PASSWORD@mail.example.org")
    user, password = (None if each is None else unquote(each) for each in (url.username, url.password))
    is_tls = url.scheme == "smtps"
    return SmtpAddress(url.hostname, port or (465 if is_tls else 587), is_tls, user, password)


def _sender(name: str, value: str) -> str:
    plain = value.isascii() and value.isprintable() and not any(each in value for each in ' <>,;"')
    if not plain or value.count("@") != 1:
        raise ConfigError(f"{PREFIX}{name}: {value!r} is no address such as sameview@example.org")
    return value


def _yes_or_no(name: str, value: str) -> bool:
    if value not in ("yes", "no"):
        raise ConfigError(f"{PREFIX}{name}: {value!r} is neither yes nor no")
    return value == "yes"


READERS: Final[dict[str, Callable[[str, str], Any]]] = {
    "DATABASE_URL": _database,
    "KEY_DATABASE_URL": _database,
    "KEY_DIR": _path,
    "KEY_CLASSES": _classes,
    "DAY_START": _time,
    "CAPTURE_PRESET": _preset,
    "CATEGORY_RULES": _rules,
    "LANGUAGE": _language,
    "BASE_URL": _base_url,
    "SECRET_KEY": _secret,
    "PROXY_HOPS": _number(0, 3),
    "KEY_PROVIDER": _provider,
    "KEY_PASSPHRASE": _passphrase,
    "KEY_PASSPHRASE_OLD": _text,
    "PKCS11_MODULE": _path,
    "PKCS11_TOKEN": _text,
    "PKCS11_PIN": _text,
    "ERASURE_HORIZON": _number(1, 90),
    "RETAIN_MONTHS": _number(FEWEST_MONTHS, 120),
    "RETAIN_LOG_YEARS": _number(FEWEST_LOG_YEARS, 30),
    "CHECKPOINT_MINUTES": _number(1, 1440),
    "WITNESSES": _witnesses,
    "SMTP_URL": _smtp,
    "MAIL_FROM": _sender,
    "TESTING": _yes_or_no,
}
