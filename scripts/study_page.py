"""Play the studies of real quotes and write their table into docs/backtest.md: `make study`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from bridge.errors import BridgeError
from bridge.study.progress import progress_for
from bridge.study.settings import StudySettings
from bridge.study.study import run_study
from bridge.study.table import markdown_table
from scripts.forecast_table import forecast_checks, forecast_table

ROOT = Path(__file__).resolve().parent.parent
PAGE, PROGRAMME = ROOT / "docs" / "backtest.md", ROOT / "docs" / "programme.md"
STUDIES = ROOT / "reports" / "study"


BOOKS: Final = {
    "one range, 0.8 to 1.25 of the price": {},
    "a v2 pool": {"lower_ratio": 0.0, "upper_ratio": 1e6},
    "half of it above the price, out of range": {"half_out": True},
}
"""The books that are played, by what people call them, and what their pool settings change."""
OF_OTHER_BOOKS: Final = (
    "hold_50_50", "rules", "plan", "plan_no_target", "plan_holding", "plan_holding_all", "plan_4_weeks",
    "rules_4_weeks", "weekly_delta", "strip_30_delta",
)  # fmt: skip


def main() -> None:
    """Write docs/backtest.md and docs/programme.md; the results stay in reports/study."""
    tables = []
    for asset in ("ETH", "BTC"):
        for number, (title, pool) in enumerate(BOOKS.items(), 1):
            chosen = OF_OTHER_BOOKS if pool else ()
            settings = StudySettings.model_validate(
                {"market": "deribit", "assets": (asset,), "phases": 7, "pool": pool, "strategies": chosen}
            )
            folder = STUDIES / f"{asset}-{number}"
            done = run_study(settings, folder, workers=2, force=True, progress=progress_for(False))
            tables.append(f"**{asset}, {title}**\n\n{markdown_table(done.summary)}")
    write_between(PAGE, "study", "\n\n".join(tables))
    write_between(PROGRAMME, "forecast", forecast_table(forecast_checks(StudySettings().folder())))


def write_between(page: Path, name: str, text: str) -> None:
    """Put text between the marks ``<!-- name -->`` and ``<!-- /name -->`` of a page."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, rest = page.read_text(encoding="utf-8").split(start)
    page.write_text(f"{before}{start}\n{text}\n{end}{rest.split(end)[1]}", encoding="utf-8")
    print(f"written: {page.relative_to(ROOT)}")


if __name__ == "__main__":
    try:
        main()
    except BridgeError as error:
        sys.exit(f"error: {error}")
