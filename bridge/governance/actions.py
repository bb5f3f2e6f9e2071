"""What the DAO is asked to order beside parameters, by name: each becomes a proposal with calls and promises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from eth_utils import is_address, to_checksum_address

from bridge.chain.node import BlockRef, Chain
from bridge.deployment import Deployment
from bridge.errors import RefusedAction, UnknownAddress, UsageError
from bridge.governance.desk import Call, Desk
from bridge.governance.postconditions import Answer, Promise
from bridge.governance.regime_table import AUTOMATION, load_table, require_fitting, table_words
from bridge.governance.roles import AUTOMATION_ROLE, ROLES, holders, proposal_guardian
from bridge.governance.safeguards import breaker_of
from bridge.plans.observe import read_governed
from bridge.sources.oracle import feed_of


@dataclass(frozen=True)
class Order:
    """The text of an order, its calls, and what they promise."""

    text: str
    calls: tuple[Call, ...]
    promises: tuple[Promise, ...]


@dataclass(frozen=True)
class OrderKind:
    """The names of an order's arguments (the last may repeat), what it does, and how it is built."""

    arguments: tuple[str, ...]
    words: str
    build: Callable[[Desk, Sequence[str]], Order]


def _address(text: str) -> str:
    if not is_address(text):
        raise UnknownAddress(text, "an address (0x and 40 hex digits)")
    return str(to_checksum_address(text))


def _unpause(desk: Desk, _: Sequence[str]) -> Order:
    at = desk.deployment.address("HedgeParameters")
    promise = Promise("HedgeParameters", at, (Answer("paused", (), False, "the hedge parameters are not paused"),))
    text = "# End the pause of the hedge parameters\n\nThe guardian paused them; only a vote ends that."
    return Order(text, (desk.call("HedgeParameters", at, "unpause"),), (promise,))


def _set_signers(desk: Desk, arguments: Sequence[str]) -> Order:
    asset, quorum, *given = arguments
    if not quorum.isdecimal() or not 0 < int(quorum) < 256:
        raise UsageError(f"the quorum is {quorum!r}: a number of reports, odd and more than half of the signers")
    at, signers = feed_of(desk.deployment, asset), sorted(map(_address, given), key=lambda one: int(one, 16))
    names = ", ".join(signers)
    answers = (
        Answer("signers", (), signers, f"the {asset} feed's reporters are {names}"),
        Answer("quorum", (), int(quorum), f"{quorum} of them make a round"),
    )
    text = f"# Replace the reporters of the {asset} feed\n\nFeed {at}. Quorum {quorum} of {len(signers)}: {names}."
    call = desk.call("VolatilityOracle", at, "setSigners", signers, int(quorum))
    return Order(text, (call,), (Promise("VolatilityOracle", at, answers),))


def _reset_breaker(desk: Desk, arguments: Sequence[str]) -> Order:
    (asset,) = arguments
    at = breaker_of(desk.deployment, asset)
    tripped = desk.chain.read("VolatilityBreaker", at, "trippedAt", block=desk.block)
    promise = Promise("VolatilityBreaker", at, (Answer("trippedAt", (), 0, f"the {asset} breaker is closed"),))
    text = f"# Close the {asset} breaker\n\nBreaker {at}, tripped at {tripped} (unix seconds)."
    return Order(text, (desk.call("VolatilityBreaker", at, "reset"),), (promise,))


