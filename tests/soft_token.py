"""A real PKCS#11 token to test with: SoftHSM2's, in a folder of the test's own."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pkcs11
import pytest

PIN = "71-otters"
OWNER_PIN = "owner-of-the-token"
_PLACES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib/pkcs11/libsofthsm2.so")


@dataclass(frozen=True)
class SoftToken:
    """A token that is initialised: what a provider is told, and the folder that holds it."""

    module: Path
    label: str
    pin: str
    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        """The settings of an installation whose keys are in this token."""
        return {
            "SAMEVIEW_KEY_PROVIDER": "pkcs11",
            "SAMEVIEW_PKCS11_MODULE": str(self.module),
            "SAMEVIEW_PKCS11_TOKEN": self.label,
            "SAMEVIEW_PKCS11_PIN": self.pin,
        }


def make(folder: Path, monkeypatch: pytest.MonkeyPatch, label: str = "sameview") -> SoftToken:
    """Initialise a token of SoftHSM2 under `folder`, and let this process see it alone."""
    module = next((Path(each) for each in _PLACES if Path(each).exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        pytest.skip("needs a PKCS#11 token to test with: apt-get install softhsm2")
    tokens = folder / "tokens"
    tokens.mkdir(exist_ok=True)
    _look_in(tokens, folder, monkeypatch)
    command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", OWNER_PIN]
    subprocess.run(command, env=os.environ, check=True, capture_output=True)
    pkcs11.lib(str(module)).reinitialize()  # the module looks for tokens when it starts
    return SoftToken(module, label, PIN, tokens)


def restore(token: SoftToken, backup: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a copy of a token's folder on another machine: this process sees the tokens in it, and no others."""
    tokens = folder / "tokens"
    shutil.copytree(backup, tokens)
    _look_in(tokens, folder, monkeypatch)
    pkcs11.lib(str(token.module)).reinitialize()


def _look_in(tokens: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(settings))
