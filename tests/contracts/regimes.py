"""The world of the breaker and of the automation: parameters, a feed, a traded pool, and a table of three rows."""

from __future__ import annotations

from dataclasses import dataclass

from governed import GUARDIAN, TIMELOCK
from onchain import DAY, HOUR, Deployed, Node, Refusal, named
from pools import Market
from reporters import PERCENT, submit

from bridge.artifacts import error_abi

KEYS = [6, 10, 13]  # share of the delta that is sold, delta and notional of the condors
FLOORS = (0, 80 * PERCENT, 120 * PERCENT)
TABLE = [(FLOORS[0], [5000, 2000, 1000]), (FLOORS[1], [6000, 1700, 500]), (FLOORS[2], [7000, 1600, 0])]
HYSTERESIS = 5 * PERCENT
DWELL_UP, DWELL_DOWN = 2 * HOUR, DAY
TERMS = (HYSTERESIS, DWELL_UP, DWELL_DOWN)
UNANCHORED = 4
RATIO, GAP = 40_000, 40 * PERCENT
MOVE = 60  # ticks; back and forth every hour this is about 65 % a year


@dataclass(frozen=True)
class Regimes:
    """What the automation needs, all on one node."""

    node: Node
    parameters: Deployed
    oracle: Deployed
    market: Market
    realized: Deployed
    breaker: Deployed
    automation: Deployed

    def report(self, volatility: int, *, trade: bool = True) -> None:
        """Let three reporters agree on a number, after a trade in the pool; after a silence twice, as they must."""
        if trade:
            tick = self.market.tick()
            self.market.swap_to(tick - MOVE if tick > 0 else tick + MOVE)
        submit(self.oracle, [volatility] * 3)
        if self.oracle.read("peek")[5] & UNANCHORED:
            self.node.advance(1)
            submit(self.oracle, [self.oracle.read("peek")[2]] * 3)

    def hours(self, count: int, volatility: int) -> None:
        """Report the same number for some hours, every hour."""
        for _ in range(count):
            self.node.advance(HOUR)
            self.report(volatility)

    def set_table(self, row: int = 0) -> None:
        """Vote the table and the role that gives it power."""
        role = self.parameters.read("AUTOMATION_ROLE")
        self.parameters.send("grantRole", role, self.automation.address, sender=TIMELOCK)
        self.automation.send("setTable", KEYS, TABLE, TERMS, row, sender=TIMELOCK)

    def why(self, contract: Deployed, function: str, *arguments: object) -> Refusal:
        """Return the error that a call reverts with, of whatever contract it comes from."""
        data = contract.revert_data(function, *arguments, sender=self.node.deployer)
        return named(data, list(error_abi()))

    def apply(self) -> dict[str, object]:
        """Apply the row that the oracle selects, as anyone."""
        return self.automation.send("applyRow", sender=GUARDIAN)


def build_regimes(node: Node, parameters: Deployed, oracle: Deployed, market: Market) -> Regimes:
    """Deploy measurement, breaker and automation, and let the pool trade for half a day at about 60 %."""
    market.grow(256)
    market.walk([MOVE // 2 * (-1) ** hour for hour in range(13)], HOUR)
    realized = node.deploy("RealizedVolatility", market.pool.address, 1800, 12)
    breaker = node.deploy("VolatilityBreaker", parameters.address, oracle.address, realized.address, (RATIO, GAP))
    automation = node.deploy("RegimeAutomation", parameters.address, oracle.address, breaker.address)
    made = Regimes(node, parameters, oracle, market, realized, breaker, automation)
    made.report(60 * PERCENT)
    return made
