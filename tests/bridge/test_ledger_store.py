"""The ledger in a SQLite file: what is appended is kept, once, whatever happens on the way; nothing is ever changed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from bridge.errors import ConflictingDelivery, ConflictingFill, LedgerFull, LedgerLocked
from bridge.ledger import database
from bridge.ledger.rows import Delivery
from bridge.ledger.store import Added, Store, open_store
from hedge.errors import BadInput
from tests.bridge.ledger_steps import MARCH, RECORD, append_at_once, check_kills, fill, fills, held_lock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "alvh.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with open_store(path) as opened:
        yield opened


def test_append__fills__are_read_back_to_the_last_zero(store: Store) -> None:
    assert store.append(fills(3), RECORD) == Added(3, 0)
    assert store.fills() == fills(3)
    assert [str(number) for number in (store.fills()[0].quantity, store.fills()[0].cash)] == ["1.50", "-0.048750"]
    (kept,) = store.imports()
    assert (kept["seq"], kept["new"], kept["known"], kept["file"]) == (1, 3, 0, "fills.csv")


def test_append__the_same_again__adds_nothing(store: Store) -> None:
    store.append(fills(3), RECORD)
    assert store.append(fills(3), RECORD) == Added(0, 3)
    assert store.append([*fills(4), *fills(4)]) == Added(1, 7)
    assert store.fills() == fills(4)
    assert [record["known"] for record in store.imports()] == [0, 3]


def test_append__overlapping_exports__add_only_what_is_new(store: Store) -> None:
    store.append(fills(2500)[:1700])
    assert store.append(fills(2500)[800:]) == Added(800, 900)
    assert store.fills() == fills(2500)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quantity": Decimal("1.51")}, "quantity"),
        ({"price": Decimal("0.0326")}, "price"),
        ({"fee": Decimal("0")}, "fee"),
        ({"cash": Decimal("0.048750")}, "cash"),
        ({"instrument": "ETH-27MAR26-1900-P"}, "instrument"),
        ({"at_ms": fill(2).at_ms + 1000}, "at_ms"),
        ({"plan": "b" * 64}, "plan"),
        ({"order": "2"}, "order"),
    ],
)
def test_append__known_name_with_other_numbers__is_refused_whole(store: Store, changes: Any, field: str) -> None:
    store.append([fill(2, plan="a" * 64, order="1")])
    with pytest.raises(ConflictingFill, match="trade:2") as refused:
        store.append([fill(1), fill(2, **changes), fill(3)], RECORD)
    assert (refused.value.id, refused.value.field) == ("trade:2", field)
    assert str(refused.value.given) in str(refused.value)
    assert len(store.fills()) == 1
    assert store.imports() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"at_ms": fill(2).at_ms + 999},
        {"index": Decimal("1950.3")},
        {"note": "by hand"},
        {"plan": "a" * 64, "order": "1"},
        {"quantity": Decimal("1.5000")},
    ],
)
def test_append__known_name_told_otherwise__is_known(store: Store, changes: Any) -> None:
    store.append([fill(2)])
    added = store.append([fill(2, **changes)])
    assert (added.new, added.known) == (0, 1)
    assert store.append([fill(2, book="other"), fill(2, venue="other")]) == Added(2, 0)


def test_append__conflict_within_one_file__is_refused(store: Store) -> None:
    with pytest.raises(ConflictingFill, match="trade:1 with fee"):
        store.append([fill(1), fill(2), fill(1, fee=Decimal(1))])
    assert store.fills() == []


def test_append__dry_run__says_and_leaves_nothing(store: Store) -> None:
    store.append(fills(1))
    assert store.append(fills(3), RECORD, dry_run=True) == Added(2, 1)
    assert store.fills() == fills(1)
    assert store.imports() == []


def test_append__progress__is_told_after_every_thousand(store: Store) -> None:
    seen: list[int] = []
    store.append(fills(2001), progress=seen.append)
    assert seen == [1000, 2000, 2001]


def numbers(places: int, least: int, most: int) -> st.SearchStrategy[Decimal]:
    return st.integers(least, most).map(lambda whole: Decimal(whole).scaleb(-places))


ANY_FILL = st.fixed_dictionaries(
    {
        "quantity": numbers(12, -(10**27), 10**27),
        "index": numbers(8, 1, 10**17),
        "note": st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=12),
        "at_ms": st.integers(0, 253_402_300_799_999),
    }
)


# Some draws of text are thrown away as too long; what is left is enough.
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(ANY_FILL, min_size=1, max_size=3))
def test_append__any_fills__are_read_back_as_they_were(drawn: list[dict[str, Any]]) -> None:
    given_fills = [fill(number, **changes) for number, changes in enumerate(drawn)]
    with TemporaryDirectory() as folder, open_store(f"{folder}/alvh.db") as opened:
        opened.append(given_fills)
        kept = {each.id: each for each in opened.fills()}
    assert list(kept.values()) == sorted(given_fills, key=lambda each: each.at_ms)
    assert all(kept[each.id].quantity.as_tuple() == each.quantity.as_tuple() for each in given_fills)


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": Decimal("1e40")},
        {"quantity": Decimal("1e999999")},
        {"index": Decimal("1e-41")},
        {"id": "x" * 201},
        {"note": "a\0b"},
        {"note": "\ud800"},
        {"at_ms": -1},
        {"at_ms": 1 << 63},
    ],
)
def test_append__what_no_database_holds__is_refused_by_name(store: Store, changes: Any) -> None:
    with pytest.raises(BadInput, match=next(iter(changes))):
        store.append([fill(1), fill(2, **changes)])
    assert store.fills() == []


def test_fills__asked_for_by_book_venue_and_time__are_those(store: Store) -> None:
    store.append([fill(3), fill(1), fill(2, book="other"), fill(4, venue="desk")])
    assert [each.id for each in store.fills()] == ["trade:1", "trade:2", "trade:3", "trade:4"]
    assert [each.id for each in store.fills("main", "deribit", fill(2).at_ms)] == ["trade:3"]
    assert store.books() == ["main", "other"]
    assert store.find("trade:2", "main") == []
    assert [each.venue for each in store.find("trade:4", "main")] == ["desk"]


def test_delivery__given_twice_and_otherwise__is_kept_once(store: Store) -> None:
    def delivered(price: str, at_ms: int = 1) -> Delivery:
        return Delivery("deribit", "ETH", MARCH, Decimal(price), "by hand", at_ms)

    with pytest.raises(ConflictingDelivery, match="delivered at no price"):
        store.add_delivery(delivered("1987.10"), corrects=True)
    assert store.add_delivery(delivered("1987.10"))
    assert not store.add_delivery(delivered("1987.1", 2))
    with pytest.raises(ConflictingDelivery, match=r"ETH 2026-03-27 08:00:00Z delivered at 1987\.10, not 1988"):
        store.add_delivery(delivered("1988"))
    assert store.add_delivery(delivered("1988", 3), corrects=True)
    assert store.deliveries("deribit") == [delivered("1988", 3)]
    assert store.deliveries("desk") == []
    with pytest.raises(BadInput, match="must be > 0"):
        store.add_delivery(delivered("0"))


def test_import__killed_at_every_point__loses_nothing_acknowledged(tmp_path: Path) -> None:
    assert check_kills(lambda point: str(tmp_path / f"{point}.db")) > 50


def test_import__two_at_once_into_no_database__both_succeed(path: Path) -> None:
    answers = append_at_once(str(path), range(1, 3001), range(1001, 4001))
    assert sum(answer.new for answer in answers if isinstance(answer, Added)) == 4000, answers
    with open_store(path) as opened:
        assert opened.fills() == fills(4000)


def test_append__another_writes_for_long__is_named_and_reading_goes_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.1)
    with open_store(path) as opened:
        opened.append(fills(1))
        with held_lock(str(path)):
            with pytest.raises(LedgerLocked, match="run it again"):
                opened.append(fills(2))
            assert opened.fills() == fills(1)
        assert opened.append(fills(2)) == Added(1, 1)


def test_append__full_disk__is_named_and_undone(path: Path) -> None:
    with open_store(path) as opened:
        opened.append(fills(10))

        @event.listens_for(opened._engine, "begin")
        def _few_pages(connection: Any) -> None:
            connection.exec_driver_sql("PRAGMA max_page_count = 40")

        with pytest.raises(LedgerFull, match="make room"):
            opened.append(fills(5000), RECORD)
        assert opened.fills() == fills(10)


def test_append__file_may_not_grow__is_named_and_undone(path: Path) -> None:
    import resource

    with open_store(path) as opened:
        opened.append(fills(10))
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))
        try:
            with pytest.raises(LedgerFull, match="make room"):
                opened.append(fills(5000), RECORD)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert opened.fills() == fills(10)
        assert opened.append(fills(5000)) == Added(4990, 10)
