"""What `alvh plan` prints beside its trades: worth of options, hold or move, screens, bets, the promoter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bridge.plans.ideas import PlanIdeas
    from bridge.plans.make import Planned
    from bridge.plans.promoter import Promoted
    from bridge.plans.screens import Screened, ScreenedAsset
    from hedge.book.exposure import BookExposure
    from hedge.decision.motions import PositionMotion
    from hedge.plan.chase import Chase
    from hedge.valuation.leg_worth import LegWorth

DECAY_COLUMNS = ("asset", "layer", "cost", "time value", "break-even", "most it can lose")
PARITY_COLUMNS = ("asset", "strikes", "boxes that earn", "best edge", "expiry, bought and sold at")
WORTH_COLUMNS = ("option", "layer", "units", "price", "expected pay-off", "at volatility", "price over pay-off")
MOTION_COLUMNS = ("position", "verdict", "answer", "drift", "held it costs", "moved it costs", "hold within")
SCREEN_COLUMNS = ("asset", "sector", "wanted", "allowed", "to cut", "price", "fair value", "P/E", "yield promises")
BESIDE_COLUMNS = ("", "steward", "promoter, within the limits", "promoter, unchecked")


class Shown(NamedTuple):
    """A plan with everything that is shown beside it; None where it was not asked for."""

    planned: Planned
    kept: Path | None
    ideas: PlanIdeas
    values: dict[str, int]
    other: Planned | None
    chaser: Promoted | None


def plan_json(shown: Shown) -> dict[str, Any]:
    """Return the plan on record with what is shown beside it, each under a key of its own."""
    content = {**shown.planned.record.__dict__, "file": str(shown.kept) if shown.kept else None}
    content["ideas"] = shown.ideas.to_dict()
    if shown.other:
        content["what_if"] = {"values": shown.values, "plan": shown.other.record.plan}
    if shown.chaser:
        content["promoter"] = shown.chaser.to_dict()
    return content


def print_shown(shown: Shown, report: Path | None, orders: Path | None, sizes: Sequence[str] = ()) -> None:
    """Print the plan as people read it, with what is shown beside it; `sizes` : lines below the ticket."""
    from bridge.cli.plan_text import print_kept, print_plan, print_what_if

    print_plan(shown.planned, sizes)
    _print_decay(shown.planned)
    _print_shifts(shown.planned)
    _print_parity(shown.planned)
    print_plan_ideas(shown.ideas, shown.planned.plan.exposure)
    if shown.other:
        print_what_if(shown.planned, shown.other, shown.values)
        _print_shifts(shown.other)
    if shown.chaser:
        print_promoter(shown.planned, shown.chaser)
    print_kept(shown.kept, report, orders)


def print_plan_ideas(ideas: PlanIdeas, exposure: BookExposure) -> None:
    """Print everything that a plan says beside its trades."""
    from bridge.cli.exposure_ideas import print_bets

    _print_worth(ideas.worth)
    _print_motions(ideas.motions, exposure)
    print_bets(ideas.bets, exposure.value_usd)
    if ideas.screened:
        _print_screens(ideas.screened)


def _print_decay(planned: Planned) -> None:
    """Print the time value and the break-even points of every layer that holds something."""
    from bridge.cli.show import console, number, table, usd
    from bridge.formats import plain
    from bridge.report.view import layer_view

    plan, out = planned.plan, console()
    rows = [
        [layer.underlying, layer.name, usd(layer.cost_usd), usd(layer.time_value_usd),
         " and ".join(number(at, 5) for at in layer.break_evens) or "-",
         plain(layer_view(layer).loss)]
        for layer in plan.layers
        if layer.legs
    ]  # fmt: skip
    if rows:
        out.print()
        out.print(table("Time value and break-even points at expiry, in USD", DECAY_COLUMNS, rows, left=2))


def _print_shifts(made: Planned) -> None:
    """Print which tenor bands the policy moves, and why."""
    from bridge.cli.show import console

    for shift in made.plan.regime_policy.shifts:
        way = "out" if shift.direction > 0 else "in"
        console().print(
            f"time shift: the tenor band of the {shift.layer} layer moves {way}: {shift.reason}", markup=False
        )


def _print_parity(planned: Planned) -> None:
    """Print what parity leaves on each chain: how many strikes make a forward, and the best round trip in options."""
    from bridge.cli.show import console, number, table
    from bridge.units import utc

    rows = []
    for asset, scan in planned.plan.parity.items():
        best = max(scan.boxes, key=lambda box: box.edge, default=None)
        where = f"{utc(best.expiry_at)[:10]}, {best.buy_strike:g} and {best.sell_strike:g}" if best else "-"
        edge = number(best.edge, 3) if best else "-"
        rows.append([asset, str(len(scan.quotes)), str(len(scan.edges)), edge, where])
    if rows:
        out = console()
        out.print()
        title = "Conversion and reversal: boxes after fees, in USD a unit"
        out.print(table(title, PARITY_COLUMNS, rows))


def _print_worth(worth: tuple[LegWorth, ...]) -> None:
    from bridge.cli.show import console, number, percent, table

    rows = [
        [leg.leg, leg.layer, number(leg.quantity, 6), number(leg.ask, 5), number(leg.expected, 5),
         percent(leg.forecast_vol), number(leg.ratio, 3)]
        for leg in worth
    ]  # fmt: skip
    if rows:
        out = console()
        out.print()
        out.print(table("Price over expected pay-off of what is bought, in USD a unit", WORTH_COLUMNS, rows, left=2))


def _print_motions(motions: tuple[PositionMotion, ...], exposure: BookExposure) -> None:
    from bridge.cli.show import console, largest, table, usd

    if motions:
        out = console()
        out.print()
        title = "Hold or move, in USD: drift from the middle of the range against a trade"
        worth = {position.id: position.value_usd for position in exposure.positions}
        shown, rest = largest(motions, lambda motion: worth[motion.id])
        out.print(table(title, MOTION_COLUMNS, [_motion_row(motion) for motion in shown], left=3))
        if rest:
            total = usd(sum(worth[motion.id] for motion in rest))
            out.print(f"{len(rest):,} more of {total} USD together, each worth less: `--json` has them all")


def _motion_row(found: PositionMotion) -> list[str]:
    from bridge.cli.show import usd
    from bridge.formats import position_label

    motion = found.motion
    answer = motion.answer if motion else found.reason.partition(":")[0]
    costs = [usd(x) for x in (motion.hold_cost, motion.move_cost, motion.outer_usd)] if motion else ["-"] * 3
    return [position_label(found.id), found.verdict, answer, usd(found.drift_usd), *costs]


def _print_screens(screened: Screened) -> None:
    """Print what the screens leave of each asset, and the reason of every cut."""
    from rich.markup import escape

    from bridge.cli.show import console, percent, table
    from bridge.formats import printable

    out = console()
    out.print()
    title = f"Exposure that the screens allow, as shares of the book ({printable(screened.source)})"
    out.print(table(escape(title), SCREEN_COLUMNS, [_screen_row(row) for row in screened.rows], left=2))
    for row in screened.rows:
        for reason in row.reasons:
            out.print(f"  {row.symbol}: {reason}", markup=False, soft_wrap=True)
    out.print(f"  in no screened asset: {percent(screened.cash)}", markup=False)


def _screen_row(row: ScreenedAsset) -> list[str]:
    from rich.markup import escape

    from bridge.cli.show import number, percent, usd

    sector = escape(row.sector) + (", yield-bearing" if row.yield_bearing else "")
    return [
        escape(row.symbol),
        sector or "-",
        percent(row.wanted),
        percent(row.allowed),
        usd(row.cut_usd),
        number(row.price, 6),
        number(row.fair_value, 6),
        number(row.earnings_multiple, 3),
        percent(row.promised),
    ]


def print_promoter(planned: Planned, found: Promoted) -> None:
    """Print the promoter's parameters, trades and tail beside the steward's; nothing of it can be proposed."""
    from bridge.cli.plan_text import TRADE_COLUMNS, trade_rows
    from bridge.cli.show import console, table

    out = console()
    out.print("\n[bold]Steward and promoter[/bold]: a yield-chaser's plan, to compare with and never to propose")
    for reason in found.policy.reasons:
        out.print(f"  promoter: {reason}", markup=False)
    keys = [[name, f"{old:,}", f"{new:,}"] for name, (old, new) in found.changes.items()]
    out.print(table("Parameters that differ", ("", "steward", "promoter"), keys))
    out.print()
    columns = (_figures(planned), _figures(found.planned), _chased(found.chased))
    rows = [list(row) for row in zip(NAMES, *columns, strict=True)]
    out.print(table("What they lead to, in USD", BESIDE_COLUMNS, rows))
    trades = trade_rows(found.chased.trades if found.chased else ())
    out.print()
    out.print(table("What the promoter would sell unchecked: no ticket, not kept", TRADE_COLUMNS, trades, left=2))
    if not trades:
        out.print("nothing: no condor within its bands pays a credit", markup=False)


NAMES = ("answer", "trades", "CVaR95, the book alone", "CVaR95 to the next plan", "CVaR95 over 30 days", "credit")


def _figures(made: Planned) -> list[str]:
    from bridge.cli.show import usd

    plan = made.plan
    numbers = (plan.risk.unhedged, plan.risk.hedged, plan.risk.month_hedged, plan.costs["credit_usd"])
    return [plan.decision.answer, str(len(plan.trades)), *map(usd, numbers)]


def _chased(found: Chase | None) -> list[str]:
    from bridge.cli.show import usd

    if found is None:
        return ["-"] * len(NAMES)
    numbers = (found.unhedged, found.chased, found.month_chased, found.credit_usd)
    return ["sell condors" if found.trades else "-", str(len(found.trades)), *map(usd, numbers)]
