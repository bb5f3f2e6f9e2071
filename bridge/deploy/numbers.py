"""The numbers of a deployment: what the constructors set, what events say became of it, and what the contracts say now.

What the first event says must be what the file says was constructed, and what all events together come to must be what
the contract answers. So a number that a vote changed since is right, and one that changed without a trace is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from bridge.artifacts import artifact
from bridge.chain.values import Misfit, decode_values
from bridge.snapshot import Snapshot
from bridge.sources.oracle import feed_id
from hedge.policy.parameters import KEYS

TOLD: Final = (
    ("HedgeTimelock", "getMinDelay", "MinDelayChange", "newDuration", "minDelay"),
    ("HedgeGovernor", "votingDelay", "VotingDelaySet", "newVotingDelay", "votingDelay_"),
    ("HedgeGovernor", "votingPeriod", "VotingPeriodSet", "newVotingPeriod", "votingPeriod_"),
    ("HedgeGovernor", "proposalThreshold", "ProposalThresholdSet", "newProposalThreshold", "proposalThreshold_"),
    ("HedgeGovernor", "quorumNumerator", "QuorumNumeratorUpdated", "newQuorumNumerator", "quorumNumerator_"),
    ("HedgeGovernor", "lateQuorumVoteExtension", "LateQuorumVoteExtensionSet", "newVoteExtension", "voteExtension"),
)
"""Numbers that a vote may change: contract, getter, event, its argument, the constructor's argument."""


class Finding(NamedTuple):
    """A number or a set of them, whether it is wrong, and what it is."""

    what: str
    wrong: bool
    words: str


def constructor_arguments(snapshot: Snapshot, contract: str, address: str) -> dict[str, Any]:
    """Return what the file says a contract was created with, by name; nothing where it does not say, or is damaged."""
    kinds: list[Any] = next((each["inputs"] for each in artifact(contract).abi if each["type"] == "constructor"), [])
    try:
        values = decode_values(kinds, bytes.fromhex(snapshot.deployment.created[address][2:]), strict=True)
    except (KeyError, Misfit):
        return {}
    return {kind["name"]: value for kind, value in zip(kinds, values, strict=True)}


def number_findings(snapshot: Snapshot) -> Iterator[Finding]:
    """Compare every number that constructors set with events and with the contracts; their code must be ours."""
    for asset in ("", *sorted(snapshot.deployment.own)):
        for found in (_values(snapshot.of(asset)), _limits(snapshot.of(asset))):
            yield found._replace(what=f"{asset} {found.what}") if asset else found
    for name, getter, event, argument, constructed in TOLD:
        if name in snapshot.deployment.contracts:
            yield _told(snapshot, name, getter, event, argument, constructed)
    for asset, feed in snapshot.deployment.feeds.items():
        yield _reporters(snapshot, asset, feed)
    if "HedgeVotes" in snapshot.deployment.contracts:
        yield _supply(snapshot)


def _values(snapshot: Snapshot) -> Finding:
    """Replay every change of the parameters from the first values on."""
    given = constructor_arguments(snapshot, "HedgeParameters", snapshot.deployment.address("HedgeParameters"))
    genesis = next(iter(snapshot.logs("HedgeParameters", "Genesis")), None)
    if genesis is None:
        return Finding("first values", True, "no event tells of them since deployed_at: it is too late a block")
    values = list(genesis["args"]["firstValues"])
    wrong = _named_differences(values, given.get("values_", values), "was created with")
    changes = [*snapshot.logs("HedgeParameters", "UpdateApplied"), *snapshot.logs("HedgeParameters", "RolledBack")]
    for change in sorted(changes, key=lambda entry: (entry["blockNumber"], entry["logIndex"])):
        told = change["args"]
        if change["event"] == "RolledBack":
            values = list(told["newValues"])
            continue
        keys = told["changedKeys"]
        if len(keys) != len(told["newValues"]) or any(key >= len(values) for key in keys):
            return Finding("values of the keys", True, "an event UpdateApplied is none that it makes: ask another node")
        for key, value in zip(keys, told["newValues"], strict=True):
            values[key] = value
    wrong += _named_differences(list(snapshot.read("HedgeParameters", "values")), values, "by its events is")
    plain = [f"{key.name} {value}" for key, value in zip(KEYS, values, strict=True) if value != key.initial]
    apart = f"apart from this version's: {', '.join(plain)}" if plain else "all as this version's first values"
    words = f"{len(changes)} changes since; {apart}"
    return Finding("values of the keys", bool(wrong), "; ".join(wrong) or words)


