"""`alvh backtest` and `alvh simulate`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.flags import JsonOption, print_json, say

if TYPE_CHECKING:
    from bridge.study.settings import StudySettings
    from bridge.study.simulation import SimulationSettings

STUDIES = Path(".alvh/studies")
HASH_DIGITS = 10
WIDE = 110
NARROW = ("strategy", "mean", "CVaR95", "90 % interval", "cost")
COLUMNS = ("strategy", "weeks", "mean", "std", "worst", "CVaR95", "90 % interval", "cost a week", "CVaR95 removed")
SIMULATED_COLUMNS = ("hedge", "mean", "std", "CVaR95", "CVaR99")

SettingsOption = Annotated[
    Path | None, typer.Option("--settings", help="TOML file of settings; a flag beside it wins.")
]
DataOption = Annotated[Path | None, typer.Option("--data", help="Folder of market data; else ALVH_DATA.")]
OutOption = Annotated[Path | None, typer.Option("--out", help="Folder of the results; a run in it goes on.")]
WorkersOption = Annotated[int, typer.Option("--workers", min=1, help="Processes; one a core by default.")]
ClusterOption = Annotated[str | None, typer.Option("--cluster", help="A Dask scheduler instead: tcp://host:port.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Throw away other results that are in the folder.")]
ReportOption = Annotated[Path | None, typer.Option("--report", help="HTML report; default: in the folder.")]
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def backtest(
    settings: SettingsOption = None,
    market: Annotated[str | None, typer.Option("--market", help="What is played; --list names them.")] = None,
    assets: Annotated[list[str] | None, typer.Option("--asset", help="Asset of the pools, again for more.")] = None,
    strategies: Annotated[list[str] | None, typer.Option("--strategy", help="By name; give it again for more.")] = None,
    start: Annotated[str | None, typer.Option("--start", help="First day, such as 2026-01-15.")] = None,
    end: Annotated[str | None, typer.Option("--end", help="The day after the last.")] = None,
    phases: Annotated[
        int | None, typer.Option("--phases", min=1, help="Runs, each begins a day later; default 1.")
    ] = None,
    capital: Annotated[float | None, typer.Option("--capital", help="USD in the pools; default 1,000,000.")] = None,
    data: DataOption = None,
    out: OutOption = None,
    workers: WorkersOption = CORES,
    cluster: ClusterOption = None,
    force: ForceOption = False,
    report: ReportOption = None,
    listed: Annotated[bool, typer.Option("--list", help="Name the markets and strategies, and stop.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Play hedges through a market's own history, week by week, and say what they were worth and how sure that is.

    With nothing given it plays the built-in study, the S&P 500 and the VIX 2014 to 2018. Results are kept in a folder;
    a run that is cut short goes on when it is started again.

    Examples: alvh backtest; alvh backtest --market deribit --phases 7; alvh backtest --market modelled --asset BTC
    --strategy plan --strategy daily_delta --start 2022-01-01; alvh backtest --settings study.toml --json
    """
    from bridge.extras import require_extra

    if listed:
        _print_listed(as_json)
        return
    require_extra("study", "a backtest")
    given = {
        "market": market, "assets": assets, "strategies": strategies, "start": start, "end": end, "phases": phases,
        "capital_usd": capital, "data": data,
    }  # fmt: skip
    chosen = _study_settings(settings, given)
    _play(chosen, out or _study_folder(chosen), report, as_json, workers=workers, cluster=cluster, force=force)


def _play(chosen: StudySettings, folder: Path, report: Path | None, as_json: bool, **how: Any) -> None:
    """Play a study, write its report and print its figures; ends with 1 where a part of it failed."""
    from bridge.study.progress import progress_for
    from bridge.study.report.html import write_study_report
    from bridge.study.study import run_study

    place = _report_place(report, folder)
    with _resumable(folder):
        done = run_study(chosen, folder, progress=progress_for(as_json), **how)
    page = write_study_report(place, done.summary, done.summary["title"])
    _answer(done.summary, folder, page, as_json, _print_study)
    if done.summary["failed"]:
        raise typer.Exit(1)


