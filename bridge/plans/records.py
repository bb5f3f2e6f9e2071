"""Plans on record: JSON files named by the hash of their inputs, the hash that goes on chain with the update."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from eth_hash.auto import keccak  # eth_utils, which has it too, takes a tenth of a second to import

from bridge.errors import BadFile
from bridge.files import read_text, write_whole
from bridge.json_files import read_json, reading
from bridge.plans.record_shape import mistake_in
from hedge.ledger.fills import Fill
from hedge.policy.parameters import KEYS

FORMAT = 1
HASH: Final = re.compile("0x[0-9a-f]{64}")
HASH_BYTES: Final = 80  # with the end of a line
NO_CHAIN = 0
"""The chain id of a plan that was made on no chain; no node serves it."""


def inputs_hash(inputs: dict[str, Any]) -> str:
    """Return the keccak-256 of the inputs' canonical JSON (sorted keys, no spaces, no NaN), as 0x hex."""
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return "0x" + keccak(text.encode()).hex()


@dataclass(frozen=True)
class PlanRecord:
    """A plan with the block it was made at and its inputs' hash; `plan` is the plan as plain JSON."""

    inputs_hash: str
    chain_id: int
    block_number: int
    block_hash: str
    observed_at: int
    owner: str
    plan: dict[str, Any]

    def update(self, asset: str = "") -> dict[str, Any]:
        """Return what the plan would change in the main ledger, or in the one that an asset has of its own.

        Raises
        ------
        BadFile
            The plan knows no ledger of that asset.
        """
        found = self.plan.get("own_updates", {}).get(asset) if asset else self.plan["update"]
        if found is None:
            raise BadFile("plan", f"it was made without parameters of {asset}'s own: make a new one with `alvh plan`")
        return dict(found)

    def changes(self, asset: str = "") -> dict[int, int]:
        """Return the new value of every governed key that the plan would change; `asset` : as in `update`."""
        return {int(change["key"]): int(change["new"]) for change in self.update(asset)["changes"]}

    def differences(self, asset: str = "") -> list[dict[str, Any]]:
        """Return every change as people read it: name and unit are those of the governed keys, not of a file."""
        rows = self.update(asset)["changes"]
        return [{**row, "name": KEYS[row["key"]].name, "unit": KEYS[row["key"]].unit} for row in rows]

    def path(self, state: Path) -> Path:
        """Return where the record is kept."""
        return record_path(state, self.inputs_hash)

    def save(self, state: Path) -> Path:
        """Keep the record, and remember it as the newest one."""
        content = self.__dict__
        written = {"format": FORMAT, "content_hash": inputs_hash(content), **content}
        text = json.dumps(written, indent=1, allow_nan=False) + "\n"
        write_whole(self.path(state), text)
        write_whole(state / "plans" / "newest", self.inputs_hash + "\n")
        return self.path(state)


def load_record(path: Path) -> PlanRecord:
    """Read a plan record and check it: the hash of its inputs, and the hash of all that was written.

    The second is no defence against who can compute it; it catches a hand that edits a change and proposes it as the
    plan's. Voters check the first against inputs that they gather themselves.

    Raises
    ------
    BadFile
        It is absent, of another format, was changed after it was made, or lacks a field: its name is said.
    """
    with reading(
        path, absent="no such plan: make one with `alvh plan`", otherwise="not a plan as `alvh plan` writes it"
    ):
        content = read_json(path)
        if content.pop("format") != FORMAT:
            raise BadFile(path, f"not a plan of format {FORMAT}: make a new one with `alvh plan`")
        written, mistake = content.pop("content_hash"), mistake_in(content)
        try:
            record = PlanRecord(**content)
            found, whole = inputs_hash(record.plan["inputs"]), inputs_hash(content)
        except (KeyError, TypeError):
            raise ValueError(mistake) from None
    if found != record.inputs_hash:
        raise BadFile(
            path, f"its inputs hash to {found}, it says {record.inputs_hash}: it was changed, make a new plan"
        )
    if whole != written:
        raise BadFile(path, f"its content hashes to {whole}, it says {written}: it was changed, make a new plan")
    if mistake:
        raise BadFile(path, f"not a plan as `alvh plan` writes it ({mistake}): make a new one")
    return record


def newest_record(state: Path) -> PlanRecord:
    """Read the plan that was made last.

    Raises
    ------
    BadFile
        None was made in this state folder.
    """
    pointer = state / "plans" / "newest"
    with reading(pointer, absent="no plan was made yet: run `alvh plan`", otherwise="names no plan: make one anew"):
        found = HASH.fullmatch(read_text(pointer, HASH_BYTES).strip())
        if found is None:
            raise ValueError("it is no hash of inputs")
    return load_record(record_path(state, found[0]))


def own_record(state: Path, chain_id: int, owner: str) -> PlanRecord | None:
    """Return the newest plan if it is of this chain and owner; None where there is none, or another's."""
    if not (state / "plans" / "newest").exists():
        return None
    record = newest_record(state)
    return record if (record.chain_id, record.owner.lower()) == (chain_id, owner.lower()) else None


def find_record(state: Path, wanted_hash: str) -> PlanRecord | None:
    """Return the record of an inputs hash, or None where this machine does not have it."""
    path = record_path(state, wanted_hash)
    return load_record(path) if path.is_file() else None


def record_path(state: Path, wanted_hash: str) -> Path:
    """Return where the record of an inputs hash is kept, if it is."""
    return state / "plans" / f"{wanted_hash}.json"


def followed_record(state: Path, fills: Iterable[Fill], otherwise: PlanRecord | None) -> PlanRecord | None:
    """Return the plan that a hedge follows: the newest one that a fill names and this machine has.

    Parameters
    ----------
    fills
        Entries of the ledger that count, by time. Each may name its plan by the first digits of its inputs' hash.
    otherwise
        The plan of the parameters in force, where no fill names one that was made after it.

    Raises
    ------
    BadFile
        A plan that is named is damaged.
    """
    names = {fill.plan.removeprefix("0x") for fill in fills if fill.plan}
    files = [path for path in sorted((state / "plans").glob("0x*.json")) if HASH.fullmatch(path.stem)] if names else []
    made = [load_record(path) for path in files if any(path.stem[2:].startswith(name) for name in names)]
    every = [*made, *([otherwise] if otherwise else [])]
    return max(every, key=lambda record: record.observed_at, default=None)
