"""The price path of a local chain: simulated and the same every time, or a file that is checked."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bridge.errors import BadFile
from bridge.local.price_path import CRASH_STEP, STEPS, read_price_path, simulated_path

pytestmark = pytest.mark.unit
TIMES = ["2026-01-01T00:00:00Z", "2026-01-01T08:00:00Z", "2026-01-02T00:00:00Z"]


def table(**columns: Any) -> pd.DataFrame:
    rows = {"timestamp": TIMES, "ETH": [3000.0, 3100.0, 2900.0], "BTC": [90_000.0, 91_000.0, 88_000.0]}
    return pd.DataFrame(rows | columns)


def written(path: Path, frame: pd.DataFrame) -> Path:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)
    return path


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return tmp_path / "prices.csv"


def test_simulated_path__twice__is_the_same_to_the_last_bit() -> None:
    first, second = simulated_path(), simulated_path()
    assert np.array_equal(first.seconds, second.seconds)
    assert all(np.array_equal(first.prices[asset], second.prices[asset]) for asset in ("ETH", "BTC"))
    assert "simulated" in first.source
    assert "no real prices" in first.source


def test_simulated_path__other_seed__is_another_path() -> None:
    assert not np.array_equal(simulated_path(seed=1).prices["ETH"], simulated_path(seed=2).prices["ETH"])


def test_simulated_path__default__falls_by_a_quarter_within_three_steps() -> None:
    eth = simulated_path().prices["ETH"]
    assert len(eth) == STEPS + 1
    assert eth[CRASH_STEP + 3] / eth[CRASH_STEP] - 1 <= -0.25


@pytest.mark.parametrize("steps", [1, CRASH_STEP, CRASH_STEP + 1, CRASH_STEP + 2, STEPS])
def test_simulated_path__any_length__starts_where_it_should_and_is_positive(steps: int) -> None:
    path = simulated_path(steps)
    assert len(path.seconds) == steps + 1
    assert (path.seconds[0], path.prices["ETH"][0], path.prices["BTC"][0]) == (0, 3000.0, 90_000.0)
    assert all((prices > 0).all() for prices in path.prices.values())


@pytest.mark.parametrize(
    "times", [TIMES, [stamp.removesuffix("Z") for stamp in TIMES], [1_767_225_600, 1_767_254_400, 1_767_312_000]]
)
@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet"])
def test_read_price_path__iso_or_unix_times__start_at_zero(tmp_path: Path, suffix: str, times: list[Any]) -> None:
    path = read_price_path(written(tmp_path / f"prices.{suffix}", table(timestamp=times)))
    assert path.seconds.tolist() == [0, 28_800, 86_400]
    assert path.prices["BTC"].tolist() == [90_000.0, 91_000.0, 88_000.0]
    days = "2026-01-01 00:00:00Z to 2026-01-02 00:00:00Z, played at the local chain's own time"
    assert path.source == f"prices.{suffix}: 3 rows, {days}"
    assert path.left_out == 0


def test_read_price_path__more_rows_than_wanted__takes_the_last(csv: Path) -> None:
    path = read_price_path(written(csv, table()), most=2)
    assert path.seconds.tolist() == [0, 57_600]
    assert path.prices["ETH"].tolist() == [3100.0, 2900.0]
    assert path.left_out == 1
    assert path.source.startswith("prices.csv: the last 2 of 3 rows, 1 older ones are not played, 2026-01-01 08:00:00Z")


def test_read_price_path__more_rows_than_are_played__says_how_many_are_left_out(csv: Path) -> None:
    rows = pd.DataFrame({"timestamp": 1_767_225_600 + 3600 * np.arange(1000), "ETH": 3000.0, "BTC": 90_000.0})
    path = read_price_path(written(csv, rows))
    assert (len(path.seconds), path.left_out) == (400, 600)
    assert "the last 400 of 1000 rows, 600 older ones are not played" in path.source


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"timestamp": [TIMES[0], TIMES[2], TIMES[1]]}, "timestamps do not increase at row 3"),
        ({"timestamp": [TIMES[0], TIMES[0], TIMES[2]]}, "timestamps do not increase at row 2"),
        ({"timestamp": [TIMES[0], None, TIMES[2]]}, "timestamp is empty"),
        ({"timestamp": [1_767_225_600, math.nan, 1_767_312_000]}, "timestamp is empty"),
        ({"timestamp": [TIMES[0], "soon", TIMES[2]]}, "not numbers or times"),
        ({"ETH": [3000.0, math.nan, 2900.0]}, "ETH has no positive price at row 2"),
        ({"ETH": [3000.0, math.inf, 2900.0]}, "ETH has no positive price at row 2"),
        ({"BTC": [90_000.0, 91_000.0, -1.0]}, "BTC has no positive price at row 3"),
        ({"BTC": [0.0, 91_000.0, 1.0]}, "BTC has no positive price at row 1"),
        ({"ETH": ["3000", "n/k", "2900"]}, "not numbers or times"),
        ({"ETH": [3000.0, 3.1, 2900.0]}, "ETH goes from 3000 to 3.1 at row 2: in another unit?"),
        ({"BTC": [90_000.0, 91_000.0, 8_800_000.0]}, "BTC goes from 91000 to 8.8e+06 at row 3: in another unit?"),
        ({"timestamp": [46_023, 46_024, 46_025]}, "timestamp 46023 in row 1 looks like an Excel serial of 2026-01-01"),
    ],
)
def test_read_price_path__unusable_row__is_named(csv: Path, columns: dict[str, Any], words: str) -> None:
    with pytest.raises(BadFile) as caught:
        read_price_path(written(csv, table(**columns)))
    assert words in str(caught.value)
    assert str(csv) in str(caught.value)


def test_read_price_path__columns_missing__names_them(csv: Path) -> None:
    with pytest.raises(BadFile, match="no column BTC, timestamp"):
        read_price_path(written(csv, table().drop(columns=["timestamp", "BTC"])))


@pytest.mark.parametrize("rows", [0, 1])
def test_read_price_path__too_short__says_how_many_rows(csv: Path, rows: int) -> None:
    with pytest.raises(BadFile, match=f"{rows} rows: a path needs two or more"):
        read_price_path(written(csv, table().iloc[:rows]))


@pytest.mark.parametrize(("name", "content"), [("a.csv", b""), ("a.csv.gz", b"\x1f\x8b\x08\x00"), ("a.parquet", b"no")])
def test_read_price_path__no_table__cannot_be_read(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadFile, match="cannot be read as a table"):
        read_price_path(path)


def test_read_price_path__absent__is_a_bad_file(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no such file"):
        read_price_path(tmp_path / "none.csv")
