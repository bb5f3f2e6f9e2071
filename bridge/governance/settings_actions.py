"""Settings that only the DAO changes: limits of keys, governor, timelock, owner of a feed, power of the automation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.chain.addresses import checked_address
from bridge.errors import RefusedAction, UnknownAddress, UsageError
from bridge.governance.inspection import RESERVED, inspect_address, warning_lines
from bridge.governance.postconditions import Answer, Postcondition
from bridge.governance.regime_table import AUTOMATION
from bridge.governance.roles import AUTOMATION_ROLE
from bridge.snapshot import Call, Snapshot
from bridge.sources.oracle import feed_of
from hedge.policy.parameters import KEYS


@dataclass(frozen=True)
class GovernanceAction:
    """The text of a governance action, its calls, what must be true after them, and what to know before them."""

    text: str
    calls: tuple[Call, ...]
    postconditions: tuple[Postcondition, ...]
    warnings: tuple[str, ...] = ()


LIMITS: Final = ("min", "max", "stepUp", "stepDown", "cooldown")
MOST_LIMIT: Final = 2**32


@dataclass(frozen=True)
class Setting:
    """A setting of the governor: its setter, its unit, above its largest value, and how many of the chain's are one."""

    setter: str
    unit: str
    above: int
    scale: int = 1


SETTINGS: Final[Mapping[str, Setting]] = {
    "votingDelay": Setting("setVotingDelay", "s from a proposal to its vote", 2**48),
    "votingPeriod": Setting("setVotingPeriod", "s of vote", 2**32),
    "proposalThreshold": Setting("setProposalThreshold", "whole votes to propose", 2**128, 10**18),
    "quorumNumerator": Setting("updateQuorumNumerator", "% of the supply that must vote", 2**256),
    "lateQuorumVoteExtension": Setting("setLateQuorumVoteExtension", "s of vote left after a late quorum", 2**48),
}


def build_limits(snapshot: Snapshot, arguments: Sequence[str]) -> GovernanceAction:
    """Set the limits of keys; a field that is left empty stays as it is."""
    at = snapshot.deployment.address("HedgeParameters")
    calls, answers, lines = [], [], []
    for name, written in _pairs(arguments, {key.name for key in KEYS}).items():
        key = next(key for key in KEYS if key.name == name)
        found = snapshot.read("HedgeParameters", "limits", key.id)
        old = tuple(found.values()) if isinstance(found, Mapping) else tuple(found)
        new = _limits(name, written, old)
        if new == old:
            raise RefusedAction(f"the limits of {name} are {limits_words(old)} already: leave it out")
        calls.append(snapshot.call("HedgeParameters", "setLimits", key.id, new))
        answers.append(Answer("limits", (key.id,), new, f"the limits of {name} are {limits_words(new)}"))
        lines.append(f"| {name} | {limits_words(old)} | {limits_words(new)} | {key.unit} |")
    head = ["# Other limits", "", "| parameter | limits now | limits then | unit |", "|---|---|---|---|"]
    return GovernanceAction(
        "\n".join(head + lines), tuple(calls), (Postcondition("HedgeParameters", at, tuple(answers)),)
    )


def _limits(name: str, written: str, old: tuple[int, ...]) -> tuple[int, ...]:
    parts = written.split(",")
    if len(parts) != len(LIMITS):
        raise UsageError(f"{name}={written[:60]}: write KEY={','.join(LIMITS).upper()}; an empty one stays as it is")
    pairs = zip(LIMITS, parts, old, strict=True)
    return tuple(_number(f"{what} of {name}", part, MOST_LIMIT) if part else now for what, part, now in pairs)


def limits_words(limits: Sequence[int]) -> str:
    """Say what a key's limits are: bounds, largest steps, rest."""
    least, most, up, down, rest = limits
    return f"{least} to {most}, up {up}, down {down}, rest {rest} s"


