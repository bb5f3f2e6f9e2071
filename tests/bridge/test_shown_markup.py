"""Texts that others wrote are shown as they are: what looks like markup of the terminal's is none."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from eth_utils import to_checksum_address

from bridge.adapters.pool_position import Unread
from bridge.alerts.snapshots import Alert
from bridge.alerts.watch import Watched
from bridge.cli import _complain
from bridge.cli.book import print_unread
from bridge.cli.drafts import print_draft
from bridge.cli.flags import say
from bridge.cli.local import _print_world
from bridge.cli.monitor import _write_line, print_alerts, print_watched
from bridge.cli.plan_text import print_kept
from bridge.cli.proof import _print_checks
from bridge.cli.safeguards import safeguard_lines
from bridge.cli.show import GOES_ON, console, table
from bridge.cli.study import _print_study
from bridge.config import Config
from bridge.governance.governor import list_proposals
from bridge.governance.preflight import rehearsal
from bridge.governance.rivals import Rival
from bridge.governance.safeguards import AutomationStatus, BreakerStatus
from bridge.governance.verify import Check, Outcome
from bridge.local.accounts import account
from bridge.local.world import World
from tests.bridge.watch_steps import watched
from tests.e2e.command import Run
from tests.e2e.conftest import project, run  # noqa: F401

RECEIPT = {"blockNumber": 3, "gasUsed": 21_000, "transactionHash": b"\x11" * 32}
MARKED = "[bold]x[/bold] [/] [red]"


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_print_kept__folders_with_brackets__are_named_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    print_kept(Path("[red]plan"), Path("[b]r.html"), Path("o[/b].csv"))
    assert shown(capsys) == "kept as [red]plan, report [b]r.html, orders o[/b].csv"


@pytest.mark.parametrize(
    ("state", "sent", "said"),
    [
        (None, None, "would be proposal 7; not sent: repeat with --send"),
        (None, RECEIPT, f"proposed: 7, in block 3 for 21,000 gas, transaction 0x{'11' * 32}"),
        ("active", None, "this proposal exists and is active: 7; nothing was sent"),
        ("defeated", None, "this proposal exists and is defeated: 7; nothing was sent: --again brings it once more"),
    ],
)
def test_print_draft__words_with_brackets__are_said_in_full_with_what_became_of_it(
    capsys: pytest.CaptureFixture[str], state: str | None, sent: Any, said: str
) -> None:
    draft: Any = SimpleNamespace(postconditions=(MARKED,), executable_at=0, state=state, id=7)
    print_draft(draft, sent, [Rival(1, "pending", (MARKED,))])
    out = shown(capsys)
    assert f"executed only if then: {MARKED} executable" in out
    assert f"proposal 1 (pending) with {MARKED};" in out
    assert out.endswith(said)
    print_draft(SimpleNamespace(postconditions=(), executable_at=0, state=state, id=7), sent, [])  # type: ignore[arg-type]
    out = shown(capsys)
    assert "executed only if" not in out
    assert "also on its way" not in out


def test_print_watched__trouble_of_a_breaker_with_brackets__is_said_in_full(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = watched(world, Config(state=tmp_path))
    troubled = tuple(replace(breaker, trouble=MARKED) for breaker in found.seen.breakers)
    print_watched(Watched(replace(found.seen, breakers=troubled), found.alerts))
    out = shown(capsys)
    assert out.count(f"closed, {MARKED}") == 2
    assert "no open proposals" in out
    assert "parameters version 1, active: " in out


def test_print_world__price_file_with_brackets__is_named_in_full(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    other = replace(world, path=replace(world.path, source=MARKED))
    _print_world(other, Path("[b]d.json"), Path("[b]h"), False)
    out = shown(capsys)
    assert f"prices: {MARKED} deployment: [b]d.json" in out
    assert "simulated histories: [b]h, for" in out
    for name, address in world.deployment.accounts.items():
        assert address in out, name
    for pool in world.market.pools:
        assert f"pool {pool.name} {pool.address}" in out


def test_print_study__words_with_brackets__are_said_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    summary = {
        "strategies": [], "title": "t", "start": 0, "end": 86_400, "capital_usd": 1.0, "warnings": [MARKED],
        "assumptions": [MARKED], "problem_rows": [{"count": 3, "kind": "gap", "what": MARKED}], "failed": [MARKED],
    }  # fmt: skip
    _print_study(summary, Path("[b]out"), Path("[b]page.html"))
    out = shown(capsys)
    assert f"note: {MARKED} {MARKED} in the data: 3 gap ({MARKED}) failed: {MARKED}" in out
    assert out.endswith("kept in [b]out, report [b]page.html")


def test_gov_show__contract_that_refuses_in_brackets__its_words_are_shown(
    run: Run,  # noqa: F811
    project: World,  # noqa: F811
) -> None:
    chain, target, text = project.chain, to_checksum_address("0x" + "cc" * 20), MARKED.encode()
    reason = "08c379a0" + f"{32:064x}{len(text):064x}" + text.hex().ljust(64, "0")
    chain.request("anvil_setCode", target, f"0x60{len(reason) // 2:02x}8060095f395ffd" + reason)
    governor = project.deployment.address("HedgeGovernor")
    chain.send(account("operator"), "HedgeGovernor", governor, "propose", [target], [0], [b""], "call a stranger")
    (proposal,) = list_proposals(project.snapshot())
    assert MARKED in rehearsal(project.snapshot(), proposal)
    done = run("gov", "show", str(proposal.id))
    assert done.code == 0, done
    assert MARKED in " ".join(done.out.split())


EVIL = "EVIL says all is well " * 40


class Screen(io.StringIO):
    """A terminal of sixty columns."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@contextmanager
