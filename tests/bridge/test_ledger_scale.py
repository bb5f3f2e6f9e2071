"""Prices that come into the ledger are of the scale of those that are in it, or need --force; so are fees."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path

import pytest

from bridge.errors import RefusedAction, UsageError
from bridge.ledger.hand import append_by_hand, hand_delivery, hand_fill
from bridge.ledger.scale import check_delivery, check_fills
from bridge.ledger.store import Store, open_store
from hedge.ledger.fills import FillKind
from tests.bridge.ledger_steps import MARCH, fill, fills

NOW_MS = MARCH * 1000 + 30 * 86_400_000
HOUR = 3_600_000
OPTION = {"instrument": "ETH-27MAR26-1800-P", "side": "buy", "quantity": "10", "price": "0.034", "index": "1950"}
LINEAR = OPTION | {"instrument": "ETH_USDC-27MAR26-1800-P", "price": "60", "index": ""}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "alvh.db") as opened:
        yield opened


def typed(**changes: str) -> dict[str, str]:
    return OPTION | {"time": "2026-03-01 10:00:00"} | changes


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"index": "90"}, "--index: 90 is far from the strike 1800, more than 20 times: it is USD per ETH"),
        ({"index": "36000"}, "--index: 36000 is far from the strike 1800"),
        ({"index": "1"}, "--index: 1 is far from the strike 1800"),
        ({"fee": "0.341"}, "--fee: 0.341 is more than what was traded, 0.340"),
        ({"fee": "-0.341"}, "--fee: -0.341 is more than what was traded"),
        ({"price": "0.0001", "fee": "0.0101"}, "--fee: 0.0101 is more than what was traded, 0.010"),
        (LINEAR | {"price": "1801"}, "--price: 1801 USDC is more than it can be worth"),
        (LINEAR | {"instrument": "ETH_USDC-27MAR26-1800-C", "price": "36001"}, "--price: 36001 USDC is more than"),
        (LINEAR | {"fee": "601"}, "--fee: 601 is more than what was traded, 600"),
        ({"instrument": "ETH-PERPETUAL", "price": "1950", "fee": "0.0052"}, "--fee: 0.0052 is more than what was"),
        (LINEAR | {"instrument": "ETH_USDC-PERPETUAL", "price": "1950", "fee": "19501"}, "--fee: 19501 is more"),
        (
            {"kind": "delivery", "price": "80000", "time": "2026-03-27 08:00:00"},
            "--price: 80000 is far from the strike",
        ),
    ],
)
def test_hand_fill__number_of_another_scale_than_its_trade__is_refused_by_option(
    changes: dict[str, str], words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        hand_fill(typed(**changes), "main", NOW_MS)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"fee": "0.0003"},
        {"fee": "0.34"},
        {"price": "0.0001", "fee": "0.003"},
        {"price": "0.0001", "fee": "-0.01"},
        {"index": "91", "price": "18.8"},
        {"index": "35000", "price": "0.0005", "fee": "0.003"},
        LINEAR | {"fee": "7.5"},
    ],
)
def test_hand_fill__fees_and_indices_of_venues__are_taken(changes: dict[str, str]) -> None:
    assert hand_fill(typed(**changes), "main", NOW_MS).quantity == 10


@pytest.mark.parametrize(
    ("later", "usd", "passes"),
    [
        (HOUR, "5000", True),
        (HOUR, "5900", False),
        (HOUR, "660", True),
        (HOUR, "640", False),
        (13 * 24 * HOUR, "5900", False),
        (15 * 24 * HOUR, "5900", True),
    ],
)
def test_check_fills__price_beside_one_of_the_ledger__is_within_three_times(
    store: Store, later: int, usd: str, passes: bool
) -> None:
    store.append(fills(2))
    new = fill(9, at_ms=fill(2).at_ms + later, index=D(usd))
    if passes:
        assert append_by_hand(store, new).new == 1
        return
    with pytest.raises(RefusedAction) as caught:
        append_by_hand(store, new)
    assert f"trade:9 says {usd} USD for a ETH, and trade:2 of" in str(caught.value)
    assert "says 1950.25, more than 3 times apart" in str(caught.value)
    assert append_by_hand(store, new, force=True).new == 1


def test_check_fills__prices_of_linear_contracts_other_books_and_one_file__are_compared_too(store: Store) -> None:
    linear = {"currency": "USDC", "index": D(1), "cash": D(0)}
    perpetual = fill(1, instrument="ETH_USDC-PERPETUAL", price=D(1950), **linear)
    store.append([perpetual])
    for odd in (
        fill(2, index=D(20)),
        fill(2, book="other", index=D(20)),
        fill(2, instrument="ETH_USDC-PERPETUAL", price=D(195_000), **linear),
        fill(2, kind=FillKind.TRANSFER, instrument="", quantity=D(0), price=D(0), index=D(95_000)),
    ):
        with pytest.raises(RefusedAction, match=r"trade:2 says .* USD for a ETH, and trade:1"):
            check_fills(store, [odd])
    option = fill(2, instrument="ETH_USDC-27MAR26-1800-P", price=D(5), **linear)
    check_fills(store, [option, fill(3, currency="BTC", index=D(95_000)), perpetual])
    many = [fill(number, index=D(20 if number == 7 else 1950)) for number in range(2, 12)]
    with pytest.raises(RefusedAction, match=r"trade:7 says 20 USD for a ETH, and trade:[68] of .* says 1950"):
        check_fills(store, many)


def test_check_fills__correction_of_the_only_wrong_price__needs_no_force(store: Store) -> None:
    store.append([fill(1, index=D(195_000))])
    wrong = store.find("trade:1", "main")[0]
    with pytest.raises(RefusedAction):
        check_fills(store, [fill(2)])
    append_by_hand(store, fill(2), force=True)
    for index, passes in (("1960", True), ("19.6", False)):
        entries = [fill(3, id="reversal:trade:1", reverses="trade:1"), fill(4, id="trade:1~2", index=D(index))]
        if passes:
            check_fills(store, entries, without=[wrong.key])
        else:
            with pytest.raises(RefusedAction, match=r"trade:1~2 says 19\.6 USD"):
                check_fills(store, entries, without=[wrong.key])


@pytest.mark.parametrize(("price", "passes"), [("5800", True), ("5900", False), ("651", True), ("649", False)])
def test_check_delivery__price_beside_the_nearest_known__is_within_three_times(
    store: Store, price: str, passes: bool
) -> None:
    store.append(fills(2))
    given = hand_delivery("ETH-27MAR26", price, None, NOW_MS)
    if passes:
        check_delivery(store, given)
        return
    with pytest.raises(RefusedAction, match=rf"--delivery {price} of ETH at 2026-03-27 .* 1950.25 of 2026-02-02"):
        check_delivery(store, given)


def test_check_delivery__nothing_known_but_strikes_or_other_deliveries__is_held_against_them(store: Store) -> None:
    linear = fill(1, instrument="ETH_USDC-27MAR26-1800-P", price=D(5), currency="USDC", index=D(1), cash=D(-7))
    check_delivery(store, hand_delivery("ETH-27MAR26", "1", None, NOW_MS))  # nothing at all is known
    store.append([linear])
    for price in ("80", "40000"):
        with pytest.raises(RefusedAction, match="more than 20 times away from its strikes, 1800"):
            check_delivery(store, hand_delivery("ETH-27MAR26", price, None, NOW_MS))
    known = hand_delivery("ETH-27MAR26", "2000", None, NOW_MS)
    check_delivery(store, known)
    store.add_delivery(known)
    with pytest.raises(RefusedAction, match=r"2000 of 2026-03-27 .the delivery of 2026-03-27"):
        check_delivery(store, hand_delivery("ETH-3APR26", "20", None, NOW_MS))
    check_delivery(store, hand_delivery("BTC-3APR26", "95000", None, NOW_MS))
