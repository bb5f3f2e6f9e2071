"""What is fixed, what is set first and within which bounds, who holds which role, and where everything is stored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Final, NamedTuple

from bridge.artifacts import artifact
from bridge.deploy import seats
from bridge.genesis import GovernanceTerms, genesis_limits
from hedge.policy.parameters import KEYS
from scripts.audit.functions import CONTRACTS, callables, cell, who
from scripts.audit.sources import ROOT, Node, Sources, own_files, walk

STORED: Final = CONTRACTS[:-1]
"""The contracts that are deployed; the lens is asked without being there."""
KEYS_FILE: Final = "contracts/libraries/HedgeKeys.sol"


class Term(NamedTuple):
    """A number of `GovernanceTerms`: its contract, what sets it later, its bounds as constants or in words."""

    contract: str
    what: str
    setter: str = ""
    least: str = ""
    most: str = ""


TERMS: Final = {
    "voting_delay": Term("HedgeGovernor", "seconds from a proposal to its vote", "setVotingDelay", "MIN_VOTING_DELAY"),
    "voting_period": Term("HedgeGovernor", "seconds of voting", "setVotingPeriod", "MIN_VOTING_PERIOD"),
    "vote_extension": Term(
        "HedgeGovernor",
        "seconds that remain after a late quorum",
        "setLateQuorumVoteExtension",
        "",
        "MAX_VOTE_EXTENSION",
    ),
    "quorum_percent": Term("HedgeGovernor", "percent of the supply", "updateQuorumNumerator", "MIN_QUORUM", "100"),
    "proposal_threshold": Term("HedgeGovernor", "votes (1e-18) that a proposer needs", "setProposalThreshold"),
    "timelock_delay": Term("HedgeTimelock", "seconds from queueing to execution", "updateDelay", "MIN_DELAY"),
    "steward_delay": Term(
        "HedgeParameters", "seconds from announcement to effect", "", "MIN_STEWARD_DELAY", "MAX_STEWARD_DELAY"
    ),
    "oracle_max_age": Term(
        "VolatilityOracle", "seconds after which an answer is stale", "", "MIN_MAX_AGE", "MAX_MAX_AGE"
    ),
    "oracle_quorum": Term(
        "VolatilityOracle",
        "fewest reports of a round, odd",
        "setSigners",
        "more than half of the signers",
        "MAX_SIGNERS",
    ),
    "oracle_per_hour_bps": Term("VolatilityOracle", "bps of the last answer, per hour", "", "MIN_RATE", "the day's"),
    "oracle_per_day_bps": Term(
        "VolatilityOracle", "bps of the answer a window began with, per day", "", "the hour's", "MAX_RATE"
    ),
    "sequencer_grace": Term(
        "VolatilityOracle", "seconds after an outage of a rollup's sequencer", "", "MIN_GRACE", "MAX_GRACE"
    ),
    "realized_spacing": Term("RealizedVolatility", "seconds of an interval", "", "MIN_SPACING", "MAX_SPACING"),
    "realized_intervals": Term("RealizedVolatility", "intervals of a window", "", "MIN_INTERVALS", "MAX_INTERVALS"),
    "breaker_ratio_bps": Term("VolatilityBreaker", "bps, larger over smaller", "", "MIN_RATIO", "MAX_RATIO"),
    "breaker_gap_e8": Term("VolatilityBreaker", "larger minus smaller, 1e8 = 100 %", "", "", "MAX_GAP"),
}
"""Every number that a deployment is given beside the keys."""


def size(file: str) -> str:
    """Return how long a file is, and how many bytes its contract has, compiled."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    code = [line for line in lines if line.strip() and not line.strip().startswith("//")]
    name = file.rpartition("/")[2].removesuffix(".sol")
    runtime = artifact(name).runtime if name in CONTRACTS else ""
    compiled = f"; {len(runtime) // 2 - 1:,} bytes compiled" if runtime else ""
    return f"{len(lines)} lines, {len(code)} of them code{compiled}."


def total_size() -> str:
    """Return how long all files are together."""
    lines = [line for file in own_files() for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]
    code = [line for line in lines if line.strip() and not line.strip().startswith("//")]
    return f"{len(own_files())} files, {len(lines):,} lines, {len(code):,} of them code."


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(cell(each) for each in row)} |" for row in rows)])


def constants_table(sources: Sources) -> str:
    """Return every constant of ours that has a meaning beside a key's number, and what it is for."""
    return _table(("constant", "value", "what it is"), _constants(sources))


