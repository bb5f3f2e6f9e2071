"""What a node's errors mean, in the words of the nodes that there are: passing, too much, or of a state that is gone.

Nodes agree on few codes, so most of it is read from their words. Only the standard library is loaded.
"""

from __future__ import annotations

import re
from typing import Any, Final

from bridge.errors import ChainError, MissingBlock, StatePruned
from bridge.foreign import TEXT, foreign, quotes_url, seen, without_url
from bridge.hidden import HIDDEN, without_begun

PASSING: Final = re.compile(
    r"header (for hash )?not found|unknown block|block (is )?not (yet )?(found|available)|no backend is currently"
    r"|could not find block|not yet (been )?(synced|processed)",
    re.IGNORECASE,
)
"""A node behind a balancer that lags: the next one, or a moment later, has it."""
BUSY: Final = re.compile(
    r"rate.?limit|too many requests|compute units per second|request (count|rate) exceeded|over (the )?capacity"
    r"|throughput|try again (later|in)",
    re.IGNORECASE,
)
PRUNED: Final = re.compile(
    r"missing trie node|pruned"
    r"|(historical |old |requested )?state (0x[0-9a-f]+ )?(is )?(not available|unavailable|already discarded)"
    r"|required historical state|historical state|archive|proof window|state histories|BlockOutOfRange"
    r"|no state available",
    re.IGNORECASE,
)

NAMES: Final = frozenset({"code", "data", "message", "from", "to", "result"})
"""Of what is read of an error; a URL may hold them as well."""
HEX: Final = re.compile(r"(?:Reverted )?\s*0x([0-9a-fA-F]*)\s*")
"""What a contract refused with, as nodes write it."""
_REASON: Final = re.compile(r"^(?:Reverted )?\s{0,4}0x([0-9a-fA-F]{8,})\s{0,4}$")
MOST_WORDS: Final = 1_000
"""Letters of a node's refusal in which its meaning is looked for: a pattern over megabytes of them would not end."""
MOST_LETTERS: Final = 1 << 16
"""Letters of a text of a node that are kept at all."""
MOST_LEVELS: Final = 8
"""Of lists and objects in each other that are read of an error."""


def words_of(error: Any) -> str:
    """Return the first words of a node's error, whatever it is."""
    return message_of(error)[:MOST_WORDS]


def message_of(error: Any) -> str:
    """Return all words of a node's error: for what a contract answers in them, which may be long."""
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) else str(error)


def may_pass(error: Any) -> bool:
    """Tell whether the same question may be answered a moment later."""
    words = words_of(error)
    return bool(PASSING.search(words) or BUSY.search(words))


def is_revert(error: Any) -> bool:
    """Tell whether a contract refused, and not the node."""
    about = error if isinstance(error, dict) else {}
    return about.get("code") == 3 or "revert" in words_of(error).lower()


def reason_in(data: Any, words: str) -> bytes:
    """Return what a contract reverted with, as nodes wrap it: in an error's data, or behind the words of its message.

    Nothing where there is no selector.

    >>> reason_in({"result": "Reverted 0x4e487b71"}, "").hex(), reason_in(None, "execution reverted: 0x4e487b71").hex()
    ('4e487b71', '4e487b71')
    """
    return _reason(data) or _reason(words.rpartition("everted")[2].lstrip(": "))


def _reason(given: Any) -> bytes:
    if isinstance(given, dict):
        given = given.get("data", given.get("result"))
    found = _REASON.search(given) if isinstance(given, str) else None
    return bytes.fromhex(found[1][: len(found[1]) // 2 * 2]) if found else b""


def node_refused(error: Any, action: str) -> ChainError:
    """Return what a node's error means that is none of a contract's.

    Returns
    -------
    ChainError
        `StatePruned` where the node keeps no such old state, `MissingBlock` where it does not have the block.
    """
    words = words_of(error)
    if PRUNED.search(words):
        return StatePruned(action, foreign(words))
    if PASSING.search(words):
        return MissingBlock(f"{action}: the node does not have the block ({foreign(words)}): it lags, ask another one")
    return ChainError(f"{action}: {foreign(_plain(error), TEXT)}")


def _plain(error: Any) -> str:
    """Return what a node says of an error as people read it: its words, else its number."""
    if isinstance(error, str) and error.strip():
        return error
    about = error if isinstance(error, dict) else {}
    said, code = about.get("message"), about.get("code")
    if isinstance(said, str) and said.strip():
        return said
    known = isinstance(code, int) and abs(code) < 1 << 63
    return f"the node refuses (error {code})" if known else "the node refuses without a reason"


def scrubbed(error: Any, url: str, levels: int = MOST_LEVELS) -> Any:
    """Return a node's error with whatever its texts quote of the URL hidden; bytes in hex stay, unless they do.

    What lies deeper than `levels` is left out: no node wraps its words so often.
    """
    if isinstance(error, (dict, list)) and not levels:
        return None
    if isinstance(error, dict):
        return {
            name if name in NAMES else without_url(name, url): scrubbed(each, url, levels - 1)
            for name, each in error.items()
        }
    if isinstance(error, list):
        return [scrubbed(each, url, levels - 1) for each in error]
    if not isinstance(error, str):
        return error
    data = HEX.fullmatch(error)
    if data is None or len(data[1]) % 2:
        return without_url(error if len(error) <= MOST_LETTERS else without_begun(error[:MOST_LETTERS]), url)
    said = bytes.fromhex(data[1]).decode("latin-1")
    if len(said) <= MOST_LETTERS:  # beyond, it is an answer and no text: what is shown of it is cleaned then
        said = seen(bytes.fromhex(data[1]).decode("utf-8", errors="replace"), lines=True)
    return HIDDEN if quotes_url(said, url) else error