def _set_office(desk: Desk, office: str, given: str) -> Order:
    """Give an office to another Safe and take it from who holds it; the guardian also sits in the governor."""
    new, role = _address(given), ROLES[office]
    if not desk.chain.has_code(new, desk.block):
        raise UnknownAddress(new, "a Safe: an office needs several people")
    old = [one for one in holders(desk.chain, desk.deployment, office, desk.block) if one != new]
    at, governor = desk.deployment.address("HedgeParameters"), desk.deployment.address("HedgeGovernor")
    calls = [desk.call("HedgeParameters", at, "grantRole", role, new)]
    calls += [desk.call("HedgeParameters", at, "revokeRole", role, one) for one in old]
    answers = [Answer("hasRole", (role, new), True, f"{new} is {office}")]
    answers += [Answer("hasRole", (role, one), False, f"{one} is not") for one in old]
    promises = [Promise("HedgeParameters", at, tuple(answers))]
    if office == "guardian":
        calls.append(desk.call("HedgeGovernor", governor, "setProposalGuardian", new))
        promises.append(
            Promise("HedgeGovernor", governor, (Answer("proposalGuardian", (), new, f"{new} may cancel proposals"),))
        )
        old = sorted({*old, proposal_guardian(desk.chain, desk.deployment, desk.block)} - {new})
    if not old:
        raise RefusedAction(f"{new} is {office} already")
    text = f"# Another {office}\n\n{new} instead of {', '.join(old)}."
    return Order(text, tuple(calls), tuple(promises))


def _set_table(desk: Desk, arguments: Sequence[str]) -> Order:
    """Vote a regime table, and the role that gives the automation its power where it has none."""
    table = load_table(Path(arguments[0]))
    at, parameters = desk.deployment.address(AUTOMATION), desk.deployment.address("HedgeParameters")
    followed = desk.chain.read(AUTOMATION, at, "ORACLE", block=desk.block)
    if feed_of(desk.deployment, table.asset) != followed:
        raise RefusedAction(f"the automation follows the feed {followed}, which is not that of {table.asset}")
    require_fitting(table, read_governed(desk.chain, desk.deployment, desk.block))
    keys, rows, terms, row = table.arguments()
    words = table_words(keys, rows, terms, row)
    answers = (
        Answer("table", (), (keys, rows, terms), "its table is the voted one"),
        Answer("row", (), row, f"row {row} holds"),
        Answer("stopped", (), False, "the automation is not stopped"),
    )
    calls, promises = [desk.call(AUTOMATION, at, "setTable", *table.arguments())], [Promise(AUTOMATION, at, answers)]
    if not desk.chain.read("HedgeParameters", parameters, "hasRole", AUTOMATION_ROLE, at, block=desk.block):
        calls.append(desk.parameters("grantRole", AUTOMATION_ROLE, at))
        power = Answer("hasRole", (AUTOMATION_ROLE, at), True, "the automation may set values inside its limits")
        promises.append(Promise("HedgeParameters", parameters, (power,)))
    text = f"# Regime table by the volatility of {table.asset}\n\n" + words.replace("; ", "\n")
    return Order(text, tuple(calls), tuple(promises))


ORDERS = {
    "unpause": OrderKind((), "end a pause of the hedge parameters", _unpause),
    "set-signers": OrderKind(("ASSET", "QUORUM", "SIGNER..."), "replace a feed's reporters", _set_signers),
    "reset-breaker": OrderKind(("ASSET",), "close a tripped breaker", _reset_breaker),
    "set-table": OrderKind(("FILE",), "let a table of values by volatility apply, by anybody", _set_table),
    "set-guardian": OrderKind(("SAFE",), "name another guardian", lambda d, a: _set_office(d, "guardian", a[0])),
    "set-steward": OrderKind(("SAFE",), "name another steward", lambda d, a: _set_office(d, "steward", a[0])),
}


def build_order(chain: Chain, deployment: Deployment, name: str, arguments: Sequence[str], block: BlockRef) -> Order:
    """Build an order by its name.

    Raises
    ------
    UsageError
        There is no such order, or it takes other arguments.
    """
    if name not in ORDERS:
        raise UsageError(f"no order {name!r}: one of {', '.join(ORDERS)}")
    kind = ORDERS[name]
    least, repeats = len(kind.arguments), bool(kind.arguments) and kind.arguments[-1].endswith("...")
    if len(arguments) < least or (len(arguments) > least and not repeats):
        raise UsageError(f"usage: {' '.join((name, *kind.arguments))} ({kind.words})")
    return kind.build(Desk(chain, deployment, block), arguments)
