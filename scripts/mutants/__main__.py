"""Try every mutant of the core contracts, and write the numbers into docs/mutation.md: `make mutants`."""

from __future__ import annotations

import argparse
import multiprocessing
import re
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .campaign import SURVIVED, in_order, judge
from .compiler import ROOT
from .ledger import Ledger
from .operators import Mutant
from .page import PAGE, answers, unanswered, written
from .targets import Target, pairs
from .trial import prepare

LEDGER = ROOT / "build" / "mutants.jsonl"
COLUMNS = (TextColumn("{task.description:32}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


def main() -> None:
    """Run the campaign; exit with 1 while a survivor is not answered in docs/mutation.md."""
    parser = argparse.ArgumentParser(prog="python -m scripts.mutants", description=main.__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="workers, each with a node of its own (2)")
    parser.add_argument("--only", default="", help="a pattern of source and name; the page is left alone")
    parser.add_argument("--list", action="store_true", help="print the mutants and try none")
    parser.add_argument("--page", action="store_true", help="write the page from what is on file and try none")
    asked = parser.parse_args()
    chosen = [pair for pair in pairs() if re.search(asked.only, f"{pair[0].source} {pair[0].name}")]
    if asked.list:
        print("\n".join(mutant.name for mutant, _ in chosen))
        return
    ledger = Ledger(LEDGER)
    if not asked.page:
        _campaign(chosen, ledger, asked.jobs)
    if not asked.only:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), [m for m, _ in chosen], ledger), encoding="utf-8")
    open_ones = unanswered([mutant for mutant, _ in chosen], ledger, answers(PAGE.read_text(encoding="utf-8")))
    print("\n".join(f"survived or untried: {name}" for name in open_ones) or "every survivor is answered")
    sys.exit(1 if open_ones else 0)


def _campaign(chosen: list[tuple[Mutant, Target]], ledger: Ledger, jobs: int) -> None:
    answered = answers(PAGE.read_text(encoding="utf-8"))
    left = [pair for pair in chosen if not ledger.settled(pair[0], answered)]
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork"), prepare) as workers:
        # The workers are forked here, before the bar's thread exists, whose locks a fork would inherit as they are.
        orders = {target: workers.submit(in_order, target) for target in dict.fromkeys(target for _, target in left)}
        with Progress(*COLUMNS) as progress:
            bar = progress.add_task("the tests, unchanged contracts", total=len(left))
            tests = {target: order.result() for target, order in orders.items()}
            trials = {workers.submit(judge, mutant, target, tests[target]): mutant for mutant, target in left}
            for done in as_completed(trials):
                mutant, verdict = trials[done], done.result()
                ledger.add(mutant, verdict)
                if verdict.outcome == SURVIVED:
                    progress.console.print(f"survived: {mutant.name}", markup=False, highlight=False, soft_wrap=True)
                progress.update(bar, advance=1, description=mutant.place[:32])


if __name__ == "__main__":
    main()
