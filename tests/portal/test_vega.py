"""The script of the charts is made before anybody asks for it."""

import gzip
from pathlib import Path
from subprocess import CalledProcessError

import pytest

from portal import vega


def test_a_server_makes_the_script_when_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = iter([gzip.compress(b"// the script")])
    monkeypatch.setattr(vega, "_make", lambda: next(made))  # the real one takes seconds

    vega.warm(tmp_path / "cache").join()

    assert vega.bundle_path(tmp_path / "cache").exists()
    assert gzip.decompress(vega.bundle(tmp_path / "cache")) == b"// the script"  # and not once more


def test_a_script_that_cannot_be_made_is_tried_again_with_the_first_chart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([CalledProcessError(1, "python"), gzip.compress(b"// the script")])

    def make() -> bytes:
        answer = next(answers)
        if isinstance(answer, bytes):
            return answer
        raise answer

    monkeypatch.setattr(vega, "_make", make)
    vega.warm(tmp_path).join()

    assert not vega.bundle_path(tmp_path).exists()
    assert gzip.decompress(vega.bundle(tmp_path)) == b"// the script"
