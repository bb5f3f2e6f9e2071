"""The errors of the bridge.

BridgeError                 one line that says what is wrong and what to do; exit code 1
├── UsageError              the caller asked for something that cannot be; exit code 2
│   ├── BadConfig           alvh.toml, an option or an environment variable is wrong
│   ├── BadFile             a CSV, chain, plan or deployment file cannot be used
│   │   └── RefusedRows     rows of a venue's export that cannot be read; nothing of it is used
│   ├── UnknownAlert        no alert of this name stands, or is kept
│   └── UnknownAddress      an address has no code, or is not what it should be
├── ChainError
│   ├── NodeUnreachable     nothing answers at the URL
│   │   └── NodeTooSlow     all of its answers together took longer than the settings allow
│   ├── WrongChain          another chain id than the one configured
│   ├── NodesDisagree       two nodes of one chain answer differently
│   ├── MissingBlock        the node does not have the block
│   │   └── StatePruned     it has the block, and no longer its state
│   ├── TooManyEvents       more events of a filter than a memory should hold
│   ├── Reorganised         a block that was read is no longer canonical
│   ├── ContractReverted    the contract refused: its own error name and numbers
│   ├── GuardRefused        a Safe's guard refused what its owners signed
│   ├── PendingTransactions the account's earlier transactions are not mined yet
│   └── TransactionFailed   a mined transaction has status 0, or was never mined
│       └── NotTaken        the node says that it refuses it
├── SourceUnavailable       a venue or publisher does not answer, or not as it should
├── SignerUnavailable       an external signer does not answer, or refuses
├── ServiceUnavailable      a Safe Transaction Service does not answer, or refuses
├── UntrustedNumber         stale, crossed, manipulated or missing: not to be used
├── LedgerError             the database of fills cannot be used, or refuses an entry
│   ├── LedgerLocked        another program writes to it for longer than we wait
│   ├── MonitorRunning      another monitor works with it
│   ├── LedgerFull          nothing more can be written: the disk is full or fails
│   ├── LedgerReadOnly      it, or its folder, may not be written
│   ├── LedgerNewer         a newer version of this program made it
│   ├── LedgerDamaged       it is no ledger, or no longer one that can be read
│   ├── LedgerUnreachable   no database server answers
│   ├── DeliveredTwice      an instrument is delivered by the venue and by an entry of ours
│   ├── ConflictingFill     a fill of this name is kept with other numbers
│   └── ConflictingDelivery an expiry has another delivery price
├── RefusedAction           our own rules forbid it (empty update, wrong state, not allowed to sign)
│   ├── NotProposable       the plan's answer, or who made it, does not call for a vote
│   └── FeeTooHigh          the node asks for a higher fee than the settings allow
├── MissingTool             anvil or node_modules is not there
└── DeploymentUnsafe        a role is not where it belongs

Terminated is none of them: SIGTERM, on its way out. Fault is none either: what RefusedRows says of one cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bridge.foreign import TEXT, foreign, is_here, shown_address, url_place
from bridge.mistakes import argument_words, without_artefacts


class BridgeError(Exception):
    """The root: whatever leaves the bridge is one of these, with a message for people.

    The message may quote what strangers wrote: it is shown without what could disguise it.
    """

    exit_code = 1

    def __str__(self) -> str:
        """Return the message, one line: a second one would be taken for another of ours."""
        return foreign(without_artefacts(super().__str__()), None)


class UsageError(BridgeError):
    """The request itself cannot be carried out."""

    exit_code = 2


class BadConfig(UsageError):
    """A setting is missing, unknown or out of range."""


class BadFile(UsageError):
    """A file cannot be read as what it should be."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = str(path), reason


class Fault(NamedTuple):
    """Say what is wrong with one cell: its row as a text editor counts lines (entries from 1 in JSON), and column."""

    row: int
    column: str
    reason: str


