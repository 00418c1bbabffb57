"""What is kept of published checkpoints and of witnesses: the highest, and what each said last."""

from privacy import watermark, witnesses
from privacy.stores import Stores
from privacy.witnesses import Statement


def test_the_watermark_only_rises(stores: Stores) -> None:
    for size, note in ((5, "five"), (9, "nine"), (3, "three"), (9, "another nine")):
        watermark.raise_to(stores.keys, "sameview/x", size, note)
        watermark.raise_to(stores.keys, "sameview/y", 1, "other")

    assert watermark.seen(stores.keys, "sameview/x") == (9, "nine")
    assert watermark.seen(stores.keys, "sameview/z") is None


def test_what_a_witness_said_is_kept_by_name(stores: Stores) -> None:
    first = Statement("a").refused("unknown", 600)
    witnesses.save(stores.log, first)
    witnesses.save(stores.log, Statement("b").tried(600))
    witnesses.save(stores.log, first.tried(1200))

    assert witnesses.statements(stores.log) == {
        "a": Statement("a", tried_at=1200, answered_at=600, refusal="unknown"),
        "b": Statement("b", tried_at=600),
    }


def test_only_one_process_asks_at_a_time(postgres_stores: Stores) -> None:
    with witnesses.alone(postgres_stores.log) as first, witnesses.alone(postgres_stores.log) as second:
        assert (first, second) == (True, False)
    with witnesses.alone(postgres_stores.log) as again:
        assert again
