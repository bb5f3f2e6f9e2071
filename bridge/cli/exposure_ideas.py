"""What `alvh exposure` says beside the greeks: how many bets the pools are, years of fees, markouts of a swap tape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from hedge.valuation.pool_bets import Bets, PoolBets, PoolCashFlow
    from hedge.valuation.swap_tape import TapeReport

BET_COLUMNS = (
    "pools",
    "effective bets",
    "by variance",
    "CVaR95 a day",
    "pools alone",
    "tail kept",
    "if independent",
    "worst together",
)
CASH_COLUMNS = ("pool", "value", "fees/yr", "years of fees", "years of LVR", "8/vol^2", "")
TAPE_COLUMNS = ("after", "swaps known", "markout", "before fees", "LVR of the path", "time covered")
NOTHING = "Diversified, or praying? One pool: there is nothing to diversify."


@dataclass(frozen=True)
class Ideas:
    """Hold what is said of a book's pools.

    Parameters
    ----------
    value_usd
        Of the book.
    swaps
        Of the tape that was given; None without one.
    """

    value_usd: float
    bets: PoolBets
    cash_flows: tuple[PoolCashFlow, ...]
    swaps: TapeReport | None

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types."""
        return {
            "diversification": self.bets.to_dict(),
            "price_to_cash_flow": [row.to_dict() for row in self.cash_flows],
            "swaps": self.swaps.to_dict() if self.swaps else None,
        }


def measure_swaps(path: Path | None) -> TapeReport | None:
    """Return what a file of swaps says; None without one."""
    if path is None:
        return None
    from bridge.sources.swap_file import read_swap_file
    from hedge.valuation.swap_tape import read_tape

    return read_tape(read_swap_file(path))


def print_ideas(ideas: Ideas) -> None:
    """Print the pools as bets, their years of fees, and the tape."""
    print_bets(ideas.bets, ideas.value_usd)
    _print_cash_flows(ideas.cash_flows)
    if ideas.swaps:
        _print_swaps(ideas.swaps)


def print_bets(bets: PoolBets, value_usd: float) -> None:
    """Print the pools as bets, or why there are none to count; `value_usd` : of the book."""
    from bridge.cli.show import console, table
    from bridge.formats import printable

    out, source = console(), printable(bets.source)
    out.print()
    if len(bets.pools) < 2:
        words = "The book is worth nothing." if value_usd <= 0.0 else f"Unknown: {source}"
        out.print(NOTHING if bets.pools else f"Diversified, or praying? {words}", markup=False, soft_wrap=True)
        return
    if bets.held is None or bets.hedged is None:
        out.print(f"Diversified, or praying? Unknown: {bets.days} days are too few; {source}", markup=False)
        return
    rows = [_bet_row("as held", bets.held, value_usd), _bet_row("deltas hedged", bets.hedged, value_usd)]
    title = f"Diversified, or praying? {len(bets.pools)} pools, CVaR95 of a day in USD, fees aside"
    out.print(table(title, BET_COLUMNS, rows))
    out.print(f"from {source}", markup=False, soft_wrap=True)


def _bet_row(name: str, bets: Bets, value_usd: float) -> list[str]:
    from bridge.cli.show import number, percent, usd

    tail = bets.tail
    least, most = percent(bets.least_together, 0), percent(bets.most_together, 0)
    return [
        name,
        number(bets.effective, 3),
        number(bets.by_variance, 3),
        usd(tail.cvar_sum * value_usd),
        usd(tail.sum_cvars * value_usd),
        percent(tail.kept),
        percent(tail.kept_if_independent),
        least if least == most else f"{least} to {most}",
    ]


def _print_cash_flows(rows: tuple[PoolCashFlow, ...]) -> None:
    from rich.markup import escape

    from bridge.cli.show import console, largest, number, table, usd
    from bridge.formats import printable

    if not rows:
        return
    most, rest = largest(rows, lambda row: row.value_usd)
    shown = [
        [escape(printable(row.pool)), usd(row.value_usd), usd(row.fee_usd_per_year), number(row.years, 3),
         number(row.own_years, 3), number(row.full_range_years, 3), says(row)]
        for row in most
    ]  # fmt: skip
    out = console()
    out.print()
    out.print(table("Price over cash flow: years of fees that pay for a pool, and its bounds", CASH_COLUMNS, shown))
    if rest:
        out.print(f"{len(rest):,} more pools of {usd(sum(row.value_usd for row in rest))} USD together: `--json`")


def says(row: PoolCashFlow) -> str:
    """Say whether a pool's fees pay what arbitrageurs take at the implied volatility, and what was left out of it."""
    from bridge.cli.show import number

    worth = number(row.left_out_usd, 3)
    left = f"; {row.left_out:,} of unknown fees, {worth} USD, left out" if row.left_out else ""
    return f"{_verdict(row)}{left}"


def _verdict(row: PoolCashFlow) -> str:
    if row.years != row.years:
        return "fees unknown"
    if row.own_years != row.own_years:
        return "out of range" if row.full_range_years == row.full_range_years else "no LVR"
    return "pays for its LVR" if row.years <= row.own_years else "does not pay for its LVR"


def _print_swaps(report: TapeReport) -> None:
    from bridge.cli.show import console, percent, table, usd
    from bridge.formats import duration, plain

    rows = [
        [plain(duration(round(row.seconds))), percent(row.known, 0), usd(row.markout), usd(row.before_fees),
         usd(row.lvr), percent(row.covered, 0)]
        for row in report.rows
    ]  # fmt: skip
    out = console()
    out.print()
    days = f"{report.seconds / 86_400:.1f} days"
    out.print(table(f"Markouts of {report.swaps:,} swaps in {days}, in quote units", TAPE_COLUMNS, rows))
    words = "what the swaps brought the pool, valued later, and LVR in steps of the same length"
    out.print(f"{words}; fees of {usd(report.fees)} are in the markouts", markup=False, soft_wrap=True)
