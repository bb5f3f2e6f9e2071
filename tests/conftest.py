"""Fixtures of the whole suite: one built local world a session, and a chain that every test leaves as it found it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from bridge import hidden
from bridge.chain.node import Chain
from bridge.config import Config
from bridge.genesis import GovernanceTerms
from bridge.local.anvil import anvil
from bridge.local.price_path import simulated_path
from bridge.local.rounds import submit_rounds
from bridge.local.world import World, build_world
from tests.bridge.postgres_server import PROGRAMS, programs, server, sql

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

ROOT = Path(__file__).resolve().parent.parent
STEPS = 8
# A machine that has much else to do is slow, not wrong.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a chain by the fixture it asks for."""
    for item in items:
        if "world" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.chain)


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def vectors() -> Path:
    """Return the folder of expected results that others computed."""
    return ROOT / "tests" / "vectors"


@pytest.fixture(scope="session")
def recorded() -> Path:
    """Return the folder of market history: ALVH_DATA, or ../shared/data beside the repository."""
    folder = Path(os.environ.get("ALVH_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("no market history here: ALVH_DATA names the folder that holds it")
    return folder


@pytest.fixture(scope="session", autouse=True)
def _node_modules() -> None:
    """Let tests that work in another folder find anvil and the third-party contracts."""
    os.environ.setdefault("ALVH_NODE_MODULES", str(ROOT / "node_modules"))
    for found in sorted((ROOT / "node_modules" / "@foundry-rs").glob("anvil-*/bin/anvil*")):
        os.environ.setdefault("ALVH_ANVIL", str(found))


@pytest.fixture(autouse=True)
def _no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test hide what an earlier one used as a key."""
    monkeypatch.setattr(hidden, "_KEPT", {})
    monkeypatch.setattr(hidden, "_PATTERNS", [])


@pytest.fixture(scope="session")
def built_world() -> Iterator[World]:
    """Build the local world once: real contracts, pools moved along a short path, positions, one oracle round."""
    with anvil() as chain:
        made = build_world(chain, simulated_path(STEPS), GovernanceTerms(), lambda text, share: None)
        submit_rounds(made.snapshot(), Config())
        yield made


@pytest.fixture
def world(built_world: World) -> Iterator[World]:
    """Give the world to one test and take back whatever it did to the chain."""
    snapshot = built_world.chain.request("evm_snapshot")
    yield built_world
    built_world.chain.request("evm_revert", snapshot)


@pytest.fixture
def chain(world: World) -> Chain:
    """Return the world's node."""
    return world.chain


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start a server, and stop it after the last test."""
    binaries = programs()
    if binaries is None:
        pytest.skip(f"no PostgreSQL server in {PROGRAMS}: apt-get install postgresql")
    with server(binaries) as url:
        yield url


@pytest.fixture(scope="session")
def fresh(postgres: str) -> Callable[[], str]:
    """Return a function that makes an empty schema, which is cheaper than a database, and returns its URL."""
    names = count()

    def make() -> str:
        name = f"ledger{next(names)}"
        sql(f"{postgres}/postgres", f"CREATE SCHEMA {name}")
        return f"{postgres}/postgres?options=-csearch_path%3D{name}"

    return make


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Debian's Chromium, one for all tests of pages."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=60_000)  # a machine that has much else to do is slow, not wrong
    with sync_playwright() as started:
        found = started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Give a test tabs without what other tests left."""
    made = browser.new_context(viewport={"width": 1280, "height": 900})
    yield made
    made.close()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what was skipped and why, and how many calls the fuzzing of the contracts made, over all processes."""
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", [])
    )
    lines = [f"skipped: {count} tests, {reason}" for reason, count in sorted(reasons.items())]
    for line in lines or ["skipped: no test"]:
        terminalreporter.write_line(line)
    made = [dict(report.user_properties) for report in terminalreporter.stats.get("passed", [])]
    calls, accepted = (sum(run.get(name, 0) for run in made) for name in ("calls", "accepted"))
    if calls:
        terminalreporter.write_line(f"contracts fuzzed: {calls:,} calls, {accepted:,} accepted")
