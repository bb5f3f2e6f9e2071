"""What people read of the ledger's hedge in the terminal: legs at their marks, what layers cover, orders, profit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.plans.ledger_book import Held
    from bridge.plans.orders_done import OrderDone
    from hedge.decision.explained import Explained

LEG_COLUMNS = ("instrument", "layer", "units", "mark", "from", "age", "value", "delta", "days left")
COVER_COLUMNS = ("asset", "layer", "legs", "value", "most", "delta", "of the pools'", "gamma 1 %", "of the pools'")
ORDER_COLUMNS = ("order", "instrument", "side", "asked", "done", "left", "limit", "average", "slippage")
PART_COLUMNS = ("", "part", "USD")


def print_held(held: Held) -> None:
    """Print legs, what each layer covers, net greeks, profit and margin."""
    from bridge.cli.show import console, number, table, usd
    from bridge.formats import plain
    from bridge.plans.ledger_words import held_lines

    out, ledger = console(), held.ledger
    out.print()
    title = f"Held: book {ledger.book} of the ledger, {len(held.legs)} legs, in USD"
    out.print(table(title, LEG_COLUMNS, _leg_rows(held), left=2))
    rows = [
        [cover.asset, cover.layer, str(cover.legs), usd(cover.value_usd), usd(cover.cap_usd), usd(cover.delta_usd),
         _share(cover.delta_share), usd(cover.gamma_usd), _share(cover.gamma_share)]
        for cover in held.covers
    ]  # fmt: skip
    out.print(table("What each layer covers, in USD", COVER_COLUMNS, rows, left=2))
    for asset, net in sorted(held.greeks.items()):
        line = f"{asset} with the pools: delta {number(net.delta, 5)} ({usd(net.delta_usd)} USD), "
        line += f"gamma per 1 % {usd(net.gamma_usd)}, vega per point {usd(net.vega_usd / 100)}, "
        out.print(line + f"theta per day {usd(net.theta_usd / 365)}", markup=False, soft_wrap=True)
    for line in map(plain, held_lines(held)):
        out.print(line, markup=False, soft_wrap=True)


def print_orders(orders: Sequence[OrderDone], title: str) -> None:
    """Print every order of a plan with what was done of it."""
    from bridge.cli.show import console, number, table, usd

    rows = [
        [str(each.order), each.instrument, each.side, number(each.asked, 6), number(each.done, 6),
         number(each.left, 6), number(each.limit_usd, 6), number(each.average_usd, 6), usd(each.slippage_usd)]
        for each in orders
    ]  # fmt: skip
    console().print(table(title, ORDER_COLUMNS, rows, left=3))


def print_explained(explained: Explained) -> None:
    """Print the parts of the change since a plan."""
    from bridge.cli.show import console, table, usd
    from bridge.units import utc

    rows = [[str(part.group), part.name, usd(part.usd)] for part in explained.parts]
    rows.append(["", "profit", usd(explained.profit_usd)])
    console().print(table(f"Since the plan of {utc(explained.since)}, in USD", PART_COLUMNS, rows, left=2))


def _leg_rows(held: Held) -> list[list[str]]:
    from bridge.cli.show import number, usd

    at = held.ledger.at
    rows = []
    for each in held.legs:
        leg, left = each.leg, each.days_left(at)
        days = number(left, 3) if math.isfinite(left) else "-"
        rows.append(
            [leg.label, each.layer, number(leg.quantity, 6), number(leg.price, 6), str(each.source),
             _mark_age(at - each.marked_at), usd(each.value_usd), usd(each.greeks.delta * each.spot), days]
        )  # fmt: skip
    return rows


def _share(share: float) -> str:
    from bridge.cli.show import percent

    return "-" if math.isnan(share) else percent(share)


def _mark_age(seconds: int) -> str:
    """Return how old a mark is; one of quotes that are newer than the book's block is not of a negative age."""
    from bridge.formats import age

    return age(seconds) if seconds >= 0 else f"newer by {age(-seconds)}"