class RefusedRows(BadFile):
    """Rows that cannot be read, all of them in `faults`; the message names the first three."""

    NAMED = 3

    def __init__(self, path: object, faults: Sequence[Fault], row: str = "line") -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        named = [f"{row} {fault.row}, {fault.column}: {fault.reason}" for fault in self.faults[: self.NAMED]]
        more = f"; and {count - self.NAMED} more" if count > self.NAMED else ""
        rows = "1 row" if count == 1 else f"{count} rows"
        super().__init__(path, f"{rows} cannot be read, so nothing was taken: {'; '.join(named)}{more}")


class UnknownAlert(UsageError):
    """No alert of this name stands, or is kept."""


class UnknownAddress(UsageError):
    """There is nothing usable at an address."""

    def __init__(self, address: str, expected: str) -> None:
        super().__init__(f"{address} is not {expected} on this chain: check the address and the chain id")
        self.address, self.expected = address, expected


class ChainError(BridgeError):
    """The node or the chain did not do what was needed."""


class NodeUnreachable(ChainError):
    """No node answers; `too_much` where it may be that too much was asked for at once: too long, or too large."""

    def __init__(self, url: str, reason: str, too_much: bool = False) -> None:
        self.url, self.reason, self.too_much = url_place(url), reason, too_much
        own = "start one with `alvh up`, or " if is_here(url) else "wait and try again, or "
        mend = f"{own if '://' in self.url else 'correct it: '}set rpc_url in alvh.toml, or ALVH_RPC_URL"
        super().__init__(f"no node answers at {self.url} ({reason}): {mend}")


class NodeTooSlow(NodeUnreachable):
    """The node answers, but all of its answers together took longer than the settings allow."""

    def __init__(self, url: str, seconds: float, requests: int, most: float) -> None:
        ChainError.__init__(
            self,
            f"the node at {url_place(url)} took {seconds:,.0f} s for {requests:,} requests, and chain.max_wait_seconds "
            f"allows {most:g} s: use a faster node, or one that answers more blocks at once, or raise the setting",
        )
        self.url, self.reason, self.too_much = url_place(url), "too slow", False
        self.seconds, self.requests, self.most = seconds, requests, most


class WrongChain(ChainError):
    """The node serves another chain."""

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(f"the node serves chain {found}, expected {expected}: fix chain_id or rpc_url in alvh.toml")
        self.expected, self.found = expected, found


class NodesDisagree(ChainError):
    """Two nodes of one chain answer differently: neither is known to be right."""

    def __init__(self, what: str, hosts: Sequence[str]) -> None:
        why = "none of their numbers was used; run it again, then take the wrong one out of chain.rpc_urls"
        super().__init__(f"{what}: {' and '.join(hosts)} say different things: {why}")
        self.what, self.hosts = what, tuple(hosts)


class MissingBlock(ChainError):
    """The node does not have a block: a lagging node, a pruned one, or a number of the future."""


class StatePruned(MissingBlock):
    """The node keeps no state as old as was asked for; `words` are its own."""

    def __init__(self, action: str, words: str) -> None:
        super().__init__(f"{action}: the node keeps no state as old as that ({words}): ask an archive node, or later")
        self.action, self.words = action, words


class Reorganised(ChainError):
    """The block that numbers were read from is gone."""

    def __init__(self, number: int, expected: str, found: str) -> None:
        super().__init__(f"block {number} was {expected[:12]} and is now {found[:12]}: nothing was used, run it again")
        self.number, self.expected, self.found = number, expected, found


class TooManyEvents(ChainError):
    """There are more events of a filter than a memory should hold: anyone may have made them."""


