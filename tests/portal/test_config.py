"""Settings are read once, and a wrong one is refused with its name and the fix."""

from pathlib import Path

import pytest
from witnessed import LOG, NAME, SEED

from portal.config import Config, ConfigError
from privacy.cosignature import CosignatureSigner
from privacy.fields import KeyClass

LOG_KEY = str(LOG.verifier)
WITNESS_KEY = str(CosignatureSigner(NAME, SEED).verifier)


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        pytest.param({"SAMEVIEW_COLOUR": "red"}, "SAMEVIEW_COLOUR", id="unknown"),
        pytest.param({"SAMEVIEW_HOME_FILE": "/x"}, "SAMEVIEW_HOME_FILE", id="no secret, so no file form"),
        pytest.param({"SAMEVIEW_DAY_START": "25:00"}, "DAY_START", id="no such time"),
        pytest.param({"SAMEVIEW_DAY_START": "13:00"}, "DAY_START", id="a day that starts in the afternoon"),
        pytest.param({"SAMEVIEW_CAPTURE_PRESET": "everything"}, "strict, coaching", id="unknown preset"),
        pytest.param({"SAMEVIEW_KEY_CLASSES": "shared,secret"}, "KEY_CLASSES", id="unknown class"),
        pytest.param({"SAMEVIEW_DATABASE_URL": "mysql://x/y"}, "PostgreSQL", id="unsupported database"),
        pytest.param({"SAMEVIEW_DATABASE_URL": "no address"}, "DATABASE_URL", id="no address"),
        pytest.param({"SAMEVIEW_BASE_URL": "ftp://x"}, "BASE_URL", id="not a web address"),
        pytest.param({"SAMEVIEW_SECRET_KEY": "short"}, "SECRET_KEY", id="guessable secret"),
        pytest.param({"SAMEVIEW_PROXY_HOPS": "many"}, "PROXY_HOPS", id="no number"),
        pytest.param(
            {"SAMEVIEW_WITNESSES": "nonsense http://127.0.0.1"}, "WITNESSES.*log witness", id="no witness key"
        ),
        pytest.param({"SAMEVIEW_WITNESSES": f"{LOG_KEY} http://x"}, "WITNESSES.*kind", id="a log's key as a witness's"),
        pytest.param({"SAMEVIEW_WITNESSES": WITNESS_KEY}, "WITNESSES.*address", id="a witness without an address"),
        pytest.param({"SAMEVIEW_WITNESSES": f"{WITNESS_KEY} ftp://x"}, "WITNESSES", id="a witness at no web address"),
        pytest.param(
            {"SAMEVIEW_WITNESSES": f"{WITNESS_KEY} http://x, {WITNESS_KEY} http://y"}, "two witnesses", id="one twice"
        ),
        pytest.param({"SAMEVIEW_CATEGORY_RULES": "/no/such/file"}, "/no/such/file", id="missing rules"),
        pytest.param({"SAMEVIEW_SECRET_KEY_FILE": "/no/such/file"}, "/no/such/file", id="missing secret"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(environ: dict[str, str], names: str) -> None:
    with pytest.raises(ConfigError, match=names):
        Config.from_environ(environ)


@pytest.mark.parametrize("folder", ["data", "keys"])
def test_keys_beside_a_database_that_they_protect_are_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(ConfigError, match="KEY_DIR"):
        Config.from_environ({"SAMEVIEW_HOME": str(tmp_path), "SAMEVIEW_KEY_DIR": str(tmp_path / folder)})


def test_the_embedded_default_needs_only_a_home(tmp_path: Path) -> None:
    config = Config.from_environ({"SAMEVIEW_HOME": str(tmp_path)})

    assert config.data_url == f"sqlite:///{tmp_path}/data/sameview.db"
    assert config.log_url == f"sqlite:///{tmp_path}/data/log.db"
    assert config.keys_url == f"sqlite:///{tmp_path}/keys/keys.db"
    assert config.kek_dir == tmp_path / "kek"
    assert config.key_classes == frozenset(KeyClass)


def test_a_secret_may_come_from_a_file_but_not_twice(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("0123456789" * 4 + "\n")

    assert Config.from_environ({"SAMEVIEW_SECRET_KEY_FILE": str(file)}).secret_key == "0123456789" * 4
    with pytest.raises(ConfigError, match="twice"):
        Config.from_environ({"SAMEVIEW_SECRET_KEY_FILE": str(file), "SAMEVIEW_SECRET_KEY": "x" * 40})


def test_witnesses_are_pairs_of_a_key_and_an_address() -> None:
    config = Config.from_environ({"SAMEVIEW_WITNESSES": f"{WITNESS_KEY}  https://council.example/w/ ,"})

    assert config.witnesses == ((WITNESS_KEY, "https://council.example/w"),)
