"""A plan's inputs, whole, in a file for voters: whoever has it makes the same plan again and trusts nobody for it.

`alvh plan` keeps it in the state folder, `alvh gov verify` reads it. The hash that goes on chain is of inputs in which
quotes and the past are digests; here they are in full.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final
from warnings import catch_warnings

from bridge.chain.blocks import BlockRef
from bridge.errors import BadFile, UntrustedNumber
from bridge.files import write_whole
from bridge.json_files import read_json, reading
from bridge.plans.make import Planned, record_of
from bridge.plans.owners import is_owner
from bridge.plans.record_shape import mistake_in
from bridge.plans.records import PlanRecord
from hedge.errors import HedgeError
from hedge.plan.published import bulk_inputs, remake_plan, whole

FORMAT: Final = 1


def inputs_path(state: Path, inputs_hash: str) -> Path:
    """Return where the inputs of a plan are kept."""
    return state / "inputs" / f"{inputs_hash}.json"


def keep_plan(planned: Planned, state: Path) -> Path:
    """Keep a plan and its inputs, and remember it as the newest one; returns the path of its record."""
    readings = planned.readings
    bulk = bulk_inputs(planned.option_chains, readings.past, planned.plan.holdings, readings.signals)
    content = {"format": FORMAT, "inputs": planned.record.plan["inputs"], **bulk}
    text = json.dumps(content, allow_nan=False, separators=(",", ":")) + "\n"
    write_whole(inputs_path(state, planned.record.inputs_hash), text)
    return planned.record.save(state)


def remake(path: Path) -> PlanRecord:
    """Make the plan again whose inputs a file holds; nothing in it is believed.

    Raises
    ------
    BadFile
        It is absent, too large, or no plan can be made from it.
    """
    with reading(
        path,
        absent="no such file: ask the proposer for the inputs of the plan, which `alvh plan` keeps",
        otherwise="not the inputs of a plan as `alvh plan` keeps them",
    ):
        content = _read(path)
        said = content["inputs"]
        try:
            with catch_warnings(action="ignore"):  # of numbers that overflow: the plan says what becomes of them
                plan = remake_plan(said, content)
        except (HedgeError, OverflowError, MemoryError, RecursionError) as error:
            raise BadFile(path, f"no plan can be made from it: {error}") from error
        if plan.inputs["market"]["observed_at"] != plan.inputs["at"]:
            raise ValueError("it is of one time, its market of another")
        block = BlockRef(whole(said["block_number"]), str(said["block_hash"]), whole(said["at"]))
        chain_id, histories = whole(said["chain_id"]), said["histories"]
        try:
            record = record_of(plan, str(said["owner"]), chain_id, block, histories)
        except UntrustedNumber as error:
            raise BadFile(path, f"no plan can be made from it: {error}") from error
        if mistake := mistake_in(vars(record)):
            raise ValueError(mistake)
        return record


def _read(path: Path) -> dict[str, Any]:
    content = read_json(path)
    if content["format"] != FORMAT:
        raise BadFile(path, f"not inputs of format {FORMAT}: ask for them anew")
    if not is_owner(content["inputs"]["owner"]):
        raise ValueError("its owner is no address")
    if not isinstance(content["inputs"]["histories"], dict | None):
        raise TypeError("it does not say where its histories are from")
    return dict(content)
