"""Columns of times: every way of writing one second is that second, and whatever is no time is named and refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import BadFile, UsageError
from bridge.ledger.hand import asked_time
from bridge.local.price_path import read_price_path
from bridge.plans.stated_book import read_time
from bridge.sources.histories.files import read_folder
from bridge.sources.quotes.files import read_chain_file, read_snapshots
from bridge.times import EARLIEST, OLDER, SCALES, WRITTEN, read_seconds, tomorrow, years_ahead

pytestmark = pytest.mark.unit
SEEN = 1_772_452_800  # 2026-03-02 12:00 UTC
DAY = 86_400
NOON = st.integers(EARLIEST // DAY + 1, tomorrow() // DAY - 2)
TIMES = st.lists(st.integers(EARLIEST, tomorrow() - 60), min_size=1, max_size=5)


def column(values: Any, kind: str | None = None) -> pd.Series:
    return pd.Series(values, name="observed_at", dtype=kind)


def outcome(value: object) -> str | None:
    """Return what is said of a value that is refused; None where it is a time within the bounds."""
    try:
        (seconds,) = read_seconds(column([value], "object" if isinstance(value, str) else None))
    except ValueError as error:
        return str(error)
    assert EARLIEST <= seconds <= tomorrow()
    return None


@given(times=TIMES, unit=st.sampled_from(list(SCALES)), kind=st.sampled_from(["int64", "float64", "str", "Int64"]))
def test_read_seconds__any_unit_and_type__is_the_same_second(times: list[int], unit: str, kind: str) -> None:
    assert read_seconds(column([time * SCALES[unit] for time in times], kind)).tolist() == times


@given(times=TIMES, form=st.sampled_from(["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S"]))
def test_read_seconds__written_out__is_the_same_second(times: list[int], form: str) -> None:
    texts = [datetime.fromtimestamp(time, UTC).strftime(form) for time in times]
    assert read_seconds(column(texts)).tolist() == times


@given(days=st.lists(NOON, min_size=1, max_size=5), form=st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%Y%m%d%H%M"]))
def test_read_seconds__days__are_their_midnight(days: list[int], form: str) -> None:
    texts = [datetime.fromtimestamp(day * DAY, UTC).strftime(form) for day in days]
    assert read_seconds(column(texts)).tolist() == [day * DAY for day in days]
    if "-" not in form:
        assert read_seconds(column([int(text) for text in texts])).tolist() == [day * DAY for day in days]


@given(value=st.one_of(st.floats(allow_nan=False), st.integers(-(2**62), 2**62)))
def test_read_seconds__any_number__is_a_time_of_its_bounds_or_refused_with_its_row(value: float) -> None:
    said = outcome(value)
    assert said is None or (said.startswith("observed_at ") and "in row 1" in said and "\n" not in said)


@given(text=st.text(max_size=30))
def test_read_seconds__any_text__is_a_time_of_its_bounds_or_refused(text: str) -> None:
    said = outcome(text)
    assert said is None or "in row 1" in said


@given(
    time=st.integers(EARLIEST, tomorrow() - 60),
    units=st.lists(st.sampled_from([*SCALES, *WRITTEN]), min_size=2, max_size=2, unique=True),
    place=st.integers(0, 3),
)
def test_read_seconds__one_row_of_another_unit__is_named(time: int, units: list[str], place: int) -> None:
    def number(unit: str) -> int:
        if unit in SCALES:
            return time * SCALES[unit]
        return int(datetime.fromtimestamp(time, UTC).strftime(WRITTEN[unit]))

    values = [number(units[0])] * 3
    values.insert(place, number(units[1]))
    with pytest.raises(ValueError, match=f"in row {place + 1} looks like {units[1]}, and the column is in {units[0]}"):
        read_seconds(column(values))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([46_083], "observed_at 46083 in row 1 looks like an Excel serial of 2026-03-02"),
        ([46_083.5, 46_084.5], "observed_at 46083.5 in row 1 looks like an Excel serial of 2026-03-02"),
        (["46083"], "looks like an Excel serial"),
        ([20_514], "looks like days since 1970"),
        ([2026], "looks like a year alone"),
        ([20_261_302], "is no time: as unix seconds it would be 1970-08-23"),
        ([260_302], "is no time: as unix seconds it would be 1970-01-04"),
        ([0], "is no time: as unix seconds it would be 1970-01-01"),
        ([-SEEN], "is no time in any unit"),
        ([float("inf")], "is no time in any unit"),
        ([SEEN, None], "observed_at is empty in row 2"),
        ([True], "observed_at True in row 1 is no time"),
        (
            ["2026-03-02", "20260303", "2026-03-04"],
            "observed_at 20260303 in row 2 is a number, and the others are dates",
        ),
        ([str(SEEN), "2026-03-02", str(SEEN)], "observed_at 2026-03-02 in row 2 is no number, as the others are"),
        (["2026-03-02", "02.03.2026"], "observed_at 02.03.2026 in row 2 is no time: write 2026-03-02T12:00Z"),
        (["3/2/2026"], "observed_at 3/2/2026 in row 1 is no time"),
        (["now"], "observed_at now in row 1 is no time"),
        (["today"], "observed_at today in row 1 is no time"),
        (["2026-03"], "observed_at 2026-03 in row 1 is no time"),
        (["2026-02-30"], "observed_at 2026-02-30 in row 1 is no time"),
        (["1970-01-01"], "is 1970-01-01 00:00:00Z, before 2009-01-01"),
        (["2008-12-31T23:59:59Z"], "before 2009-01-01"),
        (["2090-01-01"], "is 2090-01-01 00:00:00Z, after "),
        (["9999-01-01"], "observed_at 9999-01-01 in row 1"),
        (["x" * 500], "observed_at xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... in row 1 is no time"),
    ],
)
def test_read_seconds__no_time__says_row_value_and_likely_cause(values: list[Any], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        read_seconds(column(values))


def test_read_seconds__tomorrow_and_the_day_after__is_the_bound() -> None:
    assert read_seconds(column([tomorrow() - 60])).tolist() == [tomorrow() - 60]
    with pytest.raises(ValueError, match=r"in row 1 is .* after "):
        read_seconds(column([tomorrow() + 60]))
    assert read_seconds(column([tomorrow() + 60]), years_ahead()).size == 1
    assert read_seconds(column([tomorrow() + 9 * DAY]), tomorrow(tomorrow() + 9 * DAY)).size == 1


def test_read_seconds__files_of_the_economy__may_begin_before_coins() -> None:
    assert read_seconds(column(["1990-01-02", "2026-01-02"]), earliest=OLDER)[0] == 631_238_400
    assert read_seconds(column([631_238_400, SEEN]), earliest=OLDER)[0] == 631_238_400
    with pytest.raises(ValueError, match=r"1970-01-02 in row 1 .* before 1972"):
        read_seconds(column(["1970-01-02", "2026-01-02"]), earliest=OLDER)


@pytest.mark.parametrize("text", ["20260302120000", "1772452800000", "2026-03-02T13:00+01:00", "202603021200"])
def test_read_time__any_unit__is_the_same_second(text: str) -> None:
    assert read_time(text) == SEEN
    assert asked_time(text) == SEEN * 1000


@pytest.mark.parametrize("text", ["46083", "2026", "yesterday", "", "nan", "02.03.2026"])
def test_asked_time__no_time__is_refused_and_says_how_to_write_one(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--at: .*(write 2026-03-27 08:00:00|milliseconds)"):
        asked_time(text)


ROW = "ETH,{seen},3000,{expiry},3000,{kind},180,190\n"
HEAD = "underlying,observed_at,spot,expiry_at,strike,type,bid,ask\n"


def chain_text(seen: str, expiry: str) -> str:
    return HEAD + "".join(ROW.format(seen=seen, expiry=expiry, kind=kind) for kind in "CP")


@pytest.mark.parametrize(
    ("seen", "expiry"),
    [
        ("20260302", "20260327"),
        ("2026-03-02", "20260327080000"),
        ("1772409600", "1774598400000"),
        ("1772409600000", "2026-03-27T08:00Z"),
    ],
)
def test_chain_file__each_column_in_its_own_unit__is_read_right(tmp_path: Path, seen: str, expiry: str) -> None:
    path = tmp_path / "chain.csv"
    path.write_text(chain_text(seen, expiry), encoding="utf-8")
    chain = read_chain_file(path)["ETH"]
    assert chain.observed_at == 1_772_409_600
    assert chain.rows[0].expiry_at in (1_774_598_400, 1_774_569_600)


@pytest.mark.parametrize(
    ("seen", "expiry", "words"),
    [
        ("46083", "46108", "observed_at 46083 in row 1 looks like an Excel serial of 2026-03-02"),
        ("20260302", "46108", "expiry_at 46108 in row 1 looks like an Excel serial of 2026-03-27"),
        ("2026-03-02", "2096-03-27", "expiry_at 2096-03-27 in row 1 is 2096-03-27 00:00:00Z, after"),
        ("2031-03-02", "2031-03-27", "observed_at 2031-03-02 in row 1 is 2031-03-02 00:00:00Z, after"),
    ],
)
def test_chain_file__no_times__are_refused_by_row(tmp_path: Path, seen: str, expiry: str, words: str) -> None:
    path = tmp_path / "chain.csv"
    path.write_text(chain_text(seen, expiry), encoding="utf-8")
    with pytest.raises(BadFile) as caught:
        read_chain_file(path)
    assert words in str(caught.value)


def test_chain_file__rows_stamped_seconds_apart__are_one_snapshot(tmp_path: Path) -> None:
    path = tmp_path / "chain.csv"
    early, late, again = (
        chain_text(seen, "20260327")[len(HEAD) :] for seen in ("1772452740", "1772452760", "1772452799")
    )
    rows = [early.splitlines()[0], late.splitlines()[1], again.splitlines()[0].replace("180,190", "181,189")]
    old = chain_text("1772452000", "20260327")[len(HEAD) :].splitlines()
    path.write_text(HEAD + "\n".join((*old, *rows)) + "\n", encoding="utf-8")
    chain = read_chain_file(path)["ETH"]
    assert (len(chain.rows), chain.observed_at) == (2, 1_772_452_799)
    assert [row.bid for row in chain.rows] == [180.0, 181.0]
    assert [shot.observed_at for shot in read_snapshots(path, "ETH")] == [1_772_452_000, 1_772_452_799]


def test_history__dates_as_numbers__are_read_as_dates(tmp_path: Path) -> None:
    (tmp_path / "dollar.csv").write_text("known_at,close\n20260105,108.1\n20260106,108.4\n", encoding="utf-8")
    table = read_folder(tmp_path, SEEN).tables["dollar"]
    assert table.index.tolist() == [1_767_571_200, 1_767_657_600]


def test_price_path__dates_as_numbers__are_days_apart(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(
        "timestamp,ETH,BTC\n20260130,3000,90000\n20260131,3100,91000\n20260201,2900,89000\n", encoding="utf-8"
    )
    assert read_price_path(path).seconds.tolist() == [0, DAY, 2 * DAY]
