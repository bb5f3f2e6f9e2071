"""What a played transaction moves of a Safe's coins and tokens, and whom it lets move them, as the tokens' logs say it.

A token may write into its log whatever it likes, or nothing: this says what an honest one does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from eth_utils import keccak, to_checksum_address

from bridge.chain.play import Entry
from bridge.safe.batch import SafeCall

MOST_MOVES: Final = 50
"""That are told of one transaction; a token may write thousands."""
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


def moves_of(safe: str, calls: Sequence[SafeCall], log: Sequence[Entry]) -> tuple[str, ...]:
    """Say what moves from and to a Safe, and what others may move of it then, a line for each."""
    lines = [f"moves {value} wei from the Safe to {to}" for to, value, _ in calls if value and to != safe]
    for entry in log:
        lines += _told(safe, entry)
    more = [f"and {len(lines) - MOST_MOVES} more movements"] if len(lines) > MOST_MOVES else []
    return (*lines[:MOST_MOVES], *more)


def _told(safe: str, entry: Entry) -> Iterator[str]:
    """Tell one entry: of a coin (a value in the data) or of one token of many (a number in a fourth topic)."""
    kind, *parties = entry.topics or (b"",)
    if kind not in (TRANSFER, APPROVAL, APPROVAL_FOR_ALL) or len(parties) < 2 or any(len(p) != WORD for p in parties):
        return
    first, second = (to_checksum_address(party[12:]) for party in parties[:2])
    if safe not in (first, second):
        return
    one = len(parties) > 2
    amount = int.from_bytes(parties[2] if one else entry.data[:WORD])
    what = f"number {amount}" if one else f"{'endless' if amount >= ENDLESS else amount} units"
    if kind == TRANSFER:
        named = ["the Safe" if party == safe else party for party in (first, second)]
        yield f"moves {what} of the token {entry.address} from {named[0]} to {named[1]}"
    elif first == safe and kind == APPROVAL:
        yield f"{second} may then move {what} of the token {entry.address} of the Safe"
    elif first == safe:
        all_of_it = "may then move everything" if amount else "may no longer move anything"
        yield f"{second} {all_of_it} of the token {entry.address} of the Safe"
