"""`alvh hedge close` and `alvh hedge correct`: what ends a position, and what takes an entry back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.flags import ConfigOption, JsonOption, print_json, say
from bridge.cli.hedge import (
    BookOption,
    CurrencyOption,
    FeeOption,
    ForceOption,
    IdOption,
    IndexOption,
    Ledger,
    OrderOption,
    PlanOption,
    PriceOption,
    QuantityOption,
    TimeOption,
    VenueOption,
    answer,
    app,
    given,
    open_ledger,
)

if TYPE_CHECKING:
    from bridge.ledger.rows import Delivery

DeliveryOption = Annotated[
    str | None, typer.Option("--delivery", help="The expiry's delivery price, USD per unit of the asset.")
]


@app.command()
def close(
    instrument: Annotated[str, typer.Argument(help="What is held; with --delivery also an expiry, ETH-27MAR26.")],
    price: PriceOption = None,
    quantity: QuantityOption = None,
    delivery: DeliveryOption = None,
    index: IndexOption = None,
    fee: FeeOption = None,
    time: TimeOption = None,
    venue: VenueOption = None,
    fill_id: IdOption = None,
    plan: PlanOption = None,
    order: OrderOption = None,
    force: ForceOption = False,
    book: BookOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Record the trade that closes what is held, all of it or --quantity; or give the delivery price of an expiry.

    A delivery price is for every book and option of its expiry. It is kept once: another one for the same expiry is
    refused, and `alvh hedge correct` replaces a wrong one. One that is more than three times away from the price that
    the ledger knows nearest to the expiry is refused without --force.

    Examples: alvh hedge close ETH-27MAR26-1800-P --price 0.051 --index 1890; alvh hedge close ETH-27MAR26-1800-P
    --price 0.051 --index 1890 --quantity 4; alvh hedge close ETH-27MAR26 --delivery 1987.1
    """
    from bridge.errors import UsageError
    from bridge.ledger.hand import append_by_hand, closing_fill, hand_delivery
    from bridge.ledger.store import now_ms

    said = given(price=price, quantity=quantity, index=index, fee=fee, time=time, id=fill_id, plan=plan, order=order)
    if (delivery is None) == (price is None) or (delivery is not None and said):
        raise UsageError("give --price of the closing trade, or --delivery alone for an expiry")
    with open_ledger(config, book) as ledger:
        if delivery is not None:
            known = hand_delivery(instrument, delivery, venue, now_ms())
            _take_delivery(known, ledger, force, as_json)
            return
        fill = closing_fill(ledger.store, ledger.book, instrument, venue, said, now_ms())
        answer(append_by_hand(ledger.store, fill, force=force), [fill], ledger, as_json)


@app.command()
def correct(
    entry_id: Annotated[str, typer.Argument(help="Id of the wrong entry; with --delivery an expiry, ETH-27MAR26.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the entries.", show_default=False)],
    side: Annotated[str | None, typer.Option("--side", help="buy or sell.")] = None,
    quantity: QuantityOption = None,
    price: PriceOption = None,
    index: IndexOption = None,
    fee: FeeOption = None,
    currency: CurrencyOption = None,
    amount: Annotated[str | None, typer.Option("--amount", help="As in `alvh hedge record`.")] = None,
    time: TimeOption = None,
    delivery: DeliveryOption = None,
    venue: VenueOption = None,
    force: ForceOption = False,
    book: BookOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Take an entry back, and enter it again with the numbers that are given: the wrong one stays, and counts no more.

    ID is taken back by reversal:ID; what is right is ID~2, which can be corrected in turn. Without numbers the entry is
    only taken back. With --delivery the delivery price of an expiry is replaced.

    Examples: alvh hedge correct trade:184467 --price 0.0345 --reason "typed the bid"; alvh hedge correct
    hand:9f2c41d07be3a855 --reason "never happened"; alvh hedge correct ETH-27MAR26 --delivery 1988 --reason "wrong day"
    """
    from bridge.errors import UsageError
    from bridge.ledger.hand import checked_reason, correction, entry, hand_delivery, moved_cells
    from bridge.ledger.scale import check_fills
    from bridge.ledger.store import now_ms

    said = given(side=side, quantity=quantity, price=price, index=index, fee=fee, time=time, currency=currency)
    with open_ledger(config, book) as ledger:
        if delivery is not None:
            if said or amount:
                raise UsageError("--delivery corrects an expiry: leave the numbers of an entry out")
            right = replace(hand_delivery(entry_id, delivery, venue, now_ms()), source=checked_reason(reason))
            _take_delivery(right, ledger, force, as_json, corrects=True)
            return
        wrong = entry(ledger.store, entry_id, ledger.book, venue)
        if amount is not None:
            said = moved_cells(said | {"kind": wrong.kind.value}, amount)
        fills = correction(ledger.store, wrong, said, reason, now_ms())
        if not force:
            check_fills(ledger.store, fills, without=[wrong.key])
        answer(ledger.store.correct(fills), fills, ledger, as_json)


def _take_delivery(delivery: Delivery, ledger: Ledger, force: bool, as_json: bool, corrects: bool = False) -> None:
    """Enter the delivery price of an expiry, held against what is known of its coin, and say so."""
    from bridge.cli.hedge_text import exact
    from bridge.ledger.scale import check_delivery
    from bridge.units import utc

    if not force:
        check_delivery(ledger.store, delivery)
    new = ledger.store.add_delivery(delivery, corrects=corrects)
    if as_json:
        content = {"venue": delivery.venue, "asset": delivery.asset, "expiry_at": delivery.expiry_at}
        print_json(content | {"price": exact(delivery.price), "new": new})
        return
    what = f"{delivery.asset} of {utc(delivery.expiry_at)} delivered at {exact(delivery.price)} USD"
    say(f"{'recorded' if new else 'known'}: {what}, in {ledger.where}")
