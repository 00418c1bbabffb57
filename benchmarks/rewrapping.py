"""Measure how fast data keys are rewrapped under a new key-encryption key, with each key provider."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.run import Row
from portal.config import Config
from portal.founding import found
from portal.providers import open_provider
from privacy.fields import KeyClass
from privacy.keys import KeyRing

KEYS = 5_000
_PEOPLE = [f"{n:032x}" for n in range(1, 201)]
TOKEN, PIN, PASSPHRASE = "bench", "71-otters", "seven brown otters swim uphill"  # of keys that are thrown away
MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so")


def rewrapping(directory: Path) -> Iterator[Row]:
    """Rotate the key of a class that wraps KEYS data keys, with each provider; beside AES-GCM alone, in memory."""
    bare = _bare_rewrapping()
    for name, config in _providers(directory):
        system = found(config, "Bench", throw_away=True)
        ring = KeyRing(system.stores.keys, open_provider(config, frozenset(KeyClass)))
        epochs = range(24_000, 24_000 + KEYS // len(_PEOPLE))
        for person in _PEOPLE:
            ring.ensure(person, [(KeyClass.SHARED, epoch) for epoch in epochs])
        ring.new_version(KeyClass.SHARED)
        started = time.perf_counter()
        ring.rewrap(KeyClass.SHARED)
        ours = KEYS / (time.perf_counter() - started)
        system.close()
        yield Row(
            f"{name}: rewrap of {KEYS:,} keys", f"{ours:,.0f}/s", f"{bare:,.0f}/s AES-GCM alone", ours / bare, None
        )


def _bare_rewrapping() -> float:
    old, new, bound = AESGCM(os.urandom(32)), AESGCM(os.urandom(32)), b"a" * 80
    wrapped = [(nonce := os.urandom(12), old.encrypt(nonce, os.urandom(32), bound)) for _ in range(KEYS)]
    started = time.perf_counter()
    for nonce, sealed in wrapped:
        new.encrypt(os.urandom(12), old.decrypt(nonce, sealed, bound), bound)
    return KEYS / (time.perf_counter() - started)


def _providers(directory: Path) -> Iterator[tuple[str, Config]]:
    yield "files", Config(home=directory / "files")
    yield "files with a passphrase", Config(home=directory / "passphrase", key_passphrase=PASSPHRASE)
    if module := next((Path(each) for each in MODULES if Path(each).exists()), None):
        _make_token(directory)
        yield (
            "PKCS#11 (SoftHSM2)",
            Config(
                home=directory / "token",
                key_provider="pkcs11",
                pkcs11_module=module,
                pkcs11_token=TOKEN,
                pkcs11_pin=PIN,
            ),
        )


def _make_token(directory: Path) -> None:
    (directory / "tokens").mkdir()
    settings = directory / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {directory / 'tokens'}\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    command = ["softhsm2-util", "--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", PASSPHRASE]
    subprocess.run(command, check=True, capture_output=True)
