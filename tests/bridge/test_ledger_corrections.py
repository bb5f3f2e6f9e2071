"""Entries that were corrected or taken back, and the venue's files that come again afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bridge.errors import ConflictingFill, DeliveredTwice, RefusedAction, UsageError
from bridge.ledger.corrections import Told
from bridge.ledger.hand import append_by_hand, correction
from bridge.ledger.store import Added, Store, open_store
from hedge.errors import BadReversal
from hedge.ledger.fills import Fill, FillKind
from tests.bridge.ledger_steps import MARCH, fill, fills

NOW_MS = 1_790_000_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "alvh.db") as opened:
        yield opened


def correct(store: Store, fill_id: str, **changes: str) -> None:
    """Take an entry of the book back; enter it again with changes where there are any."""
    (wrong,) = store.find(fill_id, "main")
    store.correct(correction(store, wrong, changes, "typed the bid", NOW_MS))


def test_append__entry_that_was_corrected_to_what_the_venue_says__is_known(store: Store) -> None:
    store.append(fills(3))
    right = fill(2, price=Decimal("0.04"), cash=Decimal("-0.06"))
    with pytest.raises(ConflictingFill, match="`alvh hedge correct trade:2` first"):
        store.append([fill(1), right])
    correct(store, "trade:2", price="0.04")
    assert store.append([fill(1), right, fill(4)]) == Added(1, 2)
    correct(store, "trade:2~2", fee="0.001")
    assert store.append([replace(right, fee=Decimal("0.001"))]) == Added(0, 1)


def test_append__what_was_corrected_here__is_known_as_it_was_and_conflicts_with_all_else(store: Store) -> None:
    store.append(fills(2))
    correct(store, "trade:2", price="0.04")
    correct(store, "trade:2~2", price="0.05")
    assert store.append(fills(2)) == Added(0, 2, Told(corrected=1))
    told = fill(2, price=Decimal("0.06"), cash=Decimal("-0.09"))
    with pytest.raises(ConflictingFill, match=r"trade:2 \(corrected: trade:2~3\) with price 0\.05, not 0\.06") as said:
        store.append([fill(9), told])
    assert "`alvh hedge correct trade:2~3` first" in str(said.value)
    assert store.find("trade:9", "main") == []


def test_append__entry_that_was_only_taken_back__is_known_and_counted(store: Store) -> None:
    store.append(fills(2))
    correct(store, "trade:2")
    assert store.append(fills(3)) == Added(1, 2, Told(taken_back=1))
    correct(store, "trade:1", price="0.04")
    correct(store, "trade:1~2")
    assert store.append(fills(3)) == Added(0, 3, Told(taken_back=2))


def test_append__another_index_and_a_plan_that_came_later__are_counted(store: Store) -> None:
    store.append([fill(1), fill(2), fill(3, plan="a" * 64)])
    index = Decimal("3900")
    added = store.append([fill(1, index=index), fill(2, index=index, plan="a" * 64, order="1"), fill(3)])
    assert added == Added(0, 3, Told(index=2, first_index=("trade:1", Decimal("1950.25"), index), plan=1))


def test_correct__two_at_once__the_second_is_refused_and_writes_nothing(store: Store) -> None:
    store.append(fills(1))
    (wrong,) = store.find("trade:1", "main")
    only_back = correction(store, wrong, {}, "never happened", NOW_MS)
    other = correction(store, wrong, {"price": "0.05"}, "typed the bid", NOW_MS)
    assert store.correct(only_back) == Added(1, 0)
    with pytest.raises(RefusedAction, match="trade:1 was taken back meanwhile"):
        store.correct(other)
    assert [each.id for each in store.fills()] == ["trade:1", "reversal:trade:1"]


def test_append__reversal_of_what_is_not_there_or_of_other_numbers__is_refused_whole(store: Store) -> None:
    store.append(fills(1))
    back = correction(store, fill(1), {}, "x", NOW_MS)[0]
    for wrong in (replace(back, cash=Decimal(1)), replace(back, id="reversal:trade:7", reverses="trade:7")):
        with pytest.raises(BadReversal):
            store.append([fill(5), wrong])
    assert store.fills() == fills(1)


def delivery(fill_id: str, quantity: str = "-1.5", **changes: object) -> Fill:
    """Return a delivery of what `fill` trades, at its expiry."""
    values = {"kind": FillKind.DELIVERY, "quantity": Decimal(quantity), "price": Decimal(1600), "id": fill_id}
    cash = {"cash": Decimal(quantity).copy_negate() / 8, "at_ms": MARCH * 1000, "index": Decimal(1600)}
    return fill(0, **values | cash | changes)


def test_append__venues_delivery_beside_one_of_ours__names_ours(store: Store) -> None:
    store.append([fill(1), delivery("hand:1")])
    with pytest.raises(DeliveredTwice, match=r"is delivered by hand:1 and by the venue's own log:8.*correct hand:1 "):
        store.append([fill(2), delivery("log:8")])
    assert len(store.fills()) == 2
    correct(store, "hand:1")
    assert store.append([fill(2), delivery("log:8")]) == Added(2, 0)
    with pytest.raises(DeliveredTwice, match="leave it out, the venue's own stands"):
        store.append([delivery("desk:9")])
    assert store.append([delivery("log:9"), delivery("desk:9", book="other")]) == Added(2, 0)


def test_record__delivery_of_what_is_not_held__is_refused(store: Store) -> None:
    with pytest.raises(UsageError, match="main holds no ETH-27MAR26-1800-P then: `alvh hedge list`"):
        append_by_hand(store, delivery("hand:1"))
    store.append(fills(2))
    with pytest.raises(UsageError, match=r"--side: 3\.00 are bought, so .* is a sell"):
        append_by_hand(store, delivery("hand:1", "3"))
    with pytest.raises(UsageError, match=r"--quantity: 4 is more than the 3\.00 that are held"):
        append_by_hand(store, delivery("hand:1", "-4"))
    assert append_by_hand(store, delivery("hand:1", "-3")) == Added(1, 0)
    assert append_by_hand(store, delivery("hand:1", "-3")) == Added(0, 1)
    with pytest.raises(UsageError, match=r"holds no .* then: it was delivered or closed before"):
        append_by_hand(store, delivery("hand:2", "-3"))
    (kept,) = store.find("hand:1", "main")
    with pytest.raises(UsageError, match="--quantity: 4"):
        correction(store, kept, {"quantity": "4"}, "x", NOW_MS)
    assert len(correction(store, kept, {"quantity": "2"}, "x", NOW_MS)) == 2