class ContractReverted(ChainError):
    """A contract refused a call: its `error`, `arguments` and `meaning`, and all of them in one line as `words`."""

    def __init__(self, error: str, arguments: dict[str, object], action: str, meaning: str = "") -> None:
        shown = ", ".join(
            f"{foreign(name)}={foreign(argument_words(name, value))}" for name, value in arguments.items()
        )
        self.words = foreign(f"{error}({shown})" + (f": {meaning}" if meaning else ""), TEXT)
        super().__init__(f"{action} was refused by the contract: {self.words}")
        self.error, self.arguments, self.action, self.meaning = error, arguments, action, meaning


class GuardRefused(ChainError):
    """A guard of a Safe refused a transaction that its owners signed: the guard, who sends, and its own `refusal`."""

    def __init__(self, guard: str, sender: str, refusal: ChainError) -> None:
        words = refusal.words if isinstance(refusal, ContractReverted) else str(refusal)
        super().__init__(
            f"the guard {guard} of the Safe refused the transaction as sent by {sender}: {words}; only a transaction "
            "that it lets pass takes it off, or let the DAO name another Safe (`alvh gov propose set-guardian SAFE`, "
            "set-steward)"
        )
        self.guard, self.sender, self.refusal = guard, sender, refusal


class PendingTransactions(ChainError):
    """The account has transactions on their way, so the next one would replace or wait for them."""

    def __init__(self, account: str, nonce: int, count: int, handed: str = "") -> None:
        more = f" ({handed} was handed over and refused, or is one of them)" if handed else ""
        super().__init__(
            f"{account} has {count} transaction{'s' if count != 1 else ''} on the way from nonce {nonce}{more}: wait "
            "until they are mined and run it again, which sends nothing twice; if they are stuck, `alvh gov unstick`"
        )
        self.account, self.nonce, self.count, self.handed = account, nonce, count, handed


class TransactionFailed(ChainError):
    """A transaction was sent and did not succeed."""

    def __init__(self, action: str, transaction: str, reason: str) -> None:
        super().__init__(f"{action}: transaction {transaction} {reason}")
        self.action, self.transaction, self.reason = action, transaction, reason


class NotTaken(TransactionFailed):
    """A transaction was handed over, and the node says that it does not take it."""

    def __init__(self, action: str, transaction: str, said: str) -> None:
        super().__init__(action, transaction, f"was handed over, and the node refused it: {said}")


