"""Keys in a token: they cannot leave it, a lost token is found again, and no PIN is tried until it is locked."""

import os
import shutil
from pathlib import Path
from typing import Any

import pkcs11
import pytest
import soft_token
from cast import BEN
from pkcs11 import Attribute, KeyType, ObjectClass, PKCS11Error, TokenFlag
from soft_token import SoftToken

from privacy.fields import KeyClass
from privacy.key_provider import KeyGone, KeyRefused
from privacy.pkcs11_keys import Pkcs11KeyProvider, TokenRefused
from privacy.pkcs11_token import Opened, Token, pin_fault
from privacy.seal import aad

DEK = b"d" * 32
BOUND = aad("wrapped_key", 1, BEN, "shared", 24322)
SHARED_1 = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: "kek-shared-1"}


@pytest.fixture
def soft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    return soft_token.make(tmp_path, monkeypatch)


@pytest.fixture
def token(soft: SoftToken) -> Token:
    return Token(soft.module, soft.label, soft.pin)


@pytest.fixture
def provider(token: Token) -> Pkcs11KeyProvider:
    return Pkcs11KeyProvider(token).create()


def make_key(token: Token, label: str, **other: Any) -> None:
    """Make a key with the token's own means, as another program does."""
    token.run(lambda opened: opened.session.generate_key(KeyType.AES, 256, label=label, store=True, **other))


class TestKeysInside:
    def test_key_cannot_be_read(self, token: Token, provider: Pkcs11KeyProvider) -> None:
        def read(opened: Opened) -> object:
            (kek,) = opened.session.get_objects(SHARED_1)
            with pytest.raises(pkcs11.AttributeSensitive):
                kek[Attribute.VALUE]
            return [kek[each] for each in (Attribute.NEVER_EXTRACTABLE, Attribute.ALWAYS_SENSITIVE, Attribute.PRIVATE)]

        assert token.run(read) == [True, True, True]

    @pytest.mark.parametrize("change", [Attribute.EXTRACTABLE, Attribute.SENSITIVE, Attribute.LABEL, Attribute.ID])
    def test_key_cannot_be_made_readable_or_another(
        self, token: Token, provider: Pkcs11KeyProvider, change: Attribute
    ) -> None:
        values = {
            Attribute.EXTRACTABLE: True,
            Attribute.SENSITIVE: False,
            Attribute.LABEL: "kek-shared-9",
            Attribute.ID: b"x" * 8,
        }

        def alter(opened: Opened) -> None:
            (kek,) = opened.session.get_objects(SHARED_1)
            with pytest.raises(PKCS11Error):
                kek[change] = values[change]

        token.run(alter)
        assert provider.versions(KeyClass.SHARED) == [1]

    def test_key_is_not_wrapped_out_by_another_key_of_the_token(
        self, token: Token, provider: Pkcs11KeyProvider
    ) -> None:
        def take_out(opened: Opened) -> None:
            (kek,) = opened.session.get_objects(SHARED_1)
            thief = opened.session.generate_key(KeyType.AES, 256, template={Attribute.WRAP: True})
            with pytest.raises(pkcs11.KeyUnextractable):
                thief.wrap_key(kek)

        token.run(take_out)

    def test_check_refuses_a_key_that_could_be_taken_out(self, token: Token, provider: Pkcs11KeyProvider) -> None:
        open_key = {Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: False}
        make_key(token, "kek-shared-2", id=b"12345678", template=open_key)

        with pytest.raises(TokenRefused, match=r"kek-shared-2 can be taken out of .*: run `sameview keys rotate`"):
            provider.check()

    def test_keys_of_others_are_no_versions(self, token: Token, provider: Pkcs11KeyProvider) -> None:
        for label in ("kek-shared-0", "kek-shared-02", "kek-shared-x", "my kek-shared-3", "kek-shared-3 old", "wifi"):
            make_key(token, label)

        assert provider.versions(KeyClass.SHARED) == [1]

    def test_keys_of_one_version_that_two_processes_made_are_both_of_use(
        self, token: Token, provider: Pkcs11KeyProvider
    ) -> None:
        wrapped = provider.wrap(KeyClass.SHARED, DEK, BOUND)
        make_key(token, "kek-shared-1", id=b"\0" * 8)  # by its id the first of the two
        again = Pkcs11KeyProvider(token)
        token.run(Opened.forget)

        rewrapped = again.wrap(KeyClass.SHARED, DEK, BOUND)

        assert again.versions(KeyClass.SHARED) == [1]
        assert rewrapped[1][1:9] == b"\0" * 8 != wrapped[1][1:9]
        assert [again.unwrap(KeyClass.SHARED, *each, BOUND) for each in (wrapped, rewrapped)] == [DEK, DEK]
        again.rotate(KeyClass.SHARED)
        again.destroy(KeyClass.SHARED, 1)
        with pytest.raises(KeyGone):
            again.unwrap(KeyClass.SHARED, *wrapped, BOUND)


