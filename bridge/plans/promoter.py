"""The promoter's plan beside the steward's: a yield-chaser, to compare with.

It is never written as a ticket, never kept, and has no proposed update: what is shown of it is no plan on record, so
`alvh propose` has nothing to take.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from bridge.plans.make import Asked, Planned
from hedge.decision.update.promoter import PromoterPolicy, promote
from hedge.plan.chase import Chase, chase
from hedge.policy.parameters import KEYS, Parameters
from hedge.units import json_number

LIMITED: Final = ("hedged", "month_hedged")
CHASED: Final = ("credit_usd", "margin_usd", "unhedged", "chased", "month_unhedged", "month_chased")


@dataclass(frozen=True)
class Promoted:
    """What the promoter would do: its parameters, the plan that the limits leave of them, and the sales it would like.

    Parameters
    ----------
    changes
        Old and new value of each key that it would change, by name.
    planned
        Under these values, with every limit in force.
    chased
        Without any limit but its caps on notional; None for a book that is worth nothing.
    """

    policy: PromoterPolicy
    changes: dict[str, tuple[int, int]]
    planned: Planned
    chased: Chase | None

    def to_dict(self) -> dict[str, Any]:
        """Return what is shown: no inputs, no update, nothing that could be proposed."""
        plan, chased = self.planned.plan, self.chased
        return {
            "proposable": self.policy.proposable,
            "reasons": list(self.policy.reasons),
            "parameters": {name: new for name, (_, new) in self.changes.items()},
            "within_limits": {
                "answer": plan.decision.answer,
                "trades": [trade.to_dict() for trade in plan.trades],
                "cvar_usd": {name: json_number(getattr(plan.risk, name)) for name in LIMITED},
            },
            "unchecked": None if chased is None else {
                "trades": [trade.to_dict() for trade in chased.trades],
                **{name: json_number(getattr(chased, name)) for name in CHASED},
            },
        }  # fmt: skip


def promoted(governed: Parameters, make: Callable[[Asked], Planned], asked: Asked) -> Promoted:
    """Make the promoter's plan of the same book, holdings and quotes.

    Parameters
    ----------
    governed
        The parameters in force, which the promoter changes within their bounds and the rules across keys.
    make
        What makes a plan of the book.
    """
    policy = promote(governed)
    values = zip(KEYS, governed.to_values(), policy.parameters.to_values(), strict=True)
    changes = {key.name: (old, new) for key, old, new in values if old != new}
    planned = make(replace(asked, parameters={name: new for name, (_, new) in changes.items()}))
    seen, value = planned.observation, planned.plan.exposure.value_usd
    past = planned.readings.past
    chased = chase(seen.book, seen.market, planned.option_chains, policy.parameters, value, past)
    return Promoted(policy, changes, planned, chased)
