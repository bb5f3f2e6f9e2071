"""A simulation: one LP position and its hedges on many paths of a model, in parts that workers share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from bridge.errors import BadConfig, BridgeError
from bridge.files import write_whole
from bridge.study.inputs import RunInputs, read_inputs
from bridge.study.markets.spec import MARKETS
from bridge.study.play import load_market
from bridge.study.progress import Progress
from bridge.study.runner import run_tasks
from bridge.study.settings import StudySettings
from bridge.study.store import Store
from bridge.study.study import SUMMARY
from bridge.study.tasks import Part, Task
from hedge.simulate.hedged_lp import ROWS, LpProfits, LpScenario, describe, lp_profits
from hedge.simulate.history import FilteredHistory, Garch, StationaryBootstrap
from hedge.simulate.models import GBM, HestonPaths, Merton, Regimes

if TYPE_CHECKING:
    from hedge.simulate.columns import PathModel

PART: Final = 25_000
"""Paths of a task: two seconds of work at hourly steps."""
BINS: Final = 60
UNFAIR: Final = (
    "Under this model options at one volatility are not fairly priced: means differ, and a hedge may look rich."
)
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Volatility = Annotated[float, Field(ge=0.01, le=5)]


class SimulationSettings(BaseModel):
    """What is simulated.

    Parameters
    ----------
    model
        gbm, heston, merton, regimes; filtered (filtered history) and bootstrap draw from a market's daily closes.
    vol, implied_vol
        Annual volatility of the paths, and the one that options are priced at; the same where it is left out.
    market, asset
        Whose closes filtered and bootstrap draw from, as `alvh backtest` names them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Literal["gbm", "heston", "merton", "regimes", "filtered", "bootstrap"] = "gbm"
    paths: Annotated[int, Field(ge=1000, le=50_000_000)] = 100_000
    days: Annotated[int, Field(ge=1, le=365)] = 30
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 7
    vol: Volatility = 0.6
    implied_vol: Volatility | None = None
    lower_ratio: Annotated[float, Field(gt=0, lt=1)] = 0.8
    upper_ratio: Annotated[float, Field(gt=1, lt=100)] = 1.25
    mean_reversion: Positive = 4.0
    vol_of_vol: Positive = 1.5
    spot_vol_correlation: Annotated[float, Field(gt=-1, lt=1)] = -0.3
    jumps_a_year: Annotated[float, Field(ge=0, le=200)] = 12.0
    jump_mean: Annotated[float, Field(ge=-1, le=1)] = -0.03
    jump_std: Annotated[float, Field(ge=0, le=1)] = 0.08
    crisis_vol: Volatility = 1.2
    market: str = "shares"
    asset: str = ""
    data: Path | None = None

    @model_validator(mode="after")
    def _used(self) -> SimulationSettings:
        if self.drawn and "vol" in self.model_fields_set:
            raise ValueError(f"vol is that of the market's closes with {self.model}: leave it out")
        if not self.drawn and self.model_fields_set & {"market", "asset", "data"}:
            raise ValueError(f"market, asset and data are for filtered and bootstrap: leave them out with {self.model}")
        if self.model == "merton" and self.quiet_variance < 0.0:
            raise ValueError(f"vol {self.vol:g} is less than its jumps make alone: raise it, or make them fewer")
        return self

    @property
    def quiet_variance(self) -> float:
        """Return the annual variance between Merton's jumps."""
        return self.vol**2 - self.jumps_a_year * (self.jump_mean**2 + self.jump_std**2)

    @property
    def drawn(self) -> bool:
        """Tell whether paths are drawn from a market's history."""
        return self.model in ("filtered", "bootstrap")

    def document(self) -> dict[str, Any]:
        """Return the settings that decide results, as JSON."""
        return self.model_dump(mode="json", exclude={"data"})


@dataclass(frozen=True)
class Simulation:
    """What a simulation left: its figures, where they are, and tasks that failed."""

    summary: Mapping[str, Any]
    folder: Path
    failed: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Setting:
    """A model and a position, ready to be simulated."""

    model: PathModel
    scenario: LpScenario


def make_setting(settings: SimulationSettings) -> Setting:
    """Return the model and the position that the settings ask for.

    Raises
    ------
    BadConfig, BadFile
        A market's history cannot be used.
    """
    returns = _returns(settings) if settings.drawn else np.zeros(0)
    vol = float(np.std(returns) * np.sqrt(365.0)) if settings.drawn else settings.vol
    scenario = LpScenario(
        range_low=settings.lower_ratio,
        range_high=settings.upper_ratio,
        days=settings.days,
        steps_a_day=1 if settings.drawn else 24,
        implied_vol=settings.implied_vol or vol,
        strike_gap=0.25 * (1.0 - settings.lower_ratio),
        condor_rolls=settings.days // 7,
    )
    return Setting(_model(settings, returns), scenario)


