"""Chain snapshots from a venue, once or on a schedule: each a part of a folder that is read as a chain file.

Quotes of the past cannot be had from a venue: what is not collected is gone. So a round that fails is said and counted,
and the next one comes at its time.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pandas as pd

from bridge.errors import BadFile, BridgeError, SourceUnavailable, UsageError
from bridge.extras import require_extra
from bridge.files import lock_file, make_private, write_durably
from bridge.sources.chain_parts import part_name, part_times
from bridge.units import utc
from bridge.venues.clock import Clock
from bridge.venues.deribit import Deribit
from bridge.venues.option_rows import Listed, OptionRows, option_rows

FORMS: Final = (".csv", ".parquet")
LEAST_SECONDS: Final = 60
"""What is less than a minute apart is one snapshot to whoever reads the folder."""


def take(venue: Deribit, assets: Sequence[str], listed: Listed, *, linear: bool) -> list[OptionRows]:
    """Return one snapshot of each asset.

    Raises
    ------
    SourceUnavailable
        The venue does not answer, or lists no options on one of them.
    """
    found = option_rows(venue, list(assets), listed, linear=linear)
    known = {each.asset for each in found}
    if missing := [asset for asset in assets if asset not in known]:
        raise SourceUnavailable(venue.place, f"it lists no options on {', '.join(missing)}")
    return found


def write_chain(path: Path, found: Sequence[OptionRows]) -> None:
    """Write snapshots as a chain file, CSV or parquet by the ending of its name; it is whole or absent.

    The name is one that `require_form` takes.

    Raises
    ------
    BadFile
        It cannot be written.
    """
    frame = pd.DataFrame([row for each in found for row in each.rows])
    if path.suffix == ".parquet":
        content = io.BytesIO()
        frame.to_parquet(content, index=False, compression="zstd")
        made = content.getvalue()
    else:
        made = frame.to_csv(index=False).encode()
    try:
        write_durably(path, made)
    except OSError as error:
        raise BadFile(path, f"cannot be written: {error.strerror}") from error


def require_form(path: Path) -> None:
    """Check that a file's name says a form that we write.

    Raises
    ------
    UsageError
        It does not.
    MissingTool
        It is parquet, and the extra that writes it is not installed.
    """
    if path.suffix not in FORMS:
        raise UsageError(f"--out {path}: its name ends in none of {', '.join(FORMS)}")
    if path.suffix == ".parquet":
        require_extra("parquet", "a parquet file", "name a file that ends in .csv: --out")


def told_json(each: OptionRows) -> dict[str, Any]:
    """Return what was taken of an asset, for machines."""
    sides = sum(row["bid"] == row["bid"] and row["ask"] == row["ask"] for row in each.rows)
    return {
        "asset": each.asset,
        "observed_at": each.observed_at,
        "options": len(each.rows),
        "quoted": sides,
        "left_out": dict(each.left_out),
    }


def told_words(each: OptionRows) -> str:
    """Return what was taken of an asset, in words."""
    told = told_json(each)
    words = f"{each.asset} {utc(each.observed_at)}: {told['options']} options, {told['quoted']} with both sides"
    return f"{words}; left out {each.words}" if each.words else words


@dataclass
class Collector:
    """Takes snapshots into a folder.

    Parameters
    ----------
    every
        Seconds from one round's begin to the next one's.
    took, failed
        Are told of an asset that was taken in, and of what was not.
    """

    venue: Deribit
    assets: tuple[str, ...]
    folder: Path
    every: int
    linear: bool
    clock: Clock
    took: Callable[[OptionRows], None]
    failed: Callable[[BridgeError], None]
    rounds: int = field(default=0, init=False)
    parts: int = field(default=0, init=False)
    faults: int = field(default=0, init=False)

    def run(self, count: int | None) -> None:
        """Take a snapshot at each time of the schedule, `count` of them, or until it is stopped.

        Raises
        ------
        BadFile, UsageError
            The folder holds something else, or another collector writes to it; the schedule is too fast.
        MissingTool
            The extra that writes the parts is not installed.
        """
        require_extra("parquet", "a collection")
        if self.every < LEAST_SECONDS:
            raise UsageError(f"--every {self.every}s: at least {LEAST_SECONDS}s, nearer parts are one snapshot")
        try:
            make_private(self.folder)
        except OSError as error:
            raise BadFile(self.folder, f"cannot be made: {error.strerror}") from error
        part_times(self.folder)
        with lock_file(self.folder / ".lock"):
            listed, due = Listed(self.venue), self.clock.now()
            while True:
                self._round(listed)
                if self.rounds == count:
                    return
                due += self.every * max(1, -(-(self.clock.now() - due) // self.every))  # missed rounds are not made up
                self.clock.sleep(max(due - self.clock.now(), 0.0))

    def _round(self, listed: Listed) -> None:
        self.rounds += 1
        found: list[OptionRows] = []
        for asset in self.assets:  # one by one: what fails of one asset takes no other with it
            try:
                found += take(self.venue, [asset], listed, linear=self.linear)
            except BridgeError as error:
                self._fault(error)
        if not found:
            return
        try:
            place = self.folder / part_name(max(each.observed_at for each in found))
            if place.exists():
                raise SourceUnavailable(self.venue.place, f"its quotes are those of {place.name} still")
            write_chain(place, found)
        except BridgeError as error:  # a full disk may have room again
            self._fault(error)
            return
        self.parts += 1
        for each in found:
            self.took(each)

    def _fault(self, error: BridgeError) -> None:
        self.faults += 1
        self.failed(error)
