"""From a snapshot to a plan: one function for the command, the demo and the tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bridge.config import Config, SignalsConfig
from bridge.local.histories import write_histories
from bridge.local.world import World
from bridge.plans.make import make_plan_at
from bridge.plans.market import read_volatilities
from hedge.book.exposure import BookExposure, book_exposure
from hedge.book.positions import Book
from hedge.market import Market


@pytest.fixture
def valued(monkeypatch: pytest.MonkeyPatch) -> list[Book]:
    """Return a list that grows by a book whenever one is valued, for any caller."""
    books: list[Book] = []

    def counted(book: Book, market: Market) -> BookExposure:
        books.append(book)
        return book_exposure(book, market)

    for name, module in list(sys.modules.items()):
        if name.startswith(("bridge.", "hedge.")) and getattr(module, "book_exposure", None) is book_exposure:
            monkeypatch.setattr(module, "book_exposure", counted)
    return books


def test_make_plan_at__signals_and_plan__value_the_book_once(world: World, valued: list[Book], tmp_path: Path) -> None:
    snapshot = world.snapshot()
    vols = read_volatilities(snapshot)
    folder = write_histories(tmp_path / "signals", world.path, snapshot.block.timestamp, vols)
    config = Config(signals=SignalsConfig(folder=folder), state=tmp_path)
    planned = make_plan_at(snapshot, config, owner=world.deployment.address("lp"))
    assert valued == [planned.observation.book]
    assert planned.plan.exposure is planned.observation.exposure
    assert (
        planned.plan.exposure.to_dict() == book_exposure(planned.observation.book, planned.observation.market).to_dict()
    )


def test_make_plan_at__its_record__names_the_snapshot_and_the_owner(world: World, tmp_path: Path) -> None:
    snapshot, owner = world.snapshot(), world.deployment.address("lp")
    record = make_plan_at(snapshot, Config(state=tmp_path), owner=owner).record
    assert (record.chain_id, record.owner) == (world.chain.chain_id, owner)
    assert (record.block_number, record.block_hash) == (snapshot.block.number, snapshot.block.hash)
    assert list(tmp_path.iterdir()) == []  # nothing is written but by `record.save`
