"""What VolatilityOracle must answer: a state that events rebuild, and the rules judged on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from eth_abi import encode
from eth_account.signers.local import LocalAccount
from eth_keys import keys
from eth_utils import keccak, to_canonical_address
from feed_model import FeedModel
from governed import TIMELOCK
from onchain import HOUR
from reporters import FEED, ORDER, PERCENT, RATES, REPORTERS, STRANGERS
from stage import Event

MAX_AGE, KEPT, MOST_SIGNERS, GRACE = 6 * HOUR, 128, 31, HOUR
LEAST, MOST = PERCENT, 1000 * PERCENT
ACCOUNTS = {account.address.lower(): account for account in [*REPORTERS, *STRANGERS]}
TYPEHASH = keccak(text="Report(bytes32 feedId,uint64 round,uint64 observedAt,uint64 volatility)")
DOMAIN = keccak(text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
# One nonce for all signatures: it gives these keys away, which belong to nobody, and makes signing two multiplications.
NONCE = int.from_bytes(keccak(text="nonce"), "big") % ORDER
POINT = keys.PrivateKey(NONCE.to_bytes(32, "big")).public_key.to_bytes()
R, ODD = int.from_bytes(POINT[:32], "big"), POINT[63] & 1


def digest(contract: str, chain_id: int, feed: bytes, round_: int, seen: int, volatility: int) -> bytes:
    """Return what a reporter signs (EIP-712)."""
    texts = (keccak(text="ALVH VolatilityOracle"), keccak(text="1"))
    types = ["bytes32", "bytes32", "bytes32", "uint256", "address"]
    domain = keccak(encode(types, [DOMAIN, *texts, chain_id, to_canonical_address(contract)]))
    words = encode(["bytes32", "bytes32", "uint64", "uint64", "uint64"], [TYPEHASH, feed, round_, seen, volatility])
    return keccak(b"\x19\x01" + domain + keccak(words))


def signed(account: LocalAccount, hashed: bytes) -> bytes:
    """Sign a digest."""
    secret = int.from_bytes(account.key, "big")
    s = pow(NONCE, -1, ORDER) * (int.from_bytes(hashed, "big") + R * secret) % ORDER
    low = min(s, ORDER - s)
    return R.to_bytes(32, "big") + low.to_bytes(32, "big") + bytes([27 + (ODD ^ (s != low))])


class Signature(NamedTuple):
    """A signature, and who it proves: nobody if it is malformed, an unknown account if it is over other content."""

    data: bytes
    signer: str
    is_malformed: bool = False


class OracleModel:
    """The feed as its events tell it; every `judge_` returns the errors of which the contract must give one."""

    def __init__(self, feed: bytes = FEED) -> None:
        self.feed = feed
        self.signers = sorted(reporter.address.lower() for reporter in REPORTERS)
        self.quorum, self.owner = 3, TIMELOCK.lower()
        self.answers = FeedModel(*RATES)
        self.rounds: dict[int, tuple[int, ...]] = {}
        self.sequencer = (0, 1)  # what its uptime feed says, and since when

    def judge(
        self, round_: int, seen: int, volatilities: Sequence[int], signatures: Sequence[Signature], at: int
    ) -> set[str]:
        """Judge a submission."""
        rules = (
            (len(volatilities) != len(signatures), "ReportsMismatch"),
            (len(signatures) < self.quorum, "QuorumNotMet"),
            (len(signatures) % 2 == 0, "EvenReportCount"),
            (round_ != self.answers.number + 1, "WrongRound"),
            (seen <= self.answers.seen, "NotNewer"),
            (seen > at, "FutureReport"),
            (at - seen > MAX_AGE, "StaleReport"),
            (any(not LEAST <= volatility <= MOST for volatility in volatilities), "VolatilityOutOfBounds"),
        )
        found = next(({name} for is_broken, name in rules if is_broken), set())
        return found or self._signatures(signatures)

    def _signatures(self, signatures: Sequence[Signature]) -> set[str]:
        previous = "0x" + "0" * 40
        for signature in signatures:
            if signature.is_malformed:
                return {"BadSignature"}
            if signature.signer not in self.signers:
                return {"UnknownSigner"}
            if signature.signer <= previous:
                return {"ReportersNotAscending"}
            previous = signature.signer
        return set()

    def judge_signers(self, signers: Sequence[str], quorum: int, contracts: set[str]) -> set[str]:
        """Judge another set of signers."""
        previous = ["0x" + "0" * 40, *signers[:-1]]
        rules = (
            (len(signers) > MOST_SIGNERS, "TooManySigners"),
            (2 * quorum <= len(signers), "QuorumTooLow"),
            (quorum > len(signers), "QuorumTooHigh"),
            (quorum % 2 == 0, "EvenQuorum"),
        )
        found = next(({name} for is_broken, name in rules if is_broken), set())
        for before, signer in zip(previous, signers, strict=False):
            found = found or ({"SignersNotAscending"} if signer <= before else set())
            found = found or ({"SignerIsContract"} if signer in contracts else set())
        return found

    def fresh(self, at: int) -> set[str]:
        """Return why there is no answer at a time."""
        says, since = self.sequencer
        if says or not since:
            return {"SequencerDown"}
        if at - since < GRACE:
            return {"SequencerBack"}
        if not self.answers.number:
            return {"NoAnswer"}
        if at - self.answers.seen > MAX_AGE:
            return {"StaleAnswer"}
        return {"UnanchoredAnswer"} if self.answers.is_unanchored else set()

    def see(self, event: Event, at: int) -> None:
        """Follow one event."""
        name, said = event
        getattr(self, f"_see_{name}")(said, at)

    def _see_RoundSubmitted(self, said: dict[str, Any], at: int) -> None:
        number, seen, answer = said["round"], said["observedAt"], said["volatility"]
        reported, flags = self.rounds.get(number, (answer, 0))
        self.rounds[number] = (number, seen, answer, at, reported, flags)
        self.answers.take(answer, seen, flags)

    def _see_AnswerFlagged(self, said: dict[str, Any], at: int) -> None:
        self.rounds[said["round"]] = (said["reported"], said["flags"])  # its round follows

    def _see_SignersSet(self, said: dict[str, Any], at: int) -> None:
        self.signers, self.quorum = list(said["signers"]), said["quorum"]

    def _see_OwnershipTransferred(self, said: dict[str, Any], at: int) -> None:
        self.owner = said["newOwner"]