def _model(settings: SimulationSettings, returns: np.ndarray) -> PathModel:
    from hedge.options import Heston

    vol = settings.vol
    if settings.model == "heston":
        terms = Heston(vol**2, settings.mean_reversion, vol**2, settings.vol_of_vol, settings.spot_vol_correlation)
        return HestonPaths(1.0, terms)
    if settings.model == "merton":
        jumps = settings.jumps_a_year
        return Merton(1.0, settings.quiet_variance**0.5, jumps, settings.jump_mean, settings.jump_std)
    if settings.model == "regimes":
        return Regimes(1.0, (vol, settings.crisis_vol), [[0.0, 4.0], [12.0, 0.0]])
    if settings.model == "filtered":
        return FilteredHistory.fit(1.0, returns, Garch.ewma())
    if settings.model == "bootstrap":
        return StationaryBootstrap(1.0, returns, 5.0, centred=True)
    return GBM(1.0, vol)


def _market_settings(settings: SimulationSettings) -> StudySettings:
    return StudySettings(market=settings.market, data=settings.data, assets=(settings.asset,) if settings.asset else ())


def _returns(settings: SimulationSettings) -> np.ndarray:
    """Return daily log returns of the market's first asset, or the one that is named."""
    market = load_market(_market_settings(settings))
    asset = settings.asset or market.pools[0].base
    if asset not in market.history.prices:
        raise BadConfig(f"asset {asset!r}: the market {settings.market} has {', '.join(market.history.prices)}")
    return np.diff(np.log(market.history.prices[asset].values))


def _simulate_part(task: Task, settings: SimulationSettings) -> Part:
    """Simulate the paths of one task."""
    first, count = task.arguments
    setting = make_setting(settings)
    found = lp_profits(setting.model, setting.scenario, count, settings.seed, first)
    frame = pd.DataFrame(dict(zip(ROWS, found.profits, strict=True)))
    facts = {"condor_credit": found.condor_credit, "daily_turnover": found.daily_turnover}
    return Part({"profits": frame}, facts)


def simulation_inputs(settings: SimulationSettings) -> RunInputs:
    """Return what the results of a simulation follow from."""
    files = MARKETS[settings.market].files(_market_settings(settings)) if settings.drawn else {}
    return read_inputs(settings.document(), files)


def run_simulation(
    settings: SimulationSettings,
    folder: Path,
    *,
    workers: int = 1,
    cluster: str | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Simulation:
    """Simulate, keep the profits of every path in a folder, and return the figures.

    Raises
    ------
    BadConfig, BadFile, MissingTool
        As `bridge.study.study.run_study`.
    BridgeError
        A part failed: its reason.
    """
    setting = make_setting(settings)
    inputs = simulation_inputs(settings)
    tasks = [
        Task(f"paths-{first}", (first, min(PART, settings.paths - first))) for first in range(0, settings.paths, PART)
    ]
    with Store(folder, inputs, force=force) as store:
        done = run_tasks(
            tasks,
            partial(_simulate_part, settings=settings),
            store=store,
            workers=workers,
            cluster=cluster,
            progress=progress,
        )
    if done.failed:
        raise BridgeError(f"{len(done.failed)} of {len(tasks)} parts failed, the first: {done.failed[0]}")
    parts = [
        LpProfits(done.results.frame(key, "profits").to_numpy().T, **done.results.facts(key))
        for key in done.results.keys
    ]
    summary = _summary(settings, setting, parts) | {"inputs_sha256": inputs.sha256, "files": dict(inputs.files)}
    write_whole(folder / SUMMARY, json.dumps(summary, indent=1, allow_nan=False) + "\n")
    return Simulation(summary, folder, done.failed)


def _summary(settings: SimulationSettings, setting: Setting, parts: list[LpProfits]) -> dict[str, Any]:
    found = describe(setting.scenario, parts)
    profits = 1e4 * np.concatenate([part.profits for part in parts], axis=1)
    low, high = (float(edge) for edge in np.quantile(profits, [0.0005, 0.9995]))
    edges = np.linspace(low, high, BINS + 1)
    fair = () if settings.model == "gbm" else (UNFAIR,)
    return {
        "settings": settings.document(),
        "implied_vol": setting.scenario.implied_vol,
        "unit": "bp of capital",
        **found.to_dict(),
        "histogram": {
            "edges": edges.tolist(),
            "shares": {
                name: (np.histogram(row, edges)[0] / profits.shape[1]).tolist()
                for name, row in zip(ROWS, profits, strict=True)
            },
        },
        "notes": [
            "Fees of the pool, spreads, funding and margin are left out: the table ranks hedges by what they remove.",
            "Options are priced at one volatility; paths have no drift.",
            *fair,
        ],
    }
