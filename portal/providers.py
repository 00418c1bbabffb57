"""The key provider that the settings name. A token's module is loaded by those who use one, and by nobody else."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from portal.config import Config, ConfigError
from privacy.fields import KeyClass
from privacy.file_keys import FileKeyProvider

if TYPE_CHECKING:
    from privacy.pkcs11_keys import Pkcs11KeyProvider


def open_provider(config: Config, classes: Collection[KeyClass]) -> "FileKeyProvider | Pkcs11KeyProvider":
    """Open what keeps the KEKs of an installation; ProviderRefused names what is wrong with a folder of keys."""
    if config.key_provider == "file":
        return FileKeyProvider(config.kek_dir, classes, config.key_passphrase, former=config.key_passphrase_old)
    if config.pkcs11_module is None or config.pkcs11_token is None or config.pkcs11_pin is None:
        raise ConfigError("a token needs SAMEVIEW_PKCS11_MODULE, SAMEVIEW_PKCS11_TOKEN and SAMEVIEW_PKCS11_PIN")
    from privacy.pkcs11_keys import Pkcs11KeyProvider
    from privacy.pkcs11_token import Token

    return Pkcs11KeyProvider(Token(config.pkcs11_module, config.pkcs11_token, config.pkcs11_pin), classes)
