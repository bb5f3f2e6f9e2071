"""A reporter that runs by itself: at each time of a schedule it quotes, signs and leaves the report for the others, and
may submit the round once there are enough.

    time of the chain -> last block before it, the same for every reporter -> quotes -> index -> sign -> board
    board -> signatures of the feed's reporters -> quorum -> one of them submits, in turn

A round that found no quorum is signed again at the next time, for a later observation; never twice for one. What fails
of one asset at one time is told, and the next time comes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bridge.chain.signers import Sender
from bridge.errors import BridgeError, ContractReverted, RefusedAction, UntrustedNumber, UsageError
from bridge.files import lock_file, make_private
from bridge.snapshot import Snapshot
from bridge.sources.oracle import (
    Report,
    SignedReport,
    build_report,
    feed_of,
    rehearse_reports,
    require_report_observed,
    sign_report,
    submit_reports,
    used_reports,
)
from bridge.sources.quoted_index import index_source, quoted_volatility
from bridge.sources.report_boards import Board, genuine
from bridge.sources.signed_rounds import keep_round, require_steady
from bridge.units import utc, volatility_to_e8
from bridge.venues.clock import Clock
from hedge.errors import HedgeError

if TYPE_CHECKING:
    from bridge.chain.blocks import BlockRef
    from bridge.chain.node import Chain
    from bridge.chain.signers import Signer
    from bridge.config import IndexMethod
    from hedge.instruments.option_chain import OptionChain

LEAST_SECONDS: Final = 60
"""Of a schedule: a feed whose rounds are nearer has reporters that still wait for the last one's signatures."""
LATE: Final = 0.25
"""Share of a period after which a report is no longer made for its beginning: quotes of now would be dated back."""
POLL_SECONDS: Final = 5.0
TURN_SECONDS: Final = 20.0
"""That each reporter waits for those before it, so that one submission is paid for."""
Quotes = Callable[[int], tuple[Mapping[str, "OptionChain"], Snapshot]]
"""Returns the option chains by asset for a block, and what that block is read with."""


@dataclass(frozen=True)
class Done:
    """What became of one asset at one time.

    `state` is one of: submitted, waiting (too few signatures so far), ready (a quorum, which this reporter does not
    submit), there (the round is on the chain already), late (quotes of now are no longer of that time), failed.
    """

    asset: str
    at: int
    state: str
    words: str


