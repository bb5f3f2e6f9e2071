"""What of a view is measured: one line for each family of numbers, its name with its unit, and where it stands.

A number that is not known is left out: neither 0 nor NaN, so that no sum counts it and no alert is quiet because of it.
Values of labels that strangers may write are cleaned and cut; of each label there are at most `MOST_VALUES`, what comes
after them counts as "other", added up, or as the worst of them, or not at all where neither has a meaning.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bridge.foreign import foreign

View = Mapping[str, Any]
Row = tuple[tuple[str, ...], float]
Reader = Callable[[Mapping[str, Any]], Any]
Fold = Callable[[Iterable[float]], float]

MOST_VALUES: Final = 50
"""Values of one label of one family."""
LABEL: Final = 64
"""Letters of a label's value."""
OTHER: Final = "other"
MAIN: Final = "main"
"""The label of what is of no asset of its own: the main parameters and the main automation."""
DAY_SECONDS: Final = 86_400.0
SEVERITIES: Final = ("information", "warning", "critical")
OPEN: Final = ("pending", "active", "succeeded", "queued")
FEED_STATES: Final = ("fresh", "soon stale", "stale", "empty", "after a silence", "outage")


@dataclass(frozen=True)
class Family:
    """Numbers of one name.

    Parameters
    ----------
    name, words
        By the conventions of Prometheus, and what it is.
    rows
        Reads a view: values of the labels, and the number; None and what is not finite is left out.
    labels
        Their names.
    fold
        Makes one number of those that share their labels; None drops what has no name left.
    """

    name: str
    words: str
    rows: Callable[[View], Iterable[tuple[tuple[object, ...], Any]]]
    labels: tuple[str, ...] = ()
    fold: Fold | None = sum


def measured(family: Family, view: View) -> tuple[Row, ...]:
    """Return the numbers of a family, each combination of labels once.

    Parameters
    ----------
    family
        What is read.
    view
        Of one look; parts that are null or absent give no number.

    Examples
    --------
    >>> measured(Family("alvh_x_usd", "X.", one("totals.x")), {"totals": {"x": 2}})
    (((), 2.0),)
    """
    seen: list[set[str]] = [set() for _ in family.labels]
    found: dict[tuple[str, ...], list[float]] = {}
    for labels, value in family.rows(view):
        if not isinstance(value, (bool, int, float)) or not math.isfinite(value):
            continue
        named = tuple(_bounded(known, foreign(label, LABEL)) for known, label in zip(seen, labels, strict=True))
        if family.fold or OTHER not in named:
            found.setdefault(named, []).append(float(value))
    return tuple((labels, family.fold(values) if family.fold else values[0]) for labels, values in found.items())


def _bounded(known: set[str], label: str) -> str:
    if label not in known and len(known) >= MOST_VALUES:
        return OTHER
    known.add(label)
    return label


def part(view: Any, path: str) -> Any:
    """Return what stands at a dotted path of a view; None where any step of it is null or absent."""
    for name in path.split("."):
        view = view.get(name) if isinstance(view, Mapping) else None
    return view


def number(view: Any, path: str) -> float | None:
    """Return the number at a dotted path of a view; None where there is none."""
    found = part(view, path)
    return float(found) if isinstance(found, (int, float)) else None


