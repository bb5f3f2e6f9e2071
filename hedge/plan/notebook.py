"""A plan in a notebook: its trades as a table of pandas, and the answer with its reasons as a piece of a page.

Names of instruments are an exchange's and words may be anybody's: all of them are escaped, and letters that nobody
sees, or that turn a line around, are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from hedge.decision.trades import Trade

if TYPE_CHECKING:
    from hedge.plan.build import Plan

COLUMNS: Final = (
    "action", "side", "instrument", "asset", "layer", "quantity", "limit_usd", "limit_coin", "cash_usd", "fee_usd",
    "reason",
)  # fmt: skip
"""Fields of `Trade`, in this order."""
_SHOWN: Final = ("action", "instrument", "layer", "quantity", "limit_usd", "cash_usd", "reason")


def trade_frame(trades: Sequence[Trade]) -> pd.DataFrame:
    """Return trades as a table, one row each, with every column there also where there is no trade.

    Returns
    -------
    Columns `COLUMNS`: quantity in units of the underlying, limit_usd and limit_coin per unit, cash_usd paid (negative:
    received) with fee_usd in it. A number that is not known is NaN.
    """
    rows = [
        [str(getattr(trade, name)) if name == "action" else getattr(trade, name) for name in COLUMNS]
        for trade in trades
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def plan_html(plan: Plan) -> str:
    """Return the answer, its reasons, the tail before and after, the trades and the notes as HTML without scripts."""
    reasons = "".join(f"<li>{_text(reason)}</li>" for reason in plan.decision.reasons)
    notes = "".join(f"<li>{_text(note)}</li>" for note in plan.notes)
    risk = plan.risk
    tail = (
        f"CVaR95 over {risk.horizon_days:g} days: unhedged {_number(risk.unhedged)}, with the plan "
        f"{_number(risk.hedged)}, target {_number(risk.target)} USD"
    )
    return (
        f"<div><h3>{_text(plan.decision.headline)}</h3><ul>{reasons}</ul><p>{tail}</p>{_table(plan.trades)}"
        + (f"<details><summary>notes</summary><ul>{notes}</ul></details>" if notes else "")
        + "</div>"
    )


def _table(trades: Sequence[Trade]) -> str:
    if not trades:
        return "<p>no trades</p>"
    head = "".join(f"<th>{name.replace('_', ' ')}</th>" for name in _SHOWN)
    rows = "".join(f"<tr>{''.join(_cell(getattr(trade, name)) for name in _SHOWN)}</tr>" for trade in trades)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f'<td style="text-align:right">{_number(value)}</td>'
    return f'<td style="text-align:left">{_text(value)}</td>'


def _number(value: float) -> str:
    """Return a number as people read it; a dash where it is not known."""
    if value - value != 0.0:  # NaN or without an end
        return "-"
    return f"{value:,.0f}" if abs(value) >= 10_000.0 else f"{value:,.6g}"


def _text(words: object) -> str:
    return escape("".join(letter if letter.isprintable() else " " for letter in str(words)))
