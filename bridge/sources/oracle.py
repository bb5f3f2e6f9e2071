"""The volatility oracle off chain: what a reporter signs, and the submission of enough signatures.

A report is EIP-712 typed data bound to the chain, the contract, the feed and the round, so it counts nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.chain.blocks import BlockRef
from bridge.errors import ContractReverted, RefusedAction, UnknownAddress, UntrustedNumber
from bridge.json_files import read_json, reading
from bridge.snapshot import Snapshot
from bridge.sources.made_up import is_observed, require_observed, sourced
from bridge.units import utc

if TYPE_CHECKING:
    from eth_account.messages import SignableMessage
    from web3.types import TxReceipt

    from bridge.chain.node import Chain
    from bridge.chain.signers import Sender, Signer

REPORT_TYPE = [
    {"name": "feedId", "type": "bytes32"},
    {"name": "round", "type": "uint64"},
    {"name": "observedAt", "type": "uint64"},
    {"name": "volatility", "type": "uint64"},
]
CLAMPS = {"hour": 1, "day": 2}
UNANCHORED = 4
MOST_ROUNDS = 1 << 48
"""Rounds of a feed: one a second would take nine million years."""


@dataclass(frozen=True)
class Report:
    """What one reporter observed: volatility as 1e8 = 100 % a year, at `observed_at` (unix seconds), for one round.

    `source` and `provenance` say where it is from; they are told beside the signature, which does not cover them.
    """

    asset: str
    feed: str
    feed_id: str
    chain_id: int
    round: int
    observed_at: int
    volatility_e8: int
    source: str = ""
    provenance: str = ""


@dataclass(frozen=True)
class SignedReport:
    """A report with its reporter and signature, as 0x hex."""

    report: Report
    reporter: str
    signature: str


@dataclass(frozen=True)
class FeedStatus:
    """The state of a feed, fresh or not; `volatility_e8` is for looking at, not for using, when `stale`.

    `unanchored` says that it is the first answer after a silence, or follows one, and no second round agreed yet: it is
    stale too, as is one of a time after the block: its age is negative, and the node lies. `clamped` names the bounds
    (hour, day) that held the newest answer back from `reported_e8`, the median of the reporters. `outage` says why a
    rollup's sequencer holds the answer back, and is empty where none does.
    """

    asset: str
    feed: str
    round: int
    volatility_e8: int
    observed_at: int
    age_seconds: int
    max_age_seconds: int
    stale: bool
    quorum: int
    signers: int
    reported_e8: int
    clamped: tuple[str, ...]
    unanchored: bool
    outage: str = ""


def feed_id(asset: str) -> bytes:
    """Return the id of an asset's feed: the hash of its name, such as `ETH-IV-30D`."""
    from eth_utils import keccak

    return keccak(text=f"{asset}-IV-30D")


def feed_of(snapshot: Snapshot, asset: str) -> str:
    """Return the oracle of an asset; it says itself whose it is.

    Raises
    ------
    UnknownAddress
        The deployment has none.
    UntrustedNumber
        What the deployment names is the feed of another asset.
    """
    feeds = snapshot.deployment.feeds
    if asset not in feeds:
        raise UnknownAddress(asset, f"an asset with a volatility feed ({', '.join(sorted(feeds))})")
    found = snapshot.read("VolatilityOracle", "feedId", at=feeds[asset])
    if found != feed_id(asset):
        others = [other for other in feeds if found == feed_id(other)]
        whose = f"that of {others[0]}" if others else "of an asset that the deployment does not name"
        raise UntrustedNumber(f"feeds.{asset} of the deployment, {feeds[asset]}, is not its feed but {whose}: mend it")
    return feeds[asset]


def build_report(snapshot: Snapshot, asset: str, volatility_e8: int, source: str = "", provenance: str = "") -> Report:
    """Build the report for the feed's next round, observed at the block; `provenance` is that of the quotes.

    Raises
    ------
    UntrustedNumber
        The feed contradicts itself about its last round, or knows one of the future.
    """
    feed = feed_of(snapshot, asset)
    last, newest = (snapshot.read("VolatilityOracle", name, at=feed) for name in ("lastRound", "peek"))
    require_past(asset, newest[1], snapshot.block)
    if newest[0] != last or last >= MOST_ROUNDS:
        raise UntrustedNumber(
            f"the {asset} feed says that its last round is {last}, and gives round {newest[0]} as its newest: ask "
            "another node"
        )
    place = (asset, feed, "0x" + feed_id(asset).hex(), snapshot.chain.chain_id)
    return Report(*place, last + 1, snapshot.block.timestamp, volatility_e8, source, str(provenance))