def listed(view: View, path: str) -> list[Mapping[str, Any]]:
    """Return the rows of a list of a view; assets begin with the one that is worth most, so that dust hides none."""
    found = part(view, path)
    rows = [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []
    return sorted(rows, key=lambda row: -abs(number(row, "lp.value_usd") or 0.0)) if path == "assets" else rows


def one(path: str) -> Callable[[View], Iterable[tuple[tuple[object, ...], Any]]]:
    """Return a reader of the one number at a path; true is 1."""
    return lambda view: [((), part(view, path))]


def each(path: str, value: str | Reader, *keys: str) -> Callable[[View], Iterable[tuple[tuple[object, ...], Any]]]:
    """Return a reader of a number of each row of a list, labelled by other entries of the row."""
    read = value if callable(value) else lambda row: part(row, value)
    return lambda view: [(tuple(part(row, key) or MAIN for key in keys), read(row)) for row in listed(view, path)]


def entries(name: str) -> Reader:
    """Return a reader of how many entries a list of a row has."""
    return lambda row: len(row[name]) if isinstance(row.get(name), list) else None


def tripped(row: Mapping[str, Any]) -> bool | None:
    """Tell whether a breaker is tripped; None where it could not be read."""
    at = number(row, "tripped_at")
    return None if at is None else at > 0


def least(path: str, read: Callable[[View, Mapping[str, Any]], float | None]) -> Callable[[View], Iterable[Any]]:
    """Return a reader of the least number that rows of a list give; none where no row gives one."""

    def rows(view: View) -> list[tuple[tuple[object, ...], Any]]:
        numbers = [found for row in listed(view, path) if (found := read(view, row)) is not None]
        return [((), min(numbers))] if numbers else []

    return rows


def counted(path: str, read: Callable[[Mapping[str, Any]], bool]) -> Callable[[View], Iterable[Any]]:
    """Return a reader of how many rows of a list are so; nothing where the list itself is not known."""
    return lambda view: [((), sum(map(read, listed(view, path))) if part(view, path) is not None else None)]


def sides(value: str) -> Callable[[View], Iterator[tuple[tuple[object, ...], Any]]]:
    """Return a reader of a number of each asset before its hedge (pools) and after it (with the legs)."""

    def rows(view: View) -> Iterator[tuple[tuple[object, ...], Any]]:
        for row in listed(view, "assets"):
            yield (row.get("asset"), "before"), part(row, f"lp.{value}")
            yield (row.get("asset"), "after"), part(row, f"net.{value}")

    return rows


def edge(_: View, row: Mapping[str, Any]) -> float | None:
    """Return the share by which the price of a position in range may move until it leaves."""
    ends = (number(row, "to_lower"), number(row, "to_upper")) if row.get("in_range") is True else ()
    return min((abs(end) for end in ends if end is not None), default=None)


def expiry(_: View, row: Mapping[str, Any]) -> float | None:
    """Return the seconds until a leg expires."""
    days = number(row, "days_left")
    return None if days is None else days * DAY_SECONDS


def deadline(view: View, row: Mapping[str, Any]) -> float | None:
    """Return the seconds until the next step of a proposal ends, by the time of the block."""
    until, now = number(row, "next.until"), number(view, "block.timestamp")
    return until - now if until is not None and now is not None and until >= now else None


def feed_age(view: View) -> Iterator[tuple[tuple[object, ...], Any]]:
    """Yield how old the answer of each feed is, by the time of the block; nothing of one that never answered."""
    now = number(view, "block.timestamp")
    for row in listed(view, "feeds"):
        at = number(row, "answered_at")
        yield (row.get("asset"),), now - at if at and now is not None else None


def chain_age(view: View) -> Iterator[tuple[tuple[object, ...], Any]]:
    """Yield how old the block of each chain was, by this machine's clock; nothing of one that was not read."""
    for row in listed(view, "chains"):
        at, stamp = number(view, "at"), number(row, "timestamp")
        yield (row.get("network"),), at - stamp if stamp and at is not None else None


def feed_state(view: View) -> Iterator[tuple[tuple[object, ...], Any]]:
    """Yield 1 for the state of each feed, and 0 for those that it is not in."""
    for row in listed(view, "feeds"):
        for state in FEED_STATES if row.get("state") is not None else ():
            yield (row.get("asset"), state), row.get("state") == state


def proposals(view: View) -> Iterator[tuple[tuple[object, ...], Any]]:
    """Yield how many proposals are in each state; those of open ones even where there are none."""
    if part(view, "proposals") is not None:
        states = Counter(str(row.get("state")) for row in listed(view, "proposals"))
        yield from (((state,), states.get(state, 0)) for state in dict.fromkeys((*OPEN, *states)))


def standing(view: View) -> list[Mapping[str, Any]]:
    """Return the alerts that stand."""
    return [row for row in listed(view, "alerts") if row.get("cleared_at") is None]


def alerts(view: View) -> Iterator[tuple[tuple[object, ...], Any]]:
    """Yield how many alerts stand of each severity and kind."""
    yield from Counter((str(row.get("severity")), str(row.get("kind"))) for row in standing(view)).items()


def unacknowledged(view: View) -> Iterator[tuple[tuple[object, ...], Any]]:
    """Yield how many alerts of each severity nobody acknowledged; 0 where there are none."""
    waiting = [row.get("severity") for row in standing(view) if row.get("acknowledged_at") is None]
    yield from (((severity,), waiting.count(severity)) for severity in SEVERITIES)


def answer(view: View) -> list[tuple[tuple[object, ...], Any]]:
    """Return 1 for the answer of the last plan."""
    return [((said,), 1)] if (said := part(view, "decision.answer")) else []


def book(view: View) -> list[tuple[tuple[object, ...], Any]]:
    """Return 1 with the names of the book and its chain."""
    return [((part(view, "book"), part(view, "network") or "", part(view, "chain_id")), 1)]


ASSET: Final = ("asset",)
CHAIN: Final = ("network",)
LAYER: Final = ("asset", "layer")
FAMILIES: Final = (
    Family("alvh_book_info", "The book that is watched.", book, ("book", "network", "chain_id")),
    Family("alvh_look_timestamp_seconds", "When the last good look was, by this machine's clock.", one("at")),
    Family("alvh_look_interval_seconds", "Time between two looks, by the settings.", one("interval")),
    Family("alvh_look_lateness_seconds", "By how much the last cycle began too late.", one("lateness")),
    Family("alvh_block_number", "The block that was looked at.", one("block.number")),
    Family("alvh_block_timestamp_seconds", "The time of the block.", one("block.timestamp")),
    Family("alvh_block_age_seconds", "How old the block was at the look.", lambda view: [((), _block_age(view))]),
    Family("alvh_chain_block_number", "The block of each chain of the book.",
           each("chains", lambda row: row.get("block") or None, *CHAIN), CHAIN, min),
    Family("alvh_chain_block_age_seconds", "How old the block of each chain was at the look.", chain_age, CHAIN, max),
    Family("alvh_chain_value_usd", "Worth of each chain's positions.", each("chains", "value_usd", *CHAIN), CHAIN),
    Family("alvh_chain_left_out", "Whether a chain could not be read.",
           each("chains", lambda row: bool(row.get("trouble")), *CHAIN), CHAIN, max),
    Family("alvh_book_value_usd", "Worth of the positions in pools.", one("totals.value_usd")),
    Family("alvh_book_il_usd", "Impermanent loss since entry.", one("totals.il_usd")),
    Family("alvh_book_fees_usd", "Fees owed to the positions.", one("totals.fees_usd")),
    Family("alvh_book_fees_usd_per_year", "Fees a year, as expected.", one("totals.fee_usd_per_year")),
    Family("alvh_book_lvr_usd_per_year", "Expected loss to arbitrage, a year.", one("totals.lvr_usd_per_year")),
    Family("alvh_book_delta_usd", "Net delta of pools and legs.", one("totals.net_delta_usd")),
    Family("alvh_hedge_value_usd", "Worth of the legs at their marks.", one("totals.hedge_value_usd")),
    Family("alvh_book_valued", "Whether exposure could be valued.", lambda view: [((), not view.get("untrusted"))]),
    Family("alvh_drift_ratio", "How far exposure is from the plan on record.", one("decision.drift")),
    Family("alvh_drift_band_ratio", "How far it may be.", one("decision.drift_band")),
    Family("alvh_decision", "1 for the answer of the plan on record.", answer, ("answer",)),
    Family("alvh_plan_timestamp_seconds", "When that plan was made.", one("decision.made_at")),
    Family("alvh_orders_open", "Orders of that plan with something left to do.",
           counted("decision.orders", lambda row: bool(row.get("left")))),
    Family("alvh_asset_spot_usd", "Price of an asset.", each("assets", "spot", "asset"), ASSET, None),
    Family("alvh_asset_value_usd", "Worth of an asset's positions.", each("assets", "lp.value_usd", "asset"), ASSET),
    Family("alvh_asset_delta_usd", "Delta before the hedge and after it.", sides("delta_usd"), ("asset", "side")),
    Family("alvh_asset_gamma_usd", "Gamma before the hedge and after it.", sides("gamma_usd"), ("asset", "side")),
    Family("alvh_asset_vega_usd", "Vega after the hedge, per 1.00 of volatility: pools have none.",
           each("assets", "net.vega_usd", "asset"), ASSET),
    Family("alvh_asset_theta_usd", "Theta after the hedge, a year.", each("assets", "net.theta_usd", "asset"), ASSET),
    Family("alvh_positions_in_range", "Positions of the list whose price is in range.",
           counted("positions", lambda row: row.get("in_range") is True)),
    Family("alvh_positions_out_of_range", "Positions of the list whose price is not.",
           counted("positions", lambda row: row.get("in_range") is False)),
    Family("alvh_positions_unlisted", "Positions beyond those of the list.", one("positions_left")),
    Family("alvh_positions_unread", "Positions that could not be read.", counted("unread", lambda _: True)),
    Family("alvh_range_edge_distance_ratio", "Least move of a price that takes a position out of range.",
           least("positions", edge)),
    Family("alvh_layer_value_usd", "Worth of a layer's legs.", each("held.covers", "value_usd", *LAYER), LAYER),
    Family("alvh_layer_cap_usd", "The most that the keys allow it.", each("held.covers", "cap_usd", *LAYER), LAYER),
    Family("alvh_layer_delta_usd", "Delta of a layer's legs.", each("held.covers", "delta_usd", *LAYER), LAYER),
    Family("alvh_layer_delta_covered_ratio", "Share of the pools' delta that a layer offsets.",
           each("held.covers", "delta_share", *LAYER), LAYER, None),
    Family("alvh_layer_gamma_covered_ratio", "Share of the pools' gamma that a layer offsets.",
           each("held.covers", "gamma_share", *LAYER), LAYER, None),
    Family("alvh_profit_usd", "Parts of the profit since the plan.", each("explained.parts", "usd", "group", "name"),
           ("group", "part")),
    Family("alvh_legs", "Legs that are held.", counted("held.legs", lambda _: True)),
    Family("alvh_legs_naked", "Sold legs without all of their wing.",
           counted("held.legs", lambda row: bool(row.get("naked")))),
    Family("alvh_first_expiry_seconds", "Time until the first leg expires.", least("held.legs", expiry)),
    Family("alvh_oldest_mark_timestamp_seconds", "Time of the oldest mark.",
           least("held.legs", lambda _, row: number(row, "marked_at"))),
    Family("alvh_margin_initial_usd", "Initial margin of sold legs, an estimate.", one("held.margin.initial")),
    Family("alvh_margin_maintenance_usd", "Maintenance margin, an estimate.", one("held.margin.maintenance")),
    Family("alvh_margin_left_usd", "What is left beyond it.", one("held.margin.left_usd")),
    Family("alvh_feed_volatility_ratio", "Answer of a feed: 1 is 100 % a year.", each("feeds", "volatility", "asset"),
           ASSET, None),
    Family("alvh_feed_age_seconds", "How old it was at the block.", feed_age, ASSET, max),
    Family("alvh_feed_max_age_seconds", "How old it may be.", each("feeds", "max_age_seconds", "asset"), ASSET, min),
    Family("alvh_feed_state", "1 for the state that a feed is in.", feed_state, ("asset", "state"), max),
    Family("alvh_feed_clamped", "Limits that an answer was held to.",
           each("feeds", entries("clamped"), "asset"), ASSET, max),
    Family("alvh_breaker_tripped", "Whether a breaker is tripped.",
           each("breakers", tripped, "asset"), ASSET, max),
    Family("alvh_automation_row", "Row of the table that automation is in.",
           each("automation", "row", "asset"), ASSET, None),
    Family("alvh_automation_stopped", "Whether it is stopped.", each("automation", "stopped", "asset"), ASSET, max),
    Family("alvh_automation_in_power", "Whether it may set parameters.",
           each("automation", "in_power", "asset"), ASSET, min),
    Family("alvh_parameters_version", "Version of the parameters.",
           each("parameters", "version", "asset"), ASSET, None),
    Family("alvh_parameters_paused", "Whether they are paused.", each("parameters", "paused", "asset"), ASSET, max),
    Family("alvh_parameters_steward_suspended", "Whether the steward is suspended.",
           each("parameters", "steward_suspended", "asset"), ASSET, max),
    Family("alvh_proposals", "Proposals by state.", proposals, ("state",)),
    Family("alvh_proposals_foreign", "Proposals that none of our plans made.",
           counted("proposals", lambda row: row.get("ours") is False and row.get("state") in OPEN)),
    Family("alvh_next_deadline_seconds", "Time until the next step of a proposal ends.", least("proposals", deadline)),
    Family("alvh_steward_updates", "Updates of the steward that wait.", counted("steward_updates", lambda _: True)),
    Family("alvh_safe_warnings", "Warnings of each Safe.",
           each("safes", entries("warnings"), "role"), ("role",)),
    Family("alvh_alerts", "Alerts that stand.", alerts, ("severity", "kind")),
    Family("alvh_alerts_unacknowledged", "Alerts that nobody acknowledged.", unacknowledged, ("severity",)),
)  # fmt: skip
"""Every number of a view that is measured; those of the loop itself are in `bridge.monitor.metrics`."""


def _block_age(view: View) -> float | None:
    at, stamp = number(view, "at"), number(view, "block.timestamp")
    return None if at is None or stamp is None else at - stamp
