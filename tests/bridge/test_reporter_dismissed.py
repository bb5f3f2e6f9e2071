"""A reporter that is voted out while it waits: its round fails in words, and it goes on with its other feeds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.config import Config
from bridge.local.accounts import account
from bridge.local.anvil import advance_time
from bridge.local.world import World
from bridge.snapshot import Snapshot
from bridge.sources.option_chains import read_option_chains
from bridge.sources.oracle import feed_of, read_signed_reports, sign_report
from bridge.sources.prices import read_prices
from bridge.sources.report_boards import FolderBoard
from bridge.sources.reporter import Done, Reporter
from bridge.venues.clock import SYSTEM
from hedge.instruments.option_chain import OptionChain
from tests.bridge.steps import act_as

pytestmark = pytest.mark.chain
OWN, OTHERS = account("reporter-1"), ("reporter-2", "reporter-3", "outsider")


class VotingOut:
    """A clock of which the first wait is when the others sign, and a vote takes the first reporter's place away."""

    def __init__(self, world: World, board: FolderBoard) -> None:
        self.world, self.board, self.voted = world, board, False

    def now(self) -> float:
        """Return unix seconds."""
        return SYSTEM.now()

    def sleep(self, seconds: float) -> None:
        """Let it happen once."""
        if self.voted:
            return SYSTEM.sleep(min(seconds, 0.2))
        self.voted, snapshot = True, self.world.snapshot()
        signers = sorted((account(name).address for name in OTHERS), key=lambda address: int(address, 16))
        to, data = snapshot.call("VolatilityOracle", "setSigners", signers, 3, at=feed_of(snapshot, "ETH"))
        act_as(self.world, self.world.deployment.address("HedgeTimelock"), to, data)
        (file,) = self.board.folder.rglob(f"{OWN.address.lower()}.json")
        (own,) = read_signed_reports(file)
        for name in OTHERS:
            self.board.leave(sign_report(own.report, account(name)))


def test_report__voted_out_while_it_waits__fails_in_words_and_the_next_feed_is_reported(
    world: World, tmp_path: Path
) -> None:
    """The others had their quorum without it, and it ended with a traceback for all its feeds."""
    for _ in range(3):
        advance_time(world.chain, 62 - world.chain.head().timestamp % 60)
    board, told, terms = FolderBoard(tmp_path / "board"), list[Done](), Config()

    def quotes(number: int) -> tuple[dict[str, OptionChain], Snapshot]:
        snapshot = replace(world.snapshot(), block=world.chain.at(number))
        spots = read_prices(snapshot, terms.book).spots
        return read_option_chains(terms.options.reading(None), spots, snapshot.block.timestamp), snapshot

    reporter = Reporter(
        head=world.snapshot, quotes=quotes, signer=OWN, board=board, assets=("ETH", "BTC"), every=60, patience=1.0,
        method=terms.oracle.index, max_jump=terms.oracle.max_jump, state=tmp_path / "state", send=True,
        clock=VotingOut(world, board), told=told.append,
    )  # fmt: skip
    reporter.run(1)
    assert [(each.asset, each.state) for each in told] == [("ETH", "failed"), ("BTC", "waiting")]
    assert f"is left to the others: {OWN.address} is no reporter of the ETH feed any more" in told[0].words
    advance_time(world.chain, 62)
    reporter.assets = ("ETH",)
    assert reporter._attempt("ETH", world.chain.head().timestamp // 60 * 60).words.startswith(f"{OWN.address} is no")