def _report_place(report: Path | None, folder: Path) -> Path:
    """Return where the report goes; a place that cannot be written to is refused before anything is played."""
    from bridge.files import PAGE, require_writable

    place = report or folder / "report.html"
    require_writable(place, PAGE)
    return place


def _answer(summary: Mapping[str, Any], folder: Path, page: Path, as_json: bool, show: Callable[..., None]) -> None:
    """Print the figures and where they are kept."""
    if as_json:
        print_json({**summary, "folder": str(folder), "report": str(page)})
    else:
        show(summary, folder, page)


@contextmanager
def _resumable(folder: Path) -> Iterator[None]:
    """Say what stays where somebody stops the run."""
    try:
        yield
    except KeyboardInterrupt:
        say(f"what is done stays in {folder}: the same command goes on from there", stderr=True)
        raise


def _study_folder(settings: StudySettings) -> Path:
    """Return where the results of a study go: the same settings and files have the same folder."""
    from bridge.study.inputs import read_inputs
    from bridge.study.markets.spec import MARKETS

    inputs = read_inputs(settings.document(), MARKETS[settings.market].files(settings))
    return STUDIES / f"{settings.market}-{inputs.sha256[:HASH_DIGITS]}"


def _study_settings(path: Path | None, given: Mapping[str, Any]) -> StudySettings:
    from bridge.study.settings import StudySettings

    chosen: StudySettings = _settings(StudySettings, path, given)
    return chosen


def _settings(model: Any, path: Path | None, given: Mapping[str, Any]) -> Any:
    """Return the settings of a file with what the command line gives before them; a mistake is one line."""
    from pydantic import ValidationError

    from bridge.errors import UsageError
    from bridge.toml_files import first_mistake, read_toml

    stated = read_toml(path, model).model_dump(exclude_unset=True) if path else {}
    named = {name: value for name, value in given.items() if value not in (None, [], ())}
    try:
        return model.model_validate(stated | named)
    except ValidationError as error:
        raise UsageError(first_mistake(error)) from error


def _print_listed(as_json: bool) -> None:
    from bridge.cli.show import console, table
    from bridge.formats import printable
    from bridge.study.markets.spec import MARKETS
    from bridge.study.strategies import strategy_specs

    markets = [[market.name, market.title, ", ".join(market.strategies)] for market in MARKETS.values()]
    strategies = [[printable(spec.name), printable(spec.title)] for spec in strategy_specs()]
    if as_json:
        print_json({"markets": [row[:2] for row in markets], "strategies": strategies})
        return
    out = console()
    out.print(table("Markets", ("name", "what it is", "plays where none is named"), markets, left=3))
    out.print()
    out.print(table("Strategies", ("name", "what it does"), strategies, left=2))


def _print_study(summary: Mapping[str, Any], folder: Path, page: Path) -> None:
    from bridge.cli.show import console, table

    out = console()
    wide = out.width >= WIDE
    rows = [_study_row(one, wide) for one in summary["strategies"]]
    title = f"{summary['title']}, {_day(summary['start'])} to {_day(summary['end'])}"
    out.print(
        table(f"{title}; USD a week on {summary['capital_usd']:,.0f} of pools", COLUMNS if wide else NARROW, rows)
    )
    out.print("CVaR95: mean loss of the worst 5 % of weeks, with its 90 % interval; cost: what trading the hedge took")
    out.print()
    for line in (*(f"note: {line}" for line in summary["warnings"]), *summary["assumptions"]):
        out.print(f"  {line}", markup=False)
    for row in summary["problem_rows"]:
        out.print(f"  in the data: {row['count']} {row['kind']} ({row['what']})", markup=False)
    for failure in summary["failed"]:
        out.print(f"  failed: {failure}", markup=False)
    out.print(f"\nkept in {folder}, report {page}", markup=False)