@dataclass
class Reporter:
    """Signs for some feeds on a schedule.

    Parameters
    ----------
    head
        Pins the newest block.
    every
        Seconds between two times, of the chain's clock.
    patience
        Seconds to wait for the signatures of others.
    send
        Submit a round once its quorum is there.
    told
        Hears what became of each asset at each time.
    """

    head: Callable[[], Snapshot]
    quotes: Quotes
    signer: Signer
    board: Board
    assets: tuple[str, ...]
    every: int
    patience: float
    method: IndexMethod
    max_jump: float
    state: Path
    send: bool
    clock: Clock
    told: Callable[[Done], None]
    tally: dict[str, int] = field(default_factory=dict, init=False)

    def run(self, count: int | None) -> None:
        """Report at each time of the schedule, `count` of them, or until it is stopped.

        Raises
        ------
        UsageError
            The schedule is too fast.
        RefusedAction
            The signer is no reporter of a feed.
        BadFile
            Another one runs in this state folder.
        """
        if self.every < LEAST_SECONDS:
            raise UsageError(f"--every {self.every}s: at least {LEAST_SECONDS}s")
        make_private(self.state)
        with lock_file(self.state / f"reporter-{self.signer.address.lower()}.lock"):
            first = self._look()
            for asset in self.assets:
                self._require_reporter(first, asset)
            last, done = -1, 0
            while count is None or done < count:
                now = self._time()
                due = now // self.every * self.every
                if now < 0 or due == last:
                    self.clock.sleep(max(1.0, min(due + self.every - now, POLL_SECONDS)))
                    continue
                last = due
                if now - due > self.every * LATE:
                    words = f"{now - due} s too late for it, the next time is {utc(due + self.every)}"
                    self._tell(Done("", due, "late", words))
                    continue
                for asset in self.assets:
                    self._tell(self._attempt(asset, due))
                done += 1

    def _look(self) -> Snapshot:
        """Pin the newest block; the node may take its time for each step anew."""
        found = self.head()
        found.chain.begin()
        return found

    def _time(self) -> int:
        """Return the time of the newest block; -1 where no node says it, which passes."""
        try:
            return self._look().block.timestamp
        except BridgeError as error:
            self._tell(Done("", int(self.clock.now()), "failed", str(error)))
            self.clock.sleep(POLL_SECONDS)
            return -1

    def _require_reporter(self, snapshot: Snapshot, asset: str) -> None:
        signers = self._signers(snapshot, feed_of(snapshot, asset))
        if not self._is_among(signers):
            raise RefusedAction(f"{self.signer.address} is no reporter of the {asset} feed: {', '.join(signers)} are")

    def _is_among(self, signers: list[str]) -> bool:
        return self.signer.address.lower() in {each.lower() for each in signers}

    def _dismissed(self, asset: str) -> str:
        return (
            f"{self.signer.address} is no reporter of the {asset} feed any more, end this one or have it voted in again"
        )

    def _signers(self, snapshot: Snapshot, feed: str) -> list[str]:
        return [str(each) for each in snapshot.read("VolatilityOracle", "signers", at=feed)]

    def _tell(self, done: Done) -> None:
        self.tally[done.state] = self.tally.get(done.state, 0) + 1
        self.told(done)

    def _attempt(self, asset: str, due: int) -> Done:
        try:
            state, words = self._report(asset, due)
        except (BridgeError, HedgeError) as error:
            state, words = "failed", str(error)
        return Done(asset, due, state, words)

    def _report(self, asset: str, due: int) -> tuple[str, str]:
        """Sign the report of an asset for a time, leave it, and see it onto the chain."""
        head = self._look()
        block = last_block(head.chain, due, head.block)
        feed = feed_of(head, asset)
        number, observed_at = head.read("VolatilityOracle", "peek", at=feed)[:2]
        if number and observed_at >= block.timestamp:
            return "there", f"round {number} of {utc(observed_at)} is on the chain already"
        if not self._is_among(self._signers(head, feed)):
            raise RefusedAction(self._dismissed(asset))
        chains, then = self.quotes(block.number)
        if asset not in chains:
            raise UntrustedNumber(f"there are no quotes of {asset}")
        value = volatility_to_e8(quoted_volatility(chains[asset], self.method))
        made = build_report(head, asset, value, index_source(chains[asset], self.method), chains[asset].provenance)
        made = replace(made, observed_at=then.block.timestamp)
        require_report_observed(made)
        require_steady(head, made, self.max_jump)
        then.confirm()
        signed = sign_report(made, self.signer)
        keep_round(self.state, made, self.signer.address, later=True)
        self.board.leave(signed)
        return self._gathered(signed)

    def _gathered(self, own: SignedReport) -> tuple[str, str]:
        """Wait for a quorum, and submit it where that is asked for and nobody did."""
        until, made, trouble = self.clock.now() + self.patience, own.report, ""
        while True:
            head = self._look()
            if self._is_there(head, made):
                return "there", f"round {made.round} is on the chain, submitted by another"
            reporters = self._signers(head, made.feed)
            if not self._is_among(reporters):  # its own signature counts no longer, whoever brings the round
                raise RefusedAction(f"round {made.round} is left to the others: {self._dismissed(made.asset)}")
            try:
                left, trouble = self.board.left(made, reporters), ""
            except BridgeError as error:  # the board may be back before the time is over
                left, trouble = [], f" ({error})"
            found = genuine(made, [own, *left], reporters)
            quorum = int(head.read("VolatilityOracle", "quorum", at=made.feed))
            if len(found) >= quorum and len(used_reports(found)) >= quorum:
                return self._submitted(made, found)
            if self.clock.now() >= until:
                return "waiting", f"round {made.round}: {len(found)} of {quorum} signatures, not submitted{trouble}"
            self.clock.sleep(min(POLL_SECONDS, max(until - self.clock.now(), 0.1)))

    def _submitted(self, made: Report, found: list[SignedReport]) -> tuple[str, str]:
        said = f"round {made.round}: {len(found)} signatures"
        if not self.send:
            return "ready", f"{said}, enough; not sent: another submits it, or repeat with --send"
        own = [each.reporter.lower() for each in found].index(self.signer.address.lower())
        for _ in range((own - made.round) % len(found)):  # each round another one is first
            self.clock.sleep(TURN_SECONDS)
            if self._is_there(self._look(), made):
                return "there", f"round {made.round} is on the chain, submitted by another"
        head = self._look()
        try:
            rehearse_reports(head, Sender.of(self.signer), found)
            receipt = submit_reports(head.chain, self.signer, found)
        except ContractReverted:
            if self._is_there(self._look(), made):  # another was quicker
                return "there", f"round {made.round} is on the chain, submitted by another"
            raise
        said += f", submitted in block {receipt['blockNumber']}"
        return "submitted", f"{said}: 0x{bytes(receipt['transactionHash']).hex()}"

    def _is_there(self, head: Snapshot, made: Report) -> bool:
        return int(head.read("VolatilityOracle", "peek", at=made.feed)[0]) >= made.round


def last_block(chain: Chain, time: int, head: BlockRef) -> BlockRef:
    """Return the newest block that is not later than a time, by steps that double and then halve.

    Every reporter finds the same, whenever it looks, so that all sign for one time of observation.

    Raises
    ------
    UntrustedNumber
        The chain began later.
    """
    late, step = head, 1
    if late.timestamp <= time:
        return late
    early = chain.at(max(late.number - step, 0))
    while early.timestamp > time:
        if early.number == 0:
            raise UntrustedNumber(f"the chain began at {utc(early.timestamp)}, after {utc(time)}")
        late, step = early, 2 * step
        early = chain.at(max(late.number - step, 0))
    while late.number - early.number > 1:
        middle = chain.at((late.number + early.number) // 2)
        early, late = (middle, late) if middle.timestamp <= time else (early, middle)
    return early
