"""Deployments that are killed at every point of every transaction, and gone on with: there is one of each."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.chain.node import Chain
from bridge.deploy.journal import load_journal
from bridge.deploy.verify import proven
from tests.bridge.deploying import (
    AFTER,
    BEFORE,
    DEPLOYER,
    RECEIPT,
    bare_chain,
    before,
    deployed,
    governed,
    killed_run,
    new_dao,
    safe_dao,
    settings_text,
    written,
)
from tests.bridge.lying_node import lying_node

pytestmark = pytest.mark.chain


@pytest.fixture(scope="module", params=[1, 8453, 42161])
def there(request: pytest.FixtureRequest) -> Iterator[tuple[Chain, str]]:
    """Run a chain of each id: a new DAO on 1, a governor that counts blocks on 8453, a Safe that decides on 42161."""
    with bare_chain(request.param) as chain:
        found = before(chain)
        dao = {1: new_dao, 8453: lambda: governed(chain), 42161: lambda: safe_dao(chain, found)}[request.param]()
        yield chain, settings_text(chain, found, dao)


@pytest.mark.parametrize("points", [(BEFORE, AFTER), (RECEIPT,)], ids=lambda points: " and ".join(points))
def test_deployment__killed_at_every_transaction__is_gone_on_with_to_one(
    there: tuple[Chain, str], tmp_path: Path, points: tuple[str, ...]
) -> None:
    chain, text = there
    snapshot = chain.request("evm_snapshot")
    written(tmp_path, text)
    first, kills = chain.nonces(DEPLOYER)[0], 0
    with lying_node(chain.url) as node:
        while True:
            point = points[kills % len(points)]
            code = killed_run(node, tmp_path, point)
            if code == 0:
                break
            assert code == -signal.SIGKILL
            kills += 1
    journal = load_journal(tmp_path / "journal" / "journal.json")
    assert journal is not None
    steps = len(journal.entries)
    assert kills == steps * len(points)
    assert chain.nonces(DEPLOYER) == (first + steps, first + steps)
    assert all(chain.has_code(entry.address, chain.head()) for entry in journal.entries)
    again = deployed(tmp_path)
    assert proven(again.checks)
    assert chain.nonces(DEPLOYER)[0] == first + steps
    chain.request("evm_revert", snapshot)