def _constants(sources: Sources) -> Iterator[tuple[str, ...]]:
    for file in own_files():
        for node in walk(sources.answer["sources"][file]["ast"]):
            is_key = file == KEYS_FILE and node.get("visibility") == "internal" and node.get("stateVariable")
            if node["nodeType"] == "VariableDeclaration" and node.get("constant") and not is_key:
                home = sources.homes.get(node["id"], file.rpartition("/")[2].removesuffix(".sol"))
                said = sources.said(node) or sources.above(node)
                yield f"{home}.`{node['name']}`", f"`{_value(sources, node)}`", said


def _value(sources: Sources, node: Node) -> str:
    """Return the value of a constant as it is written; where that names another constant, its value."""
    value = node["value"]
    other = sources.nodes.get(value.get("referencedDeclaration") or 0)
    return _value(sources, other) if other else sources.text(value)


def terms_table(sources: Sources) -> str:
    """Return what a deployment sets first, who can set it later, and within which bounds.

    Raises
    ------
    LookupError
        A number of `GovernanceTerms` has no row, a row no number, or a name in a row is not in the contract.
    """
    numbers = {each.name for each in fields(GovernanceTerms) if isinstance(getattr(GovernanceTerms(), each.name), int)}
    if numbers != TERMS.keys():
        raise LookupError(f"TERMS of scripts/audit/numbers.py and GovernanceTerms differ: {numbers ^ TERMS.keys()}")
    head = ("what", "contract", "first value", "least", "most", "set later by")
    return _table(head, (_term_row(sources, name, term) for name, term in TERMS.items()))


def _term_row(sources: Sources, name: str, term: Term) -> tuple[str, ...]:
    found = {each.node["name"]: each for each in callables(sources, term.contract)}
    bounds = []
    for bound in (term.least, term.most):
        is_constant = bound.isupper()
        bounds.append(f"`{bound}` {_value(sources, found[bound].node)}" if is_constant else bound)
    first = getattr(GovernanceTerms(), name)
    unit, name_of_it = (86400, "d") if first % 86400 == 0 else (3600, "h")
    longer = f" ({first // unit} {name_of_it})" if term.what.startswith("seconds") else ""
    later = "nobody: fixed at deployment"
    if term.setter:
        later = f"`{term.setter}`: {who(found[term.setter].reach)}"
    return f"{name}: {term.what}", term.contract, f"{first:,}{longer}", *bounds, later


def keys_table(sources: Sources) -> str:
    """Return the governed keys: outer bounds, direction, first value and first limits."""
    bounds, ways, words = (_answers(sources, name) for name in ("outerBounds", "derisk", "describe"))
    head = ("id", "key", "unit", "outer bounds", "de-risks", "first value", "step up", "step down", "cooldown")

    def rows() -> Iterator[tuple[str, ...]]:
        for key in KEYS:
            name, unit = words[key.id]
            if name.strip('"') != key.name:
                raise LookupError(f"key {key.id} is {name} in HedgeKeys.sol, {key.name} in hedge")
            limits = genesis_limits(key)
            least, most = (bound.replace("_", "") for bound in bounds[key.id])
            way = ways.get(key.id, ["Derisk.Neither"])[0].removeprefix("Derisk.").lower()
            first = (key.initial, limits.step_up, limits.step_down)
            named = (str(key.id), f"`{key.name}`", unit.strip('"'), f"{least} to {most}", way)
            yield *named, *(f"{each:,}" for each in first), f"{limits.cooldown_seconds // 3600} h"

    return _table(head, rows())


def _answers(sources: Sources, function: str) -> dict[int, list[str]]:
    """Return what a function of HedgeKeys answers for each key: `if (key == A || key == B) return X;`."""
    library = sources.contracts["HedgeKeys"]
    found: dict[int, list[str]] = {}
    for node in next(walk([part for part in library["nodes"] if part.get("name") == function]))["body"]["statements"]:
        if node["nodeType"] != "IfStatement":
            continue
        answer = node["trueBody"]["expression"]
        parts = answer.get("components", [answer])
        for part in walk(node["condition"]):
            key = sources.nodes.get(part.get("referencedDeclaration") or 0, {})
            if key.get("constant"):
                found[int(sources.text(key["value"]))] = [sources.text(each) for each in parts]
    return found


def roles_table(sources: Sources) -> str:
    """Return the roles: whom constructors grant them, who holds them after a deployment, who grants them later.

    Who holds them is what `bridge.deploy.seats` wants when a deployment proves its roles.
    """
    safes = seats.Assigned("guardian Safe", "steward Safe", None)
    wanted = seats._wanted_roles({name: name for name in CONTRACTS}, safes)
    head = ("contract", "role", "the constructor grants it to", "held after a deployment", "granted later by")

    def rows() -> Iterator[tuple[str, ...]]:
        for contract, roles in wanted.items():
            granted = _granted(sources, contract)
            grant = next(each for each in callables(sources, contract) if each.node["name"] == "grantRole")
            for role, holders in roles.items():
                held = ", ".join(sorted(holders))
                if role == "AUTOMATION_ROLE":
                    held += ", once a vote named it; until then nobody"
                names = ", ".join(f"`{each}`" for each in granted.get(role, ())) or "nobody"
                yield contract, f"`{role}`", names, held, who(grant.reach)

    return _table(head, rows())