def require_past(asset: str, observed_at: int, block: BlockRef) -> None:
    """Check that a feed's answer was observed before the block that it is read at.

    Raises
    ------
    UntrustedNumber
        It was not: no feed takes such a report.
    """
    if observed_at > block.timestamp:
        raise UntrustedNumber(
            f"the {asset} feed says that it was observed at {utc(observed_at)}, after the block it is read at "
            f"({utc(block.timestamp)}): ask another node"
        )


def typed_data(report: Report) -> SignableMessage:
    """Return the EIP-712 message of a report."""
    from eth_account.messages import encode_typed_data

    return encode_typed_data(
        domain_data={
            "name": "ALVH VolatilityOracle",
            "version": "1",
            "chainId": report.chain_id,
            "verifyingContract": report.feed,
        },
        message_types={"Report": REPORT_TYPE},
        message_data={
            "feedId": bytes.fromhex(report.feed_id[2:]),
            "round": report.round,
            "observedAt": report.observed_at,
            "volatility": report.volatility_e8,
        },
    )


def sign_report(report: Report, reporter: Signer) -> SignedReport:
    """Sign a report.

    Raises
    ------
    UntrustedNumber
        No market said its number, and the chain is not the local one.
    """
    require_report_observed(report)
    return SignedReport(report, reporter.address, "0x" + reporter.sign_message(typed_data(report)).hex())


def require_report_observed(report: Report) -> None:
    """Refuse a report of a made-up number on every chain but the local one; see `bridge.sources.made_up`."""
    made_up = [] if is_observed(report.provenance) else [sourced("options:", report.source, report.provenance)]
    require_observed(report.chain_id, made_up, f"the report of {report.asset}")


def require_own_feeds(snapshot: Snapshot, signed: Sequence[SignedReport]) -> None:
    """Refuse reports that name another contract than the deployment's feed: a file may name any.

    Raises
    ------
    RefusedAction
        One of them is for another contract or chain.
    UnknownAddress
        One of them is for an asset without a feed.
    """
    for report in (entry.report for entry in signed):
        own = feed_of(snapshot, report.asset)
        if (report.feed.lower(), report.chain_id) != (own.lower(), snapshot.chain.chain_id):
            raise RefusedAction(
                f"the report of {report.asset} is for {report.feed} on chain {report.chain_id}, the feed is {own} "
                f"on chain {snapshot.chain.chain_id}: have it signed again with this deployment"
            )


def used_reports(signed: Sequence[SignedReport]) -> list[SignedReport]:
    """Return the reports that are submitted, in ascending order of reporter: of an even number the last is left out.

    Raises
    ------
    RefusedAction
        There is none, or they are not of one feed, round, time and chain.
    UntrustedNumber
        No market said the number of one, and the chain is not the local one.
    """
    if not signed:
        raise RefusedAction(
            "no report to submit: reports must be of one feed, round, time and chain, and there is none"
        )
    if len({(x.report.feed, x.report.round, x.report.observed_at, x.report.chain_id) for x in signed}) != 1:
        raise RefusedAction("reports must be of one feed, round, time and chain: sign them again for the same block")
    for entry in signed:
        require_report_observed(entry.report)
    ordered = sorted(signed, key=lambda x: int(x.reporter, 16))
    return ordered if len(ordered) % 2 else ordered[:-1]


def rehearse_reports(snapshot: Snapshot, sender: Sender, signed: Sequence[SignedReport]) -> None:
    """Rehearse the submission of reports as `submit_reports` makes it, then look whether each is its reporter's.

    Raises
    ------
    RefusedAction
        As `submit_reports`, or a report is not what the reporter that it names has signed.
    ContractReverted
        The contract would refuse it, with its reason.
    """
    used = used_reports(signed)
    snapshot.rehearse(sender, "VolatilityOracle", "submit", *_submission(used), at=used[0].report.feed)
    for entry in signed:
        if signer_of(entry) != entry.reporter.lower():
            raise RefusedAction(
                f"the report of {entry.report.asset} that names {entry.reporter} is not what it signed: it was "
                "changed, have it signed again"
            )


def signer_of(entry: SignedReport) -> str | None:
    """Return who signed a report, in small letters; None where the signature is none."""
    from eth_account import Account
    from eth_keys.exceptions import BadSignature
    from eth_utils import ValidationError

    try:
        return str(
            Account.recover_message(typed_data(entry.report), signature=bytes.fromhex(entry.signature[2:]))
        ).lower()
    except (BadSignature, ValidationError, ValueError):
        return None


