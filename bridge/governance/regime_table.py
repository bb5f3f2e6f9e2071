"""The regime table: which values hold at which volatility. The DAO votes it, anyone applies the row of the hour.

    file -> RegimeTable -> does it fit the parameters? -> setTable ... one step towards a row -> applyRow

`RegimeAutomation` holds the table and judges both; nothing of its rules about floors and times is repeated here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from bridge.errors import BadFile, RefusedAction
from bridge.formats import percent, plain
from bridge.governance.updates import Update
from bridge.plans.observe import Governed
from bridge.snapshot import Snapshot
from bridge.toml_files import read_toml
from bridge.units import volatility_from_e8, volatility_to_e8
from hedge.policy.parameters import KEYS, broken_rules

if TYPE_CHECKING:
    from web3.types import TxReceipt

    from bridge.chain.signers import Signer

AUTOMATION = "RegimeAutomation"
HOUR = 3600
_IDS = {key.name: key.id for key in KEYS}


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Row(_Written):
    floor: Annotated[float, Field(ge=0, le=10)]
    together: bool = False
    values: Annotated[dict[str, Annotated[int, Field(ge=0, lt=2**32)]], Field(min_length=1)]


class _File(_Written):
    asset: str
    hysteresis: Annotated[float, Field(ge=0, le=1)]
    dwell_up_hours: Annotated[float, Field(gt=0, le=8_760)]
    dwell_down_hours: Annotated[float, Field(gt=0, le=8_760)]
    row: Annotated[int, Field(ge=0, lt=256)] = 0
    rows: Annotated[tuple[_Row, ...], Field(min_length=2)]


@dataclass(frozen=True)
class RegimeTable:
    """A table as the contract takes it.

    Parameters
    ----------
    asset : whose feed selects the row. keys : ids, ascending. row : the one that holds when the table begins.
    rows : floor (1e8 = 100 % a year) and values by key, in each key's unit.
    terms : hysteresis (1e8 = 100 %), seconds to dwell before a higher row, and before a lower one.
    together : numbers of the rows that move all of their keys in one update, or none.
    """

    asset: str
    keys: tuple[int, ...]
    rows: tuple[tuple[int, tuple[int, ...]], ...]
    terms: tuple[int, int, int]
    row: int
    together: tuple[int, ...] = ()

    def arguments(self) -> tuple[Any, ...]:
        """Return the arguments of `setTable`."""
        return self.keys, self.rows, self.terms, self.row


def load_table(path: Path) -> RegimeTable:
    """Read a table from a TOML file (docs/governance.md shows one).

    Raises
    ------
    BadFile
        It is absent, no TOML, has a number out of range, a key that does not exist, or rows of different keys.
    """
    written = read_toml(path, _File)
    names = written.rows[0].values.keys()
    for place, row in enumerate(written.rows):
        unknown = sorted(row.values.keys() - _IDS.keys())
        if unknown:
            raise BadFile(path, f"rows.{place}: no parameter {', '.join(unknown)}: one of {', '.join(_IDS)}")
        if row.values.keys() != names:
            raise BadFile(path, f"rows.{place}: names {', '.join(row.values)}, the first row {', '.join(names)}")
    keys = tuple(sorted(_IDS[name] for name in names))
    return RegimeTable(
        written.asset,
        keys,
        tuple((_e8(row.floor), tuple(row.values[KEYS[key].name] for key in keys)) for row in written.rows),
        (_e8(written.hysteresis), round(written.dwell_up_hours * HOUR), round(written.dwell_down_hours * HOUR)),
        written.row,
        tuple(number for number, row in enumerate(written.rows) if row.together),
    )


def require_fitting(table: RegimeTable, governed: Governed) -> None:
    """Check that every row, put upon the parameters in force, is inside their limits and breaks no rule across keys.

    Raises
    ------
    RefusedAction
        The row, and what it breaks: the automation would revert before it reaches such a row. Or it moves its keys
        together, and one of them is more than a step from the row beside it: then it would wait for ever.
    """
    _require_one_step(table, governed)
    for number, (_, values) in enumerate(table.rows):
        row = dict(zip(table.keys, values, strict=True))
        for key, value in row.items():
            limits = governed.limits[key]
            if not limits.min <= value <= limits.max:
                raise RefusedAction(
                    f"row {number}: {KEYS[key].name} {value} is outside its bounds, {limits.min} to {limits.max}"
                )
        broken = broken_rules(governed.parameters.replaced(row))
        if broken:
            raise RefusedAction(f"row {number} breaks {'; '.join(map(str, broken))} with the other values in force")


def _require_one_step(table: RegimeTable, governed: Governed) -> None:
    for number in table.together:
        for beside in (each for each in (number - 1, number + 1) if 0 <= each < len(table.rows)):
            for key, old, new in zip(table.keys, table.rows[beside][1], table.rows[number][1], strict=True):
                limits = governed.limits[key]
                step = limits.step_up if new > old else limits.step_down
                if abs(new - old) > step:
                    moved = f"{KEYS[key].name} {old} -> {new} from row {beside}"
                    raise RefusedAction(
                        f"row {number} moves its keys together, and {moved} is more than a step, {step}"
                    )


def table_lines(
    keys: Sequence[int], rows: Sequence[Any], terms: Sequence[int], row: int, now: Sequence[int] | None = None
) -> list[str]:
    """Say what a table does, from the arguments of `setTable`: what holds at the beginning, then a line for each row.

    Parameters
    ----------
    now
        The values in force by key: what a row would change is named beside them, what it would not is counted.
    """
    hysteresis, up, down = terms.values() if isinstance(terms, dict) else terms
    beyond = f"beyond a floor by {plain(percent(volatility_from_e8(hysteresis), 2))}"
    lines = [f"row {row} holds at the beginning; up after {up / HOUR:g} h and down after {down / HOUR:g} h {beyond}"]
    for number, band in enumerate(rows):
        floor, values = band.values() if isinstance(band, dict) else band
        pairs = [*zip(keys, values, strict=False)]
        told = _pairs(pairs) if now is None else _changes(pairs, now)
        lines.append(f"row {number} from {plain(percent(volatility_from_e8(floor), 2))}: {told}")
    return lines


def _name(key: int) -> str:
    return KEYS[key].name if key < len(KEYS) else f"key {key}"


def _pairs(pairs: Sequence[tuple[int, int]]) -> str:
    return ", ".join(f"{_name(key)} {value}" for key, value in pairs)


def _changes(pairs: Sequence[tuple[int, int]], now: Sequence[int]) -> str:
    """Name the values of a row that are not those in force, beside those that are, and count the others."""
    moved = [(key, value) for key, value in pairs if key >= len(now) or now[key] != value]
    if not moved:
        return "the values in force"
    told = [f"{_name(key)} {value} ({_in_force(key, now)})" for key, value in moved]
    same = len(pairs) - len(moved)
    return ", ".join(told) + (f"; {same} other{'s' if same > 1 else ''} as in force" if same else "")


def _in_force(key: int, now: Sequence[int]) -> str:
    return f"now {now[key]}" if key < len(now) else "there is no such parameter"


def read_step(snapshot: Snapshot) -> tuple[int, Update]:
    """Read the row that the feed selects, and the update of one step towards it.

    Raises
    ------
    ContractReverted
        Nothing can be applied now: the contract's error says why.
    UnknownAddress
        The deployment has no automation.
    """
    row, update = snapshot.read(AUTOMATION, "preview")
    keys, values, observed_at, expiry, inputs_hash = update
    return int(row), Update(tuple(keys), tuple(values), observed_at, expiry, "0x" + bytes(inputs_hash).hex())


def send_row(snapshot: Snapshot, sender: Signer) -> TxReceipt:
    """Apply one step towards the row that the feed selects; anyone may.

    Raises
    ------
    ContractReverted
        Nothing can be applied now, or a step breaks a rule across keys: nothing was sent.
    """
    return snapshot.send(sender, AUTOMATION, "applyRow")


def read_checkpoint(snapshot: Snapshot) -> tuple[int, int, int]:
    """Read the newest checkpoint: row, since when answers select it (unix seconds), newest round; all 0 for none."""
    row, since, number = snapshot.read(AUTOMATION, "checkpoint")
    return int(row), int(since), int(number)


def send_poke(snapshot: Snapshot, sender: Signer) -> TxReceipt:
    """Write down since when answers select another row; anyone may.

    Raises
    ------
    ContractReverted
        The automation is stopped or the feed is stale: nothing was sent.
    """
    return snapshot.send(sender, AUTOMATION, "poke")


def _e8(volatility: float) -> int:
    return volatility_to_e8(volatility) if volatility else 0