def _granted(sources: Sources, contract: str) -> dict[str, list[str]]:
    """Return to which expressions the constructors of a contract's line grant each role."""
    found: dict[str, list[str]] = {}
    for base in sources.line(contract):
        for part in base["nodes"]:
            for node in walk(part) if part.get("kind") == "constructor" else ():
                if node["nodeType"] == "FunctionCall" and node["expression"].get("name") == "_grantRole":
                    role, account = (sources.text(each) for each in node["arguments"])
                    found.setdefault(role, []).append(account)
    return found


def storage_tables(sources: Sources) -> str:
    """Return the storage layout of each contract that has one, and of each struct in it."""
    return "\n\n".join(text for contract in STORED if (text := _storage(sources, contract)))


def _storage(sources: Sources, contract: str) -> str:
    layout = sources.answer["contracts"][sources.contracts[contract]["path"]][contract]["storageLayout"]
    if not layout["storage"]:
        return f"### Storage of {contract}\n\nNone."
    head = ("slot", "byte", "variable", "bytes", "type", "what it is")
    parts = [f"### Storage of {contract}", _table(head, _slots(sources, layout, layout["storage"]))]
    members = [
        (f"`{name}`", *row)
        for kind in sorted((layout["types"] or {}).values(), key=lambda kind: str(kind["label"]))
        if (name := kind["label"].removeprefix("struct ")).partition(".")[0] in _own(sources)
        for row in _slots(sources, layout, kind.get("members", []), name)
    ]
    if members:
        parts.append(_table(("struct", *head), iter(members)))
    return "\n\n".join(parts)


def _slots(
    sources: Sources, layout: dict[str, Any], entries: list[dict[str, Any]], struct: str = ""
) -> Iterator[tuple[str, ...]]:
    for entry in entries:
        kind, name = layout["types"][entry["type"]], entry["label"]
        label = f"`{kind['label'].replace('struct ', '').replace('enum ', '').replace('contract ', '')}`"
        node = sources.nodes[entry["astId"]]
        said = sources.member_said(struct, name) if struct else sources.said(node)
        yield entry["slot"], str(entry["offset"]), f"`{name}`", kind["numberOfBytes"], label, said


def immutables_table(sources: Sources) -> str:
    """Return what each constructor fixes for good, and what is put there."""

    def rows() -> Iterator[tuple[str, ...]]:
        for contract in STORED:
            for base in sources.line(contract):
                for node in base["nodes"]:
                    if node.get("mutability") == "immutable" and base["name"] in _own(sources):
                        kind = node["typeDescriptions"]["typeString"].removeprefix("contract ")
                        given = _given(sources, base, node["id"])
                        said = sources.said(node) or _parameter_said(sources, base, given)
                        yield contract, f"`{node['name']}`", f"`{kind}`", f"`{sources.text(given)}`", said

    return _table(("contract", "immutable", "type", "given by the constructor", "what it is"), rows())


def _given(sources: Sources, contract: Node, variable: int) -> Node:
    """Return the expression that the constructor puts into a variable."""
    for node in walk([part for part in contract["nodes"] if part.get("kind") == "constructor"]):
        if node["nodeType"] == "Assignment":
            left, right = node["leftHandSide"], node["rightHandSide"]
            pairs = zip(left.get("components", [left]), right.get("components", [right]), strict=True)
            for name, value in pairs:
                if name.get("referencedDeclaration") == variable:
                    return dict(value)
    raise LookupError(f"the constructor of {contract['name']} does not set {sources.nodes[variable]['name']}")


def _parameter_said(sources: Sources, contract: Node, given: Node) -> str:
    """Return what the comment of a constructor says of the parameter that is given."""
    maker = next(part for part in contract["nodes"] if part.get("kind") == "constructor")
    names = {part["id"]: part["name"] for part in maker["parameters"]["parameters"]}
    for node in walk(given):
        if name := names.get(node.get("referencedDeclaration") or 0):
            return re.sub(rf"^{name} ", "", sources.comment(maker, f"param {name}"))
    return ""


def _own(sources: Sources) -> set[str]:
    return {name for name, node in sources.contracts.items() if node["path"].startswith("contracts/")}
