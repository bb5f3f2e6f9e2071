"""Exact integers: every row that Uniswap's own SDK computed, and facts small enough to write down."""

import csv
import json
from collections.abc import Iterator
from math import isqrt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedge.amm import ticks
from hedge.errors import BadInput, PoolRevert

pytestmark = pytest.mark.unit

Row = dict[str, str]


def rows(path: Path) -> Iterator[Row]:
    with path.open(newline="") as file:
        yield from csv.DictReader(file)


def integers(row: Row, *names: str) -> list[int]:
    return [int(row[name]) for name in names]


def test_sqrt_price_at_tick__sdk_rows__exact(vectors: Path) -> None:
    for row in rows(vectors / "uniswap_v3" / "tick_to_sqrt_ratio.csv"):
        assert ticks.sqrt_price_at_tick(int(row["tick"])) == int(row["sqrt_ratio_x96"])


def test_tick_at_sqrt_price__sdk_rows_beside_each_boundary__exact(vectors: Path) -> None:
    for row in rows(vectors / "uniswap_v3" / "sqrt_ratio_to_tick.csv"):
        assert ticks.tick_at_sqrt_price(int(row["sqrt_ratio_x96"])) == int(row["tick"])


def test_tick_prices__contract_snapshot__exact(vectors: Path) -> None:
    snapshot = json.loads((vectors / "uniswap_v3" / "v3_core_tickmath_snapshot.json").read_text())
    for tick, sqrt_price in snapshot["getSqrtRatioAtTick"].items():
        assert ticks.sqrt_price_at_tick(int(tick)) == int(sqrt_price)
    for sqrt_price, tick in snapshot["getTickAtSqrtRatio"]:
        assert ticks.tick_at_sqrt_price(int(sqrt_price)) == tick


def sqrt_price_math(row: Row) -> int:
    flag, liquidity, sqrt_a = row["round_up_or_zeroForOne"] == "true", int(row["liquidity"]), int(row["sqrtA"])
    match row["fn"]:
        case "getAmount0Delta":
            return ticks.amount0_delta(sqrt_a, int(row["sqrtB"]), liquidity, round_up=flag)
        case "getAmount1Delta":
            return ticks.amount1_delta(sqrt_a, int(row["sqrtB"]), liquidity, round_up=flag)
        case "getNextSqrtPriceFromInput":
            return ticks.next_sqrt_price_from_input(sqrt_a, liquidity, int(row["amount"]), zero_for_one=flag)
        case "getNextSqrtPriceFromOutput":
            return ticks.next_sqrt_price_from_output(sqrt_a, liquidity, int(row["amount"]), zero_for_one=flag)
    raise AssertionError(f"unknown function {row['fn']}")


def test_sqrt_price_math__sdk_rows__exact_and_reverts_raise(vectors: Path) -> None:
    for row in rows(vectors / "uniswap_v3" / "sqrt_price_math.csv"):
        if row["result"] == "REVERT":
            with pytest.raises(PoolRevert):
                sqrt_price_math(row)
        elif row["fn"].startswith("getNext") and int(row["result"]) >= 1 << 160:
            # The SDK returns a price wider than the contract's type; the contract's toUint160 reverts on it.
            with pytest.raises(PoolRevert) as caught:
                sqrt_price_math(row)
            assert caught.value.values == {"value": int(row["result"])}, row
        else:
            assert sqrt_price_math(row) == int(row["result"]), row


def test_swap_step__sdk_rows__exact(vectors: Path) -> None:
    inputs = ("sqrt_current", "sqrt_target", "liquidity", "amount_remaining", "fee_pips")
    outputs = ("sqrt_next", "amount_in", "amount_out", "fee_amount")
    for row in rows(vectors / "uniswap_v3" / "swap_math_step.csv"):
        assert list(ticks.swap_step(*integers(row, *inputs))) == integers(row, *outputs), row


def test_liquidity_for_amounts__sdk_rows__exact_in_both_roundings(vectors: Path) -> None:
    inputs = ("sqrt_current", "sqrt_lower", "sqrt_upper", "amount0", "amount1")
    for row in rows(vectors / "uniswap_v3" / "liquidity_for_amounts.csv"):
        arguments = integers(row, *inputs)
        assert ticks.liquidity_for_amounts(*arguments) == int(row["liquidity_periphery"]), row
        assert ticks.liquidity_for_amounts(*arguments, precise=True) == int(row["liquidity_precise"]), row