class SourceUnavailable(BridgeError):
    """A source of numbers does not answer, or not as it should: nothing of it is used."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source} gives no numbers now: {reason}")
        self.source, self.reason = source, reason


class SignerUnavailable(BridgeError):
    """An external signer does not answer, or refuses to sign."""

    def __init__(self, url: str, reason: str) -> None:
        self.url, self.reason = url_place(url), reason
        super().__init__(f"the signer at {self.url}: {reason}")


class ServiceUnavailable(BridgeError):
    """A Safe Transaction Service does not answer, or refuses; `status` is that of HTTP, 0 without one."""

    def __init__(self, url: str, reason: str, status: int = 0) -> None:
        self.url, self.reason, self.status = url_place(url), reason, status
        super().__init__(f"the Safe Transaction Service at {self.url}: {reason}")


class UntrustedNumber(BridgeError):
    """A number that must not flow on."""


class LedgerError(BridgeError):
    """The database of fills, a path or a URL of which only scheme and host are shown, cannot be used as it is."""

    remedy = "nothing was written"

    def __init__(self, where: str, reason: str) -> None:
        self.where, self.reason = shown_address(where), reason
        super().__init__(f"the ledger {self.where}: {reason}: {self.remedy}")


class LedgerLocked(LedgerError):
    """Another program holds it."""

    remedy = "another program writes to it; nothing was written, run it again when that one has ended"


class MonitorRunning(LedgerError):
    """Another monitor works with it: one alone watches a database."""

    remedy = "nothing was done here; stop that one, or name another database by ledger.url in alvh.toml"


class LedgerFull(LedgerError):
    """The disk takes no more."""

    remedy = "make room on its disk, or look after the disk; nothing was written, what was kept before stays"


class LedgerReadOnly(LedgerError):
    """We may not write there."""

    remedy = "make it and its folder writable for you, or name another by ledger.url in alvh.toml"


class LedgerNewer(LedgerError):
    """Its tables are of a version that this program does not know."""

    def __init__(self, where: str, version: str, known: str) -> None:
        self.remedy = "install a newer alvh; nothing was changed"
        super().__init__(where, f"is of version {version}, and this program knows versions up to {known}")
        self.version, self.known = version, known


class LedgerDamaged(LedgerError):
    """What is there is no ledger that can be read."""

    remedy = "put a copy back, or name another by ledger.url in alvh.toml; nothing was changed"


class LedgerUnreachable(LedgerError):
    """No server answers, or it lets us not in."""

    remedy = "start it, or mend ledger.url in alvh.toml or ALVH_LEDGER_URL; nothing was written"


class ConflictingFill(LedgerError):
    """A fill has the name of one that is kept, and says something else: `field` is `kept` there, here `given`.

    `stands` is the id of what stands for that name: its own, or that of its last correction.
    """

    def __init__(self, where: str, fill_id: str, field: str, kept: object, given: object, stands: str = "") -> None:
        self.id, self.field, self.kept, self.given, self.stands = fill_id, field, kept, given, stands or fill_id
        self.remedy = (
            f"nothing of this was written; where the new one is right, `alvh hedge correct {self.stands}` first, and "
            "run it again"
        )
        corrected = f" (corrected: {self.stands})" if self.stands != fill_id else ""
        super().__init__(where, f"has {fill_id}{corrected} with {field} {kept}, not {given}")


class DeliveredTwice(LedgerError):
    """The venue delivers an instrument that an entry of ours, `ours`, delivers too; `venues` is the venue's."""

    def __init__(self, where: str, instrument: str, ours: str, venues: str, *, kept: bool) -> None:
        self.instrument, self.ours, self.venues = instrument, ours, venues
        self.remedy = "nothing of this was written; leave it out, the venue's own stands"
        if kept:
            back = f"`alvh hedge correct {ours} --reason WHY`"
            self.remedy = f"nothing of this was written; take yours back first, {back}, and run it again"
        super().__init__(where, f"{instrument} is delivered by {ours} and by the venue's own {venues}")


class ConflictingDelivery(LedgerError):
    """An expiry has a delivery price already, and it is another one."""

    remedy = "nothing was written; where the new one is right, `alvh hedge correct` the expiry"

    def __init__(self, where: str, expiry: str, kept: object, given: object) -> None:
        super().__init__(where, f"has {expiry} delivered at {kept}, not {given}")
        self.expiry, self.kept, self.given = expiry, kept, given


class RefusedAction(BridgeError):
    """Allowed by the chain perhaps, but not by our own rules."""


class NotProposable(RefusedAction):
    """A plan that must not become a vote."""

    def __init__(self, answer: str, reason: str) -> None:
        super().__init__(f"this plan is not for a vote: {reason}")
        self.answer, self.reason = answer, reason


class FeeTooHigh(RefusedAction):
    """A transaction would cost more than a setting allows: its name, what it allows and what is asked for."""

    def __init__(self, what: str, asked: float, setting: str, most: float, unit: str) -> None:
        words = f"{what} would be {asked:.6g} {unit}, and chain.{setting} allows {most:.6g}: nothing was sent"
        super().__init__(f"{words}; wait, ask another node, or raise the setting")
        self.asked, self.setting, self.most, self.unit = asked, setting, most, unit


class MissingTool(BridgeError):
    """A program or package that this command needs is not installed."""


class DeploymentUnsafe(BridgeError):
    """The deployed contracts do not have exactly the roles they should have."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("the deployment is not safe: " + "; ".join(findings))
        self.findings = findings


class Terminated(SystemExit):
    """The process was asked to end: it unwinds like any other end, and nothing on the way takes it for a failure."""