def _study_row(one: Mapping[str, Any], wide: bool) -> list[str]:
    from bridge.cli.show import usd

    tail = one["intervals"]["cvar95"]
    known = tail["low"] is not None
    between = f"{_thousands(tail['low'])} to {_thousands(tail['high'])}" if known else f"{one['weeks']} weeks: too few"
    mean, cvar, cost = usd(one["mean"]), usd(one["cvar95"]), usd(one["cost_a_week"])
    if not wide:
        return [one["strategy"], mean, cvar, between, cost]
    removed = usd(one["cvar_removed_usd"])
    return [one["strategy"], str(one["weeks"]), mean, usd(one["std"]), usd(one["worst"]), cvar, between, cost, removed]


def _thousands(value: float) -> str:
    return f"{value / 1000:,.0f}k" if abs(value) >= 10_000 else f"{value:,.0f}"


def _day(at: int) -> str:
    from bridge.units import utc

    return utc(at)[:10]


def simulate(
    settings: SettingsOption = None,
    model: Annotated[
        str | None, typer.Option("--model", help="gbm, heston, merton, regimes, filtered or bootstrap.")
    ] = None,
    paths: Annotated[int | None, typer.Option("--paths", min=1000, help="How many paths; default 100,000.")] = None,
    days: Annotated[int | None, typer.Option("--days", min=1, help="Days of each path; default 30.")] = None,
    vol: Annotated[float | None, typer.Option("--vol", help="Annual volatility; default 0.6, 60 %.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Of the random numbers; default 7.")] = None,
    market: Annotated[str | None, typer.Option("--market", help="Whose closes filtered and bootstrap draw.")] = None,
    data: DataOption = None,
    out: OutOption = None,
    workers: WorkersOption = CORES,
    cluster: ClusterOption = None,
    force: ForceOption = False,
    report: ReportOption = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate a pool position alone and under five hedges, on the same paths, and say what each removes.

    The same seed gives the same numbers, whatever does the work.

    Examples: alvh simulate; alvh simulate --model heston --paths 1000000; alvh simulate --model filtered --market
    modelled --data market-data --json
    """
    from bridge.extras import require_extra

    require_extra("study", "a simulation")
    from bridge.study.progress import progress_for
    from bridge.study.report.simulation import write_simulation_report
    from bridge.study.simulation import SimulationSettings, run_simulation, simulation_inputs

    given = {
        "model": model, "paths": paths, "days": days, "vol": vol, "seed": seed, "market": market, "data": data,
    }  # fmt: skip
    chosen: SimulationSettings = _settings(SimulationSettings, settings, given)
    inputs = simulation_inputs(chosen)
    folder = out or STUDIES / f"simulate-{chosen.model}-{inputs.sha256[:HASH_DIGITS]}"
    place = _report_place(report, folder)
    if not as_json:
        sys.stderr.write("the first simulation after an installation compiles for some ten seconds\n")
    progress = progress_for(as_json)
    with _resumable(folder):
        done = run_simulation(chosen, folder, workers=workers, cluster=cluster, force=force, progress=progress)
    page = write_simulation_report(place, done.summary)
    _answer(done.summary, folder, page, as_json, _print_simulation)


def _print_simulation(summary: Mapping[str, Any], folder: Path, page: Path) -> None:
    from bridge.cli.show import console, number, table

    def shown(estimate: Mapping[str, float]) -> str:
        return f"{number(estimate['value'], 5)} ± {estimate['error']:.2f}"

    out, own = console(), summary["settings"]
    rows = [[name, *(shown(row[kind]) for kind in ("mean", "std", "cvar95", "cvar99"))]
            for name, row in summary["rows"].items()]  # fmt: skip
    title = f"bp of capital over {own['days']} days, {own['paths']:,} paths of {own['model']}, ± standard error"
    out.print(table(title, SIMULATED_COLUMNS, rows))
    out.print()
    for line in summary["notes"]:
        out.print(f"  {line}", markup=False)
    out.print(f"\nkept in {folder}, report {page}", markup=False)
