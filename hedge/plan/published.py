"""A plan's arguments as plain JSON, whole: what somebody else needs to make the same plan again.

The inputs of a plan (`hedge.plan.inputs`) identify its arguments. Of quotes and of the past they hold a digest, of what
is held the names: `bulk_inputs` is the rest. `remake_plan` reads both as what a stranger wrote, and makes the plan; its
inputs are then computed anew, so their hash is that of the arguments and not of what the file says of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from hedge.book.exposure import book_exposure
from hedge.book.positions import Book, ConcentratedPosition, Position
from hedge.book.weighted import WeightedPosition
from hedge.decision.programme.pose import Past
from hedge.decision.programme.scenarios import COUNT
from hedge.errors import BadInput
from hedge.instruments.contract import Contract
from hedge.instruments.fees import Fees
from hedge.instruments.holdings import Holdings
from hedge.instruments.option_chain import OptionChain, Quote
from hedge.market import Market, Provenance
from hedge.numerics.arrays import FloatArray
from hedge.plan.build import Plan, build_plan
from hedge.policy.parameters import LastChange, Limits, OwnTerms, Parameters
from hedge.signals.regime import RegimeRules
from hedge.signals.signal import Signal, State

MOST_POSITIONS: Final = 5_000
MOST_QUOTES: Final = 10_000
"""More than a plan has, 2,000 on a day of two assets: a stranger's file must not keep who checks it for an hour."""
MOST_ASSETS: Final = 50
"""Three times what a deployment has (`alvh deploy`): what a plan takes grows with their square."""
MOST_TOKENS: Final = 8
"""Of one weighted position: a pool of Balancer's holds no more."""
MOST_SHARES: Final = 2_000
"""Tokens of all weighted positions together: each takes many times what a range takes."""
MOST_SIGNALS: Final = 100
MOST_MOMENTS: Final = 1_000_000
"""Of the past, all series together: prices and indices of five assets by the hour since 2015 are 950,000."""
MOST_AT: Final = 4_102_444_800
"""2100 in unix seconds: scenarios are drawn by the number of the day, and each day up to it takes memory."""


class Series(NamedTuple):
    """A number over time: unix seconds ascending, and values, shape (n,) each."""

    times: npt.NDArray[np.int64]
    values: FloatArray


def bulk_inputs(
    chains: Mapping[str, OptionChain], past: Past, holdings: Holdings, signals: Sequence[Signal]
) -> dict[str, Any]:
    """Return the quotes, the past, the contracts held and the order of the signals, in JSON types; NaN is None."""
    return {
        "quotes": {asset: [_plain(row) for row in chains[asset].rows] for asset in sorted(chains)},
        "past": {
            kind: {asset: _plain_series(series[asset]) for asset in sorted(series)}
            for kind, series in (("prices", past.prices), ("indices", past.indices))
        },
        "held": [[*contract, holdings.options[contract]] for contract in sorted(holdings.options)],
        "order": [signal.name for signal in signals],
    }


def _plain(row: Sequence[Any]) -> list[Any]:
    return [None if isinstance(value, float) and math.isnan(value) else value for value in row]


def _plain_series(series: Any) -> dict[str, list[Any]]:
    return {"times": series.times.tolist(), "values": series.values.tolist()}


def remake_plan(inputs: Mapping[str, Any], bulk: Mapping[str, Any]) -> Plan:
    """Make a plan again from its inputs and the rest of its arguments.

    Raises
    ------
    HedgeError : a number that no plan can have.
    KeyError, TypeError, ValueError, AttributeError, OverflowError : it is not what `Plan.inputs` and `bulk_inputs`
        give.
    """
    if inputs["indices"]:
        raise BadInput("indices", len(inputs["indices"]), "plans with index listings cannot be made again")
    count = whole(inputs["scenarios"])
    if not 0 < count <= COUNT:
        raise BadInput("scenarios", count, f"must be in 1..{COUNT}, the most that a plan draws")
    for what, size, most in _sizes(inputs, bulk):
        if size > most:
            raise BadInput(what, size, f"must be at most {most:,}: a larger plan is not made again")
    _require_times(inputs, bulk)
    book, market = Book(tuple(map(_position, inputs["book"]))), _market(inputs["market"])
    signals = {signal.name: signal for signal in map(_signal, inputs["signals"])}
    return build_plan(
        book,
        market,
        {asset: _chain(asset, said, bulk["quotes"][asset]) for asset, said in inputs["chains"].items()},
        *_terms(inputs),
        holdings=_holdings(inputs["holdings"], bulk["held"]),
        past=Past(*(_past(bulk["past"][kind]) for kind in ("prices", "indices"))),
        signals=[signals.pop(name) for name in bulk["order"]] + list(signals.values()),
        rules=RegimeRules(**inputs["regime_rules"]),
        expected=[str(name) for name in inputs["expected_signals"]],
        at=whole(inputs["at"]),
        scenario_count=count,
        exposure=book_exposure(book, market),
        own={str(asset): _terms(said) for asset, said in inputs.get("own", {}).items()},
    )


