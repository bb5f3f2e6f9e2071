"""Rows of the tables: numbers with their intervals, and the reason where one is missing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from bridge.formats import MINUS, UNKNOWN, number, percent, price, printable, shortened
from bridge.study.report.answers import interval_words
from bridge.study.report.view import NAME_LETTERS, StrategyView, StudyView, day

NO_RISK: Final = "no CVaR removed"
MOST_RATE: Final = 5.0
"""Annual rate beyond which an internal rate says more of its first day than of the overlay."""
MARKS: Final = "†‡§¶"
WHOLE_SPAN: Final = {"years": 300.0, "quarters": 75.0}
"""Days from which a year or a quarter counts as covered: below, the table says how many there are."""


class Cell(NamedTuple):
    """Hold a number in words, what stands below it, and whether it is good or bad news."""

    text: str
    below: str = ""
    tone: str = ""


class Row(NamedTuple):
    """Hold a strategy and its cells, in the order of `COLUMNS`."""

    strategy: StrategyView
    cells: tuple[Cell, ...]


COLUMNS: Final = (
    "Mean week and deviation", "Worst week", "CVaR95 and interval", "Cost a week", "Cost per CVaR removed",
    "Given up per CVaR removed", "Turnover", "Drawdown", "Alpha net of beta", "Tracking error to the pools",
    "IRR of overlay",
)  # fmt: skip


def cautions(study: StudyView) -> tuple[tuple[str, str], ...]:
    """Return every caution about a tail's interval with its mark."""
    found = dict.fromkeys(caution for one in study.strategies if (caution := _caution(one)))
    return tuple((MARKS[min(place, len(MARKS) - 1)], caution) for place, caution in enumerate(found))


def strategy_rows(study: StudyView) -> tuple[Row, ...]:
    """Return the table of strategies."""
    marks = {caution: mark for mark, caution in cautions(study)}
    return tuple(Row(one, _cells(one, marks.get(_caution(one), ""))) for one in study.strategies)


def _caution(one: StrategyView) -> str:
    return printable(one.figures["intervals"].get("cvar95", {}).get("caution") or "")


def _cells(one: StrategyView, mark: str) -> tuple[Cell, ...]:
    found, fall = one.figures, one.figures["drawdown"]
    why = "" if one.alone or found["cvar_removed_usd"] is None or found["cvar_removed_usd"] > 0.0 else NO_RISK
    return (
        Cell(number(found["mean"]), f"±\u00a0{number(found['std'])}"),
        Cell(number(found["worst"]), day(found["worst_at"])),
        _tail(found["intervals"].get("cvar95", {}), found["cvar95"], mark),
        Cell(number(found["cost_a_week"])),
        Cell(price(found["cost_per_risk"]), why),
        Cell(price(found["given_up_per_risk"]), why),
        Cell(number(found["turnover_usd"])),
        Cell(number(fall["usd"]), percent(fall["share"]) if fall["share"] is not None else ""),
        _alpha(found["alpha"]),
        Cell(number(_tracking(one))),
        _rate(found["overlay"]),
    )


def _tail(interval: Mapping[str, Any], estimate: float | None, mark: str) -> Cell:
    words = interval_words(interval)
    return Cell(number(estimate), f"{words}\u00a0{mark}".strip() if words else printable(interval.get("reason") or ""))


def _alpha(found: Mapping[str, Any]) -> Cell:
    if found["alpha"] is None:
        return Cell(UNKNOWN, printable(found["reason"]))
    tone = "" if found["p"] is None or found["p"] >= 0.05 else "good" if found["alpha"] > 0.0 else "bad"
    return Cell(number(found["alpha"]), f"±\u00a0{number(found['alpha_error'])}", tone)


def _tracking(one: StrategyView) -> float | None:
    found: float | None = one.figures["tracking"].get("unhedged")
    return None if one.alone else found


def _rate(found: Mapping[str, Any]) -> Cell:
    """Write the internal rate only where there is one and no other: of several, or none, it measures nothing."""
    net = f"net\u00a0{number(found['net_usd'], signed=True)}" if found["net_usd"] else ""
    if found["rates"] != 1 or found["rate"] is None or abs(found["rate"]) > MOST_RATE:
        none = "no rate" if found["rates"] == 0 else f"{found['rates']} rates"
        return Cell(UNKNOWN, f"{none}, {net}" if net else "no cash")
    return Cell(percent(found["rate"], 0), net)


def beta_rows(study: StudyView) -> list[tuple[StrategyView, str, str, str]]:
    """Return each strategy's betas with their errors, how much they explain, and its tracking errors, in words."""
    rows = []
    for one in study.strategies:
        found = one.figures["alpha"]
        betas = "; ".join(
            f"{shortened(asset, NAME_LETTERS)} {number(beta)} ± {number(found['beta_error'].get(asset))}"
            for asset, beta in found["beta"].items()
        )
        tracked = "; ".join(
            f"{study.name(name)} {number(value)}" for name, value in one.figures["tracking"].items() if name != one.key
        )
        rows.append((one, betas or UNKNOWN, percent(found["r_squared"]), tracked or UNKNOWN))
    return rows