def _named_differences(now: list[Any], wanted: list[Any], words: str) -> list[str]:
    pairs = zip(KEYS, now, wanted, strict=True)
    return [f"{key.name} is {held}, {words} {right}" for key, held, right in pairs if held != right]


def _limits(snapshot: Snapshot) -> Finding:
    """Replay every setting of limits, of which the constructor makes the first."""
    given = constructor_arguments(snapshot, "HedgeParameters", snapshot.deployment.address("HedgeParameters"))
    first, last, count = dict[int, Any](), dict[int, Any](), 0
    for entry in snapshot.logs("HedgeParameters", "LimitsSet"):
        key, limits = entry["args"]["key"], tuple(entry["args"]["limits"].values())
        first.setdefault(key, limits)
        last[key], count = limits, count + 1
    ordered = [first.get(key.id) for key in KEYS]
    wrong = _named_differences(ordered, given.get("limits_", ordered), "was created with")
    now = [tuple(snapshot.read("HedgeParameters", "limits", key.id)) for key in KEYS]
    wrong += _named_differences(now, [last.get(key.id) for key in KEYS], "by its events is")
    return Finding("limits of the keys", bool(wrong), "; ".join(wrong) or f"{count - len(KEYS)} changes since")


def _told(snapshot: Snapshot, name: str, getter: str, event: str, argument: str, constructed: str) -> Finding:
    """Compare one number with the events that tell of it."""
    told = [int(entry["args"][argument]) for entry in snapshot.logs(name, event)]
    now = int(snapshot.read(name, getter))
    given = constructor_arguments(snapshot, name, snapshot.deployment.address(name)).get(constructed)
    what = f"{getter} of {name}"
    if not told:
        return Finding(what, True, f"{now}, and no event tells of it since deployed_at: it is too late a block")
    if given is not None and told[0] != given:
        return Finding(what, True, f"was {told[0]} at first, created with {given}")
    return Finding(what, told[-1] != now, f"{now}" if told[-1] == now else f"is {now}, by its events {told[-1]}")


def _reporters(snapshot: Snapshot, asset: str, feed: str) -> Finding:
    """Compare a feed's signers and quorum with the events that set them, and its name with the asset's."""
    given = constructor_arguments(snapshot, "VolatilityOracle", feed)
    told = [entry["args"] for entry in snapshot.logs("VolatilityOracle", "SignersSet", at=feed)]
    signers = [
        list(snapshot.read("VolatilityOracle", "signers", at=feed)),
        snapshot.read("VolatilityOracle", "quorum", at=feed),
    ]
    found = []
    if not told:
        found.append("no event tells of its reporters since deployed_at")
    elif signers != [list(told[-1]["signers"]), told[-1]["quorum"]]:
        found.append(f"its reporters are {_seen(*signers)}, by its events {_seen(*told[-1].values())}")
    if told and given and [given["signers_"], given["quorum_"]] != [list(told[0]["signers"]), told[0]["quorum"]]:
        found.append(f"its first reporters were {_seen(*told[0].values())}, created with others")
    if bytes(snapshot.read("VolatilityOracle", "feedId", at=feed)) != feed_id(asset):
        found.append(f"it is no feed of {asset}")
    return Finding(f"reporters and name of the {asset} feed", bool(found), "; ".join(found) or _seen(*signers))


def _seen(signers: Any, quorum: Any) -> str:
    return f"{quorum} of {', '.join(signers)}"


def _supply(snapshot: Snapshot) -> Finding:
    """Compare the supply of a new token with what it was created with: nobody can mint."""
    given = constructor_arguments(snapshot, "HedgeVotes", snapshot.deployment.address("HedgeVotes"))
    now = int(snapshot.read("HedgeVotes", "totalSupply"))
    wanted = sum(given["amounts"]) if given else now
    words = f"{now / 1e18:,.6g}" if now == wanted else f"is {now}, created with {wanted}"
    return Finding("supply of HedgeVotes, in votes", now != wanted, words)
