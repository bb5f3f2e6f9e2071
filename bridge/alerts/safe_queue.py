"""What waits for the owners of our Safes: drafts in a folder, transactions at a Safe Transaction Service.

Whoever can write there can put anything there: only what an owner has really signed is told of, the hash, the signers
and the words are found from the bytes, and nothing that cannot be read stops a look.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from bridge.alerts.snapshots import SafeWaiting
from bridge.config import Config
from bridge.errors import BadConfig, BadFile, BridgeError, MissingBlock, Reorganised, ServiceUnavailable, WrongChain
from bridge.foreign import foreign
from bridge.governance.inspection import Inspected
from bridge.snapshot import Snapshot

if TYPE_CHECKING:
    from bridge.safe.records import SafeRecord

MOST_FILES: Final = 200
"""Drafts of a folder that are looked at, the newest."""
MOST_TOLD: Final = 20
"""Transactions that are told of: an owner's key that was stolen signs as many as its thief likes."""


class SafeQueue(NamedTuple):
    """The transactions that wait, by role and nonce, and what could not be read."""

    waiting: tuple[SafeWaiting, ...] = ()
    troubles: tuple[str, ...] = ()


def read_safe_queue(snapshot: Snapshot, config: Config, holders: Mapping[str, Inspected]) -> SafeQueue:
    """Read what an owner of a Safe that holds a role has signed and nobody has executed.

    Parameters
    ----------
    holders
        Who holds which role, with the owners, threshold and nonce of each Safe at the block.
    """
    safes = {holder.address: (role, holder) for role, holder in holders.items() if holder.nonce is not None}
    if not safes or not (config.watch.safe_drafts or config.safe.service_url):
        return SafeQueue()
    troubles: list[str] = []
    found: dict[str, tuple[str, Inspected, SafeRecord]] = {}
    for record in (*_drafts(config.watch.safe_drafts, troubles), *_left(snapshot, config, safes, troubles)):
        made = record.transaction
        role, holder = safes.get(made.safe, ("", None))
        if holder is None or made.chain_id != snapshot.chain.chain_id or made.nonce < (holder.nonce or 0):
            continue
        signed = {owner: each for owner, each in record.signatures.items() if owner in holder.owners}
        digest = "0x" + made.digest().hex()
        before = found[digest][2].signatures if digest in found else {}
        if signed:
            found[digest] = role, holder, type(record)(record.action, made, before | signed)
    rows = sorted(found.items(), key=lambda item: (item[1][0], item[1][2].transaction.nonce, item[0]))
    if len(rows) > MOST_TOLD:
        troubles.append(f"{len(rows) - MOST_TOLD} more transactions wait: `alvh safe pending` lists them")
    told = tuple(_waiting(snapshot, digest, *row) for digest, row in rows[:MOST_TOLD])
    return SafeQueue(told, tuple(troubles))


def _drafts(folder: Path | None, troubles: list[str]) -> Iterator[SafeRecord]:
    """Return the transactions of a folder, and note which files are none."""
    if folder is None:
        return
    try:
        files = [(path.stat(), path) for path in folder.iterdir() if path.suffix == ".json" and path.is_file()]
    except OSError as error:
        troubles.append(f"{folder} cannot be read: {type(error).__name__}")
        return
    files.sort(key=lambda each: -each[0].st_mtime_ns)
    if len(files) > MOST_FILES:
        troubles.append(f"{folder} has {len(files)} drafts, the newest {MOST_FILES} are looked at: move old ones away")
    for stat, path in files[:MOST_FILES]:
        try:
            yield _draft(path, stat.st_mtime_ns, stat.st_size)
        except BadFile as error:
            troubles.append(foreign(error))


@lru_cache(maxsize=2 * MOST_FILES)
def _draft(path: Path, _changed_ns: int, _size: int) -> SafeRecord:
    """Read a draft once as long as its file does not change: to find who signed takes time."""
    from bridge.safe.records import load_safe_record

    return load_safe_record(path)


def _left(
    snapshot: Snapshot, config: Config, safes: Mapping[str, tuple[str, Inspected]], troubles: list[str]
) -> Iterator[SafeRecord]:
    """Return what was left with the service, and note what of it is not to be believed."""
    if not config.safe.service_url:
        return
    from bridge.safe.relayed import read_relayed
    from bridge.safe.service import SafeService

    try:
        service = SafeService(config.safe.service_url, patient=False)
        for address, (role, holder) in safes.items():
            listed, more = service.waiting(address, holder.nonce or 0)
            if more:
                troubles.append(f"{role}: the service lists more than {len(listed)} transactions")
            for content in listed:
                try:
                    yield read_relayed(snapshot, service.url, address, content).record
                except (Reorganised, MissingBlock, WrongChain):
                    raise
                except BridgeError as error:
                    troubles.append(f"{role}: {foreign(error)}")
    except (ServiceUnavailable, BadConfig) as error:
        troubles.append(foreign(error))


def _waiting(snapshot: Snapshot, digest: str, role: str, holder: Inspected, record: SafeRecord) -> SafeWaiting:
    from bridge.safe.words import transaction_words

    try:
        words = transaction_words(snapshot, record.transaction).splitlines()[0]
    except (Reorganised, MissingBlock, WrongChain):
        raise
    except BridgeError as error:
        words = f"NOT TO BE SIGNED: {error}"
    made, most = record.transaction, holder.threshold or 1
    return SafeWaiting(role, digest, made.nonce, len(record.signatures), most, foreign(words))
