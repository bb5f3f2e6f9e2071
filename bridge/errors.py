"""The errors of the bridge.

BridgeError                 one line that says what is wrong and what to do; exit code 1
├── UsageError              the caller asked for something that cannot be; exit code 2
│   ├── BadConfig           alvh.toml, an option or an environment variable is wrong
│   ├── BadFile             a CSV, chain, plan or deployment file cannot be used
│   └── UnknownAddress      an address has no code, or is not what it should be
├── ChainError
│   ├── NodeUnreachable     nothing answers at the URL
│   ├── WrongChain          another chain id than the one configured
│   ├── MissingBlock        the node does not have the block
│   ├── Reorganised         a block that was read is no longer canonical
│   ├── ContractReverted    the contract refused: its own error name and numbers
│   ├── PendingTransactions the account's earlier transactions are not mined yet
│   └── TransactionFailed   a mined transaction has status 0, or was never mined
├── SourceUnavailable       a venue or publisher does not answer, or not as it should
├── UntrustedNumber         stale, crossed, manipulated or missing: not to be used
├── RefusedAction           our own rules forbid it (empty update, wrong state, not allowed to sign)
│   └── NotProposable       the plan's answer, or who made it, does not call for a vote
├── MissingTool             anvil or node_modules is not there
└── DeploymentUnsafe        a role is not where it belongs

Terminated is none of them: SIGTERM, on its way out.
"""

from __future__ import annotations


def without_login(url: str) -> str:
    """Return a URL without the name and password in it, also where it is malformed: for whatever people see."""
    scheme, slashes, rest = url.partition("://")
    return scheme + slashes + rest.rpartition("@")[2] if slashes else url.rpartition("@")[2]


class BridgeError(Exception):
    """The root: whatever leaves the bridge is one of these, with a message for people."""

    exit_code = 1


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


class UnknownAddress(UsageError):
    """There is nothing usable at an address."""

    def __init__(self, address: str, expected: str) -> None:
        super().__init__(f"{address} is not {expected} on this chain: check the address and the chain id")
        self.address, self.expected = address, expected


class ChainError(BridgeError):
    """The node or the chain did not do what was needed."""


class NodeUnreachable(ChainError):
    """No node answers."""

    def __init__(self, url: str, reason: str) -> None:
        self.url, self.reason = without_login(url), reason
        super().__init__(
            f"no node answers at {self.url} ({reason}): start one with `alvh up`, or set rpc_url in alvh.toml"
        )


class WrongChain(ChainError):
    """The node serves another chain."""

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(f"the node serves chain {found}, expected {expected}: fix chain_id or rpc_url in alvh.toml")
        self.expected, self.found = expected, found


class MissingBlock(ChainError):
    """The node does not have a block: a lagging node, a pruned one, or a number of the future."""


class Reorganised(ChainError):
    """The block that numbers were read from is gone."""

    def __init__(self, number: int, expected: str, found: str) -> None:
        super().__init__(f"block {number} was {expected[:12]} and is now {found[:12]}: nothing was used, run it again")
        self.number, self.expected, self.found = number, expected, found


class ContractReverted(ChainError):
    """A contract refused a call: its `error`, `arguments` and `meaning`, and all of them in one line as `words`."""

    def __init__(self, error: str, arguments: dict[str, object], action: str, meaning: str = "") -> None:
        shown = ", ".join(f"{name}={value}" for name, value in arguments.items())
        self.words = f"{error}({shown})" + (f": {meaning}" if meaning else "")
        super().__init__(f"{action} was refused by the contract: {self.words}")
        self.error, self.arguments, self.action, self.meaning = error, arguments, action, meaning


class PendingTransactions(ChainError):
    """The account has transactions on their way, so the next one would replace or wait for them."""

    def __init__(self, account: str, nonce: int, count: int) -> None:
        super().__init__(
            f"{account} has {count} transaction{'s' if count != 1 else ''} on the way from nonce {nonce}: wait until "
            "they are mined and run it again, which sends nothing twice; if they are stuck, `alvh gov unstick`"
        )
        self.account, self.nonce, self.count = account, nonce, count


class TransactionFailed(ChainError):
    """A transaction was sent and did not succeed."""

    def __init__(self, action: str, transaction: str, reason: str) -> None:
        super().__init__(f"{action}: transaction {transaction} {reason}")
        self.action, self.transaction, self.reason = action, transaction, reason


class SourceUnavailable(BridgeError):
    """A source of numbers does not answer, or not as it should: nothing of it is used."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source} gives no numbers now: {reason}")
        self.source, self.reason = source, reason


class UntrustedNumber(BridgeError):
    """A number that must not flow on."""


class RefusedAction(BridgeError):
    """Allowed by the chain perhaps, but not by our own rules."""


class NotProposable(RefusedAction):
    """A plan that must not become a vote."""

    def __init__(self, answer: str, reason: str) -> None:
        super().__init__(f"this plan is not for a vote: {reason}")
        self.answer, self.reason = answer, reason


class MissingTool(BridgeError):
    """A program or package that this command needs is not installed."""


class DeploymentUnsafe(BridgeError):
    """The deployed contracts do not have exactly the roles they should have."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("the deployment is not safe: " + "; ".join(findings))
        self.findings = findings


class Terminated(SystemExit):
    """The process was asked to end: it unwinds like any other end, and nothing on the way takes it for a failure."""