class SpanCell(NamedTuple):
    """Hold a strategy's profit in one span, its worst week, and whether it lost."""

    profit: float | None
    text: str
    below: str
    lost: bool


class SpanTable(NamedTuple):
    """Hold spans with what is said below each, and a row of cells for each strategy."""

    spans: tuple[tuple[str, str], ...]
    rows: tuple[tuple[StrategyView, tuple[SpanCell, ...]], ...]


def spans(study: StudyView, which: str) -> SpanTable:
    """Return the table of "years" or "quarters"."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {
        (str(row["strategy"]), str(row["span"])): row for row in study.document.get(which, ())
    }
    names = tuple(dict.fromkeys(span for _, span in found))
    heads = tuple((name, _covered([row for (_, span), row in found.items() if span == name], which)) for name in names)
    rows = tuple((one, tuple(_span(found.get((one.key, name))) for name in names)) for one in study.strategies)
    return SpanTable(heads, rows)


def _covered(rows: Sequence[Mapping[str, Any]], which: str) -> str:
    days = max((float(row["days"]) for row in rows), default=0.0)
    return f"{number(days)} days only" if 1.0 <= days < WHOLE_SPAN[which] else "less than a day" if days < 1.0 else ""


def _span(row: Mapping[str, Any] | None) -> SpanCell:
    if row is None or row["profit_usd"] is None:
        return SpanCell(None, UNKNOWN, "no step", False)
    profit = float(row["profit_usd"])
    worst = "" if row["worst_usd"] is None else f"worst {number(row['worst_usd'])}"
    return SpanCell(profit, number(profit, signed=True), worst, profit < 0.0)


class CrashTable(NamedTuple):
    """Hold the crashes that some path shows, rows of (profit, share kept) for each, and the names of the others."""

    names: tuple[str, ...]
    rows: tuple[tuple[StrategyView, tuple[Cell, ...]], ...]
    unseen: tuple[str, ...]


def crashes(study: StudyView) -> CrashTable:
    """Return what every strategy made in each crash, and the share of the pools' loss that it kept."""
    found = {(one.key, str(row["name"])): row for one in study.strategies for row in one.figures["captures"]}
    names = dict.fromkeys(name for _, name in found)
    seen = tuple(name for name in names if any(found[key]["profit"] is not None for key in found if key[1] == name))
    rows = tuple((one, tuple(_crash(one, found.get((one.key, name))) for name in seen)) for one in study.strategies)
    return CrashTable(seen, rows, tuple(name for name in names if name not in seen))


def _crash(one: StrategyView, row: Mapping[str, Any] | None) -> Cell:
    if row is None or row["profit"] is None:
        return Cell(UNKNOWN, "not shown by its path")
    if row["capture"] is None:
        return Cell(number(row["profit"], signed=True), "the pools did not lose")
    tone = "" if one.alone else "good" if row["capture"] < 1.0 else "bad"
    return Cell(number(row["profit"], signed=True), f"{percent(row['capture'], 0)} kept", tone)


def calibration_rows(study: StudyView) -> list[tuple[StrategyView, tuple[Cell, ...]]]:
    """Return the checks of each strategy that made forecasts: VaR, ES, legs, legs after falls, decay."""
    rows = []
    for one in study.strategies:
        found = one.figures["calibration"]
        if found:
            values = (_value(found[key]) for key in ("legs", "legs_after_falls", "decay"))
            rows.append((one, (*_tail_check(found["tail"]), *values)))
    return rows


def _tail_check(tail: Mapping[str, Any]) -> tuple[Cell, Cell, Cell]:
    expected = tail["expected"] * tail["count"]
    beyond = Cell(
        f"{number(tail['exceedances'])} of {number(tail['count'])}",
        f"{number(expected, 1)} expected" + (f", {number(tail['unknown'])} unknown" if tail["unknown"] else ""),
    )
    apart = f"{number(tail['tested_exceedances'])} of {number(tail['tested'])} apart"
    exact = f"; exact {number(tail['exact_p'], 2)}" if tail["exact_p"] is not None else ""
    kupiec = Cell(number(tail["kupiec_p"], 2), f"{apart}{exact}")
    ratio = tail["es_ratio"]
    tone = "" if ratio is None else "bad" if ratio > 1.0 else "good"
    return beyond, kupiec, Cell(number(ratio, 2), "no loss beyond VaR" if ratio is None else "", tone)


def _value(found: Mapping[str, Any]) -> Cell:
    if not found["count"]:
        return Cell(UNKNOWN, "no forecast came due")
    off = number(found["bias"], signed=True)
    return Cell(
        f"{number(found['predicted'])} / {number(found['realised'])}",
        f"off by\u00a0{off}, ±\u00a0{number(found['error'])}, {number(found['count'])}\u00a0times",
    )


def signed_total(values: Sequence[float]) -> str:
    """Write a sum with its sign; no sign and no minus for what rounds to nothing."""
    text = number(math.fsum(values), signed=True)
    return text.lstrip(MINUS) if text.lstrip(MINUS) == "0" else text