class TestLostToken:
    def test_token_that_was_reset_is_opened_again(self, soft: SoftToken, provider: Pkcs11KeyProvider) -> None:
        wrapped = provider.wrap(KeyClass.SHARED, DEK, BOUND)

        pkcs11.lib(str(soft.module)).reinitialize()

        assert provider.unwrap(KeyClass.SHARED, *wrapped, BOUND) == DEK
        pkcs11.lib(str(soft.module)).reinitialize()
        assert provider.rotate(KeyClass.SHARED) == 2

    def test_token_that_is_away_opens_nothing_and_works_when_it_is_back(
        self, soft: SoftToken, provider: Pkcs11KeyProvider
    ) -> None:
        wrapped = provider.wrap(KeyClass.SHARED, DEK, BOUND)
        soft.folder.rename(soft.folder.with_name("away"))
        soft.folder.mkdir()
        pkcs11.lib(str(soft.module)).reinitialize()

        for _ in range(2):
            with pytest.raises(TokenRefused, match=r"no token 'sameview' in .*insert or initialise it"):
                provider.unwrap(KeyClass.SHARED, *wrapped, BOUND)
        soft.folder.rmdir()
        soft.folder.with_name("away").rename(soft.folder)

        assert provider.unwrap(KeyClass.SHARED, *wrapped, BOUND) == DEK

    def test_token_that_was_made_anew_says_so_and_opens_nothing(
        self, soft: SoftToken, provider: Pkcs11KeyProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wrapped = provider.wrap(KeyClass.SHARED, DEK, BOUND)
        shutil.rmtree(soft.folder)
        anew = Pkcs11KeyProvider(Token(soft_token.make(tmp_path, monkeypatch).module, soft.label, soft.pin))

        with pytest.raises(KeyGone, match=r"kek-shared-1 is not in token 'sameview': .*the token's own backup"):
            anew.unwrap(KeyClass.SHARED, *wrapped, BOUND)
        anew.create()
        with pytest.raises(KeyRefused, match="token was made anew"):
            anew.unwrap(KeyClass.SHARED, *wrapped, BOUND)

    def test_forked_process_logs_in_for_itself(self, provider: Pkcs11KeyProvider) -> None:
        wrapped = provider.wrap(KeyClass.SHARED, DEK, BOUND)
        inherited = provider.token._opened

        child = os.fork()
        if child == 0:
            code = 1
            try:
                works = provider.unwrap(KeyClass.SHARED, *wrapped, BOUND) == DEK
                code = 0 if works and provider.token._opened is not inherited else 2
            finally:
                os._exit(code)

        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert provider.unwrap(KeyClass.SHARED, *wrapped, BOUND) == DEK


class TestRefusals:
    def test_missing_module_names_the_setting(self, soft: SoftToken) -> None:
        with pytest.raises(TokenRefused, match=r"/no/such\.so cannot be loaded: .*SAMEVIEW_PKCS11_MODULE"):
            Pkcs11KeyProvider(Token(Path("/no/such.so"), soft.label, soft.pin)).check()

    def test_library_that_is_no_module_names_the_setting(self, soft: SoftToken, tmp_path: Path) -> None:
        (tmp_path / "module.so").write_text("no library")

        with pytest.raises(TokenRefused, match=r"module\.so cannot be loaded: .*SAMEVIEW_PKCS11_MODULE"):
            Pkcs11KeyProvider(Token(tmp_path / "module.so", soft.label, soft.pin)).check()

    def test_missing_token_names_the_setting_and_what_is_there(self, soft: SoftToken) -> None:
        with pytest.raises(TokenRefused, match=r"no token 'other' .*SAMEVIEW_PKCS11_TOKEN \(found: sameview\)"):
            Pkcs11KeyProvider(Token(soft.module, "other", soft.pin)).check()

    def test_two_tokens_of_one_name_are_not_guessed_between(
        self, soft: SoftToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        soft_token.make(tmp_path, monkeypatch)

        with pytest.raises(TokenRefused, match=r"2 tokens are called 'sameview'"):
            Pkcs11KeyProvider(Token(soft.module, soft.label, soft.pin)).check()

    def test_wrong_pin_is_tried_once_and_never_again(self, soft: SoftToken) -> None:
        token = Token(soft.module, soft.label, "not the pin")

        with pytest.raises(TokenRefused, match=r"the PIN is wrong: correct SAMEVIEW_PKCS11_PIN"):
            Pkcs11KeyProvider(token).check()

        token._pin = soft.pin  # if it were tried again, it would be taken now
        with pytest.raises(TokenRefused, match=r"the PIN is wrong"):
            Pkcs11KeyProvider(token).check()
        assert Pkcs11KeyProvider(Token(soft.module, soft.label, soft.pin)).create().versions(KeyClass.TEXT) == [1]

    @pytest.mark.parametrize(
        ("flags", "fault"),
        [
            (TokenFlag.USER_PIN_LOCKED | TokenFlag.USER_PIN_FINAL_TRY, "locked after wrong attempts: unlock it"),
            (TokenFlag.USER_PIN_FINAL_TRY | TokenFlag.LOGIN_REQUIRED, "one attempt is left .* the right PIN"),
        ],
    )
    def test_no_pin_is_tried_when_that_could_lock_the_token(
        self, soft: SoftToken, monkeypatch: pytest.MonkeyPatch, flags: TokenFlag, fault: str
    ) -> None:
        token = Token(soft.module, soft.label, soft.pin)
        monkeypatch.setattr(token, "_find", lambda _: Flagged(flags))

        with pytest.raises(TokenRefused, match=fault):
            Pkcs11KeyProvider(token).check()

    @pytest.mark.parametrize("flags", [TokenFlag.USER_PIN_COUNT_LOW, TokenFlag.LOGIN_REQUIRED])
    def test_pin_is_tried_while_attempts_are_left(self, flags: TokenFlag) -> None:
        assert pin_fault(flags) is None

    @pytest.mark.parametrize(
        ("error", "fix"),
        [
            (pkcs11.PinLocked(), "unlock it with the security officer's PIN"),
            (pkcs11.PinExpired(), "set a new one"),
            (pkcs11.UserPinNotInitialized(), "no user PIN yet"),
            (pkcs11.SessionCount(), "close other programs"),
            (pkcs11.DeviceError(), "failed: DeviceError"),
        ],
        ids=lambda value: type(value).__name__ if isinstance(value, PKCS11Error) else None,
    )
    def test_what_a_token_refuses_is_put_into_words(
        self, soft: SoftToken, monkeypatch: pytest.MonkeyPatch, error: PKCS11Error, fix: str
    ) -> None:
        token = Token(soft.module, soft.label, soft.pin)
        monkeypatch.setattr(token, "_find", lambda _: Flagged(TokenFlag.LOGIN_REQUIRED, error))

        with pytest.raises(TokenRefused, match=rf"token 'sameview'.*{fix}"):
            Pkcs11KeyProvider(token).check()


class Flagged:
    """A token in a state that SoftHSM2 never has; nothing but its flags and its refusal is asked for."""

    def __init__(self, flags: TokenFlag, error: PKCS11Error | None = None) -> None:
        self.flags = flags
        self.error = error

    def open(self, **_: object) -> object:
        if self.error is None:
            raise AssertionError("a PIN was tried")
        raise self.error
