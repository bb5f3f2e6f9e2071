"""The money-weighted return of an overlay: premiums, credits, pay-offs, costs, and margin in and out."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from hedge.errors import BadInput, MarginMismatch, OpenMargin
from hedge.valuation.irr import internal_rates, xirr, xnpv

_CENT = 0.01


class Kind(StrEnum):
    """What a cash flow is; the sign is the owner's."""

    PREMIUM = "premium"
    COST = "cost"
    CREDIT = "credit"
    PAYOFF = "pay-off"
    MARGIN_POSTED = "margin posted"
    MARGIN_RETURNED = "margin returned"


_SIGN = {Kind.PREMIUM: -1.0, Kind.COST: -1.0, Kind.CREDIT: 1.0, Kind.PAYOFF: 1.0}
_SIGN |= {Kind.MARGIN_POSTED: -1.0, Kind.MARGIN_RETURNED: 1.0}


@dataclass(frozen=True)
class OverlayFlow:
    """Hold one cash flow of an overlay.

    Parameters
    ----------
    on : day of payment. kind : what it is.
    amount_usd : finite, >= 0; a pay-off alone may be negative, where a sold leg is settled against its seller.

    Raises
    ------
    BadInput : the amount is outside its range, NaN included.
    """

    on: dt.date
    kind: Kind
    amount_usd: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.amount_usd) or (self.amount_usd < 0.0 and self.kind is not Kind.PAYOFF):
            raise BadInput("amount_usd", self.amount_usd, f"must be finite, and >= 0 for a {self.kind.value}")

    @property
    def signed_usd(self) -> float:
        """Return the amount as the owner sees it: received is positive."""
        return _SIGN[self.kind] * self.amount_usd


@dataclass(frozen=True)
class OverlayReturn:
    """Hold the money-weighted return of an overlay and what it is made of.

    rate : annual internal rate, decimal: the only one, or of several the one that pyxirr finds; NaN if there is none.
    rates : every internal rate; more than one makes `rate` no measure by itself.
    net_usd : all that came in minus all that went out, margin included.
    npv_usd : net present value at `hurdle` on the first day: what decides where `rates` are several or none.
    invested_usd : the most that was paid out of pocket at the end of any day, margin included.
    totals : undiscounted USD per kind.
    """

    rate: float
    rates: tuple[float, ...]
    net_usd: float
    npv_usd: float
    hurdle: float
    invested_usd: float
    days: int
    totals: dict[Kind, float]

    @property
    def ambiguous(self) -> bool:
        """Tell whether the cash flows have not exactly one internal rate."""
        return len(self.rates) != 1


def overlay_return(flows: Iterable[OverlayFlow], hurdle: float = 0.0) -> OverlayReturn:
    """Return the money-weighted return of an overlay from its first payment to its last.

    Legs still open count by a PAYOFF at what closing them would bring, margin still posted by a MARGIN_RETURNED on the
    day of valuation: an overlay is judged when it is closed, on paper or in fact.

    Parameters
    ----------
    flows : in any order. None gives NaN rates and zeros.
    hurdle : annual rate for the net present value, > -1: usually the WACC.

    Raises
    ------
    MarginMismatch : more margin has come back than was posted, on some day.
    OpenMargin : margin is still posted after the last flow; its return would be read as a loss.
    BadInput : the hurdle is not above -1.

    Source: the CFA Institute's GIPS standards, 2020, define the money-weighted return as the annualised internal rate
    of all external cash flows.
    """
    ordered = sorted(flows, key=lambda flow: flow.on)
    _check_margin(ordered)
    days = sorted({flow.on for flow in ordered})
    amounts = [math.fsum(flow.signed_usd for flow in ordered if flow.on == day) for day in days]
    totals = {kind: math.fsum(flow.amount_usd for flow in ordered if flow.kind is kind) for kind in Kind}
    dates = np.array(days, dtype="datetime64[D]")
    running = np.concatenate([[0.0], np.cumsum(amounts)])
    rates = tuple(internal_rates(dates, amounts).tolist())
    return OverlayReturn(
        rate=rates[0] if len(rates) == 1 else xirr(dates, amounts),
        rates=rates,
        net_usd=math.fsum(amounts),
        npv_usd=xnpv(hurdle, dates, amounts),
        hurdle=hurdle,
        invested_usd=max(-float(running.min()), 0.0),
        days=(days[-1] - days[0]).days if days else 0,
        totals=totals,
    )


def _check_margin(ordered: list[OverlayFlow]) -> None:
    """Refuse margin that comes back before it is posted (on one day the order does not matter), or never."""
    posted = returned = 0.0
    for i, flow in enumerate(ordered):
        posted += flow.amount_usd if flow.kind is Kind.MARGIN_POSTED else 0.0
        returned += flow.amount_usd if flow.kind is Kind.MARGIN_RETURNED else 0.0
        last_of_day = i + 1 == len(ordered) or ordered[i + 1].on > flow.on
        if last_of_day and returned > posted + _CENT:
            raise MarginMismatch(posted, returned, flow.on.isoformat())
    if posted - returned > _CENT:
        raise OpenMargin(posted - returned)
