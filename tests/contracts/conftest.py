"""One local node for all contract tests; every test starts from the same snapshot of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from governed import GUARDIAN, LIMITS, STEWARD, TIMELOCK, VALUES
from governing import Dao, open_dao
from onchain import DAY, HOUR, Deployed, Node, running_node
from pools import Market, open_market
from regimes import Regimes, build_regimes
from reporters import FEED, NO_SEQUENCER, RATES, REPORTERS


@pytest.fixture(scope="session")
def session_node() -> Iterator[Node]:
    """Run one anvil for the whole session."""
    with running_node() as node:
        yield node


@pytest.fixture(scope="session")
def deployed(session_node: Node) -> dict[str, Deployed]:
    """Deploy parameters and oracle once; the three roles are plain addresses that the node lets send."""
    addresses = [reporter.address for reporter in REPORTERS]
    return {
        "parameters": session_node.deploy("HedgeParameters", TIMELOCK, STEWARD, GUARDIAN, DAY, VALUES, LIMITS),
        "oracle": session_node.deploy(
            "VolatilityOracle", FEED, "ETH 30 days", TIMELOCK, addresses, 3, 6 * HOUR, RATES, NO_SEQUENCER
        ),
    }


@pytest.fixture
def node(session_node: Node, deployed: dict[str, Deployed]) -> Iterator[Node]:
    """Give the test the node, two days after deployment, and take back whatever it does."""
    snapshot = session_node.request("evm_snapshot")
    session_node.advance(2 * DAY)
    yield session_node
    session_node.request("evm_revert", snapshot)


@pytest.fixture
def parameters(node: Node, deployed: dict[str, Deployed]) -> Deployed:
    """Return HedgeParameters, its first cooldown over."""
    return deployed["parameters"]


@pytest.fixture
def oracle(node: Node, deployed: dict[str, Deployed]) -> Deployed:
    """Return a feed of five reporters, quorum three, six hours, without a round."""
    return deployed["oracle"]


@pytest.fixture
def market(node: Node) -> Market:
    """Return a real Uniswap v3 pool at tick 0 with room for one observation, as it was created."""
    return open_market(node)


@pytest.fixture
def realized(node: Node, market: Market) -> Deployed:
    """Return the measurement over twelve intervals of half an hour."""
    return node.deploy("RealizedVolatility", market.pool.address, 1800, 12)


@pytest.fixture
def regimes(node: Node, parameters: Deployed, oracle: Deployed, market: Market) -> Regimes:
    """Return breaker and automation over a traded pool and a feed at 60 %; no table is voted yet."""
    return build_regimes(node, parameters, oracle, market)


@pytest.fixture
def dao(node: Node) -> Dao:
    """Return a DAO: one hour until the vote, one day of vote, two days of timelock, quorum 10 %."""
    return open_dao(node)
