"""The machines, each with the contracts that it plays on."""

from __future__ import annotations

from typing import ClassVar

from eth_utils import keccak
from governed import GUARDIAN, LIMITS, STEWARD, TIMELOCK, VALUES, WIDE
from governing import VOTE, open_dao
from governor_model import GovernorModel, VotesModel
from governor_rules import HOLDERS, GovernorRules
from hypothesis import strategies as st
from hypothesis.stateful import initialize
from onchain import DAY, Deployed, Node
from oracle_model import GRACE, MAX_AGE, OracleModel
from oracle_rules import OracleRules
from parameters_model import ADMIN, AUTOMATONS, ParametersModel
from parameters_rules import ParametersRules
from play import AUTOMATON
from pools import open_market
from regime_model import BreakerModel, RegimeModel
from regime_rules import RegimeRules
from regimes import build_regimes
from reporters import FEED, PERCENT, RATES, REPORTERS
from stage import Stage, Target


class ParametersMachine(ParametersRules):
    """HedgeParameters alone; some runs begin with wide limits, so that the rules across keys are reached."""

    narrow: Target
    wide: Target
    born: int

    @classmethod
    def build(cls, node: Node) -> Stage:
        """Deploy two, one with the limits of a first deployment and one with wide ones."""
        terms = ("HedgeParameters", TIMELOCK, STEWARD, GUARDIAN, DAY, VALUES)
        made = [node.deploy(*terms, limits) for limits in (LIMITS, WIDE)]
        for parameters in made:
            parameters.send("grantRole", AUTOMATONS, AUTOMATON, sender=TIMELOCK)
        cls.born = [each.read("restsUntil")[0] - DAY for each in made]
        node.advance(2 * DAY)
        stage = Stage(node)
        cls.narrow, cls.wide = (stage.add(parameters) for parameters in made)
        return stage

    @initialize(is_wide=st.booleans())
    def choose(self, is_wide: bool) -> None:
        self.parameters, limits = (self.wide, WIDE) if is_wide else (self.narrow, LIMITS)
        self.model = ParametersModel(self.born[is_wide], list(limits))
        self.model.members[AUTOMATONS].add(AUTOMATON.lower())
        self.models[self.parameters.address] = self.model


def watched_feed(node: Node) -> tuple[Deployed, Deployed]:
    """Deploy a feed of five reporters and quorum three on a rollup, and before it the sequencer's uptime feed."""
    uptime = node.deploy("UptimeFeed")
    uptime.send("set", 0, 1, sender=node.deployer)
    addresses, watched = [reporter.address for reporter in REPORTERS], (uptime.address, GRACE)
    return uptime, node.deploy("VolatilityOracle", FEED, "ETH", TIMELOCK, addresses, 3, MAX_AGE, RATES, watched)


class OracleMachine(OracleRules):
    """VolatilityOracle alone, from before its first round."""

    @classmethod
    def build(cls, node: Node) -> Stage:
        """Deploy a feed of five reporters and quorum three."""
        uptime, made = watched_feed(node)
        stage = Stage(node)
        cls.oracle, cls.uptime = stage.add(made), stage.add(uptime)
        return stage

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.feed = self.models[self.oracle.address] = OracleModel()


class RegimeMachine(RegimeRules):
    """Parameters, feed, pool, breaker and automation, from the day on which everything is deployed and traded."""

    born: ClassVar[int]
    first: ClassVar[tuple[int, int]]

    @classmethod
    def build(cls, node: Node) -> Stage:
        """Deploy all, trade for half a day, report a first round, grant the automation its role."""
        parameters = node.deploy("HedgeParameters", TIMELOCK, STEWARD, GUARDIAN, DAY, VALUES, LIMITS)
        uptime, oracle = watched_feed(node)
        cls.born = parameters.read("restsUntil")[0] - DAY
        node.advance(DAY)
        made = build_regimes(node, parameters, oracle, open_market(node))
        for account in (made.automation.address, AUTOMATON):
            parameters.send("grantRole", AUTOMATONS, account, sender=TIMELOCK)
        _, seen, _, submitted_at, *_ = oracle.read("peek")
        cls.first = (seen, submitted_at)
        stage = Stage(node)
        played = (parameters, oracle, made.breaker, made.automation)
        cls.parameters, cls.oracle, cls.breaker, cls.automation = (stage.add(contract) for contract in played)
        cls.uptime = stage.add(uptime)
        cls.pool, cls.router = Target(made.market.pool), Target(made.market.router)
        cls.tokens = (made.market.tokens[0].address, made.market.tokens[1].address)
        return stage

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.model, self.feed, self.fuse = ParametersModel(self.born, list(LIMITS)), OracleModel(), BreakerModel()
        self.model.members[AUTOMATONS] |= {AUTOMATON.lower(), self.automation.address.lower()}
        seen, submitted_at = self.first
        self.feed.see(("RoundSubmitted", {"round": 1, "observedAt": seen, "volatility": 60 * PERCENT}), submitted_at)
        self.regimes = RegimeModel(self.feed, self.model)
        played = (self.parameters, self.oracle, self.breaker, self.automation)
        models = (self.model, self.feed, self.fuse, self.regimes)
        self.models |= {target.address: model for target, model in zip(played, models, strict=True)}

    @initialize(row=st.integers(0, 2))
    def begin(self, row: int) -> None:
        self.set_table(TIMELOCK, row, "none", 1)


class GovernorMachine(GovernorRules):
    """A DAO of three holders, its guardian, and the parameters it governs."""

    born: ClassVar[int]

    @classmethod
    def build(cls, node: Node) -> Stage:
        """Deploy the DAO and a guard for its proposals."""
        made, guard = open_dao(node), node.deploy("ProposalGuard")
        assert tuple(made.holders) == HOLDERS
        cls.born = made.parameters.read("restsUntil")[0] - DAY
        cls.code_hash = keccak(bytes(node.web3.eth.get_code(made.parameters.address)))
        stage = Stage(node)
        cls.governor, cls.parameters = stage.add(made.governor), stage.add(made.parameters)
        cls.timelock, cls.votes, cls.guard = Target(made.timelock), Target(made.votes), Target(guard)
        return stage

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.model = ParametersModel(self.born, list(LIMITS))
        self.model.members[ADMIN] = {self.timelock.address.lower()}
        shares = dict(zip((holder.lower() for holder in HOLDERS), (500 * VOTE, 300 * VOTE, 200 * VOTE), strict=True))
        self.shares = VotesModel(shares, self.born)
        self.dao = GovernorModel(self.model, self.shares)
        self.models |= {self.parameters.address: self.model, self.governor.address: self.dao}
