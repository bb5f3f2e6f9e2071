"""Every function that can be called from outside, contract by contract: who may, what it refuses, emits and does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from scripts.audit.reach import Reach, Walker
from scripts.audit.sources import PLACES, Node, Sources, sentence

CONTRACTS: Final = (
    "HedgeParameters", "VolatilityOracle", "RealizedVolatility", "VolatilityBreaker", "RegimeAutomation",
    "HedgeVotes", "HedgeGovernor", "HedgeTimelock", "ProposalGuard", "ExposureLens",
)  # fmt: skip
"""What is deployed, and the lens, in the order of the page."""

WHO: Final = {
    "onlyRole(DEFAULT_ADMIN_ROLE)": "DAO",
    "onlyRole(STEWARD_ROLE)": "steward",
    "onlyRole(GUARDIAN_ROLE)": "guardian",
    "onlyRole(AUTOMATION_ROLE)": "automation",
    "onlyRole(getRoleAdmin(role))": "DAO",
    "onlyRole(PROPOSER_ROLE)": "governor",
    "onlyRole(CANCELLER_ROLE)": "governor",
    "onlyRoleOrOpenRole(EXECUTOR_ROLE)": "governor",
    "onlyGovernance": "DAO",
    "onlyOwner": "DAO, as owner",
    "!_isDao(msg.sender)": "DAO",
    "!_isGuardian(msg.sender)": "guardian",
    "sender != address(this)": "DAO",
    "callerConfirmation != _msgSender()": "who holds the role, for itself",
    "!_validateCancel(proposalId, caller)": "guardian; the proposer until the vote begins",
    "!_isValidDescriptionForProposer(proposer, description)": "whom the description names, if anyone",
    "proposerVotes < votesThreshold": "who has the votes",
}
"""Who passes each refusal of senders that stands in the sources; the DAO acts through its timelock."""
OF_OTHERS: Final = frozenset({"AggregatorV3Interface"})
"""Interfaces that are asked of other people's contracts, though one of ours has them too."""
NO_PERMISSION: Final = frozenset(
    {
        "proposalVote.hasVoted[account]",
        "lastKey > key",
        "value > type(uint208).max",
        "from == address(0)",
        "fromBalance < value",
        "owner == address(0)",
        "spender == address(0)",
        "currentAllowance < value",
    }
)
"""Refusals that look at the sender's votes, balance or address, and let everybody else act for himself."""
MANY: Final = 6
"""So many errors of one inner function are named once above a table."""


@dataclass(frozen=True)
class Callable:
    """A function, or the reader of a public variable, of a deployed contract."""

    node: Node
    home: str
    reach: Reach

    @property
    def is_view(self) -> bool:
        """Whether it changes nothing."""
        return str(self.node.get("stateMutability", "view")) in ("view", "pure")

    @property
    def name(self) -> str:
        """Its name and the types of its parameters, as people write them."""
        if self.node["nodeType"] == "VariableDeclaration":
            return f"{self.node['name']}()"
        types = [part["typeDescriptions"]["typeString"] for part in self.node["parameters"]["parameters"]]
        short = (PLACES.sub("", each).split(" ")[-1].rpartition(".")[2] for each in types)
        return f"{self.node['name'] or self.node['kind']}({', '.join(short)})"


def callables(sources: Sources, contract: str) -> list[Callable]:
    """Return all that a contract answers to, its own first, then what it inherits."""
    walker, found = Walker(sources, contract), dict[str, Callable]()
    for base in sources.line(contract):
        for part in base["nodes"]:
            shown = part.get("visibility") in ("public", "external") and part.get("kind") != "constructor"
            if not shown or part["nodeType"] not in ("FunctionDefinition", "VariableDeclaration"):
                continue
            key = part.get("functionSelector") or part["kind"]
            if key not in found and (base["contractKind"] != "interface"):
                is_function = part["nodeType"] == "FunctionDefinition"
                found[key] = Callable(part, base["name"], walker.reach(part) if is_function else Reach())
    return list(found.values())


def who(reach: Reach) -> str:
    """Return who may call a function, with the source of each refusal.

    Raises
    ------
    LookupError
        A refusal depends on the sender and nobody has said yet whom it lets pass: `WHO`, `NO_PERMISSION`.
    """
    permits = [guard for guard in reach.guards if guard not in NO_PERMISSION]
    unknown = [guard for guard in permits if guard not in WHO]
    if unknown:
        raise LookupError(f"say in scripts/audit/functions.py whom this refusal lets pass: {unknown[0]}")
    return "; ".join(f"{WHO[guard]} `{guard}`" for guard in permits) or "anyone"


