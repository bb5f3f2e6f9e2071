"""A study's settings: which market, which pools and strategies, at what cost; an unknown key is an error."""

from __future__ import annotations

import math
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bridge.errors import BadConfig
from hedge.backtest.path_metrics import Crash

DATA_VARIABLE: Final = "ALVH_DATA"
BESIDE: Final = Path("../shared/data")
"""Where market data is looked for beside a checkout, if neither a setting nor the environment names a folder."""
Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PoolSettings(_Section):
    """One pool, around the price at entry.

    Parameters
    ----------
    recentre_days
        From one re-centring by the calendar to the next; 0 for never, `out_hours` alone then asks for one.
    reset
        Give it its first capital again at every re-centring, so that every week plays the same size; else it
        compounds. The market decides where it is left out: only the pools compound.
    half_out
        Put half of the capital into a second position above the price, where it earns nothing until the price rises.
    fees
        "stated" takes `fee_apr`; "earned" what the whole capital of the recorded pool earned over the days played.
    """

    lower_ratio: Share = 0.8
    upper_ratio: Annotated[float, Field(gt=1)] = 1.25
    half_out: bool = False
    recentre_days: Annotated[float, Field(ge=0, le=3650)] = 7.0
    out_hours: Annotated[float, Field(ge=0)] | None = None
    reset: bool | None = None
    fees: Literal["stated", "earned"] = "stated"
    fee_apr: Annotated[float, Field(ge=0, le=10)] = 0.0
    gas_usd: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    swap_cost: Share = 0.0


class VenueSettings(_Section):
    """Where the hedge is traded; without `collateral_usd` margin is reported and not enforced."""

    perpetual_cost: Share = 0.0005
    funding: Annotated[float, Field(ge=-1, le=1)] = 0.0
    collateral_usd: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    liquidation_cost: Share = 0.0075


class CrashSettings(_Section):
    """A window in which the market broke, days in UTC."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    since: date
    until: date

    @model_validator(mode="after")
    def _ordered(self) -> CrashSettings:
        if self.since >= self.until:
            raise ValueError(f"{self.name}: until {self.until} must be after since {self.since}")
        return self

    @property
    def crash(self) -> Crash:
        """Return it in unix seconds, from the beginning of one day to the beginning of the other."""
        return Crash(self.name, seconds(self.since), seconds(self.until))


class StudySettings(_Section):
    """What is played; what is left out comes from the market.

    Parameters
    ----------
    market
        Name of the market: see `alvh backtest --list`.
    data
        Folder of market data; else the one that ALVH_DATA names, else ../shared/data where it is.
    assets
        Whose pools against USD are hedged.
    start, end
        Days in UTC; all that the market has where they are left out.
    strategies
        By name; the market's own where none is named.
    phases
        How many runs, each beginning a day later: with 7, a weekly strategy decides on every weekday in one of them.
    """

    market: str = "shares"
    data: Path | None = None
    assets: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    strategies: tuple[str, ...] = ()
    phases: Annotated[int, Field(ge=1, le=28)] = 1
    capital_usd: Annotated[float, Field(ge=1, le=1e12)] = 1_000_000.0
    signals: Path | None = None
    pool: PoolSettings = Field(default_factory=PoolSettings)
    venue: VenueSettings = Field(default_factory=VenueSettings)
    crashes: tuple[CrashSettings, ...] = ()

    @field_validator("assets", "strategies")
    @classmethod
    def _once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(names))

    @model_validator(mode="after")
    def _ordered(self) -> StudySettings:
        if self.start and self.end and self.start >= self.end:
            raise ValueError(f"end {self.end} must be after start {self.start}")
        return self

    def folder(self) -> Path:
        """Return the folder of market data.

        Raises
        ------
        BadConfig
            There is none.
        """
        named = self.data or (Path(os.environ[DATA_VARIABLE]) if os.environ.get(DATA_VARIABLE) else None)
        found = named or BESIDE
        if not found.is_dir():
            raise BadConfig(
                f"market data: no folder {found}: name yours with --data DIR or {DATA_VARIABLE}, or run the built-in "
                "study, without --market"
            )
        return found

    def document(self) -> dict[str, Any]:
        """Return the settings that decide results, as JSON: where files are does not."""
        plain: dict[str, Any] = _finite(self.model_dump(mode="json", exclude={"data", "signals"}))
        return plain


def _finite(document: Any) -> Any:
    """Return a document with infinity as a word, which JSON has no number for."""
    if isinstance(document, dict):
        return {name: _finite(value) for name, value in document.items()}
    return str(document) if isinstance(document, float) and math.isinf(document) else document


def seconds(day: date) -> int:
    """Return the unix time at which a day begins in UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
