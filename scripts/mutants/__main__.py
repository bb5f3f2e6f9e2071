"""Try the mutants of the contracts and of the bridge, and write the numbers into docs/mutation.md: `make mutants`."""

from __future__ import annotations

import argparse
import multiprocessing
import re
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .bridge.campaign import run
from .bridge.chosen import EACH, chosen
from .campaign import SURVIVED, in_order, judge
from .compiler import ROOT
from .ledger import Ledger
from .operators import Mutant
from .page import BRIDGE, CONTRACTS, PAGE, answers, unanswered, written
from .targets import Target, pairs
from .trial import prepare

VERDICTS = ROOT / "scripts" / "mutants" / "verdicts"
COLUMNS = (TextColumn("{task.description:32}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


def main() -> None:
    """Run the campaigns; exit with 1 while a survivor is not answered in docs/mutation.md."""
    parser = argparse.ArgumentParser(prog="python -m scripts.mutants", description=main.__doc__)
    parser.add_argument("what", nargs="?", choices=("contracts", "bridge"), help="one campaign of the two")
    parser.add_argument("--jobs", type=int, default=2, help="workers, each with a node of its own (2)")
    parser.add_argument("--each", type=int, default=EACH, help=f"mutants of one source and kind of the bridge ({EACH})")
    parser.add_argument("--only", default="", help="a pattern of source and name; the page is left alone")
    parser.add_argument("--list", action="store_true", help="print the mutants and try none")
    parser.add_argument("--page", action="store_true", help="write the page from what is on file and try none")
    asked = parser.parse_args()
    open_ones: list[str] = []
    if asked.what != "bridge":
        tested = [pair for pair in pairs() if _asked(pair[0], asked)]
        trials = partial(_contracts, tested, jobs=asked.jobs)
        open_ones += _campaign(CONTRACTS, [mutant for mutant, _ in tested], "contracts.jsonl", trials, asked)
    if asked.what != "contracts":
        changes = [change for change in chosen(asked.each) if _asked(change, asked)]
        trials = partial(run, changes, jobs=asked.jobs, columns=COLUMNS)
        open_ones += _campaign(BRIDGE, changes, "bridge.jsonl", trials, asked)
    if not asked.list:
        print("\n".join(f"survived or untried: {name}" for name in open_ones) or "every survivor is answered")
    sys.exit(1 if open_ones else 0)


def _asked(mutant: Mutant, asked: argparse.Namespace) -> bool:
    return re.search(asked.only, f"{mutant.source} {mutant.name}") is not None


def _campaign(
    name: str, made: Sequence[Mutant], file: str, trials: Callable[[Ledger, set[str]], None], asked: argparse.Namespace
) -> list[str]:
    """Try the mutants of one campaign as it was asked for; returns the names of those that nobody has answered."""
    if asked.list:
        print("\n".join(mutant.name for mutant in made))
        return []
    ledger = Ledger(VERDICTS / file)
    whole = not asked.only and asked.each == EACH
    if whole:
        ledger.forget(made)
    if not asked.page:
        trials(ledger, answers(PAGE.read_text(encoding="utf-8"), name))
    if whole:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), made, ledger, name), encoding="utf-8")
    return unanswered(made, ledger, answers(PAGE.read_text(encoding="utf-8"), name))


def _contracts(tested: list[tuple[Mutant, Target]], ledger: Ledger, answered: set[str], jobs: int) -> None:
    left = [pair for pair in tested if not ledger.settled(pair[0], answered)]
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