def _sizes(inputs: Mapping[str, Any], bulk: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    """Yield what of a plan has a size, that size and the most of it: what is made of it takes time and memory."""
    market, past = inputs["market"], [bulk["past"][kind] for kind in ("prices", "indices")]
    by_asset = [market["spots"], market["vols"], inputs["chains"], bulk["quotes"], *past, inputs.get("own", {})]
    yield "assets", len(set[str]().union(*by_asset, inputs["holdings"]["perpetuals"])), MOST_ASSETS
    yield "correlations", len(market["correlations"]), MOST_ASSETS**2
    yield "book", len(inputs["book"]), MOST_POSITIONS
    tokens = [len(each["assets"]) for each in inputs["book"] if "assets" in each]
    yield "assets of a position", max(tokens, default=0), MOST_TOKENS
    yield "tokens of weighted positions", sum(tokens), MOST_SHARES
    yield "quotes", sum(len(rows) for rows in bulk["quotes"].values()), MOST_QUOTES
    yield "options held", len(bulk["held"]), MOST_QUOTES
    signals = ("signals", inputs["signals"]), ("order of signals", bulk["order"])
    for what, each in (*signals, ("expected signals", inputs["expected_signals"])):
        yield what, len(each), MOST_SIGNALS
    yield "past", sum(len(series["times"]) for known in past for series in known.values()), MOST_MOMENTS


def _require_times(inputs: Mapping[str, Any], bulk: Mapping[str, Any]) -> None:
    """Check that a plan's time, and all of its past, are from 1970 to 2100: days between them are counted out."""
    series = [each for kind in ("prices", "indices") for each in bulk["past"][kind].values()]
    for what, times in (
        ("at", [inputs["at"], inputs["market"]["observed_at"]]),
        ("times of the past", [time for each in series for time in each["times"]]),
    ):
        for time in (min(times, default=0), max(times, default=0)):
            if not 0 <= whole(time) <= MOST_AT:
                raise BadInput(what, time, f"must be in 0..{MOST_AT}, unix seconds up to 2100")


def _terms(said: Mapping[str, Any]) -> OwnTerms:
    return OwnTerms(
        Parameters.from_values([whole(value) for value in said["parameters"]]),
        _by_key(Limits, said["limits"]),
        _by_key(LastChange, said["last_changes"]),
    )


def whole(value: Any) -> int:
    """Return a whole number of JSON; anything else is a `TypeError`."""
    if type(value) is not int:
        raise TypeError(f"{value!r} is no whole number")
    return value


def _number(value: Any, absent: float = math.nan) -> float:
    """Return a number of JSON as a float; None stands for what JSON cannot hold."""
    if value is None:
        return absent
    if type(value) not in (int, float):
        raise TypeError(f"{value!r} is no number")
    return float(value)


def _position(said: Mapping[str, Any]) -> Position:
    if "weights" in said:
        given: dict[str, Any] = {name: tuple(map(_number, said[name])) for name in ("weights", "held", "fees")}
        given |= {name: _number(said[name]) for name in ("invariant", "fee_apr")}
        return WeightedPosition(str(said["id"]), str(said["pool"]), tuple(map(str, said["assets"])), **given)
    given = {name: str(said[name]) for name in ("id", "pool", "base", "quote")} | {"active": said["active"]}
    if not isinstance(given["active"], bool | None):
        raise TypeError(f"{given['active']!r} does not say whether a position is in range")
    for name in {field.name for field in fields(ConcentratedPosition)} - given.keys():
        given[name] = _number(said[name], math.inf if name == "upper" else math.nan)
    return ConcentratedPosition(**given)


def _market(said: Mapping[str, Any]) -> Market:
    pairs = {tuple(pair.split("/")): _number(value) for pair, value in said["correlations"].items()}
    return Market(
        whole(said["observed_at"]),
        {asset: _number(value) for asset, value in said["spots"].items()},
        {asset: _number(value) for asset, value in said["vols"].items()},
        {(first, second): value for (first, second), value in pairs.items()},
        str(said["vol_source"]),
        Provenance(said["vol_provenance"]),
        str(said["spot_source"]),
        Provenance(said["spot_provenance"]),
    )


def _chain(asset: str, said: Mapping[str, Any], rows: Sequence[Sequence[Any]]) -> OptionChain:
    return OptionChain.from_frame(
        asset,
        whole(said["observed_at"]),
        _number(said["spot"]),
        pd.DataFrame([_quote(*row) for row in rows], columns=list(Quote._fields)),
        str(said["source"]),
        _number(said["rate"]),
        Fees(**{name: _number(value) for name, value in said["fees"].items()}),
        Provenance(said["provenance"]),
    )


def _quote(expiry_at: Any, expiry: Any, strike: Any, is_call: Any, *numbers: Any) -> Quote:
    if type(is_call) is not bool:
        raise TypeError(f"{is_call!r} does not say whether an option is a call")
    return Quote(whole(expiry_at), _number(expiry), _number(strike), is_call, *map(_number, numbers))


def _holdings(said: Mapping[str, Any], held: Sequence[Sequence[Any]]) -> Holdings:
    options = {}
    for asset, expiry_at, strike, is_call, units in held:
        options[Contract(str(asset), whole(expiry_at), _number(strike), bool(is_call))] = _number(units)
    perpetuals = {asset: _number(units) for asset, units in said["perpetuals"].items()}
    return Holdings(options, perpetuals, _number(said["cash_usd"]))


def _past(said: Mapping[str, Mapping[str, Sequence[Any]]]) -> dict[str, Series]:
    return {
        asset: Series(
            np.array([whole(time) for time in series["times"]], dtype=np.int64),
            np.array([_number(value) for value in series["values"]], dtype=np.float64),
        )
        for asset, series in said.items()
    }


def _signal(said: Mapping[str, Any]) -> Signal:
    score = State(said["score"]) if isinstance(said["score"], str) else _number(said["score"])
    times = (whole(said["known_at"]), whole(said["max_age_seconds"]))
    source, provenance = str(said["source"]), Provenance(said["provenance"])
    return Signal(str(said["name"]), _number(said["value"]), score, *times, source, provenance)


def _by_key(kind: type[Any], said: Mapping[str, Mapping[str, Any]] | None) -> dict[int, Any] | None:
    if said is None:
        return None
    return {int(key): kind(**{name: whole(value) for name, value in row.items()}) for key, row in said.items()}
