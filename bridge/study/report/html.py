"""The page of a study as one HTML file: pictures inline, styles inline, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from markupsafe import Markup

from bridge.files import write_whole
from bridge.formats import shortened
from bridge.report import html as plan_report
from bridge.report.pictures.canvas import Picture
from bridge.study.report import figures
from bridge.study.report.answers import answers, interval_words
from bridge.study.report.comparison import comparison_words
from bridge.study.report.pictures.attribution import attribution_pictures
from bridge.study.report.pictures.calibration import calibration_pictures
from bridge.study.report.pictures.frontier import frontier, frontier_pictures
from bridge.study.report.pictures.lines import drawdown_pictures, profit_pictures
from bridge.study.report.pictures.pools import pools_picture
from bridge.study.report.pictures.spans import quarters_picture
from bridge.study.report.pictures.weeks import weeks_picture
from bridge.study.report.view import StudyView, day, study_view

FOLDER: Final = Path(__file__).parent
STYLES: Final = (plan_report.FOLDER / "report.css", FOLDER / "study.css")
LONG_NAME: Final = 90
"""Letters of a file's or a problem's name that the page shows."""
MOST_FINDINGS: Final = 100
"""Findings in the data that the page lists one by one; the document has them all."""


def render_study_report(summary: Mapping[str, Any], title: str) -> str:
    """Return a study's page; the same summary gives the same bytes.

    Parameters
    ----------
    summary
        The study's document, as `bridge.study.summary.summarise` makes it and summary.json holds it.
    title
        At the top of the page.

    Raises
    ------
    BadFile
        The document lacks something that every summary has.
    """
    study = study_view(summary)
    return _environment().get_template("study.html.jinja").render(
        title=title,
        study=study,
        document=study.document,
        style=Markup("".join(path.read_text(encoding="utf-8") for path in STYLES)),
        pictures=_pictures(study),
        answers=answers(study),
        columns=figures.COLUMNS,
        rows=figures.strategy_rows(study),
        cautions=figures.cautions(study),
        betas=figures.beta_rows(study),
        prices={point.strategy.key: point for point in frontier(study, "cost")},
        means={point.strategy.key: point for point in frontier(study, "given up")},
        years=figures.spans(study, "years"),
        quarters=figures.spans(study, "quarters"),
        crashes=figures.crashes(study),
        calibration=figures.calibration_rows(study),
        comparison=comparison_words(study),
        interval=interval_words,
        most_findings=MOST_FINDINGS,
        footer=_footer(),
    )  # fmt: skip


def write_study_report(path: Path, summary: Mapping[str, Any], title: str) -> Path:
    """Write a study's page whole or not at all, and return where it is.

    Parameters and errors as `render_study_report`.
    """
    write_whole(path, render_study_report(summary, title), shared=True)
    return path


def _environment() -> Environment:
    """Return the plan report's environment, with its macros and filters, and the study's template before them."""
    shared = plan_report._environment()
    own = shared.overlay(loader=ChoiceLoader([FileSystemLoader(FOLDER), FileSystemLoader(plan_report.FOLDER)]))
    own.filters.update(day=day, short=lambda text, most=LONG_NAME: shortened(str(text), most))
    return own


def _footer() -> Markup:
    """Return the plan report's footer, its disclaimer: one text for both, word by word."""
    source = (plan_report.FOLDER / "report.html.jinja").read_text(encoding="utf-8")
    return Markup(source[source.index("<footer>") : source.index("</footer>")] + "</footer>")


def _pictures(study: StudyView) -> dict[str, tuple[Picture, ...]]:
    """Draw everything, by the name under which the template asks for it; empty where there is nothing to show."""
    if not study.strategies:
        return dict.fromkeys(
            ("profit", "drawdown", "weeks", "frontier", "attribution", "calibration", "quarters", "pools"), ()
        )
    some: dict[str, Picture | tuple[Picture, ...] | None] = {
        "profit": profit_pictures(study),
        "drawdown": drawdown_pictures(study),
        "weeks": weeks_picture(study),
        "frontier": frontier_pictures(study),
        "attribution": attribution_pictures(study),
        "calibration": calibration_pictures(study),
        "quarters": quarters_picture(study),
        "pools": pools_picture(study),
    }
    return {
        name: picture if isinstance(picture, tuple) else (picture,) if picture else () for name, picture in some.items()
    }
