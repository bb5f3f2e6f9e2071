"""Oracle rounds on a local chain: every reporter computes the index and signs it, the operator submits them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.config import Config
from bridge.local.accounts import account, accounts
from bridge.snapshot import Snapshot
from bridge.sources.option_chains import read_option_chains
from bridge.sources.oracle import build_report, read_status, sign_report, submit_reports
from bridge.sources.prices import read_prices
from bridge.sources.quoted_index import index_source, quoted_volatility
from bridge.units import volatility_to_e8

if TYPE_CHECKING:
    from web3.types import TxReceipt


@dataclass(frozen=True)
class RoundDone:
    """A submitted round: the index in points (72.1 for 72.1 %), how many signed, and the receipt."""

    asset: str
    points: float
    reporters: int
    round: int
    receipt: TxReceipt


def submit_rounds(snapshot: Snapshot, config: Config) -> list[RoundDone]:
    """Submit one round to every feed, observed at the snapshot's block; after a silence a second one."""
    done = _submit_once(snapshot, config)
    later = Snapshot(snapshot.chain, snapshot.deployment, snapshot.chain.head())
    waiting = [feed.asset for feed in read_status(later) if feed.unanchored]
    if waiting:
        done = [each for each in done if each.asset not in waiting] + _submit_once(later, config, waiting)
    return sorted(done, key=lambda each: each.asset)


def _submit_once(snapshot: Snapshot, config: Config, assets: Collection[str] | None = None) -> list[RoundDone]:
    option_chains = read_option_chains(
        config.options, read_prices(snapshot, config.book).spots, snapshot.block.timestamp
    )
    rounds, method = [], config.oracle.index
    for asset in sorted(snapshot.deployment.feeds if assets is None else assets):
        quotes = option_chains[asset]
        vol = quoted_volatility(quotes, method)
        report = build_report(snapshot, asset, volatility_to_e8(vol), index_source(quotes, method), quotes.provenance)
        signed = [sign_report(report, reporter) for reporter in accounts("reporter")]
        receipt = submit_reports(snapshot.chain, account("operator"), signed)
        rounds.append(RoundDone(asset, 100.0 * vol, len(signed), report.round, receipt))
    return rounds
