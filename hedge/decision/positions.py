"""Whether a position earns its keep: expected fees less LVR at the volatility to expect, each position by itself.

LVR grows with variance, so its rate at the implied volatility is scaled by the square of `REALISED_SHARE`. Of a range
that is narrow for 30 days, LVR and fees are those of a position that is left alone, the same share of both. Averages
over a book are never taken: a good pool does not pay for a bad one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from hedge import amm
from hedge.book.exposure import PositionExposure
from hedge.market import HORIZON_DAYS
from hedge.units import YEAR_DAYS, json_number

Verdict = Literal["keep", "leave", "re-range", "unknown"]

REALISED_SHARE: Final = 0.914
"""Volatility to expect over 30 days by the implied index: realised 59.6 against 65.2 (ETH, Deribit, 2026, in the mean).

One number for every regime and asset. Over 7 days and by regime the ratio was 1.11 to 0.73 (ETH, 2021 to 2026).
"""


@dataclass(frozen=True)
class PositionVerdict:
    """Hold what a position is expected to earn and lose in 30 days, and what follows.

    Parameters
    ----------
    verdict : keep; leave where fees are below LVR; re-range where it is out of range and earns nothing; unknown where
        its fees are.
    fees_usd, lvr_usd : over 30 days, NaN where unknown. forecast_vol : of the pair, that LVR is taken at.
    reason : in words, with the position's name.
    """

    id: str
    pool: str
    verdict: Verdict
    value_usd: float
    fees_usd: float
    lvr_usd: float
    forecast_vol: float
    reason: str

    @property
    def loses(self) -> bool:
        """Tell whether the position should not stay as it is."""
        return self.verdict in ("leave", "re-range")

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN is None."""
        return {each.name: json_number(getattr(self, each.name)) for each in fields(self)}


def judge_position(position: PositionExposure) -> PositionVerdict:
    """Judge one position by its own fees, LVR and volatility."""
    years, forecast = HORIZON_DAYS / YEAR_DAYS, REALISED_SHARE * position.implied_vol
    rate = position.lvr_usd_per_year / position.range_share * REALISED_SHARE**2
    share = float(amm.range_share(position.value_usd, rate, forecast, years)) * years
    fees, lvr = position.fee_usd_per_year / position.range_share * share, rate * share
    verdict, reason = _verdict(position, fees, lvr, forecast)
    name = f"{position.id} ({position.pool})"
    return PositionVerdict(
        position.id, position.pool, verdict, position.value_usd, fees, lvr, forecast, f"{name}: {reason}"
    )


def _verdict(position: PositionExposure, fees: float, lvr: float, forecast: float) -> tuple[Verdict, str]:
    if position.value_usd <= 0.0:
        return "keep", "it is worth nothing"
    if not position.in_range:
        return "re-range", f"re-range or leave it, out of range at {position.price:,.6g} it earns no fees"
    if math.isnan(fees):
        return "unknown", "its fees are unknown"
    earned = (
        f"{fees:,.0f} USD of fees against {lvr:,.0f} USD of LVR in 30 days at {forecast:.1%} of volatility to expect"
    )
    return ("leave", f"leave it, {earned}") if fees < lvr else ("keep", f"keep it, {earned}")


def judge_positions(positions: Sequence[PositionExposure]) -> tuple[PositionVerdict, ...]:
    """Judge every position, in the book's order."""
    return tuple(judge_position(position) for position in positions)


def all_lose(verdicts: Sequence[PositionVerdict]) -> bool:
    """Tell whether every position that is worth anything should not stay as it is."""
    held = [verdict for verdict in verdicts if verdict.value_usd > 0.0]
    return bool(held) and all(verdict.loses for verdict in held)