def narrow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """Print to a terminal of sixty columns, on both streams."""
    made = Screen()
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", made)
        patch.setattr(sys, "stderr", made)
        yield made


def assert_hung(screen: Screen, *beginnings: str) -> None:
    """Check that no line is too long, and that whatever begins at the margin begins with words of ours."""
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in screen.getvalue().splitlines()]
    assert len(lines) > 10
    assert max(map(len, lines)) <= 60
    ours = [line for line in lines if line and not line.startswith(("  ", GOES_ON.lstrip()))]
    assert [line.startswith(words) for line, words in zip(ours, beginnings, strict=True)] == [True] * len(ours), ours


BREAKER = BreakerStatus("ETH", "0x", 0, None, None, False, EVIL)
AUTOMATION = AutomationStatus("0x", True, False, 0, None, EVIL, None)
UPON_SCREEN: dict[str, tuple[Callable[[], object], tuple[str, ...]]] = {
    "alerts": (lambda: print_alerts([Alert("unknown-proposal", f"a proposal of a stranger: {EVIL}")]), ("alert ",)),
    "line": (lambda: console().print(f"proposal 12: {EVIL}", markup=False, soft_wrap=True), ("proposal 12",)),
    "no soft wrap": (lambda: console().print(f"proposal 12: {EVIL}", markup=False), ("proposal 12",)),
    "markup": (lambda: console().print(f"[bold]HEDGE[/bold]: {EVIL}"), ("HEDGE",)),
    "first cells": (lambda: console().print(table("", ("pool", "x"), [[f"v3 {EVIL}", "1"]])), ("v3 ",)),
    "line ends": (lambda: say(f"calls X\nno alerts\n{EVIL}\n  deeper {EVIL}"), ("calls X",)),
    "say on stderr": (lambda: say(f"not read: {EVIL}", stderr=True), ("not read",)),
    "error": (lambda: _complain(f"the contract refused: {EVIL}"), ("error: ",)),
    "no look": (lambda: _write_line(f"no look this time: {EVIL}"), ("no look",)),
    "safeguards": (
        lambda: [say(line) for line in safeguard_lines([BREAKER], {"": AUTOMATION})],
        ("breaker ETH: ", "automation: "),
    ),
    "unread": (lambda: print_unread([Unread("v3:1", EVIL), Unread("v3:2", EVIL)]), ("not read", "not read")),
    "kept": (lambda: print_kept(Path(EVIL), Path(EVIL), None), ("kept as",)),
    "checks": (
        lambda: _print_checks([Check("node", Outcome.SAME, EVIL), Check("x", Outcome.SAME, EVIL)], Outcome.SAME),
        ("node", "x", "it is what"),
    ),
    "study": (
        lambda: _print_study(STUDY | {"warnings": [EVIL], "failed": [EVIL]}, Path(EVIL), Path("page.html")),
        ("market EVIL", "strategy", "CVaR95", "kept in"),
    ),
}
STUDY: dict[str, Any] = {
    "strategies": [], "title": f"market {EVIL}", "start": 0, "end": 86_400, "capital_usd": 1.0, "warnings": [],
    "assumptions": [EVIL], "problem_rows": [{"count": 3, "kind": "gap", "what": EVIL}], "failed": [],
}  # fmt: skip


@pytest.mark.parametrize("name", UPON_SCREEN)
def test_terminal__words_of_strangers_that_fill_lines__never_begin_at_the_margin(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    use, beginnings = UPON_SCREEN[name]
    with narrow(monkeypatch) as screen:
        use()
    assert_hung(screen, *beginnings)


@pytest.mark.unit
def test_say__words_that_are_wide_or_markup__are_whole_and_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    with narrow(monkeypatch) as screen:
        say("漢" * 400)
        say(f"held: {MARKED}")
    assert screen.getvalue().count("漢") == 400
    assert f"held: {MARKED}" in screen.getvalue()


@pytest.mark.unit
def test_say__on_a_pipe__is_one_line_however_long(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"proposal 12: {EVIL}")
    say("first\nno alerts")
    assert capsys.readouterr().out.splitlines() == [f"proposal 12: {EVIL}", "first", "  no alerts"]


COMMANDS = sorted((Path(__file__).resolve().parents[2] / "bridge" / "cli").glob("*.py"))


@pytest.mark.unit
@pytest.mark.parametrize("file", COMMANDS, ids=lambda file: file.name)
def test_commands__whatever_they_write__goes_through_the_terminal_that_hangs_lines(file: Path) -> None:
    raw = re.compile(r"(?:typer\.echo|click\.echo|stdout\.write|stderr\.write|[^.\w]print)\((.*)")
    found = {line.strip() for line in file.read_text(encoding="utf-8").splitlines() if raw.search(line)}
    assert found <= WRITTEN_RAW, found - WRITTEN_RAW


WRITTEN_RAW = {
    "def print(self, *objects: Any, **options: Any) -> None:",
    'sys.stderr.write(f"{words}{_done_before()}\\n")',
    'sys.stderr.write("stopped\\n")',
    'sys.stderr.write(f"error: {words}\\n")',
    'sys.stderr.write("the first simulation after an installation compiles for some ten seconds\\n")',
    'sys.stderr.write(f"{share:4.0%} {phase}\\n")',
    'sys.stdout.write(json.dumps(cleaned(content), allow_nan=False) + "\\n")',
    'sys.stdout.write(json.dumps(cleaned(content), indent=2, allow_nan=False) + "\\n")',
    "typer.echo(version_line(), nl=False)",
    'typer.echo(get_completion_script(prog_name="alvh", complete_var=COMPLETING, shell=shell))',
    "sys.stdout.write(page)",
}
"""What is written as it is: words of ours alone, JSON, and an error on a pipe."""
