"""What a played transaction moves of a Safe's coins and tokens, and whom it lets move them, as the tokens' logs say it.

A token may write into its log whatever it likes, or nothing: this says what an honest one does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

from eth_utils import keccak, to_checksum_address

from bridge.chain.play import Entry
from bridge.safe.batch import SafeCall

MOST_MOVES: Final = 50
"""Lines that a terminal is told of one transaction; JSON has all of them."""
MOST_RECEIVERS: Final = 10
"""Of one token, each in a line; more are one line together."""
TRANSFER, APPROVAL, APPROVAL_FOR_ALL = (
    keccak(text=signature)
    for signature in (
        "Transfer(address,address,uint256)",
        "Approval(address,address,uint256)",
        "ApprovalForAll(address,address,bool)",
    )
)
ENDLESS: Final = 2**255
"""An allowance above it is meant to have no end."""
WORD: Final = 32


class Moves(NamedTuple):
    """What leaves a Safe and who may move of it then, and what comes to it; a line each."""

    leaving: tuple[str, ...]
    coming: tuple[str, ...]


class _Told(NamedTuple):
    """An entry: its token, what it does to whom, how much or which one, and whether it is one of many."""

    token: str
    kind: bytes
    first: str
    second: str
    amount: int
    one: bool

    @property
    def about(self) -> tuple[object, ...]:
        """Return what later entries add to, or take the place of."""
        return (*self[:4], self.one, self.amount if self.one else 0)

    def words(self, safe: str) -> str:
        """Say it in a line."""
        what = f"number {self.amount}" if self.one else f"{'endless' if self.amount >= ENDLESS else self.amount} units"
        if self.kind == TRANSFER:
            named = ["the Safe" if party == safe else party for party in (self.first, self.second)]
            return f"moves {what} of the token {self.token} from {named[0]} to {named[1]}"
        if self.kind == APPROVAL:
            return f"{self.second} may then move {what} of the token {self.token} of the Safe"
        all_of_it = "may then move everything" if self.amount else "may no longer move anything"
        return f"{self.second} {all_of_it} of the token {self.token} of the Safe"


def moves_of(safe: str, calls: Sequence[SafeCall], log: Sequence[Entry], known: Collection[str] = ()) -> Moves:
    """Say what moves from and to a Safe, and what others may move of it then.

    Movements between the same two are added up, an allowance is the last one that is given, and a token that goes to
    many is a line: strangers can have any number of entries written, and those must hide nothing.

    Parameters
    ----------
    known
        Tokens that are ours: they come first.
    """
    found: dict[tuple[object, ...], _Told] = {}
    for entry in log:
        if told := _told(safe, entry):
            before = found.get(told.about)
            adds = before is not None and told.kind == TRANSFER and not told.one
            found[told.about] = told._replace(amount=before.amount + told.amount) if before and adds else told
    ours = {each.lower() for each in known}
    ordered = sorted(found.values(), key=lambda told: told.token.lower() not in ours)
    moved = [told for told in ordered if told.kind != TRANSFER or told.one or told.amount]
    coins = [f"moves {value} wei from the Safe to {to}" for to, value, _ in calls if value and to != safe]
    leaving = _summed(safe, [told for told in moved if told.first == safe])
    return Moves((*coins, *leaving), tuple(told.words(safe) for told in moved if told.first != safe))


def _summed(safe: str, leaving: Sequence[_Told]) -> Iterator[str]:
    """Tell what leaves, a token that goes to many in a line."""
    sent: dict[str, list[_Told]] = defaultdict(list)
    for told in leaving:
        if told.kind == TRANSFER and not told.one:
            sent[told.token].append(told)
    for told in leaving:
        parts = sent[told.token]
        if told.kind != TRANSFER or told.one or len(parts) <= MOST_RECEIVERS:
            yield told.words(safe)
        elif told is parts[0]:
            most, total = max(parts, key=lambda part: part.amount), sum(part.amount for part in parts)
            yield (
                f"moves {total} units of the token {told.token} from the Safe to {len(parts)} receivers, "
                f"{most.amount} of them to {most.second}"
            )


def _told(safe: str, entry: Entry) -> _Told | None:
    """Read one entry: of a coin (a value in the data) or of one token of many (a number in a fourth topic)."""
    kind, *parties = entry.topics or (b"",)
    if kind not in (TRANSFER, APPROVAL, APPROVAL_FOR_ALL) or len(parties) < 2 or any(len(p) != WORD for p in parties):
        return None
    first, second = (to_checksum_address(party[12:]) for party in parties[:2])
    if first == second or safe not in ((first, second) if kind == TRANSFER else (first,)):
        return None
    one = len(parties) > 2
    return _Told(entry.address, kind, first, second, int.from_bytes(parties[2] if one else entry.data[:WORD]), one)
