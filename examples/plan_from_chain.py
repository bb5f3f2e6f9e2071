"""A plan from a file of quotes, without a node: `python -m examples.plan_from_chain [CHAIN]`.

CHAIN has the columns of docs/formats.md; without it the small made-up one of examples/data is taken.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bridge.plans.market import quoted_market
from bridge.sources.quotes.files import read_chain_file
from hedge.book.positions import Book, ConcentratedPosition
from hedge.plan.build import Plan, build_plan
from hedge.policy.parameters import Parameters

DATA = Path(__file__).parent / "data"


def plan(chain_file: Path = DATA / "chain.csv") -> Plan:
    """Return the plan of a million dollars in a range of 20 % around the price, with the first governed values."""
    chains = {"ETH": read_chain_file(chain_file)["ETH"]}
    market = quoted_market(chains, correlation=1.0)
    spot = market.spot("ETH")
    pool = ConcentratedPosition.from_value(1e6, "ETH", "USD", market, 0.8 * spot, 1.2 * spot, fee_apr=0.30)
    return build_plan(Book((pool,)), market, chains, Parameters(), scenario_count=512)


if __name__ == "__main__":
    found = plan(*map(Path, sys.argv[1:]))
    print(found.decision.headline, *found.decision.reasons, sep="\n  ")
    print(found.to_frame()[["action", "instrument", "quantity", "limit_usd", "cash_usd"]].to_string(index=False))
