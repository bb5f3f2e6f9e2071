"""The report as one HTML file: pictures inline, styles inline, nothing loaded from anywhere."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bridge import formats
from bridge.files import write_whole
from bridge.foreign import foreign
from bridge.plans.ledger_words import held_lines, return_lines
from bridge.report import view
from bridge.report.changes import departures, parameter_changes
from bridge.report.content import ReportContent
from bridge.report.pictures.bars import greek_pictures, tail_pictures
from bridge.report.pictures.canvas import Picture
from bridge.report.pictures.frontier import frontier_picture
from bridge.report.pictures.pairs import bets_picture, screens_picture
from bridge.report.pictures.parameters import parameters_picture
from bridge.report.pictures.path import path_pictures
from bridge.report.pictures.payoff import payoff_pictures
from bridge.report.pictures.signals import signal_pictures
from bridge.report.pictures.stress import stress_pictures
from bridge.report.pictures.volatility import verdict, volatility_picture
from bridge.report.signals import signal_views
from bridge.units import utc
from hedge.decision.positions import REALISED_SHARE
from hedge.instruments.layer import LayerRole
from hedge.layers.registry import layer_spec, role_label
from hedge.policy.parameters import KEYS

FOLDER = Path(__file__).parent


def render_report(content: ReportContent) -> str:
    """Return the report as one self-contained HTML page; the same content gives the same bytes."""
    changes = parameter_changes(content)
    return _environment().get_template("report.html.jinja").render(
        content=content,
        plan=content.plan,
        ideas=content.ideas,
        held=content.held,
        held_lines=_held_lines(content),
        pictures=_pictures(content),
        style=Markup((FOLDER / "report.css").read_text(encoding="utf-8")),
        meaning=view.MEANING[content.plan.decision.answer],
        tiles=view.tiles(content),
        above=view.above_target(content.plan),
        days=view.horizon_days(content.plan),
        trades=view.trade_views(content.plan),
        limits=view.limit_views(content.plan),
        positions=view.position_views(content),
        layers=view.layers_by_asset(content),
        balance=view.condor_balance(content.plan),
        changes=changes,
        departures=departures(content),
        executed=content.parameters_after is not None,
        steps=view.timed_steps(content),
        gas_total=view.gas_total(content),
        keys=KEYS,
        realised_share=REALISED_SHARE,
        signals=signal_views(content.plan),
        simulated_signals=view.any_simulated(content),
        verdict=verdict,
        effects=[(layer_spec(effect.name), effect) for effect in content.plan.effects],
        protection=role_label(LayerRole.PROTECTION),
    )  # fmt: skip


def _held_lines(content: ReportContent) -> list[str]:
    """Return profit, margin and return of the ledger's hedge in words; nothing without a ledger."""
    if content.held is None or content.returns is None:
        return []
    return [*held_lines(content.held), *return_lines(content.returns)]


def write_report(path: Path, content: ReportContent) -> Path:
    """Write the report whole or not at all, and return where it is."""
    write_whole(path, render_report(content), shared=True)
    return path


def _shown(value: object) -> object:
    """Return a text without what could disguise it; what is markup of ours stays."""
    return foreign(value, None, lines=True) if type(value) is str else value


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=formats.number, usd=formats.usd, price=formats.price, level=formats.level, quantity=formats.quantity,
        percent=formats.percent, sentence=formats.sentence, said=formats.said, plain=formats.printable,
        significant=formats.significant, label=formats.position_label, earning_range=view.earning_range,
        age=formats.age, utc=lambda at: formats.UNKNOWN if at is None else utc(at),
    )  # fmt: skip
    return environment


def _pictures(content: ReportContent) -> dict[str, tuple[Picture, ...]]:
    """Draw everything, by the name under which the template asks for it; empty where there is nothing to show."""
    executed = content.parameters_after is not None
    some: dict[str, Picture | tuple[Picture, ...] | None] = {
        "payoff": payoff_pictures(content),
        "stress": stress_pictures(content),
        "volatility": volatility_picture(content),
        "tail": tail_pictures(content),
        "frontier": frontier_picture(content),
        "greeks": greek_pictures(content),
        "parameters": parameters_picture(parameter_changes(content), executed=executed),
        "signals": signal_pictures(content),
        "path": path_pictures(content.price_path),
        "bets": bets_picture(content.ideas.bets) if content.ideas else None,
        "screens": screens_picture(content.ideas.screened) if content.ideas else None,
    }
    return {
        name: picture if isinstance(picture, tuple) else (picture,) if picture else () for name, picture in some.items()
    }