def _submission(used: Sequence[SignedReport]) -> tuple[int, int, list[int], list[bytes]]:
    """Return the arguments of `submit`."""
    first = used[0].report
    values = [x.report.volatility_e8 for x in used]
    return first.round, first.observed_at, values, [bytes.fromhex(x.signature[2:]) for x in used]


def submit_reports(chain: Chain, sender: Signer, signed: Sequence[SignedReport]) -> TxReceipt:
    """Submit reports of one round; the contract takes their median of an odd number: see `used_reports`.

    Raises
    ------
    RefusedAction
        There is no report, or they are not of one feed, round, time and chain.
    ContractReverted
        The contract refused, with its reason.
    """
    used = used_reports(signed)
    return chain.send(sender, "VolatilityOracle", used[0].report.feed, "submit", *_submission(used))


def read_status(snapshot: Snapshot) -> list[FeedStatus]:
    """Read the state of every feed."""
    return [_status(snapshot, asset, feed_of(snapshot, asset)) for asset in sorted(snapshot.deployment.feeds)]


def _status(snapshot: Snapshot, asset: str, feed: str) -> FeedStatus:
    def read(function: str) -> Any:
        return snapshot.read("VolatilityOracle", function, at=feed)

    number, observed_at, volatility, _, reported, flags = read("peek")
    most = int(read("maxAge"))
    age = snapshot.block.timestamp - observed_at if number else 0
    outage = _outage(snapshot, feed)
    return FeedStatus(
        asset=asset,
        feed=feed,
        round=number,
        volatility_e8=volatility,
        observed_at=observed_at,
        age_seconds=age,
        max_age_seconds=most,
        stale=number == 0 or not 0 <= age <= most or bool(flags & UNANCHORED or outage),
        quorum=read("quorum"),
        signers=len(read("signers")),
        reported_e8=reported,
        clamped=tuple(name for name, flag in CLAMPS.items() if flags & flag),
        unanchored=bool(flags & UNANCHORED),
        outage=outage,
    )


def _outage(snapshot: Snapshot, feed: str) -> str:
    """Return why a feed gives no answer because of the rollup's sequencer, in words; empty where that is not why."""
    try:
        snapshot.read("VolatilityOracle", "latest", at=feed)
    except ContractReverted as error:
        since = utc(int(str(error.arguments.get("since", 0))))
        if error.error == "SequencerDown":
            return f"the sequencer is down since {since}"
        if error.error == "SequencerBack":
            return f"the sequencer is back since {since}, grace {error.arguments['grace']} s"
    return ""


def report_json(signed: SignedReport) -> dict[str, Any]:
    """Return a signed report as it is written to a file."""
    return {**asdict(signed.report), "reporter": signed.reporter, "signature": signed.signature}


def read_signed_reports(path: Path) -> list[SignedReport]:
    """Read a file with one signed report, or a list of them.

    Raises
    ------
    BadFile
        It is absent or holds something else.
    """
    with reading(path, absent="no such file", otherwise="not a signed report as `alvh oracle sign` writes it"):
        content = read_json(path)
        entries = content if isinstance(content, list) else [content]
        return [signed_report(dict(entry)) for entry in entries]


def signed_report(entry: dict[str, Any]) -> SignedReport:
    """Read a signed report from plain JSON; raises `ValueError`, `TypeError` or `KeyError` where it is none."""
    reporter, signature = str(entry.pop("reporter")), str(entry.pop("signature"))
    report = Report(**entry)
    for name in ("chain_id", "round", "observed_at", "volatility_e8"):
        value = getattr(report, name)
        if type(value) is not int or not 0 <= value < 2**64:
            raise ValueError(f"{name} is {value!r}, not an integer of 64 bits")
    if any(type(text) is not str for text in (report.asset, report.source, report.provenance)):
        raise ValueError("asset, source and provenance are words")
    for name, text, size in (
        ("reporter", reporter, 20),
        ("signature", signature, 65),
        ("feed", report.feed, 20),
        ("feed_id", report.feed_id, 32),
    ):
        if not re.fullmatch(f"0x[0-9a-fA-F]{{{2 * size}}}", str(text)):
            raise ValueError(f"{name} is {text!r}, not {size} bytes as 0x hex")
    return SignedReport(report, reporter, signature)
