"""The tables of `alvh exposure`: positions, pools, and the whole book by asset."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hedge.book.exposure import BookExposure, PositionExposure


def print_exposure(found: BookExposure, where: str, lasted: Mapping[str, float | None] | None = None) -> None:
    """Print the positions, the pools and the whole book as tables.

    Parameters
    ----------
    where
        Whose book it is and when.
    lasted
        By id, the share of its time that a position's price was in its range; None where that is unknown.
    """
    from bridge.cli.show import console, largest, table, usd

    out = console()
    columns = ["id", "pool", "in range", "price", "value", "delta", "gamma 1 %", "IL", "fees owed", "fees/yr", "LVR/yr"]
    columns += ["break-even vol", "implied"]
    count = len(found.positions)
    title = f"{count} position{'' if count == 1 else 's'} of {where}, in USD"
    shown, rest = largest(found.positions, lambda position: position.value_usd)
    out.print(
        table(
            title,
            columns,
            [_position_row(position, found, (lasted or {}).get(position.id)) for position in shown],
            left=3,
        )
    )
    if rest:
        worth = usd(math.fsum(position.value_usd for position in rest))
        out.print(f"{len(rest):,} more of {worth} USD together, each worth less: `--csv` and `--json` have them all")
    narrow = sum(position.range_share < 1.0 for position in found.positions)
    if any(share is not None for share in (lasted or {}).values()):
        out.print("in range: now, and for which share of the time since it was opened")
    if narrow:
        words = "with a range that is narrow for 30 days: fees and LVR a year are those of a position left alone"
        out.print(f"{narrow} {words}")
    out.print()
    columns = ["pool", "positions", "value", "IL", "fees owed", "fees/yr", "LVR/yr"]
    out.print(table("By pool, in USD", columns, _pool_rows(found)))
    out.print()
    columns = ["asset", "price", "delta (units)", "delta", "gamma 1 %", "delta at -1 %", "at +1 %", "tail loss"]
    out.print(table("The whole book by asset, in USD", columns, _asset_rows(found)))
    il, owed, fees = (known_usd(found.positions, name) for name in ("il_usd", "fees_usd", "fee_usd_per_year"))
    lvr = usd(found.lvr_usd_per_year)
    out.print(f"value {usd(found.value_usd)} USD, IL {il}, fees owed {owed}, fees {fees} a year against LVR {lvr}")


def known_usd(positions: Sequence[PositionExposure], name: str) -> str:
    """Return the sum of what is known of a number of positions, and "+ ?" where it is unknown of others.

    Anybody can send a position of which nothing is known: it must not hide what is.
    """
    from bridge.cli.show import usd

    values = [float(getattr(position, name)) for position in positions]
    known = [value for value in values if not math.isnan(value)]
    more = " + ?" if known and len(known) < len(values) else ""
    return usd(math.fsum(known) if known or not values else math.nan) + more


def _position_row(position: PositionExposure, book: BookExposure, lasted: float | None = None) -> list[str]:
    from bridge.cli.show import number, percent, usd
    from bridge.formats import position_label

    deltas = ", ".join(f"{number(units)} {asset}" for asset, units in sorted(position.deltas.items()) if asset != "USD")
    gamma = sum(value * book.assets[a].spot ** 2 / 100 for (a, b), value in position.gammas.items() if a == b)
    price, value = number(position.price, 6), usd(position.value_usd)
    money = [usd(x) for x in (position.il_usd, position.fees_usd, position.fee_usd_per_year, position.lvr_usd_per_year)]
    vols = [percent(position.break_even_vol), percent(position.implied_vol)]
    return [
        position_label(position.id),
        position.pool,
        ("yes" if position.in_range else "no") + ("" if lasted is None else f", {percent(lasted)}"),
        price,
        value,
        deltas,
        usd(gamma),
        *money,
        *vols,
    ]


def _pool_rows(book: BookExposure) -> list[list[str]]:
    from bridge.cli.show import largest

    pools: dict[str, list[PositionExposure]] = {}
    for position in sorted(book.positions, key=lambda position: position.pool):
        pools.setdefault(position.pool, []).append(position)
    shown, rest = largest([*pools.items()], lambda row: math.fsum(position.value_usd for position in row[1]))
    others = [position for _, inside in rest for position in inside]
    more = [(f"{len(rest):,} more pools", others)] if rest else []
    names = ("value_usd", "il_usd", "fees_usd", "fee_usd_per_year", "lvr_usd_per_year")
    return [[pool, str(len(inside)), *(known_usd(inside, name) for name in names)] for pool, inside in (*shown, *more)]


def _asset_rows(book: BookExposure) -> list[list[str]]:
    from bridge.cli.show import number, usd

    return [
        [
            asset,
            number(exposure.spot, 6),
            number(exposure.delta, 5),
            usd(exposure.delta_usd),
            usd(exposure.gamma_usd),
            usd(exposure.delta_fall_usd),
            usd(exposure.delta_rise_usd),
            usd(exposure.tail_loss_usd),
        ]
        for asset, exposure in sorted(book.assets.items())
    ]
