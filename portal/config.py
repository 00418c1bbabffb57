"""Settings: read once at start from `SAMEVIEW_…`, checked, and never changed."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import platformdirs
from sqlalchemy.engine import make_url

from portal.locale import ENGLISH
from portal.settings import PREFIX as _PREFIX
from portal.settings import READERS, ConfigError, SmtpAddress, WitnessAddress
from privacy.fields import KeyClass

__all__ = ["SETTINGS", "Config", "ConfigError"]

_SECRETS: Final = frozenset(  # also as …_FILE
    {"DATABASE_URL", "KEY_DATABASE_URL", "KEY_PASSPHRASE", "KEY_PASSPHRASE_OLD", "PKCS11_PIN", "SECRET_KEY", "SMTP_URL"}
)

SETTINGS: Final[dict[str, str]] = {
    "HOME": "Folder of the embedded stores and the keys. Default: the platform's data folder.",
    "DATABASE_URL": "Another database for the data and the log: postgresql+psycopg://…",
    "KEY_DATABASE_URL": "Another database for the wrapped keys. Default: HOME/keys/keys.db.",
    "KEY_DIR": "Folder of the key-encryption keys, apart from every database. Default: HOME/kek.",
    "KEY_PROVIDER": "Where the key-encryption keys live: file (default) or pkcs11.",
    "KEY_PASSPHRASE": "Wraps the key files, through Argon2id. Default: the files hold the keys themselves.",
    "KEY_PASSPHRASE_OLD": "The passphrase before: opens what it wraps until `sameview keys rotate`. Default: none.",
    "PKCS11_MODULE": "The library of the token, such as /usr/lib/softhsm/libsofthsm2.so.",
    "PKCS11_TOKEN": "The label of the token that holds the keys.",
    "PKCS11_PIN": "The user PIN of the token.",
    "KEY_CLASSES": "Key classes that this process may open, comma-separated. Default: all five.",
    "DAY_START": "When a day begins, local time HH:MM. Default: 00:00.",
    "CAPTURE_PRESET": "strict, coaching (default) or own_insight.",
    "CATEGORY_RULES": "A file with category rules in ActivityWatch's form. Default: the built-in back-office rules.",
    "LANGUAGE": "The language of mails to people who chose none in their settings: en (default) or de.",
    "BASE_URL": "Where people reach the portal, for the links it prints. Default: http://127.0.0.1:8000.",
    "SECRET_KEY": "Signs form tokens. Default: a random one kept in HOME/keys/web.secret.",
    "ERASURE_HORIZON": "Days, 1 to 90, after which no backup opens what was erased. Default: 30.",
    "RETAIN_MONTHS": "How many whole months of figures are kept, 3 to 120. Default: 13.",
    "RETAIN_LOG_YEARS": "How many whole years of a person's access log are kept, 1 to 30. Default: 3.",
    "CHECKPOINT_MINUTES": "How often the log's checkpoint is published and sent to witnesses, 1 to 1440. Default: 10.",
    "WITNESSES": "Who co-signs the log's checkpoints: VERIFIER-KEY ADDRESS, comma-separated. Default: nobody.",
    "SMTP_URL": "Where mail is handed in: smtps://USER:PASSWORD@HOST, or smtp:// with STARTTLS. Default: none is sent.",
    "MAIL_FROM": "The address that mail comes from, such as sameview@example.org. Needed with SMTP_URL.",
    "TESTING": "yes: what `serve --testing` sets, for ActivityWatch's own tests on a throw-away database. Default: no.",
    "PROXY_HOPS": "How many reverse proxies stand in front, 0 to 3. Default: 0.",
}
"""Every setting, and what it does: the one place that lists them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the operator chose. Paths that follow from `home` are properties."""

    home: Path
    database_url: str | None = None
    key_database_url: str | None = None
    key_dir: Path | None = None
    key_provider: str = "file"
    key_passphrase: str | None = field(default=None, repr=False)
    key_passphrase_old: str | None = field(default=None, repr=False)
    pkcs11_module: Path | None = None
    pkcs11_token: str | None = None
    pkcs11_pin: str | None = field(default=None, repr=False)
    key_classes: frozenset[KeyClass] = frozenset(KeyClass)
    day_start: dt.time = dt.time(0)
    capture_preset: str = "coaching"
    category_rules: Path | None = None
    language: str = ENGLISH
    base_url: str = "http://127.0.0.1:8000"
    secret_key: str | None = field(default=None, repr=False)
    proxy_hops: int = 0
    erasure_horizon: int = 30
    retain_months: int = 13
    retain_log_years: int = 3
    checkpoint_minutes: int = 10
    witnesses: tuple[WitnessAddress, ...] = ()
    smtp_url: SmtpAddress | None = field(default=None, repr=False)
    mail_from: str | None = None
    testing: bool = False

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
    def checkpoints(self) -> Path:
        """Where checkpoints are kept as files: what is copied from here convicts a log that was put back."""
        return self.home / "checkpoints"

    @property
    def mappings(self) -> Path:
        """Where mappings for CSV files are kept under names of their own."""
        return self.home / "mappings"

    @property
    def web_secret(self) -> Path:
        return self.home / "keys" / "web.secret"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Config":
        """Read every `SAMEVIEW_…` variable; raise ConfigError for an unknown, unsafe or unreadable one."""
        given = _given(environ)
        home = Path(given.pop("HOME", "") or platformdirs.user_data_dir("sameview", appauthor=False)).absolute()
        config = cls(home=home, **{name.lower(): READERS[name](name, value) for name, value in given.items()})
        _check_provider(config)
        _check_places(config)
        if (config.smtp_url is None) is not (config.mail_from is None):
            raise ConfigError(f"{_PREFIX}SMTP_URL and {_PREFIX}MAIL_FROM belong together: give both, or neither")
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


def _check_provider(config: Config) -> None:
    """Raise ConfigError for settings of the provider that are missing, or that belong to the other one."""
    token = ("pkcs11_module", "pkcs11_token", "pkcs11_pin")
    needed, foreign = (
        (token, ("key_passphrase", "key_passphrase_old", "key_dir")) if config.key_provider == "pkcs11" else ((), token)
    )
    for name in (each for each in needed if getattr(config, each) is None):
        raise ConfigError(f"{_PREFIX}{name.upper()} is missing: SAMEVIEW_KEY_PROVIDER=pkcs11 needs it")
    for name in (each for each in foreign if getattr(config, each) is not None):
        raise ConfigError(
            f"{_PREFIX}{name.upper()} has no use with SAMEVIEW_KEY_PROVIDER={config.key_provider}: leave one out"
        )


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
    if any(config.kek_dir.absolute() in (each, *each.parents) for each in folders):
        raise ConfigError(
            f"{_PREFIX}KEY_DIR: {config.kek_dir} also holds a database that its keys protect; "
            "name a folder of its own, best on another disk"
        )
