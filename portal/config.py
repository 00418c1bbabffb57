"""Settings: read once at start from `SAMEVIEW_…`, checked, and never changed."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import platformdirs
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from privacy.fields import KeyClass

_PREFIX: Final = "SAMEVIEW_"
_SECRETS: Final = frozenset({"DATABASE_URL", "KEY_DATABASE_URL", "SECRET_KEY"})  # also as …_FILE

SETTINGS: Final[dict[str, str]] = {
    "HOME": "Folder of the embedded stores and the keys. Default: the platform's data folder.",
    "DATABASE_URL": "Another database for the data and the log: postgresql+psycopg://…",
    "KEY_DATABASE_URL": "Another database for the wrapped keys. Default: HOME/keys/keys.db.",
    "KEY_DIR": "Folder of the key-encryption keys, apart from every database. Default: HOME/kek.",
    "KEY_CLASSES": "Key classes that this process may open, comma-separated. Default: all five.",
    "DAY_START": "When a day begins, local time HH:MM. Default: 00:00.",
    "CAPTURE_PRESET": "strict, coaching (default) or own_insight.",
    "CATEGORY_RULES": "A file with category rules in ActivityWatch's form. Default: the built-in back-office rules.",
    "BASE_URL": "Where people reach the portal, for the links it prints. Default: http://127.0.0.1:8000.",
    "SECRET_KEY": "Signs form tokens. Default: a random one kept in HOME/keys/web.secret.",
    "PROXY_HOPS": "How many reverse proxies stand in front, 0 to 3. Default: 0.",
}
"""Every setting, and what it does: the one place that lists them."""

PRESETS: Final = ("strict", "coaching", "own_insight")


class ConfigError(ValueError):
    """A setting is unknown, unsafe or out of range; the text names it and the fix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the operator chose. Paths that follow from `home` are properties."""

    home: Path
    database_url: str | None = None
    key_database_url: str | None = None
    key_dir: Path | None = None
    key_classes: frozenset[KeyClass] = frozenset(KeyClass)
    day_start: dt.time = dt.time(0)
    capture_preset: str = "coaching"
    category_rules: Path | None = None
    base_url: str = "http://127.0.0.1:8000"
    secret_key: str | None = None
    proxy_hops: int = 0

    @property
    def data_url(self) -> str:
        return self.database_url or f"sqlite:///{self.home / 'data' / 'sameview.db'}"

    @property
    def log_url(self) -> str:
        return self.database_url or f"sqlite:///{self.home / 'data' / 'log.db'}"

    @property
    def keys_url(self) -> str:
        return self.key_database_url or f"sqlite:///{self.home / 'keys' / 'keys.db'}"

    @property
    def kek_dir(self) -> Path:
        return self.key_dir or self.home / "kek"

    @property
    def web_secret(self) -> Path:
        return self.home / "keys" / "web.secret"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Config":
        """Read every `SAMEVIEW_…` variable; raise ConfigError for an unknown, unsafe or unreadable one."""
        given = _given(environ)
        home = Path(given.pop("HOME", "") or platformdirs.user_data_dir("sameview", appauthor=False)).absolute()
        config = cls(home=home, **{name.lower(): _READERS[name](name, value) for name, value in given.items()})
        _check_places(config)
        return config


def _given(environ: Mapping[str, str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for variable, value in environ.items():
        if not variable.startswith(_PREFIX):
            continue
        name = variable.removeprefix(_PREFIX)
        plain = name.removesuffix("_FILE")
        if name not in SETTINGS and not (name.endswith("_FILE") and plain in _SECRETS):
            raise ConfigError(f"{variable} is not a setting; known: {', '.join(_PREFIX + each for each in SETTINGS)}")
        if plain in given or (name != plain and _PREFIX + plain in environ):
            raise ConfigError(f"{_PREFIX}{plain} is given twice, as itself and as a file: keep one")
        given[plain] = value if name in SETTINGS else _secret_file(variable, Path(value))
    return given


def _secret_file(variable: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"{variable}: cannot read {path}: {error.strerror}") from error


def _database(name: str, value: str) -> str:
    try:
        url = make_url(value)
    except ArgumentError as error:
        raise ConfigError(f"{_PREFIX}{name} is not a database address such as postgresql+psycopg://…") from error
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if name == "KEY_DATABASE_URL" and url.get_backend_name() == "sqlite":
        return value
    raise ConfigError(f"{_PREFIX}{name}: {url.get_backend_name()} is not supported; use PostgreSQL, or leave it out")


def _path(_name: str, value: str) -> Path:
    return Path(value).absolute()


def _rules(name: str, value: str) -> Path:
    if not Path(value).is_file():
        raise ConfigError(f"{_PREFIX}{name}: there is no file {value}")
    return Path(value).absolute()


def _time(name: str, value: str) -> dt.time:
    try:
        found = dt.datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - a wall-clock time has no zone
    except ValueError as error:
        raise ConfigError(f"{_PREFIX}{name}: {value!r} is not a time such as 04:00") from error
    if found.hour >= 12:
        raise ConfigError(f"{_PREFIX}{name}: a day starts before noon, not at {value}")
    return found


def _preset(name: str, value: str) -> str:
    if value not in PRESETS:
        raise ConfigError(f"{_PREFIX}{name}: {value!r} is not one of {', '.join(PRESETS)}")
    return value


def _classes(name: str, value: str) -> frozenset[KeyClass]:
    try:
        return frozenset(KeyClass(each.strip()) for each in value.split(",") if each.strip())
    except ValueError as error:
        raise ConfigError(f"{_PREFIX}{name}: {error}; classes are {', '.join(KeyClass)}") from error


def _base_url(name: str, value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ConfigError(f"{_PREFIX}{name}: {value!r} does not begin with http:// or https://")
    return value.rstrip("/")


def _secret(name: str, value: str) -> str:
    if len(value) < 32:
        raise ConfigError(f"{_PREFIX}{name}: at least 32 characters, from a random source")
    return value


def _hops(name: str, value: str) -> int:
    if value not in ("0", "1", "2", "3"):
        raise ConfigError(f"{_PREFIX}{name}: {value!r} is not a number from 0 to 3")
    return int(value)


_READERS: Final[dict[str, Any]] = {
    "DATABASE_URL": _database,
    "KEY_DATABASE_URL": _database,
    "KEY_DIR": _path,
    "KEY_CLASSES": _classes,
    "DAY_START": _time,
    "CAPTURE_PRESET": _preset,
    "CATEGORY_RULES": _rules,
    "BASE_URL": _base_url,
    "SECRET_KEY": _secret,
    "PROXY_HOPS": _hops,
}


def _check_places(config: Config) -> None:
    folders = {
        Path(make_url(url).database or "").absolute().parent
        for url in (config.data_url, config.log_url, config.keys_url)
        if url.startswith("sqlite")
    }
    if config.key_database_url is not None and config.key_database_url == config.database_url:
        raise ConfigError(
            f"{_PREFIX}KEY_DATABASE_URL: the keys would lie in the database that they protect, and in each of its "
            "backups: name another database, or leave it out"
        )
    if config.kek_dir.absolute() in folders:
        raise ConfigError(
            f"{_PREFIX}KEY_DIR: {config.kek_dir} also holds a database that its keys protect; "
            "name a folder of its own, best on another disk"
        )
