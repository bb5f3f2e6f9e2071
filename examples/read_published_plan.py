"""Make a published plan again, and trust nobody for it: `python -m examples.read_published_plan INPUTS`.

INPUTS is what `alvh plan` keeps in the state folder for voters (`.alvh/inputs/HASH.json`). The plan is computed from it
anew; the hash is the one that a proposal names. `alvh gov verify` does this for a proposal and compares.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bridge.plans.published import remake
from bridge.plans.records import PlanRecord


def summary(record: PlanRecord) -> dict[str, str]:
    """Return what a voter looks at first."""
    said = record.plan
    return {
        "inputs hash": record.inputs_hash,
        "answer": str(said["decision"]["headline"]),
        "trades": str(len(said["trades"])),
        "CVaR95 unhedged, USD": f"{said['cvar']['unhedged_usd']:,.0f}",
        "CVaR95 with the plan, USD": f"{said['cvar']['hedged_usd']:,.0f}",
    }


if __name__ == "__main__":
    for name, value in summary(remake(Path(sys.argv[1]))).items():
        print(f"{name:26} {value}")
