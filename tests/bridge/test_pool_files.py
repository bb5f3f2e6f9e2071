"""Pool files: each one's traps, and that whatever is wrong is counted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bridge.errors import BadFile
from bridge.study import pool_files
from bridge.study.pool_files import (
    Read,
    daily_fee_apr,
    daily_pools,
    read_daily,
    read_matic,
    read_minutes,
    read_swaps,
    read_tick_liquidity,
    read_wbtc_weth,
)
from bridge.study.problems import Problem, Problems

pytestmark = pytest.mark.unit

DAY = 86_400
WETH = {"pair": "WETH/USDT", "fee_bps_e2": 500}


def written(root: Path, name: str, rows: list[dict[str, Any]]) -> Path:
    """Write a pool file; return the root it is found under."""
    (root / "pools").mkdir(exist_ok=True)
    pd.DataFrame(rows).to_parquet(root / "pools" / name)
    return root


def day(number: int, price: float, **other: Any) -> dict[str, Any]:
    """Return a row of the daily file, WETH/USDT unless told otherwise; its token1Price is the price."""
    inverse = 1.0 / price if price else 0.0
    row = {"date": number * DAY, "token0Price": inverse, "token1Price": price, "volumeUSD": 1e6, "tvlUSD": 1e7}
    return row | WETH | other


def minute(number: int, tick: float, **other: Any) -> dict[str, Any]:
    row = {"timestamp": pd.Timestamp(60 * number, unit="s", tz="UTC"), "closeTick": tick}
    return row | {"inAmount0": "5000000", "inAmount1": "0", "currentLiquidity": "2000000000000000000"} | other


def hour(number: int, close: str, growth: tuple[int, int], liquidity: str = "1000000000000") -> dict[str, Any]:
    row = {
        "periodStartUnix": str(3600 * number),
        "liquidity": liquidity,
        "close": close,
        "decimals0": 18,
        "decimals1": 6,
    }
    return row | {f"feeGrowthGlobal{token}X128": str(value) for token, value in enumerate(growth)}


def swap(name: str, at: int, amounts: tuple[float, float], tick: int = 200_000) -> dict[str, Any]:
    return {"id": name, "timestamp": at, "amount0": amounts[0], "amount1": amounts[1], "tick": tick, "liquidity": 2e18}


def test_problems__added__are_counted_and_kept_in_order() -> None:
    problems = Problems()
    problems.add("zero volume", "nothing", at=5)
    problems.add("missing bars", "a gap", count=4)
    problems.add("zero volume", "nothing", at=6)
    assert problems.counts() == {"missing bars": 4, "zero volume": 2}
    assert problems.rows()[:2] == (Problem("zero volume", "nothing", 5), Problem("missing bars", "a gap", None, 4))


def test_read_minutes__made_rows__are_scaled_turned_sorted_and_counted(tmp_path: Path) -> None:
    rows = [minute(3, 200_000.0, inAmount0="0"), minute(0, 200_000.0), minute(1, 199_000.0, inAmount1=str(10**18))]
    rows += [minute(1, 5.0), minute(4, float("nan")), minute(300, 200_000.0)]
    bars, problems = read_minutes(written(tmp_path, pool_files.MINUTES, rows))
    assert bars.times.tolist() == [60, 120, 180, 240, 301 * 60]
    assert bars.price[:2] == pytest.approx(1e12 / 1.0001 ** np.array([200_000, 199_000]), rel=1e-9)
    assert bars.volume is not None
    assert bars.liquidity is not None
    assert bars.volume.tolist()[:3] == [[0.0, 5.0], [1.0, 5.0], [0.0, 0.0]]
    assert bars.price[2] == bars.price[1]
    assert bars.liquidity[0] == 2e6
    counts = {"duplicate rows": 1, "empty rows": 1, "stale bars": 1, "zero volume": 2, "missing bars": 296}
    assert problems.counts() == counts


def test_read_daily__open_and_close_of_the_day_before__are_not_the_price(tmp_path: Path) -> None:
    root = written(tmp_path, pool_files.DAILY, [day(0, 3000.0, close=1 / 2900), day(1, 3100.0, close=1 / 3000)])
    bars, _ = read_daily(root, "WETH/USDT", 500)
    assert (bars.base, bars.quote, bars.fee) == ("WETH", "USDT", 0.0005)
    assert bars.price.tolist() == [3000.0, 3100.0]
    assert bars.times.tolist() == [DAY, 2 * DAY]


def test_read_daily__token0_is_the_stable_coin__price_is_turned(tmp_path: Path) -> None:
    rows = [day(number, 1 / 3000, pair="USDC/WETH") for number in range(2)]
    bars, _ = read_daily(written(tmp_path, pool_files.DAILY, rows), "USDC/WETH", 500)
    assert (bars.base, bars.quote) == ("WETH", "USDC")
    assert bars.price == pytest.approx([3000.0, 3000.0], rel=1e-15)


@pytest.mark.parametrize("pair", ["USDC/USDT", "WBTC/WETH"])
def test_read_daily__both_tokens_alike__token0_is_the_base(tmp_path: Path, pair: str) -> None:
    rows = [day(0, 16.0, pair=pair), day(0, 2000.0)]
    bars, _ = read_daily(written(tmp_path, pool_files.DAILY, rows), pair, 500)
    assert f"{bars.base}/{bars.quote}" == pair
    assert bars.price.tolist() == [16.0]


def test_read_daily__quote_is_weth__volume_is_in_weth(tmp_path: Path) -> None:
    rows = [day(0, 16.0, pair="WBTC/WETH"), day(1, 16.0, pair="WBTC/WETH"), day(1, 2000.0)]
    bars, problems = read_daily(written(tmp_path, pool_files.DAILY, rows), "WBTC/WETH", 500)
    assert bars.volume is not None
    worth = bars.volume[:, 0] * bars.price + bars.volume[:, 1]
    assert np.isnan(worth[0])
    assert worth[1] == pytest.approx(500.0)
    assert problems.counts() == {"unknown volume": 1}


def test_read_daily__rows_that_cannot_be__are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [day(0, 0.0), day(1, 3000.0), day(2, 3000.0, token0Price=0.1), day(3, 3000.0), day(3, 3000.0)]
    rows += [day(4, 3000.0, volumeUSD=0.0)]
    bars, problems = read_daily(written(tmp_path, pool_files.DAILY, rows), "WETH/USDT", 500)
    assert bars.times.tolist() == [2 * DAY, 4 * DAY, 5 * DAY]
    counts = {"duplicate rows": 1, "empty rows": 1, "impossible prices": 1, "missing bars": 1, "zero volume": 1}
    assert problems.counts() == counts


def test_read_daily__unknown_pool__says_which_there_are(tmp_path: Path) -> None:
    root = written(tmp_path, pool_files.DAILY, [day(0, 3000.0)])
    with pytest.raises(BadFile, match="it has WETH/USDT 500"):
        read_daily(root, "WETH/USDT", 3000)


def test_daily_fee_apr__two_days__is_fees_over_capital_a_year(tmp_path: Path) -> None:
    root = written(tmp_path, pool_files.DAILY, [day(0, 3000.0), day(1, 3000.0, tvlUSD=3e7), day(2, 3000.0)])
    assert daily_fee_apr(root, "WETH/USDT", 500, 0, 2 * DAY) == pytest.approx(2 * 500.0 / 2e7 * 365 / 2)
    with pytest.raises(BadFile, match="has capital"):
        daily_fee_apr(root, "WETH/USDT", 500, 10 * DAY, 20 * DAY)


def test_read_swaps__made_tape__is_grouped_by_hour(tmp_path: Path) -> None:
    rows = [swap("a", 10, (100.0, -1.0)), swap("b", 20, (-50.0, 2.0), tick=200_100), swap("b", 20, (-50.0, 2.0))]
    rows += [swap("c", 7_300, (-1.0, 3.0)), swap("d", 7_400, (1.0, 0.0), tick=199_900)]
    bars, problems = read_swaps(written(tmp_path, pool_files.SWAPS, rows))
    assert bars.times.tolist() == [3600, 7200, 10800]
    assert bars.volume is not None
    assert bars.volume.tolist() == [[2.0, 100.0], [0.0, 0.0], [3.0, 0.0]]
    assert bars.price == pytest.approx(1e12 / 1.0001 ** np.array([200_100, 200_100, 199_900]), rel=1e-9)
    assert problems.counts() == {"duplicate rows": 1, "odd swaps": 1, "stale bars": 1, "zero volume": 1}


def test_read_matic__made_hours__price_is_turned_and_growth_is_in_human_units(tmp_path: Path) -> None:
    unit = 2**128
    # Near 2**256 the contract's counter wraps around.
    rows = [hour(0, "0.5", (2**256 - unit, 0)), hour(1, "0.4", (5 * unit, unit)), hour(4, "0.4", (5 * unit, unit))]
    bars, problems = read_matic(written(tmp_path, pool_files.MATIC, rows))
    assert bars.price.tolist() == [2.0, 2.5, 2.5]
    assert bars.growth is not None
    assert bars.growth[1] == pytest.approx([6 * 1e-6, 1e6], rel=1e-12)
    assert bars.liquidity is not None
    assert bars.liquidity[0] == 1.0
    assert problems.counts() == {"missing bars": 2, "zero volume": 1}
    # One raw unit of growth pays a liquidity of 1e12 raw 1e12 raw units: 1e-6 of token0 and 1e6 of token1.
    assert bars.fees(1.0, 0.0, np.inf, 3600, 2 * 3600, joins=False) == pytest.approx((6e-6, 1e6), rel=1e-12)


def test_tick_liquidity__made_ticks__is_summed_from_below(tmp_path: Path) -> None:
    nets = [(100, 5e12), (200, 3e12), (300, -8e12), (400, 0.0)]
    rows = [{"tickIdx": tick, "liquidityNet": net, "liquidityGross": abs(net)} for tick, net in nets]
    found, problems = read_tick_liquidity(written(tmp_path, pool_files.TICKS, rows))
    assert found.edges == pytest.approx(1e12 / 1.0001 ** np.array([300, 200, 100]), rel=1e-9)
    assert found.liquidity == pytest.approx([8.0, 5.0])
    assert problems.counts() == {"empty rows": 1}


@pytest.mark.parametrize("read", [read_minutes, read_swaps, read_matic, read_wbtc_weth, read_tick_liquidity])
def test_readers__file_absent__is_named(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    with pytest.raises(BadFile, match="no such file"):
        read(tmp_path)


def test_readers__column_absent__is_named(tmp_path: Path) -> None:
    root = written(tmp_path, pool_files.MATIC, [{"close": "1"}])
    with pytest.raises(BadFile, match="no column periodStartUnix"):
        read_matic(root)


# What the recorded files hold, counted by hand with pandas alone.
RECORDED = {
    read_minutes: (12_960, {"missing bars": 980_640, "stale bars": 2, "zero volume": 2_756}),
    read_swaps: (642, {"odd swaps": 1, "stale bars": 13, "zero volume": 13}),
    read_matic: (6_476, {"missing bars": 4}),
    read_wbtc_weth: (981, {}),
}


@pytest.mark.parametrize("read", RECORDED)
def test_readers__recorded_file__has_these_bars_and_problems(recorded: Path, read: Callable[[Path], Read]) -> None:
    bars, problems = read(recorded)
    assert (bars.times.size, problems.counts()) == RECORDED[read]


def test_read_daily__every_recorded_pool__has_the_days_it_should(recorded: Path) -> None:
    pools = daily_pools(recorded)
    assert len(pools) == 8
    found = {pool: read_daily(recorded, *pool) for pool in pools}
    assert sum(bars.times.size for bars, _ in found.values()) == 12_145 - 2
    empty = {pool for pool, (_, problems) in found.items() if "empty rows" in problems.counts()}
    assert empty == {("AAVE/WETH", 3000), ("WBTC/WETH", 500)}


def test_read_minutes__recorded_crash__falls_twelve_percent_in_a_day(recorded: Path) -> None:
    bars, _ = read_minutes(recorded)
    start = int(pd.Timestamp("2023-08-17", tz="UTC").timestamp())
    of_day = bars.between(start, start + DAY)
    assert of_day.times.size == 1_440
    assert of_day.price.min() / of_day.price[0] - 1.0 == pytest.approx(-0.12, abs=0.03)


def test_read_wbtc_weth__recorded__growth_and_volume_say_nearly_the_same(recorded: Path) -> None:
    bars, _ = read_wbtc_weth(recorded)
    start, end = int(bars.times[0]), int(bars.times[-1])
    grown = bars.fees(1.0, 0.0, np.inf, start, end)
    paid = dataclasses.replace(bars, growth=None).fees(1.0, 0.0, np.inf, start, end)
    # Volume knows one liquidity a day and takes half of it as paid in: it has been seen to be off by a third.
    assert np.abs(np.array(paid) / np.array(grown) - 1.0).max() < 1 / 3


def test_read_tick_liquidity__recorded__is_the_pools_own_at_its_tick(recorded: Path) -> None:
    found, _ = read_tick_liquidity(recorded)
    at = np.searchsorted(found.edges, 1e12 / 1.0001**196_429.5) - 1
    assert found.liquidity[at] == pytest.approx(11_263_751_935_226_816_506 / 1e12, rel=1e-12)
