"""The wire: what is packed comes back, and whatever is no upload is refused in bounded memory, quoting nothing."""

import json
import subprocess
import sys
import zlib
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from analytics import uploads
from analytics.uploads import BucketInfo, Dropped, Event, Gap, TooLarge, Upload, UploadBroken

BATCH = "0123456789abcdef" * 2
FULL = Upload(
    batch=BATCH,
    policy=3,
    buckets=[BucketInfo("aw-watcher-window_pc", "currentwindow", "pc", "aw-watcher-window")],
    events=[Event(0, 1_700_000_000_000_000, 5_000_000, {"app": "EXCEL.EXE"}, "Work", ["title-to-category"])],
    dropped=[Dropped(0, "2026-11-16", "incognito", (1 << 64) - 1)],
    not_captured=[Gap(1_700_000_000_000_000, 1_700_000_060_000_000, "queue full")],
    pad="0" * 100,
)


def sent(**changes: Any) -> bytes:
    return json.dumps(json.loads(uploads.encode(FULL)) | changes).encode()


@pytest.mark.parametrize("encoding", uploads.ENCODINGS)
def test_an_upload_comes_back_as_it_was_sent(encoding: str) -> None:
    packed = uploads.pack(uploads.encode(FULL), encoding)

    assert uploads.decode(uploads.unpack(packed, encoding)) == FULL


@pytest.mark.parametrize("encoding", [uploads.GZIP, uploads.ZSTD])
def test_a_bomb_is_refused_before_it_is_unpacked(encoding: str) -> None:
    bomb = uploads.pack(bytes(uploads.LARGEST_UNPACKED + 1), encoding)
    assert len(bomb) < 10_000

    with pytest.raises(TooLarge):
        uploads.unpack(bomb, encoding)


def test_a_body_of_the_largest_size_is_taken() -> None:
    body = bytes(1000)

    assert uploads.unpack(uploads.pack(body, uploads.GZIP), uploads.GZIP, largest=1000) == body
    with pytest.raises(TooLarge):
        uploads.unpack(body, largest=999)


@pytest.mark.parametrize("encoding", [uploads.GZIP, uploads.ZSTD])
@given(body=st.binary(max_size=200))
def test_bytes_that_are_not_packed_are_refused(encoding: str, body: bytes) -> None:
    with pytest.raises(UploadBroken):
        uploads.decode(uploads.unpack(body, encoding))


def test_a_packed_body_that_was_cut_short_is_refused() -> None:
    for encoding in (uploads.GZIP, uploads.ZSTD):
        packed = uploads.pack(uploads.encode(FULL), encoding)
        with pytest.raises(UploadBroken):
            uploads.decode(uploads.unpack(packed[:-9], encoding))


def test_something_behind_a_gzip_s_end_is_refused() -> None:
    with pytest.raises(UploadBroken, match="behind the end"):
        uploads.unpack(uploads.pack(b"{}", uploads.GZIP) + b"more", uploads.GZIP)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"canary": 1}, r"\$: there is a field"),
        ({"batch": "canary"}, r"\$\.batch"),
        ({"policy": -1}, r"\$\.policy"),
        (
            {"events": [{"bucket": 0, "start_us": 0, "duration_us": 0, "data": {}, "canary": 1}]},
            r"\$\.events\[0\]: there is",
        ),
        ({"events": [{"bucket": 1, "start_us": 0, "duration_us": 0, "data": {}}]}, r"events\[0\]\.bucket"),
        ({"events": [{"bucket": 0, "start_us": 1 << 63, "duration_us": 0, "data": {}}]}, r"start_us"),
        ({"events": [{"bucket": 0, "start_us": 0, "duration_us": 0, "data": ["canary"]}]}, r"data"),
        ({"events": [{"bucket": 0, "start_us": 0, "duration_us": 0, "data": {"a": "x" * 70_000}}]}, r"events\[0\]"),
        ({"events": [{"bucket": 0, "start_us": 0, "duration_us": 0, "data": {"a": [[[]] * 2]}}] * 20_001}, "events"),
        ({"dropped": [{"bucket": 0, "day": "16.11.2026", "rule": "r", "mark": 1}]}, "day"),
        ({"dropped": [{"bucket": 0, "day": "2026-11-16", "rule": "r", "mark": 1 << 64}]}, r"mark"),
        ({"not_captured": [{"start_us": 0, "end_us": 1, "reason": ""}]}, "reason"),
    ],
)
def test_what_is_no_upload_is_refused_with_its_place_and_no_quotation(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(UploadBroken, match=place) as refusal:
        uploads.decode(sent(**changes))

    assert "canary" not in str(refusal.value)


def test_data_that_nest_too_deeply_are_refused() -> None:
    deep: Any = {}
    for _ in range(40):
        deep = {"a": deep}

    with pytest.raises(UploadBroken, match="too deep"):
        uploads.decode(sent(events=[{"bucket": 0, "start_us": 0, "duration_us": 0, "data": deep}]))
    with pytest.raises(UploadBroken):
        uploads.decode(b'{"events":' + b"[" * 100_000)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b'{"batch": NaN}', b"\xff\xfe", zlib.compress(b"{}")])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(UploadBroken):
        uploads.decode(body)


def test_the_wire_knows_no_database_web_server_or_array() -> None:
    code = (
        "import sys, analytics.uploads, analytics.heartbeats\n"
        "print([m for m in ('numpy', 'sqlalchemy', 'flask', 'altair') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_zstd_frames_without_a_size_are_taken() -> None:
    packer = zstandard.ZstdCompressor().compressobj()
    packed = packer.compress(uploads.encode(FULL)) + packer.flush()

    assert uploads.decode(uploads.unpack(packed, uploads.ZSTD)) == FULL