def test_liquidity_for_amounts__periphery_contract_tests__exact_and_edges_in_either_order(vectors: Path) -> None:
    spec = json.loads((vectors / "uniswap_v3" / "v3_periphery_liquidity_amounts.json").read_text())

    def sqrt_price(reserves: list[int]) -> int:
        return isqrt(reserves[0] * (1 << 192) // reserves[1])

    lower, upper, amounts = sqrt_price(spec["lower"]), sqrt_price(spec["upper"]), (spec["amount0"], spec["amount1"])
    assert [case["price"] for case in spec["cases"]] == [[1, 1], [99, 100], [111, 100]]  # inside, below, above
    for case in spec["cases"]:
        price = sqrt_price(case["price"])
        assert ticks.liquidity_for_amounts(price, lower, upper, *amounts) == case["liquidity"], case
        assert ticks.liquidity_for_amounts(price, upper, lower, *amounts) == case["liquidity"], case


def test_position_amounts__sdk_rows__exact_for_burn_and_mint(vectors: Path) -> None:
    for row in rows(vectors / "uniswap_v3" / "position_amounts_usdc_weth.csv"):
        arguments = integers(row, "sqrt_ratio_x96", "tick_lower", "tick_upper", "liquidity")
        assert list(ticks.position_amounts(*arguments)) == integers(row, "amount0_raw", "amount1_raw"), row
        minted = ticks.position_amounts(*arguments, round_up=True)
        assert list(minted) == integers(row, "mint_amount0_raw", "mint_amount1_raw"), row


def test_fee_growth_inside__sdk_rows__exact_modulo_2_256(vectors: Path) -> None:
    for row in rows(vectors / "uniswap_v3" / "fee_growth_inside.csv"):
        lower = integers(row, "fee_growth_outside0_lower", "fee_growth_outside1_lower")
        upper = integers(row, "fee_growth_outside0_upper", "fee_growth_outside1_upper")
        total = integers(row, "fee_growth_global0", "fee_growth_global1")
        where = integers(row, "tick_lower", "tick_upper", "tick_current")
        inside = ticks.fee_growth_inside((lower[0], lower[1]), (upper[0], upper[1]), *where, (total[0], total[1]))
        assert list(inside) == integers(row, "inside0", "inside1"), row


def test_tokens_owed__sdk_rows__exact(vectors: Path) -> None:
    for row in rows(vectors / "uniswap_v3" / "tokens_owed.csv"):
        last0, last1, liquidity, now0, now1 = integers(
            row, "inside0_last", "inside1_last", "liquidity", "inside0_now", "inside1_now"
        )
        owed = ticks.tokens_owed((last0, last1), (now0, now1), liquidity)
        assert list(owed) == integers(row, "owed0", "owed1"), row


@pytest.mark.parametrize(
    ("tick", "sqrt_price_x96"),
    # Source: snapshots of Uniswap/v3-core, test/TickMath.spec.ts, and its constants.
    [
        (-887_272, 4_295_128_739),
        (-500_000, 1_101_692_437_043_807_371),
        (-50, 79_030_349_367_926_598_376_800_521_322),
        (0, 1 << 96),
        (50, 79_426_470_787_362_580_746_886_972_461),
        (887_272, 1_461_446_703_485_210_103_287_273_052_203_988_822_378_723_970_342),
    ],
)
def test_sqrt_price_at_tick__published_values__exact(tick: int, sqrt_price_x96: int) -> None:
    assert ticks.sqrt_price_at_tick(tick) == sqrt_price_x96


@pytest.mark.parametrize(("reserve1", "reserve0", "liquidity"), [(1, 1, 2148), (99, 100, 1938), (111, 100, 2097)])
def test_liquidity_for_amounts__periphery_example__published(reserve1: int, reserve0: int, liquidity: int) -> None:
    # Source: Uniswap/v3-periphery, test/LiquidityAmounts.spec.ts: 100 and 200 tokens on the range [100/110, 110/100].
    def encode(amount1: int, amount0: int) -> int:
        return isqrt((amount1 << 192) // amount0)

    found = ticks.liquidity_for_amounts(encode(reserve1, reserve0), encode(100, 110), encode(110, 100), 100, 200)
    assert found == liquidity


def test_fee_growth_inside__counter_wrapped__difference_survives() -> None:
    near_wrap = (1 << 256) - 5
    inside = ticks.fee_growth_inside((near_wrap, 0), (0, 0), -10, 10, 0, (3, 7))
    assert inside == (8, 7)


def test_tokens_owed__counter_wrapped__counts_forward() -> None:
    assert ticks.tokens_owed(((1 << 256) - (1 << 128), 0), (0, 1 << 129), 3) == (3, 6)


@pytest.mark.parametrize("tick", [-887_273, 887_273])
def test_sqrt_price_at_tick__beyond_last_tick__reverts(tick: int) -> None:
    with pytest.raises(PoolRevert) as caught:
        ticks.sqrt_price_at_tick(tick)
    assert caught.value.values == {"tick": tick}


@pytest.mark.parametrize("sqrt_price_x96", [0, ticks.MIN_SQRT_PRICE_X96 - 1, ticks.MAX_SQRT_PRICE_X96])
def test_tick_at_sqrt_price__outside_domain__reverts(sqrt_price_x96: int) -> None:
    with pytest.raises(PoolRevert):
        ticks.tick_at_sqrt_price(sqrt_price_x96)


def test_amount0_delta__price_zero__reverts() -> None:
    with pytest.raises(PoolRevert):
        ticks.amount0_delta(0, 1 << 96, 1, round_up=False)


def test_position_amounts__ticks_swapped__reverts() -> None:
    with pytest.raises(PoolRevert):
        ticks.position_amounts(1 << 96, 10, -10, 1)


def test_liquidity_for_amounts__equal_edges__reverts() -> None:
    with pytest.raises(PoolRevert):
        ticks.liquidity_for_amounts(1 << 96, 1 << 96, 1 << 96, 1, 1)


@pytest.mark.parametrize("liquidity", [-1, 1 << 128, 1.0])
def test_amount1_delta__not_a_uint128__bad_input(liquidity: int) -> None:
    with pytest.raises(BadInput):
        ticks.amount1_delta(1 << 96, 2 << 96, liquidity, round_up=True)


def test_swap_step__fee_of_everything__bad_input() -> None:
    with pytest.raises(BadInput):
        ticks.swap_step(1 << 96, 2 << 96, 1, 1, 1_000_000)


all_ticks = st.integers(ticks.MIN_TICK, ticks.MAX_TICK - 1)
liquidities = st.integers(1, (1 << 128) - 1)


@pytest.mark.prop
@given(all_ticks)
def test_tick_at_sqrt_price__inverse__exact_at_and_below_boundary(tick: int) -> None:
    sqrt_price = ticks.sqrt_price_at_tick(tick)
    assert ticks.tick_at_sqrt_price(sqrt_price) == tick
    if tick > ticks.MIN_TICK:
        assert ticks.tick_at_sqrt_price(sqrt_price - 1) == tick - 1


@pytest.mark.prop
@given(all_ticks, st.integers(-887_272, 887_271), liquidities)
def test_amounts__round_up_against_down__differ_by_one_at_most(tick_a: int, tick_b: int, liquidity: int) -> None:
    a, b = ticks.sqrt_price_at_tick(tick_a), ticks.sqrt_price_at_tick(tick_b)
    for delta in (ticks.amount0_delta, ticks.amount1_delta):
        assert 0 <= delta(a, b, liquidity, round_up=True) - delta(a, b, liquidity, round_up=False) <= 1


@pytest.mark.prop
@given(all_ticks, all_ticks, st.integers(10**6, 10**30), st.integers(-(10**30), 10**30), st.integers(0, 999_999))
def test_swap_step__any_pool__never_passes_target_nor_overspends(
    current: int, target: int, liquidity: int, remaining: int, fee_pips: int
) -> None:
    now, goal = ticks.sqrt_price_at_tick(current), ticks.sqrt_price_at_tick(target)
    step = ticks.swap_step(now, goal, liquidity, remaining, fee_pips)
    assert min(now, goal) <= step.sqrt_next_x96 <= max(now, goal)
    if remaining >= 0:
        assert step.amount_in + step.fee_amount <= remaining
    else:
        assert step.amount_out <= -remaining
