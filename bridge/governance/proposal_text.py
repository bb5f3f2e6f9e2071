"""What voters read: the description of a proposal, which is part of its identity."""

from __future__ import annotations

from typing import Final

from eth_utils import to_checksum_address

from bridge.plans.records import PlanRecord
from bridge.sources.made_up import plan_sources
from bridge.units import utc

SHOWN: Final = ("name", "old", "new", "unit", "reason", "effect")


ENDS_PAUSE: Final = "The same proposal ends the guardian's pause first: nothing else comes in between."


def describe(record: PlanRecord, proposer: str, attempt: int = 1, unpause: bool = False, asset: str = "") -> str:
    """Write what voters read: what changes, why, what it does, and the block and inputs that it can be checked with.

    Parameters
    ----------
    unpause
        Whether the proposal ends a pause first.
    asset
        Whose own ledger the proposal is for; empty for the main one.
    """
    rows, answer = record.differences(asset), record.plan["decision"]["answer"]
    lines = [
        f"# Hedge parameters{f' of {asset}' if asset else ''}: {len(rows)} change{'s' if len(rows) != 1 else ''}",
        "",
        f"Observed at block {record.block_number} ({utc(record.observed_at)}). Decision of the plan: {answer}.",
        f"Book of {record.owner}",
        f"Inputs hash: {record.inputs_hash}",
        *([ENDS_PAUSE] if unpause else []),
        *(f"Numbers from {words}" for words, _ in plan_sources(record.plan["inputs"])),
        "",
        "| parameter | old | new | unit | why | effect |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append("| " + " | ".join(str(row[name]) for name in SHOWN) + " |")
    return close_description("\n".join(lines), proposer, attempt)


def close_description(text: str, proposer: str, attempt: int) -> str:
    """End a description: the attempt, if it is not the first, and the line that binds it to its proposer.

    The governor lets nobody else bring a proposal that ends in such a line, so nobody else can bring and cancel it.
    """
    again = f"\n\nAttempt {attempt}: those before were cancelled or defeated." if attempt > 1 else ""
    return f"{text}{again}\n\n#proposer={to_checksum_address(proposer)}"
