"""What a reporter has signed, kept in the state folder: one value a round, and none that jumps without a person's word.

    .alvh/reports/CHAIN/FEED/REPORTER/ROUND.json

The largest jump is a setting, `oracle.max_jump`. Its default of 0.75 (the last value times 1.75, or divided by it) lies
beyond every move of Deribit's volatility index within a day from March 2021 to April 2026: no two values of one day are
further apart than a factor of 1.69 (BTC, 2026-02-05; ETH 1.63, 2023-08-17). A larger one is more likely a broken file
than a market.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from bridge.errors import BadFile, RefusedAction
from bridge.files import write_whole
from bridge.json_files import read_json, reading
from bridge.snapshot import Snapshot
from bridge.sources.oracle import Report
from bridge.units import utc, volatility_from_e8

FORMAT = 1


@dataclass(frozen=True)
class SignedRound:
    """One signed round: its value (1e8 = 100 % a year) at `observed_at` (unix seconds)."""

    round: int
    observed_at: int
    volatility_e8: int


def require_steady(snapshot: Snapshot, report: Report, most: float) -> None:
    """Check that a report does not jump away from the feed; a feed without a round allows any value.

    The feed's answer and the last median both count: the answer lags behind a market that moves, and a median of stolen
    keys must not hold honest reporters back.

    Raises
    ------
    RefusedAction
        It is more than 1 + `most` times the answer and the median, or less than its part of both.
    """
    number, _, answer, _, median, _ = snapshot.read("VolatilityOracle", "peek", at=report.feed)
    value, factor = report.volatility_e8, 1 + most
    if number and not any(int(last) <= factor * value <= factor**2 * int(last) for last in (answer, median)):
        raise RefusedAction(
            f"{report.asset} {_shown(value)} jumps from {_shown(int(answer))}, the answer of round {number} (median "
            f"{_shown(int(median))}), by more than oracle.max_jump {most:g}: look at the quotes; --force signs them"
        )


def keep_round(state: Path, report: Report, reporter: str, force: bool = False, later: bool = False) -> Path:
    """Note that a reporter signs a report, before the signature leaves; raises where the round has another value.

    Parameters
    ----------
    force
        Take the place of another value: for a round that was never submitted.
    later
        Take the place of a value that was observed earlier: for a round that found no quorum then. Two values of one
        time are refused as ever.

    Raises
    ------
    RefusedAction
        The reporter signed the round with another value.
    BadFile
        What is kept cannot be read, or nothing can be written.
    """
    entry = SignedRound(report.round, report.observed_at, report.volatility_e8)
    path = _folder(state, report.chain_id) / report.feed.lower() / reporter.lower() / f"{report.round}.json"
    text = json.dumps({"format": FORMAT, **asdict(entry)}, indent=1) + "\n"
    if force:
        write_whole(path, text)
        return path
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    write_whole(draft, text)
    try:
        os.link(draft, path)  # of two at once only one makes it
    except FileExistsError:
        kept = _read(path)
        if later and kept.observed_at < report.observed_at:
            draft.replace(path)
        else:
            _require_same(kept, report, reporter)
    except OSError as error:
        raise BadFile(path, f"cannot be written: {error}") from error
    finally:
        draft.unlink(missing_ok=True)
    return path


def _require_same(kept: SignedRound, report: Report, reporter: str) -> None:
    if kept.volatility_e8 != report.volatility_e8:
        raise RefusedAction(
            f"{reporter} signed round {kept.round} of {report.asset} with {_shown(kept.volatility_e8)} as of "
            f"{utc(kept.observed_at)}, this is {_shown(report.volatility_e8)}: sign at the same --block, or --force "
            "where that report was never submitted"
        )


def forget_rounds(state: Path, chain_id: int) -> None:
    """Remove what was signed on a chain that was begun anew, as a local one is each time it starts."""
    shutil.rmtree(_folder(state, chain_id), ignore_errors=True)


def _folder(state: Path, chain_id: int) -> Path:
    return state / "reports" / str(chain_id)


def _read(path: Path) -> SignedRound:
    with reading(path, absent="it is gone", otherwise="not a round as `alvh oracle sign` notes it, move it away"):
        content = read_json(path)
        if content.pop("format") != FORMAT:
            raise BadFile(path, f"not a signed round of format {FORMAT}: move it away")
        entry = SignedRound(**content)
        if any(type(value) is not int for value in asdict(entry).values()) or str(entry.round) != path.stem:
            raise ValueError("its round is not that of its place, or a value is no whole number")
    return entry


def _shown(volatility_e8: int) -> str:
    return f"{100 * volatility_from_e8(volatility_e8):.2f} %"
