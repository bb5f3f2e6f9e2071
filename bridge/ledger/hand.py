"""Entries made by hand: a fill, a closing trade, and the pair that takes a wrong entry back and puts it right.

A line that is typed is read as a line of our own CSV is: one set of rules for both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal, DecimalException
from typing import Final

from bridge.errors import RefusedAction, UsageError
from bridge.formats import printable
from bridge.ledger.corrections import REVERSAL, id_before, next_id
from bridge.ledger.exports.formats.plain import COLUMNS, read
from bridge.ledger.exports.row import NONE, Reading, Row, Unreadable, read_time
from bridge.ledger.rows import Delivery
from bridge.ledger.scale import check_fills
from bridge.ledger.store import Added, Store
from bridge.units import utc
from hedge.errors import UnknownInstrument
from hedge.ledger.account import account
from hedge.ledger.fills import Fill, FillKind
from hedge.ledger.instruments import read_instrument

MADE: Final = "hand:"
"""How ids begin that are made from what was typed."""

CLOSING: Final = ("venue", "instrument", "quantity", "price", "time")
MOST_REASON: Final = 200


def hand_fill(cells: Mapping[str, str], book: str, now_ms: int) -> Fill:
    """Return the fill of what was typed.

    Parameters
    ----------
    cells : by the columns of our own CSV; what is left out is as it is there. Without an id one is made from what
        happened, and from its time where that is said: the same words give the same id.
    now_ms : also the time of a fill that does not say it.

    Raises
    ------
    UsageError
        A word is wrong, by the name of its option.
    """
    said = {"time": str(now_ms), "id": MADE} | {name: text for name, text in cells.items() if text}
    try:
        fill = read(Row(said, {name: name for name in COLUMNS}, Reading(book, now_ms, "", "", "", None)))
    except Unreadable as error:
        raise UsageError(_option(error, said)) from error
    except DecimalException as error:
        raise UsageError("--quantity, --price and --index together are absurd") from error
    if id_before(fill.id):
        raise UsageError(f"--id: {fill.id} is named as a correction of {id_before(fill.id)} is: give another id")
    if isinstance(fill, str):
        raise UsageError(f"this is no fill: {fill}")
    return fill if said["id"] != MADE else replace(fill, id=_made_id(fill, timed=bool(cells.get("time"))))


def _made_id(fill: Fill, timed: bool) -> str:
    """Return an id that follows from what happened: a fee, an index and words may be said otherwise the next time."""
    amounts = (fill.quantity, fill.price, fill.cash, fill.fee if fill.kind is FillKind.FEE else Decimal(0))
    words = (fill.venue, fill.kind.value, fill.instrument, fill.currency, str(fill.at_ms) if timed else "")
    return _hashed(*words, *(format(amount.normalize(), "f") for amount in amounts))


def _hashed(*words: str) -> str:
    return MADE + hashlib.sha256("\x1f".join(words).encode(errors="replace")).hexdigest()[:16]


def _option(error: Unreadable, said: Mapping[str, str]) -> str:
    """Return what is wrong, by the option instead of the column."""
    if error.column == "index" and "index" not in said:
        return "--index is needed: USD per unit of the currency at that time"
    moved = said.get("kind") in (FillKind.FUNDING, FillKind.TRANSFER) and error.column in ("quantity", "side")
    return f"--{'amount' if moved else error.column}: {error.reason}"


def append_by_hand(store: Store, fill: Fill, *, force: bool = False) -> Added:
    """Append a fill that may have been typed before, without its time: then it is known, whenever that was.

    Parameters
    ----------
    force : take a price of its coin that is far from those which the ledger knows.

    Raises
    ------
    UsageError
        It delivers what is not held then.
    RefusedAction
        A price of its coin is far from the one nearest in time.
    LedgerError, BadInput
        As `Store.append` does.
    """
    if fill.kind is FillKind.DELIVERY and not store.find(fill.id, fill.book, fill.venue):
        check_delivered(store.fills(fill.book, fill.venue), fill)
    if not force:
        check_fills(store, [fill])
    before = store.find(fill.id, fill.book, fill.venue) if fill.id.startswith(MADE) else []
    return store.append([replace(fill, at_ms=before[0].at_ms) if before else fill])


def check_delivered(entries: Iterable[Fill], fill: Fill) -> None:
    """Check that a delivery closes what is held at its time; every other delivery of the instrument counts before it.

    Raises
    ------
    UsageError
        Nothing or less is held, or the side is wrong.
    """

    def counts(other: Fill) -> bool:
        also = other.kind is FillKind.DELIVERY and other.instrument == fill.instrument
        return also or other.at_ms <= fill.at_ms

    position = account(filter(counts, entries)).positions.get((fill.book, fill.venue, fill.instrument))
    held = position.quantity if position else Decimal(0)
    if not held:
        why = "it was delivered or closed before" if position else "`alvh hedge list` shows what it holds"
        raise UsageError(f"--instrument: book {fill.book} holds no {fill.instrument} then: {why}")
    if (held > 0) is (fill.quantity > 0):
        side, is_held = ("sell", "bought") if held > 0 else ("buy", "sold")
        raise UsageError(f"--side: {abs(held)} are {is_held}, so the delivery that closes them is a {side}")
    if abs(fill.quantity) > abs(held):
        raise UsageError(f"--quantity: {abs(fill.quantity)} is more than the {abs(held)} that are held")


def entry(store: Store, fill_id: str, book: str, venue: str | None) -> Fill:
    """Return the entry of an id.

    Raises
    ------
    UsageError
        The book has none, or several venues have one.
    """
    found = store.find(fill_id, book, venue)
    if not found:
        raise UsageError(f"book {book} has no entry {printable(fill_id)}: `alvh hedge list --fills` shows them")
    if len(found) > 1:
        raise UsageError(f"{printable(fill_id)} is of {', '.join(each.venue for each in found)}: say which by --venue")
    return found[0]


def correction(store: Store, wrong: Fill, changes: Mapping[str, str], reason: str, now_ms: int) -> list[Fill]:
    """Return what takes an entry back, and what puts it right where changes are given.

    Parameters
    ----------
    changes : by the columns of our own CSV; sizes without sign, the side stays.

    Raises
    ------
    RefusedAction
        The entry takes another back, or was taken back already.
    UsageError
        A change is wrong, or there is no reason.
    """
    why = checked_reason(reason)
    if wrong.reverses:
        raise RefusedAction(f"{wrong.id} takes {wrong.reverses} back: record what is right as a new entry")
    if store.find(REVERSAL + wrong.id, wrong.book, wrong.venue):
        raise RefusedAction(f"{wrong.id} was taken back already: correct the entry that stands for it")
    back = replace(
        wrong,
        id=REVERSAL + wrong.id,
        quantity=_negative(wrong.quantity),
        cash=_negative(wrong.cash),
        fee=_negative(wrong.fee),
        reverses=wrong.id,
        note=why,
    )
    if not changes:
        return [back]
    right = hand_fill(cells_of(wrong) | dict(changes), wrong.book, now_ms)
    if right.kind is FillKind.DELIVERY and right.quantity != wrong.quantity:
        check_delivered([*store.fills(wrong.book, wrong.venue), back], right)
    return [back, replace(right, id=next_id(wrong.id), note=why)]


def checked_reason(reason: str) -> str:
    """Return why something is corrected.

    Raises
    ------
    UsageError
        It is empty or stands for nothing (-, null), is too long, or holds control characters.
    """
    if reason.strip() in NONE or len(reason) > MOST_REASON or not reason.isprintable():
        raise UsageError(f"--reason: say why, in at most {MOST_REASON} printable letters")
    return reason.strip()


def _negative(value: Decimal) -> Decimal:
    return value.copy_negate() if value else value


def cells_of(fill: Fill) -> dict[str, str]:
    """Return the words of our own CSV that give a fill: what it is, without its name and what was noted."""
    moved = fill.kind in (FillKind.FUNDING, FillKind.TRANSFER)
    amount = fill.cash if moved else fill.quantity
    up, down = ("in", "out") if moved else ("buy", "sell")
    trade = fill.kind in (FillKind.TRADE, FillKind.DELIVERY)
    return {
        "time": str(fill.at_ms),
        "venue": fill.venue,
        "kind": fill.kind.value,
        "instrument": fill.instrument,
        "side": "" if fill.kind is FillKind.FEE else down if amount < 0 else up,
        "quantity": "" if fill.kind is FillKind.FEE else format(amount.copy_abs(), "f"),
        "price": format(fill.price, "f") if trade else "",
        "currency": fill.currency,
        "fee": format(fill.fee, "f"),
        "index": format(fill.index, "f"),
        "plan": fill.plan,
        "order": fill.order,
    }


def moved_cells(said: Mapping[str, str], amount: str | None) -> dict[str, str]:
    """Return the words of funding, a fee or a transfer, whose amount has a sign, as a line has them.

    Raises
    ------
    UsageError
        An amount where there is none, or one beside a quantity, a side or a fee.
    """
    kind = said.get("kind", FillKind.TRADE)
    if amount is None:
        if kind in (FillKind.FUNDING, FillKind.TRANSFER, FillKind.FEE):
            raise UsageError(f"--kind {kind} needs --amount, negative where money went out (of a fee: what was paid)")
        return dict(said)
    if kind not in (FillKind.FUNDING, FillKind.TRANSFER, FillKind.FEE):
        raise UsageError("--amount is of --kind funding, fee or transfer; a trade has --quantity and --price")
    if said.keys() & {"quantity", "side", "price"} or (kind == FillKind.FEE and "fee" in said):
        raise UsageError(f"--kind {kind} has an --amount: leave --quantity, --side and --price out")
    if kind == FillKind.FEE:
        return dict(said) | {"fee": amount}
    size = amount.strip()
    return dict(said) | {"side": "out" if size.startswith("-") else "in", "quantity": size.lstrip("-")}


def hand_delivery(name: str, price: str, venue: str | None, now_ms: int) -> Delivery:
    """Return the delivery price of an expiry, or of the expiry of an instrument.

    Raises
    ------
    UsageError
        Nothing of this name expires, it has not yet, or the price is none.
    """
    try:
        traded = read_instrument(name)
    except UnknownInstrument as error:
        raise UsageError(f"{printable(name)} is no expiry and no instrument: write ETH-27MAR26") from error
    if not 0 < traded.expiry_at * 1000 <= now_ms:
        when = f"only on {utc(traded.expiry_at)}" if traded.expiry_at else "never"
        raise UsageError(f"{name} expires {when}: close it with --price")
    try:
        value = Row({"price": price}, {"price": "price"}, Reading("", now_ms, "", "", "", None)).price()
    except Unreadable as error:
        raise UsageError(f"--delivery: {error.reason}") from error
    return Delivery(venue or "deribit", traded.asset, traded.expiry_at, value, "by hand", now_ms)


def closing_fill(store: Store, book: str, name: str, venue: str | None, said: Mapping[str, str], now_ms: int) -> Fill:
    """Return the trade that closes what a book holds of an instrument, or a part of it.

    Raises
    ------
    UsageError
        Nothing or less is held, several venues hold it, or a word is wrong.
    RefusedAction
        It has expired.
    """
    typed = {"instrument": name, "kind": FillKind.TRADE.value} | ({"venue": venue} if venue else {}) | dict(said)
    typed.setdefault("id", _hashed("close", *(typed.get(word, "") for word in CLOSING)))
    before = store.find(typed["id"], book, venue)
    if before:  # typed again: what was closed then is known, or contradicted
        return hand_fill(
            _sized(before[0].quantity, before[0].venue) | {"time": str(before[0].at_ms)} | typed, book, now_ms
        )
    held = [
        each
        for each in account(store.fills(book, venue)).positions.values()
        if each.instrument == name and each.quantity
    ]
    if not held:
        raise UsageError(f"book {book} holds no {printable(name)}: `alvh hedge list` shows what it holds")
    if len(held) > 1:
        raise UsageError(f"{', '.join(each.venue for each in held)} hold it: say which by --venue")
    (position,) = held
    expiry = position.traded.expiry_at if position.traded else 0
    if 0 < expiry * 1000 <= now_ms and "time" not in said:
        raise RefusedAction(f"{name} expired at {utc(expiry)}: give its --delivery, or the --time of the trade")
    fill = hand_fill(_sized(-position.quantity, position.venue) | typed, book, now_ms)
    if abs(fill.quantity) > abs(position.quantity):
        raise UsageError(f"--quantity: {abs(fill.quantity)} is more than the {abs(position.quantity)} that are held")
    return fill


def _sized(quantity: Decimal, venue: str) -> dict[str, str]:
    return {"side": "buy" if quantity > 0 else "sell", "quantity": format(abs(quantity), "f"), "venue": venue}


def asked_time(text: str) -> int:
    """Return a time of the command line in milliseconds: as exports write it, or as other files do.

    Raises
    ------
    UsageError
        It is none.
    """
    try:
        return read_time(text)
    except ValueError as error:
        import pandas as pd  # only now, like the next: the usual forms need no table

        from bridge.times import read_seconds, years_ahead

        try:
            return int(read_seconds(pd.Series([text], name="time"), years_ahead())[0]) * 1000
        except (ValueError, OverflowError):
            raise UsageError(f"--at: {error}") from error