def build_governor(snapshot: Snapshot, arguments: Sequence[str]) -> GovernanceAction:
    """Set settings of the governor, which it keeps inside its own floors."""
    at = snapshot.deployment.address("HedgeGovernor")
    calls, answers, lines = [], [], []
    for name, written in _pairs(arguments, set(SETTINGS)).items():
        setting = SETTINGS[name]
        old = int(snapshot.read("HedgeGovernor", f"{name}()"))
        new = _number(name, written, setting.above) * setting.scale
        then, now = (f"{value / setting.scale:.18g}" for value in (new, old))
        if new == old:
            raise RefusedAction(f"{name} is {now} already: leave it out")
        calls.append(snapshot.call("HedgeGovernor", setting.setter, new))
        answers.append(
            Answer(f"{name}()", (), new, f"{name} of the governor is {then}{f' {setting.unit}' * (setting.scale > 1)}")
        )
        lines.append(f"| {name} | {now} | {then} | {setting.unit} |")
    head = ["# Other settings of the governor", "", "| setting | now | then | unit |", "|---|---|---|---|"]
    return GovernanceAction(
        "\n".join(head + lines), tuple(calls), (Postcondition("HedgeGovernor", at, tuple(answers)),)
    )


def build_timelock(snapshot: Snapshot, arguments: Sequence[str]) -> GovernanceAction:
    """Set for how long what passed waits in the timelock."""
    at, new = snapshot.deployment.address("HedgeTimelock"), _number("the delay", arguments[0], 2**64)
    old = int(snapshot.read("HedgeTimelock", "getMinDelay"))
    if new == old:
        raise RefusedAction(f"the timelock's delay is {old} s already")
    text = f"# Another delay of the timelock\n\n{new} s instead of {old} s. What waits in it already keeps its time."
    delay = Answer("getMinDelay", (), new, f"what passes waits {new} s in the timelock")
    calls = (snapshot.call("HedgeTimelock", "updateDelay", new),)
    return GovernanceAction(text, calls, (Postcondition("HedgeTimelock", at, (delay,)),))


def build_feed_owner(snapshot: Snapshot, arguments: Sequence[str]) -> GovernanceAction:
    """Give a feed to another owner, who alone may then replace its reporters."""
    asset, new = arguments[0], checked_address(arguments[1])
    at = feed_of(snapshot, asset)
    old = str(snapshot.read("VolatilityOracle", "owner", at=at))
    if int(new, 16) < RESERVED:
        raise UnknownAddress(new, "an account that can own a feed")
    if new == old:
        raise RefusedAction(f"{new} owns the {asset} feed already")
    timelock = snapshot.deployment.address("HedgeTimelock")
    lost = [] if new == timelock else [f"warning: the DAO ({timelock}) can then no longer replace the feed's reporters"]
    text = f"# Another owner of the {asset} feed\n\nFeed {at}. {new} instead of {old}."
    owns = Answer("owner", (), new, f"{new} owns the {asset} feed")
    calls = (snapshot.call("VolatilityOracle", "transferOwnership", new, at=at),)
    warned = (*lost, *([] if new == timelock else warning_lines(inspect_address(snapshot, new))))
    return GovernanceAction(text, calls, (Postcondition("VolatilityOracle", at, (owns,)),), warned)


def build_revocation(snapshot: Snapshot, _: Sequence[str]) -> GovernanceAction:
    """Take the power over values from every automation; voting a table gives it back."""
    at = snapshot.deployment.address("HedgeParameters")
    held = list(snapshot.read("HedgeParameters", "getRoleMembers", AUTOMATION_ROLE))
    if not held:
        raise RefusedAction(f"no automation has power over the parameters: {AUTOMATION} holds no role")
    calls = [snapshot.call("HedgeParameters", "revokeRole", AUTOMATION_ROLE, each) for each in held]
    answers = [Answer("hasRole", (AUTOMATION_ROLE, each), False, f"{each} may set no values") for each in held]
    text = (
        f"# No automation any more\n\n{', '.join(held)} may then set no values. A vote of a table gives the power back."
    )
    return GovernanceAction(text, tuple(calls), (Postcondition("HedgeParameters", at, tuple(answers)),))


def _pairs(arguments: Sequence[str], names: set[str]) -> dict[str, str]:
    """Read NAME=VALUE arguments, each name once."""
    found: dict[str, str] = {}
    for text in arguments:
        name, sign, value = text.partition("=")
        if not sign or name not in names:
            raise UsageError(f"{text[:60]!r}: write NAME=VALUE with one of {', '.join(sorted(names))}")
        if name in found:
            raise UsageError(f"{name} stands twice: give it once")
        found[name] = value
    return found


def _number(what: str, text: str, above: int) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 78 or int(text) >= above:
        raise UsageError(f"{what} is {text[:60]!r}: a whole number, 0 to {above - 1}")
    return int(text)