def function_tables(sources: Sources) -> str:
    """Return the tables of all contracts."""
    return "\n\n".join(_contract(sources, contract) for contract in CONTRACTS)


def _contract(sources: Sources, contract: str) -> str:
    all_of_it = callables(sources, contract)
    acts = [each for each in all_of_it if not each.is_view]
    views = [each for each in all_of_it if each.is_view and not each.node.get("constant")]
    groups = _groups(all_of_it)
    lines = [f"### Functions of {contract}", ""]
    for number, (name, errors) in enumerate(groups.items(), 1):
        lines += [f"[{number}] are the errors of `{name}`: {listed(errors)}.", ""]
    if acts:
        lines += ["| function | who may call it | may revert with | emits | what it does |", "|---|---|---|---|---|"]
        lines += [_act_row(sources, contract, each, groups) for each in acts]
        lines += [""]
    else:
        lines += ["It has views alone.", ""]
    lines += ["| view | may revert with | what it says |", "|---|---|---|"]
    lines += [
        f"| {_named(each, contract)} | {_refusals(sources, each.reach, groups)} | {_said(sources, each)} |"
        for each in views
    ]
    return "\n".join(lines)


def _act_row(sources: Sources, contract: str, each: Callable, groups: dict[str, tuple[str, ...]]) -> str:
    cells = (
        _named(each, contract),
        cell(who(each.reach)),
        _refusals(sources, each.reach, groups),
        listed(each.reach.events),
        _said(sources, each),
    )
    return f"| {' | '.join(cells)} |"


def _named(each: Callable, contract: str) -> str:
    origin = "" if each.home == contract else f" of {each.home}"
    return f"`{each.name}`{origin}"


def _said(sources: Sources, each: Callable) -> str:
    return cell(sentence(sources.said(each.node)))


def _groups(found: list[Callable]) -> dict[str, tuple[str, ...]]:
    """Return the inner functions whose errors several outer ones have, the largest first.

    One that lies inside of a larger one is kept where some outer function has it without the larger one.
    """
    uses = Counter(name for each in found for name, errors in each.reach.inside.items() if len(errors) >= MANY)
    sizes = {name: errors for each in found for name, errors in each.reach.inside.items()}
    chosen: dict[str, tuple[str, ...]] = {}
    for name in sorted(uses, key=lambda name: (-uses[name] * len(sizes[name]), -len(sizes[name]), name)):
        errors = set(sizes[name])
        around = [set(larger) for larger in chosen.values() if errors & set(larger)]
        alone = any(errors <= set(each.reach.errors) and not any(larger <= set(each.reach.errors) for larger in around)
                    for each in found)  # fmt: skip
        if uses[name] > 1 and alone and all(errors < larger for larger in around):
            chosen[name] = sizes[name]
    return chosen


def _refusals(sources: Sources, reach: Reach, groups: dict[str, tuple[str, ...]]) -> str:
    left, parts = list(reach.errors), []
    for number, errors in enumerate(groups.values(), 1):
        if set(errors) <= set(left):
            parts.append(f"[{number}]")
            left = [error for error in left if error not in errors]
    parts += [f"`{error}`" for error in left]
    if outside := listed(_outside(sources, reach)):
        parts.append(f"those of {outside}")
    return cell(", ".join(parts))


def _outside(sources: Sources, reach: Reach) -> Iterator[str]:
    """Yield the functions of other contracts whose refusals come through; of ours only those that refuse something."""
    for call in reach.calls:
        home, _, name = call.partition(".")
        makers = [each for each in CONTRACTS if home in {base["name"] for base in sources.line(each)}]
        if len(makers) != 1 or home in OF_OTHERS:
            if home != "IAccessControl":  # asked for roles, which never reverts
                yield call
            continue
        met = [each.reach for each in callables(sources, makers[0]) if each.node["name"] == name]
        if any(each.errors or each.calls for each in met):
            yield f"{makers[0]}.{name}"


def listed(names: Iterable[str]) -> str:
    """Return names as code, one behind the other."""
    return ", ".join(f"`{name}`" for name in names)


def cell(text: str) -> str:
    """Return a text that ends no cell of a table."""
    return text.replace("|", "\\|")
