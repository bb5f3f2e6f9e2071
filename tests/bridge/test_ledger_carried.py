"""A balance brought forward: the same account as from every entry, wherever it is cut."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.ledger.exports import read_export
from bridge.ledger.store import Store, open_store
from hedge.ledger.account import account
from hedge.ledger.carried import brought_forward, carry, follows
from hedge.ledger.fills import Fill, FillKind
from tests.hedge.made_year import NOW_MS, log_csv, made_year

pytestmark = pytest.mark.unit

MADE = made_year()


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> list[Fill]:
    """Return the fills of the year, by time."""
    path = tmp_path_factory.mktemp("year") / "log.csv"
    path.write_text(log_csv(event for event in MADE.events if event.instrument), encoding="utf-8")
    fills = read_export(path, "main", now_ms=NOW_MS).fills
    return sorted(fills, key=lambda fill: (fill.at_ms, len(fill.id), fill.id))


@settings(deadline=None, max_examples=15)
@given(share=st.floats(0.0, 1.0))
def test_carried__cut_anywhere__gives_the_positions_and_cash_of_all_entries(year: list[Fill], share: float) -> None:
    cut = cut_near(year, round(share * len(year)))
    whole = account(year, MADE.deliveries, NOW_MS)
    balance = brought_forward(carry(year[:cut]))
    assert balance is not None
    later = account(year[cut:], MADE.deliveries, NOW_MS, balance)
    assert later.positions == whole.positions
    assert later.cash == whole.cash
    assert later.unsettled == whole.unsettled


def cut_near(year: list[Fill], cut: int) -> int:
    """Return the next place where everything after follows what is before."""
    while 0 < cut < len(year) and not follows(year[cut:], year[cut - 1].at_ms):
        cut += 1
    return cut


def test_carry__balance_and_more_entries__is_the_balance_of_all(year: list[Fill]) -> None:
    cut = cut_near(year, len(year) // 2)
    assert carry(year[cut:], brought_forward(carry(year[:cut]))) == carry(year)


def listed(store: Store, at_ms: int = NOW_MS) -> tuple[str, int]:
    """Return the balance that fits, and how many entries come after it."""
    balance, fills = store.since_balance("main", at_ms)
    return balance, len(fills)


def test_store__balance_carried__fits_until_an_entry_belongs_before_it(year: list[Fill], tmp_path: Path) -> None:
    cut = cut_near(year, 2 * len(year) // 3)
    with open_store(tmp_path / "alvh.db") as store:
        store.append(year[:cut])
        assert listed(store) == ("", cut)
        store.carry("main")
        assert listed(store) == (carry(year[:cut]), 0)
        store.append(year[cut:])
        assert listed(store) == (carry(year[:cut]), len(year) - cut)
        assert listed(store, year[cut // 2].at_ms)[0] == ""  # a time before the balance
        assert store.since_balance("other", NOW_MS) == ("", [])
        store.append([replace(year[cut // 2], id="late")])
        assert listed(store) == ("", len(year) + 1)
        store.carry("main")
        assert listed(store)[1] == 0
        store.carry("other")
        assert store.since_balance("other", NOW_MS) == ("", [])


def test_follows__earlier_entry_or_one_that_takes_back__does_not() -> None:
    fill = Fill("main", "deribit", "log:1", 1_000, FillKind.FEE, "", Decimal(0), Decimal(0), "ETH", Decimal(0),
                Decimal("0.1"), Decimal(2_000))  # fmt: skip
    assert follows([fill], 999)
    assert follows([], 10**15)
    assert not follows([fill], 1_000)
    assert not follows([replace(fill, reverses="log:0")], 0)


def test_brought_forward__another_format__is_made_anew() -> None:
    assert brought_forward('{"format": 99}') is None
