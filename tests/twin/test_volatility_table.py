"""A table as people write it, in decimals, and as the contract follows it, in integers: the same row and one step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from governed import DOWN, GUARDIAN, LIMITS, STEWARD, TIMELOCK, VALUES
from hypothesis import example, given, settings
from hypothesis import strategies as st
from onchain import DAY, HOUR, ON_A_NODE, Refusal, named, running_node
from pools import open_market
from regimes import Regimes, build_regimes
from reporters import FEED, NO_SEQUENCER, PERCENT, RATES, REPORTERS

from bridge.artifacts import error_abi
from bridge.governance.regime_table import load_table

pytestmark = [pytest.mark.chain, pytest.mark.prop]
CONDOR_CAP = 13
SHAPES = st.tuples(st.integers(4_500, 7_000), st.integers(500, 6_000), st.integers(1, 10))


@pytest.fixture(scope="module")
def regimes() -> Iterator[Regimes]:
    """Build parameters, feed, pool, breaker and automation on a node of their own."""
    with running_node() as node:
        addresses = [reporter.address for reporter in REPORTERS]
        parameters = node.deploy("HedgeParameters", TIMELOCK, STEWARD, GUARDIAN, DAY, VALUES, LIMITS)
        oracle = node.deploy("VolatilityOracle", FEED, "ETH", TIMELOCK, addresses, 3, 6 * HOUR, RATES, NO_SEQUENCER)
        node.advance(DAY)
        yield build_regimes(node, parameters, oracle, open_market(node))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the table of an example is written."""
    return tmp_path_factory.mktemp("tables") / "regimes.toml"


def rows_of(start: int, width: int, count: int) -> list[tuple[float, int]]:
    """Return floors, as decimals, and caps of the condors that fall in even steps from the first value to nothing."""
    first = VALUES[CONDOR_CAP]
    floors = [0, *(start + width * row // count for row in range(1, count + 1))]
    return [(floor / 10_000, first - first * row // count) for row, floor in enumerate(floors)]


def write_table(file: Path, rows: list[tuple[float, int]]) -> None:
    """Write a table without hysteresis, with the shortest dwells."""
    head = 'asset = "ETH"\nhysteresis = 0.0\ndwell_up_hours = 1\ndwell_down_hours = 24\n'
    text = "".join(f"[[rows]]\nfloor = {floor}\nvalues = {{ condorNotionalCapBps = {cap} }}\n" for floor, cap in rows)
    file.write_text(head + text, encoding="utf-8")


def row_of(regimes: Regimes) -> int:
    """Return the row that the automation would apply; where nothing is to be applied, the one that holds."""
    data = regimes.automation.encode("preview")
    call = {"to": regimes.automation.address, "data": data}
    answer = regimes.node.web3.provider.make_request("eth_call", [call, "latest"])
    if "error" in answer:
        found = named(bytes.fromhex(answer["error"]["data"][2:]), list(error_abi()))
        assert found == Refusal("NothingToApply", (0,))
        return 0
    return int(answer["result"][2:66], 16)


@settings(ON_A_NODE, max_examples=12)
@given(shape=SHAPES, level=st.integers(50 * PERCENT, 110 * PERCENT))
@example(shape=(5_500, 3_500, 7), level=90 * PERCENT)
@example(shape=(5_500, 3_500, 7), level=55 * PERCENT)
@example(shape=(6_000, 500, 10), level=65 * PERCENT - 1)
@example(shape=(6_000, 500, 10), level=65 * PERCENT)
def test_table__condors_that_shrink_with_volatility__the_row_of_the_file_and_one_step_towards_it(
    regimes: Regimes, file: Path, shape: tuple[int, int, int], level: int
) -> None:
    """A level of 1e-8 and a floor of 1e-4 are quotients, rounded once each: they compare as the integers do."""
    snapshot = regimes.node.request("evm_snapshot")
    rows = rows_of(*shape)
    write_table(file, rows)
    role = regimes.parameters.read("AUTOMATION_ROLE")
    regimes.parameters.send("grantRole", role, regimes.automation.address, sender=TIMELOCK)
    regimes.automation.send("setTable", *load_table(file).arguments(), sender=TIMELOCK)
    regimes.hours(7, level)  # a quarter an hour, then longer than the hour's dwell at the level itself
    assert regimes.oracle.read("latest")[0] == level
    row = max(number for number, (floor, _) in enumerate(rows) if level / 1e8 >= floor)
    assert row_of(regimes) == row
    if row:
        regimes.apply()
    goal = max(rows[row][1], VALUES[CONDOR_CAP] - DOWN[CONDOR_CAP])
    assert regimes.parameters.read("value", CONDOR_CAP) == goal
    regimes.node.request("evm_revert", snapshot)
