"""An installation on each provider: set up, opened again, checked; and every fault of it named with its fix."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pkcs11
import pytest
import soft_token
from pkcs11 import Attribute

from portal.checks import Finding, Level, examine
from portal.config import Config, ConfigError
from portal.founding import found
from portal.wiring import build
from privacy.fields import KeyClass
from privacy.file_keys import FileKeyProvider
from privacy.key_files import INSECURE_COST_FOR_TESTS
from privacy.keys import KeyClassWithheld
from privacy.pkcs11_keys import Pkcs11KeyProvider
from privacy.pkcs11_token import Token

PASSPHRASE = "seven brown otters swim uphill"
Environ = dict[str, str]


@pytest.fixture
def with_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environ:
    home = {"SAMEVIEW_HOME": str(tmp_path / "home")}
    environ = home | soft_token.make(tmp_path, monkeypatch).settings
    found(Config.from_environ(environ), "Back Office").close()
    return environ


@pytest.fixture
def with_files(tmp_path: Path) -> Environ:
    environ = {"SAMEVIEW_HOME": str(tmp_path / "home")}
    found(Config.from_environ(environ), "Back Office").close()
    return environ


def faults(environ: Environ) -> list[Finding]:
    return [each for each in examine(environ) if each.level is Level.FAULT]


class TestToken:
    def test_installation_works_and_no_key_is_in_a_file(self, with_token: Environ) -> None:
        system = build(Config.from_environ(with_token))
        try:
            assert isinstance(system.provider, Pkcs11KeyProvider)
            assert system.log.verify().problems == []
            assert system.keys.rotate(KeyClass.AUDIT) == 2
            system.keys.destroy_version(KeyClass.AUDIT, 1)
        finally:
            system.close()

        assert faults(with_token) == []
        assert not (Path(with_token["SAMEVIEW_HOME"]) / "kek").exists()

    def test_process_without_a_class_opens_nothing_of_it(self, with_token: Environ) -> None:
        system = build(Config.from_environ(with_token | {"SAMEVIEW_KEY_CLASSES": "shared,granted,audit"}))
        try:
            with pytest.raises(KeyClassWithheld):
                system.provider.versions(KeyClass.PRIVATE)
        finally:
            system.close()

    @pytest.mark.parametrize(
        ("changed", "named"),
        [
            pytest.param({"SAMEVIEW_PKCS11_PIN": "1234567"}, "PIN is wrong: correct SAMEVIEW_PKCS11_PIN", id="pin"),
            pytest.param({"SAMEVIEW_PKCS11_TOKEN": "other"}, "correct SAMEVIEW_PKCS11_TOKEN", id="token"),
            pytest.param({"SAMEVIEW_PKCS11_MODULE": "/no.so"}, "correct SAMEVIEW_PKCS11_MODULE", id="module"),
        ],
    )
    def test_what_keeps_it_from_opening_is_named(self, with_token: Environ, changed: Environ, named: str) -> None:
        if "SAMEVIEW_PKCS11_PIN" in changed:
            pkcs11.lib(with_token["SAMEVIEW_PKCS11_MODULE"]).reinitialize()  # this process is logged in already

        (fault,) = faults(with_token | changed)

        assert named in fault.what

    def test_key_that_is_not_in_the_token_is_named(self, with_token: Environ) -> None:
        config = Config.from_environ(with_token)
        token = Token(Path(str(config.pkcs11_module)), str(config.pkcs11_token), str(config.pkcs11_pin))
        token.run(
            lambda opened: [each.destroy() for each in opened.session.get_objects({Attribute.LABEL: "kek-private-1"})]
        )

        (fault,) = faults(with_token)

        assert "kek-private-* is not in token 'sameview'" in fault.what


class TestFiles:
    def test_passphrase_from_the_start_wraps_every_file(self, tmp_path: Path) -> None:
        environ = {"SAMEVIEW_HOME": str(tmp_path / "home"), "SAMEVIEW_KEY_PASSPHRASE": PASSPHRASE}
        found(Config.from_environ(environ), "Back Office").close()

        assert faults(environ) == []
        (fault,) = faults({"SAMEVIEW_HOME": str(tmp_path / "home")})
        assert "wrapped by a passphrase: set SAMEVIEW_KEY_PASSPHRASE" in fault.what
        (fault,) = faults(environ | {"SAMEVIEW_KEY_PASSPHRASE": "eight brown otters swim uphill"})
        assert "does not open with this passphrase: correct SAMEVIEW_KEY_PASSPHRASE" in fault.what

    def test_passphrase_that_is_set_later_is_a_fault_until_every_class_is_rotated(
        self, with_files: Environ, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cheap = partial(FileKeyProvider, cost=INSECURE_COST_FOR_TESTS)  # the test above pays the whole cost
        monkeypatch.setattr("portal.providers.FileKeyProvider", cheap)
        environ = with_files | {"SAMEVIEW_KEY_PASSPHRASE": PASSPHRASE}
        (fault,) = faults(environ)

        system = build(Config.from_environ(environ))
        for key_class in KeyClass:
            system.keys.rotate(key_class)
        system.close()

        assert "run `sameview keys rotate`" in fault.what
        assert faults(environ) == []
        warned = [each for each in examine(environ) if "not wrapped by the passphrase" in each.what]
        assert len(warned) == len(KeyClass)
        assert {each.fix for each in warned} == {"Run `sameview keys rotate`."}

    @pytest.mark.parametrize(
        ("spoil", "named"),
        [
            pytest.param(lambda kek: kek.chmod(0o644), "can be read by others (mode 644): chmod 600", id="readable"),
            pytest.param(lambda kek: kek.unlink(), "is missing: recover it from the escrow", id="missing"),
            pytest.param(
                lambda kek: kek.write_bytes(b"SVKEK"),
                "is truncated or damaged: move it away, and recover it",
                id="damaged",
            ),
        ],
    )
    def test_spoilt_key_file_is_named(self, with_files: Environ, spoil: Callable[[Path], object], named: str) -> None:
        spoil(Config.from_environ(with_files).kek_dir / "kek-text-1")

        (fault,) = faults(with_files)

        assert "kek-text-" in fault.what
        assert named in fault.what


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"SAMEVIEW_KEY_PROVIDER": "vault"}, "'vault' is not one of file, pkcs11"),
        ({"SAMEVIEW_KEY_PROVIDER": "pkcs11"}, "SAMEVIEW_PKCS11_MODULE is missing"),
        ({"SAMEVIEW_PKCS11_PIN": "1234"}, "SAMEVIEW_PKCS11_PIN has no use with SAMEVIEW_KEY_PROVIDER=file"),
        ({"SAMEVIEW_PKCS11_TOKEN": ""}, "SAMEVIEW_PKCS11_TOKEN is empty"),
        ({"SAMEVIEW_KEY_PASSPHRASE": "sameview"}, "at least 12 characters"),
        ({"SAMEVIEW_KEY_PASSPHRASE": "changeme"}, "at least 12 characters"),
        ({"SAMEVIEW_KEY_PASSPHRASE": "changeme-changeme"}, "everybody tries first"),
        ({"SAMEVIEW_KEY_PASSPHRASE": "sameview password"}, "everybody tries first"),
        ({"SAMEVIEW_KEY_PASSPHRASE": "aaaaaaaaaaaaaaaaaaaa"}, "everybody tries first"),
        ({"SAMEVIEW_KEY_PASSPHRASE": "correct horse battery staple"}, "everybody tries first"),
    ],
)
def test_setting_of_a_provider_that_is_missing_foreign_or_guessable_is_refused(
    tmp_path: Path, environ: Environ, named: str
) -> None:
    with pytest.raises(ConfigError, match=named):
        Config.from_environ({"SAMEVIEW_HOME": str(tmp_path)} | environ)


@pytest.mark.parametrize("given", [{"SAMEVIEW_KEY_DIR": "/kek"}, {"SAMEVIEW_KEY_PASSPHRASE": PASSPHRASE}])
@pytest.mark.usefixtures("tmp_path")
def test_setting_of_the_files_is_refused_beside_a_token(given: Environ) -> None:
    token = {"MODULE": "/x.so", "TOKEN": "sameview", "PIN": "71-otters"}
    environ = {f"SAMEVIEW_PKCS11_{name}": value for name, value in token.items()}

    with pytest.raises(ConfigError, match="has no use with SAMEVIEW_KEY_PROVIDER=pkcs11"):
        Config.from_environ({"SAMEVIEW_KEY_PROVIDER": "pkcs11"} | environ | given)


def test_folder_of_keys_above_a_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="KEY_DIR"):
        Config.from_environ({"SAMEVIEW_HOME": str(tmp_path / "home"), "SAMEVIEW_KEY_DIR": str(tmp_path)})


def test_secrets_are_in_no_representation(tmp_path: Path) -> None:
    environ = {"SAMEVIEW_HOME": str(tmp_path), "SAMEVIEW_KEY_PASSPHRASE": PASSPHRASE}

    assert PASSPHRASE not in repr(Config.from_environ(environ))
    assert PASSPHRASE not in repr(FileKeyProvider(tmp_path / "kek", passphrase=PASSPHRASE))
    assert "71-otters" not in repr(Token(tmp_path, "sameview", "71-otters"))
