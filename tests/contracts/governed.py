"""The world of HedgeParameters in tests: three roles, genesis values and limits, and how an update is written."""

from __future__ import annotations

from typing import Any

from onchain import DAY, Deployed

from hedge.policy.parameters import KEYS

TIMELOCK = "0x00000000000000000000000000000000000000DA"
STEWARD = "0x0000000000000000000000000000000000005757"
GUARDIAN = "0x0000000000000000000000000000000000006A6a"
ANYBODY = "0x000000000000000000000000000000000000aBcD"

COUNT = len(KEYS)
VALUES = [key.initial for key in KEYS]
UP = [-(-key.initial // 5) or key.most for key in KEYS]  # choices, whose first value is 0, go anywhere at once
DOWN = [-(-key.initial // 2) or key.most for key in KEYS]
LIMITS = [(key.least, key.most, up, down, DAY) for key, up, down in zip(KEYS, UP, DOWN, strict=True)]
WIDE = [(key.least, key.most, 2**32 - 1, 2**32 - 1, DAY) for key in KEYS]

WHOLE = (list(range(COUNT)), True)
"""What a rollback of every key is asked, of those that were de-risked too."""

RULE_ERRORS = {
    "horizon <= volatilityMostDays and tailMostDays": "HorizonAboveLongestTenor",
    "costBudget <= cashBudget": "CostBudgetAboveCashBudget",
    "volatilityPremiumCap <= cashBudget": "VolatilityPremiumCapAboveCashBudget",
    "tailPremiumCap <= cashBudget": "TailPremiumCapAboveCashBudget",
    "condorShortDelta <= tailMostDelta": "CondorDeltaAboveTailDelta",
    "volatilityLeastDays < volatilityMostDays": "VolatilityLeastDaysNotBelowMostDays",
    "tailMostDelta < volatilityMostDelta": "TailDeltaNotBelowVolatilityDelta",
    "tailLeastDays < tailMostDays": "TailLeastDaysNotBelowMostDays",
    "tailLeastDelta < tailMostDelta": "TailLeastDeltaNotBelowMostDelta",
}
"""The contract's error for each rule across keys, as hedge names it."""

DAO, BY_STEWARD = 0, 1
HASH = bytes.fromhex("a1" * 32)

Update = tuple[list[int], list[int], int, int, bytes]


def update(
    contract: Deployed, changes: dict[int, int], *, observed_at: int | None = None, expiry: int | None = None,
    inputs_hash: bytes = HASH,
) -> Update:  # fmt: skip
    """Write an update that was observed at the newest block and lives ten days, unless told otherwise."""
    seen = contract.node.now if observed_at is None else observed_at
    last = seen + 10 * DAY if expiry is None else expiry
    return list(changes), list(changes.values()), seen, last, inputs_hash


def vote(contract: Deployed, changes: dict[int, int], **terms: Any) -> dict[str, Any]:
    """Apply an update as the DAO."""
    return contract.send("applyUpdate", update(contract, changes, **terms), sender=TIMELOCK)


def steer(contract: Deployed, changes: dict[int, int], **terms: Any) -> dict[str, Any]:
    """Schedule an update as the steward, wait for the delay, and apply it."""
    wanted = update(contract, changes, **terms)
    contract.send("scheduleUpdate", wanted, sender=STEWARD)
    contract.node.advance(DAY)
    return contract.send("applyScheduled", wanted, sender=STEWARD)


def widen(contract: Deployed) -> None:
    """Lift every step limit (bounds stay), and wait for the cooldown that this starts."""
    for key, limits in enumerate(WIDE):
        contract.send("setLimits", key, limits, sender=TIMELOCK)
    contract.node.advance(DAY)


def values(contract: Deployed) -> list[int]:
    """Read the values in force."""
    return list(contract.read("values"))


def changed(changes: dict[int, int], base: list[int] | None = None) -> list[int]:
    """Return the genesis values, or others, with some changed."""
    return [changes.get(key, value) for key, value in enumerate(base or VALUES)]
